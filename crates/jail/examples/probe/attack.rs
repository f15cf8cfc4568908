//! One function's worth of native code in the wrong hands, by name.

use crate::tools::{Before, Outcome, call, io_outcome, outcome};

const CWD: u64 = libc::AT_FDCWD as u64;

fn text(name: &std::ffi::CStr) -> u64 {
    name.as_ptr() as u64
}

/// Runs the attack of that name; `None` if there is none.
pub(crate) fn perform(deed: &str, before: &mut Before) -> Option<Outcome> {
    files(deed, before)
        .or_else(|| sockets(deed, before))
        .or_else(|| processes(deed, before))
        .or_else(|| kernel(deed, before))
        .or_else(|| memory(deed, before))
        .or_else(|| threads(deed, before))
}

fn open(path: &std::ffi::CStr) -> Result<i64, i32> {
    call(libc::SYS_openat, [CWD, text(path), libc::O_RDONLY as u64, 0, 0, 0])
}

fn files(deed: &str, before: &mut Before) -> Option<Outcome> {
    let named = std::ffi::CString::new(before.with.clone()).unwrap();
    let mut buffer = [0_u64; 64];
    let out = buffer.as_mut_ptr() as u64;
    let create = (libc::O_WRONLY | libc::O_CREAT) as u64;
    Some(match deed {
        "read-passwd" => outcome(open(c"/etc/passwd")),
        "read-own-memory" => outcome(open(c"/proc/self/mem")),
        "read-environment" => outcome(open(c"/proc/self/environ")),
        "read-parent-memory" => {
            let path = std::ffi::CString::new(format!("/proc/{}/mem", before.parent)).unwrap();
            outcome(open(&path))
        }
        "list-root" => outcome(open(c"/")),
        "read-named" => io_outcome(std::fs::read(&before.with)),
        "write-named" => io_outcome(std::fs::write(&before.with, b"changed")),
        "remove-named" => io_outcome(std::fs::remove_file(&before.with)),
        "list-named" => io_outcome(std::fs::read_dir(&before.with)),
        "symlink-named" => io_outcome(std::os::unix::fs::symlink("/etc/passwd", &before.with)),
        // Truncates without asking for the right to write.
        "truncate-named" => {
            outcome(call(libc::SYS_openat, [CWD, text(&named), (libc::O_RDONLY | libc::O_TRUNC) as u64, 0, 0, 0]))
        }
        "openat2-named" => {
            let how = [libc::O_RDONLY as u64, 0, 0];
            outcome(call(libc::SYS_openat2, [CWD, text(&named), how.as_ptr() as u64, 24, 0, 0]))
        }
        "write-tmp" => outcome(call(libc::SYS_openat, [CWD, text(c"/tmp/jail-probe-breach"), create, 0o600, 0, 0])),
        "stat-passwd" => outcome(call(libc::SYS_newfstatat, [CWD, text(c"/etc/passwd"), out, 0, 0, 0])),
        "statx-passwd" => outcome(call(libc::SYS_statx, [CWD, text(c"/etc/passwd"), 0, 0x7ff, out, 0])),
        "access-passwd" => outcome(call(libc::SYS_faccessat, [CWD, text(c"/etc/passwd"), 0, 0, 0, 0])),
        "chdir-root" => outcome(call(libc::SYS_chdir, [text(c"/"), 0, 0, 0, 0, 0])),
        "read-link" => outcome(call(libc::SYS_readlinkat, [CWD, text(c"/proc/self/exe"), out, 512, 0, 0])),
        "truncate-path" => outcome(call(libc::SYS_truncate, [text(&named), 0, 0, 0, 0, 0])),
        "inotify" => outcome(call(libc::SYS_inotify_init1, [0; 6])),
        "make-device" => {
            outcome(call(libc::SYS_mknodat, [CWD, text(&named), u64::from(libc::S_IFCHR) | 0o600, 0x103, 0, 0]))
        }
        _ => return None,
    })
}

/// `sockaddr_in` of 127.0.0.1:`port`.
fn ipv4(port: u16) -> [u8; 16] {
    let mut address = [0; 16];
    address[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    address
}

/// `sockaddr_un` of a path, or of an abstract name if it begins with `@`; with its length.
fn unix(name: &str) -> (Vec<u8>, u64) {
    let mut address = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
    address.extend_from_slice(name.as_bytes());
    if name.starts_with('@') {
        address[2] = 0;
    } else {
        address.push(0);
    }
    let length = address.len() as u64;
    (address, length)
}

fn sockets(deed: &str, before: &mut Before) -> Option<Outcome> {
    let socket = |domain: i32, kind: i32| outcome(call(libc::SYS_socket, [domain as u64, kind as u64, 0, 0, 0, 0]));
    let port = before.listener.local_addr().unwrap().port();
    let tcp = Before::fd(&before.tcp);
    Some(match deed {
        "tcp-socket" => socket(libc::AF_INET, libc::SOCK_STREAM),
        "tcp6-socket" => socket(libc::AF_INET6, libc::SOCK_STREAM),
        "udp-socket" => socket(libc::AF_INET, libc::SOCK_DGRAM),
        "unix-socket" => socket(libc::AF_UNIX, libc::SOCK_STREAM),
        "netlink-socket" => socket(libc::AF_NETLINK, libc::SOCK_RAW),
        "packet-socket" => socket(libc::AF_PACKET, libc::SOCK_RAW),
        "vsock-socket" => socket(libc::AF_VSOCK, libc::SOCK_STREAM),
        "tcp-connect" => outcome(call(libc::SYS_connect, [tcp, ipv4(port).as_ptr() as u64, 16, 0, 0, 0])),
        "tcp-bind" => outcome(call(libc::SYS_bind, [tcp, ipv4(0).as_ptr() as u64, 16, 0, 0, 0])),
        "tcp-listen" => outcome(call(libc::SYS_listen, [tcp, 1, 0, 0, 0, 0])),
        "accept" => outcome(call(libc::SYS_accept4, [Before::fd(&before.listener), 0, 0, 0, 0, 0])),
        "unix-connect" => {
            let (address, length) = unix(&before.with);
            outcome(call(libc::SYS_connect, [Before::fd(&before.unix), address.as_ptr() as u64, length, 0, 0, 0]))
        }
        "datagram-pair" => {
            let mut pair = [0_i32; 2];
            outcome(call(
                libc::SYS_socketpair,
                [libc::AF_UNIX as u64, libc::SOCK_DGRAM as u64, 0, pair.as_mut_ptr() as u64, 0, 0],
            ))
        }
        "attach-filter" => {
            // Options of another level: the door of many kernel bugs.
            let value = 1_u32;
            outcome(call(
                libc::SYS_setsockopt,
                [tcp, libc::SOL_IP as u64, libc::IP_TTL as u64, (&raw const value) as u64, 4, 0],
            ))
        }
        _ => return None,
    })
}

fn processes(deed: &str, before: &mut Before) -> Option<Outcome> {
    let parent = before.parent;
    let arguments = [c"/bin/true".as_ptr() as u64, 0];
    let list = arguments.as_ptr() as u64;
    let mut buffer = [0_u8; 16];
    let here = [buffer.as_mut_ptr() as u64, 16];
    let there = [0x10000_u64, 16];
    Some(match deed {
        "exec" => outcome(call(libc::SYS_execve, [arguments[0], list, 0, 0, 0, 0])),
        "exec-memfd" => {
            let empty = libc::AT_EMPTY_PATH as u64;
            outcome(call(libc::SYS_execveat, [Before::fd(&before.memfd), text(c""), list, 0, empty, 0]))
        }
        "spawn" => io_outcome(std::process::Command::new("/bin/true").status()),
        "fork" => new_process(libc::SIGCHLD as u64),
        "clone-vm" => new_process((libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD) as u64),
        "clone-user-namespace" => new_process((libc::CLONE_NEWUSER | libc::SIGCHLD) as u64),
        "clone3" => {
            // struct clone_args with only exit_signal set
            let mut request = [0_u64; 11];
            request[4] = libc::SIGCHLD as u64;
            leave_child(call(libc::SYS_clone3, [request.as_ptr() as u64, 88, 0, 0, 0, 0]))
        }
        "ptrace-attach" => outcome(call(libc::SYS_ptrace, [libc::PTRACE_SEIZE as u64, parent, 0, 0, 0, 0])),
        "ptrace-me" => outcome(call(libc::SYS_ptrace, [libc::PTRACE_TRACEME as u64, 0, 0, 0, 0, 0])),
        "kill-parent" => outcome(call(libc::SYS_kill, [parent, 0, 0, 0, 0, 0])),
        "kill-all" => outcome(call(libc::SYS_kill, [u64::MAX, 0, 0, 0, 0, 0])),
        "tgkill-parent" => outcome(call(libc::SYS_tgkill, [parent, parent, 0, 0, 0, 0])),
        "tkill-parent" => outcome(call(libc::SYS_tkill, [parent, 0, 0, 0, 0, 0])),
        "queue-signal" => outcome(call(libc::SYS_rt_sigqueueinfo, [parent, 0, here[0], 0, 0, 0])),
        "pidfd-open" => outcome(call(libc::SYS_pidfd_open, [parent, 0, 0, 0, 0, 0])),
        "signal-by-owner" => {
            outcome(call(libc::SYS_fcntl, [Before::fd(&before.pair.0), libc::F_SETOWN as u64, parent, 0, 0, 0]))
        }
        "signal-by-owner-ioctl" => {
            let owner = parent as i32;
            outcome(call(libc::SYS_ioctl, [Before::fd(&before.pair.0), 0x8901, (&raw const owner) as u64, 0, 0, 0]))
        }
        "read-parent" => {
            let (to, from) = (here.as_ptr() as u64, there.as_ptr() as u64);
            outcome(call(libc::SYS_process_vm_readv, [parent, to, 1, from, 1, 0]))
        }
        "write-parent" => {
            let (from, to) = (here.as_ptr() as u64, there.as_ptr() as u64);
            outcome(call(libc::SYS_process_vm_writev, [parent, from, 1, to, 1, 0]))
        }
        "step-back" => outcome(call(libc::SYS_setpriority, [0, 0, 19, 0, 0, 0])),
        "starve-parent" => outcome(call(libc::SYS_setpriority, [0, parent, 19, 0, 0, 0])),
        "go-first" => outcome(call(libc::SYS_setpriority, [0, 0, (-5_i64).cast_unsigned(), 0, 0, 0])),
        "limit-parent" => outcome(call(libc::SYS_prlimit64, [parent, libc::RLIMIT_NOFILE as u64, 0, here[0], 0, 0])),
        "raise-limit" => {
            let limit = [1_u64 << 40; 2];
            outcome(call(libc::SYS_prlimit64, [0, libc::RLIMIT_CORE as u64, limit.as_ptr() as u64, 0, 0, 0]))
        }
        "be-dumpable" => outcome(call(libc::SYS_prctl, [libc::PR_SET_DUMPABLE as u64, 1, 0, 0, 0, 0])),
        "outlive-parent" => outcome(call(libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as u64, 0, 0, 0, 0, 0])),
        _ => return None,
    })
}

fn new_process(flags: u64) -> Outcome {
    leave_child(call(libc::SYS_clone, [flags, 0, 0, 0, 0, 0]))
}

/// A child that did come to be leaves at once, so that it does not answer in the parent's name.
fn leave_child(answer: Result<i64, i32>) -> Outcome {
    if answer == Ok(0) {
        // SAFETY: ends this process without running anything of the parent's.
        unsafe { libc::_exit(0) }
    }
    outcome(answer)
}

fn kernel(deed: &str, before: &mut Before) -> Option<Outcome> {
    let mut buffer = [0_u64; 64];
    let out = buffer.as_mut_ptr() as u64;
    let plain = |number| outcome(call(number, [0; 6]));
    Some(match deed {
        "unshare" => outcome(call(libc::SYS_unshare, [libc::CLONE_NEWUSER as u64, 0, 0, 0, 0, 0])),
        "setns" => outcome(call(libc::SYS_setns, [Before::fd(&before.memfd), 0, 0, 0, 0, 0])),
        "mount" => outcome(call(libc::SYS_mount, [text(c"none"), text(c"/tmp"), text(c"tmpfs"), 0, 0, 0])),
        "chroot" => outcome(call(libc::SYS_chroot, [text(c"/"), 0, 0, 0, 0, 0])),
        "bpf" => plain(libc::SYS_bpf),
        "perf" => plain(libc::SYS_perf_event_open),
        "userfaultfd" => plain(libc::SYS_userfaultfd),
        "keyctl" => plain(libc::SYS_keyctl),
        "io-uring" => outcome(call(libc::SYS_io_uring_setup, [1, out, 0, 0, 0, 0])),
        "personality" => outcome(call(libc::SYS_personality, [0xffff_ffff, 0, 0, 0, 0, 0])),
        "load-module" => plain(libc::SYS_init_module),
        "new-filter" => outcome(call(libc::SYS_seccomp, [2, 0, 0, 0, 0, 0])),
        "set-user" => outcome(call(libc::SYS_setuid, [0, 0, 0, 0, 0, 0])),
        "shared-memory" => outcome(call(libc::SYS_shmget, [0, 4096, 0o1600, 0, 0, 0])),
        "message-queue" => {
            outcome(call(libc::SYS_mq_open, [text(c"breach"), (libc::O_CREAT | libc::O_RDWR) as u64, 0o600, 0, 0, 0]))
        }
        "unknown-call" => plain(9_999),
        #[cfg(target_arch = "x86_64")]
        "x32-getpid" => plain(0x4000_0000 | libc::SYS_getpid),
        #[cfg(target_arch = "x86_64")]
        "x32-ptrace" => outcome(call(0x4000_0000 | 521, [libc::PTRACE_SEIZE as u64, before.parent, 0, 0, 0, 0])),
        #[cfg(target_arch = "x86_64")]
        "through-32-bit" => through_32_bit(),
        _ => return None,
    })
}

/// `getpid` through the 32-bit entry, whose numbers mean other calls.
#[cfg(target_arch = "x86_64")]
fn through_32_bit() -> Outcome {
    let mut number: u64 = 20;
    // SAFETY: getpid takes nothing and changes nothing but the answer and what the entry clobbers.
    unsafe { std::arch::asm!("int 0x80", inout("rax") number, out("r8") _, out("r9") _, out("r10") _, out("r11") _) };
    match number as u32 as i32 {
        refused if refused < 0 => Outcome::Errno(-refused),
        _ => Outcome::Done,
    }
}

fn map(protection: i32) -> Result<i64, i32> {
    let kind = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
    call(libc::SYS_mmap, [0, 4096, protection as u64, kind, u64::MAX, 0])
}

fn memory(deed: &str, _before: &mut Before) -> Option<Outcome> {
    let (read, write, exec) = (libc::PROT_READ, libc::PROT_WRITE, libc::PROT_EXEC);
    let protect = |protection: i32| {
        let page = map(read | write).expect("a page");
        outcome(call(libc::SYS_mprotect, [page as u64, 4096, protection as u64, 0, 0, 0]))
    };
    Some(match deed {
        "map-exec" => outcome(map(read | exec)),
        "map-write-exec" => outcome(map(read | write | exec)),
        "protect-exec" => protect(read | exec),
        "protect-write-exec" => protect(read | write | exec),
        // Bits above the ones that are tested must not hide them.
        "protect-exec-high-bits" => {
            let page = map(read | write).expect("a page");
            outcome(call(libc::SYS_mprotect, [page as u64, 4096, (1 << 33) | (write | exec) as u64, 0, 0, 0]))
        }
        _ => return None,
    })
}

fn threads(deed: &str, before: &mut Before) -> Option<Outcome> {
    Some(match deed {
        "old-thread-socket" => before.on_old_thread(Box::new(|| {
            outcome(call(libc::SYS_socket, [libc::AF_INET as u64, libc::SOCK_STREAM as u64, 0, 0, 0, 0]))
        })),
        "old-thread-read" => before.on_old_thread(Box::new(|| outcome(open(c"/etc/passwd")))),
        "new-thread-read" => std::thread::spawn(|| outcome(open(c"/etc/passwd"))).join().unwrap(),
        "thread-namespace" => {
            // All of a thread's flags, and a network of its own.
            let thread = libc::CLONE_VM | libc::CLONE_FS | libc::CLONE_FILES | libc::CLONE_SIGHAND | libc::CLONE_THREAD;
            new_process((thread | libc::CLONE_NEWNET) as u64)
        }
        _ => return None,
    })
}
