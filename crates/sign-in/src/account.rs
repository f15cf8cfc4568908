//! A person's own account: what they sign in with, and where they are signed in.
use std::collections::HashMap;

use gateway::{Refusal, SecurityClass};
use pages::{
    Account, Age, Authenticator, ChangePassword, Fault, Faults, Notice, PasswordRules, PasswordState, ProblemKind,
    Removal, fields,
};
use store::{Credential, CredentialKind, Session};
use types::{Code, CredentialId, Person, Secret, UnixMillis};

use crate::{
    answer::{self, Answer, frame, noted, problem, refuse, show, slow_down},
    ask::Ask,
    finish,
    keys::{self, Key},
    known,
    new_password::{self, About},
    password::{self, Step},
    recent, removal,
    service::{Shared, store},
};

/// What a page reports when it leads back to the account.
const DONE: &str = "done";

/// 303 to the account page, which says so. The word in the address is one of a few; whoever makes one up changes nothing.
pub(crate) fn with_notice(ask: &Ask, notice: Notice) -> Result<gateway::Document, Refusal> {
    let mut query = vec![(DONE, notice.name())];
    query.extend(ask.trip.iter().map(|trip| (pages::fields::TX, &*trip.tx)));
    answer::to(&answer::address(pages::paths::ACCOUNT, &query))
}

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

/// The command lines that act as the person, the most recently made first.
async fn command_lines(shared: &Shared, person: &Person, now: UnixMillis) -> Result<Vec<pages::Session>, Refusal> {
    let all = shared.ports.store.credentials(Some(person.id)).await.map_err(store)?;
    let logins = shared.ports.store.logins(Some(person.id)).await.map_err(store)?;
    let used = |of: &Credential| logins.iter().find(|(c, _)| c.id == of.id).map_or(of.created_at, |(_, l)| l.used_at);
    let view = |credential: &Credential| pages::Session {
        id: credential.id.to_string(),
        device: (&*credential.label).into(),
        used: age(now, used(credential)),
        begun: age(now, credential.created_at),
        command_line: true,
        ..pages::Session::default()
    };
    Ok(all.iter().filter(|credential| is_command_line(credential, now)).map(view).collect())
}

fn is_command_line(credential: &Credential, now: UnixMillis) -> bool {
    credential.kind == CredentialKind::Cli && credential.revoked_at.is_none() && now < credential.expires_at
}

fn passkey(key: &Key, typed: Option<pages::Shown>, now: UnixMillis) -> pages::Passkey {
    pages::Passkey {
        id: key.id.clone(),
        label: key.label.as_str().into(),
        label_typed: typed,
        added: age(now, key.added_at),
        used: key.used_at.map(|at| age(now, at)),
        synced: key.synced(),
    }
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    show(shared, ask, view(shared, ask, Faults::none()).await?)
}

/// The account page, with what was wrong with a form on it.
pub(crate) async fn view(shared: &Shared, ask: &Ask, faults: Faults) -> Result<pages::Page, gateway::Refusal> {
    let person = ask.owner_of_account()?;
    let account = shared.ports.store.account(person.id).await.map_err(store)?;
    let Some(account) = account else {
        return Err(problem(shared, ask, Code::POL_NO_ROUTE, "a person without an account", ProblemKind::NotFound));
    };
    let removable = |what: Removal| removal::against(&what, person, &account).is_none();
    let left = shared.ports.store.recovery_codes_left(person.id).await.map_err(store)?;
    let sessions = shared.ports.store.sessions(Some(person.id)).await.map_err(store)?;
    let mut devices = devices(sessions, person.credential, ask.now);
    devices.extend(command_lines(shared, person, ask.now).await?);
    let came_back = !faults.is_empty();
    let typed =
        |key: &Key| (came_back && key.id == ask.form.get(fields::ID)).then(|| ask.form.get(fields::LABEL).into());
    let view = Account {
        notice: Notice::named(ask.form.get(DONE)),
        hidden: ask.hidden(),
        name: (&*person.display_name).into(),
        // Of a form that came back, what was typed.
        name_typed: if came_back { ask.form.get(fields::NAME).into() } else { pages::Shown::default() },
        email: (&*account.email).into(),
        email_verified: account.email_verified,
        password: match account.password_at {
            Some(at) => PasswordState::Set { changed: age(ask.now, at), removable: removable(Removal::Password) },
            None => PasswordState::Unset,
        },
        passkeys: keys::of(&account)?.iter().map(|key| passkey(key, typed(key), ask.now)).collect(),
        password_known: known::is(shared, ask, person, &account).await?,
        authenticator: match &account.totp {
            Some(totp) => {
                Authenticator::On { added: age(ask.now, totp.added_at), removable: removable(Removal::Authenticator) }
            }
            // A code is asked for after a password only.
            None if account.password.is_none() => Authenticator::NotNeeded,
            None => Authenticator::Off,
        },
        recovery_left: removal::takes_codes(&account).then_some(left),
        sessions: devices,
        faults,
    };
    Ok(view.render(&frame(shared, ask)))
}

pub(crate) async fn end_session(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    let wanted: Option<CredentialId> = ask.form.get("id").parse().ok();
    let own = shared.ports.store.sessions(Some(person.id)).await.map_err(store)?;
    // SECURITY: one's own only; another's id is as good as none.
    if let Some(session) = own.into_iter().find(|session| Some(session.id) == wanted) {
        shared.ports.sessions.end(session.id).await.map_err(store)?;
        return noted(&with_notice(ask, Notice::SessionEnded)?, format!("session {} was ended", session.id));
    }
    let own = shared.ports.store.credentials(Some(person.id)).await.map_err(store)?;
    let is_it = |c: &Credential| Some(c.id) == wanted && is_command_line(c, ask.now);
    let Some(credential) = own.into_iter().find(is_it) else {
        return Err(problem(shared, ask, Code::CTL_NOT_FOUND, "no such session of theirs", ProblemKind::NotFound));
    };
    shared.ports.logins.end_login(credential.id).await.map_err(store)?;
    noted(&with_notice(ask, Notice::SessionEnded)?, format!("command line {} was ended", credential.id))
}

pub(crate) async fn end_others(shared: &Shared, ask: &Ask) -> Answer {
    let person = ask.owner_of_account()?;
    let ended = shared.ports.sessions.end_all(person.id, None, Some(person.credential)).await.map_err(store)?;
    noted(&with_notice(ask, Notice::SessionsEnded)?, format!("{} ended", types::counted(ended, "session", "sessions")))
}

/// Who may set a password now: whoever knows the present one, which the form asks for; without one, whoever showed lately who
/// they are.
async fn may_set_password(shared: &Shared, ask: &Ask) -> Result<(Person, store::Account), Refusal> {
    let (person, account) = recent::own(shared, ask).await?;
    if account.password.is_some() {
        return Ok((person, account));
    }
    recent::person(shared, ask, pages::paths::ACCOUNT_PASSWORD).await
}

async fn password_view(
    shared: &Shared,
    ask: &Ask,
    account: &store::Account,
    faults: Faults,
) -> Result<pages::Page, Refusal> {
    let view = ChangePassword {
        hidden: ask.hidden(),
        email: (&*account.email).into(),
        present: account.password.is_some(),
        known: known::is(shared, ask, ask.owner_of_account()?, account).await?,
        rules: PasswordRules::default(),
        faults,
    };
    Ok(view.render(&frame(shared, ask)))
}

pub(crate) async fn password_page(shared: &Shared, ask: &Ask) -> Answer {
    let (_, account) = may_set_password(shared, ask).await?;
    show(shared, ask, password_view(shared, ask, &account, Faults::none()).await?)
}

/// A new password ends every other session.
pub(crate) async fn password_sent(shared: &Shared, ask: &Ask) -> Answer {
    let (person, account) = may_set_password(shared, ask).await?;
    if account.password.is_some() {
        present_password(shared, ask, &person, &account).await?;
    }
    let about = About { email: &account.email, name: &person.display_name };
    let new = new_password::hash(shared, ask, ask.form.get("new_password"), about).await;
    let hash = match new.map_err(|e| shared.vault(ask, e))? {
        Ok(hash) => hash,
        Err(fault) => {
            let page = password_view(shared, ask, &account, fault.into()).await?;
            return Err(refuse(shared, ask, Code::ID_FORM, "password change: the new one does not do", page));
        }
    };
    shared.ports.store.set_password(person.id, hash, ask.now, Some(person.credential)).await.map_err(store)?;
    shared.ports.sessions.forget_person(person.id);
    let note = format!("{} has a new password; other sessions ended", person.id);
    if ask.trip.is_some() {
        // Somebody who was asked to change it on their way.
        return noted(&finish::way_on(shared, ask, &person).await?, note);
    }
    noted(&with_notice(ask, Notice::PasswordChanged)?, note)
}

async fn present_password(
    shared: &Shared,
    ask: &Ask,
    person: &Person,
    account: &store::Account,
) -> Result<(), Refusal> {
    let key = password::limit_key(shared, ask, Step::Password, &account.email, Some(person.id)).await?;
    if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
        return Err(slow_down(shared, ask, wait_s, "password change: too many attempts"));
    }
    let present = Secret::new(ask.form.get("password").to_owned());
    let verdict =
        shared.ports.vault.verify(present, account.password.clone()).await.map_err(|e| shared.vault(ask, e))?;
    if !verdict.matches {
        let page = password_view(shared, ask, account, Fault::PasswordWrong.into()).await?;
        let reason = format!("password change of {}: the present one is wrong", person.id);
        return Err(refuse(shared, ask, Code::ID_SIGN_IN, reason, page).security(SecurityClass::Credential));
    }
    shared.limits.clear(&key);
    Ok(())
}
