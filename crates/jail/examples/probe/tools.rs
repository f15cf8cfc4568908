//! What the probe holds before the jail closes, and the raw system call.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};

use jail::Layers;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

/// How a deed went, if the process lived to tell.
pub(crate) enum Outcome {
    Done,
    Errno(i32),
}

/// A system call with up to six arguments; the deed is whether the kernel lets it through.
pub(crate) fn call(number: i64, args: [u64; 6]) -> Result<i64, i32> {
    // SAFETY: a payload; pointers among `args` point to live values of the callers.
    let answer = unsafe { libc::syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]) };
    if answer < 0 { Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)) } else { Ok(answer) }
}

pub(crate) fn outcome(answer: Result<i64, i32>) -> Outcome {
    match answer {
        Ok(_) => Outcome::Done,
        Err(number) => Outcome::Errno(number),
    }
}

pub(crate) fn io_outcome<T>(answer: std::io::Result<T>) -> Outcome {
    match answer {
        Ok(_) => Outcome::Done,
        Err(error) => Outcome::Errno(error.raw_os_error().unwrap_or(-1)),
    }
}

/// Makes this process live on a kernel that does not know `number`: by a filter, the way containers do it.
pub(crate) fn kernel_without(number: i64) -> Layers {
    let rules = std::iter::once((number, Vec::new())).collect();
    let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let here = std::env::consts::ARCH.try_into().unwrap();
    let program: BpfProgram =
        SeccompFilter::new(rules, SeccompAction::Allow, absent, here).unwrap().try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
    Layers { landlock: true, seccomp: true }
}

type Job = Box<dyn FnOnce() -> Outcome + Send>;

/// Descriptors and threads that exist when the doors close.
pub(crate) struct Before {
    pub(crate) with: String,
    pub(crate) parent: u64,
    /// A TCP socket, not connected: as if one had been left open by mistake.
    pub(crate) tcp: OwnedFd,
    pub(crate) unix: OwnedFd,
    pub(crate) pair: (UnixStream, UnixStream),
    pub(crate) memfd: OwnedFd,
    pub(crate) listener: TcpListener,
    pub(crate) client: Option<TcpStream>,
    pub(crate) thread: Option<(Sender<Job>, Receiver<Outcome>)>,
}

impl Before {
    pub(crate) fn open(deed: &str, with: String) -> Self {
        let raw = |domain, kind| {
            let descriptor = call(libc::SYS_socket, [domain, kind, 0, 0, 0, 0]).expect("a socket");
            // SAFETY: just made, owned by nobody else.
            unsafe { OwnedFd::from_raw_fd(i32::try_from(descriptor).unwrap()) }
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).ok();
        let memfd = rustix::fs::memfd_create("artefact", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        rustix::io::write(&memfd, b"artefact bytes").unwrap();
        Self {
            with,
            parent: u64::from(std::os::unix::process::parent_id()),
            tcp: raw(libc::AF_INET as u64, libc::SOCK_STREAM as u64),
            unix: raw(libc::AF_UNIX as u64, libc::SOCK_STREAM as u64),
            pair: UnixStream::pair().unwrap(),
            memfd,
            listener,
            client,
            // Only deeds that need it: a second thread changes what Landlock can promise.
            thread: deed.starts_with("old-thread").then(worker),
        }
    }

    /// Runs a job on the thread that existed before the jail.
    pub(crate) fn on_old_thread(&mut self, job: Job) -> Outcome {
        let (send, receive) = self.thread.take().expect("started for deeds named `old-thread…`");
        send.send(job).unwrap();
        receive.recv().unwrap()
    }

    pub(crate) fn fd(descriptor: &impl AsRawFd) -> u64 {
        u64::try_from(descriptor.as_raw_fd()).unwrap()
    }
}

fn worker() -> (Sender<Job>, Receiver<Outcome>) {
    let (send, jobs) = channel::<Job>();
    let (answers, receive) = channel();
    std::thread::spawn(move || {
        if let Ok(job) = jobs.recv() {
            let _ = answers.send(job());
        }
    });
    (send, receive)
}

/// `outside <deed>`: what is done without a jail: limits, and dying with the parent.
pub(crate) fn outside(mut args: impl Iterator<Item = String>) {
    match args.next().as_deref() {
        // Starts a child that dies with its parent, tells its id, waits for it to be ready, and dies.
        Some("orphan") => {
            let me = std::env::current_exe().unwrap();
            let mut child = std::process::Command::new(me)
                .args(["outside", "wait-for-death"])
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut ready = [0];
            child.stdout.take().unwrap().read_exact(&mut ready).unwrap();
            println!("child {}", child.id());
            // Leaves without waiting: that is the case to test.
            std::process::exit(0);
        }
        Some("wait-for-death") => {
            jail::die_with_parent().unwrap();
            std::io::stdout().write_all(b"!").unwrap();
            std::io::stdout().flush().unwrap();
            std::thread::sleep(std::time::Duration::from_secs(60));
        }
        Some("cpu") => {
            jail::limit_compile(1, 4 << 30).unwrap();
            let mut number = 1_u64;
            loop {
                number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
            }
        }
        Some("memory") => {
            jail::limit_compile(10, 256 << 20).unwrap();
            let mut kept: Vec<Vec<u8>> = Vec::new();
            for _ in 0..64 {
                let mut more = Vec::new();
                if more.try_reserve_exact(16 << 20).is_err() {
                    println!("errno {}", libc::ENOMEM);
                    return;
                }
                kept.push(more);
            }
            println!("done");
        }
        Some("file") => {
            jail::limit_compile(10, 4 << 30).unwrap();
            let memfd = rustix::fs::memfd_create("artefact", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
            match rustix::fs::ftruncate(&memfd, 600 << 20) {
                Ok(()) => println!("done"),
                Err(errno) => println!("errno {}", errno.raw_os_error()),
            }
        }
        other => panic!("no deed `{other:?}`"),
    }
}
