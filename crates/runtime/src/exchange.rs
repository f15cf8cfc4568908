//! One call: find a worker, send it, wait for the head; once more if a worker died and nothing can have happened twice.
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt;
use gateway::{Body, Invocation, Ran, Reply};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use types::{Digest, FunctionTarget, GroupName, Method, RequestId, UnixMillis};
use wire::{
    CHUNK_BYTES_MAX, Frame, encode,
    work::{Failure, Fields, FieldsRef, InvokeRef, Load, Loaded, Probe, to_worker},
};

use crate::{
    artefacts::{Artefact, is_intact},
    asking::Of,
    calls::Purpose,
    error::{REASON_BYTES, RunError},
    pool::Pool,
    response::{Call, response},
    stream::{BodyFault, Said, Stream},
    text::plain,
    worker::{Verdict, Worker},
};

/// A worker enforces a call's wall time itself; one that does not answer so long after it is taken for hung.
const GRACE_MS: u64 = 2_000;
/// How long loading or probing may take.
const LOAD_MS: u64 = 30_000;

/// Runs the invocation, of a request that came `at` that time, to its response's head.
pub(crate) async fn run(
    pool: &Arc<Pool>,
    mut invocation: Invocation,
    groups: &[GroupName],
    at: UnixMillis,
) -> Result<Reply, RunError> {
    let target = invocation.target().clone();
    let app = pool.app(&target.app);
    let queue = Duration::from_millis(pool.config.queue_ms);
    let place = match app.places.clone().try_acquire_owned() {
        Ok(place) => place,
        Err(_) => match tokio::time::timeout(queue, app.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => place,
            _ => return Err(RunError::Busy),
        },
    };
    let place = Arc::new(place);
    let body = invocation.take_body();
    let has_body = !body.is_end_stream();
    let bytes_max = target.limits.request_kib.saturating_mul(1_024);
    if body.size_hint().lower() > bytes_max {
        return Err(RunError::BodyTooLarge { max_kib: target.limits.request_kib });
    }
    let mut body = has_body.then_some(body);
    let again = !has_body && invocation.head().method.as_str().parse().is_ok_and(Method::is_idempotent);
    let payload = message(&invocation, groups, has_body).map_err(|e| RunError::Lied { reason: e.to_string() })?;
    let (request, asked_head) = (invocation.request(), invocation.head().method == http::Method::HEAD);
    let (method, uri) = (invocation.head().method.clone(), invocation.head().uri.clone());
    let of = Arc::new(Of { caller: invocation.caller().clone(), method, uri, at });
    drop(invocation);
    let mut retries = 0;
    loop {
        let (worker, started) = pool.worker(&app).await?;
        let loaded = ready(pool, &worker, &target).await?;
        let (payload, place) = (payload.clone(), place.clone());
        let attempt = Attempt { pool, worker: &worker, request, asked_head, target: &target, payload, place, of: &of };
        match attempt.run(body.take()).await {
            // The worker dropped the component between our look and the call: nothing ran.
            Err(RunError::Guest(Failure::NotLoaded)) if retries == 0 && !has_body => {
                worker.set_loaded(target.component, false)
            }
            Err(RunError::Lost) if retries == 0 && again => {}
            Err(error) => return Err(error),
            Ok(response) => {
                worker.served.store(true, Ordering::Relaxed);
                let ran = Ran { engine_build: worker.build.clone(), cold: started || loaded, retries };
                return Ok(Reply { response, ran: Some(ran), note: None });
            }
        }
        retries += 1;
    }
}

struct Attempt<'a> {
    pool: &'a Pool,
    worker: &'a Arc<Worker>,
    request: RequestId,
    asked_head: bool,
    target: &'a Arc<FunctionTarget>,
    payload: Bytes,
    place: Arc<OwnedSemaphorePermit>,
    of: &'a Arc<Of>,
}

impl Attempt<'_> {
    async fn run(self, body: Option<Body>) -> Result<http::Response<Body>, RunError> {
        let target = self.target;
        let now_ms = self.pool.now_ms();
        self.worker.busy.fetch_add(1, Ordering::AcqRel);
        self.worker.used_at_ms.store(now_ms, Ordering::Relaxed);
        // One deadline for all of it, head and body.
        let late_at = Instant::now() + Duration::from_millis(target.limits.wall_ms.saturating_add(GRACE_MS));
        let purpose = Purpose::Invoke { request: self.request, target: target.clone(), of: self.of.clone() };
        let (id, stream) = self.worker.open(purpose, late_at);
        let call = Call {
            worker: self.worker.clone(),
            id,
            stream: stream.clone(),
            late_at,
            finished: false,
            _place: Some(self.place),
        };
        let mut frames = vec![Frame::new(to_worker::INVOKE, id, self.payload)];
        let bytes_max = target.limits.request_kib.saturating_mul(1_024);
        let rest = body.and_then(|body| begin(body, id, &stream, bytes_max, &mut frames));
        self.worker.post(frames)?;
        if let Some((body, first)) = rest {
            let pump = Pump { worker: self.worker.clone(), stream, id, left: bytes_max };
            tokio::spawn(pump.run(body, first));
        }
        match tokio::time::timeout_at(late_at, head(&call)).await {
            Ok(Ok(head)) => response(head, call, &target.limits, self.asked_head),
            Ok(Err(BodyOr::Run(error))) => Err(error),
            Ok(Err(BodyOr::Body(BodyFault::TooLarge))) => {
                Err(RunError::BodyTooLarge { max_kib: target.limits.request_kib })
            }
            Ok(Err(BodyOr::Body(BodyFault::Broken))) => Err(RunError::BodyBroken),
            Err(_) => {
                // SECURITY: a worker that ignores its own clock may be somebody else's by now.
                self.worker.end(Verdict::Ended("a call was not answered when its time was over"));
                Err(RunError::Silent)
            }
        }
    }
}

enum BodyOr {
    Body(BodyFault),
    Run(RunError),
}

async fn head(call: &Call) -> Result<wire::work::Head, BodyOr> {
    loop {
        return match call.stream.next().await {
            Said::Head(head) => Ok(head),
            Said::Failed(failure) => Err(BodyOr::Run(RunError::failed(failure))),
            Said::RequestBody(fault) => Err(BodyOr::Body(fault)),
            Said::Ended => Err(BodyOr::Run(RunError::Guest(Failure::NoResponse))),
            Said::Lost { lie: Some(reason) } => Err(BodyOr::Run(RunError::Lied { reason })),
            Said::Lost { lie: None } => Err(BodyOr::Run(RunError::Lost)),
            Said::Body(_) | Said::BodyEnd(_) | Said::Loaded(_) => continue,
        };
    }
}

fn message(invocation: &Invocation, groups: &[GroupName], has_body: bool) -> Result<Bytes, wire::FrameError> {
    let (head, target) = (invocation.head(), invocation.target());
    let fields: Vec<(&str, &[u8])> =
        head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    encode(&InvokeRef {
        request: invocation.request(),
        component: target.component,
        handler: target.handler.as_deref(),
        function: &target.function,
        method: head.method.as_str(),
        scheme: head.uri.scheme_str().unwrap_or("http"),
        authority: head.uri.authority().map_or("", |authority| authority.as_str()),
        path_and_query: head.uri.path_and_query().map_or("/", |path| path.as_str()),
        fields: FieldsRef(&fields),
        caller: invocation.caller(),
        groups,
        limits: &target.limits,
        grants: &target.grants,
        has_body,
        wall_ms: target.limits.wall_ms,
    })
}

/// A small body that has come already goes with the head, in one system call. Otherwise: what is left to pump.
fn begin(
    mut body: Body,
    id: u32,
    stream: &Stream,
    bytes_max: u64,
    frames: &mut Vec<Frame>,
) -> Option<(Body, Option<Bytes>)> {
    let Some(Some(Ok(frame))) = body.frame().now_or_never() else { return Some((body, None)) };
    let Ok(data) = frame.into_data() else { return Some((body, None)) };
    let fits = data.len() <= CHUNK_BYTES_MAX && data.len() as u64 <= bytes_max;
    if !fits || !body.is_end_stream() || !stream.try_request_credit(data.len()) {
        return Some((body, Some(data)));
    }
    let end = encode(&Fields::default()).ok()?;
    frames.push(Frame::new(to_worker::BODY, id, data));
    frames.push(Frame::new(to_worker::BODY_END, id, end));
    None
}

/// Moves a request body to the worker, as fast as the guest reads it.
struct Pump {
    worker: Arc<Worker>,
    stream: Stream,
    id: u32,
    left: u64,
}

impl Pump {
    async fn run(mut self, mut body: Body, first: Option<Bytes>) {
        let (stream, id, worker) = (self.stream.clone(), self.id, self.worker.clone());
        // A client that sends nothing must not keep us here when the call is over.
        let pumped = tokio::select! {
            pumped = self.all(&mut body, first) => pumped,
            () = stream.over() => Err(None),
        };
        let Err(fault) = pumped else { return };
        if let Some(fault) = fault {
            let _ = stream.put(Said::RequestBody(fault));
        }
        if !worker.is_gone() {
            let _ = worker.send(vec![Frame::new(to_worker::BODY_ABORT, id, Bytes::new())]);
        }
    }

    /// `Err(None)`: the call is over, nobody needs the rest.
    async fn all(&mut self, body: &mut Body, first: Option<Bytes>) -> Result<(), Option<BodyFault>> {
        if let Some(bytes) = first {
            self.piece(bytes).await?;
        }
        let mut trailers = Fields::default();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Some(BodyFault::Broken))?;
            match frame.into_data() {
                Ok(bytes) => self.piece(bytes).await?,
                Err(frame) => {
                    let map = frame.into_trailers().unwrap_or_default();
                    trailers.0 = map.iter().map(|(n, v)| (n.as_str().to_owned(), v.as_bytes().to_vec())).collect();
                }
            }
        }
        let end = encode(&trailers).map_err(|_| Some(BodyFault::Broken))?;
        self.worker.send(vec![Frame::new(to_worker::BODY_END, self.id, end)]).map_err(|_| None)
    }

    async fn piece(&mut self, mut bytes: Bytes) -> Result<(), Option<BodyFault>> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(Some(BodyFault::TooLarge))?;
        while !bytes.is_empty() {
            let count = self.stream.request_credit(bytes.len().min(CHUNK_BYTES_MAX)).await;
            if count == 0 {
                return Err(None);
            }
            self.worker.ready().await.map_err(|_| None)?;
            let piece = bytes.split_to(count.min(bytes.len()));
            self.worker.send(vec![Frame::new(to_worker::BODY, self.id, piece)]).map_err(|_| None)?;
        }
        Ok(())
    }
}

/// Makes sure that the worker has the component. `true`: it had to be loaded.
pub(crate) async fn ready(pool: &Pool, worker: &Arc<Worker>, target: &FunctionTarget) -> Result<bool, RunError> {
    let component = target.component;
    if worker.has(&component) {
        return Ok(false);
    }
    let _one = worker.loading.lock().await;
    if worker.has(&component) {
        return Ok(false);
    }
    let found = pool.compiler.artefact(component).await?;
    if found.0.seen.is_javascript()
        && let Some(engine) = pool.compiler.javascript
        && !worker.has(&engine)
    {
        bring_in(pool, worker, engine, pool.compiler.artefact(engine).await?).await?;
    }
    bring_in(pool, worker, component, found).await?;
    Ok(true)
}

/// Has a worker that belongs to nobody yet load the JavaScript engine, where some function has needed it already: that is the
/// longest part of an app's first call. What goes wrong here is found, and told, by the call that needs it.
pub(crate) async fn warm(pool: &Pool, worker: &Arc<Worker>) {
    let Some(engine) = pool.compiler.javascript else { return };
    let _one = worker.loading.lock().await;
    if let Some(found) = pool.compiler.cached(&engine).await
        && let Err(error) = bring_in(pool, worker, engine, found).await
    {
        tracing::debug!(%error, "a spare worker has no JavaScript engine");
    }
}

/// Has the worker load an artefact.
async fn bring_in(pool: &Pool, worker: &Arc<Worker>, component: Digest, found: Artefact) -> Result<(), RunError> {
    let mut found = Some(found);
    let mut tries = 0;
    loop {
        let artefact = match found.take() {
            Some(found) => found,
            None => pool.compiler.artefact(component).await?,
        };
        match load(pool, worker, component, artefact).await? {
            Loaded::Ready => break,
            Loaded::Broken { reason } => return Err(RunError::Load { reason: plain(&reason, REASON_BYTES) }),
            // The artefact is wrong indeed: it is thrown away and made again, once.
            Loaded::Refused { reason } if tries == 0 => {
                pool.compiler.discard(&component, &plain(&reason, REASON_BYTES))
            }
            Loaded::Refused { reason } => return Err(RunError::Load { reason: plain(&reason, REASON_BYTES) }),
        }
        tries += 1;
    }
    worker.set_loaded(component, true);
    Ok(())
}

async fn load(
    pool: &Pool,
    worker: &Arc<Worker>,
    component: Digest,
    (label, code): Artefact,
) -> Result<Loaded, RunError> {
    let unable = |e: &dyn std::fmt::Display| RunError::Load { reason: e.to_string() };
    let statement = label.statement;
    let load = Load { statement: statement.clone(), signature: label.signature };
    let mut frame = Frame::new(to_worker::LOAD, 0, encode(&load).map_err(|e| unable(&e))?);
    // What a stack trace names is found in the source, by the worker: it is the app's own.
    if label.seen.is_javascript()
        && let Some(source) = pool.compiler.contents.open(component).map_err(|e| unable(&e))?
    {
        frame.fds.push(source.into());
    }
    frame.fds.push(code.try_clone().map_err(|e| unable(&e))?.into());
    let loaded = ask(worker, frame, LOAD_MS).await?;
    if let Loaded::Refused { .. } = &loaded {
        // SECURITY: the cache is everybody's. What one worker says of it is looked at, not believed.
        let check = move || is_intact(&code, &statement);
        if tokio::task::spawn_blocking(check).await.map_err(|e| unable(&e))? {
            let reason = format!("it refused the artefact of {component}, which is intact");
            worker.end(Verdict::Lied(reason.clone()));
            return Err(RunError::Lied { reason });
        }
    }
    Ok(loaded)
}

/// Whatever becomes of the question, nobody reads the answer after it.
struct Asked(Stream);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Sends a frame that is answered by `Loaded`.
async fn ask(worker: &Arc<Worker>, mut frame: Frame, within_ms: u64) -> Result<Loaded, RunError> {
    let late_at = Instant::now() + Duration::from_millis(within_ms);
    let (id, stream) = worker.open(Purpose::Load, late_at);
    let asked = Asked(stream);
    frame.stream = id;
    worker.send(vec![frame])?;
    let answer = async {
        loop {
            match asked.0.next().await {
                Said::Loaded(loaded) => return Ok(loaded),
                Said::Lost { lie: Some(reason) } => return Err(RunError::Lied { reason }),
                Said::Lost { lie: None } | Said::Ended => return Err(RunError::Lost),
                _ => {}
            }
        }
    };
    tokio::time::timeout_at(late_at, answer).await.unwrap_or_else(|_| {
        worker.end(Verdict::Ended("a component was not loaded when its time was over"));
        Err(RunError::Silent)
    })
}

/// Instantiates the function once, without calling it.
pub(crate) async fn probe(pool: &Arc<Pool>, target: &FunctionTarget) -> Result<(), RunError> {
    let app = pool.app(&target.app);
    let (worker, _) = pool.worker(&app).await?;
    ready(pool, &worker, target).await?;
    let probe = Probe { component: target.component, limits: target.limits, grants: target.grants.clone() };
    let payload = encode(&probe).map_err(|e| RunError::Lied { reason: e.to_string() })?;
    let within_ms = LOAD_MS.max(target.limits.wall_ms.saturating_add(GRACE_MS));
    match ask(&worker, Frame::new(to_worker::PROBE, 0, payload), within_ms).await? {
        Loaded::Ready => Ok(()),
        Loaded::Refused { reason } | Loaded::Broken { reason } => {
            Err(RunError::Load { reason: plain(&reason, REASON_BYTES) })
        }
    }
}
