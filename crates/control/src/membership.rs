//! Who becomes an admin of an app without being put there by hand: whoever made it, and the owners for what the host made.
use gateway::{
    Ctx, Refusal,
    events::{Event, Kind},
};
use store::{AppMember, MemberRole, PrincipalKind};
use types::{AppName, Caller, PrincipalId, UnixMillis};

use crate::{refuse, release, service::Shared};

/// Makes a principal an admin unless it is a member already; whether anything changed.
async fn join(shared: &Shared, app: &AppName, principal: PrincipalId, at: UnixMillis) -> Result<bool, Refusal> {
    let store = &shared.ports.store;
    let members = store.members(app.clone()).await.map_err(refuse::store)?;
    if members.iter().any(|m| m.principal == principal) {
        return Ok(false);
    }
    let admin = AppMember { principal, role: MemberRole::Admin, added_at: at };
    store.put_member(app.clone(), admin).await.map_err(refuse::store)?;
    note(shared, app, principal, at);
    Ok(true)
}

/// The audit log shows every way to become a member.
fn note(shared: &Shared, app: &AppName, principal: PrincipalId, at: UnixMillis) {
    let mut event = Event::platform(at, Kind::Control, "member-added", format!("{principal} is an admin now"));
    event.resource = app.as_str().into();
    event.app = Some(app.clone());
    if let Err(error) = shared.ports.record.record(&event) {
        tracing::error!(app.name = %app, "a new member could not be recorded: {error}");
    }
}

/// Every enabled owner of the platform.
async fn owners(shared: &Shared) -> Result<Vec<PrincipalId>, Refusal> {
    let all = shared.ports.store.principals(None).await.map_err(refuse::store)?;
    let enabled = all.into_iter().filter(|p| p.kind == PrincipalKind::Person { owner: true } && !p.disabled);
    Ok(enabled.map(|p| p.id).collect())
}

/// Whoever deploys may call what they deployed, and look after it. A new app is published here in any case, still without
/// functions: from here on its admins may look.
pub(crate) async fn on_deploy(
    shared: &Shared,
    cx: &Ctx,
    app: &AppName,
    caller: &Caller,
    is_new: bool,
) -> Result<(), Refusal> {
    let joining = match caller {
        // SECURITY: only an owner deploys to an app without being in it. Anybody else is here as an admin already, and if they
        // were taken out since that was decided, they stay out.
        Caller::Person(person) if person.owner => vec![person.id],
        Caller::Operator { .. } if is_new => owners(shared).await?,
        _ => Vec::new(),
    };
    let mut changed = is_new;
    for principal in joining {
        changed |= join(shared, app, principal, cx.started_at).await?;
    }
    if changed { release::publish(shared, app).await.map(drop) } else { Ok(()) }
}

/// Gives a new owner the apps that nobody is in: those that the host made before the platform had an owner.
pub(crate) async fn adopt(shared: &Shared, owner: PrincipalId) -> Result<(), Refusal> {
    let store = &shared.ports.store;
    for app in store.apps().await.map_err(refuse::store)? {
        if store.members(app.name.clone()).await.map_err(refuse::store)?.is_empty()
            && join(shared, &app.name, owner, shared.ports.clock.now()).await?
        {
            release::publish(shared, &app.name).await?;
        }
    }
    Ok(())
}
