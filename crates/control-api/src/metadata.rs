//! Which identity an origin wants.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Protected resource metadata (RFC 9728 section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResourceMetadata {
    /// The origin: a token counts here only when it was made for it.
    pub resource: String,
    pub resource_name: String,
    /// `header` alone: no token is read from a body or a query.
    pub bearer_methods_supported: Vec<String>,
    /// Where tokens for this origin are given out (RFC 8414): the sign-in pages, for the console. Those for an app are made with
    /// the control API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<String>,
    /// How the proofs are signed that come with tokens that are bound to a key (RFC 9449).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
}
