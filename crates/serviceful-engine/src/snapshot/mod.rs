//! The `snapshot` role: the source of one JavaScript function in, a snapshot out, then the end of the process.
//!
//! Not the `compile` role: that one can never make memory executable, and evaluating runs the engine's compiled code. Here
//! in turn Cranelift sees nothing hostile: what it compiles is a memory without code.
mod early;
mod evaluate;
#[cfg(test)]
pub(crate) use evaluate::evaluate;
mod job;

use types::CompileLimits;
use wire::{Channel, compile::kind};

use crate::{
    compile::{RESERVED_MIB, watch},
    config::{self, Purpose},
    door::{self, StartError},
    js::installed,
};

/// Address space of one memory with its guards, in MiB.
const MEMORY_MIB: u64 = 4_096 + 256;

/// Evaluates the one source that the front sends.
///
/// # Errors
/// Why the process could not be set up, or how its channel ended.
pub(crate) fn run() -> Result<(), StartError> {
    let fd = door::open()?;
    // Asked now: it reads a file, which the jail forbids.
    installed::bytes();
    let status = watch::open_status().map_err(|source| StartError::Status { source })?;
    let engine = config::engine(Purpose::Snapshot).map_err(|source| StartError::Engine { source })?;
    // As in the `compile` role: the kernel holds the caps, the job's own limits are watched.
    let cap = CompileLimits::CAP;
    jail::give_way()?;
    jail::limit_compile(cap.compile_cpu_s, (cap.compile_memory_mib + RESERVED_MIB + MEMORY_MIB) << 20)?;
    let posture = door::close(jail::Role::Snapshot)?;

    // One thread: there is nothing to compile that would need more.
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build_global()
        .map_err(|error| StartError::Threads { reason: error.to_string() })?;
    let runtime = door::runtime()?;
    runtime.block_on(async {
        let mut channel = Channel::new(fd).map_err(|source| StartError::Channel { source })?;
        let report = wire::compile::Report { build: config::build_id().clone(), posture };
        channel.sender.send(vec![door::frame(kind::REPORT, 0, &report)?])?;
        job::serve(&engine, status, &mut channel).await
    })
}
