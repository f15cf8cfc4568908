//! Logins of command lines: their secrets end in time, their key is asked for each time, cached or not.
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD;
use gateway::{Admitted, CredentialPort, LoginPort, LoginTokens, NewLogin, RefreshFailure, SessionPort, Wanted};
use http::{Method, Request};
use store::{Audience, Logins};
use types::{Action, Assurance, Caller, Clock, CredentialId, Digest, Secret};

use crate::world::{World, control, wire, world};

const URL: &str = "https://console.localhost/api/v1/apps";
const ENDPOINT: &str = "https://id.localhost/oauth/token";

pub(crate) struct Holder {
    pair: EcdsaKeyPair,
    made: std::cell::Cell<u32>,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

impl Holder {
    pub(crate) fn new() -> Self {
        Self { pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"), made: 0.into() }
    }

    fn prove(&self, w: &World, method: &str, url: &str, token: Option<&Secret>) -> String {
        self.made.set(self.made.get() + 1);
        let point = self.pair.public_key().as_ref();
        let header = format!(
            r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{{"kty":"EC","crv":"P-256","x":"{}","y":"{}"}}}}"#,
            b64(&point[1..33]),
            b64(&point[33..65])
        );
        let ath = token.map_or_else(String::new, |token| {
            format!(r#","ath":"{}""#, b64(digest(&SHA256, token.reveal().as_bytes()).as_ref()))
        });
        let (id, iat) = (self.made.get(), w.clock.now().0 / 1_000);
        let claims = format!(r#"{{"jti":"{id}","htm":"{method}","htu":"{url}","iat":{iat}{ath}}}"#);
        let text = format!("{}.{}", b64(header), b64(claims));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature");
        format!("{text}.{}", b64(signature.as_ref()))
    }

    pub(crate) fn key(&self, w: &World) -> Digest {
        let proof = self.prove(w, "POST", ENDPOINT, None);
        w.room.key_of(Some(&proof), &Method::POST, ENDPOINT).expect("a good proof")
    }

    pub(crate) fn request(&self, w: &World, token: &Secret) -> Admitted {
        let proof = self.prove(w, "GET", URL, Some(token));
        let request = Request::get(URL).header("authorization", format!("DPoP {}", token.reveal()));
        Admitted::for_test(wire(), request.header("dpop", proof).body(()).expect("a request").into_parts().0)
    }

    pub(crate) fn wanted(&self, audience: Audience) -> Wanted {
        Wanted { client: "serviceful-cli", audience }
    }

    async fn login(&self, w: &World, person: types::PrincipalId) -> LoginTokens {
        self.login_for(w, person, Audience::Platform).await
    }

    pub(crate) async fn login_for(&self, w: &World, person: types::PrincipalId, audience: Audience) -> LoginTokens {
        let new = NewLogin {
            id: CredentialId::fresh(w.clock.now(), &*w.rng),
            person,
            key: self.key(w),
            label: "Command line on build-3".into(),
            assurance: Assurance::PhishingResistant,
            authenticated_at: w.clock.now(),
            opening: w.opening(person).await,
            wanted: self.wanted(audience),
        };
        w.room.open_login(new).await.expect("a login")
    }
}

async fn reason(w: &World, holder: &Holder, token: &Secret) -> String {
    let asked = w.ask(&holder.request(w, token), &control(Action::AppsList)).await;
    asked.expect_err("refused").reason
}

#[tokio::test]
async fn its_secrets_end_in_time_and_the_login_is_who_is_recorded() {
    let w = world();
    let ada = w.person("Ada", false).await;
    let holder = Holder::new();
    let tokens = holder.login(&w, ada.id).await;
    assert_eq!((tokens.access_s, tokens.ends_at), (300, w.clock.now().plus_seconds(43_200)));
    assert!(tokens.access.reveal().starts_with("ey") && tokens.refresh.reveal().starts_with("sfr_"));
    let caller = w.ask(&holder.request(&w, &tokens.access), &control(Action::AppsList)).await.expect("known");
    let Caller::Person(person) = &*caller else { panic!("{caller:?}") };
    assert_eq!((person.credential, person.assurance), (tokens.login, Assurance::PhishingResistant));
    // From the cache, and with another proof each time.
    for _ in 0..3 {
        assert!(w.ask_now(&holder.request(&w, &tokens.access), &control(Action::AppsList)).expect("at once").is_ok());
    }
    let once = holder.request(&w, &tokens.access);
    assert!(w.ask(&once, &control(Action::AppsList)).await.is_ok());
    let again = w.ask(&once, &control(Action::AppsList)).await.expect_err("a proof counts once");
    assert!(again.reason.contains("used before"), "{}", again.reason);
    assert!(reason(&w, &Holder::new(), &tokens.access).await.contains("another key"));

    w.clock.forward_ms(300_000);
    assert!(reason(&w, &holder, &tokens.access).await.contains("expired"));
    let next = w
        .room
        .refresh_login(tokens.refresh, holder.key(&w), holder.wanted(Audience::Platform))
        .await
        .expect("refreshed");
    assert_eq!(next.login, tokens.login);
    assert!(w.ask(&holder.request(&w, &next.access), &control(Action::AppsList)).await.is_ok());

    // Near its end it gets no more than what is left, and then nothing.
    w.clock.forward_ms(43_200_000 - 300_000 - 60_000);
    let last =
        w.room.refresh_login(next.refresh, holder.key(&w), holder.wanted(Audience::Platform)).await.expect("refreshed");
    assert_eq!(last.access_s, 60);
    w.clock.forward_ms(60_000);
    let over = w.room.refresh_login(last.refresh, holder.key(&w), holder.wanted(Audience::Platform)).await;
    assert!(matches!(&over, Err(RefreshFailure::Refused(why)) if why.contains("it is over")), "{over:?}");
    assert!(reason(&w, &holder, &last.access).await.contains("expired"));
}

/// A process that comes after another does not know what that one saw: nothing counts that the other can have seen.
#[tokio::test]
async fn a_proof_does_not_count_again_after_a_restart() {
    let mut w = world();
    let ada = w.person("Ada", false).await;
    let holder = Holder::new();
    let tokens = holder.login(&w, ada.id).await;
    // By a clock that is ahead as far as is allowed.
    w.clock.forward_ms(5_000);
    let early = holder.request(&w, &tokens.access);
    w.clock.back_ms(5_000);
    assert!(w.ask(&early, &control(Action::AppsList)).await.is_ok());
    w.restart(identity::Config::default(), false);
    for _ in 0..6 {
        let said = w.ask(&early, &control(Action::AppsList)).await.expect_err("it was used");
        assert!(said.reason.contains("has started since"), "{}", said.reason);
        let fresh = w.ask(&holder.request(&w, &tokens.access), &control(Action::AppsList)).await.expect_err("too soon");
        assert!(fresh.detail.as_deref().is_some_and(|detail| detail.contains("try again")), "{fresh:?}");
        w.clock.forward_ms(1_000);
    }
    assert!(
        w.ask(&holder.request(&w, &tokens.access), &control(Action::AppsList)).await.is_ok(),
        "and then it goes on"
    );
    assert!(w.ask(&early, &control(Action::AppsList)).await.is_err());
}

#[tokio::test]
async fn a_refresh_a_revocation_and_a_replay_reach_every_cache_at_once() {
    let w = world();
    let ada = w.person("Ada", false).await;
    let holder = Holder::new();
    let seen = async |token: &Secret| {
        assert!(w.ask(&holder.request(&w, token), &control(Action::AppsList)).await.is_ok());
        assert!(w.ask_now(&holder.request(&w, token), &control(Action::AppsList)).expect("cached").is_ok());
    };
    let gone = async |token: &Secret, why: &str| {
        assert!(w.ask_now(&holder.request(&w, token), &control(Action::AppsList)).is_none_or(|asked| asked.is_err()));
        let said = reason(&w, &holder, token).await;
        assert!(said.contains(why), "{said}");
    };

    let first = holder.login(&w, ada.id).await;
    seen(&first.access).await;
    let second = w
        .room
        .refresh_login(first.refresh.clone(), holder.key(&w), holder.wanted(Audience::Platform))
        .await
        .expect("refreshed");
    gone(&first.access, "has no more").await;
    seen(&second.access).await;
    assert!(w.room.refresh_login(first.refresh, holder.key(&w), holder.wanted(Audience::Platform)).await.is_err());
    gone(&second.access, "revoked").await;

    let third = holder.login(&w, ada.id).await;
    seen(&third.access).await;
    assert!(w.room.end_login(third.login).await.expect("ended"));
    gone(&third.access, "revoked").await;

    let fourth = holder.login(&w, ada.id).await;
    seen(&fourth.access).await;
    let sessions = 3;
    assert_eq!(w.room.end_all(ada.id, None, None).await.expect("ended"), sessions + 1);
    gone(&fourth.access, "revoked").await;

    let fifth = holder.login(&w, ada.id).await;
    seen(&fifth.access).await;
    assert!(w.room.revoke(fifth.login).await.expect("revoked").is_some());
    gone(&fifth.access, "revoked").await;

    let sixth = holder.login(&w, ada.id).await;
    seen(&sixth.access).await;
    assert!(w.room.set_disabled(ada.id, true).await.expect("disabled"));
    gone(&sixth.access, "disabled").await;
    assert!(w.room.refresh_login(sixth.refresh, holder.key(&w), holder.wanted(Audience::Platform)).await.is_err());
    assert_eq!(w.store.logins(Some(ada.id)).await.expect("a list").len(), 5);
}
