//! A person's own account: what they sign in with, and where they are signed in.
use std::collections::HashMap;

use gateway::SecurityClass;
use pages::{Account, Age, Authenticator, ChangePassword, Fault, Faults, PasswordRules, PasswordState, ProblemKind};
use store::Session;
use types::{Code, CredentialId, Secret, UnixMillis};

use crate::{
    answer::{self, Answer, frame, noted, problem, refuse, show, slow_down},
    ask::Ask,
    claim,
    password::{self, Step},
    service::{Shared, store},
};

const fn age(now: UnixMillis, at: UnixMillis) -> Age {
    Age(now.0.saturating_sub(at.0) / 1_000)
}

/// The sessions at the sign-in origin, each as recently used as it or one of its children: this one first.
fn devices(all: Vec<Session>, this: CredentialId, now: UnixMillis) -> Vec<pages::Session> {
    let mut used: HashMap<CredentialId, UnixMillis> = HashMap::new();
    for session in &all {
        let at = used.entry(session.parent.unwrap_or(session.id)).or_insert(session.used_at);
        *at = (*at).max(session.used_at);
    }
    let mut shown: Vec<(bool, UnixMillis, Session)> = all
        .into_iter()
        .filter(|s| s.parent.is_none())
        .map(|s| (s.id == this, used.get(&s.id).copied().unwrap_or(s.used_at), s))
        .collect();
    shown.sort_by_key(|(this, used, _)| std::cmp::Reverse((*this, *used)));
    let view = |(this, used, session): (bool, UnixMillis, Session)| pages::Session {
        id: session.id.to_string(),
        device: (&*session.device).into(),
        used: age(now, used),
        begun: age(now, session.created_at),
        this,
        ..pages::Session::default()
    };
    shown.into_iter().map(view).collect()
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    let account = shared.ports.store.account(person.id).await.map_err(store)?;
    let Some(account) = account else {
        return Err(problem(shared, ask, Code::POL_NO_ROUTE, "a person without an account", ProblemKind::NotFound));
    };
    let left = shared.ports.store.recovery_codes_left(person.id).await.map_err(store)?;
    let sessions = shared.ports.store.sessions(Some(person.id)).await.map_err(store)?;
    let view = Account {
        hidden: ask.hidden(),
        name: (&*person.display_name).into(),
        email: (&*account.email).into(),
        email_verified: account.email_verified,
        password: match account.password_at {
            Some(at) => PasswordState::Set { changed: age(ask.now, at), removable: false },
            None => PasswordState::Unset,
        },
        authenticator: match &account.totp {
            Some(totp) => Authenticator::On { added: age(ask.now, totp.added_at), removable: false },
            None => Authenticator::Off,
        },
        recovery_left: account.totp.as_ref().map(|_| left),
        sessions: devices(sessions, person.credential, ask.now),
        ..Account::default()
    };
    show(shared, ask, view.render(&frame(shared, ask)))
}

pub(crate) async fn end_session(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    let wanted: Option<CredentialId> = ask.form.get("id").parse().ok();
    let own = shared.ports.store.sessions(Some(person.id)).await.map_err(store)?;
    // SECURITY: one's own only; another's id is as good as none.
    let Some(session) = own.into_iter().find(|session| Some(session.id) == wanted) else {
        return Err(problem(shared, ask, Code::CTL_NOT_FOUND, "no such session of theirs", ProblemKind::NotFound));
    };
    shared.ports.sessions.end(session.id).await.map_err(store)?;
    noted(&answer::to(pages::paths::ACCOUNT)?, format!("session {} was ended", session.id))
}

pub(crate) async fn end_others(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    let ended = shared.ports.sessions.end_all(person.id, None, Some(person.credential)).await.map_err(store)?;
    noted(&answer::to(pages::paths::ACCOUNT)?, format!("{ended} sessions were ended"))
}

async fn password_view(shared: &Shared, ask: &Ask, faults: Faults) -> Result<pages::Page, gateway::Refusal> {
    let person = ask.owner_of_account()?;
    let account = shared.ports.store.account(person.id).await.map_err(store)?;
    let view = ChangePassword {
        hidden: ask.hidden(),
        email: account.as_ref().map_or_else(pages::Shown::default, |account| (&*account.email).into()),
        present: account.is_some_and(|account| account.password.is_some()),
        rules: PasswordRules::default(),
        faults,
    };
    Ok(view.render(&frame(shared, ask)))
}

pub(crate) async fn password_page(shared: &Shared, ask: &Ask) -> Answer {
    show(shared, ask, password_view(shared, ask, Faults::none()).await?)
}

/// A new password needs the present one, and ends every other session.
pub(crate) async fn password_sent(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    let account = shared.ports.store.account(person.id).await.map_err(store)?;
    let Some(account) = account else {
        return Err(problem(shared, ask, Code::POL_NO_ROUTE, "a person without an account", ProblemKind::NotFound));
    };
    let key = password::limit_key(shared, ask, Step::Password, &account.email, Some(person.id)).await?;
    if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
        return Err(slow_down(shared, ask, wait_s, "password change: too many attempts"));
    }
    let present = Secret::new(ask.form.get("password").to_owned());
    let verdict =
        shared.ports.vault.verify(present, account.password.clone()).await.map_err(|e| shared.vault(ask, e))?;
    if !verdict.matches {
        let page = password_view(shared, ask, Fault::PasswordWrong.into()).await?;
        let reason = format!("password change of {}: the present one is wrong", person.id);
        return Err(refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential));
    }
    shared.limits.clear(&key);
    let new = claim::new_password(shared, ask.form.get("new_password")).await.map_err(|e| shared.vault(ask, e))?;
    let hash = match new {
        Ok(hash) => hash,
        Err(fault) => {
            let page = password_view(shared, ask, fault.into()).await?;
            return Err(refuse(shared, ask, Code::ID_FORM, "password change: the new one does not do", page));
        }
    };
    shared.ports.store.set_password(person.id, hash, ask.now, Some(person.credential)).await.map_err(store)?;
    shared.ports.sessions.forget_person(person.id);
    noted(&answer::to(pages::paths::ACCOUNT)?, format!("{} has a new password; other sessions ended", person.id))
}
