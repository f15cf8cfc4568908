//! Accounts and invitations.
use types::PrincipalId;

use super::{AnyStore, conflicts, ok, samples::*, together};
use crate::{Account, Link, LinkPurpose, MemberRole, OpenedBy, Principal, Totp, Use};

fn id(n: u8) -> PrincipalId {
    PrincipalId::from_bytes([n; 16])
}

fn totp(step: u64) -> Totp {
    Totp { sealed: vec![0, 1, 255], added_at: at(7), last_step: step }
}

/// An owner 1 with an account, made with a claim.
pub(super) async fn owned(make: &impl Fn() -> AnyStore) -> AnyStore {
    let store = make();
    ok(store.put_claim(digest(1), at(10)).await);
    assert!(ok(store.claim_account(digest(1), at(5), person(1, true), account(1)).await));
    store
}

/// Every field comes back; the claim is used once, and stays open where the account cannot be.
pub async fn check_account_by_claim(make: impl Fn() -> AnyStore) {
    let store = make();
    ok(store.put_claim(digest(1), at(10)).await);
    assert!(!ok(store.claim_account(digest(2), at(5), person(1, true), account(1)).await), "another code");
    assert!(!ok(store.claim_account(digest(1), at(10), person(1, true), account(1)).await), "over");
    conflicts(store.claim_account(digest(1), at(5), person(1, true), account(2)).await);
    assert_eq!(ok(store.principal(id(1)).await), None, "a conflict adds nobody");
    let full = Account { email_verified: true, totp: Some(totp(3)), passkeys: "[1]".into(), ..account(1) };
    assert!(ok(store.claim_account(digest(1), at(5), person(1, true), full.clone()).await));
    assert!(!ok(store.claim_account(digest(1), at(5), person(2, true), account(2)).await), "used");
    assert_eq!(ok(store.account(id(1)).await), Some(full.clone()));
    assert_eq!(ok(store.account_of(full.email.clone()).await), Some((full.clone(), person(1, true))));
    assert_eq!(ok(store.account_of("nobody@example.org".into()).await), None);
    assert_eq!(ok(store.accounts().await), std::slice::from_ref(&full));
    assert!(ok(store.has_owner().await));
    ok(store.put_claim(digest(3), at(10)).await);
    let same = Account { email: full.email, ..account(2) };
    conflicts(store.claim_account(digest(3), at(5), person(2, true), same).await);
    assert!(ok(store.claim_account(digest(3), at(5), person(2, true), account(2)).await), "the claim stayed open");
}

/// An invitation makes one person, once, and a member; a conflict leaves it open.
pub async fn check_invitations(make: impl Fn() -> AnyStore) {
    let store = owned(&make).await;
    ok(store.add_app(app("coffee"), at(1), None).await);
    conflicts(store.add_invitation(invitation(20, Some("tea"))).await);
    ok(store.add_invitation(invitation(20, Some("coffee"))).await);
    ok(store.add_invitation(invitation(21, None)).await);
    assert_eq!(ok(store.invitations().await), [invitation(21, None), invitation(20, Some("coffee"))]);
    assert_eq!(ok(store.invitation(digest(20)).await), Some(invitation(20, Some("coffee"))));
    assert_eq!(ok(store.invitation(digest(99)).await), None);

    let accept =
        |code: u8, when: u64, n: u8| store.accept_invitation(digest(code), at(when), person(n, false), account(n));
    assert_eq!(ok(accept(99, 30, 5).await), None, "another code");
    assert_eq!(ok(accept(20, 3_600, 5).await), None, "over");
    conflicts(accept(20, 30, 1).await);
    let version = ok(store.app(app("coffee")).await).map(|app| app.version);
    let racers = (5..9).map(|n| accept(20, 30, n)).collect();
    let won: Vec<_> = together(racers).await.into_iter().filter_map(|answer| ok(answer)).collect();
    assert_eq!(won, [invitation(20, Some("coffee"))], "one of four racers");
    let members = ok(store.members(app("coffee")).await);
    let joined: Vec<_> = members.iter().map(|m| (m.role, m.added_at)).collect();
    assert_eq!(joined, [(MemberRole::Member, at(30))]);
    assert_eq!(ok(store.app(app("coffee")).await).map(|app| app.version), version.map(|v| v + 1));

    // A later one for the same address takes the place of the earlier.
    let again = crate::Invitation { email: invitation(21, None).email, ..invitation(22, Some("coffee")) };
    ok(store.add_invitation(again.clone()).await);
    assert_eq!(ok(store.invitation(digest(21)).await), None);
    assert!(ok(store.remove_invitation(again.id).await));
    assert!(!ok(store.remove_invitation(again.id).await));
    ok(store.add_invitation(again.clone()).await);
    assert!(ok(store.remove_app(app("coffee")).await));
    assert_eq!(ok(store.invitation(again.code_hash).await), None, "an invitation to an app goes with the app");
}

/// Passwords change as a whole, and only from what they were.
pub async fn check_passwords(make: impl Fn() -> AnyStore) {
    let store = owned(&make).await;
    assert!(!ok(store.set_password(id(9), "x".into(), at(1), None).await));
    for n in [40, 41] {
        ok(store.add_session(sso(n, 1), OpenedBy::Other).await);
    }
    assert!(ok(store.set_password(id(1), "new".into(), at(60), Some(sso(41, 1).id)).await));
    let now = ok(store.account(id(1)).await).unwrap_or_else(|| panic!("the account"));
    assert_eq!((now.password.as_deref(), now.password_at), (Some("new"), Some(at(60))));
    assert_eq!(ok(store.sessions(Some(id(1))).await), [sso(41, 1)], "the others have ended");
    assert!(!ok(store.improve_password(id(1), "old".into(), "better".into()).await));
    assert!(ok(store.improve_password(id(1), "new".into(), "better".into()).await));
    let now = ok(store.account(id(1)).await).unwrap_or_else(|| panic!("the account"));
    assert_eq!((now.password.as_deref(), now.password_at), (Some("better"), Some(at(60))));
    assert!(!ok(store.set_passkeys(id(1), "[2]".into(), "[3]".into()).await));
    assert!(ok(store.set_passkeys(id(1), "[]".into(), "[3]".into()).await));
}

fn link(n: u8, purpose: LinkPurpose, of: u8, note: &str) -> Link {
    Link { hash: digest(n), purpose, person: id(of), note: note.into(), expires_at: at(60) }
}

/// Somebody who signs up takes the place of their own sign-up, and of nobody's invitation that is open.
pub async fn check_sign_up_takes_no_invitation_away(make: impl Fn() -> AnyStore) {
    let store = owned(&make).await;
    let sign_up = |n: u8, when: u64| crate::Invitation {
        email: invitation(20, None).email,
        sign_up: true,
        mailed: true,
        created_at: at(when),
        ..invitation(n, None)
    };
    ok(store.add_invitation(sign_up(30, 30)).await);
    ok(store.add_invitation(sign_up(31, 31)).await);
    assert_eq!(ok(store.invitation(digest(30)).await), None, "their own");
    assert_eq!(ok(store.invitation(digest(31)).await), Some(sign_up(31, 31)));
    ok(store.add_invitation(invitation(20, None)).await);
    assert_eq!(ok(store.invitation(digest(31)).await), None, "an invitation takes its place");
    conflicts(store.add_invitation(sign_up(32, 3_599)).await);
    assert_eq!(ok(store.invitation(digest(20)).await), Some(invitation(20, None)));
    ok(store.add_invitation(sign_up(32, 3_600)).await);
    assert_eq!(ok(store.invitation(digest(20)).await), None, "it was over");
}

/// A reset link counts once, ends what was begun before, and never adds a way in.
pub async fn check_resets(make: impl Fn() -> AnyStore) {
    let store = owned(&make).await;
    ok(store.add_session(sso(40, 1), OpenedBy::Other).await);
    super::logins::open(&store, 50, 1, 40).await;
    ok(store.set_totp(id(1), Some(totp(5)), Some(vec![digest(1)])).await);
    for n in [70, 71] {
        ok(store.add_link(link(n, LinkPurpose::Reset, 1, "")).await);
    }
    ok(store.add_link(link(72, LinkPurpose::VerifyEmail, 1, "")).await);
    let reset = |n: u8, when: u64| store.reset_password(digest(n), at(when), "new".into());
    let open = |n: u8, when: u64| store.link(LinkPurpose::Reset, digest(n), at(when));
    assert_eq!(ok(open(70, 59).await), Some(link(70, LinkPurpose::Reset, 1, "")));
    assert_eq!((ok(open(70, 60).await), ok(open(72, 5).await)), (None, None), "over, or for something else");
    assert_eq!((ok(reset(70, 60).await), ok(reset(72, 5).await), ok(reset(99, 5).await)), (None, None, None));
    let racers = (0..6).map(|_| reset(70, 30)).collect();
    let won: Vec<_> = together(racers).await.into_iter().filter_map(|answer| ok(answer)).collect();
    assert_eq!(won, [id(1)], "one of six racers");
    assert_eq!((ok(open(70, 31).await), ok(open(71, 31).await)), (None, None), "the other one is void, too");
    let now = ok(store.account(id(1)).await).unwrap_or_else(|| panic!("the account"));
    assert_eq!((now.password.as_deref(), now.password_at, now.totp), (Some("new"), Some(at(30)), Some(totp(5))));
    assert_eq!(ok(store.recovery_codes_left(id(1)).await), 1);
    assert_eq!(ok(store.sessions(Some(id(1))).await), []);
    let left = ok(store.logins(Some(id(1))).await);
    assert!(left.iter().all(|(credential, _)| credential.revoked_at.is_some()), "{left:?}");

    // By mail, to an address that nobody had shown to be theirs: what was put there before is no way in any more. Else it stays.
    let key = |n: u8| -> std::sync::Arc<str> { format!("[{n}]").into() };
    let account = async || ok(store.account(id(1)).await).unwrap_or_else(|| panic!("the account"));
    assert!(ok(store.set_passkeys(id(1), "[]".into(), key(1)).await));
    assert!(!now.email_verified && &*account().await.passkeys == "[1]", "a link that was handed over took nothing");
    ok(store.add_link(link(76, LinkPurpose::Reset, 1, Link::MAILED)).await);
    assert_eq!(ok(reset(76, 31).await), Some(id(1)));
    let taken = account().await;
    assert_eq!((&*taken.passkeys, taken.email_verified, taken.totp), ("[]", true, Some(totp(5))));
    assert!(ok(store.set_passkeys(id(1), "[]".into(), key(2)).await));
    ok(store.add_link(link(77, LinkPurpose::Reset, 1, Link::MAILED)).await);
    assert_eq!(ok(reset(77, 31).await), Some(id(1)));
    assert_eq!(&*account().await.passkeys, "[2]", "theirs, by now");
    assert!(ok(store.set_passkeys(id(1), key(2), "[]".into()).await));

    for (n, purpose) in [(74, LinkPurpose::Reset), (75, LinkPurpose::Code)] {
        ok(store.add_link(link(n, purpose, 1, "")).await);
    }
    assert!(ok(store.set_password(id(1), "again".into(), at(32), None).await));
    assert_eq!(ok(reset(74, 33).await), None, "somebody else's way to another password");
    assert!(matches!(ok(store.use_link(LinkPurpose::Code, digest(75), at(33)).await), Use::Again(_)));

    ok(store.add_link(link(73, LinkPurpose::Reset, 1, "")).await);
    assert!(ok(store.set_disabled(id(1), true).await));
    assert_eq!(ok(reset(73, 31).await), None, "disabled");
    assert!(ok(store.set_disabled(id(1), false).await));
    assert!(ok(store.set_passkeys(id(1), "[]".into(), "[1]".into()).await));
    assert!(ok(store.remove_password(id(1)).await));
    assert_eq!(ok(reset(73, 31).await), None, "there is none to replace");
    assert_eq!(ok(store.account(id(1)).await).and_then(|account| account.password), None);
}

/// A verification link counts once, for its person and the address that it was sent to.
pub async fn check_verification(make: impl Fn() -> AnyStore) {
    let store = owned(&make).await;
    ok(store.add_principal(person(2, false)).await);
    ok(store.add_link(link(80, LinkPurpose::VerifyEmail, 1, "person1@example.org")).await);
    ok(store.add_link(link(81, LinkPurpose::VerifyEmail, 1, "another@example.org")).await);
    let verified = async || ok(store.account(id(1)).await).is_some_and(|account| account.email_verified);
    for (n, when, who) in [(80, 60, 1), (80, 5, 2), (81, 5, 1), (99, 5, 1)] {
        assert!(!ok(store.verify_email(digest(n), at(when), id(who)).await), "{n} {when} {who}");
    }
    assert!(!verified().await);
    assert!(ok(store.verify_email(digest(80), at(5), id(1)).await));
    assert!(verified().await);
    assert!(!ok(store.verify_email(digest(80), at(6), id(1)).await), "once");
}

/// A time step and a recovery code count once, even for racers.
pub async fn check_second_factors(make: impl Fn() -> AnyStore) {
    let store = owned(&make).await;
    assert!(!ok(store.use_totp_step(id(1), 5).await), "there is no authenticator");
    assert!(!ok(store.set_totp(id(9), Some(totp(5)), Some(vec![])).await));
    let racers = (0..4).map(|_| store.set_totp(id(1), Some(totp(5)), Some(vec![digest(1), digest(2)]))).collect();
    assert_eq!(together(racers).await.into_iter().filter(|answer| matches!(answer, Ok(true))).count(), 1);
    assert!(!ok(store.set_totp(id(1), Some(totp(7)), Some(vec![digest(8)])).await), "another takes no place");
    for (step, fresh) in [(5, false), (4, false), (6, true), (6, false), (5, false), (9, true)] {
        assert_eq!(ok(store.use_totp_step(id(1), step).await), fresh, "step {step}");
    }
    let racers = (0..8).map(|_| store.use_totp_step(id(1), 10)).collect();
    assert_eq!(together(racers).await.into_iter().filter(|answer| matches!(answer, Ok(true))).count(), 1);

    assert_eq!(ok(store.recovery_codes_left(id(1)).await), 2);
    assert!(!ok(store.use_recovery_code(id(1), digest(3)).await));
    assert!(!ok(store.use_recovery_code(id(2), digest(1)).await), "somebody else's");
    let racers = (0..8).map(|_| store.use_recovery_code(id(1), digest(1))).collect();
    assert_eq!(together(racers).await.into_iter().filter(|answer| matches!(answer, Ok(true))).count(), 1);
    assert_eq!(ok(store.recovery_codes_left(id(1)).await), 1);
    assert!(ok(store.set_totp(id(1), None, None).await));
    assert_eq!(ok(store.recovery_codes_left(id(1)).await), 1, "codes stay, where there are none in their place");
    assert!(ok(store.set_totp(id(1), None, Some(vec![])).await));
    assert_eq!(ok(store.recovery_codes_left(id(1)).await), 0, "codes are replaced with the authenticator");
    assert!(!ok(store.use_totp_step(id(1), 11).await));

    assert!(!ok(store.set_recovery_codes(id(9), vec![digest(4)]).await));
    for codes in [vec![digest(4), digest(5)], vec![digest(5), digest(6), digest(7)]] {
        assert!(ok(store.set_recovery_codes(id(1), codes).await));
    }
    assert!(!ok(store.use_recovery_code(id(1), digest(4)).await), "replaced");
    assert!(ok(store.use_recovery_code(id(1), digest(5)).await));

    assert!(ok(store.set_totp(id(1), Some(totp(5)), Some(vec![digest(1), digest(2)])).await));
    assert!(!ok(store.remove_password(id(9)).await));
    assert!(!ok(store.remove_password(id(1)).await), "nothing else is left");
    assert!(ok(store.set_passkeys(id(1), "[]".into(), "[1]".into()).await));
    let (removed, gone) = (store.remove_password(id(1)), store.set_passkeys(id(1), "[1]".into(), "[]".into()));
    let raced = [ok(removed.await), ok(gone.await)];
    assert_eq!(raced, [true, false], "whichever comes second would leave nothing");
    let now = ok(store.account(id(1)).await).unwrap_or_else(|| panic!("the account"));
    assert_eq!(
        (now.password, now.password_at, now.totp),
        (None, None, None),
        "it goes with what is asked for after it"
    );
    assert_eq!(ok(store.recovery_codes_left(id(1)).await), 2, "the way back in stays");
}

/// Nothing of a person outlives them, and whoever comes after them inherits nothing.
pub async fn check_person_removal_takes_everything_along(make: impl Fn() -> AnyStore) {
    let store = owned(&make).await;
    ok(store.add_principal(person(2, false)).await);
    ok(store.add_app(app("coffee"), at(1), Some(id(1))).await);
    ok(store.add_credential(cli(50, 1)).await);
    ok(store.add_credential(cli(51, 2)).await);
    ok(store.add_session(sso(40, 1), OpenedBy::Other).await);
    ok(store.add_session(child(41, 40, 1, "coffee"), OpenedBy::Other).await);
    ok(store.set_totp(id(1), Some(totp(5)), Some(vec![digest(1)])).await);
    let link =
        Link { hash: digest(60), purpose: LinkPurpose::Code, person: id(1), note: "".into(), expires_at: at(99) };
    ok(store.add_link(link).await);
    let version = ok(store.app(app("coffee")).await).map(|app| app.version);

    assert!(ok(store.remove_person(id(1)).await));
    assert!(!ok(store.remove_person(id(1)).await));
    assert_eq!(ok(store.principal(id(1)).await), None);
    assert_eq!(ok(store.account(id(1)).await), None);
    assert_eq!(ok(store.recovery_codes_left(id(1)).await), 0);
    assert_eq!(ok(store.sessions(None).await), []);
    assert_eq!(ok(store.use_link(LinkPurpose::Code, digest(60), at(1)).await), Use::Unknown);
    assert_eq!(ok(store.credentials(None).await), [cli(51, 2)]);
    assert_eq!(ok(store.members(app("coffee")).await), []);
    assert_eq!(ok(store.app(app("coffee")).await).map(|app| app.version), version.map(|v| v + 1));
    ok(store.put_claim(digest(9), at(10)).await);
    assert!(ok(store.claim_account(digest(9), at(1), person(1, true), account(1)).await), "the address is free again");

    let machine = service(7, "coffee", "till");
    ok(store.add_principal(machine.clone()).await);
    assert!(!ok(store.remove_person(machine.id).await), "a service account is no person");
    assert_eq!(ok(store.principal(machine.id).await).map(|p: Principal| p.name), Some("till".into()));
}
