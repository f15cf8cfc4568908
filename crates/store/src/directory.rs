//! People, service accounts, their credentials, and the claim that makes the first owner.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{AppName, CredentialId, Digest, PrincipalId, UnixMillis};

use crate::{Answer, Login};

/// What a principal is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalKind {
    Person {
        owner: bool,
    },
    /// A machine's account, which belongs to one app and is deleted with it. Its name is unique within the app.
    Service {
        app: AppName,
    },
}

/// Somebody or something that can be recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    pub id: PrincipalId,
    pub kind: PrincipalKind,
    pub name: Arc<str>,
    pub disabled: bool,
    pub created_at: UnixMillis,
    /// Grows with every change that must end cached decisions.
    pub version: u64,
}

/// Where a credential counts: exactly one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The control API and the console.
    Platform,
    /// The functions of one app.
    App(AppName),
}

/// What a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// A person's command line (`sfp_`).
    Cli,
    /// A person's short-lived call of an app, made from a `Cli` credential (`sfp_`).
    Call,
    /// A service account's token (`sfs_`).
    Service,
}

/// A credential as stored: only a hash of its secret is ever kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub id: CredentialId,
    pub principal: PrincipalId,
    /// The credential that this one was made with, where it must not outlive that one: a `Call` made from a `Cli`.
    pub parent: Option<CredentialId>,
    pub kind: CredentialKind,
    pub audience: Audience,
    /// SHA-256 of the whole token text.
    pub secret_hash: Digest,
    /// What the owner calls it.
    pub label: Arc<str>,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
    pub revoked_at: Option<UnixMillis>,
}

/// All that says whether a credential counts, and for whom, as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub credential: Credential,
    pub principal: Principal,
    /// What it has beside its row, where it is a login.
    pub login: Option<Login>,
    /// When its person last showed who they are: when the login was made that it is, or that it was made with; without a login, when
    /// the first credential was made. Zero where that one is gone.
    pub shown_at: UnixMillis,
}

/// The one open claim: whoever shows its code before the end becomes an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// SHA-256 of the code.
    pub code_hash: Digest,
    pub expires_at: UnixMillis,
}

/// People, service accounts and credentials.
pub trait Directory: Send + Sync {
    /// The principal, if there is one.
    fn principal(&self, id: PrincipalId) -> Answer<'_, Option<Principal>>;
    /// All principals, oldest first; `app` narrows to the service accounts of one app.
    fn principals(&self, app: Option<AppName>) -> Answer<'_, Vec<Principal>>;
    /// Adds a principal. Conflict: the id exists, the app has a service account of that name, or there is no such app.
    fn add_principal(&self, principal: Principal) -> Answer<'_, ()>;
    /// Sets `disabled` and grows `version`; `false` when there is no such principal. Disabling ends their sessions.
    fn set_disabled(&self, id: PrincipalId, disabled: bool) -> Answer<'_, bool>;

    /// Adds a credential. Conflict: its id or hash exists, or its principal or the app of its audience does not, or its parent
    /// does not exist or is revoked.
    fn add_credential(&self, credential: Credential) -> Answer<'_, ()>;
    /// What is known of the credential with this hash, in one read; revoked and expired ones included.
    fn credential(&self, secret_hash: Digest) -> Answer<'_, Option<Known>>;
    /// Credentials, newest first; `of` narrows to one principal.
    fn credentials(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<Credential>>;
    /// Revokes a credential and those made with it; `None` when there is none, otherwise the credential as it now is.
    /// Revoking twice keeps the first time.
    fn revoke_credential(&self, id: CredentialId, at: UnixMillis) -> Answer<'_, Option<Credential>>;

    /// Removes credentials that expired or were revoked before `before` and an open claim that was over by then; how many rows
    /// those were.
    fn purge_credentials(&self, before: UnixMillis) -> Answer<'_, usize>;

    /// Whether any enabled owner exists.
    fn has_owner(&self) -> Answer<'_, bool>;
    /// The open claim, if there is one; it may be over. Lets wrong codes be refused without a write.
    fn claim(&self) -> Answer<'_, Option<Claim>>;
    /// Replaces the one open claim (hash of its code, and its end).
    fn put_claim(&self, code_hash: Digest, expires_at: UnixMillis) -> Answer<'_, ()>;
    /// Uses up the claim and adds the owner and their first credential, all in one transaction.
    /// `false`, and nothing changed, when the code is not the open claim's or `now` is not before its end.
    /// Conflict, and the claim stays open, when the principal or the credential cannot be added.
    fn redeem_claim(
        &self,
        code_hash: Digest,
        now: UnixMillis,
        owner: Principal,
        credential: Credential,
    ) -> Answer<'_, bool>;
}
