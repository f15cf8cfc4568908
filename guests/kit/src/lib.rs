//! kit: what every guest needs, whatever version of wasi:http it speaks.
//! Guarantees: answers of all guests have one shape, so a test reads them with one reader.
//! Does not: speak HTTP.
//! Called by: the guests. Calls: `serviceful:identity/caller`.
//! If this is wrong: tests read wrong answers; nothing of the platform depends on it.

mod caller;
pub mod canary;
pub mod json;
pub mod misbehave;
mod target;

pub use caller::{allowed_json, caller_json, require_json};
pub use target::Target;

mod bindings {
    wit_bindgen::generate!({ path: "../../wit/identity", world: "imports" });
}
