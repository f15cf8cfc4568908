//! Credentials: kept as hashes, revoked for good.
use types::CredentialId;

use super::{AnyStore, conflicts, ok, samples::*};
use crate::{Audience, Credential, CredentialKind};

/// Found by hash with the principal; revocation is remembered with its first time.
pub async fn check_credentials_and_revocation(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_principal(service(2, "coffee", "till")).await);
    let all = [
        (cli(50, 1), person(1, false)),
        (credential(51, 1, CredentialKind::Call, Audience::App(app("coffee"))), person(1, false)),
        (credential(52, 2, CredentialKind::Service, Audience::App(app("coffee"))), service(2, "coffee", "till")),
    ];
    for (credential, principal) in &all {
        assert_eq!(ok(store.credential(credential.secret_hash).await), None);
        ok(store.add_credential(credential.clone()).await);
        let found = ok(store.credential(credential.secret_hash).await);
        assert_eq!(found, Some(known(credential.clone(), principal.clone())));
    }

    assert_eq!(ok(store.revoke_credential(CredentialId::from_bytes([9; 16]), at(70)).await), None);
    let revoked = Credential { revoked_at: Some(at(70)), ..cli(50, 1) };
    assert_eq!(ok(store.revoke_credential(revoked.id, at(70)).await), Some(revoked.clone()));
    assert_eq!(ok(store.revoke_credential(revoked.id, at(90)).await), Some(revoked.clone()), "the first time stays");
    assert_eq!(
        ok(store.credential(revoked.secret_hash).await),
        Some(known(revoked, person(1, false))),
        "and is still found"
    );
    let other = ok(store.credential(digest(51)).await).and_then(|known| known.credential.revoked_at);
    assert_eq!(other, None, "nobody else's credential is revoked");
}

/// Ids and hashes are unique, and nothing dangles.
pub async fn check_credential_conflicts(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_credential(cli(50, 1)).await);
    conflicts(store.add_credential(cli(50, 1)).await);
    conflicts(store.add_credential(Credential { secret_hash: digest(50), ..cli(51, 1) }).await);
    conflicts(store.add_credential(Credential { id: cli(50, 1).id, ..cli(52, 1) }).await);
    conflicts(store.add_credential(cli(53, 99)).await);
    conflicts(store.add_credential(credential(54, 1, CredentialKind::Call, Audience::App(app("milk")))).await);
    assert_eq!(ok(store.credentials(None).await), [cli(50, 1)]);
}

/// Newest first; narrowed to one principal on request.
pub async fn check_credential_lists(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_principal(person(2, false)).await);
    for (n, of) in [(60, 1), (62, 2), (61, 1)] {
        ok(store.add_credential(cli(n, of)).await);
    }
    assert_eq!(ok(store.credentials(None).await), [cli(62, 2), cli(61, 1), cli(60, 1)]);
    assert_eq!(ok(store.credentials(Some(person(1, false).id)).await), [cli(61, 1), cli(60, 1)]);
    assert_eq!(ok(store.credentials(Some(person(9, false).id)).await), []);
}

/// What a credential was made with ends it: by revocation at once, and by removal along with it.
pub async fn check_parents(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    let call = |n, parent: &Credential| Credential {
        parent: Some(parent.id),
        ..credential(n, 1, CredentialKind::Call, Audience::App(app("coffee")))
    };
    let (laptop, phone) = (cli(50, 1), cli(51, 1));
    conflicts(store.add_credential(call(60, &laptop)).await);
    for new in [laptop.clone(), phone.clone(), call(61, &laptop), call(62, &phone), call(63, &laptop)] {
        ok(store.add_credential(new).await);
    }
    let early = ok(store.revoke_credential(call(63, &laptop).id, at(65)).await);
    assert_eq!(early.and_then(|c| c.parent), Some(laptop.id), "the parent is remembered");
    let revoked = ok(store.revoke_credential(laptop.id, at(70)).await);
    assert_eq!(revoked.map(|c| c.id), Some(laptop.id), "the answer is the one that was named");
    for (n, expected) in [(50, Some(at(70))), (61, Some(at(70))), (62, None), (51, None), (63, Some(at(65)))] {
        let found = ok(store.credential(digest(n)).await).and_then(|known| known.credential.revoked_at);
        assert_eq!(found, expected, "credential {n}");
    }
    conflicts(store.add_credential(call(64, &laptop)).await);
    assert_eq!(ok(store.credential(digest(64)).await), None, "nothing is made with a revoked credential");

    assert_eq!(ok(store.purge_credentials(at(66)).await), 1, "a child alone");
    assert_eq!(ok(store.purge_credentials(at(71)).await), 2);
    assert_eq!(ok(store.credentials(None).await), [call(62, &phone), phone]);
}

/// Rows that have been over for long go, and nothing else does.
pub async fn check_credential_purge(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    let ending = |n, seconds| Credential { expires_at: at(seconds), ..cli(n, 1) };
    for new in [ending(50, 100), ending(51, 101), ending(52, 900), ending(53, 900)] {
        ok(store.add_credential(new).await);
    }
    ok(store.revoke_credential(ending(53, 900).id, at(99)).await);
    ok(store.put_claim(digest(10), at(101)).await);
    assert_eq!(ok(store.purge_credentials(at(99)).await), 0, "to the millisecond");
    assert_eq!(ok(store.purge_credentials(at(101)).await), 2, "one expired, one revoked");
    assert!(ok(store.claim().await).is_some(), "a claim that may have been open is kept");
    assert_eq!(ok(store.credentials(None).await), [ending(52, 900), ending(51, 101)]);
    assert_eq!(ok(store.purge_credentials(at(102)).await), 2, "one credential and the claim");
    assert_eq!(ok(store.claim().await), None);
    assert_eq!(ok(store.purge_credentials(at(102)).await), 0);
    assert_eq!(ok(store.credentials(None).await), [ending(52, 900)]);
}
