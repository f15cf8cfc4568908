//! The password. One answer, one status and one amount of work, whether the address is known, the password wrong, the account
//! disabled, or without a password.
//! If this is wrong: an attacker learns who has an account, or tries passwords as fast as the network allows.
use gateway::{Refusal, SealedFor, SecurityClass, VaultError, set_cookie};
use pages::Fault;
use serde::{Deserialize, Serialize};
use store::{Account, Principal};
use types::{Assurance, Code, Digest, PrincipalId, UnixMillis, email_address};

use crate::{
    answer::{self, Answer, frame, noted, refuse, with_cookies},
    ask::Ask,
    finish::{self, Proof},
    first, secret,
    service::{Shared, store},
    slow_down,
};

/// A password was right; the second factor is awaited in this browser.
pub(crate) const HALF_COOKIE: &str = "__Host-sf-half";
/// How long it is awaited.
pub(crate) const HALF_S: u64 = 300;

/// In that cookie.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HalfWay {
    pub(crate) person: PrincipalId,
    pub(crate) at: UnixMillis,
    /// When the password was set that was right: with another one, this is void.
    pub(crate) password_at: Option<UnixMillis>,
    /// Whether that password is on a list of those that got out.
    pub(crate) breached: bool,
}

/// What an attempt is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The password: whoever tries from many places tries one place at a time.
    Password,
    /// A recovery code without a password: too long to be guessed, so from one place at a time will do, and nobody can keep the
    /// owner of the account away from elsewhere.
    Recovery,
    /// The second factor: a million codes are few, so all unknown browsers share one count, from wherever they come.
    Second,
}

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Recovery => "recovery",
            Self::Second => "second",
        }
    }
}

/// Which attempts count together: those on an account from a browser that it knows, or from one neighbourhood.
pub(crate) async fn limit_key(
    shared: &Shared,
    ask: &Ask,
    step: Step,
    account: &str,
    person: Option<PrincipalId>,
) -> Result<Digest, Refusal> {
    let device = finish::device_of(shared, ask).await?;
    // SECURITY: a browser is known to an account only after somebody signed in to it there. Else every attempt would bring a new
    // browser, and with it a fresh allowance.
    let known = device.filter(|device| person.is_some_and(|person| device.people.contains(&person)));
    let from = match (known, step) {
        (Some(device), _) => format!("device {}", device.id),
        (None, Step::Password | Step::Recovery) => format!("near {}", ask.neighbourhood),
        (None, Step::Second) => "anywhere".to_owned(),
    };
    Ok(secret::hash(format!("{}\n{account}\n{from}", step.as_str()).as_bytes()))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let Some(email) = email_address(ask.form.get("email")) else { return first::sent(shared, ask) };
    let typed = slow_down::word(shared, ask, &email);
    if typed.reveal().is_empty() {
        let puzzle = slow_down::in_advance(shared, ask, &email);
        let page = first::step(ask, puzzle, Fault::PasswordMissing.into()).render(&frame(shared, ask));
        return Err(refuse(shared, ask, Code::ID_FORM, "sign-in: no password", page));
    }
    // A browser in which nobody signed in before is stopped here, before it costs a look-up.
    let device = finish::device_of(shared, ask).await?;
    if device.is_none() {
        slow_down::check(shared, ask, &email, &typed)?;
    }
    let found = shared.ports.store.account_of(email.clone()).await.map_err(store)?;
    let person = found.as_ref().map(|(account, _)| account.person);
    let known = device.as_ref().is_some_and(|device| person.is_some_and(|person| device.people.contains(&person)));
    if device.is_some() && !known {
        slow_down::check(shared, ask, &email, &typed)?;
    }
    let key = limit_key(shared, ask, Step::Password, &email, person).await?;
    if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
        return Err(answer::slow_down(shared, ask, wait_s, "sign-in: too many attempts on one account"));
    }
    let hash = found.as_ref().and_then(|(account, _)| account.password.clone());
    let breached = shared.ports.breach_list.knows(&typed);
    let verdict = match shared.ports.vault.verify(typed.clone(), hash.clone()).await {
        Err(VaultError::Busy) => {
            // It was not looked at, so it does not count.
            shared.limits.undo(&key);
            return Err(slow_down::queue_was_full(shared, ask, &email, &typed, known));
        }
        other => other.map_err(|e| shared.vault(ask, e))?,
    };
    let wrong = |reason: String| {
        slow_down::failed(shared, ask, &email, breached);
        let puzzle = if known { None } else { slow_down::in_advance(shared, ask, &email) };
        let page = first::step(ask, puzzle, Fault::SignInFailed.into()).render(&frame(shared, ask));
        Err(refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential))
    };
    let Some((account, person)) = found else { return wrong("sign-in: nobody has this address".into()) };
    if !verdict.matches {
        return wrong(format!("sign-in: wrong password, or none, of {}", person.id));
    }
    if person.disabled {
        return wrong(format!("sign-in: {} is disabled", person.id));
    }
    if let (Some(better), Some(hash)) = (verdict.better, hash) {
        // Somebody who changed the password in between has a newer one than this.
        shared.ports.store.improve_password(person.id, hash, better).await.map_err(store)?;
    }
    shared.limits.clear(&key);
    was_right(shared, ask, &account, &person, "a password", breached).await
}

/// Somebody knows the password: they are signed in, or asked for the second factor that they have.
pub(crate) async fn was_right(
    shared: &Shared,
    ask: &Ask,
    account: &Account,
    person: &Principal,
    by: &'static str,
    breached: bool,
) -> Answer {
    if account.totp.is_some() {
        return half_way(shared, ask, account, person, breached).await;
    }
    let proof =
        Proof { person, assurance: Assurance::SingleFactor, at: ask.now, by, with: finish::with_password(account) };
    finish::signed_in_by_password(shared, ask, proof, account, breached, &[]).await
}

/// Remembers in this browser that the password was right, and asks for the second factor.
async fn half_way(shared: &Shared, ask: &Ask, account: &Account, person: &Principal, breached: bool) -> Answer {
    let half = HalfWay { person: person.id, at: ask.now, password_at: account.password_at, breached };
    let sealed = shared.seal(SealedFor::HalfWay, "", &half).await.map_err(|e| shared.vault(ask, e))?;
    let cookie = set_cookie(HALF_COOKIE, &sealed, Some(HALF_S));
    let document = answer::to(&ask.onward(pages::paths::SIGN_IN_CODE))?;
    noted(&with_cookies(document, vec![cookie])?, format!("the password of {} was right", person.id))
}
