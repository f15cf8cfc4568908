//! The schema's words as Cedar values, made once.
use std::{collections::HashMap, str::FromStr};

use cedar_policy::{EntityId, EntityTypeName, EntityUid, Schema};
use types::{Action, AppName, FunctionName, GroupName};

use crate::PolicyError;

/// What a group of the platform begins with, where groups of apps are named too.
const GROUP_PREFIX: &str = "group:";

/// Entity types and actions of the schema.
pub(crate) struct Vocabulary {
    pub(crate) anonymous: EntityUid,
    pub(crate) operator: EntityUid,
    pub(crate) platform: EntityUid,
    pub(crate) deployers: EntityUid,
    pub(crate) app: EntityTypeName,
    pub(crate) function: EntityTypeName,
    pub(crate) group: EntityTypeName,
    pub(crate) user: EntityTypeName,
    pub(crate) workload: EntityTypeName,
    /// Of an app's own actions, and of what they are done to (`own_schema.rs`).
    pub(crate) own_action: EntityTypeName,
    pub(crate) own_resource: EntityTypeName,
    actions: HashMap<Action, EntityUid>,
}

fn entity_type(schema: &Schema, name: &str) -> Result<EntityTypeName, PolicyError> {
    let missing = || PolicyError::Missing { what: format!("entity type `{name}`") };
    let parsed = EntityTypeName::from_str(name).map_err(|_| missing())?;
    schema.entity_types().find(|known| **known == parsed).cloned().ok_or_else(missing)
}

/// A type of the namespace that is an app's own: the platform's schema does not have it.
fn own(name: &'static str) -> Result<EntityTypeName, PolicyError> {
    EntityTypeName::from_str(name).map_err(|_| PolicyError::Missing { what: format!("entity type `{name}`") })
}

pub(crate) fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

impl Vocabulary {
    /// Every word that the code uses, found in the schema.
    pub(crate) fn of(schema: &Schema) -> Result<Self, PolicyError> {
        let kind = |name| entity_type(schema, name);
        let mut actions = HashMap::new();
        for action in Action::ALL {
            let wanted = |known: &&EntityUid| known.id().unescaped() == action.as_str();
            let missing = || PolicyError::Missing { what: format!("action `{action}`") };
            actions.insert(*action, schema.actions().find(wanted).cloned().ok_or_else(missing)?);
        }
        let group = kind("Sf::Group")?;
        Ok(Self {
            anonymous: uid(&kind("Sf::Anonymous")?, "stranger"),
            operator: uid(&kind("Sf::Operator")?, "host"),
            platform: uid(&kind("Sf::Platform")?, "platform"),
            deployers: uid(&group, "deployers"),
            app: kind("Sf::App")?,
            function: kind("Sf::Function")?,
            group,
            user: kind("Sf::User")?,
            workload: kind("Sf::Workload")?,
            own_action: own("App::Action")?,
            own_resource: own("App::Resource")?,
            actions,
        })
    }

    /// The action's uid; `None` cannot happen after `of`, and means deny.
    pub(crate) fn action(&self, action: Action) -> Option<&EntityUid> {
        self.actions.get(&action)
    }

    pub(crate) fn app_uid(&self, app: &AppName) -> EntityUid {
        uid(&self.app, app.as_str())
    }

    pub(crate) fn function_uid(&self, app: &AppName, function: &FunctionName) -> EntityUid {
        uid(&self.function, &format!("{app}/{function}"))
    }

    pub(crate) fn members_uid(&self, app: &AppName) -> EntityUid {
        uid(&self.group, &format!("{app}/members"))
    }

    pub(crate) fn admins_uid(&self, app: &AppName) -> EntityUid {
        uid(&self.group, &format!("{app}/admins"))
    }

    /// A group of the platform. No app's name holds a colon, and none of the words without one is a group of the platform.
    pub(crate) fn group_uid(&self, name: &GroupName) -> EntityUid {
        uid(&self.group, &format!("{GROUP_PREFIX}{name}"))
    }

    /// The group of the platform that is meant, if one is.
    pub(crate) fn group_of(&self, uid: &EntityUid) -> Option<GroupName> {
        let name = (*uid.type_name() == self.group).then(|| uid.id().unescaped().strip_prefix(GROUP_PREFIX))??;
        GroupName::parse(name).ok()
    }

    pub(crate) fn workload_uid(&self, app: &AppName, name: &str) -> EntityUid {
        uid(&self.workload, &format!("{app}/{name}"))
    }
}
