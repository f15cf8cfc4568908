//! The front's side of its channel to the supervisor: asks for engine processes, hears how they end.
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use gateway::Fut;
use runtime::{Child, ChildExit, Processes, StartError};
use tokio::sync::oneshot;
use types::EngineBuild;
use wire::{
    Frame, Sender, encode,
    supervisor::{EngineRole, Exited, Kill, Spawn, SpawnFailed, Spawned, to_supervisor},
};

/// Ends of processes nobody has asked about yet; the oldest give way.
const EXITS_MAX: usize = 4_096;
const SPAWN_WAIT: Duration = Duration::from_secs(10);

enum Exit {
    Awaited(Vec<oneshot::Sender<ChildExit>>),
    Known(ChildExit),
}

/// The link. Cheap to share.
pub(super) struct SupervisorLink {
    sender: Sender,
    next: AtomicU32,
    asked: Mutex<HashMap<u32, oneshot::Sender<Result<Child, StartError>>>>,
    exits: Mutex<HashMap<u32, Exit>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SupervisorLink {
    pub(super) fn new(sender: Sender) -> Arc<Self> {
        Arc::new(Self { sender, next: AtomicU32::new(1), asked: Mutex::default(), exits: Mutex::default() })
    }

    /// `SPAWNED`
    pub(super) fn spawned(&self, mut frame: Frame) -> Result<(), wire::FrameError> {
        let Spawned { pid } = frame.message()?;
        let channel = frame.take_fd()?;
        // A number may come again after 4 billion processes; what is remembered of the former one is over.
        lock(&self.exits).remove(&pid);
        if let Some(asker) = lock(&self.asked).remove(&frame.stream) {
            let _ = asker.send(Ok(Child { pid, channel }));
        }
        Ok(())
    }

    /// `SPAWN_FAILED`
    pub(super) fn spawn_failed(&self, frame: &Frame) -> Result<(), wire::FrameError> {
        let SpawnFailed { reason } = frame.message()?;
        if let Some(asker) = lock(&self.asked).remove(&frame.stream) {
            let _ = asker.send(Err(StartError::Spawn { reason }));
        }
        Ok(())
    }

    /// `EXITED`
    pub(super) fn exited(&self, frame: &Frame) -> Result<(), wire::FrameError> {
        let Exited { pid, code, signal } = frame.message()?;
        let exit = ChildExit { pid, code, signal };
        let mut exits = lock(&self.exits);
        if exits.len() >= EXITS_MAX {
            exits.retain(|_, exit| matches!(exit, Exit::Awaited(_)));
        }
        if let Some(Exit::Awaited(waiting)) = exits.insert(pid, Exit::Known(exit)) {
            exits.remove(&pid);
            for asker in waiting {
                let _ = asker.send(exit);
            }
        }
        Ok(())
    }

    /// Starts a mailer.
    pub(super) async fn mailer(&self) -> Result<Child, StartError> {
        self.ask(to_supervisor::MAILER, bytes::Bytes::new()).await
    }

    async fn start_engine(&self, spawn: Spawn) -> Result<Child, StartError> {
        let payload = encode(&spawn).map_err(|e| StartError::Channel { reason: e.to_string() })?;
        self.ask(to_supervisor::SPAWN, payload).await
    }

    async fn ask(&self, kind: u8, payload: bytes::Bytes) -> Result<Child, StartError> {
        let channel = |e: &dyn std::fmt::Display| StartError::Channel { reason: e.to_string() };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        lock(&self.asked).insert(number, answer);
        let sent = self.sender.send(vec![Frame::new(kind, number, payload)]);
        let result = match sent {
            Err(error) => Err(channel(&error)),
            Ok(()) => match tokio::time::timeout(SPAWN_WAIT, answered).await {
                Ok(Ok(result)) => result,
                _ => Err(StartError::Slow { ms: u64::try_from(SPAWN_WAIT.as_millis()).unwrap_or(u64::MAX) }),
            },
        };
        lock(&self.asked).remove(&number);
        result
    }
}

impl Processes for SupervisorLink {
    fn start(&self, role: EngineRole, build: EngineBuild) -> Fut<'_, Result<Child, StartError>> {
        Box::pin(self.start_engine(Spawn { role, build }))
    }

    fn kill(&self, pid: u32) {
        if let Ok(payload) = encode(&Kill { pid }) {
            let _ = self.sender.send(vec![Frame::new(to_supervisor::KILL, 0, payload)]);
        }
    }

    fn ended(&self, pid: u32) -> Fut<'_, ChildExit> {
        let unknown = ChildExit { pid, code: None, signal: None };
        let waiting = {
            let mut exits = lock(&self.exits);
            match exits.remove(&pid) {
                Some(Exit::Known(exit)) => return Box::pin(std::future::ready(exit)),
                other => {
                    let (tell, told) = oneshot::channel();
                    let mut waiting = match other {
                        Some(Exit::Awaited(waiting)) => waiting,
                        _ => Vec::new(),
                    };
                    waiting.push(tell);
                    exits.insert(pid, Exit::Awaited(waiting));
                    told
                }
            }
        };
        Box::pin(async move { waiting.await.unwrap_or(unknown) })
    }
}
