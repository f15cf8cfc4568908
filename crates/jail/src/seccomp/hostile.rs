//! Calls that no role makes after set-up. Whoever makes one is under somebody else's control.

/// Looking into other processes, changing the system's shape, loading code into the kernel, and the kernel's widest
/// attack surfaces. The supervisor and all that it starts get `EPERM`; a front or keeper dies.
pub(super) const SYSTEM: &[i64] = &[
    // other processes' memory and descriptors
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    // mounts and namespaces
    libc::SYS_chroot,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_pivot_root,
    libc::SYS_setns,
    libc::SYS_umount2,
    libc::SYS_unshare,
    // the kernel itself
    libc::SYS_acct,
    libc::SYS_bpf,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_kexec_load,
    libc::SYS_lookup_dcookie,
    libc::SYS_perf_event_open,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
    // requests that skip this filter: io_uring runs calls from a ring that seccomp does not see
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    // kernel keyrings, shared between processes of one user
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
    // clocks and names of the machine
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_settimeofday,
    // another personality can make all readable memory executable
    libc::SYS_personality,
];

/// What only the supervisor may do. Tested ones (`clone`, `tgkill`) are in `roles.rs`.
pub(super) const CHILD: &[i64] = &[
    // new programs
    libc::SYS_execve,
    libc::SYS_execveat,
    // new ways out
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_listen,
    libc::SYS_socket,
    // other processes
    libc::SYS_kill,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_send_signal,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_tkill,
    // another user
    libc::SYS_capset,
    libc::SYS_setgid,
    libc::SYS_setgroups,
    libc::SYS_setresgid,
    libc::SYS_setresuid,
    libc::SYS_setuid,
    // devices
    libc::SYS_mknodat,
];

/// Calls of both lists that exist on one architecture only.
#[cfg(target_arch = "x86_64")]
pub(super) const SYSTEM_HERE: &[i64] =
    &[libc::SYS_ioperm, libc::SYS_iopl, libc::SYS_kexec_file_load, libc::SYS_modify_ldt, libc::SYS_uselib];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const SYSTEM_HERE: &[i64] = &[];

/// As [`SYSTEM_HERE`], for [`CHILD`].
#[cfg(target_arch = "x86_64")]
pub(super) const CHILD_HERE: &[i64] = &[libc::SYS_fork, libc::SYS_mknod, libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const CHILD_HERE: &[i64] = &[];

/// The same calls through the x32 entry (numbers with bit 30 set), where the kernel has it. A list of what is *refused*
/// must name them; a list of what is *allowed* leaves them out by itself.
#[cfg(target_arch = "x86_64")]
pub(super) fn through_x32(calls: &[i64]) -> Vec<i64> {
    calls.iter().map(|call| call | X32).collect()
}
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn through_x32(_calls: &[i64]) -> Vec<i64> {
    Vec::new()
}

/// `__X32_SYSCALL_BIT`.
#[cfg(target_arch = "x86_64")]
const X32: i64 = 0x4000_0000;

/// Calls of [`SYSTEM`] that have a number of their own in the kernel's x32 table: `ptrace`, `kexec_load`,
/// `process_vm_readv`, `process_vm_writev`.
#[cfg(target_arch = "x86_64")]
pub(super) const SYSTEM_X32: &[i64] = &[X32 | 521, X32 | 528, X32 | 539, X32 | 540];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const SYSTEM_X32: &[i64] = &[];
