//! Every limit of a running function, reached: it is named, the worker lives, and its other traffic does not wait.
#![expect(clippy::disallowed_methods, reason = "tests")]

mod harness;

use std::time::{Duration, Instant};

use harness::{Worker, get, guest};
use types::{Digest, RunLimits};
use wire::work::{Failure, Invoke, Loaded};

/// What a busy machine may add to a time limit before the test calls it late.
const SLACK: Duration = Duration::from_millis(100);

fn limited(component: Digest, path: &str, change: impl FnOnce(&mut RunLimits)) -> Invoke {
    let mut request = get(component, path);
    change(&mut request.limits);
    request
}

#[tokio::test]
async fn busy_guests_are_stopped_while_others_answer() {
    let worker = Worker::start().await;
    let hello = worker.bring(&guest("bench-hello")).await;
    worker.call(&get(hello, "/")).await;
    for (name, path) in [
        ("hostile-spin", "/"),
        ("hostile-start-spin", "/"),
        ("hostile-p2", "/spin"),
        ("hostile-p2", "/spin-after-head"),
        ("hostile-p2", "/host-calls"),
        ("echo-p3", "/spin"),
        ("echo-p3", "/spin-after-head"),
        ("echo-p3", "/spin-async"),
        ("echo-p3", "/host-calls"),
    ] {
        let component = worker.bring(&guest(name)).await;
        let busy = worker.invoke(&limited(component, path, |limits| limits.cpu_ms = 200));
        let mut slowest = Duration::ZERO;
        for _ in 0..10 {
            let began = Instant::now();
            assert_eq!(worker.call(&get(hello, "/")).await.text(), "Hello, world.\n");
            slowest = slowest.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let answer = busy.finish().await;
        assert_eq!(answer.limit(), "cpu_ms", "{name}{path}");
        let used = Duration::from_micros(answer.ended.unwrap().cpu_us);
        assert!(
            used >= Duration::from_millis(190) && used < Duration::from_millis(200) + SLACK,
            "{name}{path}: {used:?}"
        );
        assert!(slowest < SLACK, "{name}{path}: another request waited {slowest:?}");
    }
}

#[tokio::test]
async fn many_busy_guests_do_not_starve_the_worker() {
    let worker = Worker::start().await;
    let hello = worker.bring(&guest("bench-hello")).await;
    let spin = worker.bring(&guest("hostile-spin")).await;
    let busy: Vec<_> = (0..20).map(|_| worker.invoke(&limited(spin, "/", |limits| limits.cpu_ms = 50))).collect();
    let began = Instant::now();
    assert_eq!(worker.call(&get(hello, "/")).await.status(), 200);
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    for exchange in busy {
        assert_eq!(exchange.finish().await.limit(), "cpu_ms");
    }
}

#[tokio::test]
async fn waiting_guests_are_stopped_by_wall_time() {
    let worker = Worker::start().await;
    for (name, path) in [("hostile-p2", "/never"), ("echo-p3", "/never"), ("echo-p3", "/tasks?n=500")] {
        let component = worker.bring(&guest(name)).await;
        let answer = worker.call(&limited(component, path, |limits| limits.wall_ms = 200)).await;
        if path.starts_with("/tasks") {
            // It answers, and its tasks are cut off afterwards.
            assert_eq!(answer.text(), "all started\n");
        } else {
            assert_eq!(answer.limit(), "wall_ms", "{name}{path}");
        }
        assert!(answer.took < Duration::from_millis(200) + SLACK, "{name}{path}: {:?}", answer.took);
    }
}

#[tokio::test]
async fn work_after_the_response_is_bounded() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("echo-p3")).await;
    let answer = worker.call(&limited(component, "/linger?ms=50", |_| ())).await;
    assert_eq!(answer.text(), "answered\n");
    assert!(answer.logs.iter().any(|log| log.text == "lingered to the end"), "{:?}", answer.logs);
    let answer = worker.call(&limited(component, "/linger", |limits| limits.wall_ms = 200)).await;
    assert_eq!((answer.text(), answer.failure), ("answered\n".to_owned(), None));
    assert!(answer.trailers.is_some() && answer.took < Duration::from_millis(200) + SLACK);
}

#[tokio::test]
async fn memory_and_tables_are_bounded() {
    let worker = Worker::start().await;
    for (name, path, limit) in [
        ("hostile-memory-grow", "/", "memory_mib"),
        ("hostile-memory-fill", "/", "memory_mib"),
        ("hostile-start-memory", "/", "memory_mib"),
        ("hostile-table-grow", "/", "table_elements"),
        ("hostile-table-grow-at-once", "/", "table_elements"),
        ("hostile-p2", "/memory", "memory_mib"),
        ("echo-p3", "/memory", "memory_mib"),
    ] {
        let component = worker.bring(&guest(name)).await;
        let answer = worker.call(&limited(component, path, |limits| limits.memory_mib = 32)).await;
        match &answer.failure {
            // Some ask again and again, and so run out of time instead.
            Some(Failure::Limit { limit: named, .. }) => {
                assert!(named == limit || named == "cpu_ms", "{name}{path}: {named}")
            }
            // It went on without what it was refused: its own choice.
            Some(Failure::NoResponse) | None => {}
            other => panic!("{name}{path}: {other:?}"),
        }
        let memory = answer.ended.unwrap().memory_bytes;
        assert!(memory <= 32 << 20, "{name}{path}: {memory}");
    }
    assert!(worker.resident_kib() < 256 << 10, "{} KiB", worker.resident_kib());
}

#[tokio::test]
async fn a_start_that_wants_too_much_is_found_by_a_probe() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("bench-hello")).await;
    let tight = RunLimits { memory_mib: 1, ..RunLimits::default() };
    match worker.probe(component, tight).await {
        Loaded::Broken { reason } => assert!(reason.contains("memory_mib"), "{reason}"),
        other => panic!("{other:?}"),
    }
    let tight = RunLimits { instances: 1, ..RunLimits::default() };
    match worker.probe(component, tight).await {
        Loaded::Broken { reason } => assert!(reason.contains("instances"), "{reason}"),
        other => panic!("{other:?}"),
    }
    let trap = worker.bring(&guest("hostile-start-trap")).await;
    assert!(matches!(worker.probe(trap, RunLimits::default()).await, Loaded::Broken { .. }));
    let spin = worker.bring(&guest("hostile-start-spin")).await;
    match worker.probe(spin, RunLimits { cpu_ms: 50, ..RunLimits::default() }).await {
        Loaded::Broken { reason } => assert!(reason.contains("cpu_ms"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(worker.probe(component, RunLimits::default()).await, Loaded::Ready);
}

#[tokio::test]
async fn too_deep_recursion_is_stopped_by_name() {
    let worker = Worker::start().await;
    for (name, path) in [("hostile-recurse", "/"), ("hostile-p2", "/recurse"), ("echo-p3", "/recurse")] {
        let component = worker.bring(&guest(name)).await;
        let answer = worker.call(&get(component, path)).await;
        if name == "hostile-recurse" {
            assert_eq!(answer.limit(), "stack", "{answer:?}");
        } else {
            // Compiled from Rust, a stack of its own in the guest's memory ends first: an access out of bounds like any other.
            assert!(matches!(answer.failure, Some(Failure::Trap { .. })), "{name}{path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn response_floods_are_cut_off() {
    let worker = Worker::start().await;
    for (name, path) in [("hostile-p2", "/flood"), ("echo-p3", "/flood")] {
        let component = worker.bring(&guest(name)).await;
        let answer = worker.call(&limited(component, path, |limits| limits.response_kib = 2_048)).await;
        assert_eq!(answer.limit(), "response_kib", "{name}");
        assert!(answer.body.len() <= 2 << 20 && answer.trailers.is_none(), "{name}: {}", answer.body.len());
    }
}

#[tokio::test]
async fn header_floods_are_cut_off() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("hostile-p2")).await;
    for path in ["/many-headers", "/huge-header", "/huge-header?bytes=30000", "/huge-trailer?bytes=30000"] {
        let answer = worker.call(&get(component, path)).await;
        let size: usize = answer.head.iter().flat_map(|head| &head.fields.0).map(|(n, v)| n.len() + v.len()).sum();
        assert!(size <= 16_384, "{path}: {size}");
        if path.contains("30000") {
            assert_eq!(answer.limit(), "header_bytes", "{path}");
        }
    }
    let component = worker.bring(&guest("echo-p3")).await;
    let answer = worker.call(&limited(component, "/many-headers?n=200", |limits| limits.header_bytes = 1_024)).await;
    assert!(matches!(answer.failure, Some(Failure::Limit { .. })) || answer.text().contains("Some"), "{answer:?}");
}

#[tokio::test]
async fn handles_are_bounded() {
    let worker = Worker::start().await;
    for (name, path) in [
        ("hostile-p2", "/fields"),
        ("hostile-p2", "/pollables"),
        ("hostile-p2", "/poll-many?n=20000"),
        ("echo-p3", "/fields"),
        ("echo-p3", "/streams"),
    ] {
        let component = worker.bring(&guest(name)).await;
        let answer = worker.call(&get(component, path)).await;
        assert_eq!(answer.limit(), "resources", "{name}{path}");
    }
    assert!(worker.resident_kib() < 256 << 10, "{} KiB", worker.resident_kib());
}

#[tokio::test]
async fn log_floods_are_dropped_and_counted() {
    let worker = Worker::start().await;
    for name in ["hostile-p2", "echo-p3"] {
        let component = worker.bring(&guest(name)).await;
        let request = limited(component, "/log?lines=20000", |limits| limits.log_bytes_per_second = 8_192);
        let answer = worker.call(&request).await;
        assert_eq!(answer.text(), "all written\n", "{name}: {:?}", answer.failure);
        let bytes: usize = answer.logs.iter().map(|log| log.text.len()).sum();
        let seconds = usize::try_from(answer.took.as_secs()).unwrap() + 2;
        assert!(bytes > 4_096 && bytes <= 8_192 * seconds, "{name}: {bytes}");
        assert!(answer.ended.unwrap().log_bytes_dropped > 1 << 20, "{name}: {:?}", answer.ended);
    }
    let component = worker.bring(&guest("hostile-p2")).await;
    let answer = worker.call(&get(component, "/log-line?bytes=1000000")).await;
    assert!(answer.logs.iter().all(|log| log.text.len() <= 4_096) && !answer.logs.is_empty());
}

#[tokio::test]
async fn huge_random_requests_are_refused() {
    let worker = Worker::start().await;
    let component = worker.bring(&guest("hostile-p2")).await;
    let answer = worker.call(&get(component, "/random")).await;
    assert_eq!(answer.limit(), "random_bytes", "{answer:?}");
    assert_eq!(worker.call(&get(component, "/random?bytes=1000")).await.text(), "1000\n");
    assert!(worker.resident_kib() < 256 << 10, "{} KiB", worker.resident_kib());
}
