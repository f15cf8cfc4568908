//! A room with everything around it: a store in memory, a clock that stands still, chance from a seed.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use gateway::{
    Admitted, Channel, ControlCall, CredentialPort, Ctx, Identify, Intent, LoginPort, NewCredential, NewLogin, Refusal,
};
use http::Request;
use identity::{Config, Service};
use store::{Apps, Audience, Credential, CredentialKind, Directory, MemoryStore, Principal, PrincipalKind};
use types::{
    Access, Action, AppName, Assurance, Caller, Clock, CredentialId, Digest, FunctionName, FunctionTarget, Grants,
    Instant, PrincipalId, Resource, Rng, RunLimits, Secret, UnixMillis,
};

pub(crate) const OWNER_UID: u32 = 1_234;

/// Both clocks in one, moved by hand.
#[derive(Default)]
pub(crate) struct Hands(AtomicU64);

impl Hands {
    pub(crate) fn forward_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
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
    pub(crate) room: Service,
}

pub(crate) fn app(name: &str) -> AppName {
    AppName::parse(name).expect("a name")
}

pub(crate) fn world() -> World {
    world_with(Config { owner_uid: Some(OWNER_UID), ..Config::default() })
}

pub(crate) fn world_with(config: Config) -> World {
    let (store, clock, rng) = (Arc::new(MemoryStore::default()), Arc::new(Hands::default()), Arc::new(Seed::new(1)));
    let room = Service::new(config, store.clone(), clock.clone(), rng.clone());
    World { store, clock, rng, room }
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
        let new = NewLogin { id, person, key, label: "Command line on test".into(), assurance, authenticated_at };
        self.room.open_login(new).await.expect("a login").access
    }

    pub(crate) async fn cli(&self, of: PrincipalId) -> (Credential, Secret) {
        self.token(of, CredentialKind::Cli, Audience::Platform, 0).await
    }
}
