//! A framed channel over one Unix stream socket. Writes try the socket at once; what does not fit waits in a bounded buffer.
use std::{
    collections::VecDeque,
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Buf, BytesMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use tokio::{io::Interest, net::UnixStream, sync::Notify};

use crate::frame::{FDS_MAX, Frame, FrameError, HEADER_BYTES, Header};

/// What may wait for a slow peer before senders have to wait too.
const BUFFER_BYTES: usize = 1 << 20;
const READ_BYTES: usize = 64 << 10;
/// What may wait for a peer that takes nothing before the channel is given up. Bodies never come near it: they wait at [`BUFFER_BYTES`].
const PENDING_BYTES_MAX: usize = 16 << 20;

/// Why a channel ended.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The peer is gone: it ended, or closed its side.
    #[error("the process at the other end is gone")]
    Gone,
    #[error("the process at the other end left {bytes} bytes unread")]
    Stuck { bytes: usize },
    #[error("the process at the other end broke the protocol")]
    Protocol(#[from] FrameError),
    #[error("the channel failed")]
    Io(#[source] io::Error),
}

fn failed(error: io::Error) -> ChannelError {
    match error.kind() {
        io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::NotConnected => ChannelError::Gone,
        _ => ChannelError::Io(error),
    }
}

/// Two connected sockets, close-on-exec. One goes to a child as its standard input.
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = rustix::net::SocketFlags::CLOEXEC | rustix::net::SocketFlags::NONBLOCK;
    Ok(rustix::net::socketpair(rustix::net::AddressFamily::UNIX, rustix::net::SocketType::STREAM, flags, None)?)
}

/// The channel that this process was started with, as its standard input.
pub fn inherited() -> io::Result<OwnedFd> {
    let fd = rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 3)?;
    rustix::net::sockopt::socket_type(&fd)?;
    rustix::io::ioctl_fionbio(&fd, true)?;
    Ok(fd)
}

/// Both directions of a channel.
#[derive(Debug)]
pub struct Channel {
    pub sender: Sender,
    pub receiver: Receiver,
}

impl Channel {
    /// Takes over a socket. Needs a tokio runtime with I/O.
    pub fn new(fd: OwnedFd) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&fd, true)?;
        let socket = Arc::new(UnixStream::from_std(fd.into())?);
        let shared = Arc::new(Shared {
            socket: socket.clone(),
            pending: Mutex::new(Pending::default()),
            waiting: Arc::new(Notify::new()),
            room: Notify::new(),
        });
        // The flusher sleeps until something was posted, or a write did not fit. It ends when the last sender is dropped or the peer is gone.
        let flusher = Flusher { shared: Arc::downgrade(&shared), waiting: shared.waiting.clone() };
        tokio::spawn(flusher.run());
        let receiver =
            Receiver { socket, buffer: BytesMut::new(), scratch: vec![0; READ_BYTES].into(), fds: VecDeque::new() };
        Ok(Self { sender: Sender { shared }, receiver })
    }
}

#[derive(Debug, Default)]
struct Pending {
    bytes: BytesMut,
    /// Descriptors with the position of their frame's first byte in `bytes`.
    fds: VecDeque<(usize, Vec<OwnedFd>)>,
    gone: bool,
}

#[derive(Debug)]
struct Shared {
    socket: Arc<UnixStream>,
    pending: Mutex<Pending>,
    waiting: Arc<Notify>,
    room: Notify,
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts frames behind what waits. `Ok(true)`: nothing waited, so nobody is about to write.
    fn add(&self, pending: &mut Pending, frames: Vec<Frame>) -> Result<bool, ChannelError> {
        if pending.gone {
            return Err(ChannelError::Gone);
        }
        let idle = pending.bytes.is_empty();
        for mut frame in frames {
            let at = pending.bytes.len();
            frame.write_to(&mut pending.bytes)?;
            if !frame.fds.is_empty() {
                pending.fds.push_back((at, std::mem::take(&mut frame.fds)));
            }
        }
        if pending.bytes.len() > PENDING_BYTES_MAX {
            pending.gone = true;
            self.room.notify_waiters();
            return Err(ChannelError::Stuck { bytes: PENDING_BYTES_MAX });
        }
        Ok(idle)
    }

    /// Writes as much as the socket takes now, with `write` as the system call. `Ok(true)`: nothing is left.
    fn flush(pending: &mut Pending, write: impl Fn(&[u8], &[OwnedFd]) -> io::Result<usize>) -> io::Result<bool> {
        while !pending.bytes.is_empty() {
            // A write stops before the next frame that carries descriptors, so that they go with its first byte.
            let next = pending.fds.iter().map(|(at, _)| *at).find(|at| *at > 0).unwrap_or(pending.bytes.len());
            let fds = match pending.fds.front() {
                Some((0, fds)) => fds.as_slice(),
                _ => &[],
            };
            let chunk = pending.bytes.get(..next).unwrap_or(&pending.bytes);
            let sent = match write(chunk, fds) {
                Ok(sent) => sent,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(e),
            };
            if matches!(pending.fds.front(), Some((0, _))) {
                pending.fds.pop_front();
            }
            pending.bytes.advance(sent);
            for (at, _) in &mut pending.fds {
                *at = at.saturating_sub(sent);
            }
        }
        Ok(true)
    }
}

fn send(socket: BorrowedFd<'_>, bytes: &[u8], fds: &[OwnedFd]) -> io::Result<usize> {
    let borrowed: Vec<BorrowedFd<'_>> = fds.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !borrowed.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(&borrowed));
    }
    Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
}

/// The sending side; clones share one order.
#[derive(Debug, Clone)]
pub struct Sender {
    shared: Arc<Shared>,
}

impl Sender {
    /// Sends frames back to back, in one system call when the socket takes them.
    /// Never waits: bodies are bounded by their credit, and everything else is small. Fails when the peer is gone,
    /// or when it left more than a bounded amount unread.
    pub fn send(&self, frames: Vec<Frame>) -> Result<(), ChannelError> {
        let mut pending = self.shared.lock();
        if !self.shared.add(&mut pending, frames)? {
            return Ok(());
        }
        // The socket is tried without asking the reactor first: it nearly always takes everything.
        let socket = &self.shared.socket;
        match Shared::flush(&mut pending, |bytes, fds| send(socket.as_fd(), bytes, fds)) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.shared.waiting.notify_one();
                Ok(())
            }
            Err(e) => {
                pending.gone = true;
                self.shared.room.notify_waiters();
                Err(failed(e))
            }
        }
    }

    /// As [`Sender::send`], but leaves the system call to a task that runs when the tasks that are ready now have run:
    /// what they all post goes in one write, and wakes the peer once. A failed write shows at the next call, or when the
    /// receiver ends.
    pub fn post(&self, frames: Vec<Frame>) -> Result<(), ChannelError> {
        if self.shared.add(&mut self.shared.lock(), frames)? {
            self.shared.waiting.notify_one();
        }
        Ok(())
    }

    /// Waits until the peer has taken enough that sending more is fair. Call it before each piece of a body.
    pub async fn ready(&self) -> Result<(), ChannelError> {
        self.until(|pending| pending.bytes.len() < BUFFER_BYTES).await
    }

    async fn until(&self, enough: impl Fn(&Pending) -> bool) -> Result<(), ChannelError> {
        loop {
            let room = self.shared.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            {
                let pending = self.shared.lock();
                if pending.gone {
                    return Err(ChannelError::Gone);
                }
                if enough(&pending) {
                    return Ok(());
                }
            }
            room.await;
        }
    }

    /// Waits until everything sent so far has left this process. Call it before a process ends.
    pub async fn flushed(&self) -> Result<(), ChannelError> {
        self.until(|pending| pending.bytes.is_empty()).await
    }

    /// Whether the peer is known to be gone.
    pub fn is_gone(&self) -> bool {
        self.shared.lock().gone
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.waiting.notify_one();
    }
}

/// Writes what was posted, and what the socket did not take at once. Holds the channel only while there is something to write,
/// so that dropping the last sender and the receiver closes the socket.
struct Flusher {
    shared: std::sync::Weak<Shared>,
    waiting: Arc<Notify>,
}

impl Flusher {
    async fn run(self) {
        loop {
            self.waiting.notified().await;
            // Whoever is ready now runs first, and adds to this write.
            tokio::task::yield_now().await;
            let Some(shared) = self.shared.upgrade() else { return };
            if Self::drain(&shared).await.is_err() {
                shared.lock().gone = true;
                shared.room.notify_waiters();
                return;
            }
        }
    }

    async fn drain(shared: &Shared) -> io::Result<()> {
        let socket = &shared.socket;
        // Tried first without asking the reactor: the socket nearly always takes everything.
        if Shared::flush(&mut shared.lock(), |bytes, fds| send(socket.as_fd(), bytes, fds))? {
            shared.room.notify_waiters();
            return Ok(());
        }
        loop {
            socket.writable().await?;
            let write =
                |bytes: &[u8], fds: &[OwnedFd]| socket.try_io(Interest::WRITABLE, || send(socket.as_fd(), bytes, fds));
            let done = Shared::flush(&mut shared.lock(), write)?;
            shared.room.notify_waiters();
            if done {
                return Ok(());
            }
        }
    }
}

/// The receiving side.
#[derive(Debug)]
pub struct Receiver {
    socket: Arc<UnixStream>,
    buffer: BytesMut,
    /// Where the kernel writes; cleared once, not at each read.
    scratch: Box<[u8]>,
    fds: VecDeque<OwnedFd>,
}

impl Receiver {
    /// The next frame. `Gone` when the peer ended between two frames; a half frame is lost with it.
    pub async fn next(&mut self) -> Result<Frame, ChannelError> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(frame);
            }
            self.fill().await?;
        }
    }

    /// A frame that has already come, without waiting.
    pub fn buffered(&mut self) -> Result<Option<Frame>, ChannelError> {
        self.take()
    }

    fn take(&mut self) -> Result<Option<Frame>, ChannelError> {
        let Some(header) = Header::read(&self.buffer)? else { return Ok(None) };
        if self.buffer.len() < HEADER_BYTES + header.payload {
            return Ok(None);
        }
        // SECURITY: a frame that announces descriptors which did not come would shift all later ones to the wrong frame.
        if self.fds.len() < header.fds {
            return Err(FrameError::MissingFd { kind: header.kind }.into());
        }
        self.buffer.advance(HEADER_BYTES);
        let payload = self.buffer.split_to(header.payload).freeze();
        let fds = self.fds.drain(..header.fds).collect();
        Ok(Some(Frame { kind: header.kind, stream: header.stream, payload, fds }))
    }

    async fn fill(&mut self) -> Result<(), ChannelError> {
        loop {
            self.socket.readable().await.map_err(failed)?;
            let (socket, scratch, fds) = (&self.socket, &mut self.scratch, &mut self.fds);
            match socket.try_io(Interest::READABLE, || receive(socket.as_fd(), scratch, fds)) {
                Ok(0) => return Err(ChannelError::Gone),
                Ok(_) if self.fds.len() > FDS_MAX * 4 => {
                    return Err(FrameError::TooManyFds { fds: self.fds.len(), max: FDS_MAX * 4 }.into());
                }
                Ok(count) => {
                    self.buffer.extend_from_slice(self.scratch.get(..count).unwrap_or_default());
                    return Ok(());
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(failed(e)),
            }
        }
    }
}

fn receive(socket: BorrowedFd<'_>, scratch: &mut [u8], fds: &mut VecDeque<OwnedFd>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let message = recvmsg(socket, &mut [IoSliceMut::new(scratch)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = part {
            fds.extend(received);
        }
    }
    if message.flags.contains(rustix::net::ReturnFlags::CTRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "descriptors were cut off"));
    }
    Ok(message.bytes)
}

#[cfg(test)]
mod tests;
