//! Logins of command lines: two secrets, each replaced with the other's help, and one that comes twice ends both.
use types::{Assurance, CredentialId, PrincipalId};

use super::{AnyStore, accounts::owned, conflicts, ok, samples::*, together};
use crate::{
    Audience, Credential, CredentialKind, Ended, Everything, Known, LOGINS_MAX, Link, LinkPurpose, Login, OpenedBy,
    Opening, REFRESHES_MAX, Refresh, Refreshed, StoreError, Use,
};

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

fn code(n: u8, of: u8) -> Link {
    let (hash, person) = (digest(n), id(of));
    Link { hash, purpose: LinkPurpose::Code, person, note: "{}".into(), expires_at: at(3_600) }
}

fn opening(n: u8, session: u8) -> Opening {
    Opening { session: sso(session, 1).id, code: digest(n) }
}

/// A code that was used once, and a session: what login `n` is opened with.
async fn granted(store: &AnyStore, n: u8, of: u8, session: u8) -> Opening {
    ok(store.add_link(code(n, of)).await);
    assert!(matches!(ok(store.use_link(LinkPurpose::Code, digest(n), at(1)).await), Use::First(_)));
    opening(n, session)
}

/// Opens login `n` in a session of that person.
pub(super) async fn open(store: &AnyStore, n: u8, of: u8, session: u8) {
    let opening = granted(store, n, of, session).await;
    assert_eq!(ok(store.add_login(cli(n, of), login(n), opening).await), []);
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
    for (n, of) in [(40, 1), (41, 2)] {
        ok(store.add_session(sso(n, of), OpenedBy::Other).await);
    }
    for (n, of) in [(50, 1), (51, 1), (60, 2)] {
        open(&store, n, of, 39 + of).await;
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
    let shown_at = login(50).authenticated_at;
    let known = Known { credential: cli(50, 1), principal: person(1, true), login: Some(login(50)), shown_at };
    assert_eq!(ok(store.credential(digest(50)).await), Some(known));
    let looked = async |n| ok(store.credential(digest(n)).await).map(|known| (known.login, known.shown_at));
    assert_eq!(looked(70).await, Some((None, shown_at)), "made with a login, it is none, and shows nothing anew");
    assert_eq!(looked(52).await, Some((None, cli(52, 1).created_at)), "an ordinary token is no login");
    let listed: Vec<_> = ok(store.logins(Some(id(1))).await).into_iter().map(|(c, _)| c.id).collect();
    assert_eq!(listed, [cli(51, 1).id, cli(50, 1).id]);
    assert_eq!(ok(store.logins(None).await).len(), 3);

    let with = granted(&store, 53, 1, 40).await;
    conflicts(store.add_login(cli(50, 1), login(50), with).await);
    conflicts(store.add_login(cli(53, 9), login(53), with).await);
    conflicts(store.add_login(cli(53, 1), login(54), with).await);
    conflicts(store.add_login(cli(53, 1), Login { refresh_hash: digest(150), ..login(53) }, with).await);
    assert_eq!(ok(store.credential(digest(53)).await), None, "neither half is left");
    let other = granted(&store, 61, 2, 41).await;
    ok(store.set_disabled(id(2), true).await);
    conflicts(store.add_login(cli(61, 2), login(61), other).await);

    assert_eq!(ok(store.end_logins(id(1), at(70)).await), 2);
    assert_eq!(revoked(&store).await, ids(&[50, 51, 70, 71]), "with what was made with them, and nothing else");
    assert_eq!(ok(store.end_logins(id(1), at(80)).await), 0);
    assert!(ok(store.purge_credentials(at(71)).await) >= 2);
    assert_eq!(ok(store.credential(digest(50)).await), None, "it goes along");
    assert_eq!(ok(store.refresh_login(refresh(150, 1, 2, 90)).await), Refreshed::Unknown);
}

/// A login is opened with a session and a code that are there at that moment, and are its person's.
pub async fn check_logins_are_opened_with_what_is_there(make: impl Fn() -> AnyStore) {
    let store = logged_in(&make).await;
    ok(store.add_app(app("tea"), at(1), None).await);
    ok(store.add_session(child(44, 40, 1, "tea"), OpenedBy::Other).await);
    ok(store.add_link(code(53, 1)).await);
    let new = |opening| store.add_login(cli(53, 1), login(53), opening);
    conflicts(new(opening(53, 40)).await);
    assert!(matches!(ok(store.use_link(LinkPurpose::Code, digest(53), at(1)).await), Use::First(_)));
    let foreign = granted(&store, 54, 2, 41).await;
    for (session, code) in [(99, 53), (41, 53), (44, 53), (40, 99), (40, 54)] {
        conflicts(new(opening(code, session)).await);
    }
    conflicts(store.add_login(cli(53, 1), login(53), foreign).await);
    assert_eq!(
        ok(store.void_code(digest(53), cli(53, 1).id, at(70)).await),
        None,
        "it came twice before it opened anything"
    );
    conflicts(new(opening(53, 40)).await);
    assert_eq!(revoked(&store).await, []);

    // Twice after it opened something. Another's login is not ended by the way.
    let gone = ok(store.void_code(digest(50), cli(50, 1).id, at(70)).await);
    assert_eq!(gone.and_then(|c| c.revoked_at), Some(at(70)));
    assert_eq!(revoked(&store).await, ids(&[50, 70]));

    // Whoever ended everything of a person meanwhile ended this, too, even where the session stays.
    let with = granted(&store, 55, 1, 40).await;
    ok(store.end_logins(id(1), at(80)).await);
    conflicts(store.add_login(cli(55, 1), login(55), with).await);
    let with = granted(&store, 56, 1, 40).await;
    ok(store.end_session(sso(40, 1).id).await);
    conflicts(store.add_login(cli(56, 1), login(56), with).await);

    // Of two that bring one code at the same moment, nothing stays open.
    let store = logged_in(&make).await;
    for n in 90..110 {
        ok(store.add_link(code(n, 1)).await);
        let come = async |_: u8| -> Result<(), StoreError> {
            match ok(store.use_link(LinkPurpose::Code, digest(n), at(1)).await) {
                Use::First(_) => store.add_login(cli(n, 1), login(n), opening(n, 40)).await.map(drop),
                Use::Again(_) => store.void_code(digest(n), cli(n, 1).id, at(80)).await.map(drop),
                Use::Unknown => Ok(()),
            }
        };
        together(vec![Box::pin(come(1)), Box::pin(come(2))]).await;
        let open = ok(store.credential(digest(n)).await).filter(|known| known.credential.revoked_at.is_none());
        assert_eq!(open, None, "{n}");
    }
}

/// One person has a bounded number of them: the one that was not used for the longest time makes room.
pub async fn check_logins_are_bounded(make: impl Fn() -> AnyStore) {
    let store = owned(&make).await;
    ok(store.add_session(sso(40, 1), OpenedBy::Other).await);
    ok(store.add_app(app("coffee"), at(1), None).await);
    let most = u8::try_from(LOGINS_MAX).unwrap_or(u8::MAX);
    for n in 50..50 + most {
        open(&store, n, 1, 40).await;
    }
    let call = credential(49, 1, CredentialKind::Call, Audience::App(app("coffee")));
    ok(store.add_credential(Credential { parent: Some(cli(51, 1).id), ..call }).await);
    // The oldest was used since, so the second goes, with what was made with it.
    assert!(matches!(ok(store.refresh_login(refresh(150, 1, 2, 200)).await), Refreshed::Done(..)));
    let with = granted(&store, 99, 1, 40).await;
    let newest = Login { used_at: at(201), refresh_hash: digest(3), ..login(99) };
    let ended = ok(store.add_login(cli(99, 1), newest, with).await);
    assert_eq!(ended.iter().map(|c| (c.id, c.revoked_at)).collect::<Vec<_>>(), [(cli(51, 1).id, Some(at(201)))]);
    assert_eq!(revoked(&store).await, ids(&[49, 51]));
}

/// Everything of everybody, and what was on its way; other credentials stay.
pub async fn check_sessions_and_logins_end(make: impl Fn() -> AnyStore) {
    let store = logged_in(&make).await;
    ok(store.add_link(code(70, 1)).await);
    let with = granted(&store, 71, 1, 40).await;
    assert_eq!(ok(store.end_everything(Everything::SignedIn, at(90)).await), Ended { sessions: 2, credentials: 3 });
    assert_eq!(ok(store.sessions(None).await), []);
    assert_eq!(revoked(&store).await, ids(&[50, 51, 60, 70, 71, 80]));
    assert!(matches!(ok(store.use_link(LinkPurpose::Code, digest(70), at(1)).await), Use::Again(_)));
    ok(store.add_session(sso(42, 1), OpenedBy::Other).await);
    conflicts(store.add_login(cli(72, 1), login(72), Opening { session: sso(42, 1).id, ..with }).await);
    assert_eq!(ok(store.end_everything(Everything::SignedIn, at(91)).await), Ended { sessions: 1, credentials: 0 });
    assert_eq!(
        ok(store.credential(digest(52)).await).map(|known| known.credential.revoked_at),
        Some(None),
        "an ordinary token stays"
    );
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
    assert_eq!(ok(store.login_to_refresh(digest(99)).await), None);
    assert_eq!(ok(store.login_to_refresh(digest(150)).await), Some((cli(50, 1), login(50))));
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
    assert_eq!(ok(store.credential(digest(1)).await).map(|known| known.credential.id), Some(cli(50, 1).id));
    assert_eq!(revoked(&store).await, []);
    assert_eq!(ok(store.login_to_refresh(digest(150)).await), None, "it is used up");

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
