//! What control needs from outside.
use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use control_api::{AuditPage, AuditQuery, AuditVerdict};
use gateway::{
    BreachListPort, ComponentPort, CredentialFailure, CredentialPort, Fut, LogPort, MailPort, Names, NewCredential,
    PolicyPort, PosturePort, ReleasePort, ReviewPort, SecretPort, SessionPort, TokenKey, events::Record,
};
use store::{Contents, Credential, Ended, KeyValues, Store, StoreError};
use types::{Clock, CredentialId, Digest, Limits, PrincipalId, Secret, UnixMillis};

use crate::{Config, Removed};

/// Reads the audit log. An error is a sentence for the operator; the caller is told only that it failed.
pub trait AuditPort: Send + Sync {
    /// Events that `AuditQuery::wants`, newest first, at most `limit` of them. Bounded work for each call.
    fn query(&self, query: AuditQuery) -> Fut<'_, Result<AuditPage, String>>;
    /// Checks the whole log against its newest signed checkpoint.
    fn verify(&self) -> Fut<'_, Result<AuditVerdict, String>>;
    /// A file of the log by its tlog-tiles path (`checkpoint`, `tile/0/000`, `tile/entries/000`); `None` when there is none.
    fn file<'a>(&'a self, path: &'a str) -> Fut<'a, Result<Option<Bytes>, String>>;
}

/// The cache of compiled code, seen from where it is known what is still needed.
pub trait ArtefactPort: Send + Sync {
    /// Removes compiled code of components that are not in `left`, and of engine builds that are not installed, unless it was
    /// written at or after `before`. An error is a sentence for the operator.
    fn collect(&self, left: HashSet<Digest>, before: UnixMillis) -> Fut<'_, Result<Removed, String>>;
}

/// identity: what only control asks of it.
pub trait PeoplePort: Send + Sync {
    /// Makes a credential that ends with `parent`, in the store and in every cache.
    fn create_call(
        &self,
        new: NewCredential,
        parent: CredentialId,
    ) -> Fut<'_, Result<(Credential, Secret), CredentialFailure>>;
    /// Disables or enables a person; in every cache before it returns. `false`: there is no such person.
    fn set_disabled(&self, person: PrincipalId, disabled: bool) -> Fut<'_, Result<bool, StoreError>>;
}

/// Why the keys of access tokens were not changed, or not all was done.
#[derive(Debug, thiserror::Error)]
pub enum KeyFailure {
    /// Nothing was changed. A sentence for whoever asked.
    #[error("{0}")]
    Refused(String),
    /// The keys are others; sessions and logins still stand.
    #[error("the keys were replaced, and sessions and logins were not ended")]
    HalfDone(#[source] StoreError),
}

/// identity and the keeper: the keys that access tokens are signed with.
pub trait KeyPort: Send + Sync {
    /// Those that are published, oldest first. An error is a sentence for the operator.
    fn keys(&self) -> Fut<'_, Result<Vec<TokenKey>, String>>;
    /// Publishes the next key. In an emergency: drops all, begins anew at once, and ends every session and login of everybody; how
    /// many those were.
    fn rotate(&self, emergency: bool) -> Fut<'_, Result<(Vec<TokenKey>, Ended), KeyFailure>>;
}

/// The parts that control works with. Built once by the composition root.
pub struct Ports {
    pub config: Config,
    pub store: Arc<dyn Store>,
    pub contents: Arc<dyn Contents>,
    pub key_values: Arc<dyn KeyValues>,
    pub secrets: Arc<dyn SecretPort>,
    pub artefacts: Arc<dyn ArtefactPort>,
    pub components: Arc<dyn ComponentPort>,
    pub policy: Arc<dyn PolicyPort>,
    pub review: Arc<dyn ReviewPort>,
    /// Told of each release in this order; routes come last, so that nothing is reachable before it is protected.
    pub releases: Vec<Arc<dyn ReleasePort>>,
    pub credentials: Arc<dyn CredentialPort>,
    pub people: Arc<dyn PeoplePort>,
    pub keys: Arc<dyn KeyPort>,
    pub sessions: Arc<dyn SessionPort>,
    pub mail: Arc<dyn MailPort>,
    pub breach_list: Arc<dyn BreachListPort>,
    /// Whether people may be invited at all.
    pub invitations: bool,
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
