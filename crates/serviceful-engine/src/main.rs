//! serviceful-engine: the executable; see the library of the same name.
//! Guarantees: the production engine runs without a hook.
//! Does not: do anything itself.
//! Called by: the supervisor. Calls: the library.
//! If this is wrong: a hook that belongs to a drill runs in production. docs/security/threats.md#assume-breach
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    serviceful_engine::main(serviceful_engine::work::Hooks::default())
}
