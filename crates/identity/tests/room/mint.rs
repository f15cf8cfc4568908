//! What the keeper does for identity, with keys that a test can use for what the keeper would never sign.
use std::sync::{Arc, Mutex};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD;
use gateway::{Fut, NewToken, SignedToken, TokenKey, TokenKeyState, TokenPort};
use serde_json::{Value, json};
use types::{Clock, Secret, UnixMillis};

use crate::world::Hands;

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

/// A key that signs tokens.
pub(crate) struct Signer {
    pair: EcdsaKeyPair,
    pub(crate) public: TokenKey,
}

impl Signer {
    pub(crate) fn new(now: UnixMillis) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let point = pair.public_key().as_ref();
        let half = |at: usize| <[u8; 32]>::try_from(&point[at..at + 32]).expect("32 bytes");
        let (x, y) = (half(1), half(33));
        let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, b64(x), b64(y));
        let id = b64(digest(&SHA256, text.as_bytes())).into();
        let until = now.plus_seconds(30 * 86_400);
        let (state, gone_at) = (TokenKeyState::Active, until.plus_seconds(660));
        Self { public: TokenKey { id, x, y, state, made_at: now, signs_from: now, signs_until: until, gone_at }, pair }
    }

    /// This key under another's name.
    pub(crate) fn posing_as(mut self, other: &Self) -> Self {
        self.public.id = other.public.id.clone();
        self
    }

    pub(crate) fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "ES256", "kid": *self.public.id})
    }

    /// Any header and claims, signed.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> Secret {
        let text = format!("{}.{}", b64(header), b64(claims));
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).expect("a signature");
        Secret::new(format!("{text}.{}", b64(signature)))
    }

    /// With the public key as the secret of an HMAC.
    pub(crate) fn confused(&self, claims: &Value) -> Secret {
        let mut header = self.header();
        header["alg"] = json!("HS256");
        let text = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.pair.public_key().as_ref());
        Secret::new(format!("{text}.{}", b64(hmac::sign(&key, text.as_bytes()))))
    }
}

/// The keeper.
pub(crate) struct Mint {
    clock: Arc<Hands>,
    pub(crate) keys: Mutex<Vec<Arc<Signer>>>,
    /// Whether it answers.
    pub(crate) gone: std::sync::atomic::AtomicBool,
}

/// What a token says.
pub(crate) fn claims(token: &NewToken, now: UnixMillis) -> Value {
    let iat = now.0 / 1_000;
    json!({
        "iss": token.issuer, "aud": token.audience, "sub": token.person.to_string(), "client_id": token.client,
        "sid": token.login.to_string(), "jti": token.id, "iat": iat, "exp": iat + token.life_s,
        "auth_time": token.authenticated_at.0 / 1_000, "acr": token.assurance.acr(),
        "cnf": {"jkt": b64(token.key.as_bytes())},
    })
}

impl Mint {
    pub(crate) fn new(clock: Arc<Hands>) -> Self {
        let first = Arc::new(Signer::new(clock.now()));
        Self { clock, keys: Mutex::new(vec![first]), gone: false.into() }
    }

    /// The key that signs.
    pub(crate) fn signer(&self) -> Arc<Signer> {
        self.keys.lock().expect("no panic").last().expect("a key").clone()
    }

    fn list(&self) -> Vec<TokenKey> {
        self.keys.lock().expect("no panic").iter().map(|key| key.public.clone()).collect()
    }
}

impl TokenPort for Mint {
    fn sign(&self, token: NewToken) -> Fut<'_, Result<SignedToken, String>> {
        let signer = self.signer();
        let text = signer.sign(&signer.header().to_string(), &claims(&token, self.clock.now()).to_string());
        let gone = self.gone.load(std::sync::atomic::Ordering::SeqCst);
        let signed = if gone {
            Err("the keeper is gone".to_owned())
        } else {
            Ok(SignedToken { text, key: signer.public.id.clone() })
        };
        Box::pin(async move { signed })
    }

    fn keys(&self) -> Fut<'_, Result<Vec<TokenKey>, String>> {
        Box::pin(async move { Ok(self.list()) })
    }

    fn rotate(&self, emergency: bool) -> Fut<'_, Result<Vec<TokenKey>, String>> {
        let mut keys = self.keys.lock().expect("no panic");
        if emergency {
            keys.clear();
        }
        keys.push(Arc::new(Signer::new(self.clock.now())));
        drop(keys);
        self.keys()
    }
}
