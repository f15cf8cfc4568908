//! The second factor, after the password: a code of an authenticator app. Each counts once.
use gateway::{Refusal, SealedFor, SecurityClass};
use pages::{AuthenticatorChallenge, Fault, Faults};
use store::{Account, Principal};
use types::{Assurance, Code, Secret};

use crate::{
    answer::{Answer, attempt_over, frame, refuse, show, slow_down},
    ask::Ask,
    finish::{self, Proof},
    password::{self, HALF_COOKIE, HALF_S, HalfWay, Step},
    service::{Shared, store},
};

/// Who gave the right password in this browser a short while ago, and has not changed it since; and whether it is one that got out.
pub(crate) async fn half_way(shared: &Shared, ask: &Ask) -> Result<(Account, Principal, bool), Refusal> {
    let over = |reason: &str| attempt_over(shared, ask, format!("second factor: {reason}"));
    let text = ask.cookies.get(HALF_COOKIE).ok_or_else(|| over("no password before it"))?;
    let opened = shared.unseal::<HalfWay>(SealedFor::HalfWay, "", text).await.map_err(|e| shared.vault(ask, e))?;
    let half = opened.ok_or_else(|| over("the cookie was changed"))?;
    if ask.now < half.at || ask.now >= half.at.plus_seconds(HALF_S) {
        return Err(over("too long after the password"));
    }
    let account = shared.ports.store.account(half.person).await.map_err(store)?;
    let person = shared.ports.store.principal(half.person).await.map_err(store)?;
    match (account, person) {
        (Some(account), Some(person)) if !person.disabled && account.password_at == half.password_at => {
            Ok((account, person, half.breached))
        }
        _ => Err(over("the account changed since the password")),
    }
}

fn code_view(ask: &Ask, account: &Account, faults: Faults) -> AuthenticatorChallenge {
    AuthenticatorChallenge { hidden: ask.hidden(), email: (&*account.email).into(), recovery: true, faults }
}

pub(crate) async fn code_page(shared: &Shared, ask: &Ask) -> Answer {
    let (account, ..) = half_way(shared, ask).await?;
    show(shared, ask, code_view(ask, &account, Faults::none()).render(&frame(shared, ask)))
}

/// Charges an attempt: the same account of attempts as for the password.
pub(crate) async fn charge(shared: &Shared, ask: &Ask, account: &Account) -> Result<types::Digest, Refusal> {
    let key = password::limit_key(shared, ask, Step::Second, &account.email, Some(account.person)).await?;
    match shared.limits.charge(key, ask.cx.started) {
        Ok(()) => Ok(key),
        Err(wait_s) => Err(slow_down(shared, ask, wait_s, "second factor: too many attempts on one account")),
    }
}

pub(crate) async fn code_sent(shared: &Shared, ask: &Ask) -> Answer {
    let (account, person, breached) = half_way(shared, ask).await?;
    let again = |fault: Fault, reason: &str| {
        let page = code_view(ask, &account, fault.into()).render(&frame(shared, ask));
        let reason = format!("second factor of {}: {reason}", account.person);
        refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential)
    };
    let code: String = ask.form.get("code").chars().filter(|c| *c != ' ').collect();
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(again(Fault::CodeMalformed, "not six digits"));
    }
    let key = charge(shared, ask, &account).await?;
    let Some(totp) = &account.totp else { return Err(again(Fault::CodeWrong, "there is no authenticator")) };
    let step = shared.ports.vault.totp_step(account.person, totp.sealed.clone(), Secret::new(code)).await;
    let Some(step) = step.map_err(|e| shared.vault(ask, e))? else {
        return Err(again(Fault::CodeWrong, "a wrong code"));
    };
    if !shared.ports.store.use_totp_step(account.person, step).await.map_err(store)? {
        return Err(again(Fault::CodeUsed, "a code that was used before"));
    }
    shared.limits.clear(&key);
    let by = "a password and a code";
    let proof = Proof {
        person: &person,
        assurance: Assurance::MultiFactor,
        at: ask.now,
        by,
        with: finish::with_password(&account),
    };
    finish::signed_in_by_password(shared, ask, proof, &account, breached, &[HALF_COOKIE]).await
}
