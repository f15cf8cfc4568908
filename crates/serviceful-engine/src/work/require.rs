//! `require`: a function asks for a person who showed more, or lately. Where the answer has not begun, the call ends here and the
//! front asks the person; the function is called anew when they come back.
use types::{Caller, Demand};

use super::call::Call;
use crate::clock;

/// Ends the guest: the caller has not shown this.
#[derive(Debug, thiserror::Error)]
#[error("the function asks for a sign-in: {0}")]
pub(crate) struct Asked(pub(crate) Demand);

/// What becomes of a function that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Required {
    /// The caller has shown it: go on.
    Shown,
    /// Not shown, and the call can still end with that.
    Ends,
    /// Not shown, and the answer has begun: the function has to stop by itself.
    TooLate,
}

/// NOT HERE: who is asked, and how. A machine is refused, a stranger is shown to the sign-in pages: the front knows.
pub(crate) fn required(call: &Call, demand: &Demand) -> Required {
    match &call.caller {
        Caller::Person(person) if demand.met_by_person(person, clock::now()) => Required::Shown,
        _ if call.has_answered() => Required::TooLate,
        _ => Required::Ends,
    }
}
