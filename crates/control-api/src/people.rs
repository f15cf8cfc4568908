//! People, as those see them who look after the platform.
use serde::{Deserialize, Serialize};
use types::{AppName, CredentialId, GroupName, MailId, PrincipalId, UnixMillis};
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

/// One person of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    #[schema(value_type = String)]
    pub person: PrincipalId,
    pub name: String,
    /// What they sign in with at a browser; absent for somebody who has only tokens.
    pub email: Option<String>,
    pub owner: bool,
    pub disabled: bool,
    /// Whether they have an authenticator app.
    pub second_factor: bool,
    /// Groups that they are in, by name; for a page that is asked for with `groups=true`.
    #[schema(value_type = Vec<String>)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupName>,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
}

/// People, oldest first, a page at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeopleList {
    pub people: Vec<PersonEntry>,
    /// Ask again with `after` set to this for more; absent when there are none.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PrincipalId>,
}

/// Gives a person another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePerson {
    /// 1 to 80 visible characters, with single spaces between words.
    pub name: String,
}

/// Makes a link with which a person replaces a forgotten password. Their second factor stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateReset {
    /// Give the link in the answer, to be handed over, in place of a mail.
    #[serde(default)]
    pub print: bool,
}

/// A link to a new password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetCreated {
    #[schema(value_type = String)]
    pub person: PrincipalId,
    pub name: String,
    /// Hand it over; whoever has it sets the password. Absent when it is mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The mail that carries it.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailId>,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub expires_at: UnixMillis,
}

/// One session of a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionView {
    #[schema(value_type = String)]
    pub id: CredentialId,
    /// The app where it counts; absent: the sign-in pages.
    #[schema(value_type = Option<String>)]
    pub app: Option<AppName>,
    pub device: String,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
    /// Milliseconds since 1970, to the minute.
    #[schema(value_type = u64)]
    pub used_at: UnixMillis,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub expires_at: UnixMillis,
    /// It is the login of a command line, which counts at the console.
    #[serde(default)]
    pub command_line: bool,
}

/// Sessions and logins of command lines, the most recently used first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionList {
    pub sessions: Vec<SessionView>,
}

/// What there was of it, of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EverythingEnded {
    /// Sessions of browsers, those at apps included.
    pub sessions: u64,
    /// Logins of command lines, and tokens of people and service accounts.
    pub credentials: u64,
}

/// How many sessions were ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionsEnded {
    #[schema(value_type = String)]
    pub person: PrincipalId,
    pub ended: u64,
}
