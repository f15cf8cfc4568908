//! People: invited, listed, taken out, let in again, given a link to a new password, removed. What counts as theirs ends at once.
use std::{collections::HashMap, sync::Arc};

use control_api::{
    CreateInvitation, CreateReset, InvitationCreated, PeopleList, PersonEntry, PersonView, PutPerson, Removed,
    ResetCreated, Role, SessionList, SessionView, SessionsEnded,
};
use gateway::{ControlCall, Letter, NewInvitation, NewLink, Post, Refusal, Reply};
use http::StatusCode;
use store::{Credential, LinkPurpose, MemberRole, Principal, PrincipalKind};
use types::{Caller, MailId, PrincipalId, Secret, UnixMillis, email_address};

use super::{mails, members};
use crate::{
    input::{self, Query},
    refuse, release, reply,
    service::{Asked, Shared},
};

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

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    let store = &shared.ports.store;
    let accounts = store.accounts().await.map_err(refuse::store)?;
    let mut accounts: HashMap<_, _> = accounts.into_iter().map(|account| (account.person, account)).collect();
    let mut people = Vec::new();
    for principal in store.principals(None).await.map_err(refuse::store)? {
        let PrincipalKind::Person { owner } = principal.kind else { continue };
        let account = accounts.remove(&principal.id);
        people.push(PersonEntry {
            person: principal.id,
            name: principal.name.to_string(),
            owner,
            disabled: principal.disabled,
            created_at: principal.created_at,
            second_factor: account.as_ref().is_some_and(|account| account.totp.is_some()),
            email: account.map(|account| account.email.to_string()),
        });
    }

    reply::ok(&PeopleList { people })
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
    let mut apps = Vec::new();
    for app in store.apps().await.map_err(refuse::store)? {
        let members = store.members(app.name.clone()).await.map_err(refuse::store)?;
        if members.iter().any(|member| member.principal == person.id) {
            apps.push(app.name);
        }
    }
    if !store.remove_person(person.id).await.map_err(refuse::store)? {
        return Err(refuse::not_found(format!("person `{}`", person.id)));
    }
    shared.ports.sessions.forget_person(person.id);
    for app in apps {
        release::publish(shared, &app).await?;
    }

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

pub(crate) async fn invite(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let wanted: CreateInvitation = input::json(&asked.head, asked.body).await?;
    if !shared.ports.invitations {
        return Err(refuse::conflict("nobody can be invited: `sign_up.mode` is `off`")
            .next("set it to `invite` in the operator's file, and restart the platform"));
    }
    let email = email_address(&wanted.email)
        .ok_or_else(|| refuse::bad_input(format!("`{}` is not an e-mail address", input::short(&wanted.email))))?;
    let role = match wanted.role {
        Some(Role::Admin) => MemberRole::Admin,
        Some(Role::Member) | None => MemberRole::Member,
    };

    let store = &shared.ports.store;
    if store.account_of(email.clone()).await.map_err(refuse::store)?.is_some() {
        return Err(refuse::conflict(format!("`{email}` has an account already"))
            .next("add the person to an app: `serviceful members APP add NAME`"));
    }
    if let Some(app) = &wanted.app {
        super::apps::find(shared, app).await?;
    }
    let inviter = match &*asked.caller {
        Caller::Person(person) => Some(person.display_name.clone()),
        _ => None,
    };
    let mailed = shared.ports.mail.is_on() && !wanted.print;
    let new = NewInvitation {
        email,
        app: wanted.app.map(|app| (app, role)),
        invited_by: asked.caller.principal(),
        mailed,
        sign_up: false,
    };
    let (invitation, code) = shared.ports.sessions.invite(new).await.map_err(refuse::store)?;

    let link = format!("{}/invitation?secret={}", shared.ports.names.id_url(), code.reveal());
    let app = invitation.app.as_ref().map(|(app, _)| app.clone());
    let letter = |link| Letter::Invitation { inviter, app, link };
    let post = Outgoing { to: invitation.email.clone(), person: None, expires_at: invitation.expires_at };
    let (link, mail) = match out(shared, mailed, post, link, letter).await {
        Ok(gone) => gone,
        Err(refusal) => {
            // Nobody could use it: its link was shown to nobody.
            store.remove_invitation(invitation.id).await.map_err(refuse::store)?;
            return Err(refusal);
        }
    };
    let (email, expires_at) = (invitation.email.to_string(), invitation.expires_at);
    reply::json(StatusCode::CREATED, &InvitationCreated { id: invitation.id, email, link, mail, expires_at })
}

/// To whom a link goes, and until when.
struct Outgoing {
    to: Arc<str>,
    person: Option<PrincipalId>,
    expires_at: UnixMillis,
}

/// Sends a link by mail, or gives it back to be shown; never both.
async fn out(
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
            .next("let them in again first: `serviceful people enable`"));
    }
    let account = shared.ports.store.account(person.id).await.map_err(refuse::store)?;
    let account = account.ok_or_else(|| {
        refuse::conflict(format!("{} has no account to sign in to with a browser", person.id))
            .next("invite them: `serviceful invite`")
    })?;
    if account.password.is_none() {
        // SECURITY: a link alone must not add a way in beside a passkey, which is two factors.
        return Err(refuse::conflict(format!("{} has no password, and signs in with a passkey", person.id))
            .next("a recovery code lets them in without it; without one, remove the person and invite them anew"));
    }
    let new = NewLink { purpose: LinkPurpose::Reset, person: person.id, note: "".into() };
    let (link, secret) = shared.ports.sessions.link(new).await.map_err(refuse::store)?;

    let mailed = shared.ports.mail.is_on() && !wanted.print;
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
