//! Releases: what the other rooms must know of an app, published whole and in the order of its versions.
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use control_api::DeploymentFailure;
use gateway::{Refusal, Release, ReleaseGroup, events::Who};
use store::{App, DeploymentState, MemberRole, StoreError};
use types::{AppName, Code, DeploymentId, Digest, GroupName, counted};

use crate::{
    deploy::{Ended, Plan, record},
    refuse,
    service::Shared,
};

/// What a start found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// Apps that were published.
    pub apps: usize,
    /// Deployments that a crash had interrupted.
    pub interrupted: usize,
    /// Apps that could not be published, with the reason.
    pub failed: Vec<(AppName, String)>,
    /// What the published apps are made of.
    pub components: HashSet<Digest>,
}

impl std::fmt::Display for Restored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} published", counted(self.apps, "app", "apps"))?;
        if self.interrupted > 0 {
            write!(f, ", {} had been interrupted", counted(self.interrupted, "deployment", "deployments"))?;
        }
        for (app, reason) in &self.failed {
            write!(f, ", `{app}` could not be published: {reason}")?;
        }
        Ok(())
    }
}

/// The release of an app as the store has it now.
pub(crate) async fn release_of(shared: &Shared, app: &App) -> Result<Release, Refusal> {
    let store = &shared.ports.store;
    let members = store.members(app.name.clone()).await.map_err(refuse::store)?;
    let members = members.into_iter().map(|m| (m.principal, m.role == MemberRole::Admin)).collect();
    let mut release = Release {
        app: app.name.clone(),
        version: app.version,
        deployment: app.current,
        functions: Vec::new(),
        members,
        groups: Vec::new(),
        cedar: None,
    };
    let mut declared = Vec::new();
    if let Some(id) = app.current {
        let stored = store.deployment(app.name.clone(), id).await.map_err(refuse::store)?;
        let stored = stored.ok_or_else(|| Refusal::internal(format!("deployment {id} of `{}` is gone", app.name)))?;
        let plan = Plan::of_stored(&stored, &shared.ports.caps)?;
        (release.functions, declared) = (plan.functions, plan.groups);
        release.cedar = stored.policy;
    }
    release.groups = groups_of(shared, &app.name, &declared).await?;
    Ok(release)
}

/// The groups that mean something to an app: those among its members, and those that its manifest declares.
pub(crate) async fn groups_of(
    shared: &Shared,
    app: &AppName,
    declared: &[GroupName],
) -> Result<Vec<ReleaseGroup>, Refusal> {
    let store = &shared.ports.store;
    let places = store.app_groups(app.clone()).await.map_err(refuse::store)?;
    let mut roles: BTreeMap<GroupName, Option<bool>> = declared.iter().map(|name| (name.clone(), None)).collect();
    roles.extend(places.into_iter().map(|place| (place.group, Some(place.role == MemberRole::Admin))));
    let mut groups = Vec::new();
    for (name, admin) in roles {
        let people = store.whole_group(name.clone()).await.map_err(refuse::store)?;
        let declared = declared.contains(&name);
        groups.push(ReleaseGroup { name, admin, declared, people });
    }
    Ok(groups)
}

/// Tells every port, in order; stops at the first that refuses.
fn tell(shared: &Shared, release: Release) -> Result<(), Refusal> {
    tell_all(shared, &Arc::new(release))
}

fn tell_all(shared: &Shared, release: &Arc<Release>) -> Result<(), Refusal> {
    for port in &shared.ports.releases {
        port.publish(release)
            .map_err(|e| Refusal::internal(format!("a release of `{}` was refused: {e}", release.app)))?;
    }
    shared.declare(release);
    Ok(())
}

/// Tells what became of a group to every app that it means something to: `places`, as the store found them, and those whose
/// manifests declare it. Each of them is tried; the first that could not be told is the answer.
pub(crate) async fn publish_group(shared: &Shared, group: &GroupName, places: &[AppName]) -> Result<(), Refusal> {
    let apps: BTreeSet<AppName> = places.iter().cloned().chain(shared.declaring(group)).collect();
    publish_each(shared, apps).await
}

/// As [`publish`], for several apps.
pub(crate) async fn publish_each(shared: &Shared, apps: impl IntoIterator<Item = AppName>) -> Result<(), Refusal> {
    let mut failed = None;
    for app in apps {
        if let Err(refusal) = publish(shared, &app).await {
            failed.get_or_insert(refusal);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Publishes an app as the store has it now: after a new member, say. `None`: the app is gone.
pub(crate) async fn publish(shared: &Shared, app: &AppName) -> Result<Option<Arc<Release>>, Refusal> {
    let _order = shared.releasing.lock().await;
    let Some(app) = shared.ports.store.app(app.clone()).await.map_err(refuse::store)? else { return Ok(None) };
    let release = Arc::new(release_of(shared, &app).await?);
    tell_all(shared, &release).map(|()| Some(release))
}

/// Makes a ready deployment the one that answers. Switching to the current one changes nothing.
pub(crate) async fn switch(shared: &Shared, name: &AppName, id: DeploymentId) -> Result<App, Refusal> {
    let _order = shared.releasing.lock().await;
    let store = &shared.ports.store;
    let before = store.app(name.clone()).await.map_err(refuse::store)?;
    let before = before.ok_or_else(|| refuse::not_found(format!("app `{name}`")))?;
    if before.current == Some(id) {
        return Ok(before);
    }
    let app = store.switch(name.clone(), id).await.map_err(refuse::store)?;
    let published = match release_of(shared, &app).await {
        Ok(release) => tell(shared, release),
        Err(refusal) => Err(refusal),
    };
    if let Err(refusal) = published {
        go_back(shared, &before).await;
        return Err(refusal);
    }
    Ok(app)
}

/// Undoes a switch that could not be published to every room, so that all of them and the store agree again.
async fn go_back(shared: &Shared, before: &App) {
    let Some(former) = before.current else {
        // There is nothing to go back to: the app answers nothing rather than half of something.
        withdraw(shared, &before.name);
        return;
    };
    let back = match shared.ports.store.switch(before.name.clone(), former).await {
        Ok(app) => match release_of(shared, &app).await {
            Ok(release) => tell(shared, release),
            Err(refusal) => Err(refusal),
        },
        Err(error) => Err(refuse::store(error)),
    };
    if let Err(refusal) = back {
        tracing::error!(app.name = %before.name, "an app could not go back to its former deployment: {}", refusal.reason);
        withdraw(shared, &before.name);
    }
}

fn withdraw(shared: &Shared, app: &AppName) {
    shared.forget_declared(app);
    // The other way round than publishing: what is unreachable can lose its protection, never before.
    for port in shared.ports.releases.iter().rev() {
        port.withdraw(app);
    }
}

/// Removes an app; `false` when there was none.
pub(crate) async fn remove(shared: &Shared, app: &AppName) -> Result<bool, Refusal> {
    let _order = shared.releasing.lock().await;
    let removed = shared.ports.store.remove_app(app.clone()).await.map_err(refuse::store)?;
    if removed {
        withdraw(shared, app);
        shared.ports.credentials.forget_app(app);
        if let Err(error) = shared.ports.key_values.remove(app.clone()).await {
            // SECURITY: nobody can reach it any more. The next app of this name begins with nothing, or not at all, and the next
            // start removes what belongs to no app.
            tracing::error!(app.name = %app, "the keys of a removed app are still there: {error}");
        }
    }
    Ok(removed)
}

/// Records what a crash ended. The request and its credential are in the log beside `control-begin`.
async fn interrupted(shared: &Shared, deployment: &store::Deployment, failed: DeploymentFailure) {
    let kind = if deployment.created_by.is_some() { "person" } else { "operator" };
    let who = Who { kind: kind.into(), id: deployment.created_by, credential: None };
    let ended = Ended { app: &deployment.app, id: deployment.id, who, request: None, note: None };
    record(shared, ended, Some(&failed)).await;
}

pub(crate) async fn restore(shared: &Shared) -> Result<Restored, StoreError> {
    let store = &shared.ports.store;
    let mut restored = Restored::default();
    let apps = store.apps().await?;
    let known = apps.iter().map(|app| app.name.clone()).collect();
    let orphans = shared.ports.key_values.keep_only(known).await?;
    if orphans > 0 {
        tracing::warn!("removed the keys of {} that had been removed before", counted(orphans, "app", "apps"));
    }
    for app in apps {
        for deployment in store.deployments(app.name.clone()).await? {
            if deployment.state == DeploymentState::Preparing {
                let failed = DeploymentFailure {
                    code: Code::CTL_CONFLICT.as_str().to_owned(),
                    reason: "interrupted, deploy again".to_owned(),
                };
                let state = DeploymentState::Failed { code: failed.code.clone(), reason: failed.reason.clone() };
                store.set_deployment_state(app.name.clone(), deployment.id, state).await?;
                interrupted(shared, &deployment, failed).await;
                restored.interrupted += 1;
            }
        }
        match publish(shared, &app.name).await {
            Ok(release) => {
                restored.apps += 1;
                let functions = release.iter().flat_map(|release| &release.functions);
                restored.components.extend(functions.map(|function| function.component));
            }
            // One app that cannot be published must not keep the others down.
            Err(refusal) => {
                let shown = refusal.detail.unwrap_or(refusal.reason);
                tracing::error!(app.name = %app.name, "an app could not be restored: {shown}");
                restored.failed.push((app.name.clone(), shown));
            }
        }
    }
    Ok(restored)
}
