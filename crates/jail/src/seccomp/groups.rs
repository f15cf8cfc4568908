//! System calls by what they are for. A role's table is a sum of these; measured with strace, not guessed.
//!
//! Names differ between architectures: 64-bit Arm has only the newer forms (`openat`, `epoll_pwait`), so the older ones
//! stand in groups that are empty there.

/// Being a thread, ending, and handling one's own signals. `restart_syscall` is the kernel's own, after a stop.
pub(super) const THREADS: &[i64] = &[
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_membarrier,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
];

/// Reading clocks, sleeping, and one's own use of CPU.
pub(super) const TIME: &[i64] = &[
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_getrusage,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
];

/// One's own memory. `mmap` and `mprotect` are not here: their protection bits are tested, see `roles.rs`.
/// `memfd_create` makes memory with a descriptor: wasmtime keeps the first image of each guest memory in one, and
/// finished artefacts travel in one. It cannot be executed: `execve` and `execveat` are closed.
pub(super) const MEMORY: &[i64] =
    &[libc::SYS_brk, libc::SYS_madvise, libc::SYS_memfd_create, libc::SYS_mremap, libc::SYS_munmap];

/// Descriptors that are open already. `ftruncate` sizes a memfd; on a read-only descriptor it fails.
pub(super) const DESCRIPTORS: &[i64] = &[
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fstat,
    libc::SYS_ftruncate,
    libc::SYS_lseek,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Waiting for descriptors and timers.
pub(super) const WAITING: &[i64] = &[
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_ppoll,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_gettime,
    libc::SYS_timerfd_settime,
];

/// Talking on sockets that are connected already. `setsockopt` is tested, see `roles.rs`.
// NOT HERE: refusing an address to send to. `sendmsg` keeps it in memory, out of a filter's sight, so testing `sendto`
// alone would only look safe. What holds is that no role can make or receive from the supervisor a datagram socket.
pub(super) const CHANNEL: &[i64] = &[
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_shutdown,
];

/// Looking at files by name, for roles with a plan: Landlock says which. Opening is tested where it must not write, see
/// `roles.rs`. What resolving a path, listing a folder and reading a file need.
pub(super) const READING: &[i64] = &[
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fstatfs,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_newfstatat,
    libc::SYS_readlinkat,
    libc::SYS_statx,
];

/// Changing files by name. What SQLite, append files and certificates need beyond [`READING`].
pub(super) const WRITING: &[i64] = &[
    libc::SYS_copy_file_range,
    libc::SYS_fallocate,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_fsync,
    libc::SYS_linkat,
    libc::SYS_mkdirat,
    libc::SYS_openat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_sendfile,
    libc::SYS_sync_file_range,
    libc::SYS_umask,
    libc::SYS_unlinkat,
    libc::SYS_utimensat,
];

/// Questions about oneself and the machine that change nothing. SQLite asks for the user before it keeps a file's owner.
pub(super) const QUESTIONS: &[i64] = &[
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_sysinfo,
    libc::SYS_uname,
];

/// Taking connections from listeners that were handed over.
pub(super) const ACCEPT: &[i64] = &[libc::SYS_accept, libc::SYS_accept4];

/// Older names of calls in `TIME`, `DESCRIPTORS` and `WAITING`.
#[cfg(target_arch = "x86_64")]
pub(super) const OLDER: &[i64] = &[libc::SYS_dup2, libc::SYS_epoll_wait, libc::SYS_poll, libc::SYS_time];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const OLDER: &[i64] = &[];

/// Older names of calls in `READING`.
#[cfg(target_arch = "x86_64")]
pub(super) const OLDER_READING: &[i64] = &[libc::SYS_access, libc::SYS_lstat, libc::SYS_readlink, libc::SYS_stat];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const OLDER_READING: &[i64] = &[];

/// Older names of calls in `WRITING`.
#[cfg(target_arch = "x86_64")]
pub(super) const OLDER_WRITING: &[i64] =
    &[libc::SYS_chmod, libc::SYS_mkdir, libc::SYS_open, libc::SYS_rename, libc::SYS_rmdir, libc::SYS_unlink];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const OLDER_WRITING: &[i64] = &[];
