//! Which worker serves which app: started on first use, kept while there is work, replaced when it dies.
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::{sync::Semaphore, time::Instant};
use types::AppName;
use wire::supervisor::EngineRole;

use crate::{
    Logs, compiler::Compiler, config::Config, desk::Desk, error::StartError, exchange, side::Side, worker::Worker,
};

/// A process that is not ready after so long is given up.
const START_MS: u64 = 10_000;

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
pub(crate) struct Deaths {
    count: AtomicU64,
    last_ms: AtomicU64,
}

impl Deaths {
    pub(crate) fn one_more(&self, now_ms: u64) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.last_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(crate) fn forget(&self) {
        self.count.store(0, Ordering::Relaxed);
    }
}

/// A worker, and what listens beside it.
type Known = (Arc<Worker>, Arc<Side>);

pub(crate) struct Pool {
    pub(crate) config: Config,
    pub(crate) compiler: Arc<Compiler>,
    pub(crate) logs: Arc<Logs>,
    pub(crate) desk: Desk,
    apps: Mutex<HashMap<AppName, Arc<AppWorkers>>>,
    /// Every worker that has not ended, by pid, whoever still knows of it.
    alive: Mutex<HashMap<u32, Known>>,
    spares: Mutex<Vec<Known>>,
    filling: AtomicBool,
    draining: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub(crate) fn new(config: Config, compiler: Arc<Compiler>, logs: Arc<Logs>, desk: Desk) -> Arc<Self> {
        Arc::new(Self {
            config,
            compiler,
            logs,
            desk,
            apps: Mutex::default(),
            alive: Mutex::default(),
            spares: Mutex::default(),
            filling: AtomicBool::new(false),
            draining: AtomicBool::new(false),
        })
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.compiler.clock.instant().0 / 1_000_000
    }

    pub(crate) fn app(&self, name: &AppName) -> Arc<AppWorkers> {
        let mut apps = lock(&self.apps);
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
        let (worker, side) = match self.take_spare() {
            Some(spare) => spare,
            None => self.start().await?,
        };
        worker.used_at_ms.store(self.now_ms(), Ordering::Relaxed);
        side.belongs_to(app.app.clone(), app.deaths.clone());
        worker.assign(app.app.clone()).map_err(|e| StartError::Channel { reason: e.to_string() })?;
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

    fn take_spare(&self) -> Option<Known> {
        let mut spares = lock(&self.spares);
        while let Some(spare) = spares.pop() {
            if !spare.0.is_gone() {
                return Some(spare);
            }
        }
        None
    }

    async fn start(self: &Arc<Self>) -> Result<Known, StartError> {
        let key = self.compiler.key().await.map_err(|reason| StartError::Keeper { reason })?;
        let build = self.compiler.build.clone();
        let child = self.compiler.processes.start(EngineRole::Work, build.clone()).await?;
        let pid = child.pid;
        let greeting = Worker::greet(pid, child.channel, &build, self.compiler.processes.clone());
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
        let side = Side::new(pid, build, self, self.compiler.clone(), self.logs.clone());
        lock(&self.alive).insert(pid, (worker.clone(), side.clone()));
        tokio::spawn(worker.clone().read(receiver, Box::new(side.clone())));
        worker.prepare(key).map_err(|e| StartError::Channel { reason: e.to_string() })?;
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
                    let mut spares = lock(&pool.spares);
                    spares.retain(|(worker, _)| !worker.is_gone());
                    if spares.len() >= pool.config.spare_workers {
                        break;
                    }
                }
                match pool.start().await {
                    Ok(spare) => {
                        exchange::warm(&pool, &spare.0).await;
                        lock(&pool.spares).push(spare);
                    }
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

    /// Ends workers without work, and those that do not keep time, for ever. Run as a task of its own.
    pub(crate) async fn sweep(self: Arc<Self>) {
        let idle_ms = self.config.worker_idle_s.saturating_mul(1_000);
        let pause = Duration::from_millis((idle_ms / 4).clamp(50, 1_000));
        loop {
            tokio::time::sleep(pause).await;
            let now_ms = self.now_ms();
            let alive: Vec<_> = lock(&self.alive).values().cloned().collect();
            for (worker, side) in alive {
                worker.look_after(Instant::now());
                let Some(app) = side.app() else { continue };
                let idle = worker.busy.load(Ordering::Acquire) == 0
                    && worker.calls.quiet_since().is_some()
                    && now_ms.saturating_sub(worker.used_at_ms.load(Ordering::Relaxed)) >= idle_ms;
                if idle {
                    self.retire(app, &worker);
                }
            }
        }
    }

    /// The worker gets no more calls, and is asked to end.
    fn retire(&self, app: &AppName, worker: &Arc<Worker>) {
        let app = lock(&self.apps).get(app).cloned();
        if let Some(app) = app {
            app.current.compare_and_swap(worker, None);
        }
        worker.drain();
    }

    /// The worker's channel has ended.
    pub(crate) fn forget(&self, pid: u32) {
        lock(&self.alive).remove(&pid);
    }

    fn all(&self) -> Vec<Arc<AppWorkers>> {
        lock(&self.apps).values().cloned().collect()
    }

    /// Ends an app's worker: the app was removed.
    pub(crate) fn remove(&self, name: &AppName) {
        let app = lock(&self.apps).remove(name);
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
        for (worker, _) in lock(&self.spares).drain(..) {
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
        let spares = lock(&self.spares);
        running.extend(spares.iter().filter(|(w, _)| !w.is_gone()).map(|(w, _)| (None, w.pid, w.posture.clone())));
        running
    }
}
