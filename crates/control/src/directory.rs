//! People and service accounts as rules see them, without anybody having called.
use std::sync::Arc;

use gateway::Refusal;
use store::{Principal, PrincipalKind};
use types::{AppName, Assurance, Caller, CredentialId, Person, Service, UnixMillis};

use crate::{refuse, service::Shared};

/// The caller that this principal would be. How they would sign in is not known: whoever asks supposes that.
pub(crate) fn caller(principal: &Principal) -> Caller {
    let credential = CredentialId::from_bytes([0; 16]);
    match &principal.kind {
        PrincipalKind::Person { owner } => Caller::Person(Person {
            id: principal.id,
            display_name: principal.name.clone(),
            owner: *owner,
            disabled: principal.disabled,
            assurance: Assurance::SingleFactor,
            authenticated_at: UnixMillis(0),
            credential,
        }),
        PrincipalKind::Service { app } => Caller::Service(Service {
            id: principal.id,
            name: principal.name.clone(),
            app: app.clone(),
            disabled: principal.disabled,
            credential,
        }),
    }
}

/// All people, and the service accounts of the app, by id.
pub(crate) async fn around(shared: &Shared, app: &AppName) -> Result<Vec<Principal>, Refusal> {
    let mut all = shared.ports.store.principals(None).await.map_err(refuse::store)?;
    all.retain(|principal| match &principal.kind {
        PrincipalKind::Person { .. } => true,
        PrincipalKind::Service { app: own } => own == app,
    });
    all.sort_unstable_by_key(|principal| principal.id);
    Ok(all)
}

/// How they are written: a person's name, `service:NAME`.
pub(crate) fn name(principal: &Principal) -> String {
    match principal.kind {
        PrincipalKind::Person { .. } => principal.name.to_string(),
        PrincipalKind::Service { .. } => format!("service:{}", principal.name),
    }
}

/// Asks rules where that keeps nobody else waiting.
pub(crate) async fn apart<T: Send + 'static>(ask: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(ask).await.map_err(|e| Refusal::internal(format!("the rules could not be asked: {e}")))
}

/// The rules of an app that could not be read although they are in force, or were.
pub(crate) fn unreadable(problem: &gateway::PolicyProblem) -> Refusal {
    Refusal::internal(format!("stored rules cannot be read: {problem}"))
}

/// Names of rules, for an answer.
pub(crate) fn names(rules: &[Arc<str>]) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}
