//! What nobody can use any more goes, in time; what somebody can use stays, whatever happens at the same moment.
use std::sync::atomic::Ordering;

use control_api::Op;
use gateway::events::Kind;
use serde_json::json;
use types::{Code, Digest, UnixMillis};

use super::{
    fakes::digest_of,
    harness::{Room, Sent, deployment, owner},
};
use crate::{Collected, Removed};

const DAY_MS: u64 = 86_400_000;

impl Room {
    /// Both clocks, of requests and of files.
    fn set_time(&self, at: u64) {
        self.clock.0.store(at, Ordering::SeqCst);
        self.contents.now.store(at, Ordering::SeqCst);
    }

    fn has(&self, digest: Digest) -> bool {
        self.contents.kept.lock().unwrap().contains_key(&digest)
    }

    async fn missing(&self, digest: Digest) -> bool {
        let sent = Sent::Json(json!({ "digests": [digest] }));
        let (_, answer) = self.ask(Op::ComponentsMissing, &owner(), &[], sent).await.unwrap();
        answer["missing"] == json!([digest])
    }
}

#[tokio::test]
async fn unused_components_go_after_their_grace_with_one_event() {
    let room = Room::new();
    room.set_time(DAY_MS);
    let live = room.deploy("coffee", b"\0asmlive").await;
    let stray = room.upload(b"\0asmstray one").await;
    room.components.bad.lock().unwrap().insert(digest_of(b"\0asmbad"));
    room.deploy("coffee", b"\0asmbad").await;
    assert_eq!(room.service.collect().await.unwrap(), Collected::default(), "all of it is fresh");
    let before = room.record.seen.lock().unwrap().len();

    room.set_time(2 * DAY_MS + 10_000);
    let collected = room.service.collect().await.unwrap();
    assert_eq!(collected.components, Removed { files: 2, bytes: 13 + 7 });
    assert!(room.has(digest_of(b"\0asmlive")) && !room.has(stray) && !room.has(digest_of(b"\0asmbad")));
    let events = room.record.seen.lock().unwrap().split_off(before);
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.kind, &*event.action), (Kind::Platform, "collected"));
    let note = event.note.as_deref().unwrap();
    assert!(note.contains("2 components that no deployment uses (20 bytes)"), "{note}");
    let (left, cut_off) = room.artefacts.0.lock().unwrap().last().cloned().unwrap();
    assert_eq!(left, [digest_of(b"\0asmlive")].into(), "compiled code is kept for what is left");
    assert!(cut_off <= UnixMillis(DAY_MS + 10_010));

    assert_eq!(room.service.collect().await.unwrap(), Collected::default());
    assert_eq!(room.record.seen.lock().unwrap().len(), before, "a run that removes nothing says nothing");
    assert!(room.view(&live).await.current);
}

#[tokio::test]
async fn what_is_wanted_again_is_not_taken_from_under_the_one_who_wants_it() {
    let room = Room::new();
    for case in ["upload", "missing", "deploy"] {
        room.set_time(DAY_MS);
        let digest = room.upload(case.as_bytes()).await;
        room.set_time(3 * DAY_MS);
        let contents = room.contents.clone();
        // Between reading who uses what and the removal, somebody asks for it: as the handlers do, by a new time.
        *room.store.after_references.lock().unwrap() = Some(Box::new(move || {
            use store::Contents as _;
            match case {
                "upload" => contents.put(digest, case.as_bytes()).unwrap(),
                _ => assert!(contents.want(digest, UnixMillis(3 * DAY_MS)).unwrap()),
            }
        }));
        let collected = room.service.collect().await.unwrap();
        assert_eq!(collected.components.files, 0, "{case}");
        assert!(room.has(digest), "{case}");
    }
}

#[tokio::test]
async fn asking_what_is_missing_and_deploying_start_the_grace_anew() {
    let room = Room::new();
    room.set_time(DAY_MS);
    let (asked, deployed) = (room.upload(b"\0asmasked").await, room.upload(b"\0asmdeployed").await);
    room.set_time(3 * DAY_MS);
    assert!(!room.missing(asked).await);
    let body = deployment("coffee", deployed);
    room.components.held.lock().unwrap().insert(deployed);
    room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body)).await.unwrap();
    assert!(room.contents.kept.lock().unwrap()[&deployed].1 >= UnixMillis(3 * DAY_MS), "deploying is wanting");
    assert_eq!(room.service.collect().await.unwrap().components.files, 0);
    // The deployment that is still being prepared holds its component for however long it takes.
    room.set_time(9 * DAY_MS);
    assert_eq!(room.service.collect().await.unwrap().components.files, 1);
    assert!(!room.has(asked) && room.has(deployed));
    assert!(room.missing(asked).await, "whoever asks now is told to upload again");
    room.components.held.lock().unwrap().clear();
    room.components.gate.notify_waiters();
    room.service.drain().await;
}

#[tokio::test]
async fn a_deployment_of_collected_contents_is_told_to_upload_again() {
    let room = Room::new();
    room.set_time(DAY_MS);
    let digest = room.upload(b"\0asmgone").await;
    room.set_time(3 * DAY_MS);
    room.service.collect().await.unwrap();
    let body = deployment("coffee", digest);
    let refused = room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body)).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_COMPONENT);
    assert!(refused.detail.unwrap().contains("is not stored"));
}

#[tokio::test]
async fn history_is_cut_and_rollback_still_works() {
    let room = Room::new();
    let mut views = Vec::new();
    for n in 0..6_u64 {
        room.set_time(DAY_MS + n * 1_000);
        views.push(room.deploy("coffee", format!("\0asmversion {n}").as_bytes()).await);
    }
    room.set_time(9 * DAY_MS);
    let collected = room.service.collect().await.unwrap();
    // Two are kept by number: the current one and the one before.
    assert_eq!((collected.deployments, collected.components.files), (4, 4));
    for (n, view) in views.iter().enumerate() {
        assert_eq!(room.has(digest_of(format!("\0asmversion {n}").as_bytes())), n >= 4, "version {n}");
        let known = room.store.deployments.lock().unwrap().iter().any(|d| d.id == view.id);
        assert_eq!(known, n >= 4, "version {n}");
    }
    let (status, back) = room.ask(Op::AppRollback, &owner(), &["coffee"], Sent::Json(json!({}))).await.unwrap();
    assert_eq!((status, back["id"].as_str().unwrap()), (200, views[4].id.to_string().as_str()));
    let to = json!({ "to": views[0].id.to_string() });
    let refused = room.ask(Op::AppRollback, &owner(), &["coffee"], Sent::Json(to)).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_NOT_FOUND);
}

#[tokio::test]
async fn uploads_are_bounded_until_they_are_deployed() {
    let room = Room::new();
    // 1 MiB in all, 64 KiB each.
    let piece = |n: u8| [b"\0asm", &[n; (64 << 10) - 4][..]].concat();
    for n in 0..16 {
        room.upload(&piece(n)).await;
    }
    let put = async |bytes: &[u8]| {
        let digest = digest_of(bytes).to_string();
        room.ask(Op::ComponentPut, &owner(), &[&digest], Sent::Bytes(bytes.to_vec())).await
    };
    let refused = put(b"\0asmx").await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_QUOTA);
    let detail = refused.detail.unwrap();
    assert!(detail.contains("control.undeployed_mib") && detail.contains("1048576 bytes"), "{detail}");
    assert!(refused.next.unwrap().contains("control.grace_s"));
    assert!(!room.has(digest_of(b"\0asmx")), "nothing of it was kept");
    put(&piece(3)).await.expect("what is stored already needs no room");
    room.deploy("coffee", &piece(5)).await;
    put(b"\0asmx").await.expect("what is deployed does not count");
    let refused = put(&piece(99)).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_QUOTA, "the last place is not large enough");
}

#[tokio::test]
async fn racing_uploads_cannot_take_the_same_room() {
    let room = Room::new();
    for n in 0..15_u8 {
        room.upload(&vec![n; 64 << 10]).await;
    }
    let put = async |n: u8| {
        let bytes = vec![n; 64 << 10];
        let digest = digest_of(&bytes).to_string();
        room.ask(Op::ComponentPut, &owner(), &[&digest], Sent::Bytes(bytes)).await.is_ok()
    };
    let (one, two, three) = tokio::join!(put(100), put(101), put(102));
    assert_eq!([one, two, three].iter().filter(|stored| **stored).count(), 1, "one place was left");
}
