//! Signing in with a passkey: no name, no password, no code. The device says whose it is, and proves it.
//! If this is wrong: a passkey of one person, one origin or one moment opens the account of another.
use gateway::{Refusal, Reply, SecurityClass};
use pages::{Fault, fields};
use store::{Account, OpenedBy, Principal};
use types::{Assurance, Code};
use webauthn_rs::prelude::{PublicKeyCredential, WebauthnError};

use crate::{
    answer::{self, Answer, frame, refuse},
    ask::Ask,
    ceremony::{Ceremonies, Failed, Question, Whose},
    finish::{self, Proof},
    first, keys, newcomer, recent,
    service::{Shared, store},
};

/// Where a passkey is shown to sign in.
const SIGN_IN: &str = "sign-in";

/// The ceremonies, where there are any.
pub(crate) fn ceremonies(shared: &Shared) -> Result<&Ceremonies, Refusal> {
    shared.ceremonies.as_ref().ok_or_else(|| Refusal::new(Code::POL_NO_ROUTE, "there are no passkeys here"))
}

/// Why there are no options: ours, or theirs. The script then sends the form as it is, and the page says why.
pub(crate) fn no_options(shared: &Shared, ask: &Ask, failed: Failed) -> Refusal {
    match failed {
        Failed::Vault(error) => shared.vault(ask, error),
        other => Refusal::internal(format!("options of a passkey: {}", other.reason())),
    }
}

/// The options, for the script.
pub(crate) fn options(question: &Question) -> Answer {
    let text = serde_json::to_string(question).map_err(|e| Refusal::internal(e.to_string()))?;
    Ok(Reply::from(answer::json(text)))
}

/// What is said of a passkey that did not do.
pub(crate) const fn fault(failed: &Failed) -> Fault {
    match failed {
        Failed::Refused(WebauthnError::UserNotVerified) => Fault::PasskeyUnverified,
        _ => Fault::PasskeyFailed,
    }
}

pub(crate) async fn sign_in_options(shared: &Shared, ask: &Ask) -> Answer {
    let asked = ceremonies(shared)?.ask_to_show(shared, SIGN_IN, &[], ask.now).await;
    options(&asked.map_err(|e| no_options(shared, ask, e))?)
}

/// The account and person that the browser's answer names, if the passkey is one of theirs.
async fn named(
    shared: &Shared,
    answer: &PublicKeyCredential,
) -> Result<Option<(Account, Principal, keys::Key)>, Refusal> {
    let Some(id) = ceremonies(shared)?.says(answer) else { return Ok(None) };
    let account = shared.ports.store.account(id).await.map_err(store)?;
    let person = shared.ports.store.principal(id).await.map_err(store)?;
    let (Some(account), Some(person)) = (account, person) else { return Ok(None) };
    let key = keys::of(&account)?.into_iter().find(|key| key.passkey.cred_id() == answer.get_credential_id());
    Ok(key.map(|key| (account, person, key)))
}

pub(crate) async fn sign_in_sent(shared: &Shared, ask: &Ask) -> Answer {
    let again = |fault: Fault, reason: String| {
        let page = first::view(shared, ask, fault.into()).render(&frame(shared, ask));
        refuse(shared, ask, Code::ID_SIGN_IN, format!("passkey: {reason}"), page).security(SecurityClass::Credential)
    };
    let typed = ask.form.get(fields::CREDENTIAL);
    if typed.is_empty() {
        let page = first::view(shared, ask, Fault::PasskeyMissing.into()).render(&frame(shared, ask));
        return Err(refuse(shared, ask, Code::ID_FORM, "passkey: none came", page));
    }
    let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(typed) else {
        return Err(again(Fault::PasskeyFailed, Failed::Malformed.reason()));
    };
    let Some((account, person, key)) = named(shared, &answer).await? else {
        return Err(again(Fault::PasskeyUnknown, "it is nobody's here".to_owned()));
    };
    let ceremony = ask.form.get(fields::CEREMONY);
    let judged = ceremonies(shared)?.shown(shared, SIGN_IN, ceremony, &answer, &key.passkey, ask.now).await;
    let result = match judged {
        Ok(result) => result,
        Err(Failed::Vault(error)) => return Err(shared.vault(ask, error)),
        Err(failed) => return Err(again(fault(&failed), format!("of {}: {}", person.id, failed.reason()))),
    };
    // After the proof: whoever holds the passkey may learn that the account is closed to them, and nobody else.
    if person.disabled {
        return Err(again(Fault::PasskeyUnknown, format!("{} is disabled", person.id)));
    }
    keys::used(shared, account.person, &result, ask.now).await?;
    let with = OpenedBy::Other;
    let proof = Proof { person: &person, assurance: Assurance::PhishingResistant, at: ask.now, by: "a passkey", with };
    finish::signed_in(shared, ask, proof, &[]).await
}

/// Options for making one, for each page that makes one: the claim, an invitation, the own account.
pub(crate) async fn new_options(shared: &Shared, ask: &Ask) -> Answer {
    if ask.form.get(fields::SECRET).is_empty() {
        return own_options(shared, ask).await;
    }
    let wanted = newcomer::Wanted::of(shared, ask).await?;
    let known = Vec::new();
    let whose = Whose { person: wanted.person, email: &wanted.email, name: &wanted.name, known };
    let asked = ceremonies(shared)?.ask_to_make(shared, &wanted.place, &whose, ask.now).await;
    options(&asked.map_err(|e| no_options(shared, ask, e))?)
}

/// For somebody who has an account: one more.
async fn own_options(shared: &Shared, ask: &Ask) -> Answer {
    if ask.person().is_none() {
        return Err(Refusal::new(Code::ID_REQUIRED, "options for a new passkey of nobody"));
    }
    let (person, account) = recent::person(shared, ask, pages::paths::ACCOUNT_PASSKEYS).await?;
    let keys = keys::of(&account)?;
    let known = keys.iter().map(|key| &key.passkey).collect();
    let whose = Whose { person: person.id, email: &account.email, name: &person.display_name, known };
    let asked = ceremonies(shared)?.ask_to_make(shared, &own_place(&person), &whose, ask.now).await;
    options(&asked.map_err(|e| no_options(shared, ask, e))?)
}

/// One session's: another's ceremony adds nothing here.
pub(crate) fn own_place(person: &types::Person) -> String {
    format!("own/{}", person.credential)
}
