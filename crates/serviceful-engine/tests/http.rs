//! HTTP through the real worker: bodies that stream both ways, trailers, scheme and authority, and what ends badly.
#![expect(clippy::disallowed_methods, reason = "tests")]

mod harness;

use std::time::{Duration, Instant};

use harness::{Answer, Worker, get, guest};
use types::RunLimits;
use wire::work::{CREDIT_BYTES, Failure, Loaded, to_front, to_worker};

/// Both generations of `wasi:http`, with the same routes.
const ECHOES: [&str; 2] = ["echo-p2", "echo-p3"];

#[tokio::test]
async fn scheme_authority_method_and_path_reach_the_guest() {
    let worker = Worker::start().await;
    for echo in ECHOES {
        let component = worker.bring(&guest(echo)).await;
        let mut request = get(component, "/a/scheme?x=1&y=%20");
        request.method = "DELETE".into();
        request.scheme = "https".into();
        request.authority = "tea.example:8443".into();
        let answer = worker.call(&request).await;
        assert_eq!(answer.failure, None, "{echo}");
        assert_eq!(
            answer.text(),
            r#"{"method":"DELETE","scheme":"https","authority":"tea.example:8443","path":"/a/scheme?x=1&y=%20"}"#,
            "{echo}"
        );
        assert_eq!(answer.field("content-type").as_deref(), Some("application/json"));
        assert!(answer.trailers.is_some_and(|trailers| trailers.0.is_empty()));
        let ended = answer.ended.unwrap();
        assert!(ended.cpu_us > 0 && ended.wall_us > 0 && ended.memory_bytes >= 64 << 10, "{ended:?}");
    }
}

#[tokio::test]
async fn header_fields_arrive_as_sent_and_host_names_do_not() {
    let worker = Worker::start().await;
    for echo in ECHOES {
        let component = worker.bring(&guest(echo)).await;
        let mut request = get(component, "/headers");
        for (name, value) in [("x-twice", "one"), ("x-twice", "two"), ("sf-user", "root"), ("connection", "close")] {
            request.fields.0.push((name.into(), value.as_bytes().to_vec()));
        }
        request.fields.0.push(("x-raw".into(), vec![0xfe, 0xff]));
        let text = String::from_utf8_lossy(&worker.call(&request).await.body).into_owned();
        assert!(text.contains("one") && text.contains("two") && text.contains("x-raw"), "{echo}: {text}");
        assert!(!text.contains("sf-user") && !text.contains("connection"), "{echo}: {text}");
    }
}

#[tokio::test]
async fn a_malformed_request_is_refused_and_the_worker_lives() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("bench-hello")).await;
    let mut bad = Vec::new();
    for change in 0..4 {
        let mut request = get(component, "/");
        match change {
            0 => request.method = "G E T".into(),
            1 => request.authority = "a b".into(),
            2 => request.path_and_query = "/\u{7}".into(),
            _ => request.fields.0.push(("bad name".into(), b"x".to_vec())),
        }
        bad.push(request);
    }
    for request in bad {
        let answer = worker.call(&request).await;
        assert!(matches!(answer.failure, Some(Failure::Engine { .. })), "{answer:?}");
    }
    assert_eq!(worker.call(&get(component, "/")).await.text(), "Hello, world.\n");
}

/// Sends a body of `total` bytes as credit allows, reads the echo, and gives back both.
async fn echo(worker: &Worker, component: types::Digest, total: usize, trailers: &[(&str, &str)]) -> Answer {
    let mut request = get(component, "/echo");
    request.method = "POST".into();
    request.has_body = true;
    request.limits.request_kib = 65_536;
    let mut exchange = worker.invoke(&request);
    exchange.credit = CREDIT_BYTES.into();
    let (mut sent, mut ended, mut answer) = (0_usize, false, Answer::default());
    loop {
        while sent < total && exchange.credit > 0 {
            let length = (total - sent).min(32 << 10).min(exchange.credit as usize);
            let piece: Vec<u8> = (sent..sent + length).map(|at| (at % 251) as u8).collect();
            exchange.body(&piece);
            exchange.credit -= length as u64;
            sent += length;
        }
        if sent == total && !ended {
            exchange.end(trailers);
            ended = true;
        }
        if !exchange.step(&mut answer).await {
            return answer;
        }
    }
}

#[tokio::test]
async fn bodies_and_trailers_stream_both_ways() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        for total in [0, 1, 65_536, 3 << 20] {
            let answer = echo(&worker, component, total, &[("x-checksum", "abc"), ("x-last", "1")]).await;
            assert_eq!(answer.failure, None, "{name} {total}");
            assert_eq!(answer.body.len(), total, "{name}");
            assert!(answer.body.iter().enumerate().all(|(at, byte)| *byte == (at % 251) as u8), "{name} {total}");
            let trailers = answer.trailers.unwrap().0;
            assert!(trailers.contains(&("x-checksum".into(), b"abc".to_vec())), "{name} {total}: {trailers:?}");
        }
    }
}

#[tokio::test]
async fn a_large_echo_takes_bounded_memory() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        echo(&worker, component, 1 << 20, &[]).await;
        let before = worker.status("VmHWM:");
        let answer = echo(&worker, component, 48 << 20, &[]).await;
        assert_eq!((answer.failure, answer.body.len()), (None, 48 << 20), "{name}");
        let grown = worker.status("VmHWM:") - before;
        assert!(grown < 16 << 10, "{name}: the worker grew by {grown} KiB over a body of 48 MiB");
    }
}

#[tokio::test]
async fn without_credit_no_body_comes() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        let mut exchange = worker.invoke(&get(component, "/big?n=4194304"));
        exchange.automatic = false;
        let mut bytes = 0;
        while let Some(frame) = exchange.next_within(Duration::from_millis(500)).await {
            if frame.kind == to_front::BODY {
                bytes += frame.payload.len();
            }
        }
        assert_eq!(bytes, CREDIT_BYTES as usize, "{name}");
        exchange.give(10_000);
        let frame = exchange.next_within(Duration::from_secs(5)).await.unwrap();
        assert_eq!((frame.kind, frame.payload.len()), (to_front::BODY, 10_000), "{name}");
        exchange.bare(to_worker::CANCEL);
        let answer = exchange.finish().await;
        assert!(answer.ended.is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_slow_body_arrives_as_it_is_made() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        let mut exchange = worker.invoke(&get(component, "/slow-body?chunks=3&ms=150"));
        let (began, mut answer, mut arrivals) = (Instant::now(), Answer::default(), Vec::new());
        let mut seen = 0;
        while exchange.step(&mut answer).await {
            if answer.body.len() > seen {
                seen = answer.body.len();
                arrivals.push(began.elapsed());
            }
        }
        assert_eq!(answer.text(), "chunk 0\nchunk 1\nchunk 2\n", "{name}");
        let spread = *arrivals.last().unwrap() - arrivals[0];
        assert!(arrivals.len() == 3 && spread > Duration::from_millis(200), "{name}: {arrivals:?}");
    }
}

#[tokio::test]
async fn an_aborted_request_body_ends_in_an_error() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        let mut request = get(component, "/echo");
        request.has_body = true;
        let exchange = worker.invoke(&request);
        exchange.body(b"half of");
        exchange.bare(to_worker::BODY_ABORT);
        let answer = exchange.finish().await;
        assert!(answer.failure.is_some() && answer.trailers.is_none(), "{name}: {answer:?}");
        assert_eq!(worker.call(&get(component, "/scheme")).await.status(), 200);
    }
}

#[tokio::test]
async fn a_request_body_over_its_limit_breaks_off() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("echo-p2")).await;
    let mut request = get(component, "/echo");
    request.has_body = true;
    request.limits.request_kib = 4;
    let exchange = worker.invoke(&request);
    exchange.body(&[7; 5_000]);
    exchange.end(&[]);
    let answer = exchange.finish().await;
    assert!(answer.failure.is_some() && answer.body.len() <= 4_096, "{answer:?}");
}

#[tokio::test]
async fn cancelling_ends_the_instance_at_once() {
    let worker = Worker::start().await;
    for (name, path) in [("echo-p2", "/slow?ms=20000"), ("echo-p3", "/slow?ms=20000"), ("hostile-p2", "/spin")] {
        let component = worker.bring(&guest(name)).await;
        let mut request = get(component, path);
        request.limits.cpu_ms = 20_000;
        let exchange = worker.invoke(&request);
        tokio::time::sleep(Duration::from_millis(100)).await;
        exchange.bare(to_worker::CANCEL);
        let answer = exchange.finish().await;
        assert!(answer.head.is_none() && answer.failure.is_some(), "{name}{path}: {answer:?}");
        assert!(answer.took < Duration::from_millis(500), "{name}{path} took {:?}", answer.took);
    }
}

#[tokio::test]
async fn many_answers_interleave_on_one_worker() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("echo-p2")).await;
    // More than the pool has slots: the rest waits its turn.
    let exchanges: Vec<_> = (0..600).map(|_| worker.invoke(&get(component, "/slow?ms=50"))).collect();
    for exchange in exchanges {
        let answer = exchange.finish().await;
        assert_eq!((answer.failure.clone(), answer.text()), (None, "slept\n".to_owned()));
    }
}

#[tokio::test]
async fn a_guest_that_ends_badly_is_told_apart() {
    let worker = Worker::start().await;
    for name in ECHOES {
        let component = worker.bring(&guest(name)).await;
        for (path, wanted) in [("/panic", "panicked or aborted"), ("/trap", "panicked or aborted")] {
            let answer = worker.call(&get(component, path)).await;
            assert!(answer.trap().contains(wanted), "{name}{path}: {answer:?}");
        }
        let answer = worker.call(&get(component, "/panic")).await;
        assert!(answer.logs.iter().any(|log| log.text.contains("asked to panic")), "{name}: {:?}", answer.logs);
        let answer = worker.call(&get(component, "/error")).await;
        assert!(matches!(answer.failure, Some(Failure::BadResponse { .. })), "{name}: {answer:?}");
    }
    let component = worker.bring(&guest("echo-p2")).await;
    let answer = worker.call(&get(component, "/exit")).await;
    assert!(answer.trap().contains("exit code"), "{answer:?}");
    assert_eq!(worker.call(&get(component, "/scheme")).await.status(), 200);
}

#[tokio::test]
async fn no_response_and_bad_responses_are_named() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("hostile-p2")).await;
    for path in ["/mute", "/silent"] {
        let answer = worker.call(&get(component, path)).await;
        assert_eq!(answer.failure, Some(Failure::NoResponse), "{path}");
    }
    for path in ["/too-short", "/unfinished"] {
        let answer = worker.call(&get(component, path)).await;
        let named = matches!(answer.failure, Some(Failure::BadResponse { .. } | Failure::Trap { .. }));
        assert!(named, "{path}: {answer:?}");
        assert!(answer.trailers.is_none(), "{path} must not look complete");
    }
    let answer = worker.call(&get(component, "/too-long")).await;
    assert!(answer.failure.is_some() || answer.body.len() <= 5, "{answer:?}");
    let answer = worker.call(&get(component, "/split-header")).await;
    assert_eq!(answer.field("set-cookie"), None);
    let answer = worker.call(&get(component, "/hop-headers")).await;
    for name in ["connection", "transfer-encoding", "upgrade", "keep-alive", "sf-user"] {
        assert_eq!(answer.field(name), None, "{name} in {:?}", answer.head);
    }
    for path in ["/twice", "/foreign-handle"] {
        let answer = worker.call(&get(component, path)).await;
        assert!(answer.failure.is_some() || !answer.logs.is_empty(), "{path}: {answer:?}");
    }
    assert_eq!(worker.call(&get(component, "/nothing")).await.status(), 404);
}

#[tokio::test]
async fn an_unloaded_component_is_asked_for_again() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("bench-hello")).await;
    assert_eq!(worker.probe(component, RunLimits::default()).await, Loaded::Ready);
    assert_eq!(worker.call(&get(component, "/")).await.status(), 200);
    let unload = wire::encode(&wire::work::Unload { component }).unwrap();
    worker.send(vec![wire::Frame::new(to_worker::UNLOAD, 0, unload)]);
    let answer = worker.call(&get(component, "/")).await;
    assert_eq!((answer.failure, answer.head), (Some(Failure::NotLoaded), None));
    assert!(matches!(worker.probe(component, RunLimits::default()).await, Loaded::Refused { .. }));
}

#[tokio::test]
async fn a_drained_worker_finishes_and_leaves() {
    let mut worker = Worker::start().await;
    let component = worker.bring(&guest("echo-p2")).await;
    let exchange = worker.invoke(&get(component, "/slow?ms=300"));
    worker.send(vec![wire::Frame::new(to_worker::DRAIN, 0, bytes::Bytes::new())]);
    assert_eq!(exchange.finish().await.text(), "slept\n");
    let began = Instant::now();
    while worker.process.0.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(5), "the worker stays");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
