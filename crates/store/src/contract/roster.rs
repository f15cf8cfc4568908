//! The directory in large numbers.
use std::sync::Arc;

use super::{AnyStore, ok, samples::*};
use crate::{Audience, CredentialKind, Ended, Everything, Link, LinkPurpose, OpenedBy, PeoplePage, Use};

/// A page at a time, by name, and under another name.
pub async fn check_roster(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.put_claim(digest(9), at(10)).await);
    assert!(ok(store.claim_account(digest(9), at(1), person(5, true), account(5)).await));
    for n in 2..=4 {
        ok(store.add_principal(person(n, false)).await);
    }
    ok(store.add_principal(service(50, "coffee", "till")).await);
    let list = async |after: Option<u8>, limit, find: Option<&str>| {
        let after = after.map(|n| person(n, false).id);
        let page = PeoplePage { after, limit, find: find.map(Arc::from) };
        ok(store.people(page).await)
            .into_iter()
            .map(|(person, account)| (person.id, account.is_some()))
            .collect::<Vec<_>>()
    };
    let id = |n: u8| person(n, false).id;
    let bare = |n: u8| (id(n), false);
    assert_eq!(list(None, 3, None).await, [bare(1), bare(2), bare(3)]);
    assert_eq!(list(Some(3), 9, None).await, [bare(4), (id(5), true)], "no machine is among them");
    assert_eq!(list(None, 0, None).await, []);
    assert_eq!(list(None, 9, Some("PERSON5@")).await, [(id(5), true)], "by address, in either case");
    assert_eq!(list(None, 9, Some("son 4")).await, [bare(4)], "by a part of the name");
    for wild in ["%", "_", "\\", "person_5"] {
        assert_eq!(list(None, 9, Some(wild)).await, [], "`{wild}` means itself");
    }

    let found = async |name: &str, limit| {
        ok(store.people_named(name.into(), limit).await).into_iter().map(|person| person.id).collect::<Vec<_>>()
    };
    let name = person(3, false).name;
    assert_eq!(found(&name, 2).await, [id(3)]);
    assert_eq!(found("till", 2).await, []);
    let names = async |after: Option<u8>, limit| {
        ok(store.names(after.map(&id), limit).await).into_iter().map(|(person, _)| person).collect::<Vec<_>>()
    };
    assert_eq!((names(None, 9).await, names(Some(2), 2).await), ([1, 2, 3, 4, 5].map(id).to_vec(), vec![id(3), id(4)]));
    assert!(ok(store.rename_person(id(4), name.clone()).await));
    assert_eq!((found(&name, 9).await, found(&name, 1).await), (vec![id(3), id(4)], vec![id(3)]));
    assert_eq!(ok(store.principal(id(4)).await).map(|p| (p.name, p.version)), Some((name, 2)));
    assert!(!ok(store.rename_person(id(99), "x".into()).await));
    assert!(!ok(store.rename_person(id(50), "x".into()).await), "a service account is no person");
}

/// Everything that lets in, at once, and nothing else.
pub async fn check_end_of_everything(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_principal(service(50, "coffee", "till")).await);
    ok(store.add_session(sso(40, 1), OpenedBy::Other).await);
    ok(store.add_session(child(41, 40, 1, "coffee"), OpenedBy::Other).await);
    super::logins::open(&store, 60, 1, 40).await;
    ok(store.add_credential(credential(61, 50, CredentialKind::Service, Audience::App(app("coffee")))).await);
    ok(store.add_credential(cli(62, 1)).await);
    ok(store.revoke_credential(cli(62, 1).id, at(5)).await);
    let link = Link {
        hash: digest(70),
        purpose: LinkPurpose::Reset,
        person: person(1, false).id,
        note: "".into(),
        expires_at: at(99),
    };
    ok(store.add_link(link).await);
    ok(store.add_invitation(invitation(20, None)).await);

    let ended = ok(store.end_everything(Everything::Credentials, at(30)).await);
    assert_eq!(ended, Ended { sessions: 2, credentials: 2 });
    assert_eq!(ok(store.sessions(None).await), []);
    let ends: Vec<_> = ok(store.credentials(None).await).into_iter().map(|c| (c.id, c.revoked_at)).collect();
    assert!(ends.contains(&(cli(62, 1).id, Some(at(5)))), "what was revoked stays so since then");
    assert_eq!(ends.iter().filter(|(_, revoked)| *revoked == Some(at(30))).count(), 2);
    assert!(matches!(ok(store.use_link(LinkPurpose::Reset, digest(70), at(31)).await), Use::Again(_)));
    assert_eq!(ok(store.invitations().await).len(), 1);
    assert_eq!(ok(store.members(app("coffee")).await).len(), 1);
    assert_eq!(ok(store.end_everything(Everything::Credentials, at(40)).await), Ended::default());
}
