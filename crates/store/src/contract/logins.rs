//! Logins of command lines: two secrets, each replaced with the other's help, and one that comes twice ends both.
use types::{Assurance, CredentialId, PrincipalId};

use super::{AnyStore, accounts::owned, conflicts, ok, samples::*, together};
use crate::{Audience, Credential, CredentialKind, Login, REFRESHES_MAX, Refresh, Refreshed};

fn id(n: u8) -> PrincipalId {
    PrincipalId::from_bytes([n; 16])
}

pub(super) fn login(n: u8) -> Login {
    Login {
        credential: cli(n, 1).id,
        key: digest(200),
        access_until: at(300),
        refresh_hash: digest(n + 100),
        assurance: Assurance::PhishingResistant,
        authenticated_at: at(2),
        used_at: at(n.into()),
    }
}

fn refresh(from: u8, access: u8, refresh: u8, seconds: u64) -> Refresh {
    Refresh {
        from: digest(from),
        key: digest(200),
        access: digest(access),
        refresh: digest(refresh),
        at: at(seconds),
        access_until: at(seconds + 300),
    }
}

/// Person 1 with logins 50 and 51, each with a call token made of it, and an ordinary token 52; person 2 with login 60.
async fn logged_in(make: &impl Fn() -> AnyStore) -> AnyStore {
    let store = owned(make).await;
    ok(store.add_principal(person(2, false)).await);
    ok(store.add_app(app("coffee"), at(1), None).await);
    ok(store.add_credential(cli(52, 1)).await);
    for (n, of) in [(50, 1), (51, 1), (60, 2)] {
        ok(store.add_login(cli(n, of), login(n)).await);
        let call = credential(n + 20, of, CredentialKind::Call, Audience::App(app("coffee")));
        ok(store.add_credential(Credential { parent: Some(cli(n, of).id), ..call }).await);
    }
    store
}

async fn revoked(store: &AnyStore) -> Vec<CredentialId> {
    let all = ok(store.credentials(None).await).into_iter().filter(|c| c.revoked_at.is_some());
    let mut ids: Vec<_> = all.map(|c| c.id).collect();
    ids.sort();
    ids
}

fn ids(of: &[u8]) -> Vec<CredentialId> {
    of.iter().map(|n| CredentialId::from_bytes([*n; 16])).collect()
}

/// Every field comes back; what hangs on nothing is refused, whole.
pub async fn check_logins(make: impl Fn() -> AnyStore) {
    let store = logged_in(&make).await;
    assert_eq!(ok(store.login(cli(50, 1).id).await), Some(login(50)));
    assert_eq!(ok(store.login(cli(52, 1).id).await), None, "an ordinary token is no login");
    assert_eq!(ok(store.credential(digest(50)).await), Some((cli(50, 1), person(1, true))));
    let listed: Vec<_> = ok(store.logins(Some(id(1))).await).into_iter().map(|(c, _)| c.id).collect();
    assert_eq!(listed, [cli(51, 1).id, cli(50, 1).id]);
    assert_eq!(ok(store.logins(None).await).len(), 3);

    conflicts(store.add_login(cli(50, 1), login(50)).await);
    conflicts(store.add_login(cli(53, 9), login(53)).await);
    conflicts(store.add_login(cli(53, 1), login(54)).await);
    conflicts(store.add_login(cli(53, 1), Login { refresh_hash: digest(150), ..login(53) }).await);
    assert_eq!(ok(store.credential(digest(53)).await), None, "neither half is left");
    ok(store.set_disabled(id(2), true).await);
    conflicts(store.add_login(cli(61, 2), login(61)).await);

    assert_eq!(ok(store.end_logins(id(1), at(70)).await), 2);
    assert_eq!(revoked(&store).await, ids(&[50, 51, 70, 71]), "with what was made with them, and nothing else");
    assert_eq!(ok(store.end_logins(id(1), at(80)).await), 0);
    assert!(ok(store.purge_credentials(at(71)).await) >= 2);
    assert_eq!(ok(store.login(cli(50, 1).id).await), None, "it goes along");
    assert_eq!(ok(store.refresh_login(refresh(150, 1, 2, 90)).await), Refreshed::Unknown);
}

/// A new password ends them.
pub async fn check_logins_end_with_the_password(make: impl Fn() -> AnyStore) {
    let store = logged_in(&make).await;
    ok(store.set_password(id(9), "$argon2id$new".into(), at(70), None).await);
    assert_eq!(revoked(&store).await, []);
    assert!(ok(store.set_passkeys(id(1), "[]".into(), "[{}]".into()).await));
    assert!(ok(store.set_password(id(1), "$argon2id$new".into(), at(70), None).await));
    assert_eq!(revoked(&store).await, ids(&[50, 51, 70, 71]));
}

/// Of many with one secret, one is served; the others end the login.
pub async fn check_refreshes(make: impl Fn() -> AnyStore) {
    let store = logged_in(&make).await;
    assert_eq!(ok(store.refresh_login(refresh(99, 1, 2, 100)).await), Refreshed::Unknown);
    let other = Refresh { key: digest(201), ..refresh(150, 1, 2, 100) };
    assert!(matches!(ok(store.refresh_login(other).await), Refreshed::Refused { why: "another key", .. }));
    let late = refresh(150, 1, 2, 3_600);
    assert!(matches!(ok(store.refresh_login(late).await), Refreshed::Refused { why: "it is over", .. }));

    let Refreshed::Done(credential, now) = ok(store.refresh_login(refresh(150, 1, 2, 3_400)).await) else {
        panic!("it was in order")
    };
    assert_eq!((credential.id, credential.secret_hash), (cli(50, 1).id, digest(1)));
    let wanted = Login { refresh_hash: digest(2), access_until: at(3_600), used_at: at(3_400), ..login(50) };
    assert_eq!(now, wanted, "no access beyond the end of the login");
    assert_eq!(ok(store.credential(digest(50)).await), None, "the former access secret is nobody's");
    assert_eq!(ok(store.credential(digest(1)).await).map(|(c, _)| c.id), Some(cli(50, 1).id));
    assert_eq!(revoked(&store).await, []);

    let replayed = ok(store.refresh_login(refresh(150, 3, 4, 3_410)).await);
    assert!(matches!(&replayed, Refreshed::Replayed(c) if c.revoked_at == Some(at(3_410))), "{replayed:?}");
    assert_eq!(revoked(&store).await, ids(&[50, 70]));
    let dead = ok(store.refresh_login(refresh(2, 3, 4, 3_420)).await);
    assert!(matches!(dead, Refreshed::Refused { why: "it is over", .. }), "{dead:?}");

    let racers = (0..4).map(|n| store.refresh_login(refresh(151, 10 + n, 20 + n, 100))).collect();
    let answers: Vec<_> = together(racers).await.into_iter().map(ok).collect();
    let count = |which: fn(&Refreshed) -> bool| answers.iter().filter(|a| which(a)).count();
    assert_eq!(count(|a| matches!(a, Refreshed::Done(..))), 1);
    assert_eq!(count(|a| matches!(a, Refreshed::Replayed(_))), 3);

    ok(store.set_disabled(id(2), true).await);
    let disabled = ok(store.refresh_login(refresh(160, 3, 4, 100)).await);
    assert!(matches!(disabled, Refreshed::Refused { why: "its person is disabled", .. }), "{disabled:?}");
}

/// What is remembered of a login is bounded.
pub async fn check_refreshes_are_counted(make: impl Fn() -> AnyStore) {
    let store = logged_in(&make).await;
    let nth = |n: u32| {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        types::Digest::from_bytes(bytes)
    };
    let mut from = digest(150);
    for n in 0..=REFRESHES_MAX {
        let (access, refresh_hash) = (nth(2 * n), nth(2 * n + 1));
        let answer =
            ok(store.refresh_login(Refresh { from, access, refresh: refresh_hash, ..refresh(0, 0, 0, 100) }).await);
        match answer {
            Refreshed::Done(..) if n < REFRESHES_MAX => from = refresh_hash,
            Refreshed::Refused { why: "it was refreshed too often", .. } if n == REFRESHES_MAX => {}
            other => panic!("{n}: {other:?}"),
        }
    }
}
