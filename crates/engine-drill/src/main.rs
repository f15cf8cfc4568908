//! engine-drill: a worker that belongs to an attacker. Test builds link it; no package holds it.
//! Guarantees: it really tries: each payload runs native code in the jailed worker, and says how far it came.
//! Does not: ship. The production engine is built without a hook.
//! Called by: the house tests, in place of `serviceful-engine`. Calls: whatever an attacker would.
//! If this is wrong: the drill passes because it did not try. docs/security/threats.md#assume-breach
//!
//! A request for `/drill/<payload>?<argument>` runs the payload instead of a guest. The answer starts with `GAINED` when it
//! got what it wanted, and with `refused` when the kernel said no; a payload for which the kernel ends the process has no answer.
#![deny(clippy::unwrap_used)]

mod payloads;

use wire::work::Invoke;

fn before_guest(invoke: &Invoke) -> Option<String> {
    let call = invoke.path_and_query.strip_prefix("/drill/")?;
    let (payload, argument) = call.split_once('?').unwrap_or((call, ""));
    Some(match payloads::run(payload, argument) {
        Ok(gained) => format!("GAINED {gained}"),
        Err(error) => format!("refused: {error}"),
    })
}

fn main() -> std::process::ExitCode {
    serviceful_engine::main(serviceful_engine::work::Hooks { before_guest: Some(before_guest) })
}
