//! The two ceremonies of WebAuthn: a browser is asked to make a passkey, or to show one. The library makes the questions and
//! judges the answers (W3C Web Authentication Level 3, sections 7.1 and 7.2); here is what becomes of its memory in between.
//!
//! The memory of an open ceremony goes to the browser, sealed, and comes back with the answer: however many strangers open the
//! sign-in page, nothing is kept for them. SECURITY: sealed by the keeper, for one purpose and one place, for ten minutes; and a
//! ceremony that succeeded is remembered until its time is over, so that its answer opens nothing twice.
//! If this is wrong: whoever once saw an answer signs in with it again.
use data_encoding::BASE64URL_NOPAD;
use gateway::{Names, SealedFor, VaultError};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use types::{PrincipalId, UnixMillis};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use crate::{service::Shared, trip::ATTEMPT_S, used::Used};

/// Why a ceremony came to nothing.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The keeper did not answer.
    Vault(VaultError),
    /// It is not one of ours, is for another place, is over, or was used.
    Over(&'static str),
    /// The browser's answer is not the JSON of a credential.
    Malformed,
    /// The library does not accept the answer.
    Refused(WebauthnError),
}

impl Failed {
    /// For the log.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Vault(error) => error.to_string(),
            Self::Over(reason) => (*reason).to_owned(),
            Self::Malformed => "the answer is no credential".to_owned(),
            Self::Refused(error) => error.to_string(),
        }
    }
}

/// One that was asked for.
#[derive(Serialize, Deserialize)]
struct Open<T> {
    /// Whose passkey is made; nobody's where one is shown.
    person: Option<PrincipalId>,
    at: UnixMillis,
    state: T,
}

/// The relying party: the sign-in origin and no other.
pub(crate) struct Ceremonies {
    library: Webauthn,
    /// What was made before this process has no memory of whether it was used.
    began: UnixMillis,
    used: Used,
}

/// What goes to the browser.
#[derive(Serialize)]
pub(crate) struct Question {
    #[serde(rename = "publicKey")]
    options: Value,
    /// Comes back with the form.
    ceremony: String,
}

impl Ceremonies {
    /// `None` where there can be no passkeys: the sign-in origin has no name but an address.
    pub(crate) fn new(names: &Names, now: UnixMillis) -> Option<Self> {
        let origin = Url::parse(&names.id_url()).ok()?;
        let built = WebauthnBuilder::new(&names.id, &origin).and_then(|builder| builder.rp_name("Serviceful").build());
        let library = built.inspect_err(|e| tracing::warn!("passkeys are off: `{}`: {e}", names.id)).ok()?;
        Some(Self { library, began: now, used: Used::new() })
    }

    async fn take<T: DeserializeOwned>(
        &self,
        shared: &Shared,
        place: &str,
        ceremony: &str,
        now: UnixMillis,
    ) -> Result<Open<T>, Failed> {
        let opened = shared.unseal::<Open<T>>(SealedFor::HalfWay, &context(place), ceremony).await;
        let open = opened.map_err(Failed::Vault)?.ok_or(Failed::Over("the ceremony is not one of ours"))?;
        if now < open.at || now >= open.at.plus_seconds(ATTEMPT_S) || open.at < self.began {
            return Err(Failed::Over("the ceremony took too long"));
        }
        Ok(open)
    }

    /// Asks for a passkey to be made. `place` is what must be the same when it comes back.
    pub(crate) async fn ask_to_make(
        &self,
        shared: &Shared,
        place: &str,
        whose: &Whose<'_>,
        now: UnixMillis,
    ) -> Result<Question, Failed> {
        let known = whose.known.iter().map(|passkey| passkey.cred_id().clone()).collect();
        let id = Uuid::from_bytes(*whose.person.as_bytes());
        let started = self.library.start_passkey_registration(id, whose.email, whose.name, Some(known));
        let (asked, state) = started.map_err(Failed::Refused)?;
        let open = Open { person: Some(whose.person), at: now, state };
        let ceremony = shared.seal(SealedFor::HalfWay, &context(place), &open).await.map_err(Failed::Vault)?;
        Ok(Question { options: to_be_found(json(&asked.public_key)?), ceremony })
    }

    /// The passkey that was made, and whose it is.
    pub(crate) async fn made(
        &self,
        shared: &Shared,
        place: &str,
        ceremony: &str,
        answer: &str,
        now: UnixMillis,
    ) -> Result<(PrincipalId, Passkey), Failed> {
        let open: Open<PasskeyRegistration> = self.take(shared, place, ceremony, now).await?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| Failed::Malformed)?;
        let passkey = self.library.finish_passkey_registration(&answer, &open.state).map_err(Failed::Refused)?;
        let person = open.person.ok_or(Failed::Over("the ceremony makes nobody's passkey"))?;
        if self.used.take(ceremony) { Ok((person, passkey)) } else { Err(Failed::Over("the ceremony was used before")) }
    }

    /// Asks for a passkey to be shown: any, or one of `known`.
    pub(crate) async fn ask_to_show(
        &self,
        shared: &Shared,
        place: &str,
        known: &[&Passkey],
        now: UnixMillis,
    ) -> Result<Question, Failed> {
        let (asked, state) = self.library.start_discoverable_authentication().map_err(Failed::Refused)?;
        let mut options = json(&asked.public_key)?;
        let named = |passkey: &&Passkey| json!({"type": "public-key", "id": BASE64URL_NOPAD.encode(passkey.cred_id())});
        if let Some(options) = options.as_object_mut() {
            options.insert("allowCredentials".to_owned(), known.iter().map(named).collect());
        }
        let open = Open { person: None, at: now, state };
        let ceremony = shared.seal(SealedFor::HalfWay, &context(place), &open).await.map_err(Failed::Vault)?;
        Ok(Question { options, ceremony })
    }

    /// Judges a passkey that was shown.
    pub(crate) async fn shown(
        &self,
        shared: &Shared,
        place: &str,
        ceremony: &str,
        answer: &PublicKeyCredential,
        passkey: &Passkey,
        now: UnixMillis,
    ) -> Result<AuthenticationResult, Failed> {
        let open: Open<DiscoverableAuthentication> = self.take(shared, place, ceremony, now).await?;
        let key = DiscoverableKey::from(passkey);
        let judged = self.library.finish_discoverable_authentication_v2(answer, open.state, &key);
        let result = judged.map_err(Failed::Refused)?;
        if self.used.take(ceremony) { Ok(result) } else { Err(Failed::Over("the ceremony was used before")) }
    }

    /// Whose passkey the browser says it shows; not yet believed.
    pub(crate) fn says(&self, answer: &PublicKeyCredential) -> Option<PrincipalId> {
        let (id, _) = self.library.identify_discoverable_authentication(answer).ok()?;
        Some(PrincipalId::from_bytes(id.into_bytes()))
    }
}

/// Whose passkey is to be made.
pub(crate) struct Whose<'a> {
    pub(crate) person: PrincipalId,
    /// Shown by the device when it lists passkeys.
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
    /// Those that they have: a device with one of them makes no other.
    pub(crate) known: Vec<&'a Passkey>,
}

fn context(place: &str) -> String {
    format!("passkey/{place}")
}

/// People sign in without saying who they are first, so that nobody learns who has an account; the passkey has to say it.
fn to_be_found(mut options: Value) -> Value {
    if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
        selection.insert("residentKey".to_owned(), "required".into());
        selection.insert("requireResidentKey".to_owned(), true.into());
    }
    options
}

fn json<T: Serialize>(options: &T) -> Result<Value, Failed> {
    serde_json::to_value(options).map_err(|_| Failed::Malformed)
}
