//! Sessions and links.
use types::{Assurance, CredentialId, PrincipalId};

use super::{AnyStore, accounts::owned, conflicts, ok, samples::*, together};
use crate::{Link, LinkPurpose, OpenedBy, Session, Use};

fn id(n: u8) -> PrincipalId {
    PrincipalId::from_bytes([n; 16])
}

fn session_id(n: u8) -> CredentialId {
    CredentialId::from_bytes([n; 16])
}

/// Persons 1 (owner) and 2, app coffee, sessions 40 of 1 with child 41, and 50 of 2.
async fn signed_in(make: &impl Fn() -> AnyStore) -> AnyStore {
    let store = owned(make).await;
    ok(store.add_principal(person(2, false)).await);
    ok(store.add_app(app("coffee"), at(1), None).await);
    for session in [sso(40, 1), child(41, 40, 1, "coffee"), sso(50, 2)] {
        ok(store.add_session(session, OpenedBy::Other).await);
    }
    store
}

async fn ids(store: &AnyStore) -> Vec<CredentialId> {
    let mut ids: Vec<_> = ok(store.sessions(None).await).into_iter().map(|s| s.id).collect();
    ids.sort();
    ids
}

/// Every field comes back; a session that hangs on nothing is refused.
pub async fn check_sessions(make: impl Fn() -> AnyStore) {
    let store = signed_in(&make).await;
    assert_eq!(ok(store.session(digest(41)).await), Some((child(41, 40, 1, "coffee"), person(1, true))));
    assert_eq!(ok(store.session(digest(99)).await), None);
    assert_eq!(ok(store.sessions(Some(id(2))).await), [sso(50, 2)]);

    let fresh = |n: u8| Session { secret_hash: digest(n), ..sso(n, 1) };
    conflicts(store.add_session(sso(40, 1), OpenedBy::Other).await);
    conflicts(store.add_session(Session { secret_hash: digest(40), ..fresh(60) }, OpenedBy::Other).await);
    conflicts(store.add_session(sso(60, 9), OpenedBy::Other).await);
    conflicts(store.add_session(child(60, 40, 1, "tea"), OpenedBy::Other).await);
    conflicts(store.add_session(child(60, 99, 1, "coffee"), OpenedBy::Other).await);
    conflicts(store.add_session(child(60, 50, 1, "coffee"), OpenedBy::Other).await);
    conflicts(store.add_session(child(60, 41, 1, "coffee"), OpenedBy::Other).await);
    conflicts(store.add_session(Session { app: Some(app("coffee")), ..fresh(60) }, OpenedBy::Other).await);
    // With the password as it was when it was compared, or not at all.
    for other in [2, 9] {
        conflicts(store.add_session(fresh(60), OpenedBy::Password { set_at: at(other) }).await);
    }
    conflicts(store.add_session(sso(60, 2), OpenedBy::Password { set_at: at(2) }).await);
    ok(store.add_session(fresh(60), OpenedBy::Password { set_at: at(1) }).await);
    ok(store.end_session(session_id(60)).await);
    ok(store.set_disabled(id(2), true).await);
    conflicts(store.add_session(sso(60, 2), OpenedBy::Other).await);
    assert_eq!(ids(&store).await, [session_id(40), session_id(41)], "disabling ended 50");
    ok(store.set_disabled(id(2), false).await);
    assert_eq!(ok(store.session(digest(50)).await), None, "it does not come back");
}

/// A secret is replaced by one of those who try, and the former one leads to the session still.
pub async fn check_rotation(make: impl Fn() -> AnyStore) {
    let store = signed_in(&make).await;
    let rotate = |to: u8| store.rotate_session(session_id(41), digest(41), digest(to), at(100), at(160));
    let won = together((70..78).map(rotate).collect()).await.into_iter().filter(|a| matches!(a, Ok(true))).count();
    assert_eq!(won, 1);
    let Some((now, _)) = ok(store.session(digest(41)).await) else { panic!("the former secret leads there") };
    assert_eq!((now.former, now.rotated_at, now.used_at), (Some((digest(41), at(160))), at(100), at(100)));
    assert_eq!(ok(store.session(now.secret_hash).await).map(|(s, _)| s), Some(now.clone()));
    assert!(ok(store.rotate_session(now.id, now.secret_hash, digest(80), at(200), at(260)).await));
    assert_eq!(ok(store.session(digest(41)).await), None, "two secrets ago");
    conflicts(store.add_session(Session { secret_hash: now.secret_hash, ..sso(60, 1) }, OpenedBy::Other).await);

    ok(store.touch_session(session_id(41), at(300)).await);
    ok(store.touch_session(session_id(41), at(250)).await);
    ok(store.touch_session(session_id(99), at(250)).await);
    let used: Vec<_> = ok(store.sessions(Some(id(1))).await).into_iter().map(|s| (s.id, s.used_at)).collect();
    assert_eq!(used, [(session_id(41), at(300)), (session_id(40), at(300))], "its parent is in use, too");

    assert!(!ok(store.raise_session(session_id(99), digest(81), Assurance::MultiFactor, at(400)).await));
    assert!(ok(store.raise_session(session_id(41), digest(81), Assurance::PhishingResistant, at(400)).await));
    assert_eq!(ok(store.session(digest(80)).await), None, "the secret before has no time of grace");
    let Some((raised, _)) = ok(store.session(digest(81)).await) else { panic!("the session goes on") };
    let said = (raised.assurance, raised.authenticated_at, raised.rotated_at, raised.used_at, raised.former);
    assert_eq!(said, (Assurance::PhishingResistant, at(400), at(400), at(400), None));
    assert_eq!((raised.id, raised.expires_at), (now.id, now.expires_at), "it lives no longer for it");
}

/// What ends takes its children along, and nothing else.
pub async fn check_session_ends(make: impl Fn() -> AnyStore) {
    let store = signed_in(&make).await;
    assert!(ok(store.end_session(session_id(40)).await));
    assert!(!ok(store.end_session(session_id(40)).await));
    assert_eq!(ids(&store).await, [session_id(50)]);

    let store = signed_in(&make).await;
    assert_eq!(ok(store.end_sessions(id(1), Some(app("coffee")), None).await), 1);
    assert_eq!(ids(&store).await, [session_id(40), session_id(50)]);

    let store = signed_in(&make).await;
    ok(store.add_session(sso(42, 1), OpenedBy::Other).await);
    assert_eq!(ok(store.end_sessions(id(1), None, Some(session_id(40))).await), 1);
    assert_eq!(ids(&store).await, [session_id(40), session_id(41), session_id(50)], "a kept one keeps its children");
    assert_eq!(ok(store.end_sessions(id(1), None, None).await), 2);
    assert_eq!(ids(&store).await, [session_id(50)]);

    let store = signed_in(&make).await;
    assert!(ok(store.remove_app(app("coffee")).await));
    assert_eq!(ids(&store).await, [session_id(40), session_id(50)]);
}

/// A link is used by one, for its purpose, before its end; who comes later is told so.
pub async fn check_links(make: impl Fn() -> AnyStore) {
    let store = signed_in(&make).await;
    let link = |n: u8, of: u8| Link {
        hash: digest(n),
        purpose: LinkPurpose::Code,
        person: id(of),
        note: "{\"a\":1}".into(),
        expires_at: at(60),
    };
    conflicts(store.add_link(link(1, 9)).await);
    for n in [1, 2] {
        ok(store.add_link(link(n, 1)).await);
    }
    conflicts(store.add_link(link(1, 1)).await);
    assert_eq!(ok(store.use_link(LinkPurpose::Reset, digest(1), at(5)).await), Use::Unknown);
    assert_eq!(ok(store.use_link(LinkPurpose::Code, digest(9), at(5)).await), Use::Unknown);
    assert_eq!(ok(store.use_link(LinkPurpose::Code, digest(2), at(60)).await), Use::Unknown, "over");
    let racers = (0..8).map(|_| store.use_link(LinkPurpose::Code, digest(1), at(5))).collect();
    let answers: Vec<Use> = together(racers).await.into_iter().map(|answer| ok(answer)).collect();
    assert_eq!(answers.iter().filter(|a| **a == Use::First(link(1, 1))).count(), 1);
    assert_eq!(answers.iter().filter(|a| **a == Use::Again(link(1, 1))).count(), 7);

    // What is opened by a code needs one that was used, is theirs, and did not come twice.
    let new = |n: u8, of: u8, code: u8| store.add_session(sso(n, of), OpenedBy::Code(digest(code)));
    for (of, code) in [(1, 2), (1, 9), (2, 1)] {
        conflicts(new(60, of, code).await);
    }
    ok(new(60, 1, 1).await);
    assert_eq!(ok(store.void_code(digest(1), session_id(60), at(5)).await), None, "it opened no login");
    conflicts(new(61, 1, 1).await);
}

/// What is over goes; what is not stays.
pub async fn check_session_purge(make: impl Fn() -> AnyStore) {
    let store = signed_in(&make).await;
    ok(store.touch_session(session_id(41), at(1_000)).await);
    assert_eq!(ok(store.purge_sessions(at(0), at(0)).await), 0);
    assert_eq!(ok(store.purge_sessions(at(0), at(500)).await), 1, "50 was not used");
    assert_eq!(ids(&store).await, [session_id(40), session_id(41)]);
    assert_eq!(ok(store.purge_sessions(at(3_601), at(0)).await), 2);
    assert_eq!(ids(&store).await, []);
}
