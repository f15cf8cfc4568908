//! One engine process that makes one artefact: what it is asked, what it says, how it may end.
use std::{fs::File, io::Seek as _, time::Duration};

use gateway::{CompileFailure, events::Event, events::Kind};
use types::{CompileLimits, Digest};
use wire::{
    Channel, Frame, FrameError, Receiver,
    compile::{self, Done, Failed, Output, Report, kind},
    encode,
    supervisor::EngineRole,
    work::Load,
};

use crate::{
    compiler::{Compiler, unavailable},
    processes::ChildExit,
};

/// The largest artefact that is taken from a compiler: an eighth of the machine this is sized for would be too much already.
const ARTEFACT_BYTES_MAX: usize = 512 << 20;
/// Lines that are taken of what a module writes while it is evaluated.
const OUTPUT_LINES_MAX: usize = 200;

/// What is made.
pub(crate) enum Task {
    /// The code of a WebAssembly component.
    Component { file: File },
    /// The code of the JavaScript engine that is installed beside the compiler.
    Engine,
    /// What a JavaScript module's evaluation leaves.
    Snapshot { source: File, engine: Load, code: File, key: [u8; 32] },
}

/// See the module.
pub(crate) struct Job<'a> {
    pub(crate) compiler: &'a Compiler,
    /// What the artefact is of.
    pub(crate) component: Digest,
    pub(crate) limits: CompileLimits,
    pub(crate) task: Task,
}

/// What came of it.
pub(crate) struct Made {
    pub(crate) done: Done,
    pub(crate) code: Vec<u8>,
    /// What the module wrote to its console.
    pub(crate) output: Vec<String>,
}

/// How a process ended without a result.
enum Ended {
    /// The contents are to blame, or the platform cannot do it now.
    Failed(CompileFailure),
    /// Killed by somebody who is not the kernel's accountant of CPU time: an operator, or the out-of-memory killer.
    FromOutside { how: &'static str },
}

impl Task {
    const fn role(&self) -> EngineRole {
        match self {
            Self::Component { .. } | Self::Engine => EngineRole::Compile,
            Self::Snapshot { .. } => EngineRole::Snapshot,
        }
    }

    fn frame(&self, component: Digest, limits: CompileLimits) -> std::io::Result<Frame> {
        let wrong = |error: FrameError| std::io::Error::other(error);
        Ok(match self {
            Self::Component { file } => {
                let job = encode(&compile::Job { component, limits }).map_err(wrong)?;
                let mut frame = Frame::new(kind::JOB, 0, job);
                frame.fds.push(again(file)?.into());
                frame
            }
            Self::Engine => Frame::new(kind::JS_ENGINE, 0, encode(&compile::JsEngine { limits }).map_err(wrong)?),
            Self::Snapshot { source, engine, code, key } => {
                let (engine, artefact_key) = (engine.clone(), *key);
                let job = compile::Snapshot { source: component, limits, engine, artefact_key };
                let mut frame = Frame::new(kind::SNAPSHOT, 0, encode(&job).map_err(wrong)?);
                frame.fds.push(again(source)?.into());
                frame.fds.push(code.try_clone()?.into());
                frame
            }
        })
    }
}

/// The file from its beginning; the copies share one position.
fn again(mut file: &File) -> std::io::Result<File> {
    file.rewind()?;
    file.try_clone()
}

impl Job<'_> {
    /// Does it, and once more if the process was ended for nothing that it did.
    pub(crate) async fn run(&self) -> Result<Made, CompileFailure> {
        let how = match self.once().await {
            Ok(made) => return Ok(made),
            Err(Ended::Failed(failure)) => return Err(failure),
            Err(Ended::FromOutside { how }) => how,
        };
        self.record(
            Kind::Process,
            "process-restarted",
            &format!("was ended from outside ({how}); it is started again"),
        );
        match self.once().await {
            Ok(made) => Ok(made),
            Err(Ended::Failed(failure)) => Err(failure),
            Err(Ended::FromOutside { how }) => Err(unavailable(format!(
                "the compiler was ended from outside twice ({how}); is the machine out of memory?"
            ))),
        }
    }

    fn record(&self, kind: Kind, action: &str, what: &str) {
        let note = format!("the compiler of {} {what}", self.component);
        let _ = self.compiler.audit.record(&Event::platform(self.compiler.clock.now(), kind, action, note));
    }

    async fn once(&self) -> Result<Made, Ended> {
        let Compiler { processes, clock, build, .. } = self.compiler;
        let failed = |error: &dyn std::fmt::Display| Ended::Failed(unavailable(error));
        let frame = self.task.frame(self.component, self.limits).map_err(|e| failed(&e))?;
        let child = processes.start(self.task.role(), build.clone()).await.map_err(|e| failed(&e))?;
        let pid = child.pid;
        let channel = Channel::new(child.channel).map_err(|e| failed(&e))?;
        // CPU time is bounded inside the process; this bounds a compiler that waits for nothing.
        let begun = clock.instant().0;
        let wall = Duration::from_secs(self.limits.compile_cpu_s.saturating_mul(4).saturating_add(30));
        let result = tokio::time::timeout(wall, self.exchange(frame, channel)).await;
        processes.kill(pid);
        let exit = processes.ended(pid).await;
        match result {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(Some(failure))) => Err(Ended::Failed(failure)),
            Ok(Err(None)) => Err(self.died(exit, Duration::from_nanos(clock.instant().0.saturating_sub(begun)))),
            Err(_) => Err(Ended::Failed(CompileFailure::Limit {
                limit: "compile_cpu_s".into(),
                reason: format!("compiling did not end within {} s", wall.as_secs()),
            })),
        }
    }

    /// `Err(None)`: the process went away without a word.
    async fn exchange(&self, frame: Frame, channel: Channel) -> Result<Made, Option<CompileFailure>> {
        let Channel { sender, mut receiver } = channel;
        let report: Report = next(&mut receiver, kind::REPORT).await?.message().map_err(|e| lied(&e))?;
        if report.build != self.compiler.build {
            return Err(lied(&format_args!("it is build {}", report.build)));
        }
        sender.send(vec![frame]).map_err(|_| None)?;
        let (mut code, mut output) = (Vec::new(), Vec::new());
        loop {
            let frame = receiver.next().await.map_err(|_| None)?;
            match frame.kind {
                kind::PROGRESS => {}
                kind::OUTPUT => {
                    let Output(lines) = frame.message().map_err(|e| lied(&e))?;
                    output.extend(lines);
                    output.truncate(OUTPUT_LINES_MAX);
                }
                kind::ARTEFACT if code.len() + frame.payload.len() <= ARTEFACT_BYTES_MAX => {
                    code.extend_from_slice(&frame.payload)
                }
                kind::ARTEFACT => return Err(Some(too_large())),
                kind::DONE => {
                    let done = frame.message().map_err(|e| lied(&e))?;
                    return Ok(Made { done, code, output });
                }
                kind::FAILED => return Err(Some(failure(frame.message().map_err(|e| lied(&e))?))),
                other => return Err(lied(&format_args!("frame kind {other}"))),
            }
        }
    }

    fn died(&self, exit: ChildExit, took: Duration) -> Ended {
        let limits = self.limits;
        if exit.broke_jail() {
            self.record(Kind::Security, "jail-violation", "asked the kernel for something its jail forbids");
            return Ended::Failed(CompileFailure::Invalid {
                reason: "the compiler was stopped while it worked on this".into(),
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

fn lied(reason: &dyn std::fmt::Display) -> Option<CompileFailure> {
    Some(unavailable(format!("the compiler broke the protocol: {reason}")))
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
        Failed::Source { reason } => CompileFailure::Source { reason },
        Failed::Limit { limit, reason } => CompileFailure::Limit { limit, reason },
        Failed::UnknownImport { import, served } => CompileFailure::UnknownImport { import, served },
        Failed::ServesNothing => CompileFailure::ServesNothing,
        Failed::Internal { reason } => unavailable(reason),
    }
}
