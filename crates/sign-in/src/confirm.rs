//! "Is it still you?", before a change of how somebody signs in, or because a function asks for more (step-up). The session goes
//! on with a fresh secret and a fresh time.
//! If this is wrong: whoever sits down at an unlocked screen takes the account over.
use gateway::{Refusal, SSO_COOKIE, SecurityClass, set_cookie};
use pages::{Confirm, ConfirmReason, Fault, Faults, Lacking, fields, paths};
use store::Account;
use types::{Assurance, Code, Person, Secret};
use webauthn_rs::prelude::PublicKeyCredential;

use crate::{
    answer::{self, Answer, attempt_over, frame, noted, refuse, show, slow_down, with_cookies},
    ask::Ask,
    ceremony::Failed,
    finish, keys, lost,
    passkey::{self, ceremonies},
    password::{self, Step},
    recent::own,
    second,
    service::{Shared, store},
    trip::{Trip, Wanted},
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

pub(crate) fn back(ask: &Ask) -> &'static str {
    let to = ask.form.get(fields::TO);
    FROM.iter().find(|path| **path == to).copied().unwrap_or(paths::ACCOUNT)
}

fn place(person: &Person) -> String {
    format!("confirm/{}", person.credential)
}

/// What a function asks for that they are on the way to; not while they are about to change their account on that way.
pub(crate) fn wanted(ask: &Ask) -> Option<&Wanted> {
    ask.wanted().filter(|_| back(ask) == paths::ACCOUNT)
}

/// What is asked for. Nobody confirms with less than they have: a password alone is for those who have nothing else. What a
/// function wants, nobody confirms with less than that.
fn view(shared: &Shared, ask: &Ask, account: &Account, faults: Faults) -> Confirm {
    let passkeys = shared.ceremonies.is_some() && keys::any(account);
    let code = account.password.is_some() && account.totp.is_some();
    let (password, code) = match wanted(ask).map(|wanted| wanted.demand.assurance) {
        Some(Assurance::PhishingResistant) => (false, false),
        Some(Assurance::MultiFactor) => (code, code),
        Some(Assurance::None | Assurance::SingleFactor) | None => {
            (account.password.is_some() && (code || !passkeys), code)
        }
    };
    let (to, reason) = match (wanted(ask), ask.trip.as_ref().and_then(Trip::request)) {
        (Some(wanted), Some(request)) => {
            let (app, function) = (request.app.as_str().into(), wanted.function.as_str().into());
            (String::new(), ConfirmReason::Function { app, function })
        }
        _ => (back(ask).to_owned(), ConfirmReason::Account),
    };
    let (hidden, email) = (pages::Hidden { to, ..ask.hidden() }, (&*account.email).into());
    Confirm { hidden, email, reason, passkeys, password, code, recovery: false, faults }
}

/// The person, their account, and what they can confirm with. Whoever has nothing that would do is told how to get it, and is
/// led nowhere else: there is no way round, and no circle.
async fn asked(shared: &Shared, ask: &Ask) -> Result<(Person, Account, Confirm), Refusal> {
    let (person, account) = own(shared, ask).await?;
    let view = view(shared, ask, &account, Faults::none());
    if let Some(wanted) = wanted(ask).filter(|_| !view.passkeys && !view.password) {
        let ConfirmReason::Function { app, function } = view.reason else {
            return Err(Refusal::internal("a demand of no function"));
        };
        let authenticator =
            wanted.demand.assurance <= Assurance::MultiFactor && account.password.is_some() && account.totp.is_none();
        let passkeys = shared.ceremonies.is_some();
        let lacking = Lacking { hidden: ask.hidden(), email: view.email, app, function, authenticator, passkeys };
        let reason = format!("{} has no means for {}", person.id, wanted.demand);
        return Err(refuse(shared, ask, Code::ID_STEP_UP, reason, lacking.render(&frame(shared, ask))));
    }
    let view = Confirm { recovery: lost::helps(shared, ask, &account).await?, ..view };
    Ok((person, account, view))
}

/// From a page of an app that could not lead here by itself: an attempt that began there, and the person follows it.
pub(crate) async fn from_app(shared: &Shared, ask: &Ask) -> Answer {
    let trip = shared.open_trip(ask.form.get(fields::TX), ask.now).await;
    let trip = trip.map_err(|reason| attempt_over(shared, ask, reason))?;
    if ask.app.as_ref() != trip.request().map(|request| &request.app) {
        return Err(attempt_over(shared, ask, "an attempt of another app".to_owned()));
    }
    let page = format!("{}{}", shared.ports.names.id_url(), paths::SIGN_IN);
    answer::go(&answer::address(&page, &[(fields::TX, &trip.tx)]))
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    if wanted(ask).is_some() && !ask.asks_for_more(person.assurance, person.authenticated_at) {
        return finish::go_on(shared, ask, person).await;
    }
    let (_, _, view) = asked(shared, ask).await?;
    show(shared, ask, view.render(&frame(shared, ask)))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let (person, account, asked) = asked(shared, ask).await?;
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
        // SECURITY: codes have a count of their own, which no right password ends: whoever has the password has a million guesses left.
        let codes = second::charge(shared, ask, &account).await?;
        let code: String = ask.form.get(fields::CODE).chars().filter(|c| *c != ' ').collect();
        let step = shared.ports.vault.totp_step(person.id, totp.sealed.clone(), Secret::new(code)).await;
        let Some(step) = step.map_err(|e| shared.vault(ask, e))? else {
            return Err(again(Fault::CodeWrong, "a wrong code"));
        };
        if !shared.ports.store.use_totp_step(person.id, step).await.map_err(store)? {
            return Err(again(Fault::CodeUsed, "a code that was used before"));
        }
        shared.limits.clear(&codes);
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
    let (person, account, asked) = asked(shared, ask).await?;
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

pub(crate) async fn confirmed(shared: &Shared, ask: &Ask, person: &Person, assurance: Assurance) -> Answer {
    let onward = if wanted(ask).is_some() {
        let raised = Person { assurance, authenticated_at: ask.now, ..person.clone() };
        finish::way_on(shared, ask, &raised).await?
    } else {
        answer::to(&ask.onward(back(ask)))?
    };
    // Last of all: where this fails, nobody has seen the way on, and the session is what it was.
    let raised = shared.ports.sessions.raise(person.credential, assurance).await.map_err(store)?;
    let secret = raised.ok_or_else(|| attempt_over(shared, ask, format!("the session of {} is over", person.id)))?;
    let document = with_cookies(onward, vec![set_cookie(SSO_COOKIE, secret.reveal(), None)])?;
    let asks = wanted(ask).map_or_else(String::new, |wanted| format!(" for {}", wanted.function));
    noted(&document, format!("{} showed again who they are{asks}, session {}", person.id, person.credential))
}
