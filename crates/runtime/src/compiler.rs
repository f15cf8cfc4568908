//! Makes artefacts: one compiler process a job, the keeper's signature on what comes back.
use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    os::unix::fs::FileExt as _,
    sync::{Arc, Mutex, PoisonError},
};

use gateway::{CompileFailure, events::Event, events::Kind};
use store::Contents;
use tokio::sync::{OnceCell, Semaphore};
use types::{Clock, CompileLimits, Digest, EngineBuild, UnixMillis};
use wire::{keeper::ArtefactStatement, work::Load};

use crate::{
    artefacts::{Artefact, Artefacts, Label, hash},
    job::{Job, Made, Task},
    processes::{Keeper, Processes},
};

/// How many jobs may run at once.
pub(crate) struct Places {
    /// For calls that found no artefact. Apart from deployments: behind somebody's large component, a call that needs a moment's
    /// work would wait as long as the compiler may take.
    called: Semaphore,
    /// For deployments: few, since a small node has traffic, too.
    deployed: Semaphore,
    /// For what nobody waits for. One a processor: compilers run at a low priority.
    idle: Semaphore,
}

impl Places {
    pub(crate) fn new(jobs: usize) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let places = |number: usize| Semaphore::new(number.max(1));
        Self { called: places(jobs), deployed: places(jobs), idle: places(processors) }
    }
}

/// Who waits for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Haste {
    /// Whoever called a function.
    Called,
    /// Whoever deploys it.
    Deployed,
    /// Nobody.
    Idle,
}

pub(crate) struct Compiler {
    pub(crate) build: EngineBuild,
    /// Digest of the JavaScript engine that is installed with it.
    pub(crate) javascript: Option<Digest>,
    /// Why it could not be compiled when that was tried last.
    pub(crate) javascript_trouble: Mutex<Option<String>>,
    pub(crate) processes: Arc<dyn Processes>,
    pub(crate) keeper: Arc<dyn Keeper>,
    pub(crate) contents: Arc<dyn Contents>,
    pub(crate) artefacts: Artefacts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) audit: Arc<dyn gateway::events::Record>,
    /// For jobs that nobody gave limits for: a call found no artefact.
    pub(crate) caps: CompileLimits,
    pub(crate) places: Places,
    /// One job a component at a time: whoever asks second finds the artefact.
    pub(crate) jobs: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
    pub(crate) key: OnceCell<[u8; 32]>,
}

pub(crate) fn unavailable(reason: impl ToString) -> CompileFailure {
    CompileFailure::Unavailable { reason: reason.to_string() }
}

impl Compiler {
    /// The keeper's public key for artefacts of this build.
    pub(crate) async fn key(&self) -> Result<[u8; 32], String> {
        self.key.get_or_try_init(|| self.keeper.artefact_key(self.build.clone())).await.copied()
    }

    /// Finds the artefact or makes it. `true`: it was there.
    pub(crate) async fn prepare(
        &self,
        component: Digest,
        limits: CompileLimits,
        haste: Haste,
    ) -> Result<(Label, bool), CompileFailure> {
        if Some(component) == self.javascript {
            return Err(CompileFailure::Invalid { reason: "it is the platform's own JavaScript engine".into() });
        }
        let key = self.key().await.map_err(unavailable)?;
        if let Some((label, _)) = self.open(&component, &key) {
            return Ok((label, true));
        }
        let job = self.job(component);
        let _one = job.lock().await;
        if let Some((label, _)) = self.open(&component, &key) {
            return Ok((label, true));
        }
        let made = self.make(component, limits, haste).await;
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&component);
        made.map(|label| (label, false))
    }

    /// What a worker has to load, made on the way when it is not there: a call of a function whose compiled code is gone, or
    /// was never made for this engine, waits for it here.
    pub(crate) async fn artefact(&self, component: Digest) -> Result<Artefact, CompileFailure> {
        if Some(component) == self.javascript {
            return self.javascript().await;
        }
        let key = self.key().await.map_err(unavailable)?;
        if let Some(found) = self.open(&component, &key) {
            return Ok(found);
        }
        self.prepare(component, self.caps, Haste::Called).await?;
        self.open(&component, &key).ok_or_else(|| unavailable("its compiled code vanished"))
    }

    /// The artefact if it is there; nothing is made.
    pub(crate) async fn cached(&self, component: &Digest) -> Option<Artefact> {
        let key = self.key().await.ok()?;
        self.open(component, &key)
    }

    fn job(&self, component: Digest) -> Arc<tokio::sync::Mutex<()>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).entry(component).or_default().clone()
    }

    /// The entry of the cache, if there is one that counts.
    pub(crate) fn open(&self, component: &Digest, key: &[u8; 32]) -> Option<Artefact> {
        match self.artefacts.open(&self.build, component, key) {
            Ok(found) => found,
            Err(wrong) => {
                self.discard(component, &wrong.to_string());
                None
            }
        }
    }

    /// An entry of the cache does not count: it is written down, removed, and will be made again.
    pub(crate) fn discard(&self, component: &Digest, reason: &str) {
        let note = format!("artefact of {component} for {}: {reason}; it is compiled again", self.build);
        let mut event = Event::platform(self.clock.now(), Kind::Engine, "artefact-refused", note);
        event.engine_build = Some(self.build.clone());
        let _ = self.audit.record(&event);
        self.artefacts.remove(&self.build, component);
    }

    async fn make(&self, component: Digest, limits: CompileLimits, haste: Haste) -> Result<Label, CompileFailure> {
        let opened = self.contents.open(component).map_err(unavailable)?;
        let file = opened.ok_or(CompileFailure::Missing { component })?;
        // Before a place is taken: it may have to be made, and needs one itself.
        let engine = if is_component(&file).map_err(unavailable)? { None } else { Some(self.javascript().await?) };
        let places = match haste {
            Haste::Called => &self.places.called,
            Haste::Deployed => &self.places.deployed,
            Haste::Idle => &self.places.idle,
        };
        let _place = places.acquire().await.map_err(unavailable)?;
        // The name is a promise about the bytes: a changed file must not be compiled under it.
        let file = match checked(file, component).await? {
            Ok(file) => file,
            Err(found) => return Err(self.damaged(component, found)),
        };
        let task = match engine {
            None => Task::Component { file },
            Some((label, code)) => {
                let engine = Load { statement: label.statement, signature: label.signature };
                Task::Snapshot { source: file, engine, code, key: self.key().await.map_err(unavailable)? }
            }
        };
        self.sealed(Job { compiler: self, component, limits, task }).await
    }

    /// Runs a job, has its result signed, and keeps both.
    async fn sealed(&self, job: Job<'_>) -> Result<Label, CompileFailure> {
        let Made { done, code, output } = job.run().await?;
        let statement = ArtefactStatement {
            format: 1,
            build: self.build.clone(),
            component: job.component,
            artefact: hash(&code),
            artefact_bytes: code.len() as u64,
        };
        let signature = self.keeper.sign_artefact(statement.clone()).await.map_err(unavailable)?;
        let label = Label { statement, signature, seen: done, output };
        let (artefacts, copy) = (self.artefacts.clone(), label.clone());
        tokio::task::spawn_blocking(move || artefacts.put(&copy, &code))
            .await
            .map_err(unavailable)?
            .map_err(unavailable)?;
        Ok(label)
    }

    /// The code of the JavaScript engine, compiled once a build, for all functions.
    pub(crate) async fn javascript(&self) -> Result<Artefact, CompileFailure> {
        let Some(engine) = self.javascript else {
            return Err(unavailable("no JavaScript engine is installed beside the engine; install `js-engine.wasm`"));
        };
        let key = self.key().await.map_err(unavailable)?;
        if let Some(found) = self.open(&engine, &key) {
            return Ok(found);
        }
        let job = self.job(engine);
        let _one = job.lock().await;
        if let Some(found) = self.open(&engine, &key) {
            return Ok(found);
        }
        let made = async {
            let _place = self.places.called.acquire().await.map_err(unavailable)?;
            self.sealed(Job { compiler: self, component: engine, limits: self.caps, task: Task::Engine }).await
        };
        let made = made.await;
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&engine);
        let trouble = made.as_ref().err().map(|failure| format!("the JavaScript engine cannot be compiled: {failure}"));
        self.javascript_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&trouble);
        // It is ours: nothing of it is the fault of who deploys.
        if let Some(reason) = trouble {
            return Err(unavailable(reason));
        }
        self.open(&engine, &key).ok_or_else(|| unavailable("the JavaScript engine's compiled code vanished"))
    }

    /// A stored file is not what its name says: written down, and removed, so that the next deployment uploads it again.
    fn damaged(&self, component: Digest, found: Digest) -> CompileFailure {
        let note = format!("the stored contents of {component} hash to {found}; they are removed");
        let _ = self.audit.record(&Event::platform(self.clock.now(), Kind::Security, "component-damaged", note));
        if let Err(error) = self.contents.remove_unwanted(component, UnixMillis(u64::MAX)) {
            tracing::error!(%error, %component, "a damaged component could not be removed");
        }
        unavailable(format!(
            "the stored contents of {component} were damaged and are removed; deploy again to upload them"
        ))
    }
}

/// What is stored is a component when it begins as WebAssembly does, and a JavaScript module otherwise: `control` lets
/// nothing else in, and no script begins with a byte 0.
fn is_component(file: &File) -> std::io::Result<bool> {
    let mut begins = [0; 4];
    match file.read_exact_at(&mut begins, 0) {
        Ok(()) => Ok(begins == *b"\0asm"),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The file at its beginning; `Ok(Err)` says what it hashes to instead.
async fn checked(mut file: File, component: Digest) -> Result<Result<File, Digest>, CompileFailure> {
    let check = move || -> std::io::Result<(Digest, File)> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        std::io::Seek::rewind(&mut file)?;
        Ok((hash(&bytes), file))
    };
    let (found, file) = tokio::task::spawn_blocking(check).await.map_err(unavailable)?.map_err(unavailable)?;
    Ok(if found == component { Ok(file) } else { Err(found) })
}
