//! Who the caller is, and tokens.
use serde::{Deserialize, Serialize};
use types::{AppName, CredentialId, PrincipalId, UnixMillis};
use utoipa::ToSchema;

/// Who the caller is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// `stranger`, `person`, `service` or `operator`.
    pub kind: String,
    #[schema(value_type = Option<String>)]
    pub id: Option<PrincipalId>,
    pub name: Option<String>,
    /// Owner of the platform.
    pub owner: bool,
    /// The credential in use.
    #[schema(value_type = Option<String>)]
    pub credential: Option<CredentialId>,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenUse {
    /// A person's command line.
    Cli,
    /// A person's short-lived call of one app.
    Call,
    /// A service account.
    Service,
}

/// A token, without its secret: that is kept by nobody but its holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    #[schema(value_type = String)]
    pub id: CredentialId,
    #[serde(rename = "use")]
    pub used_for: TokenUse,
    #[schema(value_type = String)]
    pub principal: PrincipalId,
    /// Name of the person or service account, where known.
    pub principal_name: Option<String>,
    /// The one app where it counts; absent: the platform.
    #[schema(value_type = Option<String>)]
    pub app: Option<AppName>,
    pub label: String,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub expires_at: UnixMillis,
    /// Milliseconds since 1970; absent while it holds.
    #[schema(value_type = Option<u64>)]
    pub revoked_at: Option<UnixMillis>,
}

/// Tokens, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenList {
    pub tokens: Vec<Token>,
}

/// Makes a token for a service account of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// The service account, as `callers` in a manifest names it. It is made when it is new.
    pub service: String,
    /// What to call the token; the account's name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Life in seconds, cut to the longest that the platform allows; its usual one (90 days) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_s: Option<u64>,
}

/// Makes a short-lived token with which the caller calls an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCallToken {
    #[schema(value_type = String)]
    pub app: AppName,
    /// Life in seconds, cut to the longest that the platform allows (an hour); its usual one (5 minutes) when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_s: Option<u64>,
}

/// A new token. The secret is shown this once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenCreated {
    pub token: Token,
    /// `sfp_…` or `sfs_…`; send it as `Authorization: Bearer …`.
    pub secret: String,
    /// Where it counts.
    pub url: String,
}
