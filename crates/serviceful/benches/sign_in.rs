//! Signing in while passwords are tried in numbers, and what a sign-in costs: `cargo bench --workspace --bench sign_in`.
//!
//! A platform of its own; a signed-in browser calls a protected function 200 times a second; then the same while 1,000 wrong
//! passwords a second arrive from 16 networks, and people sign in with passkeys. Attackers, client and platform share the machine,
//! so what is found is an upper bound. `SIGN_IN_SECONDS` is the length of each part (default 15).
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "a benchmark")]

#[expect(dead_code, reason = "not all of it is needed here")]
#[path = "../tests/house/browser.rs"]
mod browser;
#[path = "../tests/house/device.rs"]
mod device;
#[expect(dead_code, reason = "not all of it is needed here")]
#[path = "../tests/house/platform.rs"]
mod platform;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use browser::Browser;
use bytes::Bytes;
use device::Device;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::SendRequest;
use platform::{Platform, Setup, guest};
use serde_json::{Value, json};

const ID: &str = "id.localhost";
const COFFEE: &str = "coffee.localhost";
const PASSWORDS_PER_S: u64 = 1_000;
/// Connections of each network: whoever waits for an answer sends nothing.
const LINES: u8 = 8;
const CALLS_PER_S: u64 = 200;
const NETWORKS: u8 = 16;

fn percentile(times: &[Duration], share: f64) -> f64 {
    let mut sorted: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share) as usize;
    sorted[at.min(sorted.len() - 1)]
}

fn line(what: &str, times: &[Duration]) {
    let at = |share| percentile(times, share);
    println!("{what:44} n {:5}  p50 {:8.2} ms  p95 {:8.2} ms  p99 {:8.2} ms", times.len(), at(0.5), at(0.95), at(0.99));
}

/// A connection that is made anew when the other side closes it.
struct Line {
    from: Ipv4Addr,
    port: u16,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Line {
    const fn new(from: Ipv4Addr, port: u16) -> Self {
        Self { from, port, sender: None }
    }

    async fn ready(&mut self) -> &mut SendRequest<Full<Bytes>> {
        if let Some(sender) = &mut self.sender
            && sender.ready().await.is_err()
        {
            self.sender = None;
        }
        if self.sender.is_none() {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from((self.from, 0))).unwrap();
            let stream = socket.connect(SocketAddr::from(([127, 0, 0, 1], self.port))).await.unwrap();
            let io = hyper_util::rt::TokioIo::new(stream);
            let (sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            tokio::spawn(connection);
            self.sender = Some(sender);
        }
        self.sender.as_mut().unwrap()
    }

    /// Status, or `None` when the connection ended.
    async fn ask(&mut self, request: Request<Full<Bytes>>) -> Option<u16> {
        let Ok(answer) = self.ready().await.send_request(request).await else {
            self.sender = None;
            return None;
        };
        let status = answer.status().as_u16();
        answer.into_body().collect().await.ok()?;
        Some(status)
    }
}

/// Calls the function so often a second, whatever the answers take; a late one is counted from when it was due.
async fn call(platform: &Platform, cookie: &str, seconds: u64) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut line = Line::new(Ipv4Addr::LOCALHOST, platform.port);
    let (began, pause) = (Instant::now(), Duration::from_micros(1_000_000 / CALLS_PER_S));
    for n in 0..seconds * CALLS_PER_S {
        let due = began + pause * u32::try_from(n).unwrap();
        tokio::time::sleep_until(due.into()).await;
        let request = Request::get("/caller")
            .header("host", format!("{COFFEE}:{}", platform.port))
            .header("cookie", cookie)
            .header("sec-fetch-site", "none")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .body(Full::default())
            .unwrap();
        match line.ask(request).await {
            Some(200) => times.push(due.elapsed()),
            Some(other) => panic!("the function answered {other}"),
            None => {}
        }
    }
    times
}

#[derive(Default)]
struct Flood {
    over: AtomicBool,
    sent: AtomicU64,
    answers: Mutex<BTreeMap<u16, u64>>,
}

/// One of the attackers: another address that nobody has, each time.
async fn attack(flood: Arc<Flood>, port: u16, number: u8, line_of: u8) {
    let mut line = Line::new(Ipv4Addr::new(127, 77, number, 1), port);
    let (began, pause) =
        (Instant::now(), Duration::from_micros(1_000_000 * u64::from(NETWORKS) * u64::from(LINES) / PASSWORDS_PER_S));
    for n in 0_u32.. {
        if flood.over.load(Relaxed) {
            return;
        }
        tokio::time::sleep_until((began + pause * n).into()).await;
        let body = format!("tx=&email=somebody{number}-{line_of}-{n}%40example.org&password=a+wrong+password+{n}");
        let request = Request::post("/sign-in/password")
            .header("host", format!("{ID}:{port}"))
            .header("origin", format!("http://{ID}:{port}"))
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::from(body))
            .unwrap();
        flood.sent.fetch_add(1, Relaxed);
        let status = line.ask(request).await.unwrap_or_default();
        *flood.answers.lock().unwrap().entry(status).or_default() += 1;
    }
}

async fn question(platform: &Platform, browser: &mut Browser, path: &str, form: &[(&str, &str)]) -> (Value, String) {
    let page = browser.send(platform, ID, path, form).await;
    assert_eq!(page.status(), 200, "{path}: {}", page.text());
    let question = page.answer.json();
    let ceremony = question["ceremony"].as_str().unwrap().to_owned();
    (question, ceremony)
}

/// Signs in with a passkey in a browser that is new; how long each of the two requests took.
async fn by_passkey(platform: &Platform, device: &mut Device, tx: &str) -> (Browser, browser::Page, [Duration; 2]) {
    let mut browser = Browser::default();
    let began = Instant::now();
    let (asked, ceremony) = question(platform, &mut browser, "/sign-in/passkey/options", &[("tx", tx)]).await;
    let first = began.elapsed();
    let shown = device.show(&asked);
    let began = Instant::now();
    let form = [("tx", tx), ("credential", &shown), ("ceremony", &ceremony)];
    let page = browser.send(platform, ID, "/sign-in/passkey", &form).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    (browser, page, [first, began.elapsed()])
}

/// Olga, who owns the platform and is a member of the app, with a passkey; and the cookie of her session there.
async fn olga(platform: &Platform) -> (Device, String) {
    let code = platform.claim_code(&["--again"]);
    let mut browser = Browser::default();
    let mut device = Device::new(&format!("http://{ID}:{}", platform.port));
    let form = [("secret", code.as_str()), ("name", "Olga"), ("email", "olga@example.org")];
    let (asked, ceremony) = question(platform, &mut browser, "/passkey/options", &form).await;
    let made = device.make(&asked);
    let form = [&form[..], &[("credential", &made), ("ceremony", &ceremony)]].concat();
    assert_eq!(browser.send(platform, ID, "/claim", &form).await.status(), 200);
    let (_, people) = platform.api("GET", "/api/v1/people", None).await;
    let all = people["people"].as_array().unwrap();
    let person = all.iter().find(|p| p["name"] == "Olga").unwrap()["person"].as_str().unwrap();
    let path = format!("/api/v1/apps/coffee/members/{person}");
    assert!(platform.api("PUT", &path, Some(&json!({"role": "member"}))).await.0.is_success());
    let page = browser.open(platform, COFFEE, "/caller").await;
    let page = browser.follow(platform, page).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    let (name, value) = browser.cookie(COFFEE, "__Host-sf-session").unwrap();
    (device, format!("{name}={value}"))
}

/// What the platform itself says that passkey sign-ins took, newest first.
async fn server_times(platform: &Platform, path: &str, count: usize) -> Vec<Duration> {
    let events = platform.audit(&format!("action=sign-in&limit={}", 4 * count)).await;
    let of = |event: &&Value| event["note"].as_str().is_some_and(|note| note.contains(path));
    let time = |event: &Value| Duration::from_micros(event["timings"]["total_us"].as_u64().unwrap_or_default());
    events.iter().filter(of).take(count).map(time).collect()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let seconds = std::env::var("SIGN_IN_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let (mut device, cookie) = olga(&platform).await;
    let _warm = call(&platform, &cookie, 2).await;

    let mut passkeys = Vec::new();
    for _ in 0..100 {
        passkeys.extend(by_passkey(&platform, &mut device, "").await.2.get(1).copied());
    }
    line("passkey, quiet: the client's time", &passkeys);
    line("passkey, quiet: the platform's own", &server_times(&platform, "with a passkey", 100).await);
    let quiet = call(&platform, &cookie, seconds).await;
    line("a signed-in client, quiet", &quiet);

    let flood = Arc::new(Flood::default());
    let attackers: Vec<_> = (0..NETWORKS)
        .flat_map(|number| (0..LINES).map(move |line| (number, line)))
        .map(|(number, line)| tokio::spawn(attack(flood.clone(), platform.port, number, line)))
        .collect();
    // Until the detector has seen it.
    let early = call(&platform, &cookie, 3).await;
    line("a signed-in client, the flood's first 3 s", &early);
    let began = (Instant::now(), flood.sent.load(Relaxed));
    let (flooded, signed_in) = tokio::join!(call(&platform, &cookie, seconds), async {
        let mut times = Vec::new();
        for _ in 0..2 * seconds {
            times.extend(by_passkey(&platform, &mut device, "").await.2.get(1).copied());
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
        times
    });
    let rate = (flood.sent.load(Relaxed) - began.1) as f64 / began.0.elapsed().as_secs_f64();
    line("a signed-in client, in the flood", &flooded);
    line("passkey, in the flood: the client's time", &signed_in);
    println!("{:44} {rate:.0} a second, answers {:?}", "wrong passwords", flood.answers.lock().unwrap());
    let ratio = percentile(&flooded, 0.99) / percentile(&quiet, 0.99);
    println!("{:44} {ratio:.2} (goal 2)", "p99 in the flood, to the quiet one");
    flood.over.store(true, Relaxed);
    for attacker in attackers {
        attacker.await.unwrap();
    }
}
