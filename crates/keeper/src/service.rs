//! The keeper's life: start, jail, questions, end.
use std::{os::fd::OwnedFd, path::PathBuf, sync::Arc};

use audit::{Kind, Log, LogOptions};
use types::{Clock, Rng};
use wire::{
    Channel, ChannelError, Frame,
    keeper::{Answer, kind},
    supervisor::{Ready, Start, to_child, to_supervisor},
};

use crate::{
    KeeperError, Strength,
    builds::Builds,
    desk::Desk,
    folder::Folder,
    journal::Journal,
    key::Key,
    secrets::{
        hashing::{self, Hashing},
        ring::Ring,
    },
    tokens::Tokens,
    witness::Witness,
};

/// What the composition root decides.
#[derive(Clone)]
pub struct Setting {
    pub clock: Arc<dyn Clock>,
    /// Must not need a file after the jail is shut.
    pub rng: Arc<dyn Rng>,
    /// How strict the jail is; the supervisor's message holds the configuration.
    pub mode: fn(&Start) -> jail::Mode,
    /// What hashing a password costs.
    pub passwords: Strength,
}

/// Serves until the supervisor says so or is gone. `supervisor` is the channel to it, `folder` the keeper's own, 0700.
/// Call it before the process has a second thread.
///
/// # Errors
/// [`KeeperError`] when it cannot start. A front's misbehaviour is never an error.
pub fn run(supervisor: OwnedFd, folder: PathBuf, setting: Setting) -> Result<(), KeeperError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(KeeperError::Runtime)?;
    runtime.block_on(async {
        let mut supervisor = Channel::new(supervisor).map_err(|e| KeeperError::Channel(ChannelError::Io(e)))?;
        let first = supervisor.receiver.next().await.map_err(KeeperError::Channel)?;
        let start = match first.kind {
            to_child::START => first.message::<Start>().map_err(|_| KeeperError::NoStart)?,
            _ => return Err(KeeperError::NoStart),
        };
        let mut desk = open(&folder, &setting, &start).await?;
        let ready = Ready { pid: std::process::id(), posture: desk.posture.clone() };
        send(&supervisor, to_supervisor::READY, 0, &ready).map_err(KeeperError::Channel)?;
        let ended = serve(&mut supervisor, &mut desk).await;
        desk.journal.close().await;
        ended
    })
}

const AUDIT_KEY: &str = "audit.key";

async fn open(folder: &std::path::Path, setting: &Setting, start: &Start) -> Result<Desk, KeeperError> {
    let folder = Folder::open(folder)?;
    let key = match Key::load(&folder, AUDIT_KEY)? {
        Some(key) => key,
        None => {
            let key = Key::fresh(&*setting.rng);
            key.store(&folder, AUDIT_KEY)?;
            key
        }
    };
    let key = Arc::new(key);
    let witness = Witness::open(key.clone(), "audit", folder.clone(), "signed")?;
    let own = Arc::new(Witness::open(key.clone(), "keeper", folder.clone(), "signed-own")?);
    let builds = Builds::open(folder.inner("artefacts")?)?;
    let tokens = Tokens::open(folder.inner("tokens")?)?;
    let secrets = folder.inner("secrets")?;
    let (peppers, new_pepper) = Ring::open(&secrets, "pepper", &*setting.rng)?;
    let (seals, new_seal) = Ring::open(&secrets, "seal", &*setting.rng)?;
    let journal = folder.inner("audit")?;
    // Asks the system for more than the jail lets through.
    let threads = hashing::threads_of_this_machine();

    // All files are known to be good; from here on nothing else can be opened. Threads come after.
    let plan = jail::Plan { role: jail::Role::Keeper, read: Vec::new(), write: vec![folder.path().to_owned()] };
    let report = jail::apply(&plan, (setting.mode)(start)).map_err(KeeperError::Jail)?;
    let posture = serde_json::to_string(&report).unwrap_or_default();

    let options = LogOptions { segment_bytes_max: 1 << 20, ..LogOptions::default() };
    let (log, recovered) = Log::open(journal.path(), own.clone(), options).map_err(KeeperError::Log)?;
    let mut journal = Journal::new(log, setting.clock.clone());
    if recovered.records == 0 {
        let note = format!("audit checkpoint key {}, which also signs the keeper's own log", key.fingerprint());
        if let Err(e) = journal.done("key-created", note).await {
            tracing::error!(error = %e, "the keeper made its key and cannot write it down");
        }
    }
    for note in [new_pepper.then_some("pepper 1 of passwords"), new_seal.then_some("key 1 of sealed values")]
        .into_iter()
        .flatten()
    {
        if let Err(e) = journal.done("key-created", note.to_owned()).await {
            tracing::error!(error = %e, note, "the keeper made a key and cannot write it down");
        }
    }
    if recovered.torn_bytes > 0 {
        tracing::warn!(
            bytes = recovered.torn_bytes,
            "the keeper's own log ended in an interrupted write, which was cut off"
        );
    }
    let (rng, clock) = (setting.rng.clone(), setting.clock.clone());
    let hashing = Hashing::start(peppers, setting.passwords, threads, rng.clone(), clock)?;
    Ok(Desk { journal, builds, witness, keeper_audit: own.verifier(), posture, rng, seals, hashing, tokens })
}

fn send<T: serde::Serialize>(channel: &Channel, kind: u8, stream: u32, message: &T) -> Result<(), ChannelError> {
    let payload = wire::encode(message)?;
    channel.sender.send(vec![Frame::new(kind, stream, payload)])
}

/// Answers the front until the supervisor ends it.
async fn serve(supervisor: &mut Channel, desk: &mut Desk) -> Result<(), KeeperError> {
    let mut front = None;
    loop {
        tokio::select! {
            // The supervisor first, so that no flood of questions delays a drain.
            biased;
            frame = supervisor.receiver.next() => match frame {
                Ok(frame) if frame.kind == to_child::DRAIN => return Ok(()),
                Ok(frame) => note(frame, &mut front),
                Err(ChannelError::Gone) => return Ok(()),
                Err(e) => return Err(KeeperError::Channel(e)),
            },
            frame = question(&mut front) => {
                let answered = match frame {
                    Ok(frame) => reply(front.as_ref(), desk, &frame).await,
                    Err(e) => Err(e),
                };
                if let Err(e) = answered {
                    if let ChannelError::Protocol(e) = &e {
                        desk.journal.refused(Kind::Security, "keeper-channel-broken", &e.to_string()).await;
                    }
                    tracing::info!(reason = %e, "the channel to the front ended; the supervisor will send a fresh one");
                    front = None;
                }
            }
        }
    }
}

/// A message of the supervisor's other than the end.
fn note(mut frame: Frame, front: &mut Option<Channel>) {
    if frame.kind != to_child::KEEPER {
        tracing::debug!(kind = frame.kind, "the supervisor said something that does not concern the keeper");
        return;
    }
    let fresh = frame.take_fd().map_err(ChannelError::from).and_then(|fd| Channel::new(fd).map_err(ChannelError::Io));
    match fresh {
        Ok(channel) => *front = Some(channel),
        Err(e) => tracing::error!(error = %e, "the channel to the front cannot be used"),
    }
}

/// The front's next frame, once it has read enough of its answers.
async fn question(front: &mut Option<Channel>) -> Result<Frame, ChannelError> {
    match front {
        Some(channel) => {
            channel.sender.ready().await?;
            channel.receiver.next().await
        }
        None => std::future::pending().await,
    }
}

async fn reply(front: Option<&Channel>, desk: &mut Desk, frame: &Frame) -> Result<(), ChannelError> {
    let Some(front) = front else { return Ok(()) };
    let answer: Option<Answer> = if frame.kind == kind::ASK {
        match frame.message() {
            Ok(question) => desk.answer(question, frame.stream, &front.sender).await,
            Err(e) => Some(desk.malformed(&e.to_string()).await),
        }
    } else {
        Some(desk.malformed(&format!("frame kind {} is not a question", frame.kind)).await)
    };
    match answer {
        Some(answer) => send(front, kind::ANSWER, frame.stream, &answer),
        None => Ok(()),
    }
}
