//! The entities of one decision: the principal with its groups, the function, its app. Nothing else exists for it.
use std::collections::{HashMap, HashSet};

use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use types::{AppName, Assurance, Caller, Demand, FunctionTarget, Person, UnixMillis, age_s};

use crate::vocabulary::{Vocabulary, uid};

/// What a decision may know of the request itself. Every field is a word of the schema's `Call`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'r> {
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) assurance: Assurance,
    /// Seconds since the caller showed who they are; the largest number for those who never did.
    pub(crate) auth_age_s: u32,
    /// The person for whom a machine calls. NOT HERE: who says so. Functions cannot call functions yet, so nothing does; whoever
    /// builds that fills it in from what the platform itself knows of the call that the machine is answering, never from a request.
    pub(crate) on_behalf_of: Option<&'r Person>,
}

impl<'r> Call<'r> {
    pub(crate) fn new(caller: &Caller, method: &'r str, path: &'r str, at: UnixMillis) -> Self {
        let (assurance, auth_age_s) = match caller {
            Caller::Person(person) => (person.assurance, age_s(person.authenticated_at, at)),
            // Nobody showed anything: a machine's credential is there whoever uses it.
            Caller::Stranger | Caller::Service(_) | Caller::Operator { .. } => (Assurance::None, u32::MAX),
        };
        Self { method, path, assurance, auth_age_s, on_behalf_of: None }
    }

    /// The same call, if its caller had shown just now what is asked for.
    pub(crate) fn after(self, demand: &Demand) -> Self {
        Self { assurance: self.assurance.max(demand.assurance), auth_age_s: 0, ..self }
    }

    pub(crate) fn pairs(&self, words: &Vocabulary) -> impl Iterator<Item = (String, RestrictedExpression)> {
        let person = |person: &Person| RestrictedExpression::new_entity_uid(uid(&words.user, &person.id.to_string()));
        [
            ("method".to_owned(), RestrictedExpression::new_string(self.method.to_owned())),
            ("path".to_owned(), RestrictedExpression::new_string(self.path.to_owned())),
            ("assurance".to_owned(), RestrictedExpression::new_long(number(self.assurance))),
            ("authAge".to_owned(), RestrictedExpression::new_long(self.auth_age_s.into())),
        ]
        .into_iter()
        .chain(self.on_behalf_of.map(|behalf| ("onBehalfOf".to_owned(), person(behalf))))
    }
}

/// As rules compare it.
const fn number(assurance: Assurance) -> i64 {
    match assurance {
        Assurance::None => 0,
        Assurance::SingleFactor => 1,
        Assurance::MultiFactor => 2,
        Assurance::PhishingResistant => 3,
    }
}

/// Why entities could not be made; the decision is then deny.
#[derive(Debug, thiserror::Error)]
#[error("entity of {what}: {reason}")]
pub(crate) struct FactError {
    what: &'static str,
    reason: String,
}

fn entity(
    what: &'static str,
    uid: EntityUid,
    attributes: impl IntoIterator<Item = (&'static str, RestrictedExpression)>,
    parents: impl IntoIterator<Item = EntityUid>,
) -> Result<Entity, FactError> {
    let attributes: HashMap<_, _> = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let parents: HashSet<_> = parents.into_iter().collect();
    Entity::new(uid, attributes, parents).map_err(|e| FactError { what, reason: e.to_string() })
}

/// The caller, in these groups.
pub(crate) fn principal(words: &Vocabulary, caller: &Caller, groups: Vec<EntityUid>) -> Result<Entity, FactError> {
    let flag = RestrictedExpression::new_bool;
    match caller {
        Caller::Stranger => Ok(Entity::with_uid(words.anonymous.clone())),
        Caller::Operator { uid: _ } => Ok(Entity::with_uid(words.operator.clone())),
        Caller::Person(person) => {
            let attributes = [("owner", flag(person.owner)), ("disabled", flag(person.disabled))];
            entity("person", uid(&words.user, &person.id.to_string()), attributes, groups)
        }
        Caller::Service(service) => {
            let parents = groups.into_iter().chain([words.app_uid(&service.app)]);
            let own = words.workload_uid(&service.app, &service.name);
            entity("service", own, [("disabled", flag(service.disabled))], parents)
        }
    }
}

/// A function, in its app.
pub(crate) fn function(words: &Vocabulary, target: &FunctionTarget) -> Result<Entity, FactError> {
    let caller =
        |name: &std::sync::Arc<str>| RestrictedExpression::new_entity_uid(words.workload_uid(&target.app, name));
    let attributes = [
        ("access", RestrictedExpression::new_string(target.access.as_str().to_owned())),
        ("members", RestrictedExpression::new_entity_uid(words.members_uid(&target.app))),
        ("callers", RestrictedExpression::new_set(target.callers.iter().map(caller))),
        ("minAssurance", RestrictedExpression::new_long(number(target.demand.assurance))),
    ];
    let max_age = target.demand.max_age_s.map(|max| ("maxAuthAge", RestrictedExpression::new_long(max.into())));
    let uid = words.function_uid(&target.app, &target.function);
    entity("function", uid, attributes.into_iter().chain(max_age), [words.app_uid(&target.app)])
}

/// An app. Nobody is a member of one that does not exist.
pub(crate) fn app(words: &Vocabulary, app: &AppName) -> Result<Entity, FactError> {
    let attributes = [
        ("members", RestrictedExpression::new_entity_uid(words.members_uid(app))),
        ("admins", RestrictedExpression::new_entity_uid(words.admins_uid(app))),
    ];
    entity("app", words.app_uid(app), attributes, [])
}

/// What an action of the app's own is done to.
pub(crate) fn resource(words: &Vocabulary, id: &str) -> Result<Entity, FactError> {
    let attributes = [("id", RestrictedExpression::new_string(id.to_owned()))];
    entity("resource", uid(&words.own_resource, id), attributes, [])
}

/// The platform as a whole.
pub(crate) fn platform(words: &Vocabulary) -> Entity {
    Entity::with_uid(words.platform.clone())
}
