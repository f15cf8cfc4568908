//! Invitations: one-time links for people who have no account yet, one by one or from a list.
use serde::{Deserialize, Serialize};
use types::{AppName, CredentialId, GroupName, MailId, PrincipalId, UnixMillis};
use utoipa::ToSchema;

use crate::Role;

/// Invites somebody who has no account yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvitation {
    pub email: String,
    /// What they are called; they can change it when they accept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The app that they become a member of.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    /// What they may do there; `member` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Groups that they come into.
    #[schema(value_type = Vec<String>)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupName>,
    /// Give the link in the answer, to be handed over, in place of a mail.
    #[serde(default)]
    pub print: bool,
}

/// A new invitation. Its link goes out by mail, or is shown this once; not both, because who got it by mail alone has shown that
/// they read mail there.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationCreated {
    pub invitation: InvitationView,
    /// Hand it over; whoever has it takes the account. Absent when it is mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The mail that carries it.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailId>,
}

/// An invitation that nobody has accepted. Its link is kept by nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationView {
    #[schema(value_type = String)]
    pub id: CredentialId,
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[schema(value_type = Vec<String>)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupName>,
    /// Absent: the host made it, or they asked for it themselves.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited_by: Option<PrincipalId>,
    /// That person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inviter: Option<String>,
    /// It went out by mail.
    pub mailed: bool,
    /// They asked for it themselves, by signing up.
    pub sign_up: bool,
    /// It counts now. One of somebody who is disabled does not, and one that is over is taken away in time.
    pub open: bool,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub expires_at: UnixMillis,
}

/// Invitations, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationList {
    pub invitations: Vec<InvitationView>,
}

/// One row of a list of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedPerson {
    /// Where it stands in the file that it comes from, for what is said of it.
    pub line: u64,
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Names of groups that they come into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// Invites everybody of a list who has no account, and puts those who have one into their groups: all of it, or nothing. Nobody is
/// taken out of anything, and no password is ever in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportPeople {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Give the links in the answer, to be handed over, in place of mails.
    #[serde(default)]
    pub print: bool,
    /// 1 to 5,000.
    pub people: Vec<ImportedPerson>,
}

/// A link of a list.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedLink {
    pub line: u64,
    pub email: String,
    /// Hand it over; whoever has it takes the account.
    pub link: String,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub expires_at: UnixMillis,
}

/// What an import did, or would do.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeopleImported {
    pub dry_run: bool,
    /// New invitations.
    pub invited: u64,
    /// Those who have an account already.
    pub known: u64,
    /// Those who are invited already, and whose invitation stays as it is.
    pub waiting: u64,
    /// How often somebody who has an account came into a group.
    pub joined: u64,
    /// Links to hand over, in the order of the list; none when they go out by mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<ImportedLink>,
}
