//! The compiler refuses what is too large, unknown or broken, and says why.
#![expect(clippy::disallowed_methods, reason = "tests")]

mod harness;

use std::time::{Duration, Instant};

use harness::{NotCompiled, compile, compile_within, guest, limit_of};
use types::CompileLimits;
use wire::compile::Failed;

async fn failed(component: &[u8]) -> Failed {
    match compile(component).await {
        Err(NotCompiled::Failed(failed)) => failed,
        other => panic!("expected a failure, got {:?}", other.map(|artefact| artefact.done)),
    }
}

#[tokio::test]
async fn bombs_are_refused_by_the_name_of_their_limit() {
    for (name, limit) in [
        ("hostile-functions", "functions"),
        ("hostile-straight", "function_body_bytes"),
        ("hostile-globals", "globals"),
        ("hostile-data", "component_kib"),
        ("hostile-memory-minimum", "memory_mib"),
        ("hostile-table-minimum", "table_elements"),
        ("hostile-nested-components", "nesting"),
    ] {
        let began = Instant::now();
        assert_eq!(limit_of(compile(&guest(name)).await), limit, "{name}");
        assert!(began.elapsed() < Duration::from_secs(10), "{name} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn what_passes_the_checks_costs_little() {
    // Each of these either compiles or is refused with a reason; none may take the process down or run long.
    for name in [
        "hostile-locals",
        "hostile-nested-blocks",
        "hostile-memories",
        "hostile-instances",
        "hostile-types-doubling",
        "hostile-types-wide",
    ] {
        let began = Instant::now();
        match compile(&guest(name)).await {
            Ok(_) | Err(NotCompiled::Failed(_)) => {}
            other => panic!("{name}: {:?}", other.map(|artefact| artefact.done)),
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{name} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_job_that_takes_too_long_or_too_much_is_stopped_by_name() {
    let wide = CompileLimits { function_body_bytes: 1 << 24, functions: 1_000_000, ..CompileLimits::default() };
    let short = CompileLimits { compile_cpu_s: 1, compile_memory_mib: 4_096, ..wide };
    assert_eq!(limit_of(compile_within(&guest("hostile-straight"), short).await), "compile_cpu_s");
    let narrow = CompileLimits { compile_cpu_s: 120, compile_memory_mib: 200, ..wide };
    assert_eq!(limit_of(compile_within(&guest("hostile-functions"), narrow).await), "compile_memory_mib");
}

#[tokio::test]
async fn an_unknown_import_is_named_with_what_is_served() {
    match failed(&guest("hostile-unknown-import")).await {
        Failed::UnknownImport { import, served } => {
            assert!(!import.is_empty() && served.contains("wasi:http/{types}@0.2.x"), "{import} {served}");
        }
        other => panic!("{other:?}"),
    }
    let component = wat::parse_str(r#"(component (import "loose" (func)))"#).unwrap();
    assert!(matches!(failed(&component).await, Failed::UnknownImport { import, .. } if import == "loose"));
}

#[tokio::test]
async fn what_is_no_component_is_told_so() {
    match failed(&guest("hostile-core-module")).await {
        Failed::Invalid { reason } => assert!(reason.contains("plain WebAssembly module"), "{reason}"),
        other => panic!("{other:?}"),
    }
    for name in [
        "hostile-empty",
        "hostile-magic-only",
        "hostile-next-version",
        "hostile-noise",
        "hostile-text",
        "hostile-truncated",
        "hostile-huge-section",
        "hostile-flipped",
    ] {
        let failed = failed(&guest(name)).await;
        assert!(matches!(failed, Failed::Invalid { .. }), "{name}: {failed:?}");
    }
    assert_eq!(failed(&guest("hostile-no-handler")).await, Failed::ServesNothing);
}

#[tokio::test]
async fn bytes_that_are_not_the_jobs_are_refused() {
    use wire::{
        Frame,
        compile::{Job, kind},
    };
    let (_process, mut channel) = harness::spawn("compile");
    let report = channel.receiver.next().await.unwrap();
    assert_eq!(report.kind, kind::REPORT);
    let job = Job { component: harness::sha256(b"something else"), limits: CompileLimits::default() };
    let mut frame = Frame::new(kind::JOB, 1, wire::encode(&job).unwrap());
    frame.fds.push(tempfile::tempfile().unwrap().into());
    channel.sender.send(vec![frame]).unwrap();
    loop {
        let frame = channel.receiver.next().await.unwrap();
        if frame.kind == kind::FAILED {
            assert!(matches!(frame.message().unwrap(), Failed::Internal { .. }));
            break;
        }
    }
}

#[tokio::test]
async fn other_languages_components_compile_and_are_served() {
    // 13 MB with a language engine inside: over the ordinary CPU limit, so an operator raises it.
    let limits = CompileLimits { compile_cpu_s: 120, compile_memory_mib: 4_096, ..CompileLimits::default() };
    let artefact = compile_within(&guest("foreign-js"), limits).await.unwrap();
    let worker = harness::Worker::start().await;
    assert_eq!(worker.load(&artefact).await, wire::work::Loaded::Ready);
    let answer = worker.call(&harness::get(artefact.component, "/")).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
}

/// Traffic goes first; a worker is traffic.
#[tokio::test]
async fn who_makes_artefacts_gives_way_and_workers_do_not() {
    let niceness = |pid: u32| -> i32 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        // Field 19 of proc_pid_stat(5); the name in brackets is the second.
        stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap().parse().unwrap()
    };
    let worker = harness::Worker::start().await;
    let ours = niceness(worker.process.0.id());
    for role in ["compile", "snapshot"] {
        let (mut process, mut channel) = harness::spawn(role);
        harness::report(&mut process, &mut channel).await.unwrap();
        assert_eq!(niceness(process.0.id()), (ours + 5).min(19), "{role}");
    }
}
