//! Small rooms that do what a test says, and a tape for what is recorded.
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use audit::{Event, Progress, Receipt, Record, RecordError};
use bytes::Bytes;
use gateway::{
    Admit, Admitted, Arrival, Body, BodyError, Channel, ControlRoute, Ctx, Decide, Decision, Desk, Document, Fut,
    House, Identified, Identify, Intent, Names, Permit, Place, Reception, Recognised, Refusal, Reply, Routes,
    SignInRoute, Way, Work,
};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody};
use tokio::sync::watch;
use types::{
    Access, Action, AppName, Caller, Clock, Code, Digest, FunctionName, FunctionTarget, Grants, Instant, RequestId,
    Rng, RunLimits, UnixMillis,
};

pub(crate) struct Time(pub(crate) AtomicU64);
impl Clock for Time {
    fn now(&self) -> UnixMillis {
        UnixMillis(1_700_000_000_000)
    }
    fn instant(&self) -> Instant {
        Instant(self.0.fetch_add(1_000_000, Ordering::Relaxed))
    }
}
impl Rng for Time {
    fn fill(&self, bytes: &mut [u8]) {
        let n = self.0.fetch_add(1, Ordering::Relaxed) as u8;
        bytes.fill(n);
    }
}

pub(crate) struct Tape {
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) healthy: AtomicBool,
    pub(crate) full: AtomicBool,
    pub(crate) durable: watch::Sender<Progress>,
}
impl Record for Tape {
    fn record(&self, event: &Event) -> Result<Receipt, RecordError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(RecordError::Full);
        }
        let mut events = self.events.lock().unwrap();
        events.push(event.clone());
        Ok(Receipt::new(events.len() as u64 - 1, self.durable.subscribe()))
    }
    fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }
}

pub(crate) struct Rooms {
    pub(crate) decision: Mutex<Decision>,
    pub(crate) caller: Mutex<Result<Arc<Caller>, Refusal>>,
    pub(crate) renewed: Mutex<Option<http::HeaderValue>>,
    pub(crate) ran: AtomicUsize,
    pub(crate) saw: Mutex<Vec<String>>,
}
impl Admit for Rooms {
    fn admit(&self, _: &Ctx, arrival: Arrival) -> Result<Arrival, Refusal> {
        if arrival.head.headers.contains_key("x-bad") {
            return Err(
                Refusal::new(Code::DOOR_RESERVED_HEADER, "bad header").security(gateway::SecurityClass::ReservedHeader)
            );
        }
        Ok(arrival)
    }
}
impl Identify for Rooms {
    fn identify_now(&self, _: &Ctx, _: &Admitted, _: &Intent) -> Option<Result<Recognised, Refusal>> {
        None
    }
    fn identify<'a>(&'a self, _: &'a Ctx, _: &'a Admitted, _: &'a Intent) -> Fut<'a, Result<Recognised, Refusal>> {
        let caller = self.caller.lock().unwrap().clone();
        let renewed = self.renewed.lock().unwrap().clone();
        Box::pin(std::future::ready(caller.map(|caller| Recognised { caller, renewed, acting: None })))
    }
}
impl Decide for Rooms {
    fn decide(&self, _: &Identified, _: &Intent, _: UnixMillis) -> Decision {
        self.decision.lock().unwrap().clone()
    }
}
impl Reception for Rooms {
    fn show_in<'a>(&'a self, _: &'a Ctx, way: Way<'a>) -> Fut<'a, Result<Document, String>> {
        let Way { app, target, wanted, .. } = way;
        let asks = wanted.map_or_else(String::new, |(demand, function)| format!("&{function} {}", demand.assurance));
        let way = http::HeaderValue::from_str(&format!("http://id.localhost/?{app}{target}{asks}")).unwrap();
        let headers = vec![(http::header::LOCATION, way)];
        Box::pin(async { Ok(Document { status: 303, headers, ..Document::default() }) })
    }
    fn hold_up<'a>(&'a self, _: &'a Ctx, way: Way<'a>) -> Fut<'a, Result<Document, String>> {
        let html = format!("not sent, back to {}", way.target).into();
        Box::pin(async { Ok(Document { status: 401, html, headers: Vec::new() }) })
    }
    fn tell(&self, refusal: &Refusal, _: RequestId, place: Place<'_>) -> Document {
        let html = format!("told {} {place:?}", refusal.code.as_str()).into();
        Document { status: refusal.code.status(), html, headers: Vec::new() }
    }
    fn turn_away(&self, refusal: &Refusal, _: RequestId, _: &Caller, app: &AppName, asked: &str) -> Document {
        let html = format!("no {app} {asked} {}", refusal.code.as_str()).into();
        Document { status: 403, html, headers: Vec::new() }
    }
}
impl Work for Rooms {
    fn work<'a>(&'a self, _: &'a Ctx, permit: Permit) -> Fut<'a, Result<Reply, Refusal>> {
        self.ran.fetch_add(1, Ordering::Relaxed);
        let mut body = empty();
        let permit = match permit.into_visit() {
            Ok(visit) => {
                assert!(!visit.head.headers.contains_key("cookie"), "cookies come apart from the head");
                let session = visit.cookies.get("__Host-sf-sso").unwrap_or("none").to_owned();
                *self.saw.lock().unwrap() = vec![visit.call.name.to_owned(), session];
                let mut response = Response::new(body);
                response.headers_mut().insert("set-cookie", "__Host-sf-sso=new".parse().unwrap());
                return Box::pin(async { Ok(Reply::from(response)) });
            }
            Err(permit) => permit,
        };
        if let Ok(invocation) = permit.into_invocation() {
            let headers = &invocation.head().headers;
            if let Some(last) = headers.get("x-stream") {
                body = streamed(last.to_str().unwrap());
            }
            *self.saw.lock().unwrap() = headers.keys().map(ToString::to_string).collect();
        }
        let mut response = Response::new(body);
        response.headers_mut().append("set-cookie", "__Host-sf-session=planted".parse().unwrap());
        response.headers_mut().append("set-cookie", "own=1".parse().unwrap());
        response.headers_mut().insert("cache-control", "public, max-age=600".parse().unwrap());
        Box::pin(async { Ok(Reply::from(response)) })
    }
}

pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// Three bytes, and then the end, or what ends it early.
pub(crate) fn streamed(last: &str) -> Body {
    let mut frames = vec![Ok(Frame::data(Bytes::from_static(b"abc")))];
    match last {
        "broken" => frames.push(Err(BodyError::Broken)),
        "large" => frames.push(Err(BodyError::TooLarge { max_bytes: 3 })),
        _ => {}
    }
    StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync()
}

pub(crate) struct Fixture {
    pub(crate) house: House,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) tape: Arc<Tape>,
}

pub(crate) fn target(route: &str) -> Arc<FunctionTarget> {
    Arc::new(FunctionTarget {
        app: AppName::parse("coffee").unwrap(),
        deployment: Digest::from_bytes([1; 32]),
        function: FunctionName::parse("menu").unwrap(),
        route: route.parse().unwrap(),
        component: Digest::from_bytes([2; 32]),
        handler: None,
        access: Access::Members,
        callers: Vec::new(),
        demand: types::Demand::default(),
        limits: RunLimits::default(),
        grants: Grants::default(),
    })
}

pub(crate) fn fixture() -> Fixture {
    let names = Names {
        scheme: "http",
        apps_domain: "localhost".into(),
        console: "console.localhost".into(),
        id: "id.localhost".into(),
        port: Some(8080),
    };
    let row = |pattern: &str, mutates| ControlRoute {
        operation: "app",
        pattern: pattern.parse().unwrap(),
        action: Action::AppRead,
        of_app: true,
        mutates,
        on_apps: false,
    };
    let routes =
        Routes::new(names, &[row("GET /api/v1/apps/:app", false), row("POST /api/v1/apps/:app", true)]).unwrap();
    let desk =
        |name, pattern: &str, action, desk| SignInRoute { name, pattern: pattern.parse().unwrap(), action, desk };
    let routes = routes
        .with_sign_in(&[
            desk("Page", "GET /sign-in", Action::SignIn, Desk::Id),
            desk("Account", "GET /account", Action::AccountManage, Desk::Id),
            desk("Callback", "GET /.sf/callback", Action::SignIn, Desk::App),
            desk("Claim", "GET /claim", Action::SignIn, Desk::Console),
        ])
        .unwrap();
    routes
        .put(&AppName::parse("coffee").unwrap(), &[target("GET /menu"), target("POST /menu"), target("/any/*")])
        .unwrap();
    let rooms = Arc::new(Rooms {
        decision: Mutex::new(Decision::Allow { policies: Arc::from([Arc::from("members")]) }),
        caller: Mutex::new(Ok(Arc::new(Caller::Stranger))),
        renewed: Mutex::default(),
        ran: AtomicUsize::new(0),
        saw: Mutex::default(),
    });
    let tape = Arc::new(Tape {
        events: Mutex::default(),
        healthy: AtomicBool::new(true),
        full: AtomicBool::new(false),
        durable: watch::channel(Progress { durable: u64::MAX, failed: false }).0,
    });
    let time = Arc::new(Time(AtomicU64::new(0)));
    let house = House {
        front_door: rooms.clone(),
        routes: Arc::new(routes),
        identity: rooms.clone(),
        policy: rooms.clone(),
        runtime: rooms.clone(),
        control: rooms.clone(),
        sign_in: rooms.clone(),
        reception: rooms.clone(),
        audit: tape.clone(),
        clock: time.clone(),
        rng: time,
    };
    Fixture { house, rooms, tape }
}

impl Fixture {
    pub(crate) async fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        self.house.handle(Arrival { channel: Channel::Wire { tls: false }, head, body: empty() }).await
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.tape.events.lock().unwrap().clone()
    }

    pub(crate) fn ran(&self) -> usize {
        self.rooms.ran.load(Ordering::Relaxed)
    }
}
