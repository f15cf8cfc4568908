//! Which identity an origin wants.
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Protected resource metadata (RFC 9728 section 2). There is no authorization server yet, so none is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResourceMetadata {
    /// The origin: a token counts here only when it was made for it.
    pub resource: String,
    pub resource_name: String,
    /// `header` alone: no token is read from a body or a query.
    pub bearer_methods_supported: Vec<String>,
}
