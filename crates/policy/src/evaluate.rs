//! One decision by the rules of one release. What is in force and what is only asked about take this same way.
use cedar_policy::{Authorizer, EntityUid};
use gateway::{ControlCall, Decision};
use types::{Action, Caller, Resource};

use crate::{
    base::Base,
    denial,
    facts::{self, Call},
    judge::{Question, Verdict, ask},
    own_actions::OwnAction,
    rules::{AppRules, FunctionRules},
};

/// The guardrail of what a function demands of a person (`policies/guardrails.cedar`).
pub(crate) const DEMAND_RULE: &str = "g-assurance";
/// The guardrail of machines that act for people.
pub(crate) const BEHALF_RULE: &str = "g-on-behalf-of";

/// A call of a function, by a caller in these groups; of one that what the function demands stands against also whether nothing
/// else does.
pub(crate) fn invoke(
    engine: (&Base, &Authorizer),
    (rules, function): (&AppRules, &FunctionRules),
    caller: &Caller,
    groups: &[EntityUid],
    call: Call<'_>,
) -> Verdict {
    let mut verdict = once(engine, (rules, function), caller, groups, call);
    if verdict.policies.iter().any(|id| &**id == DEMAND_RULE) && !verdict.broken {
        // The rules say which of them forbid, not whether any would permit: they are asked as if the demand were met.
        let met = call.after(&function.target.demand);
        verdict.in_reach = once(engine, (rules, function), caller, groups, met).allowed;
    }
    verdict
}

/// One evaluation of the rules that can match this function.
pub(crate) fn once(
    (base, authorizer): (&Base, &Authorizer),
    (rules, function): (&AppRules, &FunctionRules),
    caller: &Caller,
    groups: &[EntityUid],
    call: Call<'_>,
) -> Verdict {
    let words = &base.words;
    let Ok(principal) = facts::principal(words, caller, groups.to_vec()) else { return Verdict::broken() };
    let Some(action) = words.action(Action::Invoke) else { return Verdict::broken() };
    let mut others = vec![function.entity.clone(), rules.entity.clone()];
    if let Some(person) = call.on_behalf_of {
        let person = Caller::Person(person.clone());
        let Ok(entity) = facts::principal(words, &person, rules.groups(base, &person)) else {
            return Verdict::broken();
        };
        others.push(entity);
    }
    let question = Question { words, principal, action, resource: &function.uid, others, call };
    ask(authorizer, &function.set, question)
}

/// An action of the app's own, on something of the app's own.
pub(crate) fn own(
    (base, authorizer): (&Base, &Authorizer),
    (rules, action): (&AppRules, &OwnAction),
    caller: &Caller,
    resource: &str,
    call: Call<'_>,
) -> Verdict {
    let words = &base.words;
    let groups = rules.groups(base, caller);
    let Ok(principal) = facts::principal(words, caller, groups) else { return Verdict::broken() };
    let Ok(thing) = facts::resource(words, resource) else { return Verdict::broken() };
    let uid = thing.uid();
    let others = vec![thing, rules.entity.clone()];
    ask(authorizer, &action.set, Question { words, principal, action: &action.uid, resource: &uid, others, call })
}

/// A control action. `rules`: those of the app that it is about, where that is there. `deployer`: an admin of any app.
pub(crate) fn control(
    (base, authorizer): (&Base, &Authorizer),
    rules: Option<&AppRules>,
    deployer: bool,
    caller: &Caller,
    call: Call<'_>,
    control: &ControlCall,
) -> Decision {
    let verdict = control_verdict((base, authorizer), rules, deployer, caller, call, control);
    let verdict = verdict.unwrap_or_else(Verdict::broken);
    let policies = verdict.policies.clone();
    if verdict.allowed {
        return Decision::Allow { policies };
    }
    let member = rules.is_some_and(|rules| rules.is_member(caller));
    let denial = denial::control(&verdict, caller, control.action, &control.resource, member);
    Decision::Deny { policies, denial }
}

/// Control actions are rare: each is evaluated anew.
fn control_verdict(
    (base, authorizer): (&Base, &Authorizer),
    rules: Option<&AppRules>,
    deployer: bool,
    caller: &Caller,
    call: Call<'_>,
    control: &ControlCall,
) -> Option<Verdict> {
    let words = &base.words;
    let (entity, groups) = match (&control.resource, rules) {
        (Resource::Platform, _) => {
            (facts::platform(words), if deployer { vec![words.deployers.clone()] } else { Vec::new() })
        }
        (Resource::App(_), Some(rules)) => (rules.entity.clone(), rules.groups(base, caller)),
        (Resource::App(app), None) => (facts::app(words, app).ok()?, Vec::new()),
        // No control action is about a function.
        (Resource::Function(..), _) => return None,
    };
    let principal = facts::principal(words, caller, groups).ok()?;
    let resource = entity.uid();
    let action = words.action(control.action)?;
    let question = Question { words, principal, action, resource: &resource, others: vec![entity], call };
    Some(ask(authorizer, base.for_action(control.action)?, question))
}
