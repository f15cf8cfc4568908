//! serviceful-engine: compiles components and runs each request in a fresh sandbox, inside a jailed process.
//! Guarantees: one request, one store, one instance; only signed code of this exact build runs; every limit ends the call, not the worker. (claims C1, C2)
//! Does not: decide who may call what, keep keys, open sockets or files, or talk to anyone but the front.
//! Called by: the supervisor starts it, the front talks to it over `wire`. Calls: jail, wire, wasmtime.
//! If this is wrong: a guest leaves its sandbox, or two requests share state. docs/security/threats.md#engine
#![deny(unsafe_code)]

mod clock;
mod compile;
mod config;
mod door;
mod js;
mod native;
mod seal;
mod snapshot;
/// The `work` role; `crates/engine-drill` links it with a hook, [`main`] without.
pub mod work;

use std::process::ExitCode;

pub use config::WASMTIME_VERSION;
pub use door::StartError;

const HELP: &str = "\
serviceful-engine: the WebAssembly engine of Serviceful. The supervisor starts it; people do not.

Usage: serviceful-engine <ROLE>

Roles:
  work      run the functions of one app (standard input is the channel)
  compile   compile one component (standard input is the channel)
  snapshot  evaluate one JavaScript function (standard input is the channel)
  describe  print this engine's build as JSON

Example: serviceful-engine describe
";

/// Plays the role that the first argument names.
pub fn main(hooks: work::Hooks) -> ExitCode {
    quiet_panics();
    let role = std::env::args().nth(1);
    match role.as_deref() {
        Some("work") => end(work::run(hooks)),
        Some("compile") => end(compile::run()),
        Some("snapshot") => end(snapshot::run()),
        Some("describe") => {
            println!("{}", describe());
            ExitCode::SUCCESS
        }
        Some("--help" | "-h" | "help") => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
    }
}

/// The build as JSON: `{"build": "...", "wasmtime": "...", "javascript": "sha256:..."}`; the last is `null` without a JavaScript engine.
fn describe() -> String {
    let javascript = js::installed::digest();
    serde_json::json!({ "build": config::build_id(), "wasmtime": WASMTIME_VERSION, "javascript": javascript })
        .to_string()
}

/// A panic says one line. Looking symbols up for a backtrace would open files, and the jail kills for that.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| eprintln!("serviceful-engine: {panic}")));
}

fn end(result: Result<(), StartError>) -> ExitCode {
    match result {
        // The front hung up: the ordinary end of a worker.
        Ok(()) | Err(StartError::Ended(wire::ChannelError::Gone)) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("serviceful-engine: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
