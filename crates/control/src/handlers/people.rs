//! People: listed, renamed, taken out, let in again, given a link to a new password, removed. What counts as theirs ends at once.
use std::{collections::BTreeSet, sync::Arc};

use control_api::{
    CreateReset, EverythingEnded, PeopleList, PersonEntry, PersonView, PutPerson, Removed, RenamePerson, ResetCreated,
    SessionList, SessionView, SessionsEnded,
};
use gateway::{ControlCall, Letter, NameFailure, NewLink, Post, Refusal, Renaming, Reply};
use http::StatusCode;
use store::{Credential, Link, LinkPurpose, PeoplePage, Principal, PrincipalKind};
use types::{AppName, MailId, PrincipalId, Secret, UnixMillis, counted};

use super::{groups, mails, members};
use crate::{
    input::{self, Query},
    refuse, release, reply,
    service::{Asked, Shared},
};

/// People on a page, where nothing is said of it.
const PAGE: usize = 1_000;
/// Longest text that is looked for.
const FIND_CHARS_MAX: usize = 100;

pub(crate) async fn put(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let word = input::param(&asked.call, "person")?;
    let wanted: PutPerson = input::json(&asked.head, asked.body).await?;

    let found = members::person(shared, &word).await?;
    let Principal { id, kind: PrincipalKind::Person { owner }, name, .. } = found else {
        let sentence = format!("{} is a service account", found.id);
        return Err(refuse::bad_input(sentence).next("revoke its tokens, or remove it from the app's members"));
    };
    if wanted.disabled && asked.caller.principal() == Some(id) {
        // Else the last owner shuts the door from outside by a slip of the hand.
        let sentence = "nobody can disable themselves";
        return Err(refuse::conflict(sentence)
            .next("let another owner do it, or the host: `serviceful people disable NAME --host`"));
    }

    if !shared.ports.people.set_disabled(id, wanted.disabled).await.map_err(refuse::store)? {
        return Err(refuse::not_found(format!("person `{}`", input::short(&word))));
    }

    reply::ok(&PersonView { person: id, name: name.to_string(), owner, disabled: wanted.disabled })
}

/// A page of the directory.
pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let query = Query::parse(&asked.head, &["limit", "after", "find", "groups"])?;
    let (limit, after) = groups::page(&query, PAGE)?;
    let (find, with_groups) = (query.text("find").filter(|text| !text.is_empty()), query.flag("groups")?);
    if find.is_some_and(|text| text.chars().count() > FIND_CHARS_MAX) {
        return Err(refuse::bad_input(format!("`find` has at most {FIND_CHARS_MAX} characters")));
    }

    let store = &shared.ports.store;
    let page = PeoplePage { after, limit: limit + 1, find: find.map(Arc::from) };
    let mut found = store.people(page).await.map_err(refuse::store)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let mut people = Vec::new();
    for (principal, account) in found {
        let PrincipalKind::Person { owner } = principal.kind else { continue };
        let groups = if with_groups { store.groups_of(principal.id).await.map_err(refuse::store)? } else { Vec::new() };
        people.push(PersonEntry {
            person: principal.id,
            name: principal.name.to_string(),
            owner,
            disabled: principal.disabled,
            created_at: principal.created_at,
            // A passkey is two by itself.
            second_factor: account.as_ref().is_some_and(|a| a.totp.is_some() || &*a.passkeys != "[]"),
            groups,
            email: account.map(|account| account.email.to_string()),
        });
    }

    let after = if more { people.last().map(|last| last.person) } else { None };
    reply::ok(&PeopleList { people, after })
}

pub(crate) async fn rename(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let person = found(shared, &asked.call).await?;
    let wanted: RenamePerson = input::json(&asked.head, asked.body).await?;

    // Names are not unique; whoever looks after the directory sees addresses and ids beside them.
    let renamed = shared.ports.sessions.rename(person.id, wanted.name.as_str().into(), Renaming::ByAdmin).await;
    if !renamed.map_err(|e| unfit("", e))? {
        return Err(refuse::not_found(format!("person `{}`", person.id)));
    }

    let owner = person.kind == PrincipalKind::Person { owner: true };
    let view = PersonView { person: person.id, name: wanted.name, owner, disabled: person.disabled };
    let mut reply = reply::ok(&view)?;
    // Ids only: names may be erased one day.
    reply.note = Some(format!("{} was renamed", person.id).into());
    Ok(reply)
}

/// A name that nobody may have. `at`: where it stands, for a list.
pub(super) fn unfit(at: &str, failure: NameFailure) -> Refusal {
    match failure {
        NameFailure::Store(error) => refuse::store(error),
        unfit @ (NameFailure::Unfit { .. } | NameFailure::Alike) => refuse::bad_input(format!("{at}{unfit}")),
    }
}

/// Break-glass: nobody is signed in after it, and no token counts.
pub(crate) async fn end_everything(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    let ended = shared.ports.sessions.end_everything().await.map_err(refuse::store)?;

    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let view = EverythingEnded { sessions: count(ended.sessions), credentials: count(ended.credentials) };
    let mut reply = reply::ok(&view)?;
    reply.note = Some(
        format!(
            "everything of everybody ended: {}, {}",
            counted(view.sessions, "session", "sessions"),
            counted(view.credentials, "login or token", "logins and tokens")
        )
        .into(),
    );
    Ok(reply)
}

/// The person that the path names. A service account is none.
async fn found(shared: &Shared, call: &ControlCall) -> Result<Principal, Refusal> {
    let word = input::param(call, "person")?;
    let found = members::person(shared, &word).await?;
    match found.kind {
        PrincipalKind::Person { .. } => Ok(found),
        PrincipalKind::Service { .. } => Err(refuse::bad_input(format!("{} is a service account", found.id))),
    }
}

pub(crate) async fn remove(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let person = found(shared, &asked.call).await?;
    if asked.caller.principal() == Some(person.id) {
        return Err(refuse::conflict("nobody can remove themselves")
            .next("let another owner do it, or the host: `serviceful people remove NAME --host`"));
    }

    let store = &shared.ports.store;
    let mut apps: BTreeSet<AppName> = store.apps_of(person.id).await.map_err(refuse::store)?.into_iter().collect();
    for group in store.groups_of(person.id).await.map_err(refuse::store)? {
        apps.extend(shared.declaring(&group));
    }
    if !store.remove_person(person.id).await.map_err(refuse::store)? {
        return Err(refuse::not_found(format!("person `{}`", person.id)));
    }
    shared.ports.sessions.forget_person(person.id);
    release::publish_each(shared, apps).await?;

    reply::ok(&Removed { removed: person.id.to_string() })
}

pub(crate) async fn sessions(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let person = found(shared, &asked.call).await?;

    let store = &shared.ports.store;
    let sessions = store.sessions(Some(person.id)).await.map_err(refuse::store)?;
    let logins = store.logins(Some(person.id)).await.map_err(refuse::store)?;
    let now = shared.ports.clock.now();
    let open = |credential: &Credential| credential.revoked_at.is_none() && now < credential.expires_at;
    let logins = logins.into_iter().filter(|(credential, _)| open(credential)).map(|(credential, login)| SessionView {
        id: credential.id,
        app: None,
        device: credential.label.to_string(),
        created_at: credential.created_at,
        used_at: login.used_at,
        expires_at: credential.expires_at,
        command_line: true,
    });
    let sessions = sessions.into_iter().map(|session| SessionView {
        id: session.id,
        app: session.app,
        device: session.device.to_string(),
        created_at: session.created_at,
        used_at: session.used_at,
        expires_at: session.expires_at,
        command_line: false,
    });

    let mut sessions: Vec<SessionView> = sessions.chain(logins).collect();
    sessions.sort_by_key(|session| std::cmp::Reverse(session.used_at));
    reply::ok(&SessionList { sessions })
}

pub(crate) async fn end_sessions(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let person = found(shared, &asked.call).await?;

    let ended = shared.ports.sessions.end_all(person.id, None, None).await.map_err(refuse::store)?;

    reply::ok(&SessionsEnded { person: person.id, ended: u64::try_from(ended).unwrap_or(u64::MAX) })
}

/// To whom a link goes, and until when.
pub(super) struct Outgoing {
    pub(super) to: Arc<str>,
    pub(super) person: Option<PrincipalId>,
    pub(super) expires_at: UnixMillis,
}

/// Sends a link by mail, or gives it back to be shown; never both.
pub(super) async fn out(
    shared: &Shared,
    mailed: bool,
    to: Outgoing,
    link: String,
    letter: impl FnOnce(Secret) -> Letter,
) -> Result<(Option<String>, Option<MailId>), Refusal> {
    if !mailed {
        return Ok((Some(link), None));
    }
    let Outgoing { to, person, expires_at } = to;
    let post = Post { to, person, letter: letter(Secret::new(link)), expires_at };
    let mail = shared.ports.mail.post(post).await.map_err(mails::refused)?;
    Ok((None, Some(mail)))
}

pub(crate) async fn reset(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let person = found(shared, &asked.call).await?;
    let wanted: CreateReset = input::json(&asked.head, asked.body).await?;
    if person.disabled {
        return Err(refuse::conflict(format!("{} is disabled", person.id))
            .next(format!("let them in again first: `serviceful people enable {}`", person.id)));
    }
    let account = shared.ports.store.account(person.id).await.map_err(refuse::store)?;
    let account = account.ok_or_else(|| {
        refuse::conflict(format!("{} has no account to sign in to with a browser", person.id))
            .next("invite them under their address: `serviceful invite E-MAIL`")
    })?;
    if account.password.is_none() {
        // SECURITY: a link alone must not add a way in beside a passkey, which is two factors.
        return Err(refuse::conflict(format!("{} has no password, and signs in with a passkey", person.id))
            .next("a recovery code lets them in without it; without one, remove the person and invite them anew"));
    }
    let mailed = shared.ports.mail.is_on() && !wanted.print;
    let note = if mailed { Link::MAILED } else { "" };
    let new = NewLink { purpose: LinkPurpose::Reset, person: person.id, note: note.into() };
    let (link, secret) = shared.ports.sessions.link(new).await.map_err(refuse::store)?;

    let address = format!("{}/reset-password?secret={}", shared.ports.names.id_url(), secret.reveal());
    let to = Outgoing { to: account.email, person: Some(person.id), expires_at: link.expires_at };
    let (shown, mail) = match out(shared, mailed, to, address, |link| Letter::Reset { link }).await {
        Ok(gone) => gone,
        Err(refusal) => {
            // Nobody was given it, so nobody may use it.
            shared
                .ports
                .store
                .use_link(link.purpose, link.hash, shared.ports.clock.now())
                .await
                .map_err(refuse::store)?;
            return Err(refusal);
        }
    };
    let (name, expires_at) = (person.name.to_string(), link.expires_at);
    reply::json(StatusCode::CREATED, &ResetCreated { person: person.id, name, link: shown, mail, expires_at })
}
