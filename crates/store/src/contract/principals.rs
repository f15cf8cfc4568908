//! People and service accounts.
use types::{PrincipalId, UnixMillis};

use super::{AnyStore, conflicts, ok, samples::*, together};
use crate::Principal;

/// Every field comes back; lists are oldest first and can be narrowed to one app's service accounts.
pub async fn check_principals(make: impl Fn() -> AnyStore) {
    let store = make();
    assert_eq!(ok(store.principal(person(1, false).id).await), None);
    ok(store.add_app(app("coffee"), at(1), None).await);
    ok(store.add_app(app("tea"), at(1), None).await);
    let strange = Principal { version: 41, disabled: true, name: "O'Brien \"; --".into(), ..person(4, true) };
    let all = [person(2, false), person(3, true), strange, service(5, "coffee", "till"), service(6, "tea", "till")];
    for principal in all.iter().rev() {
        ok(store.add_principal(principal.clone()).await);
    }
    assert_eq!(ok(store.principals(None).await), all);
    assert_eq!(ok(store.principals(Some(app("coffee"))).await), [service(5, "coffee", "till")]);
    assert_eq!(ok(store.principals(Some(app("milk"))).await), []);
    for principal in all {
        assert_eq!(ok(store.principal(principal.id).await), Some(principal));
    }

    conflicts(store.add_principal(person(2, true)).await);
    assert_eq!(
        ok(store.principal(person(2, false).id).await),
        Some(person(2, false)),
        "not made an owner by a conflict"
    );
    // A time that no calendar needs is kept or refused, but never changed.
    let far =
        Principal { id: PrincipalId::from_bytes([200; 16]), created_at: UnixMillis(u64::MAX), ..person(7, false) };
    if store.add_principal(far.clone()).await.is_ok() {
        assert_eq!(ok(store.principal(far.id).await), Some(far));
    }
}

/// Within one app a name means one account, even for racers; people may share a name.
pub async fn check_service_account_names(make: impl Fn() -> AnyStore) {
    let store = make();
    ok(store.add_app(app("coffee"), at(1), None).await);
    ok(store.add_app(app("tea"), at(1), None).await);
    conflicts(store.add_principal(service(1, "milk", "till")).await);
    let racers = (10..20).map(|n| store.add_principal(service(n, "coffee", "till"))).collect();
    let won = together(racers).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(won, 1, "one of ten racers gets the name");
    assert_eq!(ok(store.principals(Some(app("coffee"))).await).len(), 1);
    ok(store.add_principal(service(30, "tea", "till")).await);
    ok(store.add_principal(service(31, "coffee", "Till")).await);
    for n in [40, 41] {
        ok(store.add_principal(Principal { name: "Sam".into(), ..person(n, false) }).await);
    }
}

/// Disabling is remembered, and each change of it grows the version.
pub async fn check_disabling(make: impl Fn() -> AnyStore) {
    let store = make();
    ok(store.add_principal(person(1, false)).await);
    ok(store.add_credential(cli(50, 1)).await);
    for (step, disabled) in (1..).zip([true, true, false]) {
        assert!(ok(store.set_disabled(person(1, false).id, disabled).await));
        let expected = Principal { disabled, version: 1 + step, ..person(1, false) };
        assert_eq!(ok(store.principal(expected.id).await), Some(expected.clone()));
        let seen = ok(store.credential(digest(50)).await).map(|known| known.principal);
        assert_eq!(seen, Some(expected), "the credential's answer carries the principal as it now is");
    }
    assert!(!ok(store.set_disabled(person(9, false).id, true).await));
}

/// Only an enabled owner counts as an owner.
pub async fn check_owner_question(make: impl Fn() -> AnyStore) {
    let store = make();
    assert!(!ok(store.has_owner().await));
    ok(store.add_principal(person(1, false)).await);
    assert!(!ok(store.has_owner().await), "a person is not an owner");
    ok(store.add_principal(person(2, true)).await);
    assert!(ok(store.has_owner().await));
    ok(store.set_disabled(person(2, true).id, true).await);
    assert!(!ok(store.has_owner().await), "a disabled owner cannot act");
}
