//! Keys and values of apps: their own data, kept apart from the platform's and from each other's.
use std::collections::HashSet;

use types::{AppName, KvAnswer, KvQuestion, UnixMillis};

use crate::Answer;

/// What a key costs beside its own bytes, its value's and its metadata's, when an app's are counted.
pub const KV_ENTRY_BYTES: u64 = 64;

/// The key-value stores of all apps.
pub trait KeyValues: Send + Sync {
    /// Answers a question of one of the app's functions. Whatever was changed is on disk before it is answered, and every later
    /// question sees it. A key whose end has come is not there. An app that was removed is refused.
    fn ask(&self, app: AppName, question: KvQuestion, now: UnixMillis) -> Answer<'_, KvAnswer>;
    /// Removes everything of an app, which is refused from then on.
    fn remove(&self, app: AppName) -> Answer<'_, ()>;
    /// An app that is new begins with nothing, whatever an earlier one of its name may have left.
    fn begin(&self, app: AppName) -> Answer<'_, ()>;
    /// Removes what belongs to no app of these: what a crash kept from being removed. To be called before anything is asked.
    fn keep_only(&self, apps: HashSet<AppName>) -> Answer<'_, usize>;
    /// Removes keys whose end has come, of every app; how many.
    fn purge(&self, now: UnixMillis) -> Answer<'_, usize>;
}
