//! Who belongs to an app.
use super::{AnyStore, conflicts, ok, samples::*};
use crate::{AppMember, MemberRole};

/// Adding, changing the role, removing; each change grows the app's version and nothing else does.
pub async fn check_members(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_principal(person(2, true)).await);
    let version = async || ok(store.app(app("coffee")).await).map_or(0, |a| a.version);
    let member = |n, role, seconds| AppMember { principal: person(n, false).id, role, added_at: at(seconds) };
    let admin = member(1, MemberRole::Admin, 1);
    assert_eq!(
        ok(store.members(app("coffee")).await),
        std::slice::from_ref(&admin),
        "the first admin came with the app"
    );

    let before = version().await;
    ok(store.put_member(app("coffee"), member(2, MemberRole::Member, 5)).await);
    ok(store.put_member(app("coffee"), member(2, MemberRole::Admin, 9)).await);
    let promoted = member(2, MemberRole::Admin, 5);
    assert_eq!(ok(store.members(app("coffee")).await), [admin.clone(), promoted], "role new, time of joining old");
    assert_eq!(version().await, before + 2);

    conflicts(store.put_member(app("coffee"), member(99, MemberRole::Member, 5)).await);
    conflicts(store.put_member(app("tea"), member(1, MemberRole::Member, 5)).await);
    assert!(!ok(store.remove_member(app("coffee"), person(99, false).id).await));
    assert!(!ok(store.remove_member(app("tea"), person(1, false).id).await));
    assert_eq!(version().await, before + 2, "refusals change nothing");

    // Many at once: all of them, or none.
    conflicts(
        store
            .put_members(
                app("coffee"),
                vec![member(2, MemberRole::Member, 7), member(99, MemberRole::Member, 7)],
                vec![],
            )
            .await,
    );
    conflicts(store.put_members(app("tea"), vec![member(2, MemberRole::Member, 7)], vec![]).await);
    assert_eq!(version().await, before + 2, "refusals change nothing");
    assert_eq!(ok(store.members(app("coffee")).await).last(), Some(&member(2, MemberRole::Admin, 5)));
    let both = vec![member(2, MemberRole::Member, 7), member(1, MemberRole::Admin, 7)];
    ok(store.put_members(app("coffee"), both, vec![]).await);
    assert_eq!(ok(store.members(app("coffee")).await), [admin.clone(), member(2, MemberRole::Member, 5)]);
    assert_eq!(version().await, before + 3, "one change");
    ok(store.put_member(app("coffee"), member(2, MemberRole::Admin, 9)).await);
    let before = before + 2;

    assert!(ok(store.remove_member(app("coffee"), person(2, false).id).await));
    assert_eq!(ok(store.members(app("coffee")).await), [admin]);
    assert_eq!(version().await, before + 3);
}
