//! What an attacker with native code in a worker would try first.
#![expect(unsafe_code, reason = "an attacker's code; it never ships")]
#![expect(clippy::disallowed_methods, reason = "an attacker asks nobody")]
use std::{
    ffi::CString,
    io::{self, Write},
    mem::size_of,
    ptr::null_mut,
};

/// Every payload, for the test that runs them all.
pub(crate) const ALL: &[&str] = &[
    "read-file",
    "write-file",
    "tcp-connect",
    "tcp-listen",
    "udp-send",
    "unix-connect",
    "raw-socket",
    "exec",
    "fork",
    "ptrace",
    "signal",
    "memory-of",
    "memory-through-proc",
    "environment",
    "map-executable",
    "namespaces",
    "keyring",
    "io-uring",
    "memfd-exec",
    "open-by-handle",
    "eat-memory",
    "eat-heap",
    "lie-streams",
    "lie-request",
    "lie-length",
];

/// Runs one payload. `Ok` is the attacker's success.
pub(crate) fn run(payload: &str, argument: &str) -> io::Result<String> {
    match payload {
        "list" => Ok(ALL.join(" ")),
        "alive" => Ok("native code runs here".to_owned()),
        "read-file" => std::fs::read(argument).map(|bytes| format!("{} bytes of {argument}", bytes.len())),
        "write-file" => std::fs::write(argument, "owned").map(|()| argument.to_owned()),
        "tcp-connect" => std::net::TcpStream::connect(argument).map(|_| argument.to_owned()),
        "tcp-listen" => std::net::TcpListener::bind("127.0.0.1:0").map(|l| format!("{l:?}")),
        "udp-send" => std::net::UdpSocket::bind("127.0.0.1:0")?.send_to(b"out", argument).map(|n| format!("{n} bytes")),
        "unix-connect" => std::os::unix::net::UnixStream::connect(argument).map(|_| argument.to_owned()),
        "raw-socket" => call(unsafe { i64::from(libc::socket(libc::AF_NETLINK, libc::SOCK_RAW, 0)) }),
        "exec" => exec(),
        "fork" => call(unsafe { i64::from(libc::fork()) }),
        "ptrace" => call(unsafe { libc::ptrace(libc::PTRACE_ATTACH, pid(argument), 0, 0) }),
        "signal" => call(unsafe { i64::from(libc::kill(pid(argument), libc::SIGKILL)) }),
        "memory-of" => memory_of(pid(argument)),
        "memory-through-proc" => std::fs::File::open(format!("/proc/{argument}/mem")).map(|_| "memory".to_owned()),
        "environment" => std::fs::read("/proc/self/environ").map(|b| format!("{} bytes", b.len())),
        "map-executable" => map_executable(),
        "namespaces" => call(unsafe { i64::from(libc::unshare(libc::CLONE_NEWUSER)) }),
        "keyring" => call(unsafe { libc::syscall(libc::SYS_keyctl, 0, -3, 1) }),
        "io-uring" => call(unsafe { libc::syscall(libc::SYS_io_uring_setup, 8, [0u8; 120].as_mut_ptr()) }),
        "memfd-exec" => memfd_exec(),
        "open-by-handle" => call(unsafe { libc::syscall(libc::SYS_open_by_handle_at, -100, [0u8; 136].as_ptr(), 0) }),
        "eat-memory" => eat_memory(),
        "eat-heap" => eat_heap(),
        // A frame for a stream that nobody opened; one for a request of somebody else; one that is longer than allowed.
        "lie-streams" => speak(103, 4_000_000_000, b"\xc8\x01\x00"),
        "lie-request" => lie_about_request(),
        "lie-length" => speak_raw(&[0xff, 0xff, 0xff, 0x7f, 103, 0, 0, 0, 1, 0, 0, 0]),
        other => Err(io::Error::other(format!("there is no payload `{other}`"))),
    }
}

fn pid(text: &str) -> i32 {
    text.parse().unwrap_or(1)
}

fn call(result: i64) -> io::Result<String> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(format!("the kernel answered {result}")) }
}

fn exec() -> io::Result<String> {
    let output = std::process::Command::new("/bin/sh").args(["-c", "id"]).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads the other process's memory at an address that every process of the same program has mapped.
fn memory_of(pid: i32) -> io::Result<String> {
    let mut bytes = [0u8; 8];
    let local = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    let remote = libc::iovec { iov_base: ALL.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let count = unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    call(count as i64)
}

fn map_executable() -> io::Result<String> {
    let both = libc::PROT_WRITE | libc::PROT_EXEC | libc::PROT_READ;
    let at = unsafe { libc::mmap(null_mut(), 4096, both, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0) };
    if at == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok("memory that is writable and executable".to_owned())
    }
}

/// Takes memory from the kernel until it gives not one page more, then keeps what it has: all of the machine's, if nobody stops
/// it.
fn eat_memory() -> io::Result<String> {
    const PAGE: usize = 4_096;
    let (mut piece, mut held) = (16 << 20, 0);
    while held < 2 << 30 {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE;
        let at = unsafe { libc::mmap(null_mut(), piece, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
        if at != libc::MAP_FAILED {
            held += piece;
        } else if piece > PAGE {
            piece /= 2;
        } else {
            let error = io::Error::last_os_error();
            std::thread::sleep(std::time::Duration::from_secs(2));
            return Err(io::Error::other(format!("after {} MiB: {error}", held >> 20)));
        }
    }
    Ok(format!("{} MiB and still more", held >> 20))
}

/// The same through the allocator, in pieces that each fit into what is left.
fn eat_heap() -> io::Result<String> {
    let mut held: Vec<Vec<u8>> = Vec::new();
    while held.len() < 32_768 {
        held.push(vec![1; 64 << 10]);
    }
    Ok(format!("{} pieces and still more", held.len()))
}

fn memfd_exec() -> io::Result<String> {
    let name = CString::new("x").map_err(io::Error::other)?;
    let fd = unsafe { libc::memfd_create(name.as_ptr(), 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    let (empty, none): (CString, [*const libc::c_char; 1]) = (CString::default(), [std::ptr::null()]);
    call(unsafe {
        libc::syscall(libc::SYS_execveat, fd, empty.as_ptr(), none.as_ptr(), none.as_ptr(), libc::AT_EMPTY_PATH)
    })
}

/// Writes to every descriptor that is a socket: one of them is the channel.
fn speak_raw(bytes: &[u8]) -> io::Result<String> {
    let mut spoken = 0;
    for fd in 0..64 {
        let mut kind = 0i32;
        let mut length = size_of::<i32>() as libc::socklen_t;
        let socket =
            unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_TYPE, (&raw mut kind).cast(), &raw mut length) };
        // Where even asking is refused, write anyway.
        if socket == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::EBADF) {
            let sent = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
            spoken += i32::from(sent > 0);
        }
    }
    let _ = io::stdout().flush();
    // The front hangs up on a liar; nobody may be left to hear whether it worked.
    Err(io::Error::other(format!("spoke on {spoken} descriptors")))
}

fn speak(kind: u8, stream: u32, payload: &[u8]) -> io::Result<String> {
    let mut frame = (payload.len() as u32).to_le_bytes().to_vec();
    frame.extend_from_slice(&[kind, 0, 0, 0]);
    frame.extend_from_slice(&stream.to_le_bytes());
    frame.extend_from_slice(payload);
    speak_raw(&frame)
}

fn lie_about_request() -> io::Result<String> {
    let log = wire::work::Log {
        request: types::RequestId::from_bytes([7; 16]),
        function: types::FunctionName::parse("other").map_err(io::Error::other)?,
        stream: wire::work::LogStream::Stdout,
        text: "written into somebody else's record".to_owned(),
        place: None,
    };
    let payload = wire::encode(&log).map_err(io::Error::other)?;
    speak(108, 0, &payload)
}
