//! The benchmark of decisions has to run: its figures stand for the promise that other apps' rules cost nothing.
#![expect(clippy::disallowed_methods, reason = "tests")]
use std::process::Command;

#[test]
fn the_benchmark_of_decisions_runs() {
    let here = std::env::current_exe().unwrap();
    let program = here.ancestors().nth(2).unwrap().join("examples/decide");
    assert!(program.exists(), "{} is missing: build all targets", program.display());
    let run = Command::new(program).arg("20").output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{out}{err}");
    assert_eq!(out.lines().filter(|line| line.ends_with(" ns")).count(), 12, "{out}");
    assert!(out.contains("1000 more rules installed"), "{out}");
}
