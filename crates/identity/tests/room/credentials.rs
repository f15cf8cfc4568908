//! Credentials, service accounts and claims, as `control` uses them.
use gateway::{CredentialFailure, CredentialPort, NewCredential};
use store::{Apps, Audience, CredentialKind, Directory, PrincipalKind};
use types::{Action, Caller, Clock, PrincipalId};

use crate::world::*;

const DAY_S: u64 = 86_400;

fn unfit<T: std::fmt::Debug>(result: Result<T, CredentialFailure>) -> String {
    match result {
        Err(e @ CredentialFailure::Unfit { .. }) => e.to_string(),
        other => panic!("{other:?}"),
    }
}

fn unknown<T: std::fmt::Debug>(result: Result<T, CredentialFailure>) -> String {
    match result {
        Err(e @ CredentialFailure::Unknown { .. }) => e.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lives_are_the_usual_ones_and_are_cut_to_the_longest() {
    let w = world();
    let coffee = w.add_app("coffee").await;
    let ana = w.person("Ana", false).await;
    let till = w.room.service_account(coffee.clone(), "till".into()).await.expect("an account");
    let app = Audience::App(coffee);
    for (of, kind, audience, usual_s, longest_s) in [
        (ana.id, CredentialKind::Cli, &Audience::Platform, 30 * DAY_S, 90 * DAY_S),
        (ana.id, CredentialKind::Call, &app, 300, 3_600),
        (till.id, CredentialKind::Service, &app, 90 * DAY_S, 365 * DAY_S),
    ] {
        for (asked_s, got_s) in
            [(0, usual_s), (7, 7), (longest_s, longest_s), (longest_s + 1, longest_s), (u64::MAX, longest_s)]
        {
            let (credential, _) = w.token(of, kind, audience.clone(), asked_s).await;
            assert_eq!(credential.expires_at, w.clock.now().plus_seconds(got_s), "{kind:?} asked for {asked_s}");
        }
    }
}

#[tokio::test]
async fn secrets_are_never_stored() {
    let w = world();
    let ana = w.person("Ana", false).await;
    let (credential, secret) = w.cli(ana.id).await;
    let stored = w.store.credentials(None).await.expect("a list");
    assert_eq!(stored, [credential]);
    assert!(!format!("{stored:?}").contains(secret.reveal()));
    assert_eq!(format!("{secret:?} {secret}"), "[redacted] [redacted]");
    let claim = w.room.issue_claim(false).await.expect("a claim");
    assert!(!format!("{:?} {claim:?}", w.store.claim().await).contains(claim.code.reveal()));
}

#[tokio::test]
async fn kinds_holders_and_audiences_go_together() {
    let w = world();
    let (coffee, tea) = (w.add_app("coffee").await, w.add_app("tea").await);
    let ana = w.person("Ana", true).await;
    let till = w.room.service_account(coffee.clone(), "till".into()).await.expect("an account");
    let (coffee, tea) = (Audience::App(coffee), Audience::App(tea));
    let platform = &Audience::Platform;
    let create = async |principal, kind, audience: &Audience, label: &str| {
        w.room
            .create(NewCredential { principal, kind, audience: audience.clone(), label: label.into(), life_s: 0 })
            .await
    };
    for (of, kind, audience) in [
        (ana.id, CredentialKind::Cli, &coffee),
        (ana.id, CredentialKind::Call, platform),
        (ana.id, CredentialKind::Service, &coffee),
        (ana.id, CredentialKind::Service, platform),
        (till.id, CredentialKind::Cli, platform),
        (till.id, CredentialKind::Call, &coffee),
        (till.id, CredentialKind::Service, platform),
        (till.id, CredentialKind::Service, &tea),
    ] {
        let text = unfit(create(of, kind, audience, "x").await);
        assert!(text.contains("token"), "{text}");
    }
    for label in ["", "a\u{202e}b", "a\nb", &"x".repeat(81)] {
        unfit(create(ana.id, CredentialKind::Cli, platform, label).await);
    }
    let nobody = PrincipalId::from_bytes([9; 16]);
    assert!(unknown(create(nobody, CredentialKind::Cli, platform, "x").await).contains(&nobody.to_string()));
    let milk = Audience::App(app("milk"));
    assert!(unknown(create(ana.id, CredentialKind::Call, &milk, "x").await).contains("`milk`"));
    w.room.set_disabled(ana.id, true).await.expect("disabled");
    assert!(unfit(create(ana.id, CredentialKind::Cli, platform, "x").await).contains("disabled"));
    assert_eq!(w.store.credentials(None).await.expect("a list"), [], "nothing of all that was stored");
    assert_eq!(w.room.revoke(types::CredentialId::from_bytes([3; 16])).await.expect("an answer"), None);
}

#[tokio::test]
async fn a_service_accounts_name_means_one_account_within_its_app() {
    let w = world();
    let (coffee, tea) = (w.add_app("coffee").await, w.add_app("tea").await);
    let first = w.room.service_account(coffee.clone(), "till".into()).await.expect("an account");
    let again = w.room.service_account(coffee.clone(), "till".into()).await.expect("the same");
    assert_eq!(first, again);
    assert_eq!(first.kind, PrincipalKind::Service { app: coffee.clone() });
    let other = w.room.service_account(tea, "till".into()).await.expect("another app's");
    assert_ne!(first.id, other.id);
    assert_eq!(w.store.principals(Some(coffee.clone())).await.expect("a list").len(), 1);

    assert!(unknown(w.room.service_account(app("milk"), "till".into()).await).contains("`milk`"));
    for name in ["", "Till", "ti ll", "till\u{200b}", "t\u{456}ll", "\u{1b}[1m"] {
        unfit(w.room.service_account(coffee.clone(), name.into()).await);
    }
    // An account with a name from before is gone with its app.
    w.store.remove_app(coffee.clone()).await.expect("removed");
    w.add_app("coffee").await;
    let new = w.room.service_account(coffee, "till".into()).await.expect("an account");
    assert_ne!(new.id, first.id);
}

fn claim_reason<T: std::fmt::Debug>(result: Result<T, CredentialFailure>) -> String {
    match result {
        Err(CredentialFailure::Claim { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_claim_makes_one_owner() {
    let w = world();
    let claim = w.room.issue_claim(false).await.expect("a claim");
    assert_eq!(claim.code.reveal().len(), 43);
    assert_eq!(claim.expires_at, w.clock.now().plus_seconds(1_800));
    w.clock.forward_ms(1_799_999);
    let (owner, credential, secret) = w.room.redeem_claim(claim.code.reveal(), "Ana".into()).await.expect("redeemed");
    assert_eq!((owner.kind.clone(), &*owner.name), (PrincipalKind::Person { owner: true }, "Ana"));
    assert_eq!((credential.kind, &credential.audience), (CredentialKind::Cli, &Audience::Platform));
    let caller = w.ask(&bearer(&secret), &control(Action::AppsList)).await.expect("the token works");
    assert!(matches!(&*caller, Caller::Person(p) if p.owner && p.id == owner.id));

    let used = w.room.redeem_claim(claim.code.reveal(), "Eve".into()).await;
    assert_eq!(claim_reason(used), "none is open");
    assert!(matches!(w.room.issue_claim(false).await, Err(CredentialFailure::Owned)));
    let again = w.room.issue_claim(true).await.expect("on the host's word");
    w.room.redeem_claim(again.code.reveal(), "Bo".into()).await.expect("a second owner");
}

#[tokio::test]
async fn wrong_replaced_and_late_claims_change_nothing() {
    let w = world();
    let first = w.room.issue_claim(false).await.expect("a claim");
    let second = w.room.issue_claim(false).await.expect("another");
    assert_eq!(claim_reason(w.room.redeem_claim(first.code.reveal(), "Eve".into()).await), "it is not the open one");
    for code in ["", "x", &"0".repeat(42), &"-".repeat(43), &"0".repeat(1 << 20)] {
        let failed = w.room.redeem_claim(code, "Eve".into()).await;
        assert!(
            matches!(failed, Err(CredentialFailure::Claim { .. } | CredentialFailure::Throttled { .. })),
            "{failed:?}"
        );
    }
    w.clock.forward_ms(1_800_000);
    assert_eq!(claim_reason(w.room.redeem_claim(second.code.reveal(), "Eve".into()).await), "it is over");
    assert_eq!(w.store.principals(None).await.expect("a list"), []);
}

#[tokio::test]
async fn hostile_names_do_not_use_the_claim_up() {
    let w = world();
    let claim = w.room.issue_claim(false).await.expect("a claim");
    for name in ["", "\u{202e}nwo", "a\nb", "\u{1b}]0;x\u{7}", &"n".repeat(81), "a\u{200d}b"] {
        unfit(w.room.redeem_claim(claim.code.reveal(), name.into()).await);
    }
    w.room.redeem_claim(claim.code.reveal(), "Ana".into()).await.expect("still open, and nothing was counted as wrong");
}

#[tokio::test]
async fn noise_is_throttled_and_the_right_code_passes_through_it() {
    let w = world();
    let claim = w.room.issue_claim(false).await.expect("a claim");
    let wrong = "w".repeat(43);
    for _ in 0..5 {
        claim_reason(w.room.redeem_claim(&wrong, "Eve".into()).await);
        w.clock.forward_ms(1_000);
    }
    for (after_ms, left_s) in [(0, 55), (500, 55), (54_499, 1)] {
        w.clock.forward_ms(after_ms);
        match w.room.redeem_claim(&wrong, "Eve".into()).await {
            Err(CredentialFailure::Throttled { retry_s }) => assert_eq!(retry_s, left_s, "after {after_ms}"),
            other => panic!("{other:?}"),
        }
    }
    w.clock.forward_ms(1);
    claim_reason(w.room.redeem_claim(&wrong, "Eve".into()).await);
    let throttled = w.room.redeem_claim(&wrong, "Eve".into()).await;
    assert!(matches!(throttled, Err(CredentialFailure::Throttled { .. })), "one place came free, not five");
    w.room.redeem_claim(claim.code.reveal(), "Ana".into()).await.expect("the right one is never locked out");
}

#[tokio::test]
async fn a_token_that_is_made_with_another_shows_nothing_anew() {
    let w = world();
    let coffee = w.add_app("coffee").await;
    let ana = w.person("Ana", false).await;
    let (laptop, _) = w.cli(ana.id).await;
    w.clock.forward_ms(3_600_000);
    let new = NewCredential {
        principal: ana.id,
        kind: CredentialKind::Call,
        audience: Audience::App(coffee),
        label: "call".into(),
        life_s: 0,
    };
    let (made, token) = w.room.create_from(new, laptop.id).await.expect("a call token");
    assert_ne!(made.created_at, laptop.created_at);
    // From the store, then from the cache.
    for _ in 0..2 {
        let caller = w.ask(&bearer(&token), &invoke("coffee")).await.expect("known");
        let Caller::Person(person) = &*caller else { panic!("{caller:?}") };
        assert_eq!(person.authenticated_at, laptop.created_at, "an old credential makes no fresh sign-in");
    }
}

#[tokio::test]
async fn revoking_a_command_line_ends_the_calls_made_with_it_at_once() {
    let w = world();
    let coffee = w.add_app("coffee").await;
    let ana = w.person("Ana", false).await;
    let (laptop, _) = w.cli(ana.id).await;
    let (phone, phone_secret) = w.cli(ana.id).await;
    let call = async |parent| {
        let new = NewCredential {
            principal: ana.id,
            kind: CredentialKind::Call,
            audience: Audience::App(coffee.clone()),
            label: "call".into(),
            life_s: 0,
        };
        w.room.create_from(new, parent).await
    };
    let (_, of_laptop) = call(laptop.id).await.expect("a call token");
    let (_, uncached) = call(laptop.id).await.expect("a call token");
    let (_, of_phone) = call(phone.id).await.expect("a call token");
    for token in [&of_laptop, &of_phone] {
        w.ask(&bearer(token), &invoke("coffee")).await.expect("it counts, and is remembered");
        assert!(matches!(w.ask_now(&bearer(token), &invoke("coffee")), Some(Ok(_))), "from the cache");
    }

    w.room.revoke(laptop.id).await.expect("revoked").expect("it exists");
    // No time passes: neither the cache's 60 s nor the token's own life is waited for.
    for token in [&of_laptop, &uncached] {
        let refused = w.ask(&bearer(token), &invoke("coffee")).await.expect_err("it ended with its parent");
        assert!(refused.reason.contains("is revoked"), "{}", refused.reason);
    }
    w.ask(&bearer(&of_phone), &invoke("coffee")).await.expect("another command line's calls go on");
    w.ask(&bearer(&phone_secret), &control(Action::SelfRead)).await.expect("and so does that command line");
    assert!(call(laptop.id).await.is_err(), "a call that comes too late makes no new token");
}

#[tokio::test]
async fn a_read_that_is_older_than_the_revocation_is_not_remembered() {
    let w = world();
    let coffee = w.add_app("coffee").await;
    let ana = w.person("Ana", false).await;
    let (laptop, _) = w.cli(ana.id).await;
    let new = NewCredential {
        principal: ana.id,
        kind: CredentialKind::Call,
        audience: Audience::App(coffee),
        label: "call".into(),
        life_s: 0,
    };
    let (_, token) = w.room.create_from(new, laptop.id).await.expect("a call token");
    let (shown, intent) = (bearer(&token), invoke("coffee"));
    w.store.hold_answers(true);
    let (_, ()) = tokio::join!(w.ask(&shown, &intent), async {
        tokio::task::yield_now().await;
        w.room.revoke(laptop.id).await.expect("revoked");
        w.store.hold_answers(false);
    });
    assert!(w.ask(&shown, &intent).await.is_err(), "what was read before the revocation is not believed after it");
}

#[tokio::test]
async fn credentials_that_were_over_for_long_are_purged_and_open_nothing() {
    let w = world();
    let ana = w.person("Ana", false).await;
    let (_, living) = w.token(ana.id, CredentialKind::Cli, Audience::Platform, 90 * DAY_S).await;
    let (short, short_secret) = w.token(ana.id, CredentialKind::Cli, Audience::Platform, 60).await;
    let (revoked, _) = w.cli(ana.id).await;
    w.room.revoke(revoked.id).await.expect("revoked");
    w.room.issue_claim(true).await.expect("a claim");
    w.clock.forward_ms(30 * DAY_S * 1_000);
    assert_eq!(w.room.purge().await.expect("purged"), 0, "30 days are not over for any of them");
    let of = |error: gateway::Refusal| error.reason;
    let reason = of(w.ask(&bearer(&short_secret), &control(Action::SelfRead)).await.expect_err("expired"));
    assert!(reason.contains(&format!("{} is expired", short.id)), "{reason}");

    w.clock.forward_ms(1_800_001);
    assert_eq!(w.room.purge().await.expect("purged"), 3, "one expired, one revoked, one claim");
    assert_eq!(w.store.claim().await.expect("an answer"), None);
    w.clock.forward_ms(11_000);
    let reason = of(w.ask(&bearer(&short_secret), &control(Action::SelfRead)).await.expect_err("gone"));
    assert!(reason.contains("unknown"), "{reason}");
    w.ask(&bearer(&living), &control(Action::SelfRead)).await.expect("a living one is left alone");
}
