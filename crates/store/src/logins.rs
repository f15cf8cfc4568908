//! Command lines in which somebody signed in: what such a credential has beside its row in the directory.
use serde::{Deserialize, Serialize};
use types::{Assurance, CredentialId, Digest, PrincipalId, UnixMillis};

use crate::{Answer, Credential};

/// How often one login is refreshed at most. Every secret that was used up is remembered for as long as the login is.
pub const REFRESHES_MAX: u32 = 1_000;

/// How many logins of one person are open at a time. Where one more is opened, the one that was not used for the longest time ends.
pub const LOGINS_MAX: usize = 32;

/// What a login is opened with: both have to be there at the moment when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// The browser's session in which it was allowed, at the sign-in origin.
    pub session: CredentialId,
    /// SHA-256 of the code, which was used once and never again.
    pub code: Digest,
}

/// A login: a credential whose secret is short-lived, bound to a key, and replaced with another secret that works once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Its row: holder, label, end, revocation. `secret_hash` there is of the present access secret.
    pub credential: CredentialId,
    /// The thumbprint (RFC 7638, SHA-256) of the key that every use has to be proved with.
    pub key: Digest,
    /// When the access secret ends; the login itself ends with its credential.
    pub access_until: UnixMillis,
    /// SHA-256 of the secret that the next refresh uses up.
    pub refresh_hash: Digest,
    pub assurance: Assurance,
    pub authenticated_at: UnixMillis,
    /// When it was opened, or refreshed last.
    pub used_at: UnixMillis,
}

/// One refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refresh {
    /// The secret that was brought, hashed.
    pub from: Digest,
    /// Whose proof came with it.
    pub key: Digest,
    /// The new secrets, hashed.
    pub access: Digest,
    pub refresh: Digest,
    pub at: UnixMillis,
    /// Cut to the end of the credential.
    pub access_until: UnixMillis,
}

/// What became of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refreshed {
    /// The new secrets count, the former ones do not.
    Done(Credential, Login),
    /// The secret had been used up before: somebody else has it, too. The login is revoked now, with all that was made with it.
    Replayed(Credential),
    /// Nothing changed.
    Refused { credential: CredentialId, why: &'static str },
    /// There is no login with this secret.
    Unknown,
}

/// Logins of command lines. Everything here goes along with its credential.
pub trait Logins: Send + Sync {
    /// Adds a credential that is a login, both or neither; the logins that ended for it (see [`LOGINS_MAX`]), with all that was
    /// made with them. Conflict: as [`crate::Directory::add_credential`]; its person is disabled; the refresh secret exists; or what
    /// it is opened with has ended since, is somebody else's, or came twice.
    fn add_login(&self, credential: Credential, login: Login, opening: Opening) -> Answer<'_, Vec<Credential>>;
    /// A code came twice: nothing is opened with it any more, no login and no session; and the login that it opened, if it did, is
    /// revoked with all that was made with it. `None`: there is no such login.
    fn void_code(&self, code: Digest, login: CredentialId, at: UnixMillis) -> Answer<'_, Option<Credential>>;
    /// The login that this secret would refresh; looking changes nothing, and says nothing of whether it would.
    fn login_to_refresh(&self, refresh: Digest) -> Answer<'_, Option<(Credential, Login)>>;
    /// Logins, the most recently used first, also those that are over; `of` narrows to one person.
    fn logins(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<(Credential, Login)>>;
    /// Replaces both secrets of a login, or revokes it: see [`Refreshed`]. Refused are another key, a login that is over or was
    /// refreshed [`REFRESHES_MAX`] times, and a person who is disabled.
    fn refresh_login(&self, refresh: Refresh) -> Answer<'_, Refreshed>;
    /// Revokes the logins of a person that are not, with what was made with them; how many.
    fn end_logins(&self, of: PrincipalId, at: UnixMillis) -> Answer<'_, usize>;
}
