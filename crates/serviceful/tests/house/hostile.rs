//! Components that mean harm: each is stopped with the limit's name, and nobody else notices.
use std::time::{Duration, Instant};

use crate::platform::{Platform, Setup, guest};

#[tokio::test(flavor = "multi_thread")]
async fn hostile_components_are_refused_by_name_while_others_are_served() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("good", &guest("bench-hello"), "").await;
    let names = [
        "hostile-functions",
        "hostile-straight",
        "hostile-types-doubling",
        "hostile-globals",
        "hostile-memory-minimum",
        "hostile-table-minimum",
        "hostile-core-module",
        "hostile-noise",
        "hostile-truncated",
        "hostile-flipped",
        "hostile-magic-only",
        "hostile-no-handler",
        "hostile-unknown-import",
        "hostile-text",
        "hostile-empty",
    ];
    for name in names {
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
    for (name, code) in [
        ("hostile-memory-grow", "RUN-0"),
        ("hostile-table-grow", "RUN-0"),
        ("hostile-recurse", "RUN-0"),
        ("hostile-spin", "RUN-002"),
    ] {
        let (phase, view) =
            platform.try_deploy("bomb", &std::fs::read(guest(name)).unwrap(), "limits = { cpu_ms = 300 }").await;
        if phase == "ready" {
            let token = platform.token("bomb").await;
            let answer = platform.app("bomb", "GET", "/", Some(&token), "").await;
            assert!(
                answer.status.is_server_error() && answer.text().contains(code),
                "{name}: {} {}",
                answer.status,
                answer.text()
            );
        } else {
            assert!(view.to_string().contains("limit") || view.to_string().contains("instantiate"), "{name}: {view}");
        }
        assert_eq!(platform.app("good", "GET", "/", Some(&good), "").await.status, 200, "{name}");
    }
}
