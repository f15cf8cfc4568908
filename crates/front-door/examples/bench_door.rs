//! What the door costs: CPU of the server thread per request, bare hyper beside the door with a trivial house behind it
//! (the gateway's walk included), and the strict layer alone. `cargo run --release -p front-door --example bench_door`
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a bench")]
#![expect(dead_code, reason = "the house of the tests can more than is measured")]

#[path = "../tests/door/house.rs"]
mod house;

use std::{
    convert::Infallible,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::atomic::Ordering::SeqCst,
    time::Instant,
};

use bytes::Bytes;
use front_door::{Config, Service};
use gateway::{Arrival, Channel, Ctx};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;

const CONNECTIONS: usize = 8;
const REQUESTS: usize = 20_000;
const FIELDS: &str = "User-Agent: bench/1\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n\
    Authorization: Bearer good\r\nContent-Type: application/json\r\nX-Trace: 0af7651916cd43dd\r\n";

/// CPU time of this thread so far, in nanoseconds.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Keep-alive requests, one at a time on each of a few connections.
fn load(port: u16) {
    let request = format!("GET /menu?x=1 HTTP/1.1\r\nHost: coffee.localhost:{port}\r\n{FIELDS}\r\n");
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    let mut buffer = [0; 4_096];
    for _ in 0..REQUESTS / CONNECTIONS {
        for stream in &mut streams {
            stream.write_all(request.as_bytes()).unwrap();
        }
        for stream in &mut streams {
            assert!(stream.read(&mut buffer).unwrap() > 12 && buffer.starts_with(b"HTTP/1.1 200"));
        }
    }
}

/// CPU microseconds a request of the thread that runs `serve`.
fn measure<F, S>(serve: S) -> f64
where
    F: Future<Output = ()>,
    S: FnOnce(TcpListener, watch::Receiver<bool>) -> F + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (stop, drain) = watch::channel(false);
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let before = cpu_ns();
        runtime.block_on(serve(listener, drain));
        cpu_ns() - before
    });
    load(port);
    stop.send(true).unwrap();
    server.join().unwrap() as f64 / 1_000.0 / REQUESTS as f64
}

async fn bare(listener: TcpListener, mut drain: watch::Receiver<bool>) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted.unwrap(),
            _ = drain.wait_for(|stop| *stop) => return,
        };
        stream.set_nodelay(true).unwrap();
        let hello = hyper::service::service_fn(async |_| {
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello"))))
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), hello));
    }
}

async fn door(listener: TcpListener, drain: watch::Receiver<bool>) {
    let config = Config { requests_per_connection_max: 1 << 30, ..Config::default() };
    let (house, notes, _log) = house::house("http", listener.local_addr().unwrap().port(), &config);
    notes.quiet.store(true, SeqCst);
    Service::new(config, house, None).unwrap().serve(listener, drain).await.unwrap();
}

/// Nanoseconds of wall time for one look of the strict layer, arrival made anew each time.
fn strict_layer() -> f64 {
    let (house, _, _log) = house::house("http", 8080, &Config::default());
    let cx = Ctx::arrive(house.clock.clone(), house.rng.clone());
    let arrival = || {
        let mut request = Request::get("/menu?x=1").header("host", "coffee.localhost:8080");
        for line in FIELDS.split("\r\n").filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        Arrival { channel: Channel::Wire { tls: false }, head, body }
    };
    let mut total = 0;
    for _ in 0..200 {
        let batch: Vec<_> = (0..500).map(|_| arrival()).collect();
        let start = Instant::now();
        for one in batch {
            std::hint::black_box(house.front_door.admit(&cx, one).unwrap());
        }
        total += start.elapsed().as_nanos();
    }
    total as f64 / 100_000.0
}

fn main() {
    println!("strict layer alone: {:.0} ns", strict_layer());
    for round in 1..=3 {
        let (bare, door) = (measure(bare), measure(door));
        println!(
            "round {round}: bare hyper {bare:.2} us, door and gateway {door:.2} us, difference {:.2} us",
            door - bare
        );
    }
}
