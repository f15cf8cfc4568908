//! How somebody new gets in for the first time, by the claim or by an invitation: with a passkey, or with a password.
use std::sync::Arc;

use gateway::{Refusal, SecurityClass};
use pages::{Choice, Fault, Faults, PasswordRules, RecoveryCodes, Shown, fields};
use store::{Account, OpenedBy, Principal, PrincipalKind};
use subtle::ConstantTimeEq as _;
use types::{Assurance, Code, Digest, PrincipalId, email_address};

use crate::{
    answer::{Answer, document, frame, noted, with_cookies},
    ask::Ask,
    ceremony::Failed,
    device,
    finish::{self, Proof},
    keys::{self, Key},
    new_password::{self, About},
    passkey, secret,
    service::{Shared, store},
};

/// Recovery codes that somebody gets at once.
const CODES: usize = 10;

/// What pages offer as the first credential.
pub(crate) fn choice(shared: &Shared) -> Choice {
    Choice { passkeys: shared.ceremonies.is_some(), passwords: Some(PasswordRules::default()) }
}

/// Where the ceremony of a newcomer counts: for the holder of one code.
pub(crate) fn place(code_hash: &Digest) -> String {
    format!("new/{code_hash}")
}

/// A name that is shown as it was typed: whatever would be taken out of it on a page, a name must not have.
pub(crate) fn name(typed: &str) -> Result<Arc<str>, Fault> {
    const CHARACTERS_MAX: u16 = 80;
    let typed = typed.trim();
    if typed.chars().count() > usize::from(CHARACTERS_MAX) {
        return Err(Fault::NameTooLong(CHARACTERS_MAX));
    }
    let shown = Shown::from(typed);
    if shown.is_empty() {
        return Err(Fault::NameMissing);
    }
    if shown.as_str() != typed { Err(Fault::NameUnfit) } else { Ok(typed.into()) }
}

/// What is wrong with the form of somebody new. Whose form was not complete was not asked for a passkey, so that none came is no
/// news.
pub(crate) fn faults(all: impl IntoIterator<Item = Option<Fault>>) -> Faults {
    let mut faults: Vec<Fault> = all.into_iter().flatten().collect();
    if faults.len() > 1 {
        faults.retain(|fault| *fault != Fault::PasskeyFailed);
    }
    Faults(faults)
}

/// Somebody who asks for a passkey before they have an account.
pub(crate) struct Wanted {
    pub(crate) person: PrincipalId,
    pub(crate) place: String,
    pub(crate) email: Arc<str>,
    pub(crate) name: Arc<str>,
}

impl Wanted {
    /// Whoever holds an open claim or invitation, and filled the form in. Nobody else is asked for a passkey.
    pub(crate) async fn of(shared: &Shared, ask: &Ask) -> Result<Self, Refusal> {
        let no = |code, reason: &str| Refusal::new(code, format!("options for a new passkey: {reason}"));
        let hash = secret::hash(ask.form.get(fields::SECRET).trim().as_bytes());
        let claim = shared.ports.store.claim().await.map_err(store)?;
        let claim = claim.filter(|open| bool::from(open.code_hash.as_bytes().ct_eq(hash.as_bytes())));
        let email = match claim {
            Some(open) if ask.now < open.expires_at => {
                let typed = email_address(ask.form.get(fields::EMAIL));
                typed.ok_or_else(|| no(Code::ID_FORM, "no address"))?
            }
            _ => {
                let found = shared.ports.store.invitation(hash).await.map_err(store)?;
                let found = found.filter(|found| ask.now < found.expires_at);
                let gone = || no(Code::ID_SIGN_IN, "no claim and no invitation").security(SecurityClass::Credential);
                found.ok_or_else(gone)?.email
            }
        };
        let name = name(ask.form.get(fields::NAME)).map_err(|_| no(Code::ID_FORM, "no name"))?;
        let person = PrincipalId::fresh(ask.now, &*shared.ports.rng);
        Ok(Self { person, place: place(&hash), email, name })
    }
}

/// The first credential of somebody.
pub(crate) enum First {
    Password { person: PrincipalId, hash: Arc<str> },
    Passkey { person: PrincipalId, key: Box<Key> },
}

impl First {
    /// Reads it from the form, or says what is wrong with it.
    pub(crate) async fn of(
        shared: &Shared,
        ask: &Ask,
        code_hash: &Digest,
        about: About<'_>,
    ) -> Result<Result<Self, Fault>, Refusal> {
        let answer = ask.form.get(fields::CREDENTIAL);
        if answer.is_empty() {
            let hash = new_password::hash(shared, ask, ask.form.get(fields::NEW_PASSWORD), about).await;
            let person = PrincipalId::fresh(ask.now, &*shared.ports.rng);
            return Ok(hash.map_err(|e| shared.vault(ask, e))?.map(|hash| Self::Password { person, hash }));
        }
        let ceremony = ask.form.get(fields::CEREMONY);
        let made = passkey::ceremonies(shared)?.made(shared, &place(code_hash), ceremony, answer, ask.now).await;
        match made {
            Ok((person, passkey)) => {
                let label = device::name(&ask.headers).to_string();
                let key = Key::new(passkey, label, ask.now, &*shared.ports.rng);
                Ok(Ok(Self::Passkey { person, key: Box::new(key) }))
            }
            Err(Failed::Vault(error)) => Err(shared.vault(ask, error)),
            Err(failed) => {
                tracing::info!(request = %ask.cx.request, "a passkey was not made: {}", failed.reason());
                Ok(Err(passkey::fault(&failed)))
            }
        }
    }

    /// A new person with this account; of the address, whether it is known that they read mail there.
    pub(crate) fn account(
        &self,
        ask: &Ask,
        owner: bool,
        name: Arc<str>,
        email: (Arc<str>, bool),
    ) -> Result<(Principal, Account), Refusal> {
        let (id, password, passkeys) = match self {
            Self::Password { person, hash } => (*person, Some(hash.clone()), "[]".to_owned()),
            Self::Passkey { person, key } => (*person, None, keys::json(std::slice::from_ref(key))?),
        };
        let kind = PrincipalKind::Person { owner };
        let person = Principal { id, kind, name, disabled: false, created_at: ask.now, version: 1 };
        let account = Account {
            person: id,
            email: email.0,
            email_verified: email.1,
            password_at: password.as_ref().map(|_| ask.now),
            password,
            totp: None,
            passkeys: passkeys.into(),
        };
        Ok((person, account))
    }

    /// Opens their first session. Whoever has nothing but a passkey is shown recovery codes: devices get lost.
    pub(crate) async fn welcome(&self, shared: &Shared, ask: &Ask, person: &Principal, by: &'static str) -> Answer {
        let assurance = match self {
            Self::Password { .. } => Assurance::SingleFactor,
            Self::Passkey { .. } => Assurance::PhishingResistant,
        };
        let proof = Proof { person, assurance, at: ask.now, by, with: OpenedBy::Other };
        if matches!(self, Self::Password { .. }) {
            return finish::signed_in(shared, ask, proof, &[]).await;
        }
        let (codes, hashes) = codes(shared);
        if !shared.ports.store.set_recovery_codes(person.id, hashes).await.map_err(store)? {
            return Err(Refusal::internal(format!("{} is gone already", person.id)));
        }
        let (session, cookies) = finish::open(shared, ask, &proof, &[]).await?;
        let page = show_codes(shared, ask, person.id, codes, false).await?;
        noted(
            &with_cookies(page, cookies)?,
            format!("{} signed in with {by} and a passkey, session {}", person.id, session.id),
        )
    }
}

/// Ten fresh recovery codes, and what is stored of them.
pub(crate) fn codes(shared: &Shared) -> (Vec<String>, Vec<Digest>) {
    let codes: Vec<String> = (0..CODES).map(|_| secret::recovery_code(&*shared.ports.rng)).collect();
    let hashes = codes.iter().filter_map(|code| secret::recovery_hash(code)).collect();
    (codes, hashes)
}

/// The page that shows them, this once.
pub(crate) async fn show_codes(
    shared: &Shared,
    ask: &Ask,
    person: PrincipalId,
    codes: Vec<String>,
    replaced: bool,
) -> Result<gateway::Document, Refusal> {
    let account = shared.ports.store.account(person).await.map_err(store)?;
    let email = account.map_or_else(Shown::default, |account| (&*account.email).into());
    let view = RecoveryCodes { hidden: ask.hidden(), codes, email, replaced, ..RecoveryCodes::default() };
    Ok(document(shared, ask, view.render(&frame(shared, ask))))
}
