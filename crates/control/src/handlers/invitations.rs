//! Invitations, one by one: made, listed, taken back.
//! If this is wrong: a link lets somebody in whom nobody meant, or goes on doing so after it was taken back.
use std::{collections::HashMap, sync::Arc};

use control_api::{CreateInvitation, InvitationCreated, InvitationList, InvitationView, Removed, Role};
use gateway::{Letter, NewInvitation, Refusal, Reply};
use http::StatusCode;
use store::{Invitation, MemberRole, Principal};
use types::{Caller, CredentialId, GroupName, PrincipalId, Secret, UnixMillis, email_address};

use super::{
    groups, members,
    people::{self, Outgoing, out},
};
use crate::{
    input::{self, Query},
    refuse, reply,
    service::{Asked, Shared},
};

/// Whether anybody may be invited at all.
pub(super) fn invites(shared: &Shared) -> Result<(), Refusal> {
    if shared.ports.invitations {
        return Ok(());
    }
    Err(refuse::conflict("nobody can be invited: `sign_up.mode` is `off`")
        .next("set it to `invite` in the operator's file, and restart the platform"))
}

/// Who invites, as a letter names them.
pub(super) fn inviter(caller: &Caller) -> Option<Arc<str>> {
    match caller {
        Caller::Person(person) => Some(person.display_name.clone()),
        Caller::Stranger | Caller::Service(_) | Caller::Operator { .. } => None,
    }
}

/// Where the code counts.
pub(super) fn address(shared: &Shared, code: &Secret) -> String {
    format!("{}/invitation?secret={}", shared.ports.names.id_url(), code.reveal())
}

/// Each once, by name.
pub(super) fn sorted(mut groups: Vec<GroupName>) -> Vec<GroupName> {
    groups.sort();
    groups.dedup();
    groups
}

pub(crate) async fn create(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let wanted: CreateInvitation = input::json(&asked.head, asked.body).await?;
    invites(shared)?;
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
    for group in &wanted.groups {
        groups::find(shared, group).await?;
    }
    if let Some(name) = &wanted.name {
        shared.ports.sessions.fit_name(name).map_err(|e| people::unfit("", e))?;
    }
    let inviter = inviter(&asked.caller);
    let mailed = shared.ports.mail.is_on() && !wanted.print;
    let new = NewInvitation {
        email,
        name: wanted.name.map(Arc::from),
        app: wanted.app.map(|app| (app, role)),
        groups: sorted(wanted.groups),
        invited_by: asked.caller.principal(),
        mailed,
        sign_up: false,
    };
    let (invitation, code) = shared.ports.sessions.invite(new).await.map_err(refuse::store)?;

    let link = address(shared, &code);
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
    // Without the address: names and addresses may be erased one day, and the invitation is found by its id.
    let note = format!("invitation {} is made", invitation.id);
    let maker = match invitation.invited_by {
        Some(by) => store.principal(by).await.map_err(refuse::store)?,
        None => None,
    };
    let invitation = view(invitation, maker.as_ref(), shared.ports.clock.now());
    let mut reply = reply::json(StatusCode::CREATED, &InvitationCreated { invitation, link, mail })?;
    reply.note = Some(note.into());
    Ok(reply)
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    let store = &shared.ports.store;
    let now = shared.ports.clock.now();
    let mut makers: HashMap<PrincipalId, Option<Principal>> = HashMap::new();
    let mut invitations = Vec::new();
    for invitation in store.invitations().await.map_err(refuse::store)? {
        if let Some(by) = invitation.invited_by
            && !makers.contains_key(&by)
        {
            makers.insert(by, store.principal(by).await.map_err(refuse::store)?);
        }
        let maker = invitation.invited_by.and_then(|by| makers.get(&by)).and_then(Option::as_ref);
        invitations.push(view(invitation, maker, now));
    }

    reply::ok(&InvitationList { invitations })
}

fn view(found: Invitation, maker: Option<&Principal>, now: UnixMillis) -> InvitationView {
    let open = now < found.expires_at && !maker.is_some_and(|maker| maker.disabled);
    let (app, role) = found.app.map(|(app, role)| (app, members::role(role))).unzip();
    InvitationView {
        id: found.id,
        email: found.email.to_string(),
        name: found.name.map(|name| name.to_string()),
        app,
        role,
        groups: found.groups,
        invited_by: found.invited_by,
        inviter: maker.map(|maker| maker.name.to_string()),
        mailed: found.mailed,
        sign_up: found.sign_up,
        open,
        created_at: found.created_at,
        expires_at: found.expires_at,
    }
}

pub(crate) async fn revoke(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let word = input::param(&asked.call, "invitation")?;

    let id = match word.parse::<CredentialId>() {
        Ok(id) => Some(id),
        Err(_) => {
            let email = email_address(&word).ok_or_else(|| {
                refuse::bad_input(format!(
                    "`{}` is neither the id of an invitation nor an e-mail address",
                    input::short(&word)
                ))
            })?;
            let all = shared.ports.store.invitations().await.map_err(refuse::store)?;
            all.into_iter().find(|invitation| invitation.email == email).map(|invitation| invitation.id)
        }
    };
    let removed = match id {
        Some(id) => shared.ports.store.remove_invitation(id).await.map_err(refuse::store)?.then_some(id),
        None => None,
    };
    let id = removed.ok_or_else(|| {
        refuse::not_found(format!("invitation `{}`", input::short(&word)))
            .next("it may be accepted or over; `serviceful invite list` shows those that there are")
    })?;

    let mut reply = reply::ok(&Removed { removed: id.to_string() })?;
    reply.note = Some(format!("invitation {id} was taken back").into());
    Ok(reply)
}
