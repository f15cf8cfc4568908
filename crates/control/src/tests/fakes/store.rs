//! The store: the contract of `store` in a few maps, open for tests to look into and to break.
use std::{
    collections::{BTreeMap, HashSet},
    sync::Mutex,
};

use store::{
    Answer, App, AppGroup, AppMember, Apps, Credential, Deployment, DeploymentState, Directory, Known, NewSecret,
    Principal, PrincipalKind, SealedSecret, SecretEntry, StoreError,
};
use types::{AppName, CredentialId, DeploymentId, Digest, PrincipalId, SECRETS_MAX, SecretName, UnixMillis};

type Secrets = BTreeMap<(AppName, SecretName), (SealedSecret, SecretEntry)>;

/// The contract of `store` in a few maps.
#[derive(Default)]
pub(in crate::tests) struct MemoryStore {
    pub(in crate::tests) apps: Mutex<BTreeMap<AppName, App>>,
    pub(in crate::tests) deployments: Mutex<Vec<Deployment>>,
    pub(in crate::tests) members: Mutex<Vec<(AppName, AppMember)>>,
    pub(in crate::tests) principals: Mutex<Vec<Principal>>,
    pub(super) groups: Mutex<super::groups::FakeGroups>,
    pub(in crate::tests) requests: Mutex<Vec<store::AccessRequest>>,
    pub(in crate::tests) credentials: Mutex<Vec<Credential>>,
    pub(in crate::tests) secrets: Mutex<Secrets>,
    /// Accounts, sessions and invitations.
    pub(in crate::tests) rest: store::MemoryStore,
    /// Makes every call fail, as a broken disk does.
    pub(in crate::tests) broken: Mutex<bool>,
    /// Done once, right after the references to components were read.
    pub(in crate::tests) after_references: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl MemoryStore {
    pub(super) fn answer<T: Send + 'static>(&self, value: impl FnOnce() -> Result<T, StoreError>) -> Answer<'_, T> {
        let result = if *self.broken.lock().unwrap() {
            let source = Box::new(std::io::Error::other("secret path /var/x"));
            Err(StoreError::Failed { doing: "read", source })
        } else {
            value()
        };
        Box::pin(async move { result })
    }
}

fn conflict<T>(what: &str) -> Result<T, StoreError> {
    Err(StoreError::Conflict { what: what.to_owned() })
}

impl Apps for MemoryStore {
    fn app(&self, name: AppName) -> Answer<'_, Option<App>> {
        self.answer(|| Ok(self.apps.lock().unwrap().get(&name).cloned()))
    }
    fn apps(&self) -> Answer<'_, Vec<App>> {
        self.answer(|| Ok(self.apps.lock().unwrap().values().cloned().collect()))
    }
    fn add_app(&self, name: AppName, at: UnixMillis, admin: Option<PrincipalId>) -> Answer<'_, bool> {
        self.answer(|| {
            let mut apps = self.apps.lock().unwrap();
            if apps.contains_key(&name) {
                return Ok(false);
            }
            apps.insert(name.clone(), App { name: name.clone(), created_at: at, current: None, version: 1 });
            if let Some(principal) = admin {
                let member = AppMember { principal, role: store::MemberRole::Admin, added_at: at };
                self.members.lock().unwrap().push((name, member));
            }
            Ok(true)
        })
    }
    fn remove_app(&self, name: AppName) -> Answer<'_, bool> {
        self.answer(|| {
            self.deployments.lock().unwrap().retain(|d| d.app != name);
            self.members.lock().unwrap().retain(|(app, _)| *app != name);
            Ok(self.apps.lock().unwrap().remove(&name).is_some())
        })
    }
    fn add_deployment(&self, new: Deployment) -> Answer<'_, ()> {
        self.answer(|| {
            if !self.apps.lock().unwrap().contains_key(&new.app) {
                return conflict("the app");
            }
            let mut all = self.deployments.lock().unwrap();
            match all.iter_mut().find(|d| d.app == new.app && d.id == new.id) {
                Some(known) if matches!(known.state, DeploymentState::Failed { .. }) => {
                    known.state = DeploymentState::Preparing;
                }
                Some(_) => {}
                None => all.insert(0, new),
            }
            Ok(())
        })
    }
    fn deployment(&self, app: AppName, id: DeploymentId) -> Answer<'_, Option<Deployment>> {
        self.answer(|| Ok(self.deployments.lock().unwrap().iter().find(|d| d.app == app && d.id == id).cloned()))
    }
    fn deployments(&self, app: AppName) -> Answer<'_, Vec<Deployment>> {
        self.answer(|| Ok(self.deployments.lock().unwrap().iter().filter(|d| d.app == app).cloned().collect()))
    }
    fn set_deployment_state(&self, app: AppName, id: DeploymentId, state: DeploymentState) -> Answer<'_, bool> {
        self.answer(|| {
            let mut all = self.deployments.lock().unwrap();
            let found = all.iter_mut().find(|d| d.app == app && d.id == id);
            Ok(found.map(|d| d.state = state).is_some())
        })
    }
    fn switch(&self, app: AppName, id: DeploymentId) -> Answer<'_, App> {
        self.answer(|| {
            let all = self.deployments.lock().unwrap();
            let ready = all.iter().any(|d| d.app == app && d.id == id && d.state == DeploymentState::Ready);
            let mut apps = self.apps.lock().unwrap();
            match apps.get_mut(&app) {
                Some(found) if ready => {
                    found.current = Some(id);
                    found.version += 1;
                    Ok(found.clone())
                }
                _ => conflict("the deployment"),
            }
        })
    }
    fn prune_deployments(&self, app: AppName, kept: store::Kept) -> Answer<'_, usize> {
        self.answer(|| {
            let Some(found) = self.apps.lock().unwrap().get(&app).cloned() else { return Ok(0) };
            let mut all = self.deployments.lock().unwrap();
            let history = all.iter().filter(|d| d.app == app).map(|d| (d.id, &d.state));
            let gone = store::surplus(history, found.current, &kept);
            all.retain(|d| d.app != app || !gone.contains(&d.id));
            Ok(gone.len())
        })
    }
    fn components_in_use(&self) -> Answer<'_, HashSet<Digest>> {
        let answer = self.answer(|| {
            let all = self.deployments.lock().unwrap();
            let alive = all.iter().filter(|d| !matches!(d.state, DeploymentState::Failed { .. }));
            Ok(alive.flat_map(|d| d.components.iter().map(|(_, digest)| *digest)).collect())
        });
        if let Some(meanwhile) = self.after_references.lock().unwrap().take() {
            meanwhile();
        }
        answer
    }
    fn members(&self, app: AppName) -> Answer<'_, Vec<AppMember>> {
        self.answer(|| {
            let all = self.members.lock().unwrap();
            Ok(all.iter().filter(|(name, _)| *name == app).map(|(_, m)| m.clone()).collect())
        })
    }
    fn put_member(&self, app: AppName, member: AppMember) -> Answer<'_, ()> {
        self.answer(|| {
            let mut apps = self.apps.lock().unwrap();
            let Some(found) = apps.get_mut(&app) else { return conflict("the app") };
            found.version += 1;
            let mut all = self.members.lock().unwrap();
            all.retain(|(name, m)| *name != app || m.principal != member.principal);
            all.push((app, member));
            Ok(())
        })
    }
    fn put_members(&self, app: AppName, members: Vec<AppMember>, groups: Vec<AppGroup>) -> Answer<'_, ()> {
        self.answer(|| {
            let mut apps = self.apps.lock().unwrap();
            let Some(found) = apps.get_mut(&app) else { return conflict("the app") };
            found.version += 1;
            let mut all = self.members.lock().unwrap();
            for member in members {
                all.retain(|(name, m)| *name != app || m.principal != member.principal);
                all.push((app.clone(), member));
            }
            let mut all = self.groups.lock().unwrap();
            for group in groups {
                all.places.retain(|(of, place)| *of != app || place.group != group.group);
                all.places.push((app.clone(), group));
            }
            Ok(())
        })
    }
    fn remove_member(&self, app: AppName, principal: PrincipalId) -> Answer<'_, bool> {
        self.answer(|| {
            let mut all = self.members.lock().unwrap();
            let before = all.len();
            all.retain(|(name, m)| *name != app || m.principal != principal);
            let removed = all.len() < before;
            if let (true, Some(found)) = (removed, self.apps.lock().unwrap().get_mut(&app)) {
                found.version += 1;
            }
            Ok(removed)
        })
    }
}

impl Directory for MemoryStore {
    fn principal(&self, id: PrincipalId) -> Answer<'_, Option<Principal>> {
        self.answer(|| Ok(self.principals.lock().unwrap().iter().find(|p| p.id == id).cloned()))
    }
    fn principals(&self, app: Option<AppName>) -> Answer<'_, Vec<Principal>> {
        self.answer(|| {
            let fits = |p: &&Principal| match (&app, &p.kind) {
                (None, _) => true,
                (Some(app), PrincipalKind::Service { app: of }) => app == of,
                (Some(_), PrincipalKind::Person { .. }) => false,
            };
            Ok(self.principals.lock().unwrap().iter().filter(fits).cloned().collect())
        })
    }
    fn add_principal(&self, principal: Principal) -> Answer<'_, ()> {
        self.answer(|| {
            self.principals.lock().unwrap().push(principal);
            Ok(())
        })
    }
    fn set_disabled(&self, id: PrincipalId, disabled: bool) -> Answer<'_, bool> {
        self.answer(|| {
            let mut all = self.principals.lock().unwrap();
            Ok(all.iter_mut().find(|p| p.id == id).map(|p| p.disabled = disabled).is_some())
        })
    }
    fn add_credential(&self, credential: Credential) -> Answer<'_, ()> {
        self.answer(|| {
            self.credentials.lock().unwrap().insert(0, credential);
            Ok(())
        })
    }
    fn credential(&self, _: Digest) -> Answer<'_, Option<Known>> {
        self.answer(|| Ok(None))
    }
    fn credentials(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<Credential>> {
        self.answer(|| {
            let all = self.credentials.lock().unwrap();
            Ok(all.iter().filter(|c| of.is_none_or(|of| c.principal == of)).cloned().collect())
        })
    }
    fn revoke_credential(&self, id: CredentialId, at: UnixMillis) -> Answer<'_, Option<Credential>> {
        self.answer(|| {
            let mut all = self.credentials.lock().unwrap();
            Ok(all.iter_mut().find(|c| c.id == id).map(|c| {
                c.revoked_at.get_or_insert(at);
                c.clone()
            }))
        })
    }
    fn purge_credentials(&self, _: UnixMillis) -> Answer<'_, usize> {
        self.answer(|| Ok(0))
    }
    fn has_owner(&self) -> Answer<'_, bool> {
        self.answer(|| Ok(true))
    }
    fn put_claim(&self, _: Digest, _: UnixMillis) -> Answer<'_, ()> {
        self.answer(|| Ok(()))
    }
    fn claim(&self) -> Answer<'_, Option<store::Claim>> {
        self.answer(|| Ok(None))
    }
    fn redeem_claim(&self, _: Digest, _: UnixMillis, _: Principal, _: Credential) -> Answer<'_, bool> {
        self.answer(|| Ok(false))
    }
}

impl store::AccessRequests for MemoryStore {
    fn ask_access(&self, new: store::AccessRequest, _: UnixMillis) -> Answer<'_, store::Asked> {
        self.answer(|| {
            self.requests.lock().unwrap().push(new);
            Ok(store::Asked::New)
        })
    }
    fn access_requests(&self, app: AppName) -> Answer<'_, Vec<store::AccessRequest>> {
        self.answer(|| Ok(self.requests.lock().unwrap().iter().filter(|asks| asks.app == app).cloned().collect()))
    }
    fn approve_access(&self, app: AppName, member: AppMember) -> Answer<'_, bool> {
        self.answer(|| {
            let mut all = self.requests.lock().unwrap();
            let before = all.len();
            all.retain(|asks| asks.app != app || asks.person != member.principal);
            if all.len() == before {
                return Ok(false);
            }
            self.members.lock().unwrap().push((app, member));
            Ok(true)
        })
    }
    fn deny_access(&self, app: AppName, person: PrincipalId, _: UnixMillis) -> Answer<'_, bool> {
        self.answer(|| {
            let mut all = self.requests.lock().unwrap();
            let before = all.len();
            all.retain(|asks| asks.app != app || asks.person != person);
            Ok(all.len() < before)
        })
    }
}

impl store::Secrets for MemoryStore {
    fn put_secret(&self, new: NewSecret) -> Answer<'_, Option<u64>> {
        self.answer(|| {
            let mut all = self.secrets.lock().unwrap();
            let key = (new.app, new.name.clone());
            let version = all.get(&key).map_or(0, |(_, entry)| entry.version) + 1;
            if version == 1 && all.keys().filter(|(app, _)| *app == key.0).count() >= SECRETS_MAX {
                return Ok(None);
            }
            let entry = SecretEntry { name: new.name, version, changed_at: new.at, changed_by: new.by, used_at: None };
            all.insert(key, (new.sealed, entry));
            Ok(Some(version))
        })
    }
    fn secret(&self, app: AppName, name: SecretName) -> Answer<'_, Option<SealedSecret>> {
        self.answer(|| Ok(self.secrets.lock().unwrap().get(&(app, name)).map(|(sealed, _)| sealed.clone())))
    }
    fn secrets(&self, app: AppName) -> Answer<'_, Vec<SecretEntry>> {
        self.answer(|| {
            let all = self.secrets.lock().unwrap();
            Ok(all.iter().filter(|((of, _), _)| *of == app).map(|(_, (_, entry))| entry.clone()).collect())
        })
    }
    fn remove_secret(&self, app: AppName, name: SecretName) -> Answer<'_, bool> {
        self.answer(|| Ok(self.secrets.lock().unwrap().remove(&(app, name)).is_some()))
    }
    fn secret_used(&self, app: AppName, name: SecretName, _: UnixMillis) -> Answer<'_, bool> {
        self.answer(|| Ok(self.secrets.lock().unwrap().contains_key(&(app, name))))
    }
}
