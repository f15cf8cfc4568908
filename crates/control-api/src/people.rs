//! People, as those see them who look after the platform.
use serde::{Deserialize, Serialize};
use types::{AppName, CredentialId, MailId, PrincipalId, UnixMillis};
use utoipa::ToSchema;

use crate::Role;

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
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
}

/// Everybody, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeopleList {
    pub people: Vec<PersonEntry>,
}

/// Invites somebody who has no account yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvitation {
    pub email: String,
    /// The app that they become a member of.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// What they may do there; `member` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Give the link in the answer, to be handed over, in place of a mail.
    #[serde(default)]
    pub print: bool,
}

/// A new invitation. Its link goes out by mail, or is shown this once; not both, because who got it by mail alone has shown that
/// they read mail there.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationCreated {
    #[schema(value_type = String)]
    pub id: CredentialId,
    pub email: String,
    /// Hand it over; whoever has it takes the account. Absent when it is mailed.
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

/// How many sessions were ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionsEnded {
    #[schema(value_type = String)]
    pub person: PrincipalId,
    pub ended: u64,
}
