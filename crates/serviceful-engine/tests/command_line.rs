//! What people and the supervisor see when they start the executable by hand.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_serviceful-engine"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn describe_prints_the_build() {
    let output = run(&["describe"]);
    assert!(output.status.success());
    let described: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(described["wasmtime"], "48.0.8");
    let build = described["build"].as_str().unwrap();
    assert!(types::EngineBuild::new(build).is_some() && build.starts_with("sf1/wasmtime-48.0.8+p0/cfg-"), "{build}");
}

#[test]
fn help_helps_and_nonsense_fails() {
    let help = run(&["--help"]);
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("Example:"));
    for bad in [&[][..], &["wrok"]] {
        assert_eq!(run(bad).status.code(), Some(2));
    }
}

#[test]
fn a_role_without_its_channel_says_so() {
    for role in ["work", "compile"] {
        let output = run(&[role]);
        assert_eq!(output.status.code(), Some(1), "{role}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("supervisor"), "{role}");
    }
}
