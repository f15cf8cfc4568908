//! Ports that live in memory and do as they are told.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{Seek as _, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use audit::{Event, Progress, Receipt, Record, RecordError};
use bytes::Bytes;
use control_api::{AuditPage, AuditQuery, AuditVerdict};
use gateway::{
    CompileFailure, ComponentPort, CredentialFailure, CredentialPort, Fut, Inspection, LogLine, LogPort, NewClaim,
    NewCredential, PolicyPort, PolicyProblem, PosturePort, Release, ReleasePort,
};
use store::{
    Answer, App, AppMember, Apps, Audience, Contents, ContentsError, Credential, CredentialKind, Deployment,
    DeploymentState, Directory, Principal, PrincipalKind, StoreError, Stored,
};
use tokio::sync::{Notify, broadcast};
use types::{
    AppName, Clock, CompileLimits, CredentialId, DeploymentId, Digest, EngineBuild, FunctionName, FunctionTarget,
    Instant, PrincipalId, Rng, Secret, UnixMillis,
};

use crate::{ArtefactPort, AuditPort, PeoplePort, Removed};

/// A log that is on disk at once.
#[derive(Default)]
pub(super) struct FakeRecord {
    pub(super) seen: Mutex<Vec<Event>>,
}

impl Record for FakeRecord {
    fn record(&self, event: &Event) -> Result<Receipt, RecordError> {
        let mut seen = self.seen.lock().unwrap();
        seen.push(event.clone());
        let done = Progress { durable: seen.len() as u64, failed: false };
        Ok(Receipt::new(seen.len() as u64 - 1, tokio::sync::watch::channel(done).1))
    }
    fn is_healthy(&self) -> bool {
        true
    }
}

/// The contract of `store` in a few maps.
#[derive(Default)]
pub(super) struct MemoryStore {
    pub(super) apps: Mutex<BTreeMap<AppName, App>>,
    pub(super) deployments: Mutex<Vec<Deployment>>,
    pub(super) members: Mutex<Vec<(AppName, AppMember)>>,
    pub(super) principals: Mutex<Vec<Principal>>,
    pub(super) credentials: Mutex<Vec<Credential>>,
    /// Accounts, sessions and invitations.
    pub(super) rest: store::MemoryStore,
    /// Makes every call fail, as a broken disk does.
    pub(super) broken: Mutex<bool>,
    /// Done once, right after the references to components were read.
    pub(super) after_references: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl MemoryStore {
    fn answer<T: Send + 'static>(&self, value: impl FnOnce() -> Result<T, StoreError>) -> Answer<'_, T> {
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
    fn credential(&self, _: Digest) -> Answer<'_, Option<(Credential, Principal)>> {
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

/// SHA-256 of some bytes.
pub(super) fn digest_of(bytes: &[u8]) -> Digest {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    Digest::from_bytes(hash.as_ref().try_into().unwrap())
}

/// Contents with the time at which they were last wanted.
#[derive(Default)]
pub(super) struct MemoryContents {
    pub(super) kept: Mutex<HashMap<Digest, (Vec<u8>, UnixMillis)>>,
    /// The time that `put` stamps.
    pub(super) now: AtomicU64,
}

impl Contents for MemoryContents {
    fn put(&self, named: Digest, bytes: &[u8]) -> Result<(), ContentsError> {
        let found = digest_of(bytes);
        if found != named {
            return Err(ContentsError::Mismatch { named, found });
        }
        let at = UnixMillis(self.now.load(Ordering::SeqCst));
        self.kept.lock().unwrap().insert(named, (bytes.to_vec(), at));
        Ok(())
    }
    fn open(&self, digest: Digest) -> Result<Option<std::fs::File>, ContentsError> {
        Ok(self.kept.lock().unwrap().get(&digest).map(|(bytes, _)| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            file.rewind().unwrap();
            file
        }))
    }
    fn has(&self, digest: Digest) -> bool {
        self.kept.lock().unwrap().contains_key(&digest)
    }
    fn want(&self, digest: Digest, at: UnixMillis) -> Result<bool, ContentsError> {
        Ok(self.kept.lock().unwrap().get_mut(&digest).map(|(_, wanted_at)| *wanted_at = at).is_some())
    }
    fn list(&self) -> Result<Vec<Stored>, ContentsError> {
        let kept = self.kept.lock().unwrap();
        let one = |(digest, (bytes, wanted_at)): (&Digest, &(Vec<u8>, UnixMillis))| Stored {
            digest: *digest,
            bytes: bytes.len() as u64,
            wanted_at: *wanted_at,
        };
        Ok(kept.iter().map(one).collect())
    }
    fn remove_unwanted(&self, digest: Digest, before: UnixMillis) -> Result<Option<u64>, ContentsError> {
        let mut kept = self.kept.lock().unwrap();
        if kept.get(&digest).is_none_or(|(_, wanted_at)| *wanted_at >= before) {
            return Ok(None);
        }
        Ok(kept.remove(&digest).map(|(bytes, _)| bytes.len() as u64))
    }
}

/// A compiler that waits at a gate and fails on order.
#[derive(Default)]
pub(super) struct FakeComponents {
    pub(super) bad: Mutex<HashSet<Digest>>,
    pub(super) unprobable: Mutex<HashSet<String>>,
    /// Components that wait until `gate` is opened.
    pub(super) held: Mutex<HashSet<Digest>>,
    pub(super) gate: Notify,
    pub(super) prepared: Mutex<Vec<Digest>>,
    /// How many of them in time that nobody waits for.
    pub(super) idly: AtomicUsize,
    pub(super) running: AtomicUsize,
    pub(super) most_running: AtomicUsize,
}

impl ComponentPort for FakeComponents {
    fn prepare_idly<'a>(
        &'a self,
        component: Digest,
        limits: CompileLimits,
    ) -> Fut<'a, Result<Inspection, CompileFailure>> {
        self.idly.fetch_add(1, Ordering::SeqCst);
        self.prepare(component, limits)
    }

    fn prepare<'a>(&'a self, component: Digest, _: CompileLimits) -> Fut<'a, Result<Inspection, CompileFailure>> {
        Box::pin(async move {
            let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_running.fetch_max(now, Ordering::SeqCst);
            while self.held.lock().unwrap().contains(&component) {
                self.gate.notified().await;
            }
            tokio::task::yield_now().await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            self.prepared.lock().unwrap().push(component);
            if self.bad.lock().unwrap().contains(&component) {
                return Err(CompileFailure::Limit { limit: "functions".into(), reason: "50001 of 50000".into() });
            }
            Ok(Inspection {
                component,
                imports: vec![
                    "wasi:cli/environment@0.2.3".into(),
                    "wasi:http/outgoing-handler@0.2.3".into(),
                    "wasi:http/types@0.2.3".into(),
                ],
                denied: vec!["wasi:http/outgoing-handler@0.2.3".into()],
                serves: "wasi:http/incoming-handler@0.2.3".into(),
                handlers: vec!["default".into(), "list".into()],
                output: Vec::new(),
                component_bytes: 10,
                artefact_bytes: 20,
                compile_ms: 3,
                engine_build: EngineBuild::new("sf1/test").unwrap(),
                cached: false,
            })
        })
    }
    fn is_ready(&self, component: &Digest) -> bool {
        self.prepared.lock().unwrap().contains(component)
    }
    fn probe<'a>(&'a self, target: Arc<FunctionTarget>) -> Fut<'a, Result<(), CompileFailure>> {
        Box::pin(async move {
            if self.unprobable.lock().unwrap().contains(target.function.as_str()) {
                return Err(CompileFailure::Probe { reason: "it traps at start".into() });
            }
            Ok(())
        })
    }
}

/// Remembers what it was told to keep.
#[derive(Default)]
pub(super) struct FakeArtefacts(pub(super) Mutex<Vec<(HashSet<Digest>, UnixMillis)>>);

impl ArtefactPort for FakeArtefacts {
    fn collect(&self, left: HashSet<Digest>, before: UnixMillis) -> Fut<'_, Result<Removed, String>> {
        self.0.lock().unwrap().push((left, before));
        Box::pin(async { Ok(Removed { files: 0, bytes: 0 }) })
    }
}

pub(super) struct FakePolicy;

impl PolicyPort for FakePolicy {
    fn check(&self, _: &AppName, cedar: &str, _: Option<&[FunctionName]>) -> Result<(), PolicyProblem> {
        if cedar.contains("nonsense") {
            return Err(PolicyProblem { message: "line 1: `nonsense` is not a policy".into() });
        }
        Ok(())
    }
}

/// Keeps what was published, as a room that follows releases does.
#[derive(Default)]
pub(super) struct FakeRelease {
    pub(super) seen: Mutex<Vec<Arc<Release>>>,
    pub(super) withdrawn: Mutex<Vec<AppName>>,
    pub(super) refuse_functions: Mutex<Option<String>>,
}

impl FakeRelease {
    pub(super) fn last(&self) -> Arc<Release> {
        self.seen.lock().unwrap().last().cloned().unwrap()
    }
}

impl ReleasePort for FakeRelease {
    fn publish(&self, release: &Arc<Release>) -> Result<(), String> {
        let refused = self.refuse_functions.lock().unwrap().clone();
        if refused.is_some_and(|name| release.functions.iter().any(|f| f.function.as_str() == name)) {
            return Err("the room said no".into());
        }
        self.seen.lock().unwrap().push(release.clone());
        Ok(())
    }
    fn withdraw(&self, app: &AppName) {
        self.withdrawn.lock().unwrap().push(app.clone());
    }
}

pub(super) struct FakeCredentials {
    pub(super) store: Arc<MemoryStore>,
    made: AtomicU64,
    pub(super) forgotten: Mutex<Vec<AppName>>,
    /// Whose sessions were ended, and at which app.
    pub(super) ended: Mutex<Vec<(PrincipalId, Option<AppName>)>>,
}

impl FakeCredentials {
    pub(super) fn new(store: Arc<MemoryStore>) -> Self {
        Self { store, made: AtomicU64::new(1), forgotten: Mutex::default(), ended: Mutex::default() }
    }

    fn id(&self) -> [u8; 16] {
        let mut bytes = [9; 16];
        bytes[..8].copy_from_slice(&self.made.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        bytes
    }

    fn credential(&self, new: NewCredential) -> Credential {
        let id = CredentialId::from_bytes(self.id());
        let credential = Credential {
            id,
            principal: new.principal,
            kind: new.kind,
            audience: new.audience,
            secret_hash: Digest::from_bytes([0; 32]),
            label: new.label,
            created_at: UnixMillis(1_000),
            expires_at: UnixMillis(1_000).plus_seconds(new.life_s),
            revoked_at: None,
            parent: None,
        };
        self.store.credentials.lock().unwrap().insert(0, credential.clone());
        credential
    }
}

impl PeoplePort for FakeCredentials {
    fn create_call(
        &self,
        new: NewCredential,
        parent: CredentialId,
    ) -> Fut<'_, Result<(Credential, Secret), CredentialFailure>> {
        Box::pin(async move {
            let made = Credential { parent: Some(parent), ..self.credential(new) };
            self.store.credentials.lock().unwrap()[0] = made.clone();
            Ok((made, Secret::new("sfp_shown-once".into())))
        })
    }
    fn set_disabled(&self, person: PrincipalId, disabled: bool) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(self.store.set_disabled(person, disabled))
    }
}

impl CredentialPort for FakeCredentials {
    fn create<'a>(&'a self, new: NewCredential) -> Fut<'a, Result<(Credential, Secret), CredentialFailure>> {
        Box::pin(async move { Ok((self.credential(new), Secret::new("sfs_shown-once".into()))) })
    }
    fn revoke(&self, id: CredentialId) -> Fut<'_, Result<Option<Credential>, CredentialFailure>> {
        Box::pin(async move { Ok(self.store.revoke_credential(id, UnixMillis(2_000)).await?) })
    }
    fn service_account(&self, app: AppName, name: Arc<str>) -> Fut<'_, Result<Principal, CredentialFailure>> {
        Box::pin(async move {
            let mut all = self.store.principals.lock().unwrap();
            let kind = PrincipalKind::Service { app };
            if let Some(known) = all.iter().find(|p| p.kind == kind && p.name == name) {
                return Ok(known.clone());
            }
            let id = PrincipalId::from_bytes(self.id());
            let account = Principal { id, kind, name, disabled: false, created_at: UnixMillis(1), version: 1 };
            all.push(account.clone());
            Ok(account)
        })
    }
    fn forget_app(&self, app: &AppName) {
        self.forgotten.lock().unwrap().push(app.clone());
    }
    fn issue_claim(&self, again: bool) -> Fut<'_, Result<NewClaim, CredentialFailure>> {
        Box::pin(async move {
            if !again {
                return Err(CredentialFailure::Owned);
            }
            Ok(NewClaim { code: Secret::new("code-1".into()), expires_at: UnixMillis(1_800_000) })
        })
    }
    fn redeem_claim<'a>(
        &'a self,
        code: &'a str,
        name: Arc<str>,
    ) -> Fut<'a, Result<(Principal, Credential, Secret), CredentialFailure>> {
        Box::pin(async move {
            match code {
                "code-1" => {}
                "often" => return Err(CredentialFailure::Throttled { retry_s: 30 }),
                _ => return Err(CredentialFailure::Claim { reason: "it was used at noon".into() }),
            }
            let kind = PrincipalKind::Person { owner: true };
            let id = PrincipalId::from_bytes([7; 16]);
            let person = Principal { id, kind, name, disabled: false, created_at: UnixMillis(1), version: 1 };
            let new = NewCredential {
                principal: id,
                kind: CredentialKind::Cli,
                audience: Audience::Platform,
                label: "cli".into(),
                life_s: 60,
            };
            Ok((person, self.credential(new), Secret::new("sfp_shown-once".into())))
        })
    }
}

pub(super) struct FakeLogs {
    pub(super) old: Mutex<Vec<LogLine>>,
    pub(super) new: broadcast::Sender<Arc<LogLine>>,
}

impl Default for FakeLogs {
    fn default() -> Self {
        Self { old: Mutex::default(), new: broadcast::channel(4).0 }
    }
}

pub(super) fn line(at: u64, text: &str) -> LogLine {
    let stream = "stdout".to_owned();
    LogLine { at: UnixMillis(at), function: "menu".into(), request: None, stream, text: text.into(), place: None }
}

impl LogPort for FakeLogs {
    fn tail(&self, _: &AppName, tail: usize) -> Vec<LogLine> {
        let old = self.old.lock().unwrap();
        old.iter().skip(old.len().saturating_sub(tail)).cloned().collect()
    }
    fn follow(&self, _: &AppName) -> broadcast::Receiver<Arc<LogLine>> {
        self.new.subscribe()
    }
}

pub(super) struct FakePosture;

impl PosturePort for FakePosture {
    fn posture(&self) -> serde_json::Value {
        serde_json::json!({ "version": "1", "strict": true, "processes": [], "checks": [] })
    }
}

#[derive(Default)]
pub(super) struct FakeAudit {
    pub(super) asked: Mutex<Vec<AuditQuery>>,
}

impl AuditPort for FakeAudit {
    fn query(&self, query: AuditQuery) -> Fut<'_, Result<AuditPage, String>> {
        self.asked.lock().unwrap().push(query);
        Box::pin(async { Ok(AuditPage { events: Vec::new(), before: None, size: 0 }) })
    }
    fn verify(&self) -> Fut<'_, Result<AuditVerdict, String>> {
        Box::pin(async { Ok(AuditVerdict { intact: true, entries: 3, checkpoint: None, findings: Vec::new() }) })
    }
    fn file<'a>(&'a self, path: &'a str) -> Fut<'a, Result<Option<Bytes>, String>> {
        Box::pin(async move { Ok((path == "checkpoint").then(|| Bytes::from_static(b"a note"))) })
    }
}

#[derive(Default)]
pub(super) struct FakeClock(pub(super) AtomicU64);

impl Clock for FakeClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.fetch_add(1, Ordering::SeqCst))
    }
    fn instant(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

impl Rng for FakeClock {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (to, from) in bytes.iter_mut().zip(next.iter().cycle()) {
            *to = *from;
        }
    }
}
