//! From what SQLite says to what the store's callers are told.
use rusqlite::ErrorCode;
use store::StoreError;

/// Why one caller's work did not happen.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The work itself found that it does not fit.
    Conflict(&'static str),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(source: rusqlite::Error) -> Self {
        Self::Sql(source)
    }
}

/// What a piece of work is called in errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label {
    /// Completes "the store failed while it …".
    pub(crate) doing: &'static str,
    /// Completes "… conflicts with what is stored".
    pub(crate) what: &'static str,
}

impl Label {
    /// A broken constraint is a conflict; everything else is the database's failure.
    pub(crate) fn explain(self, fault: Fault) -> StoreError {
        match fault {
            Fault::Conflict(what) => StoreError::Conflict { what: what.to_owned() },
            Fault::Sql(e) if e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                StoreError::Conflict { what: self.what.to_owned() }
            }
            Fault::Sql(source) => StoreError::Failed { doing: self.doing, source: Box::new(source) },
        }
    }
}
