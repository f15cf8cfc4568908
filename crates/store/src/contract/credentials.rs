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
        assert_eq!(found, Some((credential.clone(), principal.clone())));
    }

    assert_eq!(ok(store.revoke_credential(CredentialId::from_bytes([9; 16]), at(70)).await), None);
    let revoked = Credential { revoked_at: Some(at(70)), ..cli(50, 1) };
    assert_eq!(ok(store.revoke_credential(revoked.id, at(70)).await), Some(revoked.clone()));
    assert_eq!(ok(store.revoke_credential(revoked.id, at(90)).await), Some(revoked.clone()), "the first time stays");
    assert_eq!(
        ok(store.credential(revoked.secret_hash).await),
        Some((revoked, person(1, false))),
        "and is still found"
    );
    let other = ok(store.credential(digest(51)).await).and_then(|(c, _)| c.revoked_at);
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
