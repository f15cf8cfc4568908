//! Recovery codes: each opens an account once. One takes the place of what its owner holds, the authenticator app or the passkeys, and
//! never that of the password: whoever has a password gives it first (here, or in `lost.rs`), and where there is none the code stands
//! alone. A stolen code is worth nothing without the password of an account that has one.
//! If this is wrong: an attacker learns who has an account, or a code opens an account that asks for a password first.
use gateway::{Refusal, SecurityClass};
use pages::{Fault, Faults, RecoveryAfter, RecoveryChallenge, fields};
use store::{Account, OpenedBy};
use types::{Assurance, Code, PrincipalId, email_address};

use crate::{
    answer::{Answer, frame, refuse, show, slow_down},
    ask::Ask,
    finish::{self, Proof},
    password::{self, HALF_COOKIE, Step},
    second, secret,
    service::{Shared, store},
};

/// After a password, or for whoever gave none in this browser.
pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let view = if ask.cookies.get(HALF_COOKIE).is_some() {
        let (account, ..) = second::half_way(shared, ask).await?;
        after_password(ask, &account, Faults::none())
    } else {
        alone(ask, Faults::none())
    };
    show(shared, ask, view.render(&frame(shared, ask)))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    if ask.form.has(fields::EMAIL) { alone_sent(shared, ask).await } else { after_password_sent(shared, ask).await }
}

fn after_password(ask: &Ask, account: &Account, faults: Faults) -> RecoveryChallenge {
    RecoveryChallenge { hidden: ask.hidden(), email: (&*account.email).into(), after: RecoveryAfter::Password, faults }
}

fn alone(ask: &Ask, faults: Faults) -> RecoveryChallenge {
    RecoveryChallenge {
        hidden: ask.hidden(),
        email: ask.form.get(fields::EMAIL).into(),
        after: RecoveryAfter::Nothing,
        faults,
    }
}

async fn after_password_sent(shared: &Shared, ask: &Ask) -> Answer {
    let (account, person, breached) = second::half_way(shared, ask).await?;
    let key = second::charge(shared, ask, &account).await?;
    if !use_up(shared, ask, account.person).await? {
        let page = after_password(ask, &account, Fault::RecoveryCodeWrong.into()).render(&frame(shared, ask));
        let reason = format!("recovery code of {}: wrong or used", account.person);
        return Err(refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential));
    }
    shared.limits.clear(&key);
    let by = "a password and a recovery code";
    let with = finish::with_password(&account);
    let proof = Proof { person: &person, assurance: Assurance::MultiFactor, at: ask.now, by, with };
    finish::signed_in_by_password(shared, ask, proof, &account, breached, &[HALF_COOKIE]).await
}

pub(crate) async fn use_up(shared: &Shared, ask: &Ask, person: PrincipalId) -> Result<bool, Refusal> {
    match secret::recovery_hash(ask.form.get(fields::RECOVERY_CODE)) {
        Some(hash) => shared.ports.store.use_recovery_code(person, hash).await.map_err(store),
        None => Ok(false),
    }
}

async fn alone_sent(shared: &Shared, ask: &Ask) -> Answer {
    let Some(email) = email_address(ask.form.get(fields::EMAIL)) else {
        let page = alone(ask, Fault::EmailMalformed.into()).render(&frame(shared, ask));
        return Err(refuse(shared, ask, Code::ID_FORM, "recovery code: no address", page));
    };
    let found = shared.ports.store.account_of(email.clone()).await.map_err(store)?;
    let known = found.as_ref().map(|(account, _)| account.person);
    let key = password::limit_key(shared, ask, Step::Recovery, &email, known).await?;
    if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
        return Err(slow_down(shared, ask, wait_s, "recovery code: too many attempts on one account"));
    }
    // SECURITY: one answer and the same question to the store, whether the address is unknown, the account disabled, or one that
    // asks for a password first. A code of such a one is not used up.
    let open = found.filter(|(account, person)| account.password.is_none() && !person.disabled);
    let nobody = PrincipalId::fresh(ask.now, &*shared.ports.rng);
    let used = use_up(shared, ask, open.as_ref().map_or(nobody, |(account, _)| account.person)).await?;
    let Some((_, person)) = open.filter(|_| used) else {
        let page = alone(ask, Fault::RecoveryFailed.into()).render(&frame(shared, ask));
        let reason = match known {
            Some(person) => format!("recovery code of {person}: wrong, used, or not enough"),
            None => "recovery code: nobody has this address".to_owned(),
        };
        return Err(refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential));
    };
    shared.limits.clear(&key);
    let (by, with) = ("a recovery code", OpenedBy::Other);
    let proof = Proof { person: &person, assurance: Assurance::SingleFactor, at: ask.now, by, with };
    finish::signed_in(shared, ask, proof, &[]).await
}
