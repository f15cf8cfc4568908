//! A store in memory, for tests of rooms. It passes the same contract suite as the databases do; nothing survives it.
mod groups;
mod key_values;
mod logins;
mod mails;
mod people;
mod requests;
mod roster;
mod secrets;

use std::{
    collections::{BTreeMap, HashSet},
    future::{Future, poll_fn, ready},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Poll,
};

pub use key_values::MemoryKeyValues;
use types::{AppName, CredentialId, DeploymentId, Digest, GroupName, PrincipalId, SecretName, UnixMillis};

use crate::{
    AccessRequest, Account, Answer, App, AppGroup, AppMember, Apps, Claim, Credential, Deployment, DeploymentState,
    Directory, Group, Invitation, Kept, Known, Link, Login, MemberRole, Principal, PrincipalKind, SealedSecret,
    SecretEntry, Session, StoreError, surplus,
};

#[derive(Default)]
struct Rooms {
    apps: BTreeMap<AppName, App>,
    deployments: Vec<Deployment>,
    members: BTreeMap<(AppName, PrincipalId), AppMember>,
    groups: BTreeMap<GroupName, Group>,
    group_people: BTreeMap<(GroupName, PrincipalId), UnixMillis>,
    app_groups: BTreeMap<(AppName, GroupName), AppGroup>,
    principals: BTreeMap<PrincipalId, Principal>,
    credentials: Vec<Credential>,
    claim: Option<Claim>,
    accounts: BTreeMap<PrincipalId, Account>,
    codes: HashSet<(PrincipalId, Digest)>,
    sessions: Vec<Session>,
    /// And whether it was used.
    links: Vec<(Link, bool)>,
    logins: Vec<Login>,
    /// Refresh secrets that were used up, and the login that they were of.
    spent: Vec<(Digest, CredentialId)>,
    invitations: Vec<Invitation>,
    mails: Vec<mails::Row>,
    /// And when it was denied.
    requests: Vec<(AccessRequest, Option<UnixMillis>)>,
    secrets: BTreeMap<(AppName, SecretName), (SealedSecret, SecretEntry)>,
}

/// Tables behind one lock.
#[derive(Default)]
pub struct MemoryStore {
    rooms: Mutex<Rooms>,
    held: AtomicBool,
    reads: AtomicU64,
    broken: AtomicBool,
}

impl MemoryStore {
    /// While held, an answer of [`Directory::credential`] is worked out at once but not handed over:
    /// a test can then change the store between the read and its use.
    pub fn hold_answers(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    /// How often [`Directory::credential`] was asked.
    pub fn credential_reads(&self) -> u64 {
        self.reads.load(Ordering::SeqCst)
    }

    /// While broken, [`Directory::credential`] fails.
    pub fn break_reads(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn conflict<T>(what: &str) -> Result<T, StoreError> {
    Err(StoreError::Conflict { what: what.to_owned() })
}

fn answer<'a, T: Send + 'a>(result: Result<T, StoreError>) -> Answer<'a, T> {
    Box::pin(ready(result))
}

impl Rooms {
    fn add_principal(&mut self, new: Principal) -> Result<(), StoreError> {
        if self.principals.contains_key(&new.id) {
            return conflict("the principal");
        }
        if let PrincipalKind::Service { app } = &new.kind {
            if !self.apps.contains_key(app) {
                return conflict("the service account of an unknown app");
            }
            if self.principals.values().any(|p| p.kind == new.kind && p.name == new.name) {
                return conflict("the service account's name");
            }
        }
        self.principals.insert(new.id, new);
        Ok(())
    }

    fn add_credential(&mut self, new: Credential) -> Result<(), StoreError> {
        if self.credentials.iter().any(|c| c.id == new.id || c.secret_hash == new.secret_hash) {
            return conflict("the credential");
        }
        if !self.principals.contains_key(&new.principal) {
            return conflict("the credential of an unknown principal");
        }
        let alive = |id| self.credentials.iter().any(|c| c.id == id && c.revoked_at.is_none());
        if new.parent.is_some_and(|parent| !alive(parent)) {
            return conflict("the credential of a parent that is revoked");
        }
        if let crate::Audience::App(app) = &new.audience
            && !self.apps.contains_key(app)
        {
            return conflict("the credential for an unknown app");
        }
        self.credentials.push(new);
        Ok(())
    }

    fn revoke(&mut self, id: CredentialId, at: UnixMillis) -> Option<Credential> {
        for c in self.credentials.iter_mut().filter(|c| c.id == id || c.parent == Some(id)) {
            c.revoked_at.get_or_insert(at);
        }
        self.credentials.iter().find(|c| c.id == id).cloned()
    }

    /// As a database with references does it: what was made with a purged credential goes along.
    fn purge(&mut self, before: UnixMillis) -> usize {
        let over = |c: &Credential| c.expires_at < before || c.revoked_at.is_some_and(|at| at < before);
        let gone: Vec<CredentialId> = self.credentials.iter().filter(|c| over(c)).map(|c| c.id).collect();
        self.credentials.retain(|c| !over(c) && !c.parent.is_some_and(|parent| gone.contains(&parent)));
        gone.len() + usize::from(self.claim.take_if(|claim| claim.expires_at < before).is_some())
    }

    fn prune(&mut self, name: &AppName, kept: &Kept) -> usize {
        let Some(app) = self.apps.get(name) else { return 0 };
        let mut history: Vec<&Deployment> = self.deployments.iter().rev().filter(|d| d.app == *name).collect();
        history.sort_by_key(|d| std::cmp::Reverse(d.created_at));
        let gone = surplus(history.into_iter().map(|d| (d.id, &d.state)), app.current, kept);
        self.deployments.retain(|d| d.app != *name || !gone.contains(&d.id));
        gone.len()
    }

    fn remove_app(&mut self, name: &AppName) -> bool {
        if self.apps.remove(name).is_none() {
            return false;
        }
        self.deployments.retain(|d| d.app != *name);
        self.members.retain(|(app, _), _| app != name);
        self.app_groups.retain(|(app, _), _| app != name);
        self.requests.retain(|(asked, _)| asked.app != *name);
        self.secrets.retain(|(app, _), _| app != name);
        let service = PrincipalKind::Service { app: name.clone() };
        self.principals.retain(|_, p| p.kind != service);
        let principals = &self.principals;
        let audience = crate::Audience::App(name.clone());
        self.credentials.retain(|c| c.audience != audience && principals.contains_key(&c.principal));
        self.sessions.retain(|s| s.app.as_ref() != Some(name));
        self.invitations.retain(|i| i.app.as_ref().is_none_or(|(app, _)| app != name));
        true
    }

    fn redeem(
        &mut self,
        code: Digest,
        now: UnixMillis,
        owner: Principal,
        first: Credential,
    ) -> Result<bool, StoreError> {
        if !self.claim.is_some_and(|claim| claim.code_hash == code && now < claim.expires_at) {
            return Ok(false);
        }
        let id = owner.id;
        self.add_principal(owner)?;
        if let Err(e) = self.add_credential(first) {
            self.principals.remove(&id);
            return Err(e);
        }
        self.claim = None;
        Ok(true)
    }

    fn switch(&mut self, name: &AppName, id: DeploymentId) -> Result<App, StoreError> {
        let ready = |d: &&Deployment| d.app == *name && d.id == id && d.state == DeploymentState::Ready;
        if self.deployments.iter().find(ready).is_none() {
            return conflict("the switch to a deployment that is not ready");
        }
        let Some(app) = self.apps.get_mut(name) else { return conflict("the switch of an unknown app") };
        app.current = Some(id);
        app.version += 1;
        Ok(app.clone())
    }
}

impl Directory for MemoryStore {
    fn principal(&self, id: PrincipalId) -> Answer<'_, Option<Principal>> {
        answer(Ok(self.lock().principals.get(&id).cloned()))
    }

    fn principals(&self, app: Option<AppName>) -> Answer<'_, Vec<Principal>> {
        let of = app.map(|app| PrincipalKind::Service { app });
        let mut all: Vec<Principal> = self.lock().principals.values().cloned().collect();
        all.retain(|p| of.as_ref().is_none_or(|kind| p.kind == *kind));
        all.sort_by_key(|p| (p.created_at, p.id));
        answer(Ok(all))
    }

    fn add_principal(&self, principal: Principal) -> Answer<'_, ()> {
        answer(self.lock().add_principal(principal))
    }

    fn set_disabled(&self, id: PrincipalId, disabled: bool) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let found = rooms.principals.get_mut(&id).map(|p| {
            p.disabled = disabled;
            p.version += 1;
        });
        let found = found.is_some();
        if disabled {
            rooms.sessions.retain(|s| s.person != id);
        }
        answer(Ok(found))
    }

    fn add_credential(&self, credential: Credential) -> Answer<'_, ()> {
        answer(self.lock().add_credential(credential))
    }

    fn credential(&self, secret_hash: Digest) -> Answer<'_, Option<Known>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) {
            return answer(Err(StoreError::Failed { doing: "read a credential", source: "broken on purpose".into() }));
        }
        let rooms = self.lock();
        let known = rooms.known(secret_hash);
        Box::pin(async move {
            self.until_released().await;
            Ok(known)
        })
    }

    fn credentials(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<Credential>> {
        let mut all = self.lock().credentials.clone();
        all.retain(|c| of.is_none_or(|id| c.principal == id));
        all.sort_by_key(|c| std::cmp::Reverse((c.created_at, c.id)));
        answer(Ok(all))
    }

    fn revoke_credential(&self, id: CredentialId, at: UnixMillis) -> Answer<'_, Option<Credential>> {
        answer(Ok(self.lock().revoke(id, at)))
    }

    fn purge_credentials(&self, before: UnixMillis) -> Answer<'_, usize> {
        answer(Ok(self.lock().purge(before)))
    }

    fn has_owner(&self) -> Answer<'_, bool> {
        let owner = |p: &Principal| p.kind == PrincipalKind::Person { owner: true } && !p.disabled;
        answer(Ok(self.lock().principals.values().any(owner)))
    }

    fn claim(&self) -> Answer<'_, Option<Claim>> {
        answer(Ok(self.lock().claim))
    }

    fn put_claim(&self, code_hash: Digest, expires_at: UnixMillis) -> Answer<'_, ()> {
        self.lock().claim = Some(Claim { code_hash, expires_at });
        answer(Ok(()))
    }

    fn redeem_claim(&self, code: Digest, now: UnixMillis, owner: Principal, first: Credential) -> Answer<'_, bool> {
        answer(self.lock().redeem(code, now, owner, first))
    }
}

impl MemoryStore {
    fn until_released(&self) -> impl Future<Output = ()> + Send + '_ {
        poll_fn(|cx| {
            if !self.held.load(Ordering::SeqCst) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }
}

impl Apps for MemoryStore {
    fn app(&self, name: AppName) -> Answer<'_, Option<App>> {
        answer(Ok(self.lock().apps.get(&name).cloned()))
    }

    fn apps(&self) -> Answer<'_, Vec<App>> {
        answer(Ok(self.lock().apps.values().cloned().collect()))
    }

    fn add_app(&self, name: AppName, at: UnixMillis, admin: Option<PrincipalId>) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        if rooms.apps.contains_key(&name) {
            return answer(Ok(false));
        }
        if let Some(principal) = admin {
            if !rooms.principals.contains_key(&principal) {
                return answer(conflict("the admin of the app"));
            }
            let member = AppMember { principal, role: MemberRole::Admin, added_at: at };
            rooms.members.insert((name.clone(), principal), member);
        }
        rooms.apps.insert(name.clone(), App { name, created_at: at, current: None, version: 1 });
        answer(Ok(true))
    }

    fn remove_app(&self, name: AppName) -> Answer<'_, bool> {
        answer(Ok(self.lock().remove_app(&name)))
    }

    fn add_deployment(&self, new: Deployment) -> Answer<'_, ()> {
        let mut rooms = self.lock();
        if !rooms.apps.contains_key(&new.app) {
            return answer(conflict("the deployment of an unknown app"));
        }
        match rooms.deployments.iter_mut().find(|d| d.app == new.app && d.id == new.id) {
            None => rooms.deployments.push(new),
            Some(old) if matches!(old.state, DeploymentState::Failed { .. }) => old.state = new.state,
            Some(_) => {}
        }
        answer(Ok(()))
    }

    fn deployment(&self, app: AppName, id: DeploymentId) -> Answer<'_, Option<Deployment>> {
        answer(Ok(self.lock().deployments.iter().find(|d| d.app == app && d.id == id).cloned()))
    }

    fn deployments(&self, app: AppName) -> Answer<'_, Vec<Deployment>> {
        let mut all: Vec<Deployment> = self.lock().deployments.iter().rev().filter(|d| d.app == app).cloned().collect();
        all.sort_by_key(|d| std::cmp::Reverse(d.created_at));
        answer(Ok(all))
    }

    fn set_deployment_state(&self, app: AppName, id: DeploymentId, state: DeploymentState) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let current = rooms.apps.get(&app).and_then(|app| app.current) == Some(id);
        let Some(found) = rooms.deployments.iter_mut().find(|d| d.app == app && d.id == id) else {
            return answer(Ok(false));
        };
        if current && state != DeploymentState::Ready {
            return answer(conflict("the new state of the current deployment"));
        }
        found.state = state;
        answer(Ok(true))
    }

    fn switch(&self, app: AppName, id: DeploymentId) -> Answer<'_, App> {
        answer(self.lock().switch(&app, id))
    }

    fn prune_deployments(&self, app: AppName, kept: Kept) -> Answer<'_, usize> {
        answer(Ok(self.lock().prune(&app, &kept)))
    }

    fn components_in_use(&self) -> Answer<'_, HashSet<Digest>> {
        let rooms = self.lock();
        let in_use = rooms.deployments.iter().filter(|d| !matches!(d.state, DeploymentState::Failed { .. }));
        answer(Ok(in_use.flat_map(|d| d.components.iter().map(|(_, digest)| *digest)).collect()))
    }

    fn members(&self, app: AppName) -> Answer<'_, Vec<AppMember>> {
        let rooms = self.lock();
        answer(Ok(rooms.members.iter().filter(|((of, _), _)| *of == app).map(|(_, m)| m.clone()).collect()))
    }

    fn put_member(&self, app: AppName, member: AppMember) -> Answer<'_, ()> {
        let mut rooms = self.lock();
        if !rooms.principals.contains_key(&member.principal) {
            return answer(conflict("the membership of an unknown principal"));
        }
        let Some(found) = rooms.apps.get_mut(&app) else {
            return answer(conflict("the membership of an unknown app"));
        };
        found.version += 1;
        rooms.requests.retain(|(asked, _)| asked.app != app || asked.person != member.principal);
        let role = member.role;
        rooms.members.entry((app, member.principal)).and_modify(|m| m.role = role).or_insert(member);
        answer(Ok(()))
    }

    fn put_members(&self, app: AppName, members: Vec<AppMember>, groups: Vec<AppGroup>) -> Answer<'_, ()> {
        let mut rooms = self.lock();
        if !rooms.has_room_for(&app, &groups) {
            return answer(conflict("the places of groups in the app"));
        }
        if members.iter().any(|member| !rooms.principals.contains_key(&member.principal)) {
            return answer(conflict("the membership of an unknown principal"));
        }
        let Some(found) = rooms.apps.get_mut(&app) else {
            return answer(conflict("the membership of an unknown app"));
        };
        found.version += 1;
        for member in members {
            rooms.requests.retain(|(asked, _)| asked.app != app || asked.person != member.principal);
            let role = member.role;
            rooms.members.entry((app.clone(), member.principal)).and_modify(|m| m.role = role).or_insert(member);
        }
        groups.into_iter().for_each(|group| rooms.place(&app, group));
        answer(Ok(()))
    }

    fn remove_member(&self, app: AppName, principal: PrincipalId) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let removed = rooms.members.remove(&(app.clone(), principal)).is_some();
        if let (true, Some(found)) = (removed, rooms.apps.get_mut(&app)) {
            found.version += 1;
        }
        answer(Ok(removed))
    }
}
