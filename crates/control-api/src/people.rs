//! People, as those see them who look after the platform.
use serde::{Deserialize, Serialize};
use types::PrincipalId;
use utoipa::ToSchema;

/// Disables or enables a person. The path names whom: an id, or a name that only one person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutPerson {
    pub disabled: bool,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonView {
    #[schema(value_type = String)]
    pub person: PrincipalId,
    pub name: String,
    pub owner: bool,
    pub disabled: bool,
}
