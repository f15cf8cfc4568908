//! A room with everything around it: a store in memory, a clock that stands still, chance from a seed.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use gateway::{
    Admitted, Channel, ControlCall, CredentialPort, Ctx, Identify, Intent, LoginPort, Names, NewCredential, NewLogin,
    NewSession, Refusal, SessionPort, TokenKey, Wanted,
};
use http::Request;
use identity::{Config, Ports, Service};
use store::{
    Apps, Audience, Credential, CredentialKind, Directory, Link, LinkPurpose, MemoryStore, OpenedBy, Opening,
    Principal, PrincipalKind, Sessions,
};
use types::{
    Access, Action, AppName, Assurance, Caller, Clock, CredentialId, Digest, FunctionName, FunctionTarget, Grants,
    Instant, PrincipalId, Resource, Rng, RunLimits, Secret, UnixMillis,
};

use crate::mint::Mint;

pub(crate) const OWNER_UID: u32 = 1_234;

/// Both clocks in one, moved by hand.
#[derive(Default)]
pub(crate) struct Hands(AtomicU64);

impl Hands {
    pub(crate) fn forward_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Hands {
    pub(crate) fn back_ms(&self, ms: u64) {
        self.0.fetch_sub(ms, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> UnixMillis {
        UnixMillis(1_790_000_000_000 + self.0.load(Ordering::SeqCst))
    }
    fn instant(&self) -> Instant {
        Instant(5_000_000_000 + self.0.load(Ordering::SeqCst) * 1_000_000)
    }
}

/// SplitMix64: fine for tests, not for secrets.
pub(crate) struct Seed(AtomicU64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

impl Rng for Seed {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.next().to_be_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
    }
}

pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) rng: Arc<Seed>,
    pub(crate) mint: Arc<Mint>,
    pub(crate) room: Service,
}

fn names() -> Names {
    Names {
        scheme: "https",
        apps_domain: "localhost".into(),
        console: "console.localhost".into(),
        id: "id.localhost".into(),
        port: None,
    }
}

pub(crate) fn app(name: &str) -> AppName {
    AppName::parse(name).expect("a name")
}

pub(crate) fn world() -> World {
    world_with(Config { owner_uid: Some(OWNER_UID), ..Config::default() })
}

pub(crate) fn world_with(config: Config) -> World {
    let (store, clock, rng) = (Arc::new(MemoryStore::default()), Arc::new(Hands::default()), Arc::new(Seed::new(1)));
    let mint = Arc::new(Mint::new(clock.clone()));
    let mut w = World { room: room(config.clone(), &store, &clock, &rng, &mint, true), store, clock, rng, mint };
    w.restart(config, true);
    w
}

fn room(
    config: Config,
    store: &Arc<MemoryStore>,
    clock: &Arc<Hands>,
    rng: &Arc<Seed>,
    mint: &Arc<Mint>,
    first: bool,
) -> Service {
    let ports = Ports {
        store: store.clone(),
        tokens: mint.clone(),
        names: names(),
        clock: clock.clone(),
        rng: rng.clone(),
        first,
    };
    Service::new(config, ports)
}

pub(crate) fn control(action: Action) -> Intent {
    let (operation, params) = ("op", Vec::new());
    Intent::Control(ControlCall { operation, action, resource: Resource::Platform, params, mutates: false })
}

pub(crate) fn invoke(name: &str) -> Intent {
    Intent::Invoke(Arc::new(FunctionTarget {
        app: app(name),
        deployment: Digest::from_bytes([1; 32]),
        function: FunctionName::parse("menu").expect("a name"),
        route: "GET /menu".parse().expect("a route"),
        component: Digest::from_bytes([2; 32]),
        handler: None,
        access: Access::Members,
        callers: Vec::new(),
        demand: types::Demand::default(),
        limits: RunLimits::default(),
        grants: Grants::default(),
    }))
}

pub(crate) fn wire() -> Channel {
    Channel::Wire { tls: true }
}

/// A request with these `Authorization` fields.
pub(crate) fn request(channel: Channel, fields: &[&str]) -> Admitted {
    let mut request = Request::get("http://coffee.localhost/menu");
    for field in fields {
        request = request.header("authorization", *field);
    }
    Admitted::for_test(channel, request.body(()).expect("a request").into_parts().0)
}

pub(crate) fn bearer(token: &Secret) -> Admitted {
    request(wire(), &[&format!("Bearer {}", token.reveal())])
}

impl World {
    /// A process that comes after, or is the first: what the one before remembered is gone.
    pub(crate) fn restart(&mut self, config: Config, first: bool) {
        self.room = room(config, &self.store, &self.clock, &self.rng, &self.mint, first);
        // The mint does not wait.
        let mut asked = std::pin::pin!(self.room.refresh_keys());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let std::task::Poll::Ready(keys) = std::future::Future::poll(asked.as_mut(), &mut cx) else {
            panic!("it waits")
        };
        let _: Vec<TokenKey> = keys.expect("keys");
    }

    /// A room beside this one, without its caches.
    pub(crate) fn bare(&self) -> Service {
        room(Config::default(), &self.store, &self.clock, &self.rng, &self.mint, true)
    }

    /// A session of this person, and a code that was used once: what a login is opened with.
    pub(crate) async fn opening(&self, person: PrincipalId) -> Opening {
        let now = self.clock.now();
        let (assurance, device) = (Assurance::MultiFactor, "Firefox on Linux".into());
        let new = NewSession { person, child: None, assurance, authenticated_at: now, device, by: OpenedBy::Other };
        let (session, _) = self.room.open(new).await.expect("a session");
        let mut code = [0; 32];
        self.rng.fill(&mut code);
        let hash = Digest::from_bytes(code);
        let expires_at = now.plus_seconds(60);
        let link = Link { hash, purpose: LinkPurpose::Code, person, note: "{}".into(), expires_at };
        self.store.add_link(link).await.expect("a code");
        self.store.use_link(LinkPurpose::Code, hash, now).await.expect("used");
        Opening { session: session.id, code: hash }
    }

    pub(crate) fn cx(&self) -> Ctx {
        Ctx::arrive(self.clock.clone(), self.rng.clone())
    }

    /// As the gateway asks: from the caches first, then from the store.
    pub(crate) async fn ask(&self, admitted: &Admitted, intent: &Intent) -> Result<Arc<Caller>, Refusal> {
        let cx = self.cx();
        match self.room.identify_now(&cx, admitted, intent) {
            Some(known) => known,
            None => self.room.identify(&cx, admitted, intent).await,
        }
        .map(|recognised| recognised.caller)
    }

    /// From the caches only.
    pub(crate) fn ask_now(&self, admitted: &Admitted, intent: &Intent) -> Option<Result<Arc<Caller>, Refusal>> {
        let known = self.room.identify_now(&self.cx(), admitted, intent)?;
        Some(known.map(|recognised| recognised.caller))
    }

    pub(crate) async fn person(&self, name: &str, owner: bool) -> Principal {
        let id = PrincipalId::fresh(self.clock.now(), &*self.rng);
        let kind = PrincipalKind::Person { owner };
        let created_at = self.clock.now();
        let new = Principal { id, kind, name: name.into(), disabled: false, created_at, version: 1 };
        self.store.add_principal(new.clone()).await.expect("added");
        new
    }

    pub(crate) async fn add_app(&self, name: &str) -> AppName {
        assert!(self.store.add_app(app(name), self.clock.now(), None).await.expect("added"));
        app(name)
    }

    pub(crate) async fn token(
        &self,
        of: PrincipalId,
        kind: CredentialKind,
        audience: Audience,
        life_s: u64,
    ) -> (Credential, Secret) {
        let new = NewCredential { principal: of, kind, audience, label: "test".into(), life_s };
        self.room.create(new).await.expect("a token")
    }

    /// The access secret of a command line that signed in with some key.
    pub(crate) async fn login(&self, person: PrincipalId) -> Secret {
        let id = CredentialId::fresh(self.clock.now(), &*self.rng);
        let (assurance, authenticated_at) = (Assurance::MultiFactor, self.clock.now());
        let key = Digest::from_bytes([8; 32]);
        let opening = self.opening(person).await;
        let wanted = Wanted { client: "serviceful-cli", audience: Audience::Platform };
        let label = "Command line on test".into();
        let new = NewLogin { id, person, key, label, assurance, authenticated_at, opening, wanted };
        self.room.open_login(new).await.expect("a login").access
    }

    pub(crate) async fn cli(&self, of: PrincipalId) -> (Credential, Secret) {
        self.token(of, CredentialKind::Cli, Audience::Platform, 0).await
    }
}
