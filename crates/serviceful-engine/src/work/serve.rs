//! Reads the channel and does what the front asks.
use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{Method, Request, Uri, uri};
use tokio::{runtime::Handle, sync::Semaphore, time::MissedTickBehavior};
use types::{AppName, Caller};
use wasmtime::{Engine, Precompiled, component::Linker};
use wire::{
    Frame, FrameError, Receiver, Sender,
    work::{
        Assign, Credit, Failure, Fields, Invoke, Load, Loaded as Answer, Prepare, Probe, Told, Unload, to_front,
        to_worker,
    },
};

use super::{
    Hooks,
    body::RequestBody,
    call::{Call, Origin, Stop},
    calls::Calls,
    desk::Desk,
    drill,
    drive::{Driver, Movable},
    fields,
    guest::Guest,
    instance::{self, Errand},
    js,
    link::Loaded,
    outbox::Outbox,
    shelf::Shelf,
    slow::Slow,
    ticker::Ticker,
};
use crate::{
    clock::monotonic_ns,
    config,
    door::{StartError, frame},
    js::installed,
    native, seal,
};

/// How late a call may be stopped after its wall time.
const SWEEP: Duration = Duration::from_millis(10);
/// Largest artefact that is read.
const ARTEFACT_BYTES_MAX: u64 = 512 << 20;

/// What all calls of this worker share.
pub(super) struct Worker {
    pub(super) engine: Engine,
    pub(super) linker: Linker<Guest>,
    pub(super) ticker: Ticker,
    pub(super) hooks: Hooks,
    pub(super) sender: Sender,
    slots: Arc<Semaphore>,
    calls: Arc<Calls>,
    desk: Arc<Desk>,
    outbox: Arc<Outbox>,
    shelf: Arc<Mutex<Shelf>>,
    slow: Slow,
    /// What artefacts must be signed with.
    key: Option<[u8; 32]>,
    assigned: Option<AppName>,
    draining: bool,
}

impl Worker {
    pub(super) fn new(
        engine: Engine,
        linker: Linker<Guest>,
        ticker: Ticker,
        hooks: Hooks,
        threads: usize,
        sender: Sender,
    ) -> Self {
        Self {
            engine,
            linker,
            ticker,
            hooks,
            sender,
            slots: Arc::new(Semaphore::new(config::CALLS_MAX)),
            calls: Arc::default(),
            desk: Arc::default(),
            outbox: Arc::default(),
            shelf: Arc::default(),
            slow: Slow::new(threads),
            key: None,
            assigned: None,
            draining: false,
        }
    }

    /// Until the front hangs up, or a drain is done.
    pub(super) async fn serve(mut self, mut receiver: Receiver) -> Result<(), StartError> {
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            while let Some(frame) = receiver.buffered()? {
                self.take(frame)?;
            }
            self.outbox.empty(&self.sender)?;
            let busy = !self.calls.is_empty();
            if self.draining && !busy {
                self.outbox.empty(&self.sender)?;
                return Ok(());
            }
            tokio::select! {
                biased;
                frame = receiver.next() => self.take(frame?)?,
                _ = sweep.tick(), if busy => self.calls.stop_late(monotonic_ns()),
                () = self.outbox.filled() => self.outbox.empty(&self.sender)?,
                () = self.calls.ended(), if self.draining => {}
            }
        }
    }

    fn take(&mut self, mut frame: Frame) -> Result<(), StartError> {
        let stream = frame.stream;
        match frame.kind {
            to_worker::INVOKE => self.invoke(stream, frame.message()?)?,
            to_worker::BODY => {
                if let Some(call) = self.calls.find(stream)
                    && !call.body_piece(frame.payload)
                {
                    return Err(StartError::Order { what: "a request body passed its credit" });
                }
            }
            to_worker::BODY_END => {
                let trailers: Fields = frame.message()?;
                self.with(stream, |call| call.body_end(trailers));
            }
            to_worker::BODY_ABORT => self.with(stream, Call::body_abort),
            to_worker::CREDIT => {
                let credit: Credit = frame.message()?;
                self.with(stream, |call| call.add_credit(credit.bytes));
            }
            to_worker::TOLD => {
                let told: Told = frame.message()?;
                self.desk.told(told);
            }
            to_worker::CANCEL => self.with(stream, |call| call.stop(Stop::Cancelled)),
            to_worker::PREPARE => self.prepare(&frame.message()?)?,
            to_worker::ASSIGN => self.assign(frame.message()?)?,
            to_worker::LOAD => {
                let artefact = File::from(frame.take_fd()?);
                let source = frame.fds.pop().map(File::from);
                self.load(stream, frame.message()?, artefact, source)?;
            }
            to_worker::PROBE => self.probe(stream, frame.message()?)?,
            to_worker::UNLOAD => {
                let unload: Unload = frame.message()?;
                self.shelf.lock().unwrap_or_else(PoisonError::into_inner).remove(&unload.component);
            }
            to_worker::DRAIN => self.draining = true,
            kind => return Err(FrameError::Unknown { kind }.into()),
        }
        Ok(())
    }

    /// Frames for a call that has just ended are late, not wrong.
    fn with(&self, stream: u32, act: impl FnOnce(&Call)) {
        if let Some(call) = self.calls.find(stream) {
            act(&call);
        }
    }

    /// SECURITY: once and for ever. Whoever could name another key could bring code of their own.
    fn prepare(&mut self, prepare: &Prepare) -> Result<(), StartError> {
        if self.key.is_some() {
            return Err(StartError::Order { what: "a worker was prepared twice" });
        }
        self.key = Some(prepare.artefact_key);
        Ok(())
    }

    /// SECURITY: once and for ever. A worker that served two apps would hold both in one address space.
    fn assign(&mut self, assign: Assign) -> Result<(), StartError> {
        if self.assigned.is_some() {
            return Err(StartError::Order { what: "a worker was assigned twice" });
        }
        self.assigned = Some(assign.app);
        Ok(())
    }

    /// Checks and loads an artefact: beside the calls that run, or at once when there are none.
    fn load(&mut self, stream: u32, load: Load, artefact: File, source: Option<File>) -> Result<(), StartError> {
        let Some(key) = self.key else {
            return Err(StartError::Order { what: "an artefact came before the key that it is signed with" });
        };
        // INVARIANT: before it belongs to an app, a worker holds what is the platform's alone.
        if self.assigned.is_none() && Some(load.statement.component) != installed::digest() {
            return Err(StartError::Order { what: "a component came before the worker was assigned" });
        }
        let (engine, linker, shelf) = (self.engine.clone(), self.linker.clone(), self.shelf.clone());
        let outbox = self.outbox.clone();
        let work = move || {
            let answer = bring_in(&engine, &linker, &shelf, &load, (&artefact, source), &key);
            if let Ok(frame) = frame(to_front::LOADED, stream, &answer) {
                outbox.put(vec![frame]);
            }
        };
        if self.calls.is_empty() {
            work();
        } else {
            self.slow.handle()?.spawn(async move { work() });
        }
        Ok(())
    }

    fn find(&self, component: &types::Digest) -> Option<Arc<Loaded>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).find(component)
    }

    fn probe(&mut self, stream: u32, probe: Probe) -> Result<(), StartError> {
        let Some(loaded) = self.find(&probe.component) else {
            let reason = "the component is not loaded; load it and probe again".into();
            return self.send(vec![frame(to_front::LOADED, stream, &Answer::Refused { reason })?]);
        };
        let call = Arc::new(Call::new(Origin {
            stream,
            serves: None,
            handler: None,
            limits: probe.limits,
            grants: probe.grants,
            caller: Caller::Stranger,
            groups: Vec::new(),
            desk: self.desk.clone(),
            wall_ms: probe.limits.wall_ms,
            has_body: false,
        }));
        let driver = self.begin(&call)?;
        let guest = instance::run(self.engine.clone(), self.slots.clone(), loaded, call.clone(), Errand::Probe);
        self.start(call, Box::pin(driver.probe(guest)))
    }

    fn invoke(&mut self, stream: u32, invoke: Invoke) -> Result<(), StartError> {
        let Some(loaded) = self.find(&invoke.component) else {
            return self.refuse(stream, &Failure::NotLoaded);
        };
        if let Some(text) = self.hooks.before_guest.and_then(|hook| hook(&invoke)) {
            return self.send(drill::answer(stream, text)?);
        }
        let Invoke { request, function, handler, limits, grants, caller, groups, has_body, wall_ms, .. } = invoke;
        let serves = Some((request, function));
        let desk = self.desk.clone();
        let origin = Origin { stream, serves, handler, limits, grants, caller, groups, desk, wall_ms, has_body };
        let call = Arc::new(Call::new(origin));
        let head = (invoke.method, invoke.scheme, invoke.authority, invoke.path_and_query);
        let request = match build(head, invoke.fields, RequestBody::new(call.clone())) {
            Ok(request) => request,
            Err(reason) => return self.refuse(stream, &Failure::Engine { reason }),
        };
        let driver = self.begin(&call)?;
        let guest = instance::run(
            self.engine.clone(),
            self.slots.clone(),
            loaded,
            call.clone(),
            Errand::Request(Box::new(request)),
        );
        self.start(call, Box::pin(driver.request(guest)))
    }

    fn begin(&self, call: &Arc<Call>) -> Result<Driver, StartError> {
        if !self.calls.insert(call.clone()) {
            return Err(StartError::Order { what: "a stream was used while it was still in use" });
        }
        let (calls, outbox) = (self.calls.clone(), self.outbox.clone());
        Ok(Driver { call: call.clone(), calls, outbox, running: self.ticker.call() })
    }

    fn start(
        &mut self,
        call: Arc<Call>,
        task: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> Result<(), StartError> {
        let slow: Handle = self.slow.handle()?;
        tokio::spawn(Movable { task: Some(task), call, slow });
        Ok(())
    }

    fn refuse(&self, stream: u32, failure: &Failure) -> Result<(), StartError> {
        let ended = wire::work::Ended::default();
        self.send(vec![frame(to_front::FAILED, stream, failure)?, frame(to_front::ENDED, stream, &ended)?])
    }

    fn send(&self, frames: Vec<Frame>) -> Result<(), StartError> {
        self.outbox.put(frames);
        Ok(())
    }
}

/// Reads, verifies, loads and links an artefact.
fn bring_in(
    engine: &Engine,
    linker: &Linker<Guest>,
    shelf: &Mutex<Shelf>,
    load: &Load,
    (artefact, source): (&File, Option<File>),
    key: &[u8; 32],
) -> Answer {
    let refused = |reason: String| Answer::Refused { reason };
    let bytes = match read(artefact, load.statement.artefact_bytes) {
        Ok(bytes) => bytes,
        Err(reason) => return refused(reason),
    };
    let length = bytes.len();
    let verified = match seal::verify(bytes, load, key, config::build_id()) {
        Ok(verified) => verified,
        Err(error) => return refused(error.to_string()),
    };
    if Engine::detect_precompiled(verified.bytes()) == Some(Precompiled::Module) {
        return match js::bring_in(engine, shelf, &verified, source) {
            Ok(loaded) => {
                if let Some(loaded) = loaded {
                    let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
                    shelf.put(verified.component(), Arc::new(loaded), length);
                }
                Answer::Ready
            }
            Err(error) => Answer::Broken { reason: format!("{error:#}") },
        };
    }
    let component = match native::load(engine, &verified) {
        Ok(component) => component,
        // What the keeper signed for this build does not load: nothing is wrong with the cache, so making it again would not help.
        Err(error) => return Answer::Broken { reason: unloadable(&error) },
    };
    match Loaded::new(linker, &component) {
        Ok(loaded) => {
            let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
            shelf.put(verified.component(), Arc::new(loaded), length);
            Answer::Ready
        }
        Err(error) => Answer::Broken { reason: unloadable(&error) },
    }
}

/// Why a component that was compiled does not load. wasmtime has no type for what the pool has no room for.
fn unloadable(error: &wasmtime::Error) -> String {
    let reason = format!("{error:#}");
    if reason.contains("pooling allocator") {
        let most = types::RunLimits::CAP.instances;
        return format!(
            "limit `instances`: it is made of more than {most} instances, memories or tables, or of larger ones than any function may have"
        );
    }
    reason
}

/// Reads the artefact into private memory, by position: others may hold the same open file.
fn read(artefact: &File, stated: u64) -> Result<Vec<u8>, String> {
    if stated > ARTEFACT_BYTES_MAX {
        return Err(format!("the artefact has {stated} bytes; at most {ARTEFACT_BYTES_MAX} are loaded"));
    }
    let length = usize::try_from(stated).map_err(|_| String::from("the artefact is too large"))?;
    let mut bytes = vec![0; length];
    artefact
        .read_exact_at(&mut bytes, 0)
        .map_err(|error| format!("the artefact cannot be read as far as its statement says: {error}"))?;
    Ok(bytes)
}

/// The request as a guest sees it, with scheme and authority.
fn build(
    (method, scheme, authority, path): (String, String, String, String),
    fields: Fields,
    body: RequestBody,
) -> Result<Request<RequestBody>, String> {
    let mut parts = uri::Parts::default();
    parts.scheme = Some(scheme.parse().map_err(|_| String::from("the request's scheme is malformed"))?);
    parts.authority = Some(authority.parse().map_err(|_| String::from("the request's authority is malformed"))?);
    parts.path_and_query = Some(path.parse().map_err(|_| String::from("the request's path is malformed"))?);
    let mut request = Request::new(body);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| String::from("the request's target is malformed"))?;
    *request.method_mut() =
        Method::from_bytes(method.as_bytes()).map_err(|_| String::from("the request's method is malformed"))?;
    *request.headers_mut() =
        fields::to_map(fields).map_err(|name| format!("the request header `{name}` is malformed"))?;
    Ok(request)
}
