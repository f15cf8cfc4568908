//! How somebody new gets in for the first time, by the claim or by an invitation: with a passkey, or with a password.
use std::sync::Arc;

use gateway::{Refusal, SealedFor, SecurityClass};
use pages::{Choice, Fault, Faults, PasswordRules, RecoveryCodes, Shown, fields};
use serde::{Deserialize, Serialize};
use store::{Account, OpenedBy, Principal, PrincipalKind};
use subtle::ConstantTimeEq as _;
use types::{Assurance, Code, Digest, PrincipalId, UnixMillis, email_address};

use crate::{
    answer::{Answer, attempt_over, document, frame, noted, refuse, with_cookies},
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
    let typed = typed.trim();
    if typed.chars().count() > usize::from(fields::NAME_CHARACTERS_MAX) {
        return Err(Fault::NameTooLong(fields::NAME_CHARACTERS_MAX));
    }
    if typed.is_empty() {
        return Err(Fault::NameMissing);
    }
    if Shown::from(typed).as_str() != typed { Err(Fault::NameUnfit) } else { Ok(typed.into()) }
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
        with_codes(shared, ask, &proof).await
    }
}

/// Opens a session for somebody with a passkey, and shows them recovery codes.
pub(crate) async fn with_codes(shared: &Shared, ask: &Ask, proof: &Proof<'_>) -> Answer {
    let person = proof.person.id;
    let (codes, hashes) = codes(shared);
    if !shared.ports.store.set_recovery_codes(person, hashes).await.map_err(store)? {
        return Err(Refusal::internal(format!("{person} is gone already")));
    }
    let (session, cookies) = finish::open(shared, ask, proof, &[]).await?;
    let page = show_codes(shared, ask, person, codes, false).await?;
    let note = format!("{person} signed in with a passkey ({}), session {}; ten recovery codes", proof.by, session.id);
    noted(&with_cookies(page, cookies)?, note)
}

/// Ten fresh recovery codes, and what is stored of them.
pub(crate) fn codes(shared: &Shared) -> (Vec<String>, Vec<Digest>) {
    let codes: Vec<String> = (0..CODES).map(|_| secret::recovery_code(&*shared.ports.rng)).collect();
    let hashes = codes.iter().filter_map(|code| secret::recovery_hash(code)).collect();
    (codes, hashes)
}

/// Codes on a page that was not left yet.
#[derive(Serialize, Deserialize)]
struct OnPage {
    codes: Vec<String>,
    replaced: bool,
    at: UnixMillis,
}

/// How long such a page can be sent back and shown again.
const ON_PAGE_S: u64 = 900;

fn context(person: PrincipalId) -> String {
    format!("codes/{person}")
}

/// The page that shows them, this once.
pub(crate) async fn show_codes(
    shared: &Shared,
    ask: &Ask,
    person: PrincipalId,
    codes: Vec<String>,
    replaced: bool,
) -> Result<gateway::Document, Refusal> {
    let on_page = OnPage { codes, replaced, at: ask.now };
    let sealed = shared.seal(SealedFor::HalfWay, &context(person), &on_page).await;
    let page = codes_page(shared, ask, person, on_page, sealed.map_err(|e| shared.vault(ask, e))?, Faults::none());
    Ok(document(shared, ask, page.await?))
}

async fn codes_page(
    shared: &Shared,
    ask: &Ask,
    person: PrincipalId,
    on_page: OnPage,
    carried: String,
    faults: Faults,
) -> Result<pages::Page, Refusal> {
    let account = shared.ports.store.account(person).await.map_err(store)?;
    let email = account.map_or_else(Shown::default, |account| (&*account.email).into());
    let OnPage { codes, replaced, at: _ } = on_page;
    Ok(RecoveryCodes { hidden: ask.hidden(), codes, email, replaced, carried, faults }.render(&frame(shared, ask)))
}

/// Whoever goes on says that they put the codes away. Who does not is shown them again: they are kept nowhere else in clear.
pub(crate) async fn put_away(shared: &Shared, ask: &Ask, person: PrincipalId) -> Result<(), Refusal> {
    if ask.form.get(fields::SAVED) == "on" {
        return Ok(());
    }
    let carried = ask.form.get(fields::CARRIED);
    let opened = shared.unseal::<OnPage>(SealedFor::HalfWay, &context(person), carried).await;
    let opened = opened.map_err(|e| shared.vault(ask, e))?;
    let lately = |page: &OnPage| ask.now >= page.at && ask.now < page.at.plus_seconds(ON_PAGE_S);
    let Some(on_page) = opened.filter(lately) else {
        return Err(attempt_over(shared, ask, format!("the page with the recovery codes of {person} is too old")));
    };
    let page = codes_page(shared, ask, person, on_page, carried.to_owned(), Fault::NotSaved.into()).await?;
    Err(refuse(shared, ask, Code::ID_FORM, format!("{person} did not say that they put their codes away"), page))
}
