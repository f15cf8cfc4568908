//! Calls operations as personas, past gateway and policy, which have tests of their own.
use std::{sync::Arc, time::Duration};

use control_api::{DeploymentPhase, DeploymentView, Op};
use gateway::{Body, BodyError, ControlCall, Ctx, Intent, Names, Permit, Refusal, Reply, Work};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use store::{Principal, PrincipalKind};
use types::{
    AppName, Assurance, Caller, CredentialId, Digest, Limits, Person, PrincipalId, RequestId, Resource, RunLimits,
    UnixMillis,
};

use super::fakes::{
    FakeArtefacts, FakeAudit, FakeBreachList, FakeClock, FakeComponents, FakeCredentials, FakeKeys, FakeLogs, FakeMail,
    FakePolicy, FakePosture, FakeRecord, FakeRelease, FakeReview, FakeSecrets, MemoryContents, MemoryStore, digest_of,
};
use crate::{Config, Ports, Service};

pub(super) struct Room {
    pub(super) service: Service,
    pub(super) store: Arc<MemoryStore>,
    pub(super) components: Arc<FakeComponents>,
    pub(super) policy_release: Arc<FakeRelease>,
    pub(super) route_release: Arc<FakeRelease>,
    pub(super) credentials: Arc<FakeCredentials>,
    pub(super) keys: Arc<FakeKeys>,
    pub(super) mail: Arc<FakeMail>,
    pub(super) logs: Arc<FakeLogs>,
    pub(super) audit: Arc<FakeAudit>,
    pub(super) record: Arc<FakeRecord>,
    pub(super) artefacts: Arc<FakeArtefacts>,
    pub(super) contents: Arc<MemoryContents>,
    pub(super) key_values: Arc<store::MemoryKeyValues>,
    pub(super) clock: Arc<FakeClock>,
}

pub(super) fn app(name: &str) -> AppName {
    AppName::parse(name).unwrap()
}

pub(super) fn owner() -> Caller {
    person(1, true)
}

pub(super) fn person(id: u8, owner: bool) -> Caller {
    Caller::Person(Person {
        id: PrincipalId::from_bytes([id; 16]),
        display_name: format!("Person {id}").into(),
        owner,
        disabled: false,
        assurance: Assurance::SingleFactor,
        authenticated_at: UnixMillis(0),
        credential: CredentialId::from_bytes([id; 16]),
    })
}

pub(super) const OPERATOR: Caller = Caller::Operator { uid: 1000 };

pub(super) fn full(bytes: impl Into<bytes::Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| -> BodyError { match never {} }).boxed_unsync()
}

/// What is sent: a JSON value, or bytes.
pub(super) enum Sent {
    Nothing,
    Json(Value),
    Bytes(Vec<u8>),
}

impl Room {
    pub(super) fn new() -> Self {
        let store = Arc::new(MemoryStore::default());
        for id in 1..=3 {
            store.principals.lock().unwrap().push(Principal {
                id: PrincipalId::from_bytes([id; 16]),
                kind: PrincipalKind::Person { owner: id == 1 },
                name: format!("Person {id}").into(),
                disabled: false,
                created_at: UnixMillis(0),
                version: 1,
            });
        }
        Self::over(store, Arc::default())
    }

    /// Another start over the same store and contents, as after a crash.
    pub(super) fn restarted(&self) -> Self {
        Self::over(self.store.clone(), self.contents.clone())
    }

    fn over(store: Arc<MemoryStore>, contents: Arc<MemoryContents>) -> Self {
        let components = Arc::new(FakeComponents::default());
        let (policy_release, route_release) = (Arc::new(FakeRelease::default()), Arc::new(FakeRelease::default()));
        let credentials = Arc::new(FakeCredentials::new(store.clone()));
        let mail = Arc::new(FakeMail::default());
        let (logs, audit) = (Arc::new(FakeLogs::default()), Arc::new(FakeAudit::default()));
        let clock = Arc::new(FakeClock::default());
        let record = Arc::new(FakeRecord::default());
        let mut caps = Limits { run: RunLimits::CAP, compile: types::CompileLimits::CAP };
        caps.compile.component_kib = 64;
        let artefacts = Arc::new(FakeArtefacts::default());
        let key_values = Arc::new(store::MemoryKeyValues::new(1 << 20));
        let keys = Arc::new(FakeKeys::default());
        let service = Service::new(Ports {
            config: Config { undeployed_mib: 1, deployments_kept: 2, ..Config::default() },
            store: store.clone(),
            contents: contents.clone(),
            key_values: key_values.clone(),
            secrets: Arc::new(FakeSecrets),
            artefacts: artefacts.clone(),
            components: components.clone(),
            policy: Arc::new(FakePolicy),
            review: Arc::new(FakeReview),
            releases: vec![policy_release.clone(), route_release.clone()],
            credentials: credentials.clone(),
            people: credentials.clone(),
            keys: keys.clone(),
            sessions: credentials.clone(),
            mail: mail.clone(),
            breach_list: Arc::new(FakeBreachList::default()),
            invitations: true,
            logs: logs.clone(),
            posture: Arc::new(FakePosture),
            audit: audit.clone(),
            record: record.clone(),
            names: Names {
                scheme: "http",
                apps_domain: "localhost".into(),
                console: "console.localhost".into(),
                id: "id.localhost".into(),
                port: Some(8080),
            },
            caps,
            clock: clock.clone(),
        });
        Self {
            service,
            store,
            components,
            policy_release,
            route_release,
            credentials,
            keys,
            mail,
            logs,
            audit,
            record,
            artefacts,
            contents,
            key_values,
            clock,
        }
    }

    /// Gives somebody an account with a password.
    pub(super) async fn account(&self, person: PrincipalId) {
        use store::{Accounts as _, Directory as _};
        let found = self.store.principals.lock().unwrap().iter().find(|p| p.id == person).cloned().unwrap();
        let account = store::Account {
            person,
            email: format!("{person}@example.org").into(),
            email_verified: false,
            password: Some("hash".into()),
            password_at: Some(UnixMillis(1)),
            totp: None,
            passkeys: "[]".into(),
        };
        let code = Digest::from_bytes([200; 32]);
        assert!(self.store.rest.put_claim(code, UnixMillis(9)).await.is_ok());
        assert!(self.store.rest.claim_account(code, UnixMillis(1), found, account).await.unwrap());
    }

    /// The group `baristas` with person 2 in it, which is a member of `coffee`.
    pub(super) async fn baristas(&self) {
        let ask = async |op, values: &[&str], sent| self.ask(op, &owner(), values, sent).await.unwrap();
        ask(Op::GroupCreate, &[], Sent::Json(json!({ "name": "baristas" }))).await;
        ask(Op::GroupAdd, &["baristas"], Sent::Json(json!({ "people": ["Person 2"] }))).await;
        ask(Op::AppGroupPut, &["coffee", "baristas"], Sent::Json(json!({ "role": "member" }))).await;
    }

    /// A mail that waits, and a server for it.
    #[expect(clippy::disallowed_methods, reason = "stands in for the keeper")]
    pub(super) async fn waiting_mail(&self) -> String {
        use store::Outbox as _;
        self.mail.on.store(true, std::sync::atomic::Ordering::Relaxed);
        let id = types::MailId::from_bytes([7; 16]);
        let mail = store::NewMail {
            id,
            kind: "test".into(),
            to: "ada@example.org".into(),
            person: None,
            letter: store::SealedLetter::new(vec![1]),
            created_at: UnixMillis(1),
            expires_at: UnixMillis(u64::MAX >> 1),
        };
        self.store.add_mail(mail).await.unwrap();
        id.to_string()
    }

    /// The raw answer of an operation; `target` is path values and then a query.
    pub(super) async fn raw(
        &self,
        op: Op,
        caller: &Caller,
        values: &[&str],
        query: &str,
        sent: Sent,
    ) -> Result<Response<Body>, Refusal> {
        self.whole(op, caller, values, query, sent).await.map(|reply| reply.response)
    }

    /// The answer with what it says to the audit log.
    pub(super) async fn reply(&self, op: Op, caller: &Caller, values: &[&str], sent: Sent) -> Result<Reply, Refusal> {
        self.whole(op, caller, values, "", sent).await
    }

    async fn whole(&self, op: Op, caller: &Caller, values: &[&str], query: &str, sent: Sent) -> Result<Reply, Refusal> {
        let row = op.row();
        let names = row.path.split('/').filter_map(|s| s.strip_prefix(':').or((s == "*").then_some("rest")));
        let params: Vec<_> = names.zip(values).map(|(n, v)| (Arc::from(n), Arc::from(*v))).collect();
        let resource = match values.first() {
            Some(name) if row.of_app => Resource::App(app(name)),
            _ => Resource::Platform,
        };
        let call = ControlCall { operation: row.id(), action: row.action, resource, params, mutates: row.mutates };
        let uri = format!("http://console.localhost:8080{}?{query}", row.path_with(values));
        let mut request = Request::builder().method(row.method.as_str()).uri(uri);
        if matches!(sent, Sent::Json(_)) {
            request = request.header("content-type", "application/json; charset=utf-8");
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        let body = match sent {
            Sent::Nothing => full(""),
            Sent::Json(value) => full(value.to_string()),
            Sent::Bytes(bytes) => full(bytes),
        };
        let cx = Ctx::arrive(self.clock.clone(), self.clock.clone());
        let id = RequestId::from_bytes([5; 16]);
        let permit = Permit::for_test(id, head, body, caller.clone(), Intent::Control(call));
        let done = self.service.work(&cx, permit).await;
        if let Err(refusal) = &done {
            let (id, code) = (op.id(), refusal.code.as_str());
            let known = op.refusals().any(|known| known == refusal.code);
            assert!(known, "If you are here because `{id}` now answers {code}: add it to refusals.rs of control-api");
        }
        done
    }

    /// Status and JSON of an operation.
    pub(super) async fn ask(
        &self,
        op: Op,
        caller: &Caller,
        values: &[&str],
        sent: Sent,
    ) -> Result<(u16, Value), Refusal> {
        let response = self.raw(op, caller, values, "", sent).await?;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Ok((status, serde_json::from_slice(&bytes).unwrap()))
    }

    pub(super) async fn upload(&self, bytes: &[u8]) -> Digest {
        let digest = digest_of(bytes);
        let sent = Sent::Bytes(bytes.to_vec());
        self.ask(Op::ComponentPut, &owner(), &[&digest.to_string()], sent).await.unwrap();
        digest
    }

    /// Uploads one component and starts a deployment of it.
    pub(super) async fn begin(&self, caller: &Caller, name: &str, bytes: &[u8]) -> DeploymentView {
        let digest = self.upload(bytes).await;
        let body = deployment(name, digest);
        let (status, value) = self.ask(Op::DeploymentCreate, caller, &[name], Sent::Json(body)).await.unwrap();
        assert_eq!(status, 202);
        serde_json::from_value(value).unwrap()
    }

    pub(super) async fn view(&self, view: &DeploymentView) -> DeploymentView {
        let values = [view.app.as_str(), &view.id.to_string()];
        let (_, value) = self.ask(Op::DeploymentGet, &owner(), &values, Sent::Nothing).await.unwrap();
        serde_json::from_value(value).unwrap()
    }

    /// Waits until a deployment is through.
    pub(super) async fn end(&self, view: &DeploymentView) -> DeploymentView {
        for _ in 0..1_000 {
            let now = self.view(view).await;
            if now.phase != DeploymentPhase::Preparing {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the deployment does not end");
    }

    pub(super) async fn deploy(&self, name: &str, bytes: &[u8]) -> DeploymentView {
        let view = self.begin(&owner(), name, bytes).await;
        self.end(&view).await
    }
}

pub(super) fn manifest(name: &str) -> String {
    format!("name = \"{name}\"\n\n[[function]]\nname = \"menu\"\nroute = \"/menu\"\ncomponent = \"menu.wasm\"\n")
}

pub(super) fn deployment(name: &str, digest: Digest) -> Value {
    json!({ "manifest": manifest(name), "components": { "menu.wasm": digest } })
}
