//! Groups of people, and their places in apps.
use super::{AnyStore, conflicts, ok, samples::*};
use crate::{AccessRequest, AppGroup, AppMember, Asked, Group, GroupSize, Invitation, Joined, MemberRole};
use types::{GroupName, PrincipalId};

fn name(text: &str) -> GroupName {
    GroupName::parse(text).unwrap_or_else(|e| panic!("{e}"))
}

fn group(text: &str, seconds: u64) -> Group {
    Group { name: name(text), created_at: at(seconds) }
}

fn place(text: &str, role: MemberRole, seconds: u64) -> AppGroup {
    AppGroup { group: name(text), role, added_at: at(seconds) }
}

fn id(n: u8) -> PrincipalId {
    person(n, false).id
}

fn ids(all: &[u8]) -> Vec<PrincipalId> {
    all.iter().map(|n| id(*n)).collect()
}

/// App `coffee` with person 1 as admin, people 2 to 4, group `baristas`.
async fn bar(make: &impl Fn() -> AnyStore) -> AnyStore {
    let store = coffee(make).await;
    for n in 2..=4 {
        ok(store.add_principal(person(n, false)).await);
    }
    assert!(ok(store.add_group(group("baristas", 5)).await));
    store
}

/// Making, filling, emptying and removing groups.
pub async fn check_groups(make: impl Fn() -> AnyStore) {
    let store = bar(&make).await;
    assert!(!ok(store.add_group(group("baristas", 9)).await), "there is one");
    assert!(ok(store.add_group(group("admins", 6)).await));
    let size = |text: &str, seconds, people| GroupSize { group: group(text, seconds), people, apps: 0 };
    assert_eq!(ok(store.groups().await), [size("admins", 6, 0), size("baristas", 5, 0)], "by name");
    assert_eq!(ok(store.group(name("nobody")).await), None);

    let joined = ok(store.add_to_group(name("baristas"), ids(&[3, 2, 3]), at(10)).await);
    assert_eq!(joined, Joined { added: ids(&[2, 3]), apps: vec![] });
    let again = ok(store.add_to_group(name("baristas"), ids(&[2, 4]), at(11)).await);
    assert_eq!(again.added, ids(&[4]), "who is in it stays as they are");
    let whole = ok(store.group_people(name("baristas"), None, 9).await);
    assert_eq!(whole, [(id(2), at(10)), (id(3), at(10)), (id(4), at(11))]);
    let page = ok(store.group_people(name("baristas"), Some(id(2)), 1).await);
    assert_eq!(page, [(id(3), at(10))]);
    assert_eq!(*ok(store.whole_group(name("baristas")).await), ids(&[2, 3, 4]));
    assert_eq!(ok(store.groups_of(id(2)).await), [name("baristas")]);

    conflicts(store.add_to_group(name("nobody"), ids(&[2]), at(1)).await);
    conflicts(store.add_to_group(name("admins"), ids(&[2, 99]), at(1)).await);
    ok(store.add_principal(service(50, "coffee", "till")).await);
    conflicts(store.add_to_group(name("admins"), ids(&[50]), at(1)).await);
    assert_eq!(ok(store.group(name("admins")).await), Some(size("admins", 6, 0)), "refusals change nothing");

    assert_eq!(ok(store.take_from_group(name("baristas"), id(3)).await), Some(vec![]));
    assert_eq!(ok(store.take_from_group(name("baristas"), id(3)).await), None, "once");
    assert_eq!(ok(store.take_from_group(name("nobody"), id(3)).await), None);
    assert!(ok(store.remove_person(id(4)).await));
    assert_eq!(*ok(store.whole_group(name("baristas")).await), ids(&[2]), "a membership goes with its person");

    assert_eq!(ok(store.remove_group(name("baristas")).await), Some(vec![]));
    assert_eq!(ok(store.remove_group(name("baristas")).await), None);
    assert!(ok(store.add_group(group("baristas", 50)).await));
    assert_eq!(*ok(store.whole_group(name("baristas")).await), [], "a later one of the name inherits nothing");
}

/// Places in apps: each change that can change an answer grows the versions of the apps that it can change it at.
pub async fn check_groups_in_apps(make: impl Fn() -> AnyStore) {
    let store = bar(&make).await;
    assert!(ok(store.add_app(app("tea"), at(1), None).await));
    let version = async |of: &str| ok(store.app(app(of)).await).map_or(0, |a| a.version);
    let (mut coffee, tea) = (version("coffee").await, version("tea").await);
    let mut grown = async |by: u64, why: &str| {
        coffee += by;
        assert_eq!((version("coffee").await, version("tea").await), (coffee, tea), "{why}");
    };

    ok(store.add_to_group(name("baristas"), ids(&[2]), at(10)).await);
    grown(0, "it has no place yet").await;
    ok(store.put_app_group(app("coffee"), place("baristas", MemberRole::Member, 20)).await);
    ok(store.put_app_group(app("coffee"), place("baristas", MemberRole::Admin, 21)).await);
    grown(2, "a place, another role").await;
    assert_eq!(ok(store.app_groups(app("coffee")).await), [place("baristas", MemberRole::Admin, 20)]);
    conflicts(store.put_app_group(app("coffee"), place("nobody", MemberRole::Member, 20)).await);
    conflicts(store.put_app_group(app("water"), place("baristas", MemberRole::Member, 20)).await);
    grown(0, "refusals change nothing").await;
    assert_eq!(ok(store.apps_of_group(name("baristas")).await), [(app("coffee"), MemberRole::Admin)]);
    assert_eq!(ok(store.apps_of(id(2)).await), [app("coffee")], "through a group");
    assert_eq!(ok(store.apps_of(id(1)).await), [app("coffee")], "directly");
    assert_eq!(ok(store.apps_of(id(3)).await), []);

    let joined = ok(store.add_to_group(name("baristas"), ids(&[2, 3]), at(30)).await);
    assert_eq!(joined, Joined { added: ids(&[3]), apps: vec![app("coffee")] });
    grown(1, "somebody came in").await;
    let nobody = ok(store.add_to_group(name("baristas"), ids(&[2, 3]), at(30)).await);
    assert_eq!(nobody, Joined { added: vec![], apps: vec![app("coffee")] });
    grown(0, "nobody came in").await;
    assert_eq!(ok(store.take_from_group(name("baristas"), id(3)).await), Some(vec![app("coffee")]));
    grown(1, "somebody left").await;
    assert!(ok(store.remove_person(id(2)).await));
    grown(1, "somebody was removed").await;

    assert!(ok(store.remove_app_group(app("coffee"), name("baristas")).await));
    assert!(!ok(store.remove_app_group(app("coffee"), name("baristas")).await));
    grown(1, "the group left").await;
    ok(store.put_app_group(app("coffee"), place("baristas", MemberRole::Member, 40)).await);
    assert_eq!(ok(store.remove_group(name("baristas")).await), Some(vec![app("coffee")]));
    grown(2, "the group is gone").await;
    assert_eq!(ok(store.app_groups(app("coffee")).await), []);

    // In a list with members: all of it, or none.
    assert!(ok(store.add_group(group("baristas", 50)).await));
    let list = |groups: &[AppGroup]| {
        let member = AppMember { principal: id(4), role: MemberRole::Member, added_at: at(45) };
        store.put_members(app("coffee"), vec![member], groups.to_vec())
    };
    let before = ok(store.members(app("coffee")).await);
    conflicts(list(&[place("baristas", MemberRole::Admin, 45), place("nobody", MemberRole::Member, 45)]).await);
    let many: Vec<AppGroup> =
        (0..=AppGroup::OF_APP_MAX).map(|n| place(&format!("g{n}"), MemberRole::Member, 45)).collect();
    for place in &many {
        assert!(ok(store.add_group(Group { name: place.group.clone(), created_at: at(46) }).await));
    }
    conflicts(list(&many).await);
    assert_eq!((ok(store.members(app("coffee")).await), ok(store.app_groups(app("coffee")).await)), (before, vec![]));
    grown(0, "refusals change nothing").await;
    ok(list(&[place("baristas", MemberRole::Admin, 45)]).await);
    ok(list(&[place("baristas", MemberRole::Member, 47)]).await);
    grown(2, "a list each").await;
    assert_eq!(ok(store.app_groups(app("coffee")).await), [place("baristas", MemberRole::Member, 45)]);
    assert!(ok(store.remove_app_group(app("coffee"), name("baristas")).await));
    assert!(ok(store.remove_member(app("coffee"), id(4)).await));
    grown(2, "both gone").await;

    ok(store.put_app_group(app("tea"), place("baristas", MemberRole::Member, 40)).await);
    assert!(ok(store.remove_app(app("tea")).await));
    assert_eq!(ok(store.apps_of_group(name("baristas")).await), [], "a place goes with its app");
    assert!(ok(store.add_app(app("tea"), at(60), None).await));
    assert_eq!(ok(store.app_groups(app("tea")).await), [], "a later app of the name inherits none");
}

/// Whoever is in through a group has nothing to ask for.
pub async fn check_groups_answer_requests(make: impl Fn() -> AnyStore) {
    let store = bar(&make).await;
    let ask = async |n: u8| {
        let request =
            AccessRequest { app: app("coffee"), person: person(n, false).id, message: "".into(), asked_at: at(9) };
        ok(store.ask_access(request, at(0)).await)
    };
    let open = async || ok(store.access_requests(app("coffee")).await).len();
    assert_eq!((ask(2).await, ask(3).await), (Asked::New, Asked::New));
    ok(store.add_to_group(name("baristas"), ids(&[2]), at(10)).await);
    assert_eq!(open().await, 2, "the group has no place in the app");
    ok(store.put_app_group(app("coffee"), place("baristas", MemberRole::Member, 20)).await);
    assert_eq!((open().await, ask(2).await), (1, Asked::Member));
    ok(store.add_to_group(name("baristas"), ids(&[3]), at(30)).await);
    assert_eq!((open().await, ask(3).await), (0, Asked::Member));
    ok(store.take_from_group(name("baristas"), id(3)).await);
    assert_eq!((open().await, ask(3).await), (0, Asked::New), "nobody asks again by themselves");
}

/// An invitation into groups, and what becomes of it.
pub async fn check_invitations_into_groups(make: impl Fn() -> AnyStore) {
    let store = bar(&make).await;
    assert!(ok(store.add_group(group("cooks", 6)).await));
    ok(store.put_app_group(app("coffee"), place("baristas", MemberRole::Member, 20)).await);
    let into = |n: u8, groups: &[&str]| Invitation {
        name: Some(format!("Guest {n}").into()),
        groups: groups.iter().map(|text| name(text)).collect(),
        invited_by: Some(person(2, false).id),
        ..invitation(n, None)
    };
    let accept = |code: u8, n: u8| store.accept_invitation(digest(code), at(30), person(n, false), account(n));
    conflicts(store.add_invitation(into(20, &["nobody"])).await);
    ok(store.add_invitation(into(20, &["baristas", "cooks"])).await);
    assert_eq!(ok(store.invitation(digest(20)).await), Some(into(20, &["baristas", "cooks"])));
    assert_eq!(ok(store.invitations().await), [into(20, &["baristas", "cooks"])]);
    assert_eq!(ok(store.remove_group(name("cooks")).await), Some(vec![]));
    assert!(ok(store.add_group(group("cooks", 7)).await));
    assert_eq!(ok(store.invitation(digest(20)).await), Some(into(20, &["baristas"])), "not into the later one");

    let version = ok(store.app(app("coffee")).await).map(|app| app.version);
    assert!(ok(store.set_disabled(id(2), true).await));
    assert_eq!(ok(accept(20, 60).await), None, "whoever made it is shut out");
    assert!(ok(store.set_disabled(id(2), false).await));
    assert_eq!(ok(accept(20, 60).await), Some(into(20, &["baristas"])));
    assert_eq!(*ok(store.whole_group(name("baristas")).await), ids(&[60]));
    assert_eq!(ok(store.app(app("coffee")).await).map(|app| app.version), version.map(|v| v + 1));

    // All or none; and nothing of whoever is removed goes on.
    let many = |invitations, groups: &[(&str, &[u8])]| {
        let groups = groups.iter().map(|(text, people)| (name(text), ids(people))).collect();
        store.add_many(invitations, groups, at(40))
    };
    conflicts(many(vec![into(21, &["baristas"]), into(22, &["nobody"])], &[("cooks", &[3])]).await);
    conflicts(many(vec![into(21, &["baristas"])], &[("cooks", &[3, 99])]).await);
    assert_eq!(ok(store.invitations().await), []);
    assert_eq!(*ok(store.whole_group(name("cooks")).await), []);
    let joined = ok(many(vec![into(21, &["baristas"]), into(22, &[])], &[("cooks", &[3]), ("baristas", &[60])]).await);
    let added: Vec<_> = joined.into_iter().map(|joined| joined.added).collect();
    assert_eq!(added, [ids(&[3]), vec![]]);
    assert_eq!(ok(store.invitations().await).len(), 2);
    assert!(ok(store.remove_person(id(2)).await));
    assert_eq!(ok(store.invitations().await), []);
}
