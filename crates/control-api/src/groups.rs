//! Groups of people.
use serde::{Deserialize, Serialize};
use types::{AppName, GroupName, PrincipalId, UnixMillis};
use utoipa::ToSchema;

use crate::Role;

/// Makes a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateGroup {
    /// 1 to 60 of a-z, 0-9 and single inner `-`, a letter first.
    #[schema(value_type = String)]
    pub name: GroupName,
}

/// A group of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupView {
    #[schema(value_type = String)]
    pub name: GroupName,
    /// How many are in it.
    pub people: u64,
    /// How many apps have it among their members.
    pub apps: u64,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
}

/// All groups, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupList {
    pub groups: Vec<GroupView>,
}

/// Somebody in a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupPerson {
    #[schema(value_type = String)]
    pub person: PrincipalId,
    pub name: String,
    pub disabled: bool,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub joined_at: UnixMillis,
}

/// An app that has a group among its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupApp {
    #[schema(value_type = String)]
    pub app: AppName,
    /// What its people are there.
    pub role: Role,
}

/// One group, and who is in it: a page at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupDetail {
    #[schema(value_type = String)]
    pub name: GroupName,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
    /// How many are in it.
    pub size: u64,
    /// By name.
    pub apps: Vec<GroupApp>,
    /// Apps whose manifest declares it: their rules may name it, and their functions are told who is in it.
    #[schema(value_type = Vec<String>)]
    pub declared_by: Vec<AppName>,
    /// Those of this page, by id.
    pub people: Vec<GroupPerson>,
    /// Ask again with `after` set to this for more; absent when there are none.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PrincipalId>,
}

/// Puts people into a group: all of them, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddToGroup {
    /// 1 to 5,000 ids, or names that only one person has.
    pub people: Vec<String>,
}

/// What became of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddedToGroup {
    #[schema(value_type = String)]
    pub group: GroupName,
    /// Those who were not in it before.
    #[schema(value_type = Vec<String>)]
    pub added: Vec<PrincipalId>,
    /// How many were in it already.
    pub unchanged: u64,
}

/// Gives a group a place in an app, or another role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutAppGroup {
    pub role: Role,
}

/// A group among the members of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberGroup {
    #[schema(value_type = String)]
    pub group: GroupName,
    pub role: Role,
    /// How many are in it.
    pub people: u64,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub added_at: UnixMillis,
}
