//! identity, as `sign-in` sees it: sessions opened and ended. And control, as `sign-in` sees it: who joins what.
use std::sync::Arc;

use store::{Invitation, Link, LinkPurpose, MemberRole, OpenedBy, Session, StoreError};
use types::{AppName, Assurance, CredentialId, PrincipalId, Secret, UnixMillis};

use crate::{Fut, Refusal};

/// What to open.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub person: PrincipalId,
    /// For an app: the app, the session it comes from, and the id that was promised for it.
    pub child: Option<(AppName, CredentialId, CredentialId)>,
    pub assurance: Assurance,
    pub authenticated_at: UnixMillis,
    pub device: Arc<str>,
    /// What stopped counting meanwhile opens nothing.
    pub by: OpenedBy,
}

/// Whom to invite.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// As `types::email_address` gives it.
    pub email: Arc<str>,
    pub app: Option<(AppName, MemberRole)>,
    pub invited_by: Option<PrincipalId>,
    /// Its link goes out by mail, and nobody else sees it.
    pub mailed: bool,
    /// They asked for it themselves.
    pub sign_up: bool,
}

/// A link of a mail, or one that an admin hands over.
#[derive(Debug, Clone)]
pub struct NewLink {
    pub purpose: LinkPurpose,
    pub person: PrincipalId,
    /// See [`Link::note`].
    pub note: Arc<str>,
}

/// identity: sessions of browsers, and invitations.
pub trait SessionPort: Send + Sync {
    /// Makes an invitation. The code goes into its link and is kept by nobody; an earlier one for the address is void.
    fn invite(&self, new: NewInvitation) -> Fut<'_, Result<(Invitation, Secret), StoreError>>;
    /// Makes a link for somebody. The secret goes into its address and is kept by nobody.
    fn link(&self, new: NewLink) -> Fut<'_, Result<(Link, Secret), StoreError>>;
    /// Opens a session. The secret is for the browser's cookie, and shown to nobody else.
    fn open(&self, new: NewSession) -> Fut<'_, Result<(Session, Secret), StoreError>>;
    /// Its person showed again who they are: other assurance, and another secret for the browser's cookie. `None`: there is no
    /// such session.
    fn raise(&self, id: CredentialId, assurance: Assurance) -> Fut<'_, Result<Option<Secret>, StoreError>>;
    /// Ends a session with its children, in the store and in every cache before it returns; `false` when there was none.
    fn end(&self, id: CredentialId) -> Fut<'_, Result<bool, StoreError>>;
    /// Ends the sessions of a person, those at one app or all; `kept` stays with its children. Where all end, so do the logins of
    /// their command lines. How many were ended.
    fn end_all(
        &self,
        of: PrincipalId,
        app: Option<AppName>,
        kept: Option<CredentialId>,
    ) -> Fut<'_, Result<usize, StoreError>>;
    /// Forgets what is cached of a person's sessions and credentials, after the store changed.
    fn forget_person(&self, of: PrincipalId);
}

/// control: what a new person becomes part of.
pub trait MembershipPort: Send + Sync {
    /// Gives a new owner the apps that nobody is in.
    fn adopt(&self, owner: PrincipalId) -> Fut<'_, Result<(), Refusal>>;
    /// Tells every room that an app's members changed.
    fn members_changed(&self, app: AppName) -> Fut<'_, Result<(), Refusal>>;
}
