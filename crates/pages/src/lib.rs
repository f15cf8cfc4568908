//! pages: draws the pages that people sign in with, from view models to bytes.
//! Guarantees: whatever a name holds, it is shown as text; no page carries a script or an address of its own text, nor a style (but where no file can be had: the one style sheet, named by its hash), or asks another host for anything; every page works without scripts, passkeys excepted. (claim C3)
//! Does not: read a request, look anything up, wait, decide, or hold a secret longer than one rendering.
//! Called by: the crate that signs people in. Calls: nothing.
//! If this is wrong: a name that somebody chose runs as code on the page where others type their passwords. docs/security/threats.md#pages
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

pub mod assets;
pub mod fields;
pub mod headers;
pub mod paths;

mod age;
mod choice;
mod fault;
mod frame;
mod hidden;
mod page;
mod qr;
mod shown;
mod strings;
mod views;

pub use age::Age;
pub use choice::{Choice, PasswordRules};
pub use fault::{Fault, Faults};
pub use frame::{Destination, Frame, Lang, Without};
pub use hidden::Hidden;
pub use page::Page;
pub use shown::Shown;
pub use views::*;
