//! People who ask to be let into an app.
use std::sync::Arc;

use types::{AppName, PrincipalId, UnixMillis};

use crate::{Answer, AppMember};

/// One who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRequest {
    pub app: AppName,
    pub person: PrincipalId,
    /// What they wrote to whoever decides; at most [`AccessRequest::MESSAGE_CHARS_MAX`].
    pub message: Arc<str>,
    pub asked_at: UnixMillis,
}

impl AccessRequest {
    /// Longest message, in characters.
    pub const MESSAGE_CHARS_MAX: usize = 500;
    /// Most requests that one person may have open, at all apps together.
    pub const OF_PERSON_MAX: usize = 20;
    /// Most requests that may be open at one app.
    pub const OF_APP_MAX: usize = 500;
}

/// What became of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It is open now.
    New,
    /// It was open already, since then; nothing changed.
    Open(UnixMillis),
    /// It was asked at that time and denied, lately; nothing changed.
    Denied(UnixMillis),
    /// They belong to the app, directly or through a group.
    Member,
    /// Too many are open, of theirs or at the app.
    Full,
}

/// Requests for access. Everything here goes along with its person and its app.
pub trait AccessRequests: Send + Sync {
    /// Asks, once for each person and app. A denial before `again` counts no more. Conflict: no such app, no such person.
    fn ask_access(&self, new: AccessRequest, again: UnixMillis) -> Answer<'_, Asked>;
    /// Those that are open at an app, oldest first. Whoever became a member by another way asks no more.
    fn access_requests(&self, app: AppName) -> Answer<'_, Vec<AccessRequest>>;
    /// Lets somebody in who asked: they are a member, which grows the app's version, and ask no more, in one transaction.
    /// `false`, and nothing changed, when they do not ask. They have the role that is given here.
    fn approve_access(&self, app: AppName, member: AppMember) -> Answer<'_, bool>;
    /// Says no; `false`, and nothing changed, when they do not ask.
    fn deny_access(&self, app: AppName, person: PrincipalId, at: UnixMillis) -> Answer<'_, bool>;
}
