//! Apps: list, look at, remove.
use std::sync::PoisonError;

use control_api::{AppDetail, AppList, AppSummary, FunctionView, Removed};
use gateway::{Names, Refusal, Reply};
use store::App;
use types::{Access, AppName, Assurance, Caller};

use crate::{
    deploy::Plan,
    input::{self, Query},
    refuse, release, reply,
    service::{Asked, Shared},
};

/// The app, or 404.
pub(crate) async fn find(shared: &Shared, name: &AppName) -> Result<App, Refusal> {
    let app = shared.ports.store.app(name.clone()).await.map_err(refuse::store)?;
    app.ok_or_else(|| unknown(name))
}

/// One answer for an app that does not exist and for one that the caller may not know of.
fn unknown(name: &AppName) -> Refusal {
    refuse::not_found(format!("app `{name}`")).next("`serviceful apps` lists those you may see")
}

/// The app when the caller may know of it: they belong to it, or something in it is open to whoever is signed in.
pub(crate) async fn find_for(shared: &Shared, caller: &Caller, name: &AppName) -> Result<App, Refusal> {
    let app = find(shared, name).await?;
    // SECURITY: names of apps are not for everybody; see `unknown`.
    if shows(shared, caller, name).await? || is_open(shared, &app).await? { Ok(app) } else { Err(unknown(name)) }
}

/// Whether people who do not belong to the app may call something in it.
async fn is_open(shared: &Shared, app: &App) -> Result<bool, Refusal> {
    let Some(id) = app.current else { return Ok(false) };
    let stored = shared.ports.store.deployment(app.name.clone(), id).await.map_err(refuse::store)?;
    let Some(stored) = stored else { return Ok(false) };
    // A rule of the app's own that permits has this word in it; whom it permits is for policy to say, at each call.
    if stored.policy.as_deref().is_some_and(|cedar| cedar.contains("permit")) {
        return Ok(true);
    }
    let plan = Plan::of_stored(&stored, &shared.ports.caps)?;
    Ok(plan.functions.iter().any(|target| matches!(target.access, Access::Public | Access::SignedIn)))
}

fn summary(names: &Names, app: &App) -> AppSummary {
    AppSummary {
        name: app.name.clone(),
        url: names.app_url(&app.name),
        current: app.current,
        created_at: app.created_at,
    }
}

/// Whether a list shows the app to the caller: owners and the operator see all, others those they belong to.
async fn shows(shared: &Shared, caller: &Caller, app: &AppName) -> Result<bool, Refusal> {
    match caller {
        Caller::Operator { .. } => Ok(true),
        Caller::Person(person) if person.owner => Ok(true),
        Caller::Person(person) => {
            let members = shared.ports.store.members(app.clone()).await.map_err(refuse::store)?;
            Ok(members.iter().any(|m| m.principal == person.id))
        }
        Caller::Service(service) => Ok(service.app == *app),
        Caller::Stranger => Ok(false),
    }
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    let mut apps = Vec::new();
    for app in shared.ports.store.apps().await.map_err(refuse::store)? {
        if shows(shared, &asked.caller, &app.name).await? {
            apps.push(summary(&shared.ports.names, &app));
        }
    }

    reply::ok(&AppList { apps })
}

pub(crate) async fn get(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let name = input::app(&asked.call)?;

    let app = find(shared, &name).await?;
    let mut detail =
        AppDetail { summary: summary(&shared.ports.names, &app), functions: Vec::new(), has_policy: false };
    if let Some(id) = app.current {
        let stored = shared.ports.store.deployment(name.clone(), id).await.map_err(refuse::store)?;
        if let Some(stored) = stored {
            detail.functions = functions(&Plan::of_stored(&stored, &shared.ports.caps)?);
            detail.has_policy = stored.policy.is_some();
        }
    }

    reply::ok(&detail)
}

fn functions(plan: &Plan) -> Vec<FunctionView> {
    let view = |target: &std::sync::Arc<types::FunctionTarget>| FunctionView {
        name: target.function.to_string(),
        route: target.route.to_string(),
        access: target.access,
        callers: target.callers.iter().map(ToString::to_string).collect(),
        min_assurance: Some(target.demand.assurance).filter(|least| *least > Assurance::None),
        max_auth_age_s: target.demand.max_age_s,
        component: target.component.to_string(),
        secrets: target.grants.secrets.iter().cloned().collect(),
        kv: Some(target.grants.kv.as_str().to_owned()).filter(|word| !word.is_empty()),
    };
    plan.functions.iter().map(view).collect()
}

pub(crate) async fn remove(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let name = input::app(&asked.call)?;

    if !release::remove(shared, &name).await? {
        return Err(refuse::not_found(format!("app `{name}`")));
    }
    shared.board.lock().unwrap_or_else(PoisonError::into_inner).forget(&name);

    reply::ok(&Removed { removed: name.to_string() })
}
