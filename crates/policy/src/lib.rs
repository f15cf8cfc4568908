//! policy: may they do this here?
//! Guarantees: deny unless a rule permits; guardrails win over every other rule; a decision names the rules that made it; no rule can see a network address. (claims C4, C7)
//! Does not: do I/O (nothing here is async), know tokens, or hold more of a request than method, path and assurance.
//! Called by: gateway, control (through gateway's ports). Calls: nothing.
//! If this is wrong: somebody calls what they may not. docs/security/threats.md#policy
#![forbid(unsafe_code)]

mod apps;
mod base;
mod config;
mod denial;
mod draft;
mod error;
mod evaluate;
mod facts;
mod judge;
mod memo;
mod own;
mod own_actions;
mod place;
mod proof;
mod rules;
mod service;
mod shape;
mod sight;
mod vocabulary;
mod widening;

#[cfg(test)]
mod tests;

pub use config::PolicyConfig;
pub use error::PolicyError;
pub use own::{POLICIES_MAX, TEXT_BYTES_MAX};
pub use service::Service;
