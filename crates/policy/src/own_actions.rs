//! Actions of an app's own: what its functions ask about with `allowed`. An action exists because a rule of the app permits it to
//! somebody; what it is done to is a text of the app's.
//! If this is wrong: a function hears "yes" where the app's author wrote "no".
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cedar_policy::{
    ActionConstraint, Effect, EntityUid, Policy, PolicySet, ResourceConstraint, Schema, Validator, ffi::DetailedError,
};

use crate::{
    base::{Base, SCHEMA, set_of},
    own::{OwnRule, Scope},
    place::short,
    vocabulary::{Vocabulary, uid},
};

/// Actions that one app has.
pub(crate) const ACTIONS_MAX: usize = 100;
/// Bytes of an action's name.
const ACTION_BYTES_MAX: usize = 64;

/// One action, with the rules that can match it.
pub(crate) struct OwnAction {
    pub(crate) uid: EntityUid,
    pub(crate) set: PolicySet,
}

/// All of them, by name.
pub(crate) type OwnActions = BTreeMap<Arc<str>, OwnAction>;

/// The actions of the app's own that a rule is about; `None` when it is about something else.
pub(crate) fn named(words: &Vocabulary, policy: &Policy) -> Result<Option<Vec<Arc<str>>>, String> {
    let many = match policy.action_constraint() {
        ActionConstraint::Any => return Ok(None),
        ActionConstraint::Eq(one) => vec![one],
        ActionConstraint::In(many) => many,
    };
    if !many.iter().any(|action| *action.type_name() == words.own_action) {
        return Ok(None);
    }
    let mut names = Vec::new();
    for action in &many {
        if *action.type_name() != words.own_action {
            return Err(format!(
                "a rule is about calling functions or about the app's own actions, not both; write another rule for `{}`",
                short(&action.to_string(), 120)
            ));
        }
        let name = action.id().unescaped();
        let word = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if name.is_empty() || name.len() > ACTION_BYTES_MAX || !name.bytes().all(word) {
            return Err(format!(
                "`App::Action::\"{}\"` is no name of an action; write 1 to {ACTION_BYTES_MAX} letters, digits, `-`, `_` or `.`",
                short(name, 60)
            ));
        }
        names.push(Arc::from(name));
    }
    check_resource(words, policy)?;
    Ok(Some(names))
}

fn check_resource(words: &Vocabulary, policy: &Policy) -> Result<(), String> {
    let fits = match policy.resource_constraint() {
        ResourceConstraint::Any => true,
        ResourceConstraint::Is(kind) => kind == words.own_resource,
        ResourceConstraint::Eq(uid) => *uid.type_name() == words.own_resource,
        ResourceConstraint::In(_) | ResourceConstraint::IsIn(..) => false,
    };
    if fits {
        return Ok(());
    }
    Err("an action of the app's own is done to something of the app's own; write `resource`, or `resource == App::Resource::\"…\"`, or compare `resource.id`".into())
}

/// The names in these rules, in order.
pub(crate) fn all<'r>(rules: impl Iterator<Item = &'r OwnRule>) -> BTreeSet<Arc<str>> {
    rules
        .filter_map(|rule| if let Scope::Actions(names) = &rule.scope { Some(names) } else { None })
        .flatten()
        .cloned()
        .collect()
}

/// SECURITY: a `forbid` with a misspelt action would protect nothing and look as if it did. An action that nobody is permitted is
/// either such a mistake, or needs no rule.
pub(crate) fn check<'r>(rules: impl Iterator<Item = &'r OwnRule> + Clone) -> Result<(), (usize, String)> {
    let permitted = all(rules.clone().filter(|rule| rule.policy.effect() == Effect::Permit));
    if permitted.len() > ACTIONS_MAX {
        return Err((0, format!("these rules are about {} actions; there may be {ACTIONS_MAX}", permitted.len())));
    }
    for (at, rule) in rules.enumerate() {
        let Scope::Actions(names) = &rule.scope else { continue };
        if let Some(name) = names.iter().find(|name| !permitted.contains(*name)) {
            let known: Vec<String> = permitted.iter().map(|known| format!("`{known}`")).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err((
                at,
                format!("no rule permits `{name}` to anybody, so forbidding it does nothing; permitted are: {known}"),
            ));
        }
    }
    Ok(())
}

/// What checks the rules of an app that has these actions.
pub(crate) fn validator(actions: &BTreeSet<Arc<str>>) -> Result<Validator, String> {
    let (schema, _) = Schema::from_cedarschema_str(&format!("{SCHEMA}\n{}", schema_text(actions)))
        .map_err(|e| DetailedError::from(&e).message)?;
    Ok(Validator::new(schema))
}

/// The namespace of the app's own words. The names were looked at: none of them ends its quotes.
pub(crate) fn schema_text(actions: &BTreeSet<Arc<str>>) -> String {
    let names: Vec<String> = actions.iter().map(|name| format!("\"{name}\"")).collect();
    format!(
        "namespace App {{
  entity Resource = {{ id: String }};
  action {} appliesTo {{
    principal: [Sf::Anonymous, Sf::Operator, Sf::User, Sf::Workload], resource: [Resource], context: Sf::Call,
  }};
}}",
        names.join(", ")
    )
}

/// For each action its rules, with those of the platform that are about every action.
pub(crate) fn of(base: &Base, rules: &[OwnRule]) -> Result<OwnActions, String> {
    let mut actions = OwnActions::new();
    for name in all(rules.iter()) {
        let about = |rule: &&OwnRule| matches!(&rule.scope, Scope::Actions(names) if names.contains(&name));
        let mut mine: Vec<Policy> = rules.iter().filter(about).map(|rule| rule.policy.clone()).collect();
        mine.extend(base.about_everything().cloned());
        let uid = uid(&base.words.own_action, &name);
        actions.insert(name, OwnAction { uid, set: set_of(mine).map_err(|e| e.to_string())? });
    }
    Ok(actions)
}
