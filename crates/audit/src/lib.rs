//! audit: keeps every event for ever, in a log that cannot be changed unseen.
//! Guarantees: order of events is order of `record`; a durable receipt survives kill -9; any edit, deletion, reorder or truncation is found by the verifier. (claims C5, C10)
//! Does not: decide, alert, know secrets; never holds credentials, bodies, e-mail or network addresses.
//! Called by: gateway, keeper, the composition root. Calls: nothing.
//! If this is wrong: an attacker erases the traces of what they did. docs/security/threats.md#audit
#![forbid(unsafe_code)]

mod append;
mod batch;
mod checkpoint;
mod consistency;
mod entries;
mod event;
mod head;
mod layout;
#[cfg(any(test, fuzzing))]
pub mod probe;
mod reader;
mod record;
mod verify;
mod writer;

pub use consistency::{PROOF_HASHES_MAX, extends};
pub use event::{Event, Kind, Outcome, Timings, Who};
pub use head::{CheckpointSigner, SignError, SignFuture, TreeHead};
pub use reader::{Entry, Filter, OutcomeWord, Page, ReadError, query};
pub use record::{Progress, Receipt, Record, RecordError};
pub use verify::{Check, Fault, Options as VerifyOptions, Problem, Report, VerifyError, verify};
pub use writer::{Log, LogOptions, OpenError, Recovered, Status};
