//! What it costs to say who is calling: `cargo run --release -p identity --example bench_identify [PEOPLE]`.
//!
//! With a number, sessions and addresses are looked for once more among so many people.
//!
//! Prints the median over rounds of the mean nanoseconds for each call: CPU time of all threads, and wall time. On a busy machine
//! only the first means something.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark: it reads the clock, and any surprise ends it"
)]
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant as Wall, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD;
use gateway::{
    Admitted, Ambient, Channel, ControlCall, CredentialPort, Ctx, Desk, Fut, Identify, Intent, LoginPort, Names,
    NewCredential, NewLogin, NewSession, NewToken, Recognised, SSO_COOKIE, SessionPort, SignInCall, SignedToken,
    TokenKey, TokenKeyState, TokenPort, Wanted,
};
use http::{Method, Request};
use identity::{Config, Ports, Service};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::json;
use store::{
    Account, Accounts, Audience, CredentialKind, Directory, Invitation, Link, LinkPurpose, OpenedBy, Opening,
    Principal, PrincipalKind, Sessions,
};
use store_sqlite::SqliteStore;
use types::{
    Action, Assurance, Caller, Clock, CredentialId, Digest, Instant, PrincipalId, Resource, Rng, Secret, UnixMillis,
};

const ROUNDS: usize = 11;
/// Fewer than are remembered of one key at a time.
const PROOFS: u32 = 150;
const URL: &str = "http://console.localhost/api/v1/apps";

struct Real(Wall);
impl Clock for Real {
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        UnixMillis(u64::try_from(since.as_millis()).expect("before the year 500 million"))
    }
    fn instant(&self) -> Instant {
        Instant(u64::try_from(self.0.elapsed().as_nanos()).expect("less than 500 years"))
    }
}

/// A counter through SplitMix64: the benchmark needs different tokens, not secret ones.
struct Counter(AtomicU64);
impl Rng for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            for (to, from) in chunk.iter_mut().zip((z ^ (z >> 31)).to_be_bytes()) {
                *to = from;
            }
        }
    }
}

fn request(field: &str) -> Admitted {
    let request = Request::get(URL).header("authorization", field);
    Admitted::for_test(Channel::Wire { tls: true }, request.body(()).expect("a request").into_parts().0)
}

/// CPU time of all threads of this process so far, in ns (the first number of `/proc/…/schedstat`).
fn cpu_ns() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux");
    let of = |task: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    };
    tasks.filter_map(of).sum()
}

/// Medians of the rounds' means.
fn measure(name: &str, calls: u32, mut call: impl FnMut(u32)) {
    let round = || {
        let (cpu, wall) = (cpu_ns(), Wall::now());
        (0..calls).for_each(&mut call);
        let wall_ns = wall.elapsed().as_nanos() as f64;
        ((cpu_ns() - cpu) as f64 / f64::from(calls), wall_ns / f64::from(calls))
    };
    let (mut cpu, mut wall): (Vec<f64>, Vec<f64>) = std::iter::repeat_with(round).take(ROUNDS).unzip();
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(ROUNDS / 2).copied().expect("rounds")
    };
    println!("{name:<44} {:>8.0} ns CPU {:>8.0} ns wall", median(&mut cpu), median(&mut wall));
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Arc::new(SqliteStore::open(folder.path()).expect("a store"));
    let (clock, rng) = (Arc::new(Real(Wall::now())), Arc::new(Counter(AtomicU64::new(1))));
    let config = Config { verified_s: 3_600, ..Config::default() };
    let mint = Arc::new(Mint::new(clock.clone()));
    let room = Service::new(config, ports(&store, &mint, &clock, &rng));
    runtime.block_on(room.refresh_keys()).expect("keys");

    let id = PrincipalId::fresh(clock.now(), &*rng);
    let kind = PrincipalKind::Person { owner: true };
    let owner = Principal { id, kind, name: "Ana".into(), disabled: false, created_at: clock.now(), version: 1 };
    runtime.block_on(store.add_principal(owner)).expect("added");
    let new = NewCredential {
        principal: id,
        kind: CredentialKind::Cli,
        audience: Audience::Platform,
        label: "bench".into(),
        life_s: 0,
    };
    let (_, secret) = runtime.block_on(room.create(new)).expect("a token");

    let call = ControlCall {
        operation: "apps",
        action: Action::AppsList,
        resource: Resource::Platform,
        params: vec![],
        mutates: false,
    };
    let intent = Intent::Control(call);
    let cx = Ctx::arrive(clock.clone(), rng.clone());
    let good = request(&format!("Bearer {}", secret.reveal()));
    runtime.block_on(room.identify(&cx, &good, &intent)).expect("known");

    measure("stranger (no credential)", 200_000, {
        let none = Admitted::for_test(Channel::Wire { tls: true }, Request::new(()).into_parts().0);
        let (room, cx, intent) = (&room, &cx, &intent);
        move |_| drop(black_box(room.identify_now(cx, &none, intent)))
    });
    measure("identify_now, cached token", 200_000, |_| {
        let caller = black_box(room.identify_now(&cx, &good, &intent));
        assert!(matches!(caller, Some(Ok(_))), "a hit");
    });
    let holder = Holder::new();
    let proof = holder.prove(&*clock, "POST", 0, None);
    let key = room.key_of(Some(&proof), &Method::POST, URL).expect("a good proof");
    let (assurance, authenticated_at) = (Assurance::MultiFactor, clock.now());
    let login = CredentialId::fresh(clock.now(), &*rng);
    let opening = runtime.block_on(opening(&room, &store, id, authenticated_at));
    let wanted = Wanted { client: "bench", audience: Audience::Platform };
    let label = "bench".into();
    let new = NewLogin { id: login, person: id, key, label, assurance, authenticated_at, opening, wanted };
    let bound = runtime.block_on(room.open_login(new)).expect("a login").access;
    let all = PROOFS * u32::try_from(ROUNDS).expect("few");
    let proved: Vec<Admitted> = (0..=all).map(|n| holder.request(&*clock, n + 1, &bound)).collect();
    let mut next = proved.iter();
    let first = next.next().expect("one");
    assert!(runtime.block_on(room.identify(&cx, first, &intent)).is_ok(), "known");
    measure("identify_now, cached token with a proof", PROOFS, |_| {
        let caller = black_box(room.identify_now(&cx, next.next().expect("one"), &intent));
        assert!(matches!(caller, Some(Ok(_))), "a hit");
    });
    // The same claims, signed anew: each is another text, so no cache knows it. The proof is left out, and asked for last.
    let mut fresh =
        (0..20_000).map(|_| request(&format!("Bearer {}", mint.again().reveal()))).collect::<Vec<_>>().into_iter();
    measure("signed token, not cached, without its proof", 1_500, |_| {
        let refused = runtime.block_on(room.identify(&cx, &fresh.next().expect("one"), &intent));
        assert!(refused.is_err_and(|e| e.reason.contains("without a proof")), "verified, and then missed its proof");
    });
    let alone = request(&format!("Bearer {}", bound.reveal()));
    // The others have taken its place in the cache.
    assert!(runtime.block_on(room.identify(&cx, &alone, &intent)).is_err(), "verified, and without a proof");
    measure("signed token, cached, without its proof", 100_000, |_| {
        assert!(matches!(black_box(room.identify_now(&cx, &alone, &intent)), Some(Err(_))), "a hit");
    });
    measure("a login's token signed", 1_500, |_| drop(black_box(mint.again())));
    for (name, field) in [
        ("garbage: wrong length", "Bearer nonsense".to_owned()),
        ("garbage: right shape, wrong checksum", format!("Bearer sfp_{}", "A".repeat(49))),
        ("garbage: 8 KiB", format!("Bearer {}", "A".repeat(8 << 10))),
    ] {
        let bad = request(&field);
        measure(name, 100_000, |_| drop(black_box(room.identify_now(&cx, &bad, &intent))));
    }

    // A token that is well-formed and unknown, each one new: the dearest thing a stranger can make us do here.
    let strangers: Vec<Admitted> = (0..20_000).map(|n| request(&unknown(n))).collect();
    let mut next = strangers.iter().cycle();
    measure("store miss: unknown token, SQLite read", 1_500, |_| {
        let admitted = next.next().expect("a cycle");
        assert!(runtime.block_on(room.identify(&cx, admitted, &intent)).is_err(), "unknown");
    });
    measure("store hit: known token, SQLite read", 1_500, |_| {
        assert!(runtime.block_on(room.identify(&cx, &good, &intent)).is_ok(), "known");
    });

    let few = 100;
    runtime.block_on(populate(&store, 0..few));
    sessions(&runtime, &store, few);
    let Some(many) = std::env::args().nth(1).and_then(|text| text.parse().ok()) else { return };
    runtime.block_on(populate(&store, few..many));
    sessions(&runtime, &store, many);
}

fn ports(store: &Arc<SqliteStore>, mint: &Arc<Mint>, clock: &Arc<Real>, rng: &Arc<Counter>) -> Ports {
    let names = Names {
        scheme: "http",
        apps_domain: "localhost".into(),
        console: "console.localhost".into(),
        id: "id.localhost".into(),
        port: None,
    };
    let (store, tokens, clock, rng) = (store.clone(), mint.clone(), clock.clone(), rng.clone());
    Ports { store, tokens, names, clock, rng, first: true }
}

fn address(n: u32) -> Arc<str> {
    format!("person{n}@example.org").into()
}

/// A person with an account, by an invitation, as they come.
async fn join(store: &SqliteStore, n: u32) -> Option<Invitation> {
    let code_hash = Digest::from_bytes(<[u8; 32]>::try_from(digest(&SHA256, &n.to_be_bytes()).as_ref()).expect("32"));
    let mut bytes = [7; 16];
    bytes.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
    let (at, later) = (UnixMillis(1_000), UnixMillis(1_000_000));
    let invitation = Invitation {
        id: CredentialId::from_bytes(bytes),
        code_hash,
        email: address(n),
        name: None,
        app: None,
        groups: Vec::new(),
        invited_by: None,
        mailed: false,
        sign_up: false,
        created_at: at,
        expires_at: later,
    };
    store.add_invitation(invitation).await.expect("invited");
    let id = PrincipalId::from_bytes(bytes);
    let kind = PrincipalKind::Person { owner: false };
    let name = format!("Person {n}").into();
    let person = Principal { id, kind, name, disabled: false, created_at: at, version: 1 };
    let account = Account {
        person: id,
        email: address(n),
        email_verified: false,
        password: Some(
            "$argon2id$v=19$m=65536,t=3,p=1,keyid=AAAAAQ$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo"
                .into(),
        ),
        password_at: Some(at),
        totp: None,
        passkeys: "[]".into(),
    };
    store.accept_invitation(code_hash, at, person, account).await.expect("accepted")
}

async fn populate(store: &Arc<SqliteStore>, people: std::ops::Range<u32>) {
    let mut waiting = tokio::task::JoinSet::new();
    for n in people {
        let store = store.clone();
        waiting.spawn(async move { join(&store, n).await.expect("one more") });
        if waiting.len() >= 256 {
            waiting.join_next().await;
        }
    }
    while waiting.join_next().await.is_some() {}
}

/// Sessions among so many people.
fn sessions(runtime: &tokio::runtime::Runtime, store: &Arc<SqliteStore>, people: u32) {
    let (clock, rng) = (Arc::new(Real(Wall::now())), Arc::new(Counter(AtomicU64::new(u64::from(people) << 32))));
    let config = Config { verified_s: 3_600, ..Config::default() };
    let mint = Arc::new(Mint::new(clock.clone()));
    let room = Service::new(config, ports(store, &mint, &clock, &rng));
    let intent =
        Intent::SignIn(SignInCall { name: "Account", action: Action::AccountManage, desk: Desk::Id, app: None });
    let found = runtime.block_on(store.account_of(address(people / 2))).expect("read").expect("somebody");
    let mut brought = Vec::new();
    for _ in 0..1_501 {
        let new = NewSession {
            person: found.1.id,
            child: None,
            assurance: Assurance::MultiFactor,
            authenticated_at: clock.now(),
            device: "Firefox on Linux".into(),
            by: OpenedBy::Other,
        };
        let (_, secret) = runtime.block_on(room.open(new)).expect("a session");
        let cookie = format!("{SSO_COOKIE}={}", secret.reveal());
        let request = Request::get("http://id.localhost/account").header("cookie", cookie);
        let mut head = request.body(()).expect("a request").into_parts().0;
        head.extensions.insert(Ambient::Attach);
        brought.push(Admitted::for_test(Channel::Wire { tls: true }, head));
    }
    let cx = Ctx::arrive(clock, rng);
    let (first, rest) = brought.split_first().expect("some");
    let known = |answer: Recognised| assert!(!matches!(&*answer.caller, Caller::Stranger), "known");
    known(runtime.block_on(room.identify(&cx, first, &intent)).expect("known"));
    measure(&format!("session, cached, {people} people"), 100_000, |_| {
        known(black_box(room.identify_now(&cx, first, &intent)).expect("a hit").expect("known"));
    });
    let mut next = rest.iter().cycle();
    measure(&format!("session, SQLite read, {people} people"), 1_500, |_| {
        known(runtime.block_on(room.identify(&cx, next.next().expect("a cycle"), &intent)).expect("known"));
    });
    let mut n = 0;
    measure(&format!("account by address, SQLite read, {people} people"), 1_500, |_| {
        n = (n + 7_919) % people;
        assert!(runtime.block_on(store.account_of(address(n))).expect("read").is_some(), "somebody");
    });
    let memory = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let resident = memory.lines().find(|line| line.starts_with("VmRSS")).expect("resident");
    println!("{people} people: {resident}");
}

/// What a login is opened with.
async fn opening(room: &Service, store: &SqliteStore, person: PrincipalId, at: UnixMillis) -> Opening {
    let (assurance, device) = (Assurance::MultiFactor, "bench".into());
    let new = NewSession { person, child: None, assurance, authenticated_at: at, device, by: OpenedBy::Other };
    let (session, _) = room.open(new).await.expect("a session");
    let code = types::Digest::from_bytes([7; 32]);
    let (note, expires_at) = ("{}".into(), at.plus_seconds(60));
    let link = Link { hash: code, purpose: LinkPurpose::Code, person, note, expires_at };
    store.add_link(link).await.expect("a code");
    store.use_link(LinkPurpose::Code, code, at).await.expect("used");
    Opening { session: session.id, code }
}

/// Signs tokens as the keeper does, in this process.
struct Mint {
    clock: Arc<Real>,
    key: EncodingKey,
    public: TokenKey,
    last: std::sync::Mutex<Option<NewToken>>,
}

impl Mint {
    fn new(clock: Arc<Real>) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let point = pair.public_key().as_ref();
        let half = |at: usize| point.get(at..at + 32).and_then(|half| half.try_into().ok()).expect("32 bytes");
        let (x, y, now) = (half(1), half(33), clock.now());
        let (state, until) = (TokenKeyState::Active, now.plus_seconds(86_400));
        let id = "bench".into();
        let public = TokenKey { id, x, y, state, made_at: now, signs_from: now, signs_until: until, gone_at: until };
        let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("its text").as_ref());
        Self { clock, key, public, last: std::sync::Mutex::default() }
    }

    fn text(&self, token: &NewToken) -> Secret {
        let kid = Some(self.public.id.to_string());
        let header = Header { typ: Some("at+jwt".to_owned()), kid, ..Header::new(Algorithm::ES256) };
        let iat = self.clock.now().0 / 1_000;
        let claims = json!({
            "iss": token.issuer, "aud": token.audience, "sub": token.person.to_string(), "client_id": token.client,
            "sid": token.login.to_string(), "jti": token.id, "iat": iat, "exp": iat + token.life_s,
            "auth_time": token.authenticated_at.0 / 1_000, "acr": token.assurance.acr(),
            "cnf": {"jkt": BASE64URL_NOPAD.encode(token.key.as_bytes())},
        });
        Secret::new(jsonwebtoken::encode(&header, &claims, &self.key).expect("a token"))
    }

    /// The last token once more, with another signature.
    fn again(&self) -> Secret {
        self.text(self.last.lock().expect("no panic").as_ref().expect("one"))
    }
}

impl TokenPort for Mint {
    fn sign(&self, token: NewToken) -> Fut<'_, Result<SignedToken, String>> {
        let text = self.text(&token);
        *self.last.lock().expect("no panic") = Some(token);
        Box::pin(async move { Ok(SignedToken { text, key: self.public.id.clone() }) })
    }

    fn keys(&self) -> Fut<'_, Result<Vec<TokenKey>, String>> {
        Box::pin(async { Ok(vec![self.public.clone()]) })
    }

    fn rotate(&self, _: bool) -> Fut<'_, Result<Vec<TokenKey>, String>> {
        self.keys()
    }
}

/// A command line with a key.
struct Holder(EncodingKey, Header);

impl Holder {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let key = EncodingKey::from_ec_der(pair.to_pkcs8v1().expect("its text").as_ref());
        let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("its public half");
        Self(key, Header { typ: Some("dpop+jwt".to_owned()), jwk: Some(jwk), ..Header::new(Algorithm::ES256) })
    }

    fn prove(&self, clock: &dyn Clock, method: &str, n: u32, token: Option<&Secret>) -> String {
        let hash = token.map(|token| BASE64URL_NOPAD.encode(digest(&SHA256, token.reveal().as_bytes()).as_ref()));
        let iat = clock.now().0 / 1_000;
        let claims = json!({"jti": n.to_string(), "htm": method, "htu": URL, "iat": iat, "ath": hash});
        jsonwebtoken::encode(&self.1, &claims, &self.0).expect("a proof")
    }

    fn request(&self, clock: &dyn Clock, n: u32, token: &Secret) -> Admitted {
        let proof = self.prove(clock, "GET", n, Some(token));
        let request = Request::get(URL).header("authorization", format!("DPoP {}", token.reveal()));
        let request = request.header("dpop", proof).body(()).expect("a request");
        Admitted::for_test(Channel::Wire { tls: true }, request.into_parts().0)
    }
}

/// A well-formed token that no store knows, made from the documented format alone.
fn unknown(n: u32) -> String {
    let signed = format!("sfp_{n:043}");
    let mut crc = signed.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    });
    crc = !crc;
    let alphabet: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let mut digits = [' '; 6];
    for digit in digits.iter_mut().rev() {
        *digit = *alphabet.get(usize::try_from(crc % 62).expect("small")).expect("62 of them");
        crc /= 62;
    }
    format!("Bearer {signed}{}", digits.iter().collect::<String>())
}
