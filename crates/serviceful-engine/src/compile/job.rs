//! One job: read, check, compile, send.
use std::{fs::File, io::Read as _, sync::Arc, time::Duration};

use bytes::Bytes;
use rustix::time::{ClockId, Timespec, clock_gettime};
use types::CompileLimits;
use wasmtime::Engine;
use wire::{
    CHUNK_BYTES_MAX, Channel, Frame,
    compile::{Done, Failed, Job, JsEngine, Progress, kind},
};

use super::{
    check::{self, Inspected},
    watch::Watch,
};
use crate::{
    door::{StartError, frame},
    js::{installed, split::split},
    seal::sha256,
};

/// How long a finished process waits for the front to take the last bytes.
const LINGER: Duration = Duration::from_secs(30);

/// Serves the one job of this process.
pub(super) async fn serve(engine: &Engine, status: File, channel: &mut Channel) -> Result<(), StartError> {
    let mut request = channel.receiver.next().await?;
    let stream = request.stream;
    let (limits, work) = match request.kind {
        kind::JOB => {
            let job: Job = request.message()?;
            (job.limits, Work::Component(job, File::from(request.take_fd()?)))
        }
        kind::JS_ENGINE => (request.message::<JsEngine>()?.limits, Work::JsEngine),
        kind => return Err(wire::FrameError::Unknown { kind }.into()),
    };
    let watch = Arc::new(Watch::new(&limits, status, channel.sender.clone(), stream));
    let progress = |progress| {
        let sent = frame(kind::PROGRESS, stream, &progress).map(|frame| channel.sender.send(vec![frame]));
        // A front that is gone shows at the next send of the artefact.
        drop(sent);
        if progress == Progress::Checking {
            watch.clone().start();
        }
    };
    let result = match work {
        Work::Component(job, component) => compile(engine, &job, component, progress),
        Work::JsEngine => js_engine(engine, progress),
    };
    watch.end();
    answer(channel, stream, result).await
}

enum Work {
    Component(Job, File),
    JsEngine,
}

/// Sends what a job came to, and waits until it is read.
pub(crate) async fn answer(
    channel: &mut Channel,
    stream: u32,
    result: Result<(Vec<u8>, Done), Failed>,
) -> Result<(), StartError> {
    match result {
        Ok((artefact, done)) => send(channel, stream, artefact, &done).await,
        Err(failed) => {
            channel.sender.send(vec![frame(kind::FAILED, stream, &failed)?])?;
            linger(channel).await;
            Ok(())
        }
    }
}

/// Compiles the code of the JavaScript engine. It is ours, so what is wrong with it is no deployer's fault.
fn js_engine(engine: &Engine, progress: impl Fn(Progress)) -> Result<(Vec<u8>, Done), Failed> {
    let internal = |reason: String| Failed::Internal { reason };
    progress(Progress::Checking);
    let installed = installed::bytes().ok_or_else(|| internal("no JavaScript engine is installed".into()))?;
    let split = split(installed).map_err(|error| internal(error.to_string()))?;
    progress(Progress::Compiling);
    let started = clock_gettime(ClockId::Monotonic);
    let artefact = engine.precompile_module(&split.code).map_err(|error| internal(format!("{error:#}")))?;
    progress(Progress::Sending);
    let done = Done {
        imports: Vec::new(),
        serves: String::new(),
        handlers: Vec::new(),
        component_bytes: installed.len() as u64,
        artefact_bytes: artefact.len() as u64,
        compile_ms: since_ms(started),
    };
    Ok((artefact, done))
}

/// Milliseconds since a reading of the monotonic clock.
pub(crate) fn since_ms(started: Timespec) -> u64 {
    let took = Duration::try_from(clock_gettime(ClockId::Monotonic) - started).unwrap_or_default();
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn compile(
    engine: &Engine,
    job: &Job,
    component: File,
    progress: impl Fn(Progress),
) -> Result<(Vec<u8>, Done), Failed> {
    progress(Progress::Checking);
    let bytes = read(component, &job.limits)?;
    if sha256(&bytes) != job.component {
        let reason = format!("the bytes are not those of {}; upload the component again", job.component);
        return Err(Failed::Internal { reason });
    }
    let Inspected { imports, serves } = check::inspect(&bytes, &job.limits)?;
    progress(Progress::Compiling);
    let started = clock_gettime(ClockId::Monotonic);
    let artefact =
        engine.precompile_component(&bytes).map_err(|error| Failed::Invalid { reason: format!("{error:#}") })?;
    let compile_ms = since_ms(started);
    progress(Progress::Sending);
    let done = Done {
        imports,
        serves,
        handlers: Vec::new(),
        component_bytes: bytes.len() as u64,
        artefact_bytes: artefact.len() as u64,
        compile_ms,
    };
    Ok((artefact, done))
}

/// Reads the component, but never more than its limit and one byte.
pub(crate) fn read(file: File, limits: &CompileLimits) -> Result<Vec<u8>, Failed> {
    let max = limits.component_kib << 10;
    let mut bytes = Vec::new();
    let read = file.take(max + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failed::Internal { reason: format!("the component cannot be read: {error}") })?;
    if bytes.len() as u64 > max {
        let reason = format!("the component is larger than {} KiB", limits.component_kib);
        return Err(Failed::Limit { limit: "component_kib".into(), reason });
    }
    Ok(bytes)
}

async fn send(channel: &mut Channel, stream: u32, artefact: Vec<u8>, done: &Done) -> Result<(), StartError> {
    let mut rest = Bytes::from(artefact);
    while !rest.is_empty() {
        channel.sender.ready().await?;
        let piece = rest.split_to(rest.len().min(CHUNK_BYTES_MAX));
        channel.sender.send(vec![Frame::new(kind::ARTEFACT, stream, piece)])?;
    }
    channel.sender.send(vec![frame(kind::DONE, stream, done)?])?;
    linger(channel).await;
    Ok(())
}

/// Stays until the front hangs up: leaving earlier could lose what still waits in the channel's buffer.
async fn linger(channel: &mut Channel) {
    let _ = tokio::time::timeout(LINGER, channel.receiver.next()).await;
}
