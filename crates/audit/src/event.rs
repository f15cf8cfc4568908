//! What one entry of the log says.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{
    AppName, Caller, CredentialId, DeploymentId, EngineBuild, FunctionName, PrincipalId, RequestId, UnixMillis,
};

/// What sort of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A function was called, or the call was refused.
    Request,
    /// A control action is about to be done: written and durable before the action starts.
    ControlBegin,
    /// A control action ended, or was refused.
    Control,
    /// A request looked like an attack (reserved header, rebinding, cross-site write, a lie on a worker's channel).
    Security,
    /// A process of the platform started, ended, was restarted, or broke a rule of its jail.
    Process,
    /// An engine build or an artefact was accepted, refused or switched.
    Engine,
    /// The keeper made or used a key.
    Key,
    /// The platform started, stopped, or repaired something.
    Platform,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum Outcome {
    /// Allowed and done.
    Done {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    /// Refused before anything ran. `reason` is private: the caller may have been told less.
    Refused { status: u16, code: Arc<str>, reason: Arc<str> },
    /// Allowed, but it failed. `reason` is private.
    Failed { status: u16, code: Arc<str>, reason: Arc<str> },
}

/// Who did it. Ids and kinds only: names live in the directory, where they can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// `stranger`, `person`, `service`, `operator` or `platform`.
    pub kind: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<PrincipalId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
}

impl Who {
    /// The platform itself.
    pub fn platform() -> Self {
        Self { kind: "platform".into(), id: None, credential: None }
    }
}

impl From<&Caller> for Who {
    fn from(caller: &Caller) -> Self {
        Self { kind: caller.kind().into(), id: caller.principal(), credential: caller.credential() }
    }
}

/// Durations of the steps of a request, in microseconds of wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timings {
    pub identify_us: u64,
    pub decide_us: u64,
    /// Until the response's head was ready.
    pub work_us: u64,
    pub total_us: u64,
}

/// One entry. It is stored as one line of JSON of at most [`Event::MAX_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub at: UnixMillis,
    pub kind: Kind,
    pub who: Who,
    /// The action's word (`invoke`, `app-deploy`), or what happened (`worker-lost`).
    pub action: Arc<str>,
    /// `platform`, `app` or `app/function`.
    pub resource: Arc<str>,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_build: Option<EngineBuild>,
    /// Ids of the policies that decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
    /// A sentence for people; never a credential, a body or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

impl Event {
    /// The longest entry (tlog-tiles prefixes entries with 16 bits of length).
    pub const MAX_BYTES: usize = 65_535;
    /// The longest free text in an entry. What outsiders can lengthen is cut, so that no entry becomes too long to be kept.
    pub const TEXT_BYTES_MAX: usize = 2_048;

    /// Cuts free text to [`Event::TEXT_BYTES_MAX`], on a character's edge.
    pub fn text(text: &str) -> Arc<str> {
        if text.len() <= Self::TEXT_BYTES_MAX {
            return text.into();
        }
        let end = (0..=Self::TEXT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        format!("{}…", text.get(..end).unwrap_or_default()).into()
    }

    /// An event of the platform itself that was done.
    pub fn platform(at: UnixMillis, kind: Kind, action: &str, note: impl AsRef<str>) -> Self {
        Self {
            at,
            kind,
            who: Who::platform(),
            action: action.into(),
            resource: "platform".into(),
            outcome: Outcome::Done { status: None },
            request: None,
            app: None,
            function: None,
            deployment: None,
            engine_build: None,
            policies: Vec::new(),
            timings: None,
            note: Some(Self::text(note.as_ref())),
        }
    }
}
