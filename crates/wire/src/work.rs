//! front <-> worker: load artefacts, run invocations, stream bodies both ways with credit.
//!
//! The front believes nothing from a worker beyond what the stream it opened may carry: unknown streams, credit overruns and
//! oversized heads end the channel, and are written down as a lie on the channel.
use serde::{Deserialize, Serialize};
use types::{
    AppName, Caller, Demand, Digest, EngineBuild, FunctionName, Grants, GroupName, KvAnswer, KvQuestion, RequestId,
    RunLimits, SecretName,
};

use crate::keeper::{ArtefactStatement, Typed};

/// Frame kinds, front to worker.
pub mod to_worker {
    /// `Prepare`: first of all, and once. Until `ASSIGN` it may be followed by a `LOAD` of the JavaScript engine, and of nothing else.
    pub const PREPARE: u8 = 12;
    /// `Assign`: the worker belongs to this app from now on, and to no other ever.
    pub const ASSIGN: u8 = 1;
    /// `Load`; descriptors, read-only: for a JavaScript function its source, then the artefact. Answered by `LOADED` with the same stream.
    pub const LOAD: u8 = 2;
    /// `Probe`: instantiate once without calling. Answered by `LOADED` with the same stream.
    pub const PROBE: u8 = 3;
    /// `Invoke`
    pub const INVOKE: u8 = 4;
    /// Raw bytes of the request body.
    pub const BODY: u8 = 5;
    /// `Fields`: trailers; the request body is complete.
    pub const BODY_END: u8 = 6;
    /// No payload: the client went away or sent too much; the request body ends in an error.
    pub const BODY_ABORT: u8 = 7;
    /// `Credit`: so many more response body bytes may come.
    pub const CREDIT: u8 = 8;
    /// No payload: nobody wants the answer any more; drop the instance.
    pub const CANCEL: u8 = 9;
    /// No payload: finish what runs, then end.
    pub const DRAIN: u8 = 10;
    /// `Unload`: drop a component.
    pub const UNLOAD: u8 = 11;
    /// `Told`: the answer to an `ASK` of the same stream.
    pub const TOLD: u8 = 13;
}

/// Frame kinds, worker to front.
pub mod to_front {
    /// `Hello`: set up and jailed. First of all.
    pub const HELLO: u8 = 101;
    /// `Loaded`
    pub const LOADED: u8 = 102;
    /// `Head`
    pub const HEAD: u8 = 103;
    /// Raw bytes of the response body, covered by credit.
    pub const BODY: u8 = 104;
    /// `Fields`: trailers; the response is complete. The stream is over unless the guest still runs (see `ENDED`).
    pub const BODY_END: u8 = 105;
    /// `Failure`: the response will not come, or breaks off.
    pub const FAILED: u8 = 106;
    /// `Credit`: so many more request body bytes may come.
    pub const CREDIT: u8 = 107;
    /// `Log`
    pub const LOG: u8 = 108;
    /// `DeniedHatch`: the guest used something it was not granted; it got a typed error.
    pub const DENIED: u8 = 109;
    /// `Ended`: the instance is gone; the last frame of every stream.
    pub const ENDED: u8 = 110;
    /// `Ask`: the guest uses something that the worker does not have: what it was granted, or the app's rules. Answered by `TOLD`,
    /// unless the stream ends before.
    pub const ASK: u8 = 111;
}

/// Questions about its caller that one call may ask. The worker keeps to it; a worker that asks more lies.
pub const ALLOWED_MAX: u32 = 100;
/// Longest name of an action, in bytes.
pub const ACTION_BYTES_MAX: usize = 64;
/// Longest name of what it is done to, in bytes.
pub const RESOURCE_BYTES_MAX: usize = 512;

/// Request and response body bytes that may be under way in one direction before credit is given.
pub const CREDIT_BYTES: u32 = 256 << 10;

/// Questions of one worker that may be under way at a time: each may carry, and be answered by, as much as a frame holds.
pub const ASKS_MAX: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub build: EngineBuild,
    /// JSON of the jail's report.
    pub posture: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prepare {
    /// Ed25519 key that artefacts must be signed with.
    pub artefact_key: [u8; 32],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assign {
    pub app: AppName,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// What the front believes about the artefact, and the keeper signed.
    pub statement: ArtefactStatement,
    pub signature: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loaded {
    Ready,
    /// Signature, digest, build or contents are wrong: recompile it.
    Refused {
        reason: String,
    },
    /// It loads but cannot be instantiated within its limits.
    Broken {
        reason: String,
    },
}

/// Instantiate once without calling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub component: Digest,
    pub limits: RunLimits,
    pub grants: Grants,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unload {
    pub component: Digest,
}

/// Header fields or trailers: names lower case, values raw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fields(pub Vec<(String, Vec<u8>)>);

/// One call. It names everything the worker needs; nothing is looked up by name on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoke {
    pub request: RequestId,
    pub component: Digest,
    /// The export of a JavaScript module that answers, when it is not the default one.
    pub handler: Option<String>,
    pub function: FunctionName,
    pub method: String,
    /// `http` or `https`.
    pub scheme: String,
    pub authority: String,
    pub path_and_query: String,
    pub fields: Fields,
    pub caller: Caller,
    /// Groups of people that the caller is in, of those that the app declares.
    pub groups: Vec<GroupName>,
    pub limits: RunLimits,
    pub grants: Grants,
    /// `false`: there is no body, and no `BODY` frame will come.
    pub has_body: bool,
    /// Wall time left, in milliseconds.
    pub wall_ms: u64,
}

/// [`Invoke`] as the front sends it: the same bytes, without copying what they say first.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct InvokeRef<'a> {
    pub request: RequestId,
    pub component: Digest,
    pub handler: Option<&'a str>,
    pub function: &'a FunctionName,
    pub method: &'a str,
    pub scheme: &'a str,
    pub authority: &'a str,
    pub path_and_query: &'a str,
    pub fields: FieldsRef<'a>,
    pub caller: &'a Caller,
    pub groups: &'a [GroupName],
    pub limits: &'a RunLimits,
    pub grants: &'a Grants,
    pub has_body: bool,
    pub wall_ms: u64,
}

/// [`Fields`] borrowed.
#[derive(Debug, Clone, Copy)]
pub struct FieldsRef<'a>(pub &'a [(&'a str, &'a [u8])]);

impl Serialize for FieldsRef<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Raw<'a>(&'a [u8]);
        impl Serialize for Raw<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(self.0)
            }
        }
        serializer.collect_seq(self.0.iter().map(|(name, value)| (name, Raw(value))))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub status: u16,
    pub fields: Fields,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    pub bytes: u32,
}

/// Which of the two streams a guest wrote to; `Platform` is what the host says about the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogStream {
    Stdout,
    Stderr,
    Platform,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    pub request: RequestId,
    pub function: FunctionName,
    pub stream: LogStream,
    /// UTF-8 with bad bytes replaced; one line, without its end; control characters escaped.
    pub text: String,
    /// Where in the user's source it was written, such as `src/menu.ts:12:7`, if that is known.
    pub place: Option<String>,
}

/// A capability that was used without a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeniedHatch {
    pub request: RequestId,
    pub function: FunctionName,
    /// Such as `outgoing-http` or `sockets`.
    pub hatch: String,
    /// What was asked for, cut to 200 characters.
    pub wanted: String,
}

/// A question of a call. SECURITY: neither app nor function nor caller is in it: the front knows whose stream it is, so a worker
/// that somebody took over has what its own functions were granted, and hears about its own callers, while they call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Chosen by the worker, to tell answers apart.
    pub number: u32,
    pub question: Question,
}

/// What a worker may ask for a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// The value of a secret.
    Secret(SecretName),
    /// Something of the app's key-value store.
    Kv(KvQuestion),
    /// May the caller do something of the app's own?
    Allowed {
        /// Of the app's own, such as `refund`.
        action: String,
        /// What it would be done to, in the app's own words; may be empty.
        resource: String,
    },
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub number: u32,
    pub answer: Answer,
}

/// As the question was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Secret(SecretAnswer),
    Kv(KvAnswer),
    /// `Err`: there is no such action, in a sentence for the app's developer.
    Allowed(Result<bool, String>),
}

/// What is said about a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretAnswer {
    Value(Typed),
    /// The function's manifest names it, and nobody has set it.
    NotSet,
    /// The function's manifest does not name it.
    Denied,
    /// Not at the moment.
    Unavailable,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// The guest trapped or panicked.
    #[error("it stopped: {reason}")]
    Trap { reason: String },
    /// A limit of `RunLimits`, by name.
    #[error("it reached its limit `{limit}`: {reason}")]
    Limit { limit: String, reason: String },
    #[error("it ended without a response")]
    NoResponse,
    /// What the guest made is not HTTP.
    #[error("its response cannot be sent: {reason}")]
    BadResponse { reason: String },
    /// The component is not loaded (any more): load it and ask again. Nothing ran.
    #[error("its component is not loaded")]
    NotLoaded,
    /// It asks for a person who showed more, or lately, and has not begun to answer. The front asks them to.
    #[error("it asks for a sign-in: {0}")]
    StepUp(Demand),
    /// The engine itself failed.
    #[error("the engine failed: {reason}")]
    Engine { reason: String },
}

/// What a finished call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ended {
    pub cpu_us: u64,
    pub wall_us: u64,
    /// Highest linear memory, in bytes.
    pub memory_bytes: u64,
    pub log_bytes_dropped: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_borrowed_call_has_the_bytes_of_the_owned_one() {
        let owned = Invoke {
            request: RequestId::from_bytes([1; 16]),
            component: Digest::from_bytes([2; 32]),
            handler: Some("menu".to_owned()),
            function: FunctionName::parse("menu").unwrap(),
            method: "GET".into(),
            scheme: "http".into(),
            authority: "coffee.localhost:8080".into(),
            path_and_query: "/menu?x=1".into(),
            fields: Fields(vec![("accept".into(), b"*/*".to_vec()), ("x-raw".into(), vec![0xff, 0x80, b' '])]),
            caller: Caller::Operator { uid: 1000 },
            groups: vec![GroupName::parse("baristas").unwrap()],
            limits: RunLimits::default(),
            grants: Grants { config: [("a".to_owned(), "b".to_owned())].into(), ..Grants::default() },
            has_body: true,
            wall_ms: 30_000,
        };
        let pairs: Vec<_> = owned.fields.0.iter().map(|(n, v)| (n.as_str(), v.as_slice())).collect();
        let borrowed = InvokeRef {
            request: owned.request,
            component: owned.component,
            handler: owned.handler.as_deref(),
            function: &owned.function,
            method: &owned.method,
            scheme: &owned.scheme,
            authority: &owned.authority,
            path_and_query: &owned.path_and_query,
            fields: FieldsRef(&pairs),
            caller: &owned.caller,
            groups: &owned.groups,
            limits: &owned.limits,
            grants: &owned.grants,
            has_body: owned.has_body,
            wall_ms: owned.wall_ms,
        };
        let bytes = crate::encode(&borrowed).unwrap();
        assert_eq!(bytes, crate::encode(&owned).unwrap());
        assert_eq!(crate::decode::<Invoke>(1, &bytes).unwrap(), owned);
    }
}
