//! The first owner, by the link that the platform printed. Its code stands behind `#`, which no server and no log sees; the page
//! takes it into its form.
use std::sync::Arc;

use gateway::{SecurityClass, VaultError};
use pages::{Choice, Claim, Fault, Faults, PasswordRules, Shown};
use store::{Account, Principal, PrincipalKind, StoreError};
use subtle::ConstantTimeEq as _;
use types::{Assurance, Code, PrincipalId, Secret, email_address};

use crate::{
    answer::{Answer, frame, refuse, show},
    ask::Ask,
    finish::{self, Proof},
    secret,
    service::{Shared, store},
};

/// The first credential: a password.
pub(crate) fn choice() -> Option<Choice> {
    Some(Choice { passkeys: false, passwords: Some(PasswordRules::default()) })
}

fn view(ask: &Ask, faults: Faults) -> Claim {
    Claim {
        hidden: ask.hidden(),
        secret: ask.form.get("secret").chars().take(200).collect(),
        name: ask.form.get("name").into(),
        email: ask.form.get("email").into(),
        choice: choice(),
        faults,
    }
}

pub(crate) fn page(shared: &Shared, ask: &Ask) -> Answer {
    show(shared, ask, view(ask, Faults::none()).render(&frame(shared, ask)))
}

/// A name that is shown as it was typed: whatever would be taken out of it on a page, a name must not have.
pub(crate) fn name(typed: &str) -> Result<Arc<str>, Fault> {
    const CHARACTERS_MAX: u16 = 80;
    let typed = typed.trim();
    if typed.chars().count() > usize::from(CHARACTERS_MAX) {
        return Err(Fault::NameTooLong(CHARACTERS_MAX));
    }
    let shown = Shown::from(typed);
    if shown.is_empty() || shown.as_str() != typed { Err(Fault::NameMissing) } else { Ok(typed.into()) }
}

/// The hash of a new password, or what is wrong with it.
pub(crate) async fn new_password(shared: &Shared, typed: &str) -> Result<Result<Arc<str>, Fault>, VaultError> {
    let characters = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    if typed.is_empty() {
        return Ok(Err(Fault::PasswordTooShort(PasswordRules::default().characters_min)));
    }
    match shared.ports.vault.hash(Secret::new(typed.to_owned())).await {
        Ok(hash) => Ok(Ok(hash)),
        Err(VaultError::TooShort { chars_min }) => Ok(Err(Fault::PasswordTooShort(characters(chars_min)))),
        Err(VaultError::TooLong { chars_max }) => Ok(Err(Fault::PasswordTooLong(characters(chars_max)))),
        Err(other) => Err(other),
    }
}

/// A new person with this account.
pub(crate) fn newcomer(
    shared: &Shared,
    ask: &Ask,
    owner: bool,
    name: Arc<str>,
    email: Arc<str>,
    hash: Arc<str>,
) -> (Principal, Account) {
    let id = PrincipalId::fresh(ask.now, &*shared.ports.rng);
    let kind = PrincipalKind::Person { owner };
    let person = Principal { id, kind, name, disabled: false, created_at: ask.now, version: 1 };
    let account = Account {
        person: id,
        email,
        // Nothing was sent there yet.
        email_verified: false,
        password: Some(hash),
        password_at: Some(ask.now),
        totp: None,
        passkeys: "[]".into(),
    };
    (person, account)
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let again = |faults: Vec<Fault>, code: Code, reason: &str| {
        let page = view(ask, Faults(faults)).render(&frame(shared, ask));
        refuse(shared, ask, code, format!("claim: {reason}"), page)
    };
    let wrong =
        |reason: &str| again(vec![Fault::ClaimWrong], Code::ID_SIGN_IN, reason).security(SecurityClass::Credential);
    // The code first: whoever has none learns nothing about forms, and has nothing hashed.
    let code_hash = secret::hash(ask.form.get("secret").trim().as_bytes());
    match shared.ports.store.claim().await.map_err(store)? {
        None => return Err(wrong("none is open")),
        Some(open) if !bool::from(open.code_hash.as_bytes().ct_eq(code_hash.as_bytes())) => {
            return Err(wrong("it is not the open one"));
        }
        Some(open) if ask.now >= open.expires_at => return Err(wrong("it is over")),
        Some(_) => {}
    }
    let (name, email) = (name(ask.form.get("name")), email_address(ask.form.get("email")));
    let email = email.ok_or(Fault::EmailMalformed);
    let hash = new_password(shared, ask.form.get("new_password")).await.map_err(|e| shared.vault(ask, e))?;
    let (name, email, hash) = match (name, email, hash) {
        (Ok(name), Ok(email), Ok(hash)) => (name, email, hash),
        (name, email, hash) => {
            let faults = [name.err(), email.err(), hash.err()].into_iter().flatten().collect();
            return Err(again(faults, Code::ID_FORM, "the form is not complete"));
        }
    };
    let (owner, account) = newcomer(shared, ask, true, name, email, hash);
    match shared.ports.store.claim_account(code_hash, ask.now, owner.clone(), account).await {
        Ok(true) => {}
        Ok(false) => return Err(wrong("it was used or replaced just now")),
        // Only somebody with the claim learns that: they are about to own the directory.
        Err(StoreError::Conflict { .. }) => {
            return Err(again(vec![Fault::EmailNotAccepted], Code::ID_FORM, "the address has an account"));
        }
        Err(error) => return Err(store(error)),
    }
    // The claim is used up: whatever goes wrong now, its holder must get in.
    if let Err(refusal) = shared.ports.membership.adopt(owner.id).await {
        tracing::error!("apps without members could not be given to the new owner: {}", refusal.reason);
    }
    let by = "the claim and a new password";
    let proof = Proof { person: &owner, assurance: Assurance::SingleFactor, at: ask.now, by };
    finish::signed_in(shared, ask, proof, &[]).await
}
