//! After the engine was replaced: what answers is made ready for the new one from what was uploaded, before somebody calls it.
//!
//! Nobody uploads or deploys anything for that. A call that comes earlier makes its own function ready on the way.
use std::{collections::HashSet, fmt, sync::Arc};

use gateway::{
    CompileFailure,
    events::{Event, Kind, Outcome},
};
use tokio::task::JoinSet;
use types::Digest;

use crate::{refuse::compile_code, service::Shared};

/// How many are asked for at once; the runtime has one place a processor for them, and none of those for deployments.
const AT_ONCE: usize = 64;
/// Failures that the event names.
const NAMED_MAX: usize = 10;

/// What one run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refreshed {
    /// Components and modules that were made ready.
    pub made: usize,
    /// Those that could not be.
    pub failed: Vec<(Digest, CompileFailure)>,
}

impl fmt::Display for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "made the code of {} functions ready for this engine, from what was uploaded", self.made)?;
        if !self.failed.is_empty() {
            write!(f, "; {} failed:", self.failed.len())?;
        }
        for (digest, failure) in self.failed.iter().take(NAMED_MAX) {
            write!(f, " {}: {failure};", digest.short())?;
        }
        Ok(())
    }
}

/// Makes those ready that are not, a few at a time.
pub(crate) async fn run(shared: &Arc<Shared>, components: HashSet<Digest>) -> Refreshed {
    let ports = shared.clone();
    let missing = move || {
        let missing = components.into_iter().filter(|component| !ports.ports.components.is_ready(component));
        missing.collect::<Vec<_>>()
    };
    let mut waiting = tokio::task::spawn_blocking(missing).await.unwrap_or_default();
    let mut refreshed = Refreshed::default();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(component) = waiting.pop()
        {
            let shared = shared.clone();
            running.spawn(async move {
                let limits = shared.ports.caps.compile;
                (component, shared.ports.components.prepare_idly(component, limits).await)
            });
        }
        match running.join_next().await {
            None => break,
            Some(Ok((_, Ok(_)))) => refreshed.made += 1,
            Some(Ok((component, Err(failure)))) => refreshed.failed.push((component, failure)),
            // A panic is the runtime's own affair; its function is made ready by its first call, or says why not.
            Some(Err(_)) => {}
        }
    }
    if refreshed != Refreshed::default() {
        let mut event =
            Event::platform(shared.ports.clock.now(), Kind::Engine, "prepared-again", refreshed.to_string());
        if let Some((_, failure)) = refreshed.failed.first() {
            let code = compile_code(failure);
            event.outcome = Outcome::Failed {
                status: code.status(),
                code: code.as_str().into(),
                reason: Event::text(&failure.to_string()),
            };
        }
        // An audit log that is stopped has said so itself.
        let _ = shared.ports.record.record(&event);
    }
    refreshed
}
