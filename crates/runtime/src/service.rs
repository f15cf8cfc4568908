//! The room: what gateway and control call.
use std::sync::{Arc, Mutex, PoisonError};

use gateway::{
    Ask, CompileFailure, ComponentPort, Ctx, Fut, Inspection, LogLine, LogPort, Permit, Refusal, Release, ReleasePort,
    Reply, SecretPort, Work, events::Record,
};
use store::{Contents, KeyValues};
use tokio::sync::OnceCell;
use types::{AppName, Clock, CompileLimits, Digest, EngineBuild, FunctionTarget};

use crate::{
    Artefacts, Config, Logs, RunError,
    artefacts::Label,
    compiler::{Compiler, Haste, Places},
    desk::Desk,
    exchange,
    pool::Pool,
    processes::{Keeper, Processes},
    step_up,
    told::Told,
};

/// What the room is built from.
pub struct Parts {
    pub config: Config,
    pub build: EngineBuild,
    /// Digest of the JavaScript engine that is installed with the build.
    pub javascript: Option<Digest>,
    pub processes: Arc<dyn Processes>,
    pub keeper: Arc<dyn Keeper>,
    pub contents: Arc<dyn Contents>,
    pub artefacts: Artefacts,
    pub logs: Arc<Logs>,
    pub audit: Arc<dyn Record>,
    /// Whom functions ask about their callers.
    pub policy: Arc<dyn Ask>,
    pub clock: Arc<dyn Clock>,
    /// What compiling on a request's path may take: the operator's caps.
    pub compile_caps: CompileLimits,
    /// What functions may be given while they run.
    pub secrets: Arc<dyn SecretPort>,
    pub key_values: Arc<dyn KeyValues>,
}

/// The runtime room. Cheap to share.
pub struct Service {
    pool: Arc<Pool>,
    told: Told,
}

impl Service {
    /// Builds the room; nothing runs until [`Service::start`].
    pub fn new(parts: Parts) -> Self {
        let desk = Desk {
            secrets: parts.secrets,
            key_values: parts.key_values,
            policy: parts.policy,
            clock: parts.clock.clone(),
        };
        let compiler = Arc::new(Compiler {
            build: parts.build,
            javascript: parts.javascript,
            javascript_trouble: Mutex::default(),
            processes: parts.processes,
            keeper: parts.keeper,
            contents: parts.contents,
            artefacts: parts.artefacts,
            clock: parts.clock,
            audit: parts.audit,
            caps: parts.compile_caps,
            places: Places::new(parts.config.compilers),
            jobs: Mutex::default(),
            key: OnceCell::new(),
        });
        Self { pool: Pool::new(parts.config, compiler, parts.logs, desk), told: Told::default() }
    }

    /// Starts the spares and the sweeper. Needs a tokio runtime.
    pub fn start(&self) {
        self.pool.fill();
        tokio::spawn(self.pool.clone().sweep());
    }

    /// Asks all workers to finish what runs and end.
    pub fn drain(&self) {
        self.pool.drain();
    }

    /// Running workers: app (none for a spare), pid, JSON of the jail's report.
    pub fn workers(&self) -> Vec<(Option<AppName>, u32, String)> {
        self.pool.running()
    }

    /// The digest of the JavaScript engine, or why functions in JavaScript do not run.
    pub fn javascript(&self) -> Result<Digest, String> {
        let compiler = &self.pool.compiler;
        let trouble = compiler.javascript_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (trouble, compiler.javascript) {
            (Some(trouble), _) => Err(trouble),
            (None, Some(digest)) => Ok(digest),
            (None, None) => Err("there is no `js-engine.wasm` beside the engine".into()),
        }
    }

    /// What the platform itself says about a call stands among the function's own lines.
    fn note(&self, cx: &Ctx, target: &FunctionTarget, text: String) {
        let line = LogLine {
            at: cx.clock.now(),
            function: target.function.to_string(),
            request: Some(cx.request),
            stream: "platform".into(),
            text,
            place: None,
        };
        self.pool.logs.write(&target.app, line);
    }
}

impl Work for Service {
    fn work<'a>(&'a self, cx: &'a Ctx, permit: Permit) -> Fut<'a, Result<Reply, Refusal>> {
        Box::pin(async move {
            let invocation =
                permit.into_invocation().map_err(|_| Refusal::internal("the permit is not for a function"))?;
            let groups = self.told.groups(&invocation.target().app, invocation.caller());
            let (target, caller) = (invocation.target().clone(), invocation.caller().clone());
            exchange::run(&self.pool, invocation, &groups, cx.started_at).await.map_err(|error| {
                self.note(cx, &target, error.to_string());
                let mut refusal = step_up::answered(error, &caller, cx.clock.now());
                refusal.engine_build = Some(self.pool.compiler.build.clone());
                refusal
            })
        })
    }
}

/// Imports that are linked so that each use fails with a typed error, until a grant opens them.
fn denied(imports: &[String]) -> Vec<String> {
    const CLOSED: [&str; 3] = ["wasi:sockets/", "wasi:http/outgoing-handler", "wasi:http/client"];
    imports.iter().filter(|import| CLOSED.iter().any(|closed| import.starts_with(closed))).cloned().collect()
}

fn inspection(component: Digest, (label, cached): (Label, bool)) -> Inspection {
    Inspection {
        component,
        denied: denied(&label.seen.imports),
        imports: label.seen.imports,
        serves: label.seen.serves,
        handlers: label.seen.handlers,
        output: label.output,
        component_bytes: label.seen.component_bytes,
        artefact_bytes: label.seen.artefact_bytes,
        compile_ms: label.seen.compile_ms,
        engine_build: label.statement.build,
        cached,
    }
}

impl ComponentPort for Service {
    fn prepare<'a>(&'a self, component: Digest, limits: CompileLimits) -> Fut<'a, Result<Inspection, CompileFailure>> {
        Box::pin(async move {
            let made = self.pool.compiler.prepare(component, limits, Haste::Deployed).await?;
            Ok(inspection(component, made))
        })
    }

    fn prepare_idly<'a>(
        &'a self,
        component: Digest,
        limits: CompileLimits,
    ) -> Fut<'a, Result<Inspection, CompileFailure>> {
        Box::pin(async move {
            let made = self.pool.compiler.prepare(component, limits, Haste::Idle).await?;
            Ok(inspection(component, made))
        })
    }

    fn is_ready(&self, component: &Digest) -> bool {
        let compiler = &self.pool.compiler;
        compiler.artefacts.has(&compiler.build, component)
    }

    fn probe<'a>(&'a self, target: Arc<FunctionTarget>) -> Fut<'a, Result<(), CompileFailure>> {
        Box::pin(async move {
            exchange::probe(&self.pool, &target).await.map_err(|error| match error {
                RunError::Artefact(failure) => failure,
                RunError::Load { reason } => CompileFailure::Probe { reason },
                RunError::Lost | RunError::Silent | RunError::Lied { .. } => {
                    CompileFailure::Probe { reason: error.to_string() }
                }
                other => CompileFailure::Unavailable { reason: other.to_string() },
            })
        })
    }
}

impl ReleasePort for Service {
    fn publish(&self, release: &Arc<Release>) -> Result<(), String> {
        // NOT HERE: functions. A call names its component by digest, and a worker loads it on first use.
        self.told.publish(release);
        Ok(())
    }

    fn withdraw(&self, app: &AppName) {
        self.told.withdraw(app);
        self.pool.remove(app);
        self.pool.logs.remove(app);
    }
}

impl LogPort for Service {
    fn tail(&self, app: &AppName, tail: usize) -> Vec<LogLine> {
        self.pool.logs.tail(app, tail)
    }

    fn follow(&self, app: &AppName) -> tokio::sync::broadcast::Receiver<Arc<LogLine>> {
        self.pool.logs.follow(app)
    }
}
