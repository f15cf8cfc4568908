//! One evaluation by Cedar, read strictly: anything but a clean permit is a deny.
use std::sync::Arc;

use cedar_policy::{Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request};

use crate::{facts::Call, vocabulary::Vocabulary};

/// What Cedar said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) allowed: bool,
    /// Ids of the rules that decided, sorted: the permits of an allow, the forbids of a deny, the broken rules of an error.
    /// Empty when nothing permitted.
    pub(crate) policies: Arc<[Arc<str>]>,
    /// A rule or the facts could not be evaluated.
    pub(crate) broken: bool,
    /// Denied, and only for want of what the function demands of a person: with that shown, it would be allowed.
    pub(crate) in_reach: bool,
}

impl Verdict {
    /// Deny, because something that should be there is not.
    pub(crate) fn broken() -> Self {
        Self { allowed: false, policies: Arc::from([]), broken: true, in_reach: false }
    }
}

/// The things of a decision. `others` holds resource and app.
pub(crate) struct Question<'a> {
    pub(crate) words: &'a Vocabulary,
    pub(crate) principal: Entity,
    pub(crate) action: &'a EntityUid,
    pub(crate) resource: &'a EntityUid,
    pub(crate) others: Vec<Entity>,
    pub(crate) call: Call<'a>,
}

/// Asks. Deny on every error, also where Cedar alone would skip a broken rule: a broken `forbid` must not open anything.
pub(crate) fn ask(authorizer: &Authorizer, set: &PolicySet, question: Question<'_>) -> Verdict {
    let Some((request, entities)) = prepare(question) else { return Verdict::broken() };
    let response = authorizer.is_authorized(&request, set, &entities);
    let broken: Vec<String> = response.diagnostics().errors().map(|e| e.to_string()).collect();
    for error in &broken {
        tracing::error!(policy.error = %error, "an access rule could not be evaluated, so the request is denied");
    }
    let reasons = response.diagnostics().reason().map(|id| Arc::from(id.to_string()));
    let errors = response.diagnostics().errors().map(|e| match e {
        cedar_policy::AuthorizationError::PolicyEvaluationError(e) => Arc::from(e.policy_id().to_string()),
    });
    let mut policies: Vec<Arc<str>> = if broken.is_empty() { reasons.collect() } else { errors.collect() };
    policies.sort();
    Verdict {
        allowed: broken.is_empty() && response.decision() == Decision::Allow,
        policies: policies.into(),
        broken: !broken.is_empty(),
        in_reach: false,
    }
}

/// The types are right by construction; a test compares with Cedar's own validation against the schema.
fn prepare(question: Question<'_>) -> Option<(Request, Entities)> {
    let Question { words, principal, action, resource, others, call } = question;
    let context = Context::from_pairs(call.pairs(words)).ok()?;
    let request = Request::new(principal.uid(), action.clone(), resource.clone(), context, None).ok()?;
    let entities = Entities::from_entities(others.into_iter().chain([principal]), None).ok()?;
    Some((request, entities))
}
