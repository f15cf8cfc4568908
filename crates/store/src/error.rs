//! What can go wrong with any store.

/// "Not found" is an `Option` in the answer, never an error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The write does not fit what is there; nothing was changed.
    #[error("{what} conflicts with what is stored")]
    Conflict { what: String },
    /// The database failed; nothing was changed.
    #[error("the platform's store failed while it {doing}")]
    Failed {
        doing: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store is being closed.
    #[error("the platform's store is closed")]
    Closed,
}
