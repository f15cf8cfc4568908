//! Components that mean harm: each is stopped with the limit's name, and nobody else notices.
use std::time::{Duration, Instant};

use crate::platform::{Platform, Setup, guest};

#[tokio::test(flavor = "multi_thread")]
async fn hostile_components_are_refused_by_name_while_others_are_served() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("good", &guest("bench-hello"), "").await;
    // Each with the words that have to be in the reason: the limit where one was reached, else what is wrong.
    let names = [
        ("hostile-functions", "`functions`"),
        ("hostile-straight", "`function_body_bytes`"),
        ("hostile-types-doubling", "type size exceeds the limit"),
        ("hostile-globals", "`globals`"),
        ("hostile-memory-minimum", "`memory_mib`"),
        ("hostile-table-minimum", "`table_elements`"),
        ("hostile-core-module", "not a WebAssembly component"),
        ("hostile-noise", "not a WebAssembly component"),
        ("hostile-truncated", "not a WebAssembly component"),
        ("hostile-flipped", "not a WebAssembly component"),
        ("hostile-magic-only", "not a WebAssembly component"),
        ("hostile-no-handler", "handler"),
        ("hostile-unknown-import", "evil:host/backdoor"),
        ("hostile-text", "not WebAssembly"),
        ("hostile-empty", "the body is empty"),
    ];
    for (name, words) in names {
        let bytes = std::fs::read(guest(name)).unwrap();
        let mut slowest = Duration::ZERO;
        let deploy = platform.try_deploy("bad", &bytes, "");
        tokio::pin!(deploy);
        let (phase, view) = loop {
            tokio::select! {
                ended = &mut deploy => break ended,
                answer = async {
                    let start = Instant::now();
                    let answer = platform.app("good", "GET", "/", Some(&token), "").await;
                    slowest = slowest.max(start.elapsed());
                    answer
                } => assert_eq!(answer.status, 200, "{name}"),
            }
        };
        assert_ne!(phase, "ready", "{name}: {view}");
        assert!(view.to_string().contains(words), "{name} is refused for `{words}`: {view}");
        assert!(slowest < Duration::from_secs(5), "{name}: a neighbour waited {slowest:?}");
    }
    assert_eq!(platform.app("good", "GET", "/", Some(&token), "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_loop_is_stopped_on_both_versions_while_a_neighbour_answers() {
    let platform = Platform::claimed(&Setup::default()).await;
    let good = platform.deploy("good", &guest("bench-hello"), "").await;
    for (app, name) in [("two", "hostile-p2"), ("three", "echo-p3")] {
        let token = platform.deploy(app, &guest(name), "limits = { cpu_ms = 300 }").await;
        let start = Instant::now();
        let (spin, other) = tokio::join!(
            platform.app(app, "GET", "/spin", Some(&token), ""),
            platform.app("good", "GET", "/", Some(&good), "")
        );
        assert_eq!((spin.status.as_u16(), other.status.as_u16()), (500, 200), "{name} {}", spin.text());
        assert!(spin.text().contains("RUN-002") && spin.text().contains("cpu_ms"), "{name} {}", spin.text());
        assert!(start.elapsed() < Duration::from_secs(10), "{name}: {:?}", start.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bombs_end_their_own_request_only() {
    let platform = Platform::claimed(&Setup::default()).await;
    let good = platform.deploy("good", &guest("bench-hello"), "").await;
    for (name, path, code, limit) in [
        ("hostile-memory-grow", "/", "RUN-004", "memory_mib"),
        ("hostile-table-grow", "/", "RUN-009", "table_elements"),
        ("hostile-recurse", "/", "RUN-009", "stack"),
        ("hostile-p2", "/random", "RUN-009", "random_bytes"),
        ("hostile-p2", "/fields", "RUN-009", "resources"),
        ("hostile-p2", "/huge-header?bytes=30000", "RUN-005", "header_bytes"),
        ("hostile-spin", "/", "RUN-002", "cpu_ms"),
    ] {
        let bytes = std::fs::read(guest(name)).unwrap();
        let (phase, view) = platform.try_deploy("bomb", &bytes, "limits = { cpu_ms = 2_000 }").await;
        assert_eq!(phase, "ready", "{name}: {view}");
        let token = platform.token("bomb").await;
        let answer = platform.app("bomb", "GET", path, Some(&token), "").await;
        let text = answer.text();
        assert!(answer.status.is_server_error() && text.contains(code), "{name}{path}: {} {text}", answer.status);
        assert!(text.contains(&format!("`{limit}`")), "{name}{path} names its limit: {text}");
        assert_eq!(platform.app("good", "GET", "/", Some(&good), "").await.status, 200, "{name}");
    }
}
