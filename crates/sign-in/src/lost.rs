//! "Is it still you?", answered with a recovery code by whoever lost what they confirm with. With the password it counts for two
//! factors, as at sign-in; where there is no password it counts for one, and for a fresh one.
//! If this is wrong: a code alone, or a password alone, changes how somebody signs in who has more than that; or whoever lost a passkey
//! is shut out of their own account.
use gateway::{Refusal, SecurityClass};
use pages::{Fault, Faults, RecoveryAfter, RecoveryChallenge, fields};
use store::Account;
use types::{Assurance, Code, Person, Secret};

use crate::{
    answer::{Answer, attempt_over, frame, refuse, show, slow_down},
    ask::Ask,
    confirm,
    password::{self, Step},
    recent, recovery, removal, second,
    service::{Shared, store},
};

/// What somebody shows with a code: with the password of an account that has one, two factors.
const fn worth(account: &Account) -> Assurance {
    if account.password.is_some() { Assurance::MultiFactor } else { Assurance::SingleFactor }
}

/// Whether a code would do here: codes count for this account, one is left, and it is as much as is asked for.
pub(crate) async fn helps(shared: &Shared, ask: &Ask, account: &Account) -> Result<bool, Refusal> {
    let enough = confirm::wanted(ask).is_none_or(|wanted| wanted.demand.assurance <= worth(account));
    if !enough || !removal::takes_codes(account) {
        return Ok(false);
    }
    Ok(shared.ports.store.recovery_codes_left(account.person).await.map_err(store)? > 0)
}

async fn asked(shared: &Shared, ask: &Ask) -> Result<(Person, Account), Refusal> {
    let (person, account) = recent::own(shared, ask).await?;
    if helps(shared, ask, &account).await? {
        return Ok((person, account));
    }
    Err(attempt_over(shared, ask, format!("a recovery code does not help {} here", person.id)))
}

fn view(shared: &Shared, ask: &Ask, account: &Account, faults: Faults) -> pages::Page {
    let hidden = pages::Hidden { to: confirm::back(ask).to_owned(), ..ask.hidden() };
    let after = RecoveryAfter::SignIn { password: account.password.is_some() };
    RecoveryChallenge { hidden, email: (&*account.email).into(), after, faults }.render(&frame(shared, ask))
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let (_, account) = asked(shared, ask).await?;
    show(shared, ask, view(shared, ask, &account, Faults::none()))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let (person, account) = asked(shared, ask).await?;
    let again = |fault: Fault, reason: &str| {
        let page = view(shared, ask, &account, fault.into());
        let reason = format!("confirmation of {} with a recovery code: {reason}", person.id);
        refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential)
    };
    if account.password.is_some() {
        let key = password::limit_key(shared, ask, Step::Password, &account.email, Some(person.id)).await?;
        if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
            return Err(slow_down(shared, ask, wait_s, "confirmation: too many attempts on one account"));
        }
        let typed = Secret::new(ask.form.get(fields::PASSWORD).to_owned());
        let verdict = shared.ports.vault.verify(typed, account.password.clone()).await;
        // SECURITY: before the code, so that a code is not used up, nor found out, by somebody without the password.
        if !verdict.map_err(|e| shared.vault(ask, e))?.matches {
            return Err(again(Fault::PasswordWrong, "a wrong password"));
        }
        shared.limits.clear(&key);
    }
    let key = second::charge(shared, ask, &account).await?;
    if !recovery::use_up(shared, ask, person.id).await? {
        return Err(again(Fault::RecoveryCodeWrong, "the code is wrong or used"));
    }
    shared.limits.clear(&key);
    confirm::confirmed(shared, ask, &person, worth(&account)).await
}
