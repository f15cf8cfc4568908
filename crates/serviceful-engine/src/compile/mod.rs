//! The `compile` role: one component in, one artefact out, then the end of the process.
mod check;
mod imports;
pub(crate) mod job;
pub(crate) mod watch;

use types::CompileLimits;
use wire::{Channel, compile::kind};

use crate::{
    config::{self, Purpose},
    door::{self, StartError},
    js::installed,
};

/// Threads that compile. Ordinary deploys must not take a big node from its traffic.
const THREADS_MAX: usize = 4;
/// Address space that the executable, its threads and their allocators reserve without using it, in MiB.
pub(crate) const RESERVED_MIB: u64 = 1_024;

/// Compiles the one component that the front sends.
///
/// # Errors
/// Why the process could not be set up, or how its channel ended.
pub(crate) fn run() -> Result<(), StartError> {
    let fd = door::open()?;
    // Asked now: they read files, which the jail forbids.
    installed::bytes();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let status = watch::open_status().map_err(|source| StartError::Status { source })?;
    let engine = config::engine(Purpose::Compile).map_err(|source| StartError::Engine { source })?;

    // The kernel holds the operator's caps, because a limit can only be lowered before the jail closes and the job comes
    // after it. The job's own, lower limits are watched in `watch.rs`, which can also say which one was reached.
    let cap = CompileLimits::CAP;
    jail::give_way()?;
    jail::limit_compile(cap.compile_cpu_s, (cap.compile_memory_mib + RESERVED_MIB) << 20)?;
    let posture = door::close(jail::Role::Compile)?;

    // Threads start only from here on, so that they are born inside the jail.
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
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
