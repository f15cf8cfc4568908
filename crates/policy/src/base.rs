//! The platform's own rules: read, validated strictly, and sliced by action and access word.
use std::{collections::HashMap, str::FromStr, sync::Arc};

use cedar_policy::{
    ActionConstraint, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator, ffi::DetailedError,
};
use types::{Access, Action};

use crate::{PolicyConfig, PolicyError, vocabulary::Vocabulary};

pub(crate) const SCHEMA: &str = include_str!("../../../policies/serviceful.cedarschema");

const FILES: [(&str, &str); 3] = [
    ("invoke.cedar", include_str!("../../../policies/invoke.cedar")),
    ("guardrails.cedar", include_str!("../../../policies/guardrails.cedar")),
    ("control.cedar", include_str!("../../../policies/control.cedar")),
];

const DEV_OPERATOR: (&str, &str) = ("dev-operator.cedar", include_str!("../../../policies/dev-operator.cedar"));

/// The platform's rules, ready to be asked.
pub(crate) struct Base {
    pub(crate) validator: Validator,
    pub(crate) words: Vocabulary,
    /// Every rule, for the oracle in tests and for slices that have rules of an app in them.
    pub(crate) all: Vec<Policy>,
    invoke: HashMap<Access, Arc<PolicySet>>,
    control: HashMap<Action, Arc<PolicySet>>,
}

impl Base {
    pub(crate) fn load(config: PolicyConfig) -> Result<Self, PolicyError> {
        let (schema, _warnings) = Schema::from_cedarschema_str(SCHEMA)
            .map_err(|e| PolicyError::Schema { reason: DetailedError::from(&e).message })?;
        let words = Vocabulary::of(&schema)?;
        let mut all = Vec::new();
        for (file, text) in FILES.into_iter().chain(config.dev_operator.then_some(DEV_OPERATOR)) {
            read(file, text, &mut all)?;
        }
        let validator = Validator::new(schema);
        validate(&validator, &all)?;
        let mut base = Self { validator, words, all, invoke: HashMap::new(), control: HashMap::new() };
        for access in Access::ALL {
            let slice = base.slice_for_access(access)?;
            base.invoke.insert(access, Arc::new(set_of(slice)?));
        }
        for action in Action::ALL.iter().copied().filter(|action| *action != Action::Invoke) {
            let slice = base.all.iter().filter(|policy| covers(policy, &base.words, action)).cloned();
            base.control.insert(action, Arc::new(set_of(slice.collect())?));
        }
        Ok(base)
    }

    /// The rules that can match a call of a function with this access word.
    pub(crate) fn for_access(&self, access: Access) -> Option<&Arc<PolicySet>> {
        self.invoke.get(&access)
    }

    /// The rules that are about whatever anybody does.
    pub(crate) fn about_everything(&self) -> impl Iterator<Item = &Policy> {
        self.all.iter().filter(|policy| policy.action_constraint() == ActionConstraint::Any)
    }

    /// The rules that can match this control action.
    pub(crate) fn for_action(&self, action: Action) -> Option<&Arc<PolicySet>> {
        self.control.get(&action)
    }

    fn slice_for_access(&self, access: Access) -> Result<Vec<Policy>, PolicyError> {
        let mut slice = Vec::new();
        for policy in self.all.iter().filter(|policy| covers(policy, &self.words, Action::Invoke)) {
            if access_words(policy)?.is_none_or(|words| words.contains(&access)) {
                slice.push(policy.clone());
            }
        }
        Ok(slice)
    }
}

/// Reads a file's rules and names each by its `@id`.
fn read(file: &'static str, text: &str, into: &mut Vec<Policy>) -> Result<(), PolicyError> {
    let parsed =
        PolicySet::from_str(text).map_err(|e| PolicyError::Rules { file, reason: DetailedError::from(&e).message })?;
    for policy in parsed.policies() {
        let id = policy.annotation("id").unwrap_or_default().to_owned();
        let taken = into.iter().any(|known| known.id().to_string() == id);
        if id.is_empty() || taken {
            return Err(PolicyError::Id { file, id });
        }
        into.push(policy.new_id(PolicyId::new(id)));
    }
    Ok(())
}

fn validate(validator: &Validator, all: &[Policy]) -> Result<(), PolicyError> {
    let set = set_of(all.to_vec())?;
    let result = validator.validate(&set, ValidationMode::Strict);
    let errors = result.validation_errors().map(|e| (e.policy_id().to_string(), e.to_string()));
    let warnings = result.validation_warnings().map(|w| (w.policy_id().to_string(), w.to_string()));
    match errors.chain(warnings).next() {
        Some((id, reason)) => Err(PolicyError::Invalid { id, reason }),
        None => Ok(()),
    }
}

/// A set of rules whose ids differ.
pub(crate) fn set_of(policies: Vec<Policy>) -> Result<PolicySet, PolicyError> {
    PolicySet::from_policies(policies)
        .map_err(|e| PolicyError::Invalid { id: "several".into(), reason: DetailedError::from(&e).message })
}

/// Whether a rule's scope admits the action. There are no action groups, so `in` means "is one of".
fn covers(policy: &Policy, words: &Vocabulary, action: Action) -> bool {
    let Some(wanted) = words.action(action) else { return true };
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => one == *wanted,
        ActionConstraint::In(many) => many.contains(wanted),
    }
}

/// The words of `@access`; `None` when a rule has none and can match under every word.
fn access_words(policy: &Policy) -> Result<Option<Vec<Access>>, PolicyError> {
    let Some(text) = policy.annotation("access") else { return Ok(None) };
    let one = |word: &str| {
        word.parse().map_err(|()| PolicyError::Access { id: policy.id().to_string(), word: word.to_owned() })
    };
    text.split_whitespace().map(one).collect::<Result<Vec<Access>, _>>().map(Some)
}
