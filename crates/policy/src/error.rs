//! Why the platform's own rules could not be loaded. Any of these is a defect of this build: the platform does not start.

/// A defect of the files in `policies/`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("the policy schema cannot be read: {reason}")]
    Schema { reason: String },
    #[error("`{file}` cannot be read: {reason}")]
    Rules { file: &'static str, reason: String },
    #[error("rule `{id}` does not fit the schema: {reason}")]
    Invalid { id: String, reason: String },
    #[error("a rule in `{file}` has no `@id`, or one that is taken: `{id}`")]
    Id { file: &'static str, id: String },
    #[error("`@access` of rule `{id}` holds `{word}`, which is not an access word")]
    Access { id: String, word: String },
    #[error("the schema has no {what}")]
    Missing { what: String },
}
