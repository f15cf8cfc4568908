//! One deployment on its way, in the background: compile each component, instantiate each function once, switch.
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use control_api::{ComponentStage, DeploymentFailure};
use gateway::{CompileFailure, Refusal, events::Who};
use store::DeploymentState;
use types::{AppName, Code, DeploymentId, Digest, RequestId};

use super::{
    Plan, Ticket, Turn,
    record::{self, Ended},
    view,
};
use crate::{
    refuse, release,
    review::{self, Next},
    service::Shared,
};

/// The longest that a deployment may take once its turn has come. The compiler has limits of its own; this one is for
/// whatever they do not see.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// An accepted deployment.
pub(crate) struct Job {
    pub(crate) app: AppName,
    pub(crate) id: DeploymentId,
    pub(crate) plan: Plan,
    pub(crate) ticket: Ticket,
    pub(crate) turn: Turn,
    /// The deployer.
    pub(crate) who: Who,
    /// The request that was accepted.
    pub(crate) request: RequestId,
    /// What the deployer saw of who gains access, and agreed to.
    pub(crate) seen: Option<Digest>,
    /// Says that it is being made ready, until it has ended.
    pub(crate) under_way: UnderWay,
}

/// While this lives, everybody who must know is told that a deployment of the app is being made ready.
pub(crate) struct UnderWay {
    shared: Arc<Shared>,
    app: AppName,
}

impl UnderWay {
    pub(crate) fn begin(shared: &Arc<Shared>, app: &AppName) -> Self {
        let this = Self { shared: shared.clone(), app: app.clone() };
        this.tell(true);
        this
    }

    /// It ends in any case, also where a job is lost on its way.
    fn end(self) {}

    fn tell(&self, begins: bool) {
        for port in &self.shared.ports.releases {
            port.under_way(&self.app, begins);
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.tell(false);
    }
}

impl Job {
    const fn key(&self) -> (&AppName, DeploymentId, Ticket) {
        (&self.app, self.id, self.ticket)
    }
}

/// Takes the job to its end. Whatever happens, the deployment that answered before goes on answering unless this one is
/// ready.
pub(crate) async fn run(shared: Arc<Shared>, mut job: Job) {
    job.turn.come().await;
    let late = || failure(Code::CTL_COMPONENT, format!("it took longer than {} seconds", LONGEST.as_secs()));
    let prepared = tokio::time::timeout(LONGEST, prepare(&shared, &job)).await.unwrap_or_else(|_| Err(late()));
    let opened = match prepared {
        Ok(()) => opened(&shared, &job).await,
        Err(failed) => Err(failed),
    };
    let ended = match &opened {
        Ok(_) => switch(&shared, &job).await,
        Err(failed) => Err(failed.clone()),
    };
    match &ended {
        Ok(()) => tracing::info!(app.name = %job.app, deployment = %job.id.short(), "a deployment is ready"),
        Err(failed) => {
            tracing::warn!(app.name = %job.app, deployment = %job.id.short(), code = failed.code, "a deployment failed: {}", failed.reason);
            record_failure(&shared, &job, failed).await;
        }
    }
    let who = job.who.clone();
    let note = opened.ok().flatten().filter(|_| ended.is_ok());
    let end = Ended { app: &job.app, id: job.id, who, request: Some(job.request), note };
    record::record(&shared, end, ended.as_ref().err()).await;
    shared.board.lock().unwrap_or_else(PoisonError::into_inner).end(job.key(), ended.err());
    job.under_way.end();
}

/// Who gains access by the switch, for its event: compared with what answers now, whatever that was when the deployment began.
/// Where somebody agreed to something else, it fails.
async fn opened(shared: &Shared, job: &Job) -> Result<Option<Arc<str>>, DeploymentFailure> {
    let told = |refusal: Refusal| failure(refusal.code, refusal.detail.unwrap_or(refusal.reason));
    let stored = shared.ports.store.deployment(job.app.clone(), job.id).await.map_err(|e| told(refuse::store(e)))?;
    // One that is gone is found to be gone by the switch.
    let Some(stored) = stored else { return Ok(None) };
    let review = review::of(shared, &job.app, Next::of_stored(&stored, &job.plan)).await.map_err(told)?;
    review::agreed(&review, job.seen).map_err(told)?;
    Ok(review::note(&review))
}

fn failure(code: Code, reason: impl Into<String>) -> DeploymentFailure {
    DeploymentFailure { code: code.as_str().to_owned(), reason: reason.into() }
}

fn compile_failure(path: &str, failed: &CompileFailure) -> DeploymentFailure {
    failure(refuse::compile_code(failed), format!("`{path}`: {failed}"))
}

/// Whether a handler is this export, or a method of it that waits for other events.
fn is_of(handler: &str, export: &str) -> bool {
    handler.split_once('.').map_or(handler, |(name, _)| name) == export
}

fn no_handler(path: &str, missing: &str, handlers: &[String]) -> DeploymentFailure {
    let there: Vec<_> = handlers.iter().filter(|name| !name.contains('.')).map(|name| format!("`{name}`")).collect();
    let there = if there.is_empty() {
        "it has no handlers".to_owned()
    } else {
        format!("its handlers are {}", there.join(", "))
    };
    let what = if missing == manifest::Code::DEFAULT_HANDLER {
        "has no default export that is a function or has a method `fetch`, `scheduled` or `queue`".to_owned()
    } else {
        format!("exports no function `{missing}`")
    };
    failure(Code::CTL_COMPONENT, format!("`{path}` {what}; {there}"))
}

async fn prepare(shared: &Shared, job: &Job) -> Result<(), DeploymentFailure> {
    let stage = |path: &str, stage, inspected| {
        shared.board.lock().unwrap_or_else(PoisonError::into_inner).stage(job.key(), path, stage, inspected);
    };
    for component in &job.plan.components {
        stage(&component.path, ComponentStage::Compiling, None);
        match shared.ports.components.prepare(component.digest, component.limits).await {
            Ok(inspection) => {
                let granted = job.plan.granted(component.digest);
                stage(&component.path, ComponentStage::Probing, Some(view::inspected(&inspection, &granted)));
                let there = |name: &String| inspection.handlers.iter().any(|handler| is_of(handler, name));
                if let Some(missing) = component.handlers.iter().find(|name| !there(name)) {
                    stage(&component.path, ComponentStage::Failed, None);
                    return Err(no_handler(&component.path, missing, &inspection.handlers));
                }
            }
            Err(failed) => {
                stage(&component.path, ComponentStage::Failed, None);
                return Err(compile_failure(&component.path, &failed));
            }
        }
    }
    for function in &job.plan.functions {
        if let Err(failed) = shared.ports.components.probe(function.clone()).await {
            return Err(compile_failure(function.function.as_str(), &failed));
        }
    }
    for component in &job.plan.components {
        stage(&component.path, ComponentStage::Ready, None);
    }
    Ok(())
}

async fn switch(shared: &Shared, job: &Job) -> Result<(), DeploymentFailure> {
    let refused = |refusal: Refusal| {
        let shown = refusal.detail.unwrap_or_else(|| refusal.code.title().to_owned());
        if refusal.code == Code::PLT_INTERNAL {
            tracing::error!(app.name = %job.app, "a deployment could not be switched to: {}", refusal.reason);
        }
        failure(refusal.code, shown)
    };
    let ready = shared.ports.store.set_deployment_state(job.app.clone(), job.id, DeploymentState::Ready).await;
    if !ready.map_err(|e| refused(refuse::store(e)))? {
        return Err(failure(
            Code::CTL_NOT_FOUND,
            "the app, or this deployment of it, was removed meanwhile; deploy again",
        ));
    }
    release::switch(shared, &job.app, job.id).await.map(drop).map_err(refused)
}

/// Keeps the failure in the store, unless the deployment was ready before: one that may be current is not taken back.
async fn record_failure(shared: &Shared, job: &Job, failed: &DeploymentFailure) {
    let store = &shared.ports.store;
    let before = store.deployment(job.app.clone(), job.id).await;
    if !matches!(before, Ok(Some(store::Deployment { state: DeploymentState::Preparing, .. }))) {
        return;
    }
    let state = DeploymentState::Failed { code: failed.code.clone(), reason: failed.reason.clone() };
    if let Err(error) = store.set_deployment_state(job.app.clone(), job.id, state).await {
        // The next start marks it as interrupted.
        tracing::error!(app.name = %job.app, "a failed deployment could not be marked: {error}");
    }
}

/// Makes the components of a deployment that was ready once ready again; cheap when their artefacts are still there.
pub(crate) async fn prepare_again(shared: &Shared, plan: &Plan) -> Result<(), Refusal> {
    for component in &plan.components {
        let prepared = shared.ports.components.prepare(component.digest, component.limits).await;
        prepared.map_err(|failed| refuse::compile(&failed))?;
    }
    Ok(())
}
