//! What a workroom gives back.
use std::sync::Arc;

use http::Response;
use types::EngineBuild;

use crate::Body;

/// Which engine ran a function, for the audit event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub engine_build: EngineBuild,
    /// The component had to be loaded, or a worker started, for this call.
    pub cold: bool,
    /// Attempts after the first; at most 1, and only for idempotent methods without a body that was read.
    pub retries: u8,
}

/// A response, and how it came about.
#[derive(Debug)]
pub struct Reply {
    pub response: Response<Body>,
    pub ran: Option<Ran>,
    /// For the event: what happened that the request itself does not say. Ids and kinds, never a secret.
    pub note: Option<Arc<str>>,
}

impl From<Response<Body>> for Reply {
    fn from(response: Response<Body>) -> Self {
        Self { response, ran: None, note: None }
    }
}
