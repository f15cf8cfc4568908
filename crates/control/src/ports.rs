//! What control needs from outside.
use std::sync::Arc;

use bytes::Bytes;
use control_api::{AuditPage, AuditQuery, AuditVerdict};
use gateway::{
    ComponentPort, CredentialPort, Fut, LogPort, Names, PolicyPort, PosturePort, ReleasePort, events::Record,
};
use store::{Contents, Store};
use types::{Clock, Limits};

/// Reads the audit log. An error is a sentence for the operator; the caller is told only that it failed.
pub trait AuditPort: Send + Sync {
    /// Events that `AuditQuery::wants`, newest first, at most `limit` of them. Bounded work for each call.
    fn query(&self, query: AuditQuery) -> Fut<'_, Result<AuditPage, String>>;
    /// Checks the whole log against its newest signed checkpoint.
    fn verify(&self) -> Fut<'_, Result<AuditVerdict, String>>;
    /// A file of the log by its tlog-tiles path (`checkpoint`, `tile/0/000`, `tile/entries/000`); `None` when there is none.
    fn file<'a>(&'a self, path: &'a str) -> Fut<'a, Result<Option<Bytes>, String>>;
}

/// The parts that control works with. Built once by the composition root.
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub contents: Arc<dyn Contents>,
    pub components: Arc<dyn ComponentPort>,
    pub policy: Arc<dyn PolicyPort>,
    /// Told of each release in this order; routes come last, so that nothing is reachable before it is protected.
    pub releases: Vec<Arc<dyn ReleasePort>>,
    pub credentials: Arc<dyn CredentialPort>,
    pub logs: Arc<dyn LogPort>,
    pub posture: Arc<dyn PosturePort>,
    pub audit: Arc<dyn AuditPort>,
    /// Takes what happens after a request was answered: how its deployment ended.
    pub record: Arc<dyn Record>,
    pub names: Names,
    /// What no manifest may pass.
    pub caps: Limits,
    pub clock: Arc<dyn Clock>,
}
