//! From a request to a caller, through the room's own door.
use gateway::{Channel, CredentialPort, Identify, Intent, SecurityClass};
use http_body_util::BodyExt;
use identity::Config;
use store::{Apps, Audience, CredentialKind};
use types::{Action, Assurance, Caller, Code, CredentialId, Method, Person, RequestId, Secret, Service};

use crate::world::*;

#[tokio::test]
async fn no_credential_is_a_stranger_from_everywhere() {
    let w = world();
    for channel in [
        Channel::Wire { tls: true },
        Channel::Wire { tls: false },
        Channel::Host { uid: OWNER_UID + 1 },
        Channel::Host { uid: 0 },
    ] {
        let caller = w.ask_now(&request(channel, &[]), &control(Action::AppsList)).expect("known at once");
        assert_eq!(*caller.expect("a stranger is a caller too"), Caller::Stranger, "{channel:?}");
    }
    assert_eq!(w.store.credential_reads(), 0);
}

#[tokio::test]
async fn the_operator_is_the_owner_of_the_data_on_the_host_socket() {
    let w = world();
    let host = Channel::Host { uid: OWNER_UID };
    let caller = w.ask(&request(host, &[]), &control(Action::ClaimIssue)).await.expect("known");
    assert_eq!(*caller, Caller::Operator { uid: OWNER_UID });

    // A token on the host socket is what the request is about: the user behind it adds nothing.
    let person = w.person("Ana", false).await;
    let (_, secret) = w.cli(person.id).await;
    let caller = w.ask(&request(host, &[&format!("Bearer {}", secret.reveal())]), &control(Action::AppsList)).await;
    assert_eq!(caller.expect("known").principal(), Some(person.id));
    let refused = w.ask(&request(host, &["Bearer nonsense"]), &control(Action::ClaimIssue)).await;
    assert_eq!(refused.expect_err("a bad token is not ignored").code, Code::ID_INVALID);

    // Without a configured owner nobody is the operator, root included.
    let w = world_with(Config::default());
    for uid in [0, OWNER_UID] {
        let caller = w.ask(&request(Channel::Host { uid }, &[]), &control(Action::ClaimIssue)).await;
        assert_eq!(*caller.expect("known"), Caller::Stranger, "{uid}");
    }
}

#[tokio::test]
async fn a_person_and_a_service_are_told_apart_with_all_their_facts() {
    let w = world();
    let coffee = w.add_app("coffee").await;
    let owner = w.person("Ana", true).await;
    let (credential, secret) = w.cli(owner.id).await;
    assert!(secret.reveal().starts_with("sfp_"));
    let caller = w.ask(&bearer(&secret), &control(Action::AppsList)).await.expect("known");
    let expected = Person {
        id: owner.id,
        display_name: "Ana".into(),
        owner: true,
        disabled: false,
        assurance: Assurance::SingleFactor,
        authenticated_at: credential.created_at,
        credential: credential.id,
    };
    assert_eq!(*caller, Caller::Person(expected));

    let till = w.room.service_account(coffee.clone(), "till".into()).await.expect("an account");
    let (credential, secret) = w.token(till.id, CredentialKind::Service, Audience::App(coffee.clone()), 0).await;
    assert!(secret.reveal().starts_with("sfs_"));
    let caller = w.ask(&bearer(&secret), &invoke("coffee")).await.expect("known");
    let expected =
        Service { id: till.id, name: "till".into(), app: coffee, disabled: false, credential: credential.id };
    assert_eq!(*caller, Caller::Service(expected));
}

#[tokio::test]
async fn a_token_counts_in_exactly_one_place() {
    let w = world();
    let (coffee, tea) = (w.add_app("coffee").await, w.add_app("tea").await);
    let ana = w.person("Ana", true).await;
    let (_, platform) = w.cli(ana.id).await;
    let (_, for_coffee) = w.token(ana.id, CredentialKind::Call, Audience::App(coffee.clone()), 0).await;
    let (_, for_tea) = w.token(ana.id, CredentialKind::Call, Audience::App(tea), 0).await;

    let wrong_method = Intent::WrongMethod { app: coffee.clone(), allowed: vec![Method::Get] };
    for (intent, counts) in [
        (control(Action::AppsList), "platform"),
        (control(Action::AuditRead), "platform"),
        (Intent::UnroutedControl, "platform"),
        (invoke("coffee"), "coffee"),
        (Intent::Unrouted { app: coffee }, "coffee"),
        (wrong_method, "coffee"),
        (invoke("tea"), "tea"),
    ] {
        for (secret, name) in [(&platform, "platform"), (&for_coffee, "coffee"), (&for_tea, "tea")] {
            // Twice, so that the answer of the cache is tried as well.
            for round in 0..2 {
                let answer = w.ask(&bearer(secret), &intent).await;
                assert_eq!(answer.is_ok(), name == counts, "{name} token at {intent:?}, round {round}");
                if let Err(refusal) = answer {
                    assert!(refusal.reason.contains("another audience"), "{}", refusal.reason);
                }
            }
        }
    }
}

#[tokio::test]
async fn metadata_is_for_strangers_whatever_they_hold() {
    let w = world();
    let metadata = control(Action::MetadataRead);
    let ana = w.person("Ana", true).await;
    let (_, secret) = w.cli(ana.id).await;
    let good = format!("Bearer {}", secret.reveal());
    for fields in [&[][..], &[good.as_str()], &["Bearer nonsense"], &["Basic x", "Basic y"]] {
        let caller = w.ask_now(&request(wire(), fields), &metadata).expect("at once").expect("no refusal");
        assert_eq!(*caller, Caller::Stranger, "{fields:?}");
    }
    assert_eq!(w.store.credential_reads(), 0, "so nobody can try stolen tokens here");
}

/// Every way to be refused, with the words that only the audit log may see.
async fn refusals(w: &World) -> Vec<(&'static str, gateway::Refusal)> {
    let coffee = w.add_app("coffee").await;
    let (ana, eve) = (w.person("Ana", true).await, w.person("Eve", false).await);
    let (_, good) = w.cli(ana.id).await;
    let (revoked, revoked_secret) = w.cli(ana.id).await;
    w.room.revoke(revoked.id).await.expect("revoked");
    let (_, expired) = w.token(ana.id, CredentialKind::Cli, Audience::Platform, 1).await;
    let (_, disabled) = w.cli(eve.id).await;
    assert!(w.room.set_disabled(eve.id, true).await.expect("disabled"));
    let (_, elsewhere) = w.token(ana.id, CredentialKind::Call, Audience::App(coffee), 0).await;
    let (_, unknown) = world().fresh_elsewhere().await;
    let bound = w.login(ana.id).await;
    w.clock.forward_ms(1_000);

    let field = |secret: &Secret| format!("Bearer {}", secret.reveal());
    let damaged = field(&good).replace("sfp_", "sfs_");
    let cases: [(&str, Vec<String>); 13] = [
        ("more than one", vec![field(&good), field(&good)]),
        ("neither Bearer nor DPoP", vec!["Basic YTpi".into()]),
        ("RFC 6750", vec!["Bearer".into()]),
        ("wrong length", vec!["Bearer nonsense".into()]),
        ("wrong checksum", vec![damaged]),
        ("unknown", vec![field(&unknown)]),
        ("is revoked", vec![field(&revoked_secret)]),
        ("is expired", vec![field(&expired)]),
        ("is disabled", vec![field(&disabled)]),
        ("another audience", vec![field(&elsewhere)]),
        ("is bound to no key", vec![field(&good).replace("Bearer", "DPoP")]),
        ("came without a proof", vec![field(&bound)]),
        ("there is none, or more than one", vec![field(&bound).replace("Bearer", "DPoP")]),
    ];
    let mut refusals = Vec::new();
    for (reason, fields) in cases {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        // The second answer comes from the caches and must say the same.
        for _ in 0..2 {
            let refusal = w.ask(&request(wire(), &fields), &control(Action::AppsList)).await.expect_err(reason);
            refusals.push((reason, refusal));
        }
    }
    refusals
}

impl World {
    /// A token of another platform: right shape, unknown here.
    async fn fresh_elsewhere(&self) -> (CredentialId, Secret) {
        self.rng.next();
        let someone = self.person("X", false).await;
        let (credential, secret) = self.cli(someone.id).await;
        (credential.id, secret)
    }
}

#[tokio::test]
async fn each_reason_is_its_own_in_the_audit_and_all_are_one_to_the_caller() {
    let w = world();
    let request_id = RequestId::from_bytes([5; 16]);
    let mut public = Vec::new();
    let mut private = std::collections::HashSet::new();
    for (reason, refusal) in refusals(&w).await {
        assert!(refusal.reason.contains(reason), "`{}` should say `{reason}`", refusal.reason);
        assert!(!refusal.reason.contains("sfp_") && !refusal.reason.contains("sfs_"), "{}", refusal.reason);
        assert_eq!(refusal.security, Some(SecurityClass::Credential), "{reason}");
        private.insert(refusal.reason.clone());
        let (parts, body) = refusal.response(request_id).into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        public.push((reason, parts.status, format!("{:?}", parts.headers), bytes));
    }
    assert_eq!(private.len(), 13, "{private:?}");
    let (_, status, headers, bytes) = public[0].clone();
    assert_eq!(status, 401);
    for (reason, other_status, other_headers, other_bytes) in public {
        assert_eq!((other_status, &other_headers, &other_bytes), (status, &headers, &bytes), "{reason}");
    }
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    for word in ["revoked", "expired", "disabled", "audience", "unknown"] {
        assert!(!text.contains(word), "{text}");
    }
}

#[tokio::test]
async fn garbage_asks_the_store_nothing_and_strangers_tokens_ask_once() {
    let w = world();
    for field in ["Bearer x", "Basic x", "Bearer sfp_0000000000000000000000000000000000000000000000000"] {
        assert!(w.ask_now(&request(wire(), &[field]), &control(Action::AppsList)).expect("at once").is_err());
    }
    assert_eq!(w.store.credential_reads(), 0);
    let (_, unknown) = world().fresh_elsewhere().await;
    for _ in 0..50 {
        assert!(w.ask(&bearer(&unknown), &control(Action::AppsList)).await.is_err());
    }
    assert_eq!(w.store.credential_reads(), 1, "remembered");
    w.clock.forward_ms(10_000);
    assert!(w.ask(&bearer(&unknown), &control(Action::AppsList)).await.is_err());
    assert_eq!(w.store.credential_reads(), 2, "but only for ten seconds");
}

#[tokio::test]
async fn a_failing_store_is_a_failure_not_a_verdict() {
    let w = world();
    let ana = w.person("Ana", true).await;
    let (_, secret) = w.cli(ana.id).await;
    w.store.break_reads(true);
    let refusal = w.ask(&bearer(&secret), &control(Action::AppsList)).await.expect_err("no answer");
    assert_eq!((refusal.code, refusal.failed), (Code::PLT_INTERNAL, true));
    assert_eq!(refusal.detail, None);
    w.store.break_reads(false);
    assert!(w.ask(&bearer(&secret), &control(Action::AppsList)).await.is_ok(), "and it is not remembered");
}

#[tokio::test]
async fn removing_an_app_ends_its_tokens_at_once() {
    let w = world();
    let coffee = w.add_app("coffee").await;
    let ana = w.person("Ana", true).await;
    let till = w.room.service_account(coffee.clone(), "till".into()).await.expect("an account");
    let (_, call) = w.token(ana.id, CredentialKind::Call, Audience::App(coffee.clone()), 0).await;
    let (_, machine) = w.token(till.id, CredentialKind::Service, Audience::App(coffee.clone()), 0).await;
    let (_, cli) = w.cli(ana.id).await;
    for secret in [&call, &machine] {
        assert!(w.ask(&bearer(secret), &invoke("coffee")).await.is_ok());
    }
    assert!(w.ask(&bearer(&cli), &control(Action::AppsList)).await.is_ok());
    assert!(w.store.remove_app(coffee.clone()).await.expect("removed"));
    w.room.forget_app(&coffee);
    // A new app of the same name inherits nobody.
    w.add_app("coffee").await;
    for secret in [&call, &machine] {
        assert!(w.ask(&bearer(secret), &invoke("coffee")).await.is_err());
    }
    let known = w.ask_now(&bearer(&cli), &control(Action::AppsList));
    assert!(known.expect("still cached").is_ok(), "others do not pay for it");
}

#[tokio::test]
async fn a_revocation_during_a_read_of_the_store_wins() {
    let w = world();
    let ana = w.person("Ana", true).await;
    let (credential, secret) = w.cli(ana.id).await;
    let (admitted, intent, cx) = (bearer(&secret), control(Action::AppsList), w.cx());
    // The read happens, its answer is held back, the token is revoked, and then the answer arrives.
    w.store.hold_answers(true);
    let mut late = w.room.identify(&cx, &admitted, &intent);
    assert!(futures_once(&mut late).await.is_none());
    w.room.revoke(credential.id).await.expect("revoked");
    w.store.hold_answers(false);
    assert!(late.await.is_ok(), "this request came before the revocation");
    assert!(w.ask_now(&bearer(&secret), &intent).is_none(), "but its answer was not remembered");
    assert!(w.ask(&bearer(&secret), &intent).await.is_err(), "and the next request is refused (S9)");
}

/// Polls once.
async fn futures_once<T>(future: &mut gateway::Fut<'_, T>) -> Option<T> {
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        std::task::Poll::Ready(value) => std::task::Poll::Ready(Some(value)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}
