//! The supervisor's loop: what runs, what died, what the front asked for.
use std::{
    collections::{HashMap, VecDeque},
    ffi::{OsStr, OsString},
    io::Write,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use anyhow::Context;
use bytes::Bytes;
use tokio::sync::mpsc;
use types::Clock as _;
use wire::{
    Channel, Frame, encode,
    supervisor::{
        EnginePackage, EngineRole, Exited, Kill, Note, Ready, Spawn, SpawnFailed, Spawned, Start, to_child,
        to_supervisor,
    },
};

use super::{children, memory::Watched, sockets::Opened};
use crate::{config::Config, system::SystemClock};

/// Words for the audit log that wait while the front is down; older ones give way.
const NOTES_MAX: usize = 1_000;
/// Engine processes at one time; the front asks for far fewer.
const ENGINES_MAX: usize = 512;
/// A child that cannot start so often in a row will not start by being tried again.
const FAILED_STARTS_MAX: u32 = 5;
/// A child that was ready for so long before it died is started again at once; the pause grows for those that die sooner.
const STEADY_NS: u64 = 10_000_000_000;
/// How long children may take to finish when the platform ends.
const DRAIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Front,
    Keeper,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Keeper => "keeper",
        }
    }
}

enum Happened {
    /// A frame from the front or the keeper; `generation` tells a dead one's last words from the living.
    Said {
        role: Role,
        generation: u64,
        frame: Frame,
    },
    Ended {
        role: Role,
        generation: u64,
        exit: Exited,
    },
    EngineEnded(Exited),
    /// A worker held more memory than it may, in MiB, and is being ended.
    TooLarge {
        pid: u32,
        held: u64,
    },
    Restart(Role),
    Signal,
}

struct Running {
    generation: u64,
    sender: wire::Sender,
    pid: u32,
    /// When it said that it is ready, on the monotonic clock.
    ready: Option<types::Instant>,
}

pub(super) struct Supervisor {
    config: Config,
    engines: Vec<EnginePackage>,
    opened: Opened,
    posture: String,
    program: PathBuf,
    log: Option<String>,
    roles: HashMap<Role, Running>,
    clock: SystemClock,
    deaths: HashMap<Role, u32>,
    /// Starts in a row that came to nothing.
    failed_starts: HashMap<Role, u32>,
    engine_pids: HashMap<u32, tokio::sync::oneshot::Sender<()>>,
    notes: VecDeque<Note>,
    generation: u64,
    events: mpsc::Sender<Happened>,
    inbox: mpsc::Receiver<Happened>,
    ending: bool,
}

impl Supervisor {
    #[expect(clippy::disallowed_methods, reason = "the composition root reads the environment once")]
    pub(super) fn new(
        config: Config,
        engines: Vec<EnginePackage>,
        opened: Opened,
        posture: jail::Report,
    ) -> anyhow::Result<Self> {
        let (events, inbox) = mpsc::channel(256);
        Ok(Self {
            config,
            engines,
            opened,
            posture: serde_json::to_string(&posture)?,
            program: std::env::current_exe().context("cannot tell where this executable is")?,
            log: std::env::var("SERVICEFUL_LOG").ok(),
            roles: HashMap::new(),
            clock: SystemClock::new(),
            deaths: HashMap::new(),
            failed_starts: HashMap::new(),
            engine_pids: HashMap::new(),
            notes: VecDeque::new(),
            generation: 0,
            events,
            inbox,
            ending: false,
        })
    }

    pub(super) async fn run(mut self) -> anyhow::Result<()> {
        self.listen_for_signals()?;
        self.start(Role::Keeper)?;
        self.start(Role::Front)?;
        while let Some(happened) = self.inbox.recv().await {
            match happened {
                Happened::Said { role, generation, frame } => {
                    if self.roles.get(&role).is_some_and(|r| r.generation == generation) {
                        self.said(role, frame)?;
                    }
                }
                Happened::Ended { role, generation, exit } => {
                    if self.roles.get(&role).is_some_and(|r| r.generation == generation) {
                        self.ended(role, exit)?;
                    }
                }
                Happened::EngineEnded(exit) => self.engine_ended(exit),
                Happened::TooLarge { pid, held } => {
                    let most = self.config.runtime.worker_memory_mib;
                    let text = format!(
                        "worker {pid} held {held} MiB of memory, more than {most} (`runtime.worker_memory_mib`), and was ended"
                    );
                    self.note("memory-ceiling", text);
                }
                Happened::Restart(role) if !self.ending => self.restart(role),
                Happened::Restart(_) => {}
                Happened::Signal => self.end(),
            }
            if self.ending && self.roles.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn listen_for_signals(&self) -> anyhow::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
            let mut stream = signal(kind).context("cannot listen for signals")?;
            let events = self.events.clone();
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    let _ = events.send(Happened::Signal).await;
                }
            });
        }
        Ok(())
    }

    /// As [`Self::start`], again and again: a full process table passes.
    fn restart(&mut self, role: Role) {
        if let Err(error) = self.start(role) {
            self.note("process-not-started", format!("{} cannot be started: {error:#}", role.name()));
            self.restart_after(role, Duration::from_secs(1));
        }
    }

    fn restart_after(&self, role: Role, wait: Duration) {
        let events = self.events.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            let _ = events.send(Happened::Restart(role)).await;
        });
    }

    fn start(&mut self, role: Role) -> anyhow::Result<()> {
        self.generation += 1;
        let generation = self.generation;
        let mut arguments: Vec<OsString> = vec![role.name().into(), "--data".into(), self.config.data.clone().into()];
        if role == Role::Front
            && let Some(tls) = &self.config.tls
        {
            for path in tls.certificates.iter().flat_map(|file| [&file.chain, &file.key]) {
                arguments.extend(["--read".into(), path.clone().into()]);
            }
        }
        if self.config.jail.strict {
            arguments.push("--strict".into());
        }
        let arguments: Vec<&OsStr> = arguments.iter().map(OsString::as_os_str).collect();
        let started = children::start(&self.program, &arguments, self.log.as_deref(), Stdio::inherit())?;
        let pid = started.child.id().unwrap_or_default();
        let Channel { sender, receiver } = Channel::new(started.channel)?;
        self.hear(role, generation, receiver);
        self.watch(role, generation, pid, started.child);
        sender.send(vec![self.first_words(role)?])?;
        self.roles.insert(role, Running { generation, sender, pid, ready: None });
        self.connect_front_and_keeper()
    }

    fn first_words(&self, role: Role) -> anyhow::Result<Frame> {
        let start = Start {
            config: toml::to_string(&self.config)?,
            engines: self.engines.clone(),
            listeners: u8::try_from(self.opened.tcp.len()).context("too many listeners")?,
            supervisor_posture: self.posture.clone(),
        };
        let mut frame = Frame::new(to_child::START, 0, encode(&start)?);
        if role == Role::Front {
            let copy = |fd: std::os::fd::BorrowedFd<'_>| -> anyhow::Result<OwnedFd> { Ok(fd.try_clone_to_owned()?) };
            for listener in &self.opened.tcp {
                frame.fds.push(copy(listener.as_fd())?);
            }
            frame.fds.push(copy(self.opened.host.as_fd())?);
        }
        Ok(frame)
    }

    /// Both run: a fresh channel between them replaces the one that died with either.
    fn connect_front_and_keeper(&self) -> anyhow::Result<()> {
        let (Some(front), Some(keeper)) = (self.roles.get(&Role::Front), self.roles.get(&Role::Keeper)) else {
            return Ok(());
        };
        let (one, other) = wire::pair()?;
        for (to, fd) in [(front, one), (keeper, other)] {
            let mut frame = Frame::new(to_child::KEEPER, 0, Bytes::new());
            frame.fds.push(fd);
            // A child that just died is noticed by its watcher; its successor gets a channel of its own.
            let _ = to.sender.send(vec![frame]);
        }
        Ok(())
    }

    fn hear(&self, role: Role, generation: u64, mut receiver: wire::Receiver) {
        let events = self.events.clone();
        tokio::spawn(async move {
            while let Ok(frame) = receiver.next().await {
                if events.send(Happened::Said { role, generation, frame }).await.is_err() {
                    return;
                }
            }
        });
    }

    fn watch(&self, role: Role, generation: u64, pid: u32, mut child: tokio::process::Child) {
        let events = self.events.clone();
        tokio::spawn(async move {
            let exit = exited(pid, child.wait().await);
            let _ = events.send(Happened::Ended { role, generation, exit }).await;
        });
    }

    fn said(&mut self, role: Role, frame: Frame) -> anyhow::Result<()> {
        let known = match (role, frame.kind) {
            (_, to_supervisor::READY) => frame.message::<Ready>().map(|ready| self.ready(role, &ready)).is_ok(),
            (Role::Front, to_supervisor::SPAWN) => match frame.message::<Spawn>() {
                Ok(spawn) => {
                    self.spawn(frame.stream, &spawn)?;
                    true
                }
                Err(_) => false,
            },
            (Role::Front, to_supervisor::MAILER) => {
                let started = self.start_mailer();
                self.tell_started(frame.stream, started)?;
                true
            }
            (Role::Front, to_supervisor::KILL) => match frame.message::<Kill>() {
                Ok(kill) => {
                    self.kill(kill.pid);
                    true
                }
                Err(_) => false,
            },
            _ => false,
        };
        if !known {
            // SECURITY: a child that does not speak the protocol is not what was started; it is ended and replaced.
            self.note("protocol", format!("{} sent something unexpected and was ended", role.name()));
            if let Some(running) = self.roles.get(&role) {
                signal(running.pid, rustix::process::Signal::KILL);
            }
        }
        Ok(())
    }

    fn ready(&mut self, role: Role, _ready: &Ready) {
        if let Some(running) = self.roles.get_mut(&role) {
            running.ready = Some(self.clock.instant());
        }
        self.failed_starts.remove(&role);
        if role == Role::Front {
            self.flush_notes();
        }
        let all = [Role::Front, Role::Keeper].iter().all(|r| self.roles.get(r).is_some_and(|r| r.ready.is_some()));
        if all && let Err(error) = self.announce() {
            tracing::warn!(%error, "cannot say that the platform is ready");
        }
    }

    /// Writes where the platform answers, for the command line, and tells systemd.
    fn announce(&self) -> anyhow::Result<()> {
        let names = self.config.names(self.opened.port);
        let platform = serde_json::json!({
            "console": names.console_url(),
            "apps_domain": names.apps_domain,
            "host_socket": self.config.host_socket(),
            "pid": std::process::id(),
        });
        let path = self.config.data.join("platform.json");
        let temporary = path.with_extension("new");
        std::fs::write(&temporary, serde_json::to_vec_pretty(&platform)?)?;
        std::fs::rename(temporary, path)?;
        let mut out = std::io::stdout();
        writeln!(out, "{}", serde_json::json!({"ready": true, "console": names.console_url()}))?;
        out.flush()?;
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        Ok(())
    }

    fn spawn(&mut self, asker: u32, spawn: &Spawn) -> anyhow::Result<()> {
        let started = self.start_engine(spawn);
        self.tell_started(asker, started)
    }

    fn tell_started(&self, asker: u32, started: anyhow::Result<(u32, OwnedFd)>) -> anyhow::Result<()> {
        let answer = match started {
            Ok((pid, channel)) => {
                let mut frame = Frame::new(to_child::SPAWNED, asker, encode(&Spawned { pid })?);
                frame.fds.push(channel);
                frame
            }
            Err(error) => {
                let reason = format!("{error:#}");
                Frame::new(to_child::SPAWN_FAILED, asker, encode(&SpawnFailed { reason })?)
            }
        };
        if let Some(front) = self.roles.get(&Role::Front) {
            let _ = front.sender.send(vec![answer]);
        }
        Ok(())
    }

    fn start_engine(&mut self, spawn: &Spawn) -> anyhow::Result<(u32, OwnedFd)> {
        anyhow::ensure!(self.engine_pids.len() < ENGINES_MAX, "there are {ENGINES_MAX} engine processes already");
        let engine =
            self.engines.iter().find(|e| e.build == spawn.build).context("that engine build is not installed")?;
        let role = match spawn.role {
            EngineRole::Work => "work",
            EngineRole::Compile => "compile",
            EngineRole::Snapshot => "snapshot",
        };
        let path = PathBuf::from(&engine.path);
        let ceiling_mib = self.config.runtime.worker_memory_mib;
        let memory_mib = ceiling_mib.to_string();
        let mut arguments = vec![OsStr::new(role)];
        let is_worker = matches!(spawn.role, EngineRole::Work);
        if is_worker {
            // A compiler has limits of its own, by the job.
            arguments.extend([OsStr::new("--memory-mib"), OsStr::new(&memory_mib)]);
        }
        if self.config.jail.strict {
            arguments.push(OsStr::new("--strict"));
        }
        let mut started = children::start(&path, &arguments, self.log.as_deref(), Stdio::piped())?;
        let pid = started.child.id().context("it ended at once")?;
        let watched = if is_worker { self.watched(pid) } else { None };
        if let Some(words) = started.child.stderr.take() {
            tokio::spawn(last_words(role, pid, words));
        }
        self.attend(pid, started.child, watched);
        Ok((pid, started.channel))
    }

    /// A mailer: this executable, with what the operator's file says of the mail server. It reads the password itself.
    fn start_mailer(&mut self) -> anyhow::Result<(u32, OwnedFd)> {
        anyhow::ensure!(self.engine_pids.len() < ENGINES_MAX, "there are {ENGINES_MAX} processes already");
        let mail = self.config.mail.as_ref().context("no mail server is configured")?;
        let (mail, hello) = (serde_json::to_string(mail)?, self.config.names(self.opened.port).id);
        let mut arguments: Vec<&OsStr> = ["mailer", "--mail", &mail, "--hello", &hello].map(OsStr::new).to_vec();
        if self.config.jail.strict {
            arguments.push(OsStr::new("--strict"));
        }
        let mut started = children::start(&self.program, &arguments, self.log.as_deref(), Stdio::piped())?;
        let pid = started.child.id().context("it ended at once")?;
        // It reads what a stranger wrote, so its words are treated as a stranger's.
        if let Some(words) = started.child.stderr.take() {
            tokio::spawn(last_words("mailer", pid, words));
        }
        self.attend(pid, started.child, None);
        Ok((pid, started.channel))
    }

    /// Waits for the end of a process that the front asked for, and ends it when that is wanted, or when it is too large.
    fn attend(&mut self, pid: u32, mut child: tokio::process::Child, watched: Option<Watched>) {
        let ceiling_mib = self.config.runtime.worker_memory_mib;
        let (cancel, cancelled) = tokio::sync::oneshot::channel::<()>();
        let events = self.events.clone();
        tokio::spawn(async move {
            let passed = async {
                match watched {
                    Some(watched) => watched.passes(ceiling_mib).await,
                    None => std::future::pending().await,
                }
            };
            let status = tokio::select! {
                status = child.wait() => status,
                held = passed => {
                    let _ = child.start_kill();
                    let _ = events.send(Happened::TooLarge { pid, held }).await;
                    child.wait().await
                }
                _ = cancelled => {
                    let _ = child.start_kill();
                    child.wait().await
                }
            };
            let _ = events.send(Happened::EngineEnded(exited(pid, status))).await;
        });
        self.engine_pids.insert(pid, cancel);
    }

    /// A worker whose memory cannot be looked at still has its resource limit, so it may run; but it is written down.
    fn watched(&mut self, pid: u32) -> Option<Watched> {
        let opened = Watched::open(pid);
        if let Err(error) = &opened {
            self.note("memory-not-watched", format!("the memory of worker {pid} cannot be looked at: {error}"));
        }
        opened.ok()
    }

    /// Only what the front asked for can be ended by it; its number means nothing outside that list.
    fn kill(&mut self, pid: u32) {
        if let Some(cancel) = self.engine_pids.get_mut(&pid) {
            let (unused, _) = tokio::sync::oneshot::channel();
            let _ = std::mem::replace(cancel, unused).send(());
        }
    }

    fn engine_ended(&mut self, exit: Exited) {
        self.engine_pids.remove(&exit.pid);
        if let (Some(front), Ok(payload)) = (self.roles.get(&Role::Front), encode(&exit)) {
            let _ = front.sender.send(vec![Frame::new(to_child::EXITED, 0, payload)]);
        }
    }

    fn ended(&mut self, role: Role, exit: Exited) -> anyhow::Result<()> {
        let ready = self.roles.remove(&role).and_then(|r| r.ready);
        if self.ending {
            // Only now: the front's last act is to have the audit log's end signed.
            self.drain(Role::Keeper);
            return Ok(());
        }
        if role == Role::Front {
            // Workers of a dead front serve nobody.
            let pids: Vec<u32> = self.engine_pids.keys().copied().collect();
            pids.into_iter().for_each(|pid| self.kill(pid));
        }
        let how = format!("{} (pid {}) {}", role.name(), exit.pid, wire::supervisor::how_ended(exit.code, exit.signal));
        if ready.is_some_and(|since| self.clock.instant().0.saturating_sub(since.0) >= STEADY_NS) {
            self.deaths.remove(&role);
        }
        let deaths = self.deaths.entry(role).or_default();
        *deaths += 1;
        let deaths = *deaths;
        if ready.is_none() {
            let failed = self.failed_starts.entry(role).or_default();
            *failed += 1;
            if *failed >= FAILED_STARTS_MAX {
                anyhow::bail!("{how} before it was ready, {failed} times in a row; its own words stand above");
            }
        }
        let action = if exit.signal == Some(31) { "jail-violation" } else { "process-restarted" };
        self.note(action, format!("{how}; it is started again"));
        self.restart_after(role, Duration::from_millis((20u64 << deaths.min(8)).min(5_000)));
        Ok(())
    }

    fn note(&mut self, action: &str, text: String) {
        tracing::warn!(action, "{text}");
        if self.notes.len() == NOTES_MAX {
            self.notes.pop_front();
        }
        self.notes.push_back(Note { action: action.to_owned(), text });
        self.flush_notes();
    }

    fn flush_notes(&mut self) {
        let Some(front) = self.roles.get(&Role::Front).filter(|front| front.ready.is_some()) else { return };
        let frames = self.notes.drain(..).filter_map(|note| Some(Frame::new(to_child::NOTE, 0, encode(&note).ok()?)));
        let _ = front.sender.send(frames.collect());
    }

    fn drain(&self, role: Role) {
        if let Some(running) = self.roles.get(&role) {
            let _ = running.sender.send(vec![Frame::new(to_child::DRAIN, 0, Bytes::new())]);
        }
    }

    /// Told once: children finish what they do. Told twice, or after a while: they are ended.
    fn end(&mut self) {
        let again = std::mem::replace(&mut self.ending, true);
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        if again {
            self.roles.values().for_each(|running| signal(running.pid, rustix::process::Signal::KILL));
            return;
        }
        let first = if self.roles.contains_key(&Role::Front) { Role::Front } else { Role::Keeper };
        self.drain(first);
        let events = self.events.clone();
        tokio::spawn(async move {
            tokio::time::sleep(DRAIN).await;
            let _ = events.send(Happened::Signal).await;
        });
    }
}

/// What a process that the front asked for says on its standard error. SECURITY: a worker that is somebody else's would write terminal
/// controls or forged lines into the operator's journal; so its words are cut short, escaped, and marked as its own.
async fn last_words(role: &'static str, pid: u32, mut words: tokio::process::ChildStderr) {
    use tokio::io::AsyncReadExt;
    let (mut kept, mut buffer) = (Vec::new(), [0; 1024]);
    while let Ok(count) = words.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        let room = 2_048_usize.saturating_sub(kept.len());
        kept.extend(buffer.iter().take(count.min(room)));
    }
    if !kept.is_empty() {
        tracing::warn!(role, pid, words = ?String::from_utf8_lossy(&kept), "a process said");
    }
}

fn signal(pid: u32, signal: rustix::process::Signal) {
    let raw = i32::try_from(pid).unwrap_or(0);
    if let Some(pid) = rustix::process::Pid::from_raw(raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

fn exited(pid: u32, status: std::io::Result<std::process::ExitStatus>) -> Exited {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Ok(status) => Exited { pid, code: status.code(), signal: status.signal() },
        Err(_) => Exited { pid, code: None, signal: None },
    }
}
