//! identity, as `control` sees it: make and end credentials, make and redeem claims. Secrets pass through once and are never stored.
use std::sync::Arc;

use store::{Audience, Credential, CredentialKind, Principal};
use types::{AppName, CredentialId, PrincipalId, Secret, UnixMillis};

use crate::Fut;

/// What to make.
#[derive(Debug, Clone)]
pub struct NewCredential {
    pub principal: PrincipalId,
    pub kind: CredentialKind,
    pub audience: Audience,
    pub label: Arc<str>,
    /// Life in seconds; cut to the longest that the kind allows. 0 asks for the kind's usual life.
    pub life_s: u64,
}

/// Why identity did not do it.
#[derive(Debug, thiserror::Error)]
pub enum CredentialFailure {
    /// No such principal, app or credential.
    #[error("there is no {what}")]
    Unknown { what: String },
    /// What was asked for cannot be: a bad display name, a token kind that does not fit its audience. The text is for the caller.
    #[error("{what} is not acceptable: {why}")]
    Unfit { what: &'static str, why: String },
    /// The claim is wrong, used, or over. The caller is told only that.
    #[error("the claim is not valid: {reason}")]
    Claim { reason: String },
    /// There is an owner already; a new claim needs the word of the host's operator.
    #[error("there is an owner already")]
    Owned,
    /// Too many wrong claims lately.
    #[error("too many failed attempts; try again in {retry_s} seconds")]
    Throttled { retry_s: u64 },
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// A claim that was made.
#[derive(Debug, Clone)]
pub struct NewClaim {
    pub code: Secret,
    pub expires_at: UnixMillis,
}

/// identity: credentials and claims.
pub trait CredentialPort: Send + Sync {
    /// Makes a credential. The secret is shown now and never again.
    fn create<'a>(&'a self, new: NewCredential) -> Fut<'a, Result<(Credential, Secret), CredentialFailure>>;
    /// Revokes it in the store and in every cache before it returns: the next request with it is refused.
    fn revoke(&self, id: CredentialId) -> Fut<'_, Result<Option<Credential>, CredentialFailure>>;
    /// Adds a service account to an app, or finds the one of that name.
    fn service_account(&self, app: AppName, name: Arc<str>) -> Fut<'_, Result<Principal, CredentialFailure>>;
    /// Forgets everything cached about an app's service accounts; called when an app is removed.
    fn forget_app(&self, app: &AppName);
    /// Makes the one open claim, valid for 30 minutes; a former one is void. `again` allows it although an owner exists.
    fn issue_claim(&self, again: bool) -> Fut<'_, Result<NewClaim, CredentialFailure>>;
    /// Uses up the claim: makes a person who owns the platform, with a first command-line credential.
    fn redeem_claim<'a>(
        &'a self,
        code: &'a str,
        name: Arc<str>,
    ) -> Fut<'a, Result<(Principal, Credential, Secret), CredentialFailure>>;
}
