//! Deployments: make, look at, go back.
use std::sync::{Arc, PoisonError};

use control_api::{
    COMPONENTS_MAX, ComponentProgress, ComponentStage, CreateDeployment, DeploymentList, DeploymentView, Rollback,
};
use gateway::{Ctx, Declared, Refusal, Reply, events::Who};
use http::StatusCode;
use manifest::Manifest;
use store::{App, Deployment, DeploymentState};
use types::{AppName, Caller, Code, DeploymentId, Digest, GroupName, PrincipalId, UnixMillis};

use super::{apps, components, secrets};
use crate::{
    deploy::{self, Job, Plan, Seen, UnderWay},
    input::{self, Query},
    membership, refuse, release, reply,
    review::{self, Next},
    service::{Asked, Shared},
};

pub(crate) async fn create(shared: &Arc<Shared>, cx: &Ctx, asked: Asked) -> Result<Reply, Refusal> {
    let name = input::app(&asked.call)?;
    let wanted: CreateDeployment = input::json(&asked.head, asked.body).await?;

    let (id, plan) = check(shared, &name, &wanted).await?;
    if wanted.review.is_some() {
        review::agreed(&review::of(shared, &name, next(id, &plan, &wanted)).await?, wanted.review)?;
    }
    let turn = shared.turns.take(&name).ok_or_else(|| {
        refuse::conflict(format!("too many deployments of `{name}` wait")).next("wait until they are through")
    })?;

    // From here on: the app may be a new one, and is published while this is kept.
    let under_way = UnderWay::begin(shared, &name);
    let seen = wanted.review;
    let deployment = keep(shared, cx, name.clone(), id, wanted, &asked.caller).await?;
    let job = {
        let mut board = shared.board.lock().unwrap_or_else(PoisonError::into_inner);
        // The same contents are on their way already: one run serves both.
        (!board.is_under_way(&name, id)).then(|| {
            let ticket = board.begin(&name, id, waiting(&deployment));
            let who = Who::from(&*asked.caller);
            Job { app: name.clone(), id, plan, ticket, turn, who, request: cx.request, seen, under_way }
        })
    };
    if let Some(job) = job {
        shared.tasks.spawn(deploy::run(shared.clone(), job));
    }

    reply::json(StatusCode::ACCEPTED, &view(shared, &deployment).await?)
}

/// Everything that can be known to be wrong before anything is kept.
async fn check(shared: &Shared, app: &AppName, wanted: &CreateDeployment) -> Result<(DeploymentId, Plan), Refusal> {
    let (id, plan) = plan(shared, app, wanted)?;
    known_groups(shared, &plan.groups).await?;
    components::check(shared, plan.components.clone()).await?;
    Ok((id, plan))
}

/// What manifest and rules mean.
fn plan(shared: &Shared, app: &AppName, wanted: &CreateDeployment) -> Result<(DeploymentId, Plan), Refusal> {
    if wanted.components.len() > COMPONENTS_MAX {
        return Err(refuse::bad_input(format!("a deployment has at most {COMPONENTS_MAX} components")));
    }
    let manifest = deploy::parse(&wanted.manifest)?;
    let named: Vec<(&str, Digest)> = wanted.components.iter().map(|(path, digest)| (path.as_str(), *digest)).collect();
    let id = deploy::deployment_id(app, &wanted.manifest, wanted.policy.as_deref(), &named);
    let plan = Plan::of(&manifest, app, id, &wanted.components, &shared.ports.caps)?;
    if let Some(extra) = wanted.components.keys().find(|path| !plan.components.iter().any(|c| c.path == **path)) {
        return Err(refuse::bad_input(format!(
            "`components` names `{}`, which the manifest does not",
            input::short(extra)
        )));
    }
    check_policy(shared, app, &manifest, wanted.policy.as_deref())?;
    Ok((id, plan))
}

/// What it would permit that is not permitted now. Asked before anything is uploaded.
pub(crate) async fn review(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let name = input::app(&asked.call)?;
    let wanted: CreateDeployment = input::json(&asked.head, asked.body).await?;

    let (id, plan) = plan(shared, &name, &wanted)?;
    known_groups(shared, &plan.groups).await?;

    reply::ok(&review::of(shared, &name, next(id, &plan, &wanted)).await?)
}

fn next(id: DeploymentId, plan: &Plan, wanted: &CreateDeployment) -> Next {
    Next {
        id,
        functions: plan.functions.clone(),
        groups: plan.groups.clone(),
        cedar: wanted.policy.as_deref().map(Arc::from),
    }
}

fn check_policy(shared: &Shared, app: &AppName, manifest: &Manifest, cedar: Option<&str>) -> Result<(), Refusal> {
    let manifest_says = |sentence: String| Refusal::new(Code::CTL_MANIFEST, sentence.clone()).detail(sentence);
    match (manifest.policy.as_deref(), cedar) {
        (None, None) => Ok(()),
        // SECURITY: a rule file that gets lost on the way would leave only the wider word of `access`.
        (Some(path), None) => Err(manifest_says(format!("the manifest names `{path}`, but no policy was sent"))),
        (None, Some(_)) => Err(manifest_says("a policy was sent that the manifest does not name".to_owned())),
        (Some(path), Some(cedar)) => {
            let functions: Vec<_> = manifest.functions.iter().map(|f| f.name.clone()).collect();
            let declared = Declared { functions: &functions, groups: &manifest.groups };
            let checked = shared.ports.policy.check(app, cedar, Some(declared));
            checked.map_err(|problem| manifest_says(format!("`{}`: {}", input::short(path), problem.message)))
        }
    }
}

/// SECURITY: a rule about a group that is not there, by a slip of the hand, would forbid nothing and look as if it did. One that is
/// removed later has nobody in it, which is what its rules then say.
async fn known_groups(shared: &Shared, declared: &[GroupName]) -> Result<(), Refusal> {
    let known = shared.ports.store.groups().await.map_err(refuse::store)?;
    let missing = declared.iter().find(|name| !known.iter().any(|known| known.group.name == **name));
    let Some(missing) = missing else { return Ok(()) };
    let sentence = format!("the manifest declares the group `{missing}`, and there is none of that name");
    Err(Refusal::new(Code::CTL_MANIFEST, sentence.clone())
        .detail(sentence)
        .next(format!("correct the name, or have the group made: `serviceful groups create {missing}`")))
}

/// Writes app and deployment down, and whoever thereby gets into the app.
async fn keep(
    shared: &Shared,
    cx: &Ctx,
    app: AppName,
    id: DeploymentId,
    wanted: CreateDeployment,
    caller: &Caller,
) -> Result<Deployment, Refusal> {
    let store = &shared.ports.store;
    let by = caller.principal();
    let is_new = add_app(shared, &app, cx.started_at, by).await?;
    membership::on_deploy(shared, cx, &app, caller, is_new).await?;
    let deployment = Deployment {
        app: app.clone(),
        id,
        manifest: wanted.manifest.into(),
        policy: wanted.policy.map(Arc::from),
        components: wanted.components.into_iter().map(|(path, digest)| (Arc::from(path), digest)).collect(),
        state: DeploymentState::Preparing,
        created_at: cx.started_at,
        created_by: by,
    };
    let known = store.deployment(app, id).await.map_err(refuse::store)?;
    match known {
        Some(known) if !matches!(known.state, DeploymentState::Failed { .. }) => Ok(known),
        _ => store.add_deployment(deployment.clone()).await.map_err(refuse::store).map(|()| deployment),
    }
}

/// Adds the app if it is new; `false` when it is there.
async fn add_app(shared: &Shared, app: &AppName, at: UnixMillis, admin: Option<PrincipalId>) -> Result<bool, Refusal> {
    let store = &shared.ports.store;
    // A removal of an app of this name is through with all of it before the next one begins.
    let _order = shared.releasing.lock().await;
    if !store.add_app(app.clone(), at, admin).await.map_err(refuse::store)? {
        return Ok(false);
    }
    // SECURITY: a new app begins with nothing of an earlier one's, or not at all.
    if let Err(error) = shared.ports.key_values.begin(app.clone()).await {
        store.remove_app(app.clone()).await.map_err(refuse::store)?;
        return Err(refuse::store(error));
    }
    Ok(true)
}

fn waiting(deployment: &Deployment) -> Vec<ComponentProgress> {
    let component = |(path, digest): &(Arc<str>, Digest)| ComponentProgress {
        path: path.to_string(),
        digest: *digest,
        stage: ComponentStage::Waiting,
        inspected: None,
    };
    deployment.components.iter().map(component).collect()
}

/// The deployments of an app as they are seen now.
async fn views(shared: &Shared, name: &AppName, deployments: &[Deployment]) -> Result<Vec<DeploymentView>, Refusal> {
    let news = shared.board.lock().unwrap_or_else(PoisonError::into_inner).news(name);
    let app = apps::find(shared, name).await?;
    let seen = Seen { names: &shared.ports.names, news, app: &app };
    Ok(deployments.iter().map(|d| seen.view(d)).collect())
}

async fn view(shared: &Shared, deployment: &Deployment) -> Result<DeploymentView, Refusal> {
    let mut views = views(shared, &deployment.app, std::slice::from_ref(deployment)).await?;
    let mut view = views.pop().ok_or_else(|| Refusal::internal("a deployment has no view"))?;
    // One that does not fit today's caps any more has nothing to say about secrets either.
    if let Ok(plan) = Plan::of_stored(deployment, &shared.ports.caps) {
        let wanted = plan.functions.iter().flat_map(|target| target.grants.secrets.iter().cloned());
        view.secrets_missing = secrets::missing(shared, &deployment.app, wanted).await?;
    }
    Ok(view)
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let name = input::app(&asked.call)?;

    let deployments = shared.ports.store.deployments(name.clone()).await.map_err(refuse::store)?;

    reply::ok(&DeploymentList { deployments: views(shared, &name, &deployments).await? })
}

pub(crate) async fn get(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let name = input::app(&asked.call)?;
    let id: DeploymentId = input::parsed(&asked.call, "deployment")?;

    let deployment = shared.ports.store.deployment(name.clone(), id).await.map_err(refuse::store)?;
    let deployment = deployment.ok_or_else(|| refuse::not_found(format!("deployment {id} of `{name}`")))?;

    reply::ok(&view(shared, &deployment).await?)
}

pub(crate) async fn rollback(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let name = input::app(&asked.call)?;
    let Rollback { to } = input::json(&asked.head, asked.body).await?;

    let app = apps::find(shared, &name).await?;
    let deployments = shared.ports.store.deployments(name.clone()).await.map_err(refuse::store)?;
    let chosen = match &to {
        Some(text) => named(&deployments, text)?,
        None => former(&app, &deployments)?,
    };
    if let DeploymentState::Failed { reason, .. } = &chosen.state {
        return Err(refuse::conflict(format!("deployment {} failed: {reason}", chosen.id.short())));
    }

    let plan = Plan::of_stored(chosen, &shared.ports.caps)?;
    deploy::prepare_again(shared, &plan).await?;
    let opened = review::of(shared, &name, Next::of_stored(chosen, &plan)).await?;
    release::switch(shared, &name, chosen.id).await?;

    let mut reply = reply::ok(&view(shared, chosen).await?)?;
    reply.note = review::note(&opened);
    Ok(reply)
}

/// The deployment that `text` names: the whole digest, or enough of its first digits.
fn named<'d>(deployments: &'d [Deployment], text: &str) -> Result<&'d Deployment, Refusal> {
    const DIGITS_MIN: usize = 8;
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    if digits.len() < DIGITS_MIN || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        let shown = input::short(text);
        return Err(refuse::bad_input(format!(
            "`{shown}` is no deployment; give at least {DIGITS_MIN} of its hex digits"
        )));
    }
    let mut found = deployments.iter().filter(|d| d.id.hex().starts_with(digits));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(refuse::conflict(format!("`{digits}` fits several deployments; give more digits"))),
        (None, _) => Err(refuse::not_found(format!("deployment `{digits}`"))),
    }
}

/// The newest ready deployment before the current one.
fn former<'d>(app: &App, deployments: &'d [Deployment]) -> Result<&'d Deployment, Refusal> {
    let before_current = deployments.iter().skip_while(|d| Some(d.id) != app.current).skip(1);
    let mut ready = before_current.filter(|d| d.state == DeploymentState::Ready);
    ready.next().ok_or_else(|| {
        refuse::conflict(format!("`{}` has no ready deployment before the current one", app.name))
            .next(format!("`serviceful deployments {}` lists them; name one with `--to`", app.name))
    })
}
