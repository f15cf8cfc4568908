//! "Is it still you?", before a change of how somebody signs in. The session goes on with a fresh secret and a fresh time.
//! If this is wrong: whoever sits down at an unlocked screen takes the account over.
use gateway::{SSO_COOKIE, SecurityClass, set_cookie};
use pages::{Confirm, Fault, Faults, fields, paths};
use store::Account;
use types::{Assurance, Code, Person, Secret};
use webauthn_rs::prelude::PublicKeyCredential;

use crate::{
    answer::{self, Answer, attempt_over, frame, noted, refuse, show, slow_down, with_cookies},
    ask::Ask,
    ceremony::Failed,
    keys,
    passkey::{self, ceremonies},
    password::{self, Step},
    recent::own,
    service::{Shared, store},
};

/// Where somebody may come from, and goes back to.
const FROM: &[&str] = &[
    paths::ACCOUNT_PASSKEYS,
    paths::ACCOUNT_PASSWORD,
    paths::ACCOUNT_PASSWORD_REMOVE,
    paths::ACCOUNT_AUTHENTICATOR,
    paths::ACCOUNT_AUTHENTICATOR_REMOVE,
    paths::ACCOUNT_RECOVERY,
    paths::CLI,
];

fn back(ask: &Ask) -> &'static str {
    let to = ask.form.get(fields::TO);
    FROM.iter().find(|path| **path == to).copied().unwrap_or(paths::ACCOUNT)
}

fn place(person: &Person) -> String {
    format!("confirm/{}", person.credential)
}

/// What is asked for. Nobody confirms with less than they have: a password alone is for those who have nothing else.
fn view(shared: &Shared, ask: &Ask, account: &Account, faults: Faults) -> Confirm {
    let passkeys = shared.ceremonies.is_some() && keys::any(account);
    let code = account.password.is_some() && account.totp.is_some();
    let password = account.password.is_some() && (code || !passkeys);
    let hidden = pages::Hidden { to: back(ask).to_owned(), ..ask.hidden() };
    Confirm { hidden, email: (&*account.email).into(), passkeys, password, code, faults, ..Confirm::default() }
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let (_, account) = own(shared, ask).await?;
    show(shared, ask, view(shared, ask, &account, Faults::none()).render(&frame(shared, ask)))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let (person, account) = own(shared, ask).await?;
    let asked = view(shared, ask, &account, Faults::none());
    let again = |fault: Fault, reason: &str| {
        let page = Confirm { faults: fault.into(), ..asked.clone() }.render(&frame(shared, ask));
        let reason = format!("confirmation of {}: {reason}", person.id);
        refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential)
    };
    if !asked.password {
        return Err(again(Fault::PasskeyMissing, "a password is not enough"));
    }
    let key = password::limit_key(shared, ask, Step::Password, &account.email, Some(person.id)).await?;
    if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
        return Err(slow_down(shared, ask, wait_s, "confirmation: too many attempts on one account"));
    }
    let typed = Secret::new(ask.form.get(fields::PASSWORD).to_owned());
    let verdict = shared.ports.vault.verify(typed, account.password.clone()).await.map_err(|e| shared.vault(ask, e))?;
    if !verdict.matches {
        return Err(again(Fault::PasswordWrong, "a wrong password"));
    }
    let mut assurance = Assurance::SingleFactor;
    if let Some(totp) = account.totp.as_ref().filter(|_| asked.code) {
        let code: String = ask.form.get(fields::CODE).chars().filter(|c| *c != ' ').collect();
        let step = shared.ports.vault.totp_step(person.id, totp.sealed.clone(), Secret::new(code)).await;
        let Some(step) = step.map_err(|e| shared.vault(ask, e))? else {
            return Err(again(Fault::CodeWrong, "a wrong code"));
        };
        if !shared.ports.store.use_totp_step(person.id, step).await.map_err(store)? {
            return Err(again(Fault::CodeUsed, "a code that was used before"));
        }
        assurance = Assurance::MultiFactor;
    }
    shared.limits.clear(&key);
    confirmed(shared, ask, &person, assurance).await
}

pub(crate) async fn options(shared: &Shared, ask: &Ask) -> Answer {
    let (person, account) = own(shared, ask).await?;
    let keys = keys::of(&account)?;
    let known: Vec<_> = keys.iter().map(|key| &key.passkey).collect();
    let asked = ceremonies(shared)?.ask_to_show(shared, &place(&person), &known, ask.now).await;
    passkey::options(&asked.map_err(|e| passkey::no_options(shared, ask, e))?)
}

pub(crate) async fn passkey_sent(shared: &Shared, ask: &Ask) -> Answer {
    let (person, account) = own(shared, ask).await?;
    let asked = view(shared, ask, &account, Faults::none());
    let again = |fault: Fault, reason: &str| {
        let page = Confirm { faults: fault.into(), ..asked.clone() }.render(&frame(shared, ask));
        let reason = format!("confirmation of {}: {reason}", person.id);
        refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential)
    };
    let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(ask.form.get(fields::CREDENTIAL)) else {
        return Err(again(Fault::PasskeyMissing, "no passkey came"));
    };
    // SECURITY: one of their own, whatever the answer says of whose it is.
    let key = keys::of(&account)?.into_iter().find(|key| key.passkey.cred_id() == answer.get_credential_id());
    let Some(key) = key else { return Err(again(Fault::PasskeyUnknown, "another's passkey")) };
    let ceremony = ask.form.get(fields::CEREMONY);
    let judged = ceremonies(shared)?.shown(shared, &place(&person), ceremony, &answer, &key.passkey, ask.now).await;
    match judged {
        Ok(result) => keys::used(shared, person.id, &result, ask.now).await?,
        Err(Failed::Vault(error)) => return Err(shared.vault(ask, error)),
        Err(failed) => return Err(again(passkey::fault(&failed), &failed.reason())),
    }
    confirmed(shared, ask, &person, Assurance::PhishingResistant).await
}

async fn confirmed(shared: &Shared, ask: &Ask, person: &Person, assurance: Assurance) -> Answer {
    let raised = shared.ports.sessions.raise(person.credential, assurance).await.map_err(store)?;
    let secret = raised.ok_or_else(|| attempt_over(shared, ask, format!("the session of {} is over", person.id)))?;
    let document =
        with_cookies(answer::to(&ask.onward(back(ask)))?, vec![set_cookie(SSO_COOKIE, secret.reveal(), None)])?;
    noted(&document, format!("{} showed again who they are, session {}", person.id, person.credential))
}
