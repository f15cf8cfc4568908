//! Mails, as those see them who look after the platform. What a mail says is shown to nobody.
use serde::{Deserialize, Serialize};
use types::{MailId, PrincipalId, UnixMillis};
use utoipa::ToSchema;

/// How far a mail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailStage {
    /// It will be tried.
    Waiting,
    /// It is being tried.
    Sending,
    /// The mail server took it.
    Delivered,
    /// It will not be tried any more.
    Failed,
}

/// One mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailView {
    #[schema(value_type = String)]
    pub id: MailId,
    /// What it is about: `invitation`, `reset` and the like.
    pub kind: String,
    pub to: String,
    /// Whose account it is about; absent where there is none yet.
    #[schema(value_type = Option<String>)]
    pub person: Option<PrincipalId>,
    pub stage: MailStage,
    /// Milliseconds since 1970: when it is due, when its attempt is over at the latest, or when it was delivered or failed.
    #[schema(value_type = u64)]
    pub stage_at: UnixMillis,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt came to nothing, partly in the words of the mail server.
    pub error: Option<String>,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
    /// Milliseconds since 1970: when its link is over.
    #[schema(value_type = u64)]
    pub expires_at: UnixMillis,
}

/// The newest mails first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailList {
    /// Whether a mail server is configured.
    pub on: bool,
    pub mails: Vec<MailView>,
}

/// A mail that says nothing but that it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestMail {
    pub to: String,
}

/// A mail that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailQueued {
    #[schema(value_type = String)]
    pub id: MailId,
}
