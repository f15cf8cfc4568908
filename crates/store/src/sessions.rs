//! Sessions of browsers, and secrets that are good for one use.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{AppName, Assurance, CredentialId, Digest, PrincipalId, UnixMillis};

use crate::{Answer, Principal};

/// A browser in which somebody signed in: one at the sign-in origin, and a child of it at each app's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Not a secret: for records and lists.
    pub id: CredentialId,
    pub person: PrincipalId,
    /// The session at the sign-in origin that this one came from, and ends with.
    pub parent: Option<CredentialId>,
    /// The app where it counts; `None`: the sign-in origin.
    pub app: Option<AppName>,
    /// SHA-256 of the secret in the browser's cookie.
    pub secret_hash: Digest,
    /// The secret before, and until when it still counts: requests that were under way when it was replaced carry it.
    pub former: Option<(Digest, UnixMillis)>,
    pub created_at: UnixMillis,
    pub used_at: UnixMillis,
    /// When the secret was last replaced.
    pub rotated_at: UnixMillis,
    /// However much it is used.
    pub expires_at: UnixMillis,
    pub assurance: Assurance,
    pub authenticated_at: UnixMillis,
    /// `Firefox on Linux`, for its owner to recognise.
    pub device: Arc<str>,
}

/// What a session is opened by, as far as that has to be there at the very moment when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenedBy {
    /// A passkey, an invitation, a session before it: nothing more to look at.
    Other,
    /// The password that was set then. One that was compared while another took its place opens nothing.
    Password { set_at: UnixMillis },
    /// The code with this SHA-256, which was used once. One that came twice since opens nothing.
    Code(Digest),
}

/// What a one-time secret is for. One that was made for one purpose is unknown for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkPurpose {
    /// What the sign-in origin hands to an app's origin, or to a command line (RFC 6749 section 4.1).
    Code,
    /// Sets a new password.
    Reset,
    /// Shows that an address is theirs.
    VerifyEmail,
}

/// A secret that is good for one use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// SHA-256 of the secret.
    pub hash: Digest,
    pub purpose: LinkPurpose,
    pub person: PrincipalId,
    /// What its maker wants to know again when it is used.
    pub note: Arc<str>,
    pub expires_at: UnixMillis,
}

impl Link {
    /// The note of a reset link that went to the address of its account by mail, and into no other hands: whoever uses it has the
    /// mailbox.
    pub const MAILED: &'static str = "mailed";
}

/// What became of an attempt to use a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// It was open, and is used now.
    First(Link),
    /// It was used before: somebody else has it, too.
    Again(Link),
    /// There is none, or it is over.
    Unknown,
}

/// Sessions and links. Everything here goes along when its person is removed.
pub trait Sessions: Send + Sync {
    /// Adds a session. Conflict: its id or secret exists, its person does not or is disabled, its app or parent does not exist, its
    /// parent is somebody else's, or what it is opened by counts no more.
    fn add_session(&self, session: Session, by: OpenedBy) -> Answer<'_, ()>;
    /// The session with this secret or former secret, and its person; also when it is over.
    fn session(&self, secret_hash: Digest) -> Answer<'_, Option<(Session, Principal)>>;
    /// Sessions, the most recently used first; `of` narrows to one person.
    fn sessions(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<Session>>;
    /// Replaces the secret `from`, which stays good until `until`; `false`, and nothing changed, when it is not `from` any more.
    fn rotate_session(
        &self,
        id: CredentialId,
        from: Digest,
        to: Digest,
        at: UnixMillis,
        until: UnixMillis,
    ) -> Answer<'_, bool>;
    /// Notes that its person showed again who they are: other secret (the one before ends at once), other assurance; `false` when
    /// there is no such session.
    fn raise_session(&self, id: CredentialId, to: Digest, assurance: Assurance, at: UnixMillis) -> Answer<'_, bool>;
    /// Notes that a session was used, and its parent with it.
    fn touch_session(&self, id: CredentialId, at: UnixMillis) -> Answer<'_, ()>;
    /// Ends a session and its children; `false` when there was none.
    fn end_session(&self, id: CredentialId) -> Answer<'_, bool>;
    /// Ends the sessions of a person, those at one app only or all; `kept` stays, with its children. How many were ended.
    fn end_sessions(&self, of: PrincipalId, app: Option<AppName>, kept: Option<CredentialId>) -> Answer<'_, usize>;

    /// Adds a link. Conflict: its secret exists, or its person does not.
    fn add_link(&self, link: Link) -> Answer<'_, ()>;
    /// A link that could be used now; looking changes nothing.
    fn link(&self, purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Answer<'_, Option<Link>>;
    /// Uses a link up, if it can be.
    fn use_link(&self, purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Answer<'_, Use>;

    /// Removes sessions, links and invitations that were over before `before`, and sessions not used since `idle`; how many.
    fn purge_sessions(&self, before: UnixMillis, idle: UnixMillis) -> Answer<'_, usize>;
}
