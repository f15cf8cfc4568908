//! Who asks to be let in.
use super::{AnyStore, conflicts, ok, samples::*};
use crate::{AccessRequest, AppMember, Asked, MemberRole};

fn request(n: u8, of: &str, seconds: u64) -> AccessRequest {
    AccessRequest { app: app(of), person: person(n, false).id, message: "please".into(), asked_at: at(seconds) }
}

/// Asked once, decided once; a denial holds for a while, and nobody can ask without bound.
pub async fn check_access_requests(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    for n in 2..=4 {
        ok(store.add_principal(person(n, false)).await);
    }
    let member = |n, role| AppMember { principal: person(n, false).id, role, added_at: at(50) };
    let version = async || ok(store.app(app("coffee")).await).map_or(0, |a| a.version);
    let before = version().await;
    let open = async || {
        let open = ok(store.access_requests(app("coffee")).await);
        open.into_iter().map(|request| request.person).collect::<Vec<_>>()
    };

    assert_eq!(ok(store.ask_access(request(3, "coffee", 9), at(0)).await), Asked::New);
    assert_eq!(ok(store.ask_access(request(2, "coffee", 5), at(0)).await), Asked::New);
    assert_eq!(ok(store.ask_access(request(2, "coffee", 7), at(0)).await), Asked::Open(at(5)), "the first one stays");
    assert_eq!(ok(store.ask_access(request(1, "coffee", 7), at(0)).await), Asked::Member);
    assert_eq!(ok(store.access_requests(app("coffee")).await).first(), Some(&request(2, "coffee", 5)));
    assert_eq!(open().await, [person(2, false).id, person(3, false).id], "oldest first");
    conflicts(store.ask_access(request(2, "tea", 5), at(0)).await);
    conflicts(store.ask_access(request(99, "coffee", 5), at(0)).await);

    assert!(ok(store.deny_access(app("coffee"), person(2, false).id, at(20)).await));
    assert!(!ok(store.deny_access(app("coffee"), person(2, false).id, at(21)).await), "decided once");
    assert!(!ok(store.approve_access(app("coffee"), member(2, MemberRole::Member)).await), "a no is no open request");
    assert_eq!(ok(store.ask_access(request(2, "coffee", 30), at(20)).await), Asked::Denied(at(5)));
    assert_eq!(ok(store.ask_access(request(2, "coffee", 30), at(21)).await), Asked::New, "the denial is old enough");
    assert_eq!(version().await, before, "asking changes nothing for the app");

    assert!(ok(store.approve_access(app("coffee"), member(2, MemberRole::Admin)).await));
    assert!(!ok(store.approve_access(app("coffee"), member(2, MemberRole::Member)).await), "decided once");
    let members = ok(store.members(app("coffee")).await);
    assert!(members.contains(&member(2, MemberRole::Admin)), "{members:?}");
    assert_eq!((open().await, version().await), (vec![person(3, false).id], before + 1));

    // Put in by hand, they ask no more, and taken out they do not ask again by themselves.
    ok(store.put_member(app("coffee"), member(3, MemberRole::Member)).await);
    assert!(open().await.is_empty());
    assert!(ok(store.remove_member(app("coffee"), person(3, false).id).await));
    assert!(open().await.is_empty());

    // A person's requests go with them, an app's with it.
    assert_eq!(ok(store.ask_access(request(4, "coffee", 60), at(0)).await), Asked::New);
    assert!(ok(store.remove_person(person(4, false).id).await));
    assert!(open().await.is_empty());
}

/// Bounds of a person and of an app.
pub async fn check_access_requests_are_bounded(make: impl Fn() -> AnyStore) {
    let store = make();
    ok(store.add_principal(person(1, true)).await);
    ok(store.add_principal(person(2, false)).await);
    for n in 0..=AccessRequest::OF_PERSON_MAX {
        let name = format!("app-{n}");
        ok(store.add_app(app(&name), at(1), Some(person(1, true).id)).await);
        let expected = if n < AccessRequest::OF_PERSON_MAX { Asked::New } else { Asked::Full };
        assert_eq!(ok(store.ask_access(request(2, &name, 5), at(0)).await), expected, "{n}");
    }
    assert!(ok(store.remove_app(app("app-0")).await));
    let last = format!("app-{}", AccessRequest::OF_PERSON_MAX);
    assert_eq!(ok(store.ask_access(request(2, &last, 5), at(0)).await), Asked::New, "an app takes its requests along");
}
