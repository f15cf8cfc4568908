//! A house whose other rooms are small fakes: they note what reaches them.
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use front_door::{Certificates, Config, Door, Drained, Service};
use gateway::{
    Admitted, Ambient, Body, Ctx, Decide, Decision, Fut, House, Identified, Identify, Intent, Names, Permit,
    Recognised, Refusal, Reply, Routes, Work,
};
use http::Response;
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::sync::watch;
use types::{
    Access, AppName, Assurance, Caller, Clock, CredentialId, Digest, FunctionName, FunctionTarget, Grants, Instant,
    Person, PrincipalId, Rng, RunLimits, UnixMillis,
};

/// What a workroom was given.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub uri: String,
    pub headers: http::HeaderMap,
    pub body: Result<Bytes, String>,
    pub ambient: Option<Ambient>,
}

#[derive(Default)]
pub(crate) struct Notes {
    pub calls: AtomicUsize,
    pub seen: Mutex<Vec<Seen>>,
    pub events: Mutex<Vec<audit::Event>>,
    pub uids: Mutex<Vec<u32>>,
    pub streamed: AtomicU64,
    /// Notes nothing and answers `hello`: for measurements.
    pub quiet: AtomicBool,
}

struct Rooms(Arc<Notes>, watch::Receiver<audit::Progress>);

impl Identify for Rooms {
    fn identify_now(&self, _: &Ctx, admitted: &Admitted, _: &Intent) -> Option<Result<Recognised, Refusal>> {
        if let gateway::Channel::Host { uid } = admitted.channel() {
            self.0.uids.lock().unwrap().push(uid);
            return Some(Ok(Arc::new(Caller::Operator { uid }).into()));
        }
        let known = admitted.head().headers.get("authorization").is_some_and(|v| v == "Bearer good");
        Some(Ok(Arc::new(if known { person() } else { Caller::Stranger }).into()))
    }

    fn identify<'a>(&'a self, _: &'a Ctx, _: &'a Admitted, _: &'a Intent) -> Fut<'a, Result<Recognised, Refusal>> {
        Box::pin(async { Err(Refusal::internal("identify_now answers everything")) })
    }
}

fn person() -> Caller {
    Caller::Person(Person {
        id: PrincipalId::from_bytes([1; 16]),
        display_name: "Ada".into(),
        owner: false,
        disabled: false,
        assurance: Assurance::SingleFactor,
        authenticated_at: UnixMillis(1),
        credential: CredentialId::from_bytes([2; 16]),
    })
}

impl Decide for Rooms {
    fn decide(&self, _: &Identified, _: &Intent, _: UnixMillis) -> Decision {
        Decision::Allow { policies: Arc::from(["all".into()]) }
    }
}

impl Work for Rooms {
    fn work<'a>(&'a self, _: &'a Ctx, permit: Permit) -> Fut<'a, Result<Reply, Refusal>> {
        Box::pin(async move {
            if self.0.quiet.load(SeqCst) {
                return Ok(Response::new(text("hello")).into());
            }
            self.0.calls.fetch_add(1, SeqCst);
            let Ok(mut call) = permit.into_invocation() else { return Ok(Response::new(text("control")).into()) };
            let (uri, headers) = (call.head().uri.clone(), call.head().headers.clone());
            let ambient = call.head().extensions.get::<Ambient>().copied();
            let note = |body| Seen { uri: uri.to_string(), headers: headers.clone(), body, ambient };
            if uri.path() == "/unread" {
                self.0.seen.lock().unwrap().push(note(Ok(Bytes::new())));
                return Ok(Response::new(text("unread")).into());
            }
            let body = call.take_body().collect().await.map(|all| all.to_bytes()).map_err(|e| e.to_string());
            self.0.seen.lock().unwrap().push(note(body.clone()));
            Ok(Response::new(self.answer(uri.path(), body).await).into())
        })
    }
}

fn text(words: impl Into<Bytes>) -> Body {
    Full::new(words.into()).map_err(|never| match never {}).boxed_unsync()
}

impl Rooms {
    async fn answer(&self, path: &str, body: Result<Bytes, String>) -> Body {
        match path {
            "/slow" => {
                tokio::time::sleep(Duration::from_millis(600)).await;
                text("slow")
            }
            "/endless" => self.endless(),
            "/echo" => text(body.unwrap_or_default()),
            _ => text("hello"),
        }
    }

    /// 64 KiB at a time for as long as somebody takes them; counts what was taken.
    fn endless(&self) -> Body {
        let notes = self.0.clone();
        let frames = std::iter::repeat_with(move || {
            notes.streamed.fetch_add(65_536, SeqCst);
            Ok(Frame::data(Bytes::from_static(&[b'x'; 65_536])))
        });
        StreamBody::new(Frames(frames)).boxed_unsync()
    }
}

/// An iterator as a stream.
struct Frames<I>(I);

impl<I: Iterator + Unpin> futures_util::Stream for Frames<I> {
    type Item = I::Item;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<I::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

impl audit::Record for Rooms {
    fn record(&self, event: &audit::Event) -> Result<audit::Receipt, audit::RecordError> {
        if !self.0.quiet.load(SeqCst) {
            self.0.events.lock().unwrap().push(event.clone());
        }
        Ok(audit::Receipt::new(0, self.1.clone()))
    }
    fn is_healthy(&self) -> bool {
        true
    }
}

struct Fixed(AtomicU64);
impl Clock for Fixed {
    fn now(&self) -> UnixMillis {
        UnixMillis(1)
    }
    fn instant(&self) -> Instant {
        Instant(self.0.fetch_add(1_000, SeqCst))
    }
}
impl Rng for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, SeqCst) as u8);
    }
}

/// A running door.
pub(crate) struct Standing {
    pub address: SocketAddr,
    pub notes: Arc<Notes>,
    pub service: Service,
    pub stop: watch::Sender<bool>,
    pub served: tokio::task::JoinHandle<Drained>,
    /// Keeps the fake log alive.
    _log: watch::Sender<audit::Progress>,
}

fn target(route: &str) -> Arc<FunctionTarget> {
    Arc::new(FunctionTarget {
        app: AppName::parse("coffee").unwrap(),
        deployment: Digest::from_bytes([1; 32]),
        function: FunctionName::parse("menu").unwrap(),
        route: route.parse().unwrap(),
        component: Digest::from_bytes([2; 32]),
        handler: None,
        access: Access::Public,
        callers: Vec::new(),
        demand: types::Demand::default(),
        limits: RunLimits::default(),
        grants: Grants::default(),
    })
}

pub(crate) fn house(
    scheme: &'static str,
    port: u16,
    config: &Config,
) -> (Arc<House>, Arc<Notes>, watch::Sender<audit::Progress>) {
    let names = Names {
        scheme,
        apps_domain: "localhost".into(),
        console: "console.localhost".into(),
        id: "id.localhost".into(),
        port: Some(port),
    };
    let routes = Arc::new(Routes::new(names, &[]).unwrap());
    for app in ["coffee", "tea"] {
        routes.put(&AppName::parse(app).unwrap(), &[target("/*")]).unwrap();
    }
    let notes = Arc::new(Notes::default());
    let (log, progress) = watch::channel(audit::Progress { durable: u64::MAX, failed: false });
    let rooms = Arc::new(Rooms(notes.clone(), progress));
    let house = House {
        front_door: Arc::new(Door::new(config.clone(), routes.clone())),
        routes,
        identity: rooms.clone(),
        policy: rooms.clone(),
        runtime: rooms.clone(),
        control: rooms.clone(),
        sign_in: Arc::new(gateway::NoSignIn),
        reception: Arc::new(gateway::NoSignIn),
        audit: rooms,
        clock: Arc::new(Fixed(AtomicU64::new(1))),
        rng: Arc::new(Fixed(AtomicU64::new(1))),
    };
    (Arc::new(house), notes, log)
}

/// Opens a door on a free port of the loopback.
pub(crate) fn open(config: Config, tls: Option<Arc<dyn Certificates>>) -> Standing {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let (house, notes, log) = house(scheme, address.port(), &config);
    let service = Service::new(config, house, tls).unwrap();
    let (stop, drain) = watch::channel(false);
    let serving = service.clone();
    let served = tokio::spawn(async move { serving.serve(listener, drain).await.unwrap() });
    Standing { address, notes, service, stop, served, _log: log }
}

impl Standing {
    pub(crate) fn calls(&self) -> usize {
        self.notes.calls.load(SeqCst)
    }

    pub(crate) fn counter(&self, name: &str) -> u64 {
        self.service.counters().entries().into_iter().find(|(known, _)| *known == name).unwrap().1
    }

    pub(crate) fn events(&self) -> Vec<audit::Event> {
        self.notes.events.lock().unwrap().clone()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.notes.seen.lock().unwrap().clone()
    }
}

/// Limits short enough for a test to reach them.
pub(crate) fn hasty() -> Config {
    Config {
        first_byte_ms: 300,
        handshake_ms: 300,
        headers_ms: 400,
        body_grace_ms: 400,
        write_grace_ms: 400,
        idle_ms: 500,
        drain_ms: 2_000,
        watch_ms: 50,
        ..Config::default()
    }
}
