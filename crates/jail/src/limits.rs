//! Resource limits. They bound what a process can waste; cgroups, where there are any, bound it better.

use rustix::process::{Resource, Rlimit, getrlimit, nice, setpriority_process, setrlimit};

use crate::error::doing;
use crate::{JailError, Role};

/// Descriptors of a worker: one channel, guests' memory images, messages in flight.
const WORK_DESCRIPTORS: u64 = 4096;
/// Descriptors of a compile process: one channel, one artefact, thread plumbing.
const COMPILE_DESCRIPTORS: u64 = 256;
/// Descriptors of a bundler: a pipe, the source files that its threads read at this moment, thread plumbing.
const BUNDLE_DESCRIPTORS: u64 = 256;
/// Descriptors of a mailer: one channel, one connection, thread plumbing.
const MAILER_DESCRIPTORS: u64 = 64;
/// Private memory of a mailer: one message of at most a megabyte in a few copies, one connection, certificates of authorities.
/// What a server answers must not become more.
const MAILER_DATA_BYTES: u64 = 256 << 20;
/// Descriptors of the keeper: one channel, its key and event files.
const KEEPER_DESCRIPTORS: u64 = 1024;
/// Largest file or memfd that a compile process may write, in bytes. A 100 MB module is refused before; code grows
/// about two to three times, so this leaves room and still stops a runaway.
const COMPILE_FILE_BYTES: u64 = 512 << 20;

/// The limits that a role always has: no core files, no locked memory queues, few descriptors.
pub(crate) fn of_role(role: Role) -> Result<(), JailError> {
    lower(Resource::Core, 0, "forbid core files")?;
    let descriptors = match role {
        Role::Work => WORK_DESCRIPTORS,
        Role::Compile | Role::Snapshot => COMPILE_DESCRIPTORS,
        Role::Bundle => {
            // The result leaves through a pipe. The kernel ends whoever makes a file longer.
            lower(Resource::Fsize, 0, "forbid writing files")?;
            BUNDLE_DESCRIPTORS
        }
        Role::Keeper => KEEPER_DESCRIPTORS,
        Role::Mailer => {
            lower(Resource::Fsize, 0, "forbid writing files")?;
            lower(Resource::Data, MAILER_DATA_BYTES, "limit private memory")?;
            MAILER_DESCRIPTORS
        }
        // The front holds one descriptor for each client and the supervisor hands its own limit down.
        Role::Front | Role::Supervisor => return Ok(()),
    };
    lower(Resource::Nofile, descriptors, "limit open descriptors")?;
    lower(Resource::Msgqueue, 0, "forbid message queues")
}

/// Bounds one job of a compiler or a bundler: `cpu_s` seconds of CPU (all threads together; the kernel sends `SIGXCPU`, which kills),
/// `memory_bytes` of address space, no core files, files of at most 512 MiB. Call it before [`crate::apply`].
///
/// # Errors
/// [`JailError::System`] if the kernel refuses a limit.
pub fn limit_compile(cpu_s: u64, memory_bytes: u64) -> Result<(), JailError> {
    // The second signal cannot be ignored; the first says why.
    bound(Resource::Cpu, cpu_s, cpu_s.saturating_add(1), "set the CPU limit")?;
    lower(Resource::As, memory_bytes, "set the address space limit")?;
    lower(Resource::Fsize, COMPILE_FILE_BYTES, "set the file size limit")?;
    lower(Resource::Core, 0, "forbid core files")
}

/// Lets every process with work for somebody who waits go first, for ever: whoever has given way cannot take it back.
///
/// # Errors
/// [`JailError::System`] if the kernel refuses.
pub fn give_way() -> Result<(), JailError> {
    /// A quarter of the time, beside one process that wants all of it: somebody waits for a deployment, too.
    const STEPS: i32 = 5;
    nice(STEPS).map(|_| ()).map_err(doing("give way to other processes"))
}

/// The lowest priority that there is.
pub(crate) const LAST: i32 = 19;

/// Lets every other thread of this machine's owner go first, for ever; the calling thread alone. For work that takes long and that
/// strangers can ask for: it gets what the others leave. The keeper may call it inside its jail.
///
/// # Errors
/// [`JailError::System`] if the kernel refuses.
pub fn step_back() -> Result<(), JailError> {
    // To Linux, a thread is what the call names.
    setpriority_process(None, LAST).map_err(doing("let other threads go first"))
}

/// Lets a worker have `memory_bytes` of private memory that can be written, beyond what it has now: no core files. Call it
/// after the engine has reserved its pool and before [`crate::apply`]. Past it the kernel refuses memory; nobody is ended by it.
///
/// `RLIMIT_DATA` and not `RLIMIT_AS`: the pool reserves two TiB of address space that holds nothing, and the first counts only
/// what could hold something. The pool's tables and stacks can, and are there already, so they are added.
///
/// # Errors
/// [`JailError::System`] if `/proc/self/status` cannot be read or the kernel refuses the limit.
pub fn limit_work(memory_bytes: u64) -> Result<(), JailError> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|source| JailError::System { what: "read `/proc/self/status`", source })?;
    let data_kib =
        status.lines().find_map(|line| line.strip_prefix("VmData:")?.trim().strip_suffix(" kB")?.parse().ok());
    let data_bytes = u64::saturating_mul(data_kib.unwrap_or(0), 1_024);
    lower(Resource::Data, data_bytes.saturating_add(memory_bytes), "limit private memory")
}

/// Sets both limits to `value`, or leaves a hard limit that is lower already: raising would need a privilege.
fn lower(resource: Resource, value: u64, what: &'static str) -> Result<(), JailError> {
    bound(resource, value, value, what)
}

/// [`lower`] with a soft limit below the hard one.
fn bound(resource: Resource, soft: u64, hard: u64, what: &'static str) -> Result<(), JailError> {
    let hard = getrlimit(resource).maximum.map_or(hard, |now| now.min(hard));
    setrlimit(resource, Rlimit { current: Some(soft.min(hard)), maximum: Some(hard) }).map_err(doing(what))
}
