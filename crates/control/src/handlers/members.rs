//! The members of an app. Every change is published at once: the next request is decided with it.
use control_api::{Member, MemberList, PutMember, Removed, Role};
use gateway::{Ctx, Refusal, Reply};
use store::{AppMember, MemberRole, Principal, PrincipalKind};
use types::AppName;

use super::{apps, groups};
use crate::{
    input::{self, Query},
    refuse, release, reply,
    service::{Asked, Shared},
};

pub(crate) const fn role(role: MemberRole) -> Role {
    match role {
        MemberRole::Member => Role::Member,
        MemberRole::Admin => Role::Admin,
    }
}

/// How a service account is written where a person may be named too.
const SERVICE_PREFIX: &str = "service:";

/// A role in a word.
pub(super) const fn word(role: MemberRole) -> &'static str {
    match role {
        MemberRole::Member => "member",
        MemberRole::Admin => "admin",
    }
}

pub(super) fn shown(member: &AppMember, principal: Option<&Principal>) -> Member {
    Member {
        person: member.principal,
        name: principal.map_or_else(String::new, name),
        role: role(member.role),
        disabled: principal.is_some_and(|p| p.disabled),
        added_at: member.added_at,
    }
}

fn name(principal: &Principal) -> String {
    if is_person(principal) { principal.name.to_string() } else { format!("{SERVICE_PREFIX}{}", principal.name) }
}

/// Whom a segment of the path means: an id, a name that only one person has, or `service:NAME` for an account of the app.
async fn principal(shared: &Shared, app: &AppName, word: &str) -> Result<Principal, Refusal> {
    if let Some(name) = word.strip_prefix(SERVICE_PREFIX) {
        return account(shared, app, name).await;
    }
    let found = look(shared, word).await?.ok_or_else(|| {
        unknown(word).next(format!("{PERSONS_ID}, or write `service:NAME` for a service account of `{app}`"))
    })?;
    match &found.kind {
        // SECURITY: its tokens count at its own app alone; a membership elsewhere would only look as if it meant something.
        PrincipalKind::Service { app: own } if own != app => Err(refuse::bad_input(format!(
            "{} is a service account of another app, and its tokens count there alone; make one of `{app}`",
            found.id
        ))),
        PrincipalKind::Service { .. } | PrincipalKind::Person { .. } => Ok(found),
    }
}

/// How somebody is named without a doubt.
const PERSONS_ID: &str = "give the person's id (`p-…`), as their own `serviceful whoami` shows it";

fn unknown(word: &str) -> Refusal {
    refuse::not_found(format!("person `{}`", input::short(word)))
}

/// Whom an id means, or a name that only one person has. An id may be a service account's.
pub(super) async fn person(shared: &Shared, word: &str) -> Result<Principal, Refusal> {
    if word.starts_with(SERVICE_PREFIX) {
        let sentence = format!("`{}` means a service account, and this is about people", input::short(word));
        return Err(refuse::bad_input(sentence).next(PERSONS_ID));
    }
    look(shared, word).await?.ok_or_else(|| {
        unknown(word)
            .next(format!("{PERSONS_ID}; whoever looks after the platform finds it with `serviceful people list`"))
    })
}

async fn look(shared: &Shared, word: &str) -> Result<Option<Principal>, Refusal> {
    if let Ok(id) = word.parse() {
        return shared.ports.store.principal(id).await.map_err(refuse::store);
    }
    let mut named = shared.ports.store.people_named(word.into(), 2).await.map_err(refuse::store)?.into_iter();
    match (named.next(), named.next()) {
        (Some(_), Some(_)) => {
            let sentence = format!("several people are called `{}`", input::short(word));
            Err(refuse::conflict(sentence).next("give the person's id instead"))
        }
        (one, _) => Ok(one),
    }
}

async fn account(shared: &Shared, app: &AppName, name: &str) -> Result<Principal, Refusal> {
    let all = shared.ports.store.principals(Some(app.clone())).await.map_err(refuse::store)?;
    all.into_iter().find(|p| *p.name == *name).ok_or_else(|| {
        refuse::not_found(format!("service account `{}` of `{app}`", input::short(name)))
            .next(format!("`serviceful token create {app} NAME` makes one, with a token"))
    })
}

const fn is_person(principal: &Principal) -> bool {
    matches!(principal.kind, PrincipalKind::Person { .. })
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;

    apps::find(shared, &app).await?;
    let mut members = Vec::new();
    for member in shared.ports.store.members(app.clone()).await.map_err(refuse::store)? {
        let principal = shared.ports.store.principal(member.principal).await.map_err(refuse::store)?;
        members.push(shown(&member, principal.as_ref()));
    }

    let mut places = Vec::new();
    for place in shared.ports.store.app_groups(app).await.map_err(refuse::store)? {
        let size = groups::find(shared, &place.group).await?;
        places.push(groups::shown(&place, size.people));
    }

    reply::ok(&MemberList { members, groups: places })
}

pub(crate) async fn put(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let app = input::app(&asked.call)?;
    let word = input::param(&asked.call, "person")?;
    let wanted: PutMember = input::json(&asked.head, asked.body).await?;

    apps::find(shared, &app).await?;
    let principal = principal(shared, &app, &word).await?;

    let role = match wanted.role {
        Role::Member => MemberRole::Member,
        Role::Admin if is_person(&principal) => MemberRole::Admin,
        Role::Admin => {
            let sentence = "a service account calls functions and nothing else, so it cannot be an admin";
            return Err(refuse::bad_input(sentence).next("add it as a member"));
        }
    };
    let member = AppMember { principal: principal.id, role, added_at: cx.started_at };
    shared.ports.store.put_member(app.clone(), member.clone()).await.map_err(refuse::store)?;
    release::publish(shared, &app).await?;
    end_sessions(shared, &app, &principal).await?;

    reply::ok(&shown(&member, Some(&principal)))
}

/// Whoever's part changed signs in to the app anew (ASVS 7.4): policy knows already, and nothing older is left that could be asked.
pub(super) async fn end_sessions(shared: &Shared, app: &AppName, principal: &Principal) -> Result<(), Refusal> {
    let ended = shared.ports.sessions.end_all(principal.id, Some(app.clone()), None).await;
    ended.map(drop).map_err(refuse::store)
}

pub(crate) async fn remove(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;
    let word = input::param(&asked.call, "person")?;

    apps::find(shared, &app).await?;
    let principal = principal(shared, &app, &word).await?;

    if !shared.ports.store.remove_member(app.clone(), principal.id).await.map_err(refuse::store)? {
        return Err(refuse::not_found(format!("member `{}` of `{app}`", input::short(&word))));
    }
    release::publish(shared, &app).await?;
    end_sessions(shared, &app, &principal).await?;

    reply::ok(&Removed { removed: principal.id.to_string() })
}
