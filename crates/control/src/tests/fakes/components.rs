//! The compiler.
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use gateway::{CompileFailure, ComponentPort, Fut, Inspection};
use tokio::sync::Notify;
use types::{CompileLimits, Digest, EngineBuild, FunctionTarget};

/// A compiler that waits at a gate and fails on order.
#[derive(Default)]
pub(in crate::tests) struct FakeComponents {
    pub(in crate::tests) bad: Mutex<HashSet<Digest>>,
    pub(in crate::tests) unprobable: Mutex<HashSet<String>>,
    /// Components that wait until `gate` is opened.
    pub(in crate::tests) held: Mutex<HashSet<Digest>>,
    pub(in crate::tests) gate: Notify,
    pub(in crate::tests) prepared: Mutex<Vec<Digest>>,
    /// How many of them in time that nobody waits for.
    pub(in crate::tests) idly: AtomicUsize,
    pub(in crate::tests) running: AtomicUsize,
    pub(in crate::tests) most_running: AtomicUsize,
}

impl ComponentPort for FakeComponents {
    fn prepare_idly<'a>(
        &'a self,
        component: Digest,
        limits: CompileLimits,
    ) -> Fut<'a, Result<Inspection, CompileFailure>> {
        self.idly.fetch_add(1, Ordering::SeqCst);
        self.prepare(component, limits)
    }

    fn prepare<'a>(&'a self, component: Digest, _: CompileLimits) -> Fut<'a, Result<Inspection, CompileFailure>> {
        Box::pin(async move {
            let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_running.fetch_max(now, Ordering::SeqCst);
            while self.held.lock().unwrap().contains(&component) {
                self.gate.notified().await;
            }
            tokio::task::yield_now().await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            self.prepared.lock().unwrap().push(component);
            if self.bad.lock().unwrap().contains(&component) {
                return Err(CompileFailure::Limit { limit: "functions".into(), reason: "50001 of 50000".into() });
            }
            Ok(Inspection {
                component,
                imports: vec![
                    "wasi:cli/environment@0.2.3".into(),
                    "wasi:http/outgoing-handler@0.2.3".into(),
                    "wasi:http/types@0.2.3".into(),
                ],
                denied: vec!["wasi:http/outgoing-handler@0.2.3".into()],
                serves: "wasi:http/incoming-handler@0.2.3".into(),
                handlers: vec!["default".into(), "list".into(), "default.queue".into(), "night.scheduled".into()],
                output: Vec::new(),
                component_bytes: 10,
                artefact_bytes: 20,
                compile_ms: 3,
                engine_build: EngineBuild::new("sf1/test").unwrap(),
                cached: false,
            })
        })
    }
    fn is_ready(&self, component: &Digest) -> bool {
        self.prepared.lock().unwrap().contains(component)
    }
    fn probe<'a>(&'a self, target: Arc<FunctionTarget>) -> Fut<'a, Result<(), CompileFailure>> {
        Box::pin(async move {
            if self.unprobable.lock().unwrap().contains(target.function.as_str()) {
                return Err(CompileFailure::Probe { reason: "it traps at start".into() });
            }
            Ok(())
        })
    }
}
