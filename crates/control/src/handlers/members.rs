//! The members of an app. Every change is published at once: the next request is decided with it.
use control_api::{Member, MemberList, PutMember, Removed, Role};
use gateway::{Ctx, Refusal, Reply};
use store::{AppMember, MemberRole, Principal, PrincipalKind};

use super::apps;
use crate::{
    input::{self, Query},
    refuse, release, reply,
    service::{Asked, Shared},
};

const fn role(role: MemberRole) -> Role {
    match role {
        MemberRole::Member => Role::Member,
        MemberRole::Admin => Role::Admin,
    }
}

fn shown(member: &AppMember, person: Option<&Principal>) -> Member {
    Member {
        person: member.principal,
        name: person.map_or_else(String::new, |p| p.name.to_string()),
        role: role(member.role),
        disabled: person.is_some_and(|p| p.disabled),
        added_at: member.added_at,
    }
}

/// The person that a segment of the path means: an id, or a name that only one person has.
async fn person(shared: &Shared, word: &str) -> Result<Principal, Refusal> {
    let unknown = || {
        refuse::not_found(format!("person `{}`", input::short(word)))
            .next("give the person's id (`p-…`), as their own `serviceful whoami` shows it")
    };
    if let Ok(id) = word.parse() {
        let found = shared.ports.store.principal(id).await.map_err(refuse::store)?.ok_or_else(unknown)?;
        return if is_person(&found) {
            Ok(found)
        } else {
            Err(refuse::bad_input("a service account cannot be a member; name it in `callers` of the manifest"))
        };
    }
    let all = shared.ports.store.principals(None).await.map_err(refuse::store)?;
    let mut named = all.into_iter().filter(|p| is_person(p) && *p.name == *word);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let sentence = format!("several people are called `{}`", input::short(word));
            Err(refuse::conflict(sentence).next("give the person's id instead"))
        }
        (None, _) => Err(unknown()),
    }
}

const fn is_person(principal: &Principal) -> bool {
    matches!(principal.kind, PrincipalKind::Person { .. })
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;

    apps::find(shared, &app).await?;
    let mut members = Vec::new();
    for member in shared.ports.store.members(app).await.map_err(refuse::store)? {
        let person = shared.ports.store.principal(member.principal).await.map_err(refuse::store)?;
        members.push(shown(&member, person.as_ref()));
    }

    reply::ok(&MemberList { members })
}

pub(crate) async fn put(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let app = input::app(&asked.call)?;
    let word = input::param(&asked.call, "person")?;
    let wanted: PutMember = input::json(&asked.head, asked.body).await?;

    apps::find(shared, &app).await?;
    let person = person(shared, &word).await?;

    let role = match wanted.role {
        Role::Member => MemberRole::Member,
        Role::Admin => MemberRole::Admin,
    };
    let member = AppMember { principal: person.id, role, added_at: cx.started_at };
    shared.ports.store.put_member(app.clone(), member.clone()).await.map_err(refuse::store)?;
    release::publish(shared, &app).await?;

    reply::ok(&shown(&member, Some(&person)))
}

pub(crate) async fn remove(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;
    let word = input::param(&asked.call, "person")?;

    apps::find(shared, &app).await?;
    let person = person(shared, &word).await?;

    if !shared.ports.store.remove_member(app.clone(), person.id).await.map_err(refuse::store)? {
        return Err(refuse::not_found(format!("member `{}` of `{app}`", input::short(&word))));
    }
    release::publish(shared, &app).await?;

    reply::ok(&Removed { removed: person.id.to_string() })
}
