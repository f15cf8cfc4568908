//! What the rooms are to the gateway. A room implements one of these and never sees another room.
use std::{future::Future, pin::Pin, sync::Arc};

use http::HeaderValue;
use types::{AppName, Caller, Demand, FunctionName, RequestId, UnixMillis};

use crate::{Admitted, Arrival, Ctx, Document, Identified, Intent, Permit, Refusal, Reply};

/// A boxed future of a room.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// front-door: bounds, host, framing, reserved names, origin. Gives the arrival back, cleaned, or says why not.
pub trait Admit: Send + Sync {
    fn admit(&self, cx: &Ctx, arrival: Arrival) -> Result<Arrival, Refusal>;
}

/// Who it is, and the cookie that its browser shall have from now on, where its secret was replaced.
#[derive(Debug, Clone)]
pub struct Recognised {
    pub caller: Arc<Caller>,
    pub renewed: Option<HeaderValue>,
    /// Nobody proved to be this caller: on a developer's own machine, `serviceful up --as` said so. The words for the mark that
    /// answer and event carry.
    pub acting: Option<Arc<str>>,
}

impl From<Arc<Caller>> for Recognised {
    fn from(caller: Arc<Caller>) -> Self {
        Self { caller, renewed: None, acting: None }
    }
}

/// identity: who is this?
pub trait Identify: Send + Sync {
    /// The caller when that is known without waiting (no credential, or a cached one); otherwise `None`, and `identify` is asked.
    fn identify_now(&self, cx: &Ctx, admitted: &Admitted, intent: &Intent) -> Option<Result<Recognised, Refusal>>;
    /// The caller, however long it takes.
    fn identify<'a>(
        &'a self,
        cx: &'a Ctx,
        admitted: &'a Admitted,
        intent: &'a Intent,
    ) -> Fut<'a, Result<Recognised, Refusal>>;
}

/// What policy said.
#[derive(Debug, Clone)]
pub enum Decision {
    Allow { policies: Arc<[Arc<str>]> },
    Deny { policies: Arc<[Arc<str>]>, denial: Denial },
}

/// Why policy refused, in the terms that the answer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// A stranger: who they are might change the answer.
    NeedsIdentity,
    /// Known, and may know that it exists. `sentence` says what; `next` what to do.
    Forbidden { sentence: String, next: Option<String> },
    /// Known, but there is nothing here (or they may not know).
    Nothing,
    /// A person, who would be allowed if they showed this much: answered by asking them to, never by a plain refusal.
    StepUp(Demand),
    /// The function exists and nobody may call it.
    Closed,
    /// The app is there and has no deployment yet: there is nothing that anybody could be let in to. `known`: the caller looks after
    /// it, or is in it, and may know whether one is being made ready.
    Undeployed { known: bool },
}

/// policy: may they do this here? Not async: it cannot do I/O. No policy, no entity, or an error inside means deny.
/// `at` is when the request came: how long ago somebody signed in depends on it.
pub trait Decide: Send + Sync {
    fn decide(&self, identified: &Identified, intent: &Intent, at: UnixMillis) -> Decision;
}

/// A workroom: does what a permit allows, and uses the permit up.
pub trait Work: Send + Sync {
    fn work<'a>(&'a self, cx: &'a Ctx, permit: Permit) -> Fut<'a, Result<Reply, Refusal>>;
}

/// Somebody's way to the sign-in pages and back.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    pub app: &'a AppName,
    /// Path and query of the app that they come back to.
    pub target: &'a str,
    /// Cookies of attempts that this browser has begun at that app.
    pub open: &'a [String],
    /// What they have to show on the way, beyond who they are, and which function asks for it.
    pub wanted: Option<(Demand, &'a FunctionName)>,
}

/// Whose origin a browser is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// The sign-in pages'.
    Id,
    /// The console's.
    Console,
    App(&'a AppName),
    /// None of ours: no file of the pages can be had there.
    Elsewhere,
}

/// sign-in, for people whose way ends at another room's door: what a browser is answered in place of problem+json.
pub trait Reception: Send + Sync {
    /// A redirect to the sign-in pages. `Err`: the original refusal stands.
    fn show_in<'a>(&'a self, cx: &'a Ctx, way: Way<'a>) -> Fut<'a, Result<Document, String>>;
    /// A page with a link to the sign-in pages, for somebody who sent a form: it was not carried out, and nobody sends it again
    /// but them.
    fn hold_up<'a>(&'a self, cx: &'a Ctx, way: Way<'a>) -> Fut<'a, Result<Document, String>>;
    /// The page for any other refusal, or failure, that somebody at a browser is answered with.
    fn tell(&self, refusal: &Refusal, request: RequestId, place: Place<'_>) -> Document;
    /// The page that says who they are and what they may not do.
    fn turn_away(&self, refusal: &Refusal, request: RequestId, caller: &Caller, app: &AppName, asked: &str)
    -> Document;
}

/// A house without sign-in pages, for tests of other rooms.
#[cfg(feature = "test-util")]
#[derive(Debug)]
pub struct NoSignIn;

#[cfg(feature = "test-util")]
impl Work for NoSignIn {
    fn work<'a>(&'a self, _: &'a Ctx, _: Permit) -> Fut<'a, Result<Reply, Refusal>> {
        Box::pin(async { Err(Refusal::new(types::Code::POL_NO_ROUTE, "this house has no sign-in pages")) })
    }
}

#[cfg(feature = "test-util")]
impl Reception for NoSignIn {
    fn show_in<'a>(&'a self, _: &'a Ctx, _: Way<'a>) -> Fut<'a, Result<Document, String>> {
        Box::pin(async { Err("this house has no sign-in pages".to_owned()) })
    }

    fn hold_up<'a>(&'a self, cx: &'a Ctx, way: Way<'a>) -> Fut<'a, Result<Document, String>> {
        self.show_in(cx, way)
    }

    fn tell(&self, refusal: &Refusal, _: RequestId, _: Place<'_>) -> Document {
        Document { status: refusal.code.status(), ..Document::default() }
    }

    fn turn_away(&self, refusal: &Refusal, _: RequestId, _: &Caller, _: &AppName, _: &str) -> Document {
        Document { status: refusal.code.status(), ..Document::default() }
    }
}
