//! One job: read, check, evaluate, keep the memory, send.
use std::{fs::File, os::unix::fs::FileExt as _, sync::Arc};

use rustix::time::{ClockId, clock_gettime};
use wasmtime::{Engine, Module};
use wire::{
    Channel,
    compile::{Done, Failed, Output, Progress, Snapshot, kind},
};

use super::evaluate::{Evaluated, evaluate};
use crate::{
    compile::{
        job::{answer, read, since_ms},
        watch::Watch,
    },
    config,
    door::{StartError, frame},
    js::{image, installed, split::split},
    native,
    seal::{self, sha256},
};

/// Largest artefact of the engine that is read.
const ENGINE_BYTES_MAX: u64 = 64 << 20;

/// Serves the one job of this process.
pub(super) async fn serve(engine: &Engine, status: File, channel: &mut Channel) -> Result<(), StartError> {
    let mut request = channel.receiver.next().await?;
    if request.kind != kind::SNAPSHOT {
        return Err(wire::FrameError::Unknown { kind: request.kind }.into());
    }
    let job: Snapshot = request.message()?;
    // The last one comes first.
    let artefact = File::from(request.take_fd()?);
    let source = File::from(request.take_fd()?);
    let stream = request.stream;
    let watch = Arc::new(Watch::new(&job.limits, status, channel.sender.clone(), stream));
    let say = |progress: Progress| {
        let sent = frame(kind::PROGRESS, stream, &progress).map(|frame| channel.sender.send(vec![frame]));
        // A front that is gone shows when the artefact is sent.
        drop(sent);
    };
    say(Progress::Checking);
    watch.clone().start();
    let made = prepare(engine, &job, source, &artefact).and_then(|ready| {
        say(Progress::Compiling);
        snapshot(engine, &job, ready)
    });
    watch.end();
    let result = match made {
        Ok((artefact, done, output)) => {
            if !output.0.is_empty() {
                channel.sender.send(vec![frame(kind::OUTPUT, stream, &output)?])?;
            }
            say(Progress::Sending);
            Ok((artefact, done))
        }
        Err(failed) => Err(failed),
    };
    answer(channel, stream, result).await
}

/// What a job starts from.
struct Ready {
    source: Vec<u8>,
    code: Module,
    /// The engine module, as it is installed.
    installed: &'static [u8],
}

fn prepare(engine: &Engine, job: &Snapshot, source: File, artefact: &File) -> Result<Ready, Failed> {
    let internal = |reason: String| Failed::Internal { reason };
    let source = read(source, &job.limits)?;
    if sha256(&source) != job.source {
        return Err(internal(format!("the bytes are not those of {}; upload the source again", job.source)));
    }
    let installed = installed::bytes().ok_or_else(|| internal("no JavaScript engine is installed".into()))?;
    let stated = job.engine.statement.artefact_bytes;
    if stated > ENGINE_BYTES_MAX {
        return Err(internal(format!("the JavaScript engine's artefact has {stated} bytes")));
    }
    let mut bytes = vec![0; usize::try_from(stated).unwrap_or(0)];
    artefact
        .read_exact_at(&mut bytes, 0)
        .map_err(|error| internal(format!("the JavaScript engine's artefact cannot be read: {error}")))?;
    // SECURITY: it is machine code that runs here; the same check as in a worker.
    let verified = seal::verify(bytes, &job.engine, &job.artefact_key, config::build_id())
        .map_err(|error| internal(error.to_string()))?;
    if Some(verified.component()) != installed::digest() {
        return Err(internal("the artefact is not that of the installed JavaScript engine".into()));
    }
    let code = native::load_module(engine, &verified).map_err(|error| internal(format!("{error:#}")))?;
    Ok(Ready { source, code, installed })
}

fn snapshot(engine: &Engine, job: &Snapshot, ready: Ready) -> Result<(Vec<u8>, Done, Output), Failed> {
    let internal = |reason: String| Failed::Internal { reason };
    let started = clock_gettime(ClockId::Monotonic);
    let split = split(ready.installed).map_err(|error| internal(error.to_string()))?;
    let Evaluated { memory, output, handlers } = evaluate(engine, &ready.code, &split, &ready.source, &job.limits)?;
    let extent = image::extent(&memory).len();
    if extent > image::BYTES_MAX {
        let reason = format!(
            "what the module sets up at its top level takes {} MiB of memory; at most {} MiB can be kept for each request to start from",
            extent.div_ceil(1 << 20),
            image::BYTES_MAX >> 20
        );
        return Err(Failed::Limit { limit: "snapshot_bytes".into(), reason });
    }
    let module = image::module(&memory);
    let artefact = engine.precompile_module(&module).map_err(|error| internal(format!("{error:#}")))?;
    let done = Done {
        imports: Vec::new(),
        serves: Done::JAVASCRIPT.into(),
        handlers,
        component_bytes: ready.source.len() as u64,
        artefact_bytes: artefact.len() as u64,
        compile_ms: since_ms(started),
    };
    Ok((artefact, done, output))
}
