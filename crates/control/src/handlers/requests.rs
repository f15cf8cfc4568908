//! Requests for access: whoever looks after the app decides, once.
use control_api::{AccessDenied, AccessRequestList, AccessRequestView, ApproveAccess, Role};
use gateway::{Ctx, Refusal, Reply};
use store::{AppMember, MemberRole};
use types::AppName;

use super::{apps, members};
use crate::{
    input::{self, Query},
    refuse, release, reply,
    service::{Asked, Shared},
};

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;

    let store = &shared.ports.store;
    apps::find(shared, &app).await?;
    let open = store.access_requests(app).await.map_err(refuse::store)?;
    let mut requests = Vec::new();
    for request in open {
        let person = store.principal(request.person).await.map_err(refuse::store)?;
        let account = store.account(request.person).await.map_err(refuse::store)?;
        requests.push(AccessRequestView {
            person: request.person,
            name: person.map_or_else(String::new, |person| person.name.to_string()),
            email: account.map(|account| account.email.to_string()),
            message: request.message.to_string(),
            asked_at: request.asked_at,
        });
    }

    reply::ok(&AccessRequestList { requests })
}

fn none(app: &AppName, word: &str) -> Refusal {
    refuse::not_found(format!("open request of `{}` for access to `{app}`", input::short(word)))
        .next(format!("`serviceful members {app} requests` lists those that are open"))
}

pub(crate) async fn approve(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let app = input::app(&asked.call)?;
    let word = input::param(&asked.call, "person")?;
    let wanted: ApproveAccess = input::json(&asked.head, asked.body).await?;

    apps::find(shared, &app).await?;
    let person = members::person(shared, &word).await?;
    let role = match wanted.role {
        Some(Role::Admin) => MemberRole::Admin,
        Some(Role::Member) | None => MemberRole::Member,
    };
    let member = AppMember { principal: person.id, role, added_at: cx.started_at };
    if !shared.ports.store.approve_access(app.clone(), member.clone()).await.map_err(refuse::store)? {
        return Err(none(&app, &word));
    }
    release::publish(shared, &app).await?;
    members::end_sessions(shared, &app, &person).await?;

    let mut reply = reply::ok(&members::shown(&member, Some(&person)))?;
    reply.note = Some(format!("{} asked and is {} now", person.id, members::word(role)).into());
    Ok(reply)
}

pub(crate) async fn deny(shared: &Shared, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let app = input::app(&asked.call)?;
    let word = input::param(&asked.call, "person")?;

    apps::find(shared, &app).await?;
    let person = members::person(shared, &word).await?;
    if !shared.ports.store.deny_access(app.clone(), person.id, cx.started_at).await.map_err(refuse::store)? {
        return Err(none(&app, &word));
    }

    let mut reply = reply::ok(&AccessDenied { denied: person.id })?;
    reply.note = Some(format!("{} asked for access and was denied", person.id).into());
    Ok(reply)
}
