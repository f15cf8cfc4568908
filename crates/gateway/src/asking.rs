//! A function asks whether its caller may do something of the app's own. Policy answers; no room sees the other.
use std::sync::Arc;

use types::{Caller, FunctionTarget, UnixMillis};

/// The question, with the request that it is asked in: rules see of that what they see of any call.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The function that asks, and so the app whose rules are asked.
    pub target: &'a FunctionTarget,
    /// Who made the request. INVARIANT: the one whom identity named; a function cannot ask about anybody else.
    pub caller: &'a Caller,
    pub method: &'a str,
    /// Canonical, without query.
    pub path: &'a str,
    /// When the request came.
    pub at: UnixMillis,
    /// A word of the app's own, such as `refund`.
    pub action: &'a str,
    /// What it would be done to, in the app's own words; may be empty.
    pub resource: &'a str,
}

/// What the rules in force say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// By these rules.
    Allowed(Arc<[Arc<str>]>),
    /// By these rules; by none: nothing permits it.
    Denied(Arc<[Arc<str>]>),
    /// No rule of the app permits such an action to anybody. Those that there are.
    Unknown { known: Vec<Arc<str>> },
}

/// policy: may the caller do this, by the rules of the app? Not async: it cannot do I/O. An error inside means no.
pub trait Ask: Send + Sync {
    fn ask(&self, question: &Question<'_>) -> Answered;
}
