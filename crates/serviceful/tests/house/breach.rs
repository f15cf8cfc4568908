//! The assume-breach drill: an attacker runs native code in a worker, and gains nothing.
use std::fs;

use crate::platform::{Platform, Setup, guest, programs};

/// Executables in which the worker belongs to an attacker.
pub(crate) fn drill_programs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let drill = programs().join("engine-drill");
    assert!(drill.exists(), "the drill's engine is missing; run `make build`");
    fs::copy(programs().join("serviceful"), folder.path().join("serviceful")).unwrap();
    fs::copy(drill, folder.path().join("serviceful-engine")).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn native_code_in_a_worker_gains_nothing() {
    let programs = drill_programs();
    let setup = Setup { programs: Some(programs.path().to_owned()), ..Setup::default() };
    let platform = Platform::claimed(&setup).await;
    // Another app's worker, which nobody kills: it has to live through everything.
    let neighbour = platform.deploy("neighbour", &guest("bench-hello"), "").await;
    assert_eq!(platform.app("neighbour", "GET", "/drill/alive", Some(&neighbour), "").await.status, 200);
    let sibling = platform.children("work")[0];
    let token = platform.deploy("victim", &guest("bench-hello"), "").await;
    let token = &token;
    let attack = |payload: String| {
        let platform = &platform;
        async move { platform.app("victim", "GET", &format!("/drill/{payload}"), Some(token), "").await }
    };
    // The drill is no decoration: native code does run, and says so.
    let alive = attack("alive".into()).await;
    assert_eq!(alive.text(), "GAINED native code runs here");

    let data = platform.data();
    let at = |name: &str| data.join(name).display().to_string();
    let (front, keeper) = (platform.children("front")[0], platform.children("keeper")[0]);
    let attempts = [
        "read-file?/etc/passwd".to_owned(),
        format!("read-file?{}", at("platform/platform.db")),
        format!("read-file?{}", at("keeper/audit.key")),
        format!("write-file?{}", at("contents/owned")),
        "write-file?/tmp/owned".to_owned(),
        format!("unix-connect?{}", at("host.sock")),
        format!("tcp-connect?127.0.0.1:{}", platform.port),
        "tcp-listen".to_owned(),
        format!("udp-send?127.0.0.1:{}", platform.port),
        "raw-socket".to_owned(),
        "exec".to_owned(),
        "fork".to_owned(),
        format!("ptrace?{front}"),
        format!("ptrace?{sibling}"),
        format!("signal?{keeper}"),
        format!("signal?{front}"),
        format!("signal?{sibling}"),
        format!("memory-of?{sibling}"),
        format!("memory-through-proc?{sibling}"),
        format!("memory-of?{front}"),
        format!("memory-through-proc?{front}"),
        "environment".to_owned(),
        "map-executable".to_owned(),
        "namespaces".to_owned(),
        "keyring".to_owned(),
        "io-uring".to_owned(),
        "memfd-exec".to_owned(),
        "open-by-handle".to_owned(),
    ];
    let mut killed = 0;
    for attempt in attempts {
        // Each attempt meets a worker that runs: an attack that never began proves nothing.
        assert_eq!(attack("alive".into()).await.status, 200, "before {attempt}");
        let answer = attack(attempt.clone()).await;
        assert!(!answer.text().contains("GAINED"), "{attempt}: {}", answer.text());
        let refused = answer.status == 200 && answer.text().starts_with("refused:");
        let ended = answer.status.is_server_error();
        assert!(refused || ended, "{attempt}: {} {}", answer.status, answer.text());
        killed += usize::from(ended);
    }
    assert!(killed > 10, "the kernel ends a process that reaches for what is never its business: {killed}");
    assert_eq!(
        (platform.children("front")[0], platform.children("keeper")[0]),
        (front, keeper),
        "nobody else was touched"
    );
    assert!(platform.children("work").contains(&sibling), "nor the neighbour");
    assert_eq!(platform.app("neighbour", "GET", "/drill/alive", Some(&neighbour), "").await.status, 200);
    // Deaths are told by the supervisor; that of the last retry may be on its way while its caller has the answer.
    let mut events = Vec::new();
    for _ in 0..100 {
        events = platform.audit("kind=security&action=jail-violation&limit=200").await;
        if events.len() >= 2 * killed {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(events.len(), 2 * killed, "each is written down: the first worker's, and that of the one retry");

    // Lies on the channel end the worker, not the front.
    for lie in ["lie-streams", "lie-request", "lie-length"] {
        let answer = attack(lie.to_owned()).await;
        assert!(!answer.text().contains("GAINED"), "{lie}: {}", answer.text());
    }
    let lied = platform.audit("kind=security&action=worker-lied&limit=50").await;
    assert!(!lied.is_empty(), "a lie is written down");
    assert_eq!(platform.children("front")[0], front, "the front outlives every lie");
    let mut recovered = false;
    for _ in 0..100 {
        if platform.app("victim", "GET", "/", Some(token), "").await.status == 200 {
            recovered = true;
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(recovered);
}
