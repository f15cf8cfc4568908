//! The door as a service: takes connections from listeners that the supervisor opened.
use std::{io, os::unix::net::UnixListener as StdUnixListener, sync::Arc, time::Duration};

use gateway::{Channel, House};
use tokio::{
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    Certificates, Config, Counters, DoorError,
    census::{Full, Place},
    certificates,
    connection::{self, Duty, Origin},
    node::{Node, Tasks},
};

/// Pause after the first error of accept that waiting may cure; it doubles up to a second.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Serves any number of listeners with one set of limits. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    node: Arc<Node>,
    tls: Option<TlsAcceptor>,
    handshakes: Arc<Semaphore>,
}

/// How a listener's connections ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still busy when the time for a drain was over.
    pub cut_off: usize,
}

/// A listener, and what it says about those who come through it.
enum Entrance {
    Street(TcpListener),
    Host(UnixListener),
}

enum Stream {
    Tcp(TcpStream),
    Host(UnixStream, u32),
}

impl Service {
    /// With `tls`, TCP listeners speak TLS and nothing else; without it, plain HTTP/1.1 and nothing else.
    pub fn new(config: Config, house: Arc<House>, tls: Option<Arc<dyn Certificates>>) -> Result<Self, DoorError> {
        config.check()?;
        let tls = tls.map(certificates::server_config).transpose()?.map(|config| TlsAcceptor::from(Arc::new(config)));
        let handshakes = usize::try_from(config.handshakes_max).unwrap_or(Semaphore::MAX_PERMITS);
        let handshakes = Arc::new(Semaphore::new(handshakes.min(Semaphore::MAX_PERMITS)));
        Ok(Self { node: Arc::new(Node::new(config, house)), tls, handshakes })
    }

    /// What was seen and refused beneath the corridor.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.node.counters
    }

    /// Takes connections from an inherited TCP listener until `drain` turns true (or its sender is gone), then lets requests
    /// in flight end, for at most `drain_ms`.
    pub async fn serve(
        &self,
        listener: std::net::TcpListener,
        drain: watch::Receiver<bool>,
    ) -> Result<Drained, DoorError> {
        listener.set_nonblocking(true).map_err(DoorError::Listener)?;
        let listener = TcpListener::from_std(listener).map_err(DoorError::Listener)?;
        Ok(self.run(Entrance::Street(listener), drain).await)
    }

    /// As [`Service::serve`], for the socket in the data directory: HTTP/1.1, and the kernel says which user calls.
    pub async fn serve_host(
        &self,
        listener: StdUnixListener,
        drain: watch::Receiver<bool>,
    ) -> Result<Drained, DoorError> {
        listener.set_nonblocking(true).map_err(DoorError::Listener)?;
        let listener = UnixListener::from_std(listener).map_err(DoorError::Listener)?;
        Ok(self.run(Entrance::Host(listener), drain).await)
    }

    async fn run(&self, entrance: Entrance, mut drain: watch::Receiver<bool>) -> Drained {
        let (tasks, mut ended) = Tasks::new();
        let mut connections = JoinSet::new();
        let mut pause = PAUSE;
        loop {
            let accepted = tokio::select! {
                biased;
                _ = drain.wait_for(|stop| *stop) => break,
                Some(joined) = connections.join_next(), if !connections.is_empty() => {
                    note_panic(joined);
                    continue;
                }
                accepted = self.accept(&entrance) => accepted,
            };
            match accepted {
                Ok(Some((stream, place))) => {
                    pause = PAUSE;
                    let duty = Duty { node: self.node.clone(), tasks: tasks.clone(), drain: drain.clone() };
                    connections.spawn(self.clone().connection(stream, place, duty));
                }
                Ok(None) => {}
                Err(e) => {
                    self.node.counters.add(&self.node.counters.accept_errors);
                    tracing::warn!(error = %e, "a connection could not be accepted");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
        }
        drop((entrance, tasks));
        let quiet = async {
            while let Some(joined) = connections.join_next().await {
                note_panic(joined);
            }
            // Requests whose client went away are finished too.
            ended.recv().await;
        };
        let limit = Duration::from_millis(self.node.config.drain_ms);
        let in_time = tokio::time::timeout(limit, quiet).await.is_ok();
        let cut_off = if in_time { 0 } else { connections.len() };
        self.node.counters.cut_off.fetch_add(cut_off as u64, std::sync::atomic::Ordering::Relaxed);
        connections.abort_all();
        Drained { cut_off }
    }

    /// The next connection that there is a place for; `None` when it was closed at once, or went away before we came to it.
    async fn accept(&self, entrance: &Entrance) -> io::Result<Option<(Stream, Place)>> {
        let counters = &self.node.counters;
        let (stream, place) = match entrance {
            Entrance::Street(listener) => match listener.accept().await {
                Ok((stream, peer)) => (Stream::Tcp(stream), self.node.census.enter(Some(peer.ip().into()))),
                Err(e) => return passing(e),
            },
            Entrance::Host(listener) => match listener.accept().await {
                Ok((stream, _)) => {
                    let uid = stream.peer_cred()?.uid();
                    (Stream::Host(stream, uid), self.node.host_census.enter(None))
                }
                Err(e) => return passing(e),
            },
        };
        counters.add(&counters.connections);
        Ok(match place {
            Ok(place) => Some((stream, place)),
            Err(Full::Node) => {
                counters.add(&counters.refused_node_full);
                None
            }
            Err(Full::Prefix) => {
                counters.add(&counters.refused_prefix_full);
                None
            }
        })
    }

    async fn connection(self, stream: Stream, place: Place, duty: Duty) {
        let place = Arc::new(place);
        match (stream, self.tls) {
            (Stream::Host(stream, uid), _) => {
                let origin = Origin { channel: Channel::Host { uid }, h2: false, sni: None, place };
                connection::serve(stream, origin, duty).await;
            }
            (Stream::Tcp(stream), None) => {
                // Answers are small and complete: waiting to fill a segment only delays them.
                let _ = stream.set_nodelay(true);
                let origin = Origin { channel: Channel::Wire { tls: false }, h2: false, sni: None, place };
                connection::serve(stream, origin, duty).await;
            }
            (Stream::Tcp(stream), Some(tls)) => {
                let _ = stream.set_nodelay(true);
                secure(stream, &tls, &self.handshakes, place, duty).await;
            }
        }
    }
}

/// TLS, within its time; which protocol is spoken was agreed in it, and is never guessed.
async fn secure(stream: TcpStream, tls: &TlsAcceptor, handshakes: &Semaphore, place: Arc<Place>, duty: Duty) {
    let counters = duty.node.counters.clone();
    let Ok(permit) = handshakes.try_acquire() else {
        counters.add(&counters.handshakes_failed);
        return;
    };
    let limit = Duration::from_millis(duty.node.config.handshake_ms);
    // Little is buffered unsent, so that the progress of a slow reader is seen.
    let accepting = tls.accept_with(stream, |session| session.set_buffer_limit(Some(16_384)));
    let Ok(Ok(stream)) = tokio::time::timeout(limit, accepting).await else {
        counters.add(&counters.handshakes_failed);
        return;
    };
    drop(permit);
    let (_, session) = stream.get_ref();
    let h2 = session.alpn_protocol() == Some(b"h2");
    let sni = session.server_name().map(Arc::from);
    let origin = Origin { channel: Channel::Wire { tls: true }, h2, sni, place };
    connection::serve(stream, origin, duty).await;
}

/// Errors that concern only the connection that was to be accepted (accept(2)) are no reason to pause.
fn passing<T>(error: io::Error) -> io::Result<Option<T>> {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, PermissionDenied, TimedOut};
    match error.kind() {
        ConnectionAborted | ConnectionReset | Interrupted | PermissionDenied | TimedOut => Ok(None),
        _ => Err(error),
    }
}

fn note_panic(joined: Result<(), tokio::task::JoinError>) {
    if let Err(e) = joined
        && e.is_panic()
    {
        tracing::error!(error = %e, "a connection ended in a panic");
    }
}
