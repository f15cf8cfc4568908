//! What a worker says that belongs to no single answer, and what happens when it ends.
use std::sync::{
    Arc, Mutex, OnceLock, PoisonError, Weak,
    atomic::{AtomicU64, Ordering},
};

use gateway::{LogLine, events::Event, events::Kind, events::Outcome};
use types::{AppName, Code, EngineBuild, FunctionName, RequestId};
use wire::work::LogStream;

use crate::{
    Logs,
    budget::{Budget, Line},
    calls::Beside,
    compiler::Compiler,
    desk::{self, Answered, Asked},
    pool::{Deaths, Pool},
    processes::ChildExit,
    worker::{Aside, Verdict, Worker},
};

/// Records of denied hatches that one worker may cause in a second; the rest is only counted.
const DENIED_PER_SECOND: u64 = 20;

/// Why a use was refused, in a word of docs/reference/audit-log.md. Everybody may ask `allowed`, so often.
fn reason(hatch: &str) -> &'static str {
    if hatch == "allowed" { "limit-allowed" } else { "no-grant" }
}

/// See the module. One a worker.
pub(crate) struct Side {
    pid: u32,
    build: EngineBuild,
    app: OnceLock<(AppName, Arc<Deaths>)>,
    budget: Mutex<Budget>,
    denied_window: AtomicU64,
    denied_count: AtomicU64,
    pool: Weak<Pool>,
    compiler: Arc<Compiler>,
    logs: Arc<Logs>,
}

impl Side {
    pub(crate) fn new(
        pid: u32,
        build: EngineBuild,
        pool: &Arc<Pool>,
        compiler: Arc<Compiler>,
        logs: Arc<Logs>,
    ) -> Arc<Self> {
        let budget = Mutex::new(Budget::new(compiler.clock.instant().0));
        Arc::new(Self {
            pid,
            build,
            app: OnceLock::new(),
            budget,
            denied_window: AtomicU64::new(0),
            denied_count: AtomicU64::new(0),
            pool: Arc::downgrade(pool),
            compiler,
            logs,
        })
    }

    pub(crate) fn belongs_to(&self, app: AppName, deaths: Arc<Deaths>) {
        let _ = self.app.set((app, deaths));
    }

    pub(crate) fn app(&self) -> Option<&AppName> {
        self.app.get().map(|(app, _)| app)
    }

    fn event(&self, kind: Kind, action: &str, note: String) -> Event {
        let mut event = Event::platform(self.compiler.clock.now(), kind, action, note);
        event.engine_build = Some(self.build.clone());
        event.app = self.app().cloned();
        event
    }

    fn record(&self, kind: Kind, action: &str, note: String) {
        let _ = self.compiler.audit.record(&self.event(kind, action, note));
    }

    fn log(&self, request: RequestId, function: &FunctionName, stream: &str, text: String, place: Option<String>) {
        let Some(app) = self.app() else { return };
        let line = LogLine {
            at: self.compiler.clock.now(),
            function: function.to_string(),
            request: Some(request),
            stream: stream.into(),
            text,
            place,
        };
        self.logs.write(app, line);
    }

    fn log_within_budget(
        &self,
        request: RequestId,
        function: &FunctionName,
        stream: &str,
        text: String,
        place: Option<String>,
    ) {
        let now_ns = self.compiler.clock.instant().0;
        let line = self.budget.lock().unwrap_or_else(PoisonError::into_inner).line(text.len(), now_ns);
        let Line::Write { lost } = line else { return };
        if lost > 0 {
            let text = format!("{} of this app lost: it writes too much", types::counted(lost, "line", "lines"));
            self.log(request, function, "platform", text, None);
        }
        self.log(request, function, stream, text, place);
    }

    fn denied(&self, request: RequestId, function: FunctionName, hatch: &str, wanted: &str) {
        let second = self.compiler.clock.instant().0 / 1_000_000_000;
        if self.denied_window.swap(second, Ordering::Relaxed) != second {
            self.denied_count.store(0, Ordering::Relaxed);
        }
        if self.denied_count.fetch_add(1, Ordering::Relaxed) >= DENIED_PER_SECOND {
            return;
        }
        let wanted: String = wanted.chars().take(200).collect();
        let mut event = self.event(Kind::Security, "hatch-denied", format!("{hatch}: {wanted}"));
        event.function = Some(function);
        event.request = Some(request);
        event.outcome = Outcome::Refused {
            status: Code::POL_DENIED.status(),
            code: Code::POL_DENIED.as_str().into(),
            reason: Event::text(reason(hatch)),
        };
        let _ = self.compiler.audit.record(&event);
    }

    fn ended(&self, exit: ChildExit, worker: &Worker) {
        let (pid, asked, verdict) = (self.pid, worker.was_asked_to_end(), worker.verdict());
        let lie = verdict.and_then(Verdict::lie);
        if let Some(lie) = lie {
            self.record(Kind::Security, "worker-lied", format!("worker {pid}: {lie}"));
        }
        if exit.broke_jail() {
            let note = format!("worker {pid} asked the kernel for something its jail forbids, and was ended");
            self.record(Kind::Security, "jail-violation", note);
        } else if exit.code == Some(0) {
            self.record(Kind::Process, "worker-ended", format!("worker {pid} was idle or asked to end"));
        } else {
            let why = if let Some(Verdict::Ended(why)) = verdict { format!(": {why}") } else { String::new() };
            // What an allocation does that fails; the kernel refuses memory past a worker's limit.
            let hint = if exit.aborted() { " (it gave up: mostly because it could get no more memory)" } else { "" };
            let note = format!("worker {pid} {exit}{hint}{why}");
            self.record(Kind::Process, "worker-lost", note);
        }
        let Some((_, deaths)) = self.app.get() else { return };
        // A worker that we had to end counts even if it served, and one that left unasked even if it said that all is well.
        let failed = verdict.is_some() || !worker.served.load(Ordering::Relaxed);
        if lie.is_some() || failed && !asked {
            deaths.one_more(self.compiler.clock.instant().0 / 1_000_000);
        } else {
            deaths.forget();
        }
    }
}

impl Aside for Arc<Side> {
    fn beside(&self, said: Beside) {
        match said {
            Beside::Log { request, function, stream, text, place } => {
                let stream = match stream {
                    LogStream::Stdout => "stdout",
                    LogStream::Stderr => "stderr",
                    LogStream::Platform => "platform",
                };
                self.log_within_budget(request, &function, stream, text, place);
            }
            Beside::Denied { request, function, hatch, wanted } => self.denied(request, function, &hatch, &wanted),
            // Those come by `asked`.
            Beside::Asked(_) => {}
        }
    }

    fn asked(&self, worker: &Arc<Worker>, asked: Asked) {
        let (side, worker) = (self.clone(), worker.clone());
        let Some(pool) = side.pool.upgrade() else { return };
        tokio::spawn(async move {
            let (stream, number, request, target) = (asked.stream, asked.number, asked.request, asked.target.clone());
            let Answered { answer, denied, line } = pool.desk.answer(asked).await;
            if let Some((hatch, wanted)) = denied {
                side.denied(request, target.function.clone(), hatch, &wanted);
            }
            if let Some(text) = line {
                let function = target.function.clone();
                side.beside(Beside::Log { request, function, stream: LogStream::Platform, text, place: None });
            }
            desk::tell(&worker, stream, number, answer).await;
        });
    }

    fn over(&self, worker: Arc<Worker>) {
        let side = self.clone();
        tokio::spawn(async move {
            // SECURITY: a process whose channel is closed does nothing for us any more; that it is gone is not its choice.
            side.compiler.processes.kill(side.pid);
            let exit = side.compiler.processes.ended(side.pid).await;
            side.ended(exit, &worker);
            if let Some(pool) = side.pool.upgrade() {
                pool.forget(side.pid);
                pool.fill();
            }
        });
    }
}
