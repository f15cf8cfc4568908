//! Answers that are not one JSON document.
use std::sync::Arc;

use control_api::{LogEntry, Op};
use gateway::Body;
use http_body_util::BodyExt;
use types::{Code, CredentialId, Digest, PrincipalId, UnixMillis};

use super::{
    fakes::line,
    harness::{Room, Sent, owner},
};

async fn next(body: &mut Body) -> String {
    let frame = body.frame().await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

fn texts(lines: &str) -> Vec<String> {
    lines.lines().map(|l| serde_json::from_str::<LogEntry>(l).unwrap().text).collect()
}

#[tokio::test]
async fn a_tail_is_the_newest_lines_oldest_first() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    room.logs.old.lock().unwrap().extend((0..200).map(|n| line(n, &format!("line {n}"))));
    let read = async |query: &str| room.raw(Op::AppLogs, &owner(), &["coffee"], query, Sent::Nothing).await;
    let response = read("tail=2").await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let all = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(texts(std::str::from_utf8(&all).unwrap()), ["line 198", "line 199"]);
    let all = read("").await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(all.split(|b| *b == b'\n').count() - 1, 100);
    for bad in ["tail=10001", "tail=x", "follow=maybe", "lines=5"] {
        assert_eq!(read(bad).await.unwrap_err().code, Code::CTL_BAD_INPUT, "{bad}");
    }
}

/// The owner's credential, which the log is followed with.
fn holds_a_token(room: &Room) {
    room.store.credentials.lock().unwrap().push(store::Credential {
        id: CredentialId::from_bytes([1; 16]),
        principal: PrincipalId::from_bytes([1; 16]),
        kind: store::CredentialKind::Cli,
        audience: store::Audience::Platform,
        secret_hash: Digest::from_bytes([1; 32]),
        label: "laptop".into(),
        created_at: UnixMillis(1),
        expires_at: UnixMillis(u64::MAX),
        revoked_at: None,
        parent: None,
    });
}

#[tokio::test(start_paused = true)]
async fn who_is_shut_out_follows_no_further() {
    type End = fn(&Room);
    let ends: [(&str, End); 4] = [
        ("disabled", |room| room.store.principals.lock().unwrap()[0].disabled = true),
        ("removed", |room| drop(room.store.principals.lock().unwrap().remove(0))),
        ("no owner any more", |room| {
            room.store.principals.lock().unwrap()[0].kind = store::PrincipalKind::Person { owner: false };
        }),
        ("the token was revoked", |room| {
            room.store.credentials.lock().unwrap()[0].revoked_at = Some(UnixMillis(2));
        }),
    ];
    for (what, end) in ends {
        let room = Room::new();
        room.deploy("coffee", b"\0asmone").await;
        holds_a_token(&room);
        room.logs.old.lock().unwrap().push(line(1, "old"));
        let response = room.raw(Op::AppLogs, &owner(), &["coffee"], "follow=true", Sent::Nothing).await.unwrap();
        let mut body = response.into_body();
        assert_eq!(texts(&next(&mut body).await), ["old"]);
        assert_eq!(next(&mut body).await, "\n", "{what}: three looks found nothing");
        end(&room);
        let since = tokio::time::Instant::now();
        assert!(body.frame().await.is_none(), "{what}");
        assert!(since.elapsed().as_secs() <= 5, "{what}: {:?}", since.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn following_gives_each_line_once_tells_of_lost_ones_and_ends() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    holds_a_token(&room);
    room.logs.old.lock().unwrap().push(line(1, "old"));
    let response = room.raw(Op::AppLogs, &owner(), &["coffee"], "follow=true", Sent::Nothing).await.unwrap();
    let mut body = response.into_body();
    // Written between listening and reading the tail: in both, given once.
    room.logs.new.send(Arc::new(line(1, "old"))).unwrap();
    room.logs.new.send(Arc::new(line(2, "new"))).unwrap();
    assert_eq!(texts(&next(&mut body).await), ["old"]);
    assert_eq!(texts(&next(&mut body).await), ["new"]);
    // The channel of the fake holds 4.
    for n in 0..7 {
        room.logs.new.send(Arc::new(line(3, &format!("burst {n}")))).unwrap();
    }
    let lost = next(&mut body).await;
    assert!(lost.contains("3 lines are missing here") && lost.contains("\"platform\""), "{lost}");
    assert_eq!(texts(&next(&mut body).await), ["burst 3"]);
    for _ in 4..7 {
        next(&mut body).await;
    }
    assert_eq!(next(&mut body).await, "\n", "a heartbeat when it is quiet");
    let mut beats = 1;
    while let Some(frame) = body.frame().await {
        assert_eq!(&frame.unwrap().into_data().unwrap()[..], b"\n");
        beats += 1;
    }
    assert!((59..=61).contains(&beats), "15 minutes at one in 15 seconds: {beats}");
}

#[tokio::test]
async fn files_of_the_audit_log_are_handed_out_by_their_own_names_only() {
    let room = Room::new();
    let file = async |path: &str| room.raw(Op::AuditFile, &owner(), &[path], "", Sent::Nothing).await;
    let bytes = file("checkpoint").await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&bytes[..], b"a note");
    for bad in ["tile/0/000", "keeper/key", "tile/entries/..", "append/00000000000000000000.log", "tile/%2e%2e/x"] {
        assert_eq!(file(bad).await.unwrap_err().code, Code::CTL_NOT_FOUND, "{bad}");
    }
}
