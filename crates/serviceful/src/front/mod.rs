//! front: composes the rooms, opens them in order, serves, drains, stops.
//! Guarantees: the jail is closed before the first byte from outside is read; rooms see each other only through the gateway's traits.
//! Does not: compile or run guest code, hold a signing key, start a process.
//! Called by: the supervisor. Calls: every room, the keeper, workers.
//! If this is wrong: whoever takes over the parser of the network takes over the machine. docs/security/threats.md#front
mod audit_link;
mod breach_list;
mod broken;
mod carrier;
mod keeper_link;
mod letters;
mod post_office;
mod posture;
mod rooms;
mod secrets_link;
mod supervisor_link;
mod token_link;
mod upkeep;
mod vault_link;

use std::{os::fd::OwnedFd, path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use tokio::sync::watch;
use wire::{
    Channel, Frame, Receiver, encode,
    supervisor::{Note, Ready, Start, to_child, to_supervisor},
};

use crate::{config::Config, system::SystemClock};
use keeper_link::KeeperLink;
use rooms::Rooms;
use supervisor_link::SupervisorLink;

/// The arguments of the hidden role.
pub(crate) struct Options {
    pub(crate) data: PathBuf,
    /// Certificates.
    pub(crate) read: Vec<PathBuf>,
    pub(crate) strict: bool,
}

/// Runs until told to drain, or until the supervisor is gone.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    jail::die_with_parent().context("cannot follow the supervisor")?;
    let fd = wire::inherited().context("this role is started by the supervisor only")?;
    // What libraries read of the machine must be read before the doors close.
    // Half of the cores: the other half is for workers, and a request that stays on one thread costs no wake-up of another.
    let threads = (std::thread::available_parallelism().map_or(2, usize::from) / 2).clamp(1, 8);
    let folders = Config::folders_of(&options.data);
    let plan = jail::Plan { role: jail::Role::Front, read: options.read.clone(), write: folders.of_front() };
    let mode = if options.strict { jail::Mode::Strict } else { jail::Mode::BestEffort };
    // Before the first thread: Landlock binds the calling thread and those it starts.
    let report = jail::apply(&plan, mode).context("the front's jail")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
    let result = runtime.block_on(serve(fd, report));
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}

async fn serve(fd: OwnedFd, report: jail::Report) -> anyhow::Result<()> {
    let Channel { sender, mut receiver } = Channel::new(fd)?;
    let mut first = receiver.next().await.context("the supervisor said nothing")?;
    if first.kind != to_child::START {
        bail!("the supervisor's first word was not START");
    }
    let start: Start = first.message()?;
    let config: Config = toml::from_str(&start.config).context("the supervisor's configuration")?;
    let listeners = listeners(&mut first, usize::from(start.listeners))?;
    let supervisor = SupervisorLink::new(sender.clone());
    let keeper = KeeperLink::new();
    let (drain, draining) = watch::channel(false);
    let clock = Arc::new(SystemClock::new());
    let (notes, noted) = tokio::sync::mpsc::channel(64);
    let hearing = tokio::spawn(hear(receiver, supervisor.clone(), keeper.clone(), drain, notes));
    let rooms = Rooms::open(rooms::Parts {
        config,
        start,
        report: report.clone(),
        supervisor,
        keeper,
        clock,
        port: listeners.port,
    })
    .await?;
    let door = rooms.door()?;
    rooms.start(noted).await?;
    let ready = Ready { pid: std::process::id(), posture: serde_json::to_string(&report)? };
    sender.send(vec![Frame::new(to_supervisor::READY, 0, encode(&ready)?)])?;
    rooms.serve(door, listeners, draining).await?;
    rooms.stop().await;
    hearing.abort();
    Ok(())
}

/// What the supervisor opened for us.
pub(crate) struct Listeners {
    pub(crate) tcp: Vec<std::net::TcpListener>,
    pub(crate) host: std::os::unix::net::UnixListener,
    pub(crate) port: u16,
}

fn listeners(frame: &mut Frame, count: usize) -> anyhow::Result<Listeners> {
    let mut fds = std::mem::take(&mut frame.fds);
    if fds.len() != count + 1 {
        bail!("the supervisor sent {} descriptors, not {}", fds.len(), count + 1);
    }
    let host = fds.pop().context("no host socket")?;
    let tcp: Vec<std::net::TcpListener> = fds.into_iter().map(Into::into).collect();
    for listener in &tcp {
        listener.set_nonblocking(true)?;
    }
    let host = std::os::unix::net::UnixListener::from(host);
    host.set_nonblocking(true)?;
    let port = tcp.first().context("no listener")?.local_addr()?.port();
    Ok(Listeners { tcp, host, port })
}

/// Hears the supervisor until it is gone; then the front has no business any more.
async fn hear(
    mut receiver: Receiver,
    supervisor: Arc<SupervisorLink>,
    keeper: Arc<KeeperLink>,
    drain: watch::Sender<bool>,
    notes: tokio::sync::mpsc::Sender<Note>,
) {
    loop {
        let Ok(frame) = receiver.next().await else { break };
        let kind = frame.kind;
        let understood = match frame.kind {
            to_child::SPAWNED => supervisor.spawned(frame).is_ok(),
            to_child::SPAWN_FAILED => supervisor.spawn_failed(&frame).is_ok(),
            to_child::EXITED => supervisor.exited(&frame).is_ok(),
            to_child::KEEPER => connect(&keeper, frame),
            to_child::DRAIN => {
                let _ = drain.send(true);
                true
            }
            to_child::NOTE => match frame.message::<Note>() {
                Ok(note) => notes.send(note).await.is_ok(),
                Err(_) => false,
            },
            _ => false,
        };
        if !understood {
            tracing::error!(kind, "the supervisor sent something unexpected");
        }
    }
    let _ = drain.send(true);
}

fn connect(keeper: &Arc<KeeperLink>, mut frame: Frame) -> bool {
    let Ok(fd) = frame.take_fd() else { return false };
    keeper.connect(fd).is_ok()
}
