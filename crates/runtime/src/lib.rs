//! runtime: runs a permitted call in a worker process of its app, in a sandbox that nothing else ever uses.
//! Guarantees: only artefacts that the keeper signed are offered to a worker; a worker serves one app in its life; a worker's lies end the worker, not us. (claims C1, C2, C9)
//! Does not: hold an engine, decide who may call, believe a worker beyond the streams it was given.
//! Called by: gateway (permits), control (through ports). Calls: workers and compilers, over inherited channels.
//! If this is wrong: one app's request reaches another app's process, or forged native code is loaded. docs/security/threats.md#runtime
#![forbid(unsafe_code)]

mod artefacts;
mod asking;
mod budget;
mod calls;
mod compiler;
mod config;
mod desk;
mod error;
mod exchange;
mod fields;
mod job;
mod logs;
mod pool;
mod processes;
mod response;
mod service;
mod side;
mod step_up;
mod stream;
mod text;
mod told;
mod worker;

pub use artefacts::Artefacts;
pub use config::Config;
pub use error::{RunError, StartError};
pub use logs::Logs;
pub use processes::{Child, ChildExit, Keeper, Processes};
pub use service::{Parts, Service};
