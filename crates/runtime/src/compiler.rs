//! Makes artefacts: one compiler process a job, the keeper's signature on what comes back.
use std::{
    collections::HashMap,
    io::Read,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gateway::{CompileFailure, events::Event, events::Kind};
use store::Contents;
use tokio::sync::{OnceCell, Semaphore};
use types::{Clock, CompileLimits, Digest, EngineBuild, UnixMillis};
use wire::{
    Channel, Frame, Receiver,
    compile::{Done, Failed, Job, Report, kind},
    encode,
    keeper::ArtefactStatement,
    supervisor::EngineRole,
};

use crate::{
    artefacts::{Artefacts, Label, hash},
    processes::{ChildExit, Keeper, Processes},
};

/// The largest artefact that is taken from a compiler: an eighth of the machine this is sized for would be too much already.
const ARTEFACT_BYTES_MAX: usize = 512 << 20;

pub(crate) struct Compiler {
    pub(crate) build: EngineBuild,
    pub(crate) processes: Arc<dyn Processes>,
    pub(crate) keeper: Arc<dyn Keeper>,
    pub(crate) contents: Arc<dyn Contents>,
    pub(crate) artefacts: Artefacts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) audit: Arc<dyn gateway::events::Record>,
    /// For jobs that nobody gave limits for: a call found no artefact.
    pub(crate) caps: CompileLimits,
    /// How many jobs may run at once.
    pub(crate) places: Semaphore,
    /// One job a component at a time: whoever asks second finds the artefact.
    pub(crate) jobs: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
    pub(crate) key: OnceCell<[u8; 32]>,
}

fn unavailable(reason: impl ToString) -> CompileFailure {
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
    ) -> Result<(Label, bool), CompileFailure> {
        let key = self.key().await.map_err(unavailable)?;
        if let Some(label) = self.find(&component, &key) {
            return Ok((label, true));
        }
        let job = self.job(component);
        let _one = job.lock().await;
        if let Some(label) = self.find(&component, &key) {
            return Ok((label, true));
        }
        let made = self.make(component, limits).await;
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&component);
        made.map(|label| (label, false))
    }

    fn job(&self, component: Digest) -> Arc<tokio::sync::Mutex<()>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).entry(component).or_default().clone()
    }

    fn find(&self, component: &Digest, key: &[u8; 32]) -> Option<Label> {
        match self.artefacts.open(&self.build, component, key) {
            Ok(found) => found.map(|(label, _)| label),
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

    async fn make(&self, component: Digest, limits: CompileLimits) -> Result<Label, CompileFailure> {
        let _place = self.places.acquire().await.map_err(unavailable)?;
        let source = match self.contents.open(component) {
            Ok(Some(file)) => file,
            Ok(None) => return Err(CompileFailure::Missing { component }),
            Err(e) => return Err(unavailable(e)),
        };
        // The name is a promise about the bytes: a changed file must not be compiled under it.
        let source = match checked(source, component).await? {
            Ok(source) => source,
            Err(found) => return Err(self.damaged(component, found)),
        };
        let mut again = source.try_clone().map_err(unavailable)?;
        let (seen, code) = match self.run(component, limits, source).await {
            // Nothing was wrong with the component: somebody else ended the process.
            Err(Ended::FromOutside { how }) => {
                let note = format!("the compiler of {component} was ended from outside ({how}); it is started again");
                let _ = self.audit.record(&Event::platform(self.clock.now(), Kind::Process, "process-restarted", note));
                // The two share one position in the file.
                std::io::Seek::rewind(&mut again).map_err(unavailable)?;
                self.run(component, limits, again).await?
            }
            other => other?,
        };
        let statement = ArtefactStatement {
            format: 1,
            build: self.build.clone(),
            component,
            artefact: hash(&code),
            artefact_bytes: code.len() as u64,
        };
        let signature = self.keeper.sign_artefact(statement.clone()).await.map_err(unavailable)?;
        let label = Label { statement, signature, seen };
        let (artefacts, copy) = (self.artefacts.clone(), label.clone());
        tokio::task::spawn_blocking(move || artefacts.put(&copy, &code))
            .await
            .map_err(unavailable)?
            .map_err(unavailable)?;
        Ok(label)
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

    async fn run(
        &self,
        component: Digest,
        limits: CompileLimits,
        source: std::fs::File,
    ) -> Result<(Done, Vec<u8>), Ended> {
        let child = self.processes.start(EngineRole::Compile, self.build.clone()).await.map_err(unavailable)?;
        let pid = child.pid;
        let channel = Channel::new(child.channel).map_err(unavailable)?;
        // CPU time is bounded inside the process; this bounds a compiler that waits for nothing.
        let begun = self.clock.instant().0;
        let wall = Duration::from_secs(limits.compile_cpu_s.saturating_mul(4).saturating_add(30));
        let result = tokio::time::timeout(wall, self.exchange(component, limits, source, channel)).await;
        self.processes.kill(pid);
        let exit = self.processes.ended(pid).await;
        match result {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(Some(failure))) => Err(Ended::Failed(failure)),
            Ok(Err(None)) => {
                let took = Duration::from_nanos(self.clock.instant().0.saturating_sub(begun));
                Err(self.died(component, limits, exit, took))
            }
            Err(_) => Err(Ended::Failed(CompileFailure::Limit {
                limit: "compile_cpu_s".into(),
                reason: format!("compiling did not end within {} s", wall.as_secs()),
            })),
        }
    }

    /// `Err(None)`: the process went away without a word.
    async fn exchange(
        &self,
        component: Digest,
        limits: CompileLimits,
        source: std::fs::File,
        channel: Channel,
    ) -> Result<(Done, Vec<u8>), Option<CompileFailure>> {
        let Channel { sender, mut receiver } = channel;
        let lied = |reason: String| Some(unavailable(format!("the compiler broke the protocol: {reason}")));
        let report: Report = next(&mut receiver, kind::REPORT).await?.message().map_err(|e| lied(e.to_string()))?;
        if report.build != self.build {
            return Err(lied(format!("it is build {}", report.build)));
        }
        let mut job = Frame::new(kind::JOB, 0, encode(&Job { component, limits }).map_err(|e| lied(e.to_string()))?);
        job.fds.push(source.into());
        sender.send(vec![job]).map_err(|_| None)?;
        let mut code = Vec::new();
        loop {
            let frame = receiver.next().await.map_err(|_| None)?;
            match frame.kind {
                kind::PROGRESS => {}
                kind::ARTEFACT if code.len() + frame.payload.len() <= ARTEFACT_BYTES_MAX => {
                    code.extend_from_slice(&frame.payload)
                }
                kind::ARTEFACT => return Err(Some(too_large())),
                kind::DONE => return Ok((frame.message().map_err(|e| lied(e.to_string()))?, code)),
                kind::FAILED => return Err(Some(failure(frame.message().map_err(|e| lied(e.to_string()))?))),
                other => return Err(lied(format!("frame kind {other}"))),
            }
        }
    }

    fn died(&self, component: Digest, limits: CompileLimits, exit: ChildExit, took: Duration) -> Ended {
        if exit.broke_jail() {
            let note = format!("the compiler of {component} asked the kernel for something its jail forbids");
            let _ = self.audit.record(&Event::platform(self.clock.now(), Kind::Security, "jail-violation", note));
            return Ended::Failed(CompileFailure::Invalid {
                reason: "the compiler was stopped while it worked on this component".into(),
            });
        }
        // The kernel ends a process over its CPU time with SIGXCPU, then SIGKILL; a failed allocation aborts. All cores
        // together cannot have used the CPU time before this much of the clock has passed.
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
        let may_be_cpu = took.as_secs().saturating_mul(cores) >= limits.compile_cpu_s;
        match exit.signal {
            Some(9) if !may_be_cpu => return Ended::FromOutside { how: "signal 9" },
            Some(15) => return Ended::FromOutside { how: "signal 15" },
            _ => {}
        }
        if exit.out_of_cpu() || exit.signal == Some(9) {
            let reason = format!("compiling needs more than {} s of CPU time", limits.compile_cpu_s);
            return Ended::Failed(CompileFailure::Limit { limit: "compile_cpu_s".into(), reason });
        }
        let reason = format!("compiling needs more than {} MiB of memory", limits.compile_memory_mib);
        Ended::Failed(CompileFailure::Limit { limit: "compile_memory_mib".into(), reason })
    }
}

/// How a compiler process ended without a result.
enum Ended {
    /// The component is to blame, or the platform cannot compile now.
    Failed(CompileFailure),
    /// Killed by somebody who is not the kernel's accountant of CPU time: an operator, or the out-of-memory killer.
    FromOutside { how: &'static str },
}

impl From<CompileFailure> for Ended {
    fn from(failure: CompileFailure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Ended> for CompileFailure {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Failed(failure) => failure,
            Ended::FromOutside { how } => {
                unavailable(format!("the compiler was ended from outside twice ({how}); is the machine out of memory?"))
            }
        }
    }
}

fn too_large() -> CompileFailure {
    let reason = format!("the compiled code is larger than {} MiB", ARTEFACT_BYTES_MAX >> 20);
    CompileFailure::Limit { limit: "component_kib".into(), reason }
}

async fn next(receiver: &mut Receiver, wanted: u8) -> Result<Frame, Option<CompileFailure>> {
    let frame = receiver.next().await.map_err(|_| None)?;
    if frame.kind == wanted {
        Ok(frame)
    } else {
        Err(Some(unavailable(format!("frame kind {} came too early", frame.kind))))
    }
}

fn failure(failed: Failed) -> CompileFailure {
    match failed {
        Failed::Invalid { reason } => CompileFailure::Invalid { reason },
        Failed::Limit { limit, reason } => CompileFailure::Limit { limit, reason },
        Failed::UnknownImport { import, served } => CompileFailure::UnknownImport { import, served },
        Failed::ServesNothing => CompileFailure::ServesNothing,
        Failed::Internal { reason } => unavailable(reason),
    }
}

/// The file at its beginning; `Ok(Err)` says what it hashes to instead.
async fn checked(mut file: std::fs::File, component: Digest) -> Result<Result<std::fs::File, Digest>, CompileFailure> {
    let check = move || -> std::io::Result<(Digest, std::fs::File)> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        std::io::Seek::rewind(&mut file)?;
        Ok((hash(&bytes), file))
    };
    let (found, file) = tokio::task::spawn_blocking(check).await.map_err(unavailable)?.map_err(unavailable)?;
    Ok(if found == component { Ok(file) } else { Err(found) })
}
