//! One job: read, check, compile, send.
use std::{fs::File, io::Read as _, sync::Arc, time::Duration};

use bytes::Bytes;
use rustix::time::{ClockId, clock_gettime};
use types::CompileLimits;
use wasmtime::Engine;
use wire::{
    CHUNK_BYTES_MAX, Channel, Frame,
    compile::{Done, Failed, Job, Progress, kind},
};

use super::{
    check::{self, Inspected},
    watch::Watch,
};
use crate::{
    door::{StartError, frame},
    seal::sha256,
};

/// How long a finished process waits for the front to take the last bytes.
const LINGER: Duration = Duration::from_secs(30);

/// Serves the one job of this process.
pub(super) async fn serve(engine: &Engine, status: File, channel: &mut Channel) -> Result<(), StartError> {
    let mut request = channel.receiver.next().await?;
    if request.kind != kind::JOB {
        return Err(wire::FrameError::Unknown { kind: request.kind }.into());
    }
    let job: Job = request.message()?;
    let component = File::from(request.take_fd()?);
    let stream = request.stream;
    let watch = Arc::new(Watch::new(&job.limits, status, channel.sender.clone(), stream));

    let result = compile(engine, &job, component, |progress| {
        let sent = frame(kind::PROGRESS, stream, &progress).map(|frame| channel.sender.send(vec![frame]));
        // A front that is gone shows at the next send of the artefact.
        drop(sent);
        if progress == Progress::Checking {
            watch.clone().start();
        }
    });
    watch.end();
    match result {
        Ok((artefact, done)) => send(channel, stream, artefact, &done).await,
        Err(failed) => {
            channel.sender.send(vec![frame(kind::FAILED, stream, &failed)?])?;
            linger(channel).await;
            Ok(())
        }
    }
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
    let took = Duration::try_from(clock_gettime(ClockId::Monotonic) - started).unwrap_or_default();
    progress(Progress::Sending);
    let done = Done {
        imports,
        serves,
        component_bytes: bytes.len() as u64,
        artefact_bytes: artefact.len() as u64,
        compile_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    };
    Ok((artefact, done))
}

/// Reads the component, but never more than its limit and one byte.
fn read(file: File, limits: &CompileLimits) -> Result<Vec<u8>, Failed> {
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
