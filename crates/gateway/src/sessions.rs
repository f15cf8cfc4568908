//! identity, as `sign-in` sees it: sessions opened and ended. And control, as `sign-in` sees it: who joins what.
use std::sync::Arc;

use store::{Ended, Invitation, Link, LinkPurpose, MemberRole, OpenedBy, Session, StoreError};
use types::{AppName, Assurance, CredentialId, GroupName, PrincipalId, Secret, UnixMillis};

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
    /// What they are called, if that is known.
    pub name: Option<Arc<str>>,
    pub app: Option<(AppName, MemberRole)>,
    /// Groups that they come into.
    pub groups: Vec<GroupName>,
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

/// How somebody comes by another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renaming {
    /// They say so themselves. SECURITY: then it must not pass for the name of somebody else, whom others know by it.
    Oneself,
    /// Somebody says so who looks after the directory, and sees who is called what.
    ByAdmin,
}

/// Why a name was not given.
#[derive(Debug, thiserror::Error)]
pub enum NameFailure {
    /// It may not be anybody's name; the text is for whoever typed it.
    #[error("the name is not acceptable: {why}")]
    Unfit { why: String },
    /// It passes for the name of somebody else.
    #[error("somebody else has that name, or one that looks like it")]
    Alike,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// identity: sessions of browsers, invitations, and what people are called.
pub trait SessionPort: Send + Sync {
    /// What may be somebody's name.
    fn fit_name(&self, name: &str) -> Result<(), NameFailure>;
    /// Whether somebody has this name, or one that it passes for. Reads all of them.
    fn is_taken(&self, name: Arc<str>) -> Fut<'_, Result<bool, StoreError>>;
    /// Gives a person another name, in the store and in every cache before it returns; `false`: there is no such person.
    fn rename(&self, person: PrincipalId, name: Arc<str>, by: Renaming) -> Fut<'_, Result<bool, NameFailure>>;
    /// An invitation that is not kept yet, and the code of its link.
    fn draft_invitation(&self, new: NewInvitation) -> (Invitation, Secret);
    /// Ends every session, login and token of everybody, in the store and in every cache before it returns.
    fn end_everything(&self) -> Fut<'_, Result<Ended, StoreError>>;
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
    /// Tells every room that others are in a group of people.
    fn group_changed(&self, group: GroupName) -> Fut<'_, Result<(), Refusal>>;
}
