//! The room's handle, and the one place where an operation finds its handler.
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use control_api::{OPERATIONS, Op};
use gateway::{Body, ControlCall, ControlRoute, Ctx, Fut, MembershipPort, Permit, Refusal, Release, Reply, Work};
use http::request::Parts;
use types::{AppName, Caller, Digest, GroupName, PrincipalId, RouteError};

use crate::{
    CollectError, Collected, Ports, Refreshed, Restored, collect,
    deploy::{Board, Turns},
    handlers, membership, refresh, refuse, release,
    tasks::Tasks,
};

/// What all handlers and background tasks share.
pub(crate) struct Shared {
    pub(crate) ports: Ports,
    pub(crate) board: Mutex<Board>,
    pub(crate) turns: Turns,
    pub(crate) tasks: Tasks,
    /// INVARIANT: held from reading an app's state in the store until its release is published, so that releases are
    /// published in the order of their versions.
    pub(crate) releasing: tokio::sync::Mutex<()>,
    /// Uploads are held in memory whole to be checked; this bounds how many at once.
    pub(crate) uploads: tokio::sync::Semaphore,
    /// The groups that the manifest of each published app declares: whose changes it must be told.
    declared: Mutex<HashMap<AppName, Vec<GroupName>>>,
    /// Held from counting what is stored until an upload is stored, too.
    pub(crate) keeping: tokio::sync::Mutex<()>,
}

impl Shared {
    /// Remembers which groups a release declares.
    pub(crate) fn declare(&self, release: &Release) {
        let groups = release.groups.iter().filter(|group| group.declared).map(|group| group.name.clone()).collect();
        self.declared.lock().unwrap_or_else(PoisonError::into_inner).insert(release.app.clone(), groups);
    }

    pub(crate) fn forget_declared(&self, app: &AppName) {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner).remove(app);
    }

    /// Apps whose manifest declares this group.
    pub(crate) fn declaring(&self, group: &GroupName) -> Vec<AppName> {
        let declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        declared.iter().filter(|(_, groups)| groups.contains(group)).map(|(app, _)| app.clone()).collect()
    }
}

/// The control room. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
}

/// Uploads that may be in memory at the same time.
const UPLOADS_MAX: usize = 2;

impl Service {
    pub fn new(ports: Ports) -> Self {
        let shared = Shared {
            ports,
            board: Mutex::default(),
            turns: Turns::default(),
            tasks: Tasks::default(),
            releasing: tokio::sync::Mutex::default(),
            uploads: tokio::sync::Semaphore::new(UPLOADS_MAX),
            declared: Mutex::default(),
            keeping: tokio::sync::Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Publishes the current deployment of every app, and marks what a crash interrupted as failed. Called once, before
    /// the first request.
    pub async fn restore(&self) -> Result<Restored, store::StoreError> {
        release::restore(&self.shared).await
    }

    /// Takes away what nobody can use any more; an audit event says how much that was. Called from time to time.
    pub async fn collect(&self) -> Result<Collected, CollectError> {
        collect::run(&self.shared).await
    }

    /// Makes these ready for the present engine, where they are not; an audit event says how that went.
    pub async fn refresh(&self, components: HashSet<Digest>) -> Refreshed {
        refresh::run(&self.shared, components).await
    }

    /// Waits until deployments that have begun are through.
    pub async fn drain(&self) {
        self.shared.tasks.drain().await;
    }
}

impl MembershipPort for Service {
    fn adopt(&self, owner: PrincipalId) -> Fut<'_, Result<(), Refusal>> {
        Box::pin(membership::adopt(&self.shared, owner))
    }

    fn members_changed(&self, app: AppName) -> Fut<'_, Result<(), Refusal>> {
        Box::pin(async move { release::publish(&self.shared, &app).await.map(drop) })
    }

    fn group_changed(&self, group: GroupName) -> Fut<'_, Result<(), Refusal>> {
        Box::pin(async move {
            let places = self.shared.ports.store.apps_of_group(group.clone()).await.map_err(refuse::store)?;
            let places: Vec<AppName> = places.into_iter().map(|(app, _)| app).collect();
            release::publish_group(&self.shared, &group, &places).await
        })
    }
}

impl Work for Service {
    fn work<'a>(&'a self, cx: &'a Ctx, permit: Permit) -> Fut<'a, Result<Reply, Refusal>> {
        Box::pin(async move {
            let (call, caller, head, body) =
                permit.into_control().map_err(|_| Refusal::internal("control was given a call of a function"))?;
            let op = Op::of_id(call.operation)
                .ok_or_else(|| Refusal::internal(format!("there is no operation `{}`", call.operation)))?;
            dispatch(&self.shared, cx, op, Asked { call, caller, head, body }).await
        })
    }
}

/// One operation as asked for and permitted.
pub(crate) struct Asked {
    pub(crate) call: ControlCall,
    pub(crate) caller: Arc<Caller>,
    pub(crate) head: Parts,
    pub(crate) body: Body,
}

/// What policy decided about is what is done: the intent's operation, and no second reading of method or path.
async fn dispatch(shared: &Arc<Shared>, cx: &Ctx, op: Op, asked: Asked) -> Result<Reply, Refusal> {
    use handlers::{
        about, apps, audit, breach_list, callers, claim, components, deployments, directory_import, groups, import,
        invitations, keys, logs, mails, members, people, requests, secrets, tokens, why,
    };
    match op {
        Op::ClaimRedeem => claim::redeem(shared, asked).await,
        Op::ClaimIssue => claim::issue(shared, asked).await,
        Op::Whoami => about::whoami(&asked),
        Op::AppsList => apps::list(shared, asked).await,
        Op::AppGet => apps::get(shared, asked).await,
        Op::AppRemove => apps::remove(shared, asked).await,
        Op::ComponentsMissing => components::missing(shared, asked).await,
        Op::ComponentPut => components::put(shared, asked).await,
        Op::DeploymentCreate => deployments::create(shared, cx, asked).await,
        Op::DeploymentReview => deployments::review(shared, asked).await,
        Op::DeploymentsList => deployments::list(shared, asked).await,
        Op::DeploymentGet => deployments::get(shared, asked).await,
        Op::AppRollback => deployments::rollback(shared, asked).await,
        Op::AppLogs => logs::read(shared, asked).await,
        Op::MembersList => members::list(shared, asked).await,
        Op::MemberPut => members::put(shared, cx, asked).await,
        Op::MemberRemove => members::remove(shared, asked).await,
        Op::MembersImport => import::import(shared, cx, asked).await,
        Op::AccessRequestsList => requests::list(shared, asked).await,
        Op::AccessRequestApprove => requests::approve(shared, cx, asked).await,
        Op::AccessRequestDeny => requests::deny(shared, cx, asked).await,
        Op::AppGroupPut => groups::put_in_app(shared, cx, asked).await,
        Op::AppGroupRemove => groups::remove_from_app(shared, asked).await,
        Op::SecretsList => secrets::list(shared, asked).await,
        Op::SecretPut => secrets::put(shared, cx, asked).await,
        Op::SecretRemove => secrets::remove(shared, asked).await,
        Op::FunctionCallers => callers::list(shared, asked).await,
        Op::GroupsList => groups::list(shared, asked).await,
        Op::GroupCreate => groups::create(shared, cx, asked).await,
        Op::GroupGet => groups::get(shared, asked).await,
        Op::GroupRemove => groups::remove(shared, asked).await,
        Op::GroupAdd => groups::add(shared, cx, asked).await,
        Op::GroupTake => groups::take(shared, asked).await,
        Op::PersonPut => people::put(shared, asked).await,
        Op::PersonRename => people::rename(shared, asked).await,
        Op::PeopleImport => directory_import::import(shared, cx, asked).await,
        Op::PeopleList => people::list(shared, asked).await,
        Op::PersonRemove => people::remove(shared, asked).await,
        Op::SessionsList => people::sessions(shared, asked).await,
        Op::SessionsEnd => people::end_sessions(shared, asked).await,
        Op::EverythingEnd => people::end_everything(shared, asked).await,
        Op::InvitationCreate => invitations::create(shared, asked).await,
        Op::InvitationsList => invitations::list(shared, asked).await,
        Op::InvitationRevoke => invitations::revoke(shared, asked).await,
        Op::ResetCreate => people::reset(shared, asked).await,
        Op::BreachListGet => breach_list::get(shared, asked).await,
        Op::BreachListPut => breach_list::put(shared, asked).await,
        Op::BreachListRemove => breach_list::remove(shared, asked).await,
        Op::MailsList => mails::list(shared, asked).await,
        Op::MailRetry => mails::retry(shared, asked).await,
        Op::MailTest => mails::test(shared, asked).await,
        Op::AppTokensList => tokens::list_of_app(shared, asked).await,
        Op::AppTokenCreate => tokens::create_for_service(shared, asked).await,
        Op::AppTokenRevoke => tokens::revoke_of_app(shared, asked).await,
        Op::TokensList => tokens::list_own(shared, asked).await,
        Op::CallTokenCreate => tokens::create_call(shared, asked).await,
        Op::TokenRevoke => tokens::revoke_own(shared, asked).await,
        Op::AuditList => audit::list(shared, asked).await,
        Op::AuditVerify => audit::verify(shared, asked).await,
        Op::AuditFile => audit::file(shared, asked).await,
        Op::RequestExplain => why::explain(shared, asked).await,
        Op::KeysList => keys::list(shared, asked).await,
        Op::KeysRotate => keys::rotate(shared, asked).await,
        Op::PostureGet => about::posture(shared, &asked),
        Op::ResourceMetadata => about::metadata(shared, &asked),
    }
}

/// The table of operations as the gateway's router takes it.
pub fn routes() -> Result<Vec<ControlRoute>, RouteError> {
    let route = |row: &control_api::Operation| {
        Ok(ControlRoute {
            operation: row.id(),
            pattern: format!("{} {}", row.method, row.path).parse()?,
            action: row.action,
            of_app: row.of_app,
            mutates: row.mutates,
            on_apps: row.on_apps,
        })
    };
    OPERATIONS.iter().map(route).collect()
}
