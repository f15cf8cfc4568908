//! Which worker serves which app: started on first use, kept while there is work, replaced when it dies.
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use gateway::{LogLine, events::Event, events::Kind};
use tokio::sync::Semaphore;
use types::{AppName, EngineBuild};
use wire::{
    supervisor::EngineRole,
    work::{Assign, DeniedHatch, Log, LogStream},
};

use crate::{
    Logs,
    compiler::Compiler,
    config::Config,
    error::StartError,
    processes::ChildExit,
    worker::{Aside, Worker},
};

/// A process that is not ready after so long is given up.
const START_MS: u64 = 10_000;
/// Records of denied hatches that one worker may cause in a second; the rest is only counted.
const DENIED_PER_SECOND: u64 = 20;

/// An app and its worker.
pub(crate) struct AppWorkers {
    pub(crate) app: AppName,
    current: ArcSwapOption<Worker>,
    starting: tokio::sync::Mutex<()>,
    deaths: Arc<Deaths>,
    pub(crate) places: Arc<Semaphore>,
}

/// How often workers of an app ended by themselves lately.
#[derive(Default)]
struct Deaths {
    count: AtomicU64,
    last_ms: AtomicU64,
}

pub(crate) struct Pool {
    pub(crate) config: Config,
    pub(crate) compiler: Arc<Compiler>,
    pub(crate) logs: Arc<Logs>,
    apps: Mutex<HashMap<AppName, Arc<AppWorkers>>>,
    spares: Mutex<Vec<(Arc<Worker>, Arc<Side>)>>,
    filling: AtomicBool,
    draining: AtomicBool,
}

/// What a worker says that belongs to no single call, and what happens when it ends.
struct Side {
    pid: u32,
    build: EngineBuild,
    app: OnceLock<(AppName, Arc<Deaths>)>,
    /// The worker gave an answer once.
    served: Arc<AtomicBool>,
    denied_window: AtomicU64,
    denied_count: AtomicU64,
    pool: std::sync::Weak<Pool>,
    compiler: Arc<Compiler>,
    logs: Arc<Logs>,
}

impl Pool {
    pub(crate) fn new(config: Config, compiler: Arc<Compiler>, logs: Arc<Logs>) -> Arc<Self> {
        Arc::new(Self {
            config,
            compiler,
            logs,
            apps: Mutex::default(),
            spares: Mutex::default(),
            filling: AtomicBool::new(false),
            draining: AtomicBool::new(false),
        })
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.compiler.clock.instant().0 / 1_000_000
    }

    pub(crate) fn app(&self, name: &AppName) -> Arc<AppWorkers> {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(app) = apps.get(name) {
            return app.clone();
        }
        let app = Arc::new(AppWorkers {
            app: name.clone(),
            current: ArcSwapOption::empty(),
            starting: tokio::sync::Mutex::default(),
            deaths: Arc::default(),
            places: Arc::new(Semaphore::new(self.config.calls_per_worker)),
        });
        apps.insert(name.clone(), app.clone());
        app
    }

    /// The app's worker, started if need be. `true`: it had to be.
    pub(crate) async fn worker(self: &Arc<Self>, app: &AppWorkers) -> Result<(Arc<Worker>, bool), StartError> {
        let ready = || app.current.load_full().filter(|worker| !worker.is_gone());
        if let Some(worker) = ready() {
            return Ok((worker, false));
        }
        let _one = app.starting.lock().await;
        if let Some(worker) = ready() {
            return Ok((worker, false));
        }
        self.hold_off(app).await?;
        let artefact_key = self.compiler.key().await.map_err(|reason| StartError::Keeper { reason })?;
        let (worker, side) = match self.take_spare() {
            Some(spare) => spare,
            None => self.start().await?,
        };
        let _ = side.app.set((app.app.clone(), app.deaths.clone()));
        let assign = Assign { app: app.app.clone(), artefact_key };
        worker.assign(&assign).map_err(|e| StartError::Channel { reason: e.to_string() })?;
        worker.used_at_ms.store(self.now_ms(), Ordering::Relaxed);
        app.current.store(Some(worker.clone()));
        self.fill();
        Ok((worker, true))
    }

    /// Workers that die without one answer, again and again, are not started at full speed. A short pause is waited for,
    /// a longer one is the caller's to come back after.
    async fn hold_off(&self, app: &AppWorkers) -> Result<(), StartError> {
        let deaths = app.deaths.count.load(Ordering::Relaxed);
        if deaths < 3 {
            return Ok(());
        }
        let pause = (100u64 << (deaths - 3).min(6)).min(5_000);
        let since = self.now_ms().saturating_sub(app.deaths.last_ms.load(Ordering::Relaxed));
        let left = pause.saturating_sub(since);
        if left > self.config.queue_ms {
            return Err(StartError::BackOff { deaths: u32::try_from(deaths).unwrap_or(u32::MAX), retry_ms: left });
        }
        tokio::time::sleep(Duration::from_millis(left)).await;
        Ok(())
    }

    fn take_spare(&self) -> Option<(Arc<Worker>, Arc<Side>)> {
        let mut spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(spare) = spares.pop() {
            if !spare.0.is_gone() {
                return Some(spare);
            }
        }
        None
    }

    async fn start(self: &Arc<Self>) -> Result<(Arc<Worker>, Arc<Side>), StartError> {
        let build = self.compiler.build.clone();
        let child = self.compiler.processes.start(EngineRole::Work, build.clone()).await?;
        let pid = child.pid;
        let greeting = Worker::greet(pid, child.channel, &build);
        let greeted = tokio::time::timeout(Duration::from_millis(START_MS), greeting).await;
        let (worker, receiver) = match greeted {
            Ok(Ok(ready)) => ready,
            other => {
                self.compiler.processes.kill(pid);
                return Err(match other {
                    Ok(Err(error)) => error,
                    _ => StartError::Slow { ms: START_MS },
                });
            }
        };
        let side = Arc::new(Side {
            pid,
            build,
            app: OnceLock::new(),
            served: worker.served.clone(),
            denied_window: AtomicU64::new(0),
            denied_count: AtomicU64::new(0),
            pool: Arc::downgrade(self),
            compiler: self.compiler.clone(),
            logs: self.logs.clone(),
        });
        tokio::spawn(worker.clone().read(receiver, Box::new(side.clone())));
        Ok((worker, side))
    }

    /// Starts spares in the background until there are enough.
    pub(crate) fn fill(self: &Arc<Self>) {
        if self.draining.load(Ordering::Relaxed) || self.filling.swap(true, Ordering::AcqRel) {
            return;
        }
        let pool = self.clone();
        tokio::spawn(async move {
            let mut failures = 0u32;
            loop {
                {
                    let mut spares = pool.spares.lock().unwrap_or_else(PoisonError::into_inner);
                    spares.retain(|(worker, _)| !worker.is_gone());
                    if spares.len() >= pool.config.spare_workers {
                        break;
                    }
                }
                match pool.start().await {
                    Ok(spare) => pool.spares.lock().unwrap_or_else(PoisonError::into_inner).push(spare),
                    Err(error) => {
                        failures += 1;
                        tracing::warn!(%error, "no spare worker could be started");
                        if failures == 5 {
                            break;
                        }
                        tokio::time::sleep(Duration::from_millis(100 << failures)).await;
                    }
                }
            }
            pool.filling.store(false, Ordering::Release);
        });
    }

    /// Ends workers without work, for ever. Run as a task of its own.
    pub(crate) async fn sweep(self: Arc<Self>) {
        let idle_ms = self.config.worker_idle_s.saturating_mul(1_000);
        let pause = Duration::from_millis((idle_ms / 4).clamp(50, 1_000));
        loop {
            tokio::time::sleep(pause).await;
            let now = self.now_ms();
            for app in self.all() {
                let Some(worker) = app.current.load_full() else { continue };
                let idle = worker.busy.load(Ordering::Acquire) == 0
                    && now.saturating_sub(worker.used_at_ms.load(Ordering::Relaxed)) >= idle_ms;
                if idle {
                    app.current.compare_and_swap(&worker, None);
                    worker.drain();
                }
            }
        }
    }

    fn all(&self) -> Vec<Arc<AppWorkers>> {
        self.apps.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Ends an app's worker: the app was removed.
    pub(crate) fn remove(&self, name: &AppName) {
        let app = self.apps.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some(worker) = app.and_then(|app| app.current.swap(None)) {
            worker.drain();
        }
    }

    /// Asks all workers to finish and end.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        for app in self.all() {
            if let Some(worker) = app.current.swap(None) {
                worker.drain();
            }
        }
        for (worker, _) in self.spares.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            worker.drain();
        }
    }

    /// Running workers: app (none for a spare), pid, JSON of the jail's report.
    pub(crate) fn running(&self) -> Vec<(Option<AppName>, u32, String)> {
        let assigned = self.all().into_iter().filter_map(|app| {
            let worker = app.current.load_full().filter(|w| !w.is_gone())?;
            Some((Some(app.app.clone()), worker.pid, worker.posture.clone()))
        });
        let mut running: Vec<_> = assigned.collect();
        let spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
        running.extend(spares.iter().filter(|(w, _)| !w.is_gone()).map(|(w, _)| (None, w.pid, w.posture.clone())));
        running
    }
}

impl Side {
    fn event(&self, kind: Kind, action: &str, note: String) {
        let mut event = Event::platform(self.compiler.clock.now(), kind, action, note);
        event.engine_build = Some(self.build.clone());
        event.app = self.app.get().map(|(app, _)| app.clone());
        let _ = self.compiler.audit.record(&event);
    }

    fn ended(&self, exit: ChildExit, lie: Option<&str>) {
        let pid = self.pid;
        if let Some(lie) = lie {
            self.event(Kind::Security, "worker-lied", format!("worker {pid}: {lie}"));
        }
        if exit.broke_jail() {
            let note = format!("worker {pid} asked the kernel for something its jail forbids, and was ended");
            self.event(Kind::Security, "jail-violation", note);
        } else if exit.code == Some(0) {
            self.event(Kind::Process, "worker-ended", format!("worker {pid} was idle or asked to end"));
        } else {
            let note = format!("worker {pid} ended with code {:?}, signal {:?}", exit.code, exit.signal);
            self.event(Kind::Process, "worker-lost", note);
        }
        let clean = exit.code == Some(0) && lie.is_none();
        if let Some((_, deaths)) = self.app.get() {
            let now = self.compiler.clock.instant().0 / 1_000_000;
            if clean || self.served.load(Ordering::Relaxed) {
                deaths.count.store(0, Ordering::Relaxed);
            } else {
                deaths.count.fetch_add(1, Ordering::Relaxed);
                deaths.last_ms.store(now, Ordering::Relaxed);
            }
        }
    }
}

impl Aside for Arc<Side> {
    fn log(&self, log: Log) {
        let Some((app, _)) = self.app.get() else { return };
        let stream = match log.stream {
            LogStream::Stdout => "stdout",
            LogStream::Stderr => "stderr",
            LogStream::Platform => "platform",
        };
        let line = LogLine {
            at: self.compiler.clock.now(),
            function: log.function.to_string(),
            request: Some(log.request),
            stream: stream.into(),
            text: log.text,
        };
        self.logs.write(app, line);
    }

    fn denied(&self, denied: DeniedHatch) {
        let second = self.compiler.clock.instant().0 / 1_000_000_000;
        if self.denied_window.swap(second, Ordering::Relaxed) != second {
            self.denied_count.store(0, Ordering::Relaxed);
        }
        if self.denied_count.fetch_add(1, Ordering::Relaxed) >= DENIED_PER_SECOND {
            return;
        }
        let wanted: String = denied.wanted.chars().take(200).filter(|c| !c.is_control()).collect();
        let note = format!("{}: {wanted}", denied.hatch);
        let mut event = Event::platform(self.compiler.clock.now(), Kind::Security, "hatch-denied", note);
        event.app = self.app.get().map(|(app, _)| app.clone());
        event.function = Some(denied.function);
        event.request = Some(denied.request);
        event.engine_build = Some(self.build.clone());
        let _ = self.compiler.audit.record(&event);
    }

    fn over(&self, lie: Option<&str>) {
        let (side, lie) = (self.clone(), lie.map(str::to_owned));
        tokio::spawn(async move {
            if lie.is_some() {
                side.compiler.processes.kill(side.pid);
            }
            let exit = side.compiler.processes.ended(side.pid).await;
            side.ended(exit, lie.as_deref());
            if let Some(pool) = side.pool.upgrade() {
                pool.fill();
            }
        });
    }
}
