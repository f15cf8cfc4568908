//! The list of passwords that got out, which nobody may choose.
use serde::{Deserialize, Serialize};
use types::{Digest, UnixMillis};
use utoipa::ToSchema;

/// What there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BreachListStage {
    /// Nobody has imported one.
    Absent,
    /// New passwords are held against it.
    Present,
    /// Its file cannot be used, so new passwords are not held against it.
    Damaged,
}

/// The list, never what is on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreachListView {
    pub state: BreachListStage,
    /// Passwords on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// How often the rarest of them was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_count: Option<u32>,
    /// Length of its file, which is about the memory that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// SHA-256 of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub digest: Option<Digest>,
    /// Milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub imported_at: Option<UnixMillis>,
    /// What is wrong with its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl BreachListView {
    /// Without a word about a list.
    pub const fn of(state: BreachListStage) -> Self {
        Self { state, entries: None, min_count: None, bytes: None, digest: None, imported_at: None, reason: None }
    }
}
