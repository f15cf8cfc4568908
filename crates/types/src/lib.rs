//! types: the words every room shares: names, ids, callers, actions, limits, problems.
//! Guarantees: a value of one of these types is well-formed; parsing is total, bounded and does no I/O.
//! Does not: decide, hash, read clocks, or hold a network address (claim C7: nothing here could carry one).
//! Called by: every crate. Calls: nothing.
//! If this is wrong: a name that parses two ways lets one room protect what another room does not mean. docs/security/threats.md#types
#![forbid(unsafe_code)]

mod access;
mod action;
mod build;
mod caller;
mod count;
mod demand;
mod digest;
mod email;
mod grants;
mod id;
mod kv;
mod limits;
mod name;
mod problem;
mod route;
mod secret;
mod target;
mod time;

pub use access::Access;
pub use action::{Action, Resource};
pub use build::EngineBuild;
pub use caller::{Assurance, Caller, NO_CREDENTIAL, Person, Service};
pub use count::{counted, grouped};
pub use demand::{Demand, age_s};
pub use digest::{Digest, DigestError};
pub use email::email_address;
pub use grants::Grants;
pub use id::{CredentialId, IdError, MailId, PrincipalId, RequestId};
pub use kv::{
    Blob, KV_KEY_BYTES_MAX, KV_LIST_MAX, KV_METADATA_BYTES_MAX, KV_VALUE_BYTES_MAX, KvAccess, KvAnswer, KvKey,
    KvQuestion, KvRefusal, KvValue,
};
pub use limits::{CompileLimits, Limits, RunLimits};
pub use name::{AppName, FunctionName, GroupName, NameError, SecretName, SecretNameError};
pub use problem::{Code, Problem};
pub use route::{Method, RouteError, RoutePattern};
pub use secret::{SECRET_BYTES_MAX, SECRETS_MAX, Secret};
pub use target::{DeploymentId, FunctionTarget};
pub use time::{Clock, Instant, Rng, UnixMillis};
