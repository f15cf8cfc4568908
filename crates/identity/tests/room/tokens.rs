//! Signed access tokens, attacked: whatever is not exactly what the keeper signs for this place and moment is refused, cached or not.
use gateway::{Admitted, LoginPort as _, LoginTokens, TokenPort as _};
use serde_json::{Value, json};
use store::Audience;
use types::{Action, Caller, Clock as _, Secret};

use crate::{
    logins::Holder,
    mint::{Signer, b64},
    world::{World, app, bearer, control, invoke, world},
};

/// Ada, a command line of hers, its token for this place, and what that says.
async fn signed_in(audience: Audience) -> (World, Holder, LoginTokens, Value) {
    let w = world();
    w.add_app("coffee").await;
    w.add_app("tea").await;
    let ada = w.person("Ada", false).await;
    let holder = Holder::new();
    let tokens = holder.login_for(&w, ada.id, audience).await;
    let claims = tokens.access.reveal().split('.').nth(1).expect("claims");
    let claims = data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes()).expect("base64url");
    (w, holder, tokens, serde_json::from_slice(&claims).expect("JSON"))
}

async fn answer(w: &World, holder: &Holder, token: &Secret) -> Result<(), String> {
    let known = w.ask(&holder.request(w, token), &control(Action::AppsList)).await;
    known.map(|caller| assert!(matches!(&*caller, Caller::Person(_)), "{caller:?}")).map_err(|refusal| refusal.reason)
}

/// Refused now and from the cache, and for this reason.
async fn refused(w: &World, holder: &Holder, token: &Secret, why: &str, what: &str) {
    for _ in 0..2 {
        let said = answer(w, holder, token).await.expect_err(what);
        assert!(said.contains(why), "{what}: {said}");
        assert!(!said.contains(token.reveal()), "{what}: no part of it is on record");
    }
}

#[tokio::test]
async fn one_that_we_made_counts_and_nothing_like_it_does() {
    let (w, holder, tokens, claims) = signed_in(Audience::Platform).await;
    assert_eq!(answer(&w, &holder, &tokens.access).await, Ok(()));
    let signer = w.mint.signer();
    let good = signer.header();
    let text = claims.to_string();
    let with = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header.to_string()
    };
    // The same claims, under a header that is not ours.
    for (what, token, why) in [
        (
            "no algorithm",
            Secret::new(format!("{}.{}.{}", b64(with("alg", json!("none"))), b64(&text), b64("x"))),
            "a signed token",
        ),
        ("HMAC with the public key", signer.confused(&claims), "not ES256"),
        ("RSA", signer.sign(&with("alg", json!("RS256")), &text), "not ES256"),
        ("the other curve", signer.sign(&with("alg", json!("ES384")), &text), "not ES256"),
        ("another type", signer.sign(&with("typ", json!("JWT")), &text), "type `at+jwt`"),
        ("a proof's type", signer.sign(&with("typ", json!("dpop+jwt")), &text), "type `at+jwt`"),
        ("no type", signer.sign(&json!({"alg": "ES256", "kid": good["kid"]}).to_string(), &text), "type `at+jwt`"),
        ("something critical", signer.sign(&with("crit", json!(["b64"])), &text), "critical"),
        ("critical and empty", signer.sign(&with("crit", json!([])), &text), "critical"),
        ("no key", signer.sign(&json!({"alg": "ES256", "typ": "at+jwt"}).to_string(), &text), "names no key"),
        ("an unknown key", signer.sign(&with("kid", json!("../../etc/passwd")), &text), "names no key"),
        (
            "a foreign signer under our key's name",
            Signer::new(w.clock.now()).posing_as(&signer).sign(&good.to_string(), &text),
            "not signed by the key",
        ),
        (
            "a foreign signer",
            {
                let foreign = Signer::new(w.clock.now());
                foreign.sign(&foreign.header().to_string(), &text)
            },
            "names no key",
        ),
        (
            "a key of its own in the header",
            {
                let foreign = Signer::new(w.clock.now());
                let jwk = json!({"kty": "EC", "crv": "P-256", "x": b64(foreign.public.x), "y": b64(foreign.public.y)});
                foreign.sign(&with("jwk", jwk), &text)
            },
            "not signed by the key",
        ),
    ] {
        refused(&w, &holder, &token, why, what).await;
    }
    // What points to keys elsewhere is not looked at: signed by us, it is as good as without; and nothing is fetched for it.
    for name in ["jku", "x5u"] {
        let token = signer.sign(&with(name, json!("https://evil.example/keys")), &text);
        assert_eq!(answer(&w, &holder, &token).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn claims_are_exactly_those_of_one_place_one_person_and_one_login() {
    let (w, holder, tokens, claims) = signed_in(Audience::Platform).await;
    let (signer, now) = (w.mint.signer(), w.clock.now().0 / 1_000);
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        signer.sign(&signer.header().to_string(), &changed.to_string())
    };
    let without = |name: &str| {
        let mut changed = claims.clone();
        changed.as_object_mut().expect("an object").remove(name);
        signer.sign(&signer.header().to_string(), &changed.to_string())
    };
    for name in ["iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "cnf"] {
        refused(&w, &holder, &without(name), "its claims are not", name).await;
    }
    let console = claims["aud"].clone();
    for (what, token, why) in [
        ("two audiences", with("aud", json!([console, "https://coffee.localhost"])), "its claims are not"),
        ("a list of one", with("aud", json!([console])), "its claims are not"),
        ("no audience", with("aud", json!("")), "none of this platform"),
        ("the sign-in pages", with("aud", json!("https://id.localhost")), "none of this platform"),
        (
            "a place that begins like ours",
            with("aud", json!("https://console.localhost.evil.example")),
            "none of this platform",
        ),
        ("our place with a slash", with("aud", json!("https://console.localhost/")), "none of this platform"),
        ("another scheme", with("aud", json!("http://console.localhost")), "none of this platform"),
        ("an app", with("aud", json!("https://coffee.localhost")), "another audience"),
        ("another issuer", with("iss", json!("https://id.localhost.evil.example")), "another issuer"),
        ("no issuer", with("iss", json!("")), "another issuer"),
        ("another person", with("sub", json!(w.person("Eve", true).await.id.to_string())), "its claims are not"),
        (
            "another login",
            with("sid", json!(types::CredentialId::from_bytes([9; 16]).to_string())),
            "its claims are not",
        ),
        ("another key", with("cnf", json!({"jkt": b64([9; 32])})), "its claims are not"),
        ("no key at all", with("cnf", json!({})), "its claims are not"),
        ("a key of the wrong length", with("cnf", json!({"jkt": "AAAA"})), "its claims are not"),
        ("an unknown id", with("jti", json!("AAAAAAAAAAAAAAAAAAAAAA")), "has no more"),
        ("over this second", with("exp", json!(now)), "it is over"),
        ("over for long", with("exp", json!(1)), "it is over"),
        ("a negative end", with("exp", json!(-1)), "its claims are not"),
        ("an end that is no number", with("exp", json!("9999999999")), "its claims are not"),
        ("an end beyond all", with("exp", json!(u64::MAX)), "its claims are not"),
        ("a life of more than ten minutes", with("exp", json!(now + 601)), "its claims are not"),
        ("made in the future", with("iat", json!(now + 61)), "not valid yet"),
        ("not yet valid", with("nbf", json!(now + 61)), "not valid yet"),
        (
            "a claim twice",
            {
                let text = claims.to_string().replacen('{', "{\"aud\":\"https://coffee.localhost\",", 1);
                signer.sign(&signer.header().to_string(), &text)
            },
            "its claims are not",
        ),
        ("no object", signer.sign(&signer.header().to_string(), "[]"), "its claims are not"),
        ("nested deeply", signer.sign(&signer.header().to_string(), &"[".repeat(600)), "its claims are not"),
    ] {
        refused(&w, &holder, &token, why, what).await;
    }
    // The edges that are good.
    for token in [
        with("exp", json!(now + 1)),
        with("iat", json!(now + 60)),
        with("nbf", json!(now + 60)),
        with("more", json!({"a": [1]})),
    ] {
        assert_eq!(answer(&w, &holder, &token).await, Ok(()));
    }
    // One that the clock ends while it is cached.
    let short = with("exp", json!(now + 2));
    assert_eq!(answer(&w, &holder, &short).await, Ok(()));
    w.clock.forward_ms(2_000);
    refused(&w, &holder, &short, "expired", "it ended meanwhile").await;
    assert_eq!(answer(&w, &holder, &tokens.access).await, Ok(()));
}

#[tokio::test]
async fn a_token_of_an_app_counts_there_alone_and_needs_its_proof() {
    let (w, holder, tokens, _) = signed_in(Audience::App(app("coffee"))).await;
    let at = async |intent| w.ask(&holder.request(&w, &tokens.access), &intent).await.map_err(|e| e.reason);
    assert!(at(invoke("coffee")).await.is_ok());
    assert!(at(invoke("coffee")).await.is_ok(), "from the cache");
    for other in [invoke("tea"), control(Action::AppsList)] {
        let said = at(other).await.expect_err("another place");
        assert!(said.contains("another audience"), "{said}");
    }
    let alone = w.ask(&bearer(&tokens.access), &invoke("coffee")).await.expect_err("without a proof");
    assert!(alone.reason.contains("without a proof"), "{}", alone.reason);
    let thief = w.ask(&Holder::new().request(&w, &tokens.access), &invoke("coffee")).await.expect_err("another key");
    assert!(thief.reason.contains("another key"), "{}", thief.reason);
    // A platform's token at an app, the other way round.
    let next = w
        .room
        .refresh_login(tokens.refresh, holder.key(&w), holder.wanted(Audience::Platform))
        .await
        .expect("refreshed");
    let said = w.ask(&holder.request(&w, &next.access), &invoke("coffee")).await.expect_err("the platform's");
    assert!(said.reason.contains("another audience"), "{}", said.reason);
    refused(&w, &holder, &tokens.access, "has no more", "the former one ended with the refresh").await;
}

#[tokio::test]
async fn keys_change_and_what_a_key_signed_ends_with_it() {
    let (w, holder, tokens, claims) = signed_in(Audience::Platform).await;
    let first = w.mint.signer();
    assert_eq!(answer(&w, &holder, &tokens.access).await, Ok(()));
    // Another takes over: what the first one signed still counts, until its time is over, whether or not anybody asked again.
    w.room.rotate_keys(false).await.expect("rotated");
    assert_eq!(answer(&w, &holder, &tokens.access).await, Ok(()));
    let fresh = |jti: &str| {
        let mut changed = claims.clone();
        changed["x"] = json!(jti);
        first.sign(&first.header().to_string(), &changed.to_string())
    };
    assert_eq!(answer(&w, &holder, &fresh("1")).await, Ok(()));
    let (key, now) = (first.public.clone(), w.clock.now());
    let left_ms = key.gone_at.0 - now.0;
    w.clock.forward_ms(left_ms - 1);
    refused(&w, &holder, &fresh("2"), "it is over", "the key is known still").await;
    w.clock.forward_ms(1);
    refused(&w, &holder, &fresh("3"), "names no key", "the key is gone").await;
    assert!(w.room.token_keys().iter().all(|known| known.id != key.id), "nor is it published");

    // A key that the keeper took into use by itself is learnt with its first token.
    let (w, holder, tokens, _) = signed_in(Audience::Platform).await;
    w.mint.rotate(false).await.expect("another key");
    let next = w
        .room
        .refresh_login(tokens.refresh, holder.key(&w), holder.wanted(Audience::Platform))
        .await
        .expect("refreshed");
    assert_eq!(answer(&w, &holder, &next.access).await, Ok(()));
}

#[tokio::test]
async fn an_emergency_ends_everything_at_once() {
    let (w, holder, tokens, claims) = signed_in(Audience::Platform).await;
    let stolen = w.mint.signer();
    let eve = w.person("Eve", false).await;
    let other = Holder::new().login_for(&w, eve.id, Audience::Platform).await;
    assert_eq!(answer(&w, &holder, &tokens.access).await, Ok(()));
    let (keys, ended) = w.room.rotate_keys(true).await.expect("rotated");
    assert_eq!((keys.len(), ended.credentials), (1, 2));
    assert!(ended.sessions >= 2, "{ended:?}");
    assert!(w.ask_now(&holder.request(&w, &tokens.access), &control(Action::AppsList)).is_none(), "no cache knows it");
    refused(&w, &holder, &tokens.access, "names no key", "it was signed with a key that is gone").await;
    let mut forged = claims.clone();
    forged["exp"] = json!(w.clock.now().0 / 1_000 + 599);
    let forged = stolen.sign(&stolen.header().to_string(), &forged.to_string());
    refused(&w, &holder, &forged, "names no key", "whoever has the key has nothing").await;
    for refresh in [tokens.refresh, other.refresh] {
        assert!(w.room.refresh_login(refresh, holder.key(&w), holder.wanted(Audience::Platform)).await.is_err());
    }
    // Claims that the new key signed, of a login that has ended.
    let now = w.mint.signer();
    refused(&w, &holder, &now.sign(&now.header().to_string(), &claims.to_string()), "revoked", "the login ended, too")
        .await;
}

#[tokio::test]
async fn a_keeper_that_does_not_sign_costs_nobody_their_login() {
    let (w, holder, tokens, _) = signed_in(Audience::Platform).await;
    w.mint.gone.store(true, std::sync::atomic::Ordering::SeqCst);
    let asked = w.room.refresh_login(tokens.refresh.clone(), holder.key(&w), holder.wanted(Audience::Platform)).await;
    assert!(matches!(asked, Err(gateway::RefreshFailure::Unsigned(_))), "{asked:?}");
    assert_eq!(answer(&w, &holder, &tokens.access).await, Ok(()), "nothing was used up");
    w.mint.gone.store(false, std::sync::atomic::Ordering::SeqCst);
    let next = w
        .room
        .refresh_login(tokens.refresh, holder.key(&w), holder.wanted(Audience::Platform))
        .await
        .expect("refreshed");
    assert_eq!(answer(&w, &holder, &next.access).await, Ok(()));
}

#[tokio::test]
async fn what_is_too_long_or_has_no_shape_costs_nothing() {
    let (w, holder, tokens, _) = signed_in(Audience::Platform).await;
    let long = format!("{}A", "A".repeat(2_048));
    for bad in ["..", "a.b", "a.b.c.d", ".b.c", "a..c", "a.b.", "a.b.c=", "a.b.c/", &long, &format!("a.b.{long}")] {
        let asked = w.ask_now(&request(bad), &control(Action::AppsList));
        let said = asked.expect("known at once").expect_err(bad).reason;
        assert!(said.contains("not a token of this platform"), "{bad}: {said}");
    }
    // Every flipped character of a good one.
    let text = tokens.access.reveal();
    for at in (0..text.len()).step_by(7) {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = Secret::new(String::from_utf8(bytes).expect("text"));
        if !same_bits(text, changed.reveal()) {
            assert!(answer(&w, &holder, &changed).await.is_err(), "character {at}");
        }
    }
}

/// The last character of a part has bits that mean nothing.
fn same_bits(one: &str, other: &str) -> bool {
    one.split('.').zip(other.split('.')).all(|(a, b)| a[..a.len() - 1] == b[..b.len() - 1])
}

fn request(token: &str) -> Admitted {
    crate::world::request(crate::world::wire(), &[&format!("DPoP {token}")])
}
