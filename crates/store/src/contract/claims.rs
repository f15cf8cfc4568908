//! The claim: one open at a time, used once, all or nothing.
use super::{AnyStore, conflicts, ok, samples::*, together};
use crate::{Audience, Claim, CredentialKind};

/// Wrong, replaced, over and used codes change nothing; the right one makes the owner.
pub async fn check_claim(make: impl Fn() -> AnyStore) {
    let store = make();
    let redeem = async |code, now| ok(store.redeem_claim(digest(code), at(now), person(1, true), cli(50, 1)).await);
    assert_eq!(ok(store.claim().await), None);
    assert!(!redeem(10, 0).await, "no claim is open");

    ok(store.put_claim(digest(10), at(100)).await);
    ok(store.put_claim(digest(11), at(200)).await);
    assert_eq!(ok(store.claim().await), Some(Claim { code_hash: digest(11), expires_at: at(200) }));
    for (what, code, now) in [("replaced", 10, 0), ("wrong", 12, 0), ("over, to the millisecond", 11, 200)] {
        assert!(!redeem(code, now).await, "{what}");
        assert_eq!(ok(store.principals(None).await), [], "{what}");
        assert_eq!(ok(store.credentials(None).await), [], "{what}");
    }
    assert!(redeem(11, 199).await);
    assert_eq!(ok(store.credential(digest(50)).await), Some(known(cli(50, 1), person(1, true))));
    assert_eq!(ok(store.claim().await), None);
    let second = ok(store.redeem_claim(digest(11), at(1), person(2, true), cli(51, 2)).await);
    assert!(!second, "used");
    assert_eq!(ok(store.principals(None).await), [person(1, true)]);
}

/// If any part cannot be stored, no part is, and the claim stays open.
pub async fn check_claim_is_all_or_nothing(make: impl Fn() -> AnyStore) {
    let store = make();
    ok(store.add_principal(person(1, false)).await);
    ok(store.add_credential(cli(50, 1)).await);
    ok(store.put_claim(digest(10), at(100)).await);
    conflicts(store.redeem_claim(digest(10), at(1), person(2, true), cli(50, 2)).await);
    conflicts(store.redeem_claim(digest(10), at(1), person(1, true), cli(51, 1)).await);
    let elsewhere = credential(52, 2, CredentialKind::Call, Audience::App(app("milk")));
    conflicts(store.redeem_claim(digest(10), at(1), person(2, true), elsewhere).await);
    assert_eq!(ok(store.principals(None).await), [person(1, false)]);
    assert_eq!(ok(store.credentials(None).await), [cli(50, 1)]);
    assert!(ok(store.redeem_claim(digest(10), at(1), person(2, true), cli(51, 2)).await), "still open");
}

/// Of many who show the right code at the same time, one becomes owner.
pub async fn check_claim_is_used_once_by_racers(make: impl Fn() -> AnyStore) {
    let store = make();
    ok(store.put_claim(digest(10), at(100)).await);
    let racers = (1..20).map(|n| store.redeem_claim(digest(10), at(1), person(n, true), cli(n + 100, n))).collect();
    let won = together(racers).await.into_iter().filter(|r| matches!(r, Ok(true))).count();
    assert_eq!(won, 1);
    assert_eq!(ok(store.principals(None).await).len(), 1);
    assert_eq!(ok(store.credentials(None).await).len(), 1);
}
