//! How a deployment ended, for the audit log: the request that asked for it was answered long before.
use std::sync::Arc;

use control_api::DeploymentFailure;
use gateway::events::{Event, Kind, Outcome, Who};
use types::{AppName, Code, DeploymentId, RequestId, UnixMillis};

use crate::service::Shared;

/// Longest reason in an event, in characters: some of it comes from components.
const REASON_CHARS_MAX: usize = 2_000;

/// Which deployment ended, and whose it was.
pub(crate) struct Ended<'a> {
    pub(crate) app: &'a AppName,
    pub(crate) id: DeploymentId,
    pub(crate) who: Who,
    /// The request that asked for it, while that is known.
    pub(crate) request: Option<RequestId>,
    /// Who gained access by it.
    pub(crate) note: Option<Arc<str>>,
}

/// Records the end, and waits until it is on disk: whoever is told of the end finds it in the log.
pub(crate) async fn record(shared: &Shared, ended: Ended<'_>, failed: Option<&DeploymentFailure>) {
    let app = ended.app.clone();
    let event = event(ended, failed, shared.ports.clock.now());
    let recorded = match shared.ports.record.record(&event) {
        Ok(receipt) => receipt.durable().await,
        Err(error) => Err(error),
    };
    if let Err(error) = recorded {
        // What was switched stays switched; a log that stopped refuses all that comes after.
        tracing::error!(app.name = %app, "the end of a deployment could not be recorded: {error}");
    }
}

fn event(ended: Ended<'_>, failed: Option<&DeploymentFailure>, at: UnixMillis) -> Event {
    let (action, outcome) = match failed {
        None => ("deployment-ready", Outcome::Done { status: None }),
        Some(failed) => ("deployment-failed", outcome(failed)),
    };
    Event {
        at,
        kind: Kind::Control,
        who: ended.who,
        action: action.into(),
        resource: ended.app.as_str().into(),
        outcome,
        request: ended.request,
        app: Some(ended.app.clone()),
        function: None,
        deployment: Some(ended.id),
        engine_build: None,
        policies: Vec::new(),
        timings: None,
        note: ended.note,
    }
}

fn outcome(failed: &DeploymentFailure) -> Outcome {
    let code = Code::ALL.iter().find(|code| code.as_str() == failed.code);
    let reason: String = failed.reason.chars().take(REASON_CHARS_MAX).collect();
    Outcome::Failed {
        status: code.map_or(500, |code| code.status()),
        code: failed.code.as_str().into(),
        reason: reason.into(),
    }
}
