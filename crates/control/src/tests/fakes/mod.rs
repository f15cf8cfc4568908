//! Ports that live in memory and do as they are told.
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use audit::{Event, Progress, Receipt, Record, RecordError};
use bytes::Bytes;
use control_api::{AuditPage, AuditQuery, AuditVerdict};
use gateway::{Declared, Fut, LogLine, LogPort, PolicyPort, PolicyProblem, PosturePort, Release, ReleasePort};
use tokio::sync::broadcast;
use types::{AppName, Clock, Digest, Instant, Rng, UnixMillis};

use crate::{ArtefactPort, AuditPort, Removed};

mod accounts;
mod breach_list;
mod components;
mod contents;
mod credentials;
mod groups;
mod review;
mod secrets;
mod store;

pub(super) use accounts::FakeMail;
pub(super) use breach_list::FakeBreachList;
pub(super) use components::FakeComponents;
pub(super) use contents::{MemoryContents, digest_of};
pub(super) use credentials::FakeCredentials;
pub(super) use review::FakeReview;
pub(super) use secrets::FakeSecrets;
pub(super) use store::MemoryStore;

/// A log that is on disk at once.
#[derive(Default)]
pub(in crate::tests) struct FakeRecord {
    pub(in crate::tests) seen: Mutex<Vec<Event>>,
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

/// Remembers what it was told to keep.
#[derive(Default)]
pub(in crate::tests) struct FakeArtefacts(pub(in crate::tests) Mutex<Vec<(HashSet<Digest>, UnixMillis)>>);

impl ArtefactPort for FakeArtefacts {
    fn collect(&self, left: HashSet<Digest>, before: UnixMillis) -> Fut<'_, Result<Removed, String>> {
        self.0.lock().unwrap().push((left, before));
        Box::pin(async { Ok(Removed { files: 0, bytes: 0 }) })
    }
}

pub(in crate::tests) struct FakePolicy;

impl PolicyPort for FakePolicy {
    fn check(&self, _: &AppName, cedar: &str, _: Option<Declared<'_>>) -> Result<(), PolicyProblem> {
        if cedar.contains("nonsense") {
            return Err(PolicyProblem { message: "line 1: `nonsense` is not a policy".into() });
        }
        Ok(())
    }
}

/// Keeps what was published, as a room that follows releases does.
#[derive(Default)]
pub(in crate::tests) struct FakeRelease {
    pub(in crate::tests) seen: Mutex<Vec<Arc<Release>>>,
    pub(in crate::tests) withdrawn: Mutex<Vec<AppName>>,
    pub(in crate::tests) under_way: Mutex<Vec<bool>>,
    pub(in crate::tests) refuse_functions: Mutex<Option<String>>,
}

impl FakeRelease {
    pub(in crate::tests) fn last(&self) -> Arc<Release> {
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
    fn under_way(&self, _: &AppName, begins: bool) {
        self.under_way.lock().unwrap().push(begins);
    }
}

pub(in crate::tests) struct FakeLogs {
    pub(in crate::tests) old: Mutex<Vec<LogLine>>,
    pub(in crate::tests) new: broadcast::Sender<Arc<LogLine>>,
}

impl Default for FakeLogs {
    fn default() -> Self {
        Self { old: Mutex::default(), new: broadcast::channel(4).0 }
    }
}

pub(in crate::tests) fn line(at: u64, text: &str) -> LogLine {
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

/// Keys of tokens that are changed, or not: `rotate` answers what stands here.
#[derive(Default)]
pub(in crate::tests) struct FakeKeys {
    pub(in crate::tests) asked: Mutex<Vec<bool>>,
    /// `Some(true)`: the keys are others, and the rest failed.
    pub(in crate::tests) fails: Mutex<Option<bool>>,
}

fn token_key(state: gateway::TokenKeyState) -> gateway::TokenKey {
    let at = UnixMillis;
    let id = format!("key-{}", state.as_str()).into();
    let (made_at, signs_from, signs_until, gone_at) = (at(1), at(2), at(3), at(4));
    gateway::TokenKey { id, x: [1; 32], y: [2; 32], state, made_at, signs_from, signs_until, gone_at }
}

impl crate::KeyPort for FakeKeys {
    fn keys(&self) -> Fut<'_, Result<Vec<gateway::TokenKey>, String>> {
        use gateway::TokenKeyState::{Active, Next, Retiring};
        Box::pin(async { Ok([Retiring, Active, Next].map(token_key).to_vec()) })
    }

    fn rotate(&self, emergency: bool) -> Fut<'_, Result<(Vec<gateway::TokenKey>, ::store::Ended), crate::KeyFailure>> {
        self.asked.lock().unwrap().push(emergency);
        let answer = match *self.fails.lock().unwrap() {
            Some(false) => Err(crate::KeyFailure::Refused("key k is published already".into())),
            Some(true) => Err(crate::KeyFailure::HalfDone(::store::StoreError::Closed)),
            None => {
                let ended =
                    if emergency { ::store::Ended { sessions: 3, credentials: 2 } } else { ::store::Ended::default() };
                Ok((vec![token_key(gateway::TokenKeyState::Active)], ended))
            }
        };
        Box::pin(async move { answer })
    }
}

pub(in crate::tests) struct FakePosture;

impl PosturePort for FakePosture {
    fn posture(&self) -> serde_json::Value {
        serde_json::json!({ "version": "1", "strict": true, "processes": [], "checks": [] })
    }
}

#[derive(Default)]
pub(in crate::tests) struct FakeAudit {
    pub(in crate::tests) asked: Mutex<Vec<AuditQuery>>,
    pub(in crate::tests) events: Mutex<Vec<control_api::AuditEvent>>,
}

impl AuditPort for FakeAudit {
    fn query(&self, query: AuditQuery) -> Fut<'_, Result<AuditPage, String>> {
        self.asked.lock().unwrap().push(query);
        let events = self.events.lock().unwrap().clone();
        Box::pin(async { Ok(AuditPage { events, before: None, size: 0 }) })
    }
    fn verify(&self) -> Fut<'_, Result<AuditVerdict, String>> {
        Box::pin(async { Ok(AuditVerdict { intact: true, entries: 3, checkpoint: None, findings: Vec::new() }) })
    }
    fn file<'a>(&'a self, path: &'a str) -> Fut<'a, Result<Option<Bytes>, String>> {
        Box::pin(async move { Ok((path == "checkpoint").then(|| Bytes::from_static(b"a note"))) })
    }
}

#[derive(Default)]
pub(in crate::tests) struct FakeClock(pub(in crate::tests) AtomicU64);

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
