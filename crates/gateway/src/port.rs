//! What the rooms are to the gateway. A room implements one of these and never sees another room.
use std::{future::Future, pin::Pin, sync::Arc};

use types::{Assurance, Caller};

use crate::{Admitted, Arrival, Ctx, Identified, Intent, Permit, Refusal, Reply};

/// A boxed future of a room.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// front-door: bounds, host, framing, reserved names, origin. Gives the arrival back, cleaned, or says why not.
pub trait Admit: Send + Sync {
    fn admit(&self, cx: &Ctx, arrival: Arrival) -> Result<Arrival, Refusal>;
}

/// identity: who is this?
pub trait Identify: Send + Sync {
    /// The caller when that is known without waiting (no credential, or a cached one); otherwise `None`, and `identify` is asked.
    fn identify_now(&self, cx: &Ctx, admitted: &Admitted, intent: &Intent) -> Option<Result<Arc<Caller>, Refusal>>;
    /// The caller, however long it takes.
    fn identify<'a>(
        &'a self,
        cx: &'a Ctx,
        admitted: &'a Admitted,
        intent: &'a Intent,
    ) -> Fut<'a, Result<Arc<Caller>, Refusal>>;
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
    /// Known and otherwise allowed, but not sure enough.
    StepUp { minimum: Assurance, max_age_s: Option<u32> },
    /// The function exists and nobody may call it.
    Closed,
}

/// policy: may they do this here? Not async: it cannot do I/O. No policy, no entity, or an error inside means deny.
pub trait Decide: Send + Sync {
    fn decide(&self, identified: &Identified, intent: &Intent) -> Decision;
}

/// A workroom: does what a permit allows, and uses the permit up.
pub trait Work: Send + Sync {
    fn work<'a>(&'a self, cx: &'a Ctx, permit: Permit) -> Fut<'a, Result<Reply, Refusal>>;
}
