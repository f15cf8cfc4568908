//! What was found wrong while the bundler was at work, from any of its threads.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use wire::bundle::Notice;

/// Errors and warnings that are shown; the rest is counted.
const NOTICES_MAX: usize = 100;

/// Shared by all who find something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings(Arc<Mutex<Found>>);

/// Both lists, in order of file and place.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) errors: Vec<Notice>,
    pub(crate) warnings: Vec<Notice>,
}

impl Findings {
    pub(crate) fn error(&self, notice: Notice) {
        self.with(|found| found.errors.push(notice));
    }

    pub(crate) fn warning(&self, notice: Notice) {
        self.with(|found| found.warnings.push(notice));
    }

    pub(crate) fn no_error(&self) -> bool {
        self.with(|found| found.errors.is_empty())
    }

    /// Forgets warnings about files of which nothing is left in the module.
    pub(crate) fn keep_warnings(&self, files: &BTreeSet<String>) {
        self.with(|found| found.warnings.retain(|notice| notice.file.as_ref().is_none_or(|file| files.contains(file))));
    }

    /// Everything so far. Threads find things in any order; people and tests want one.
    pub(crate) fn take(&self) -> Found {
        let mut found = self.with(std::mem::take);
        tidy(&mut found.errors);
        tidy(&mut found.warnings);
        found
    }

    fn with<T>(&self, change: impl FnOnce(&mut Found) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A notice without a place.
pub(crate) fn plain(message: String) -> Notice {
    Notice { file: None, line: None, column: None, message, excerpt: None }
}

fn tidy(notices: &mut Vec<Notice>) {
    let key = |notice: &Notice| (notice.file.clone(), notice.line, notice.column, notice.message.clone());
    notices.sort_by_cached_key(key);
    notices.dedup();
    if notices.len() > NOTICES_MAX {
        let more = notices.len() - NOTICES_MAX;
        notices.truncate(NOTICES_MAX);
        notices.push(plain(format!("and {more} more")));
    }
}
