//! Why a credential does not count. Only the audit log and the operator learn which; the caller always gets the same answer.
use gateway::{Refusal, SecurityClass};
use types::{Code, CredentialId, PrincipalId};

use crate::{proof::Flaw, signed::Defect};

/// Why a text cannot be a token of ours at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("length")]
    Length,
    #[error("prefix")]
    Prefix,
    #[error("alphabet")]
    Alphabet,
    #[error("checksum")]
    Checksum,
    #[error("number or alphabet of parts")]
    Parts,
}

/// One reason for a refusal. Never holds any part of the credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("credential: more than one Authorization field")]
    SeveralFields,
    #[error("credential: the Authorization scheme is neither Bearer nor DPoP")]
    Scheme,
    #[error("credential: the Authorization field is not `Bearer` or `DPoP`, one space and a token (RFC 6750)")]
    Syntax,
    #[error("credential: not a token of this platform (wrong {0})")]
    Malformed(Malformed),
    #[error("credential: a signed token: {0}")]
    Signed(Defect),
    #[error("credential: a signed token that login {0} has no more; it was refreshed, or is gone")]
    Former(CredentialId),
    #[error("credential: unknown")]
    Unknown,
    #[error("credential: {0} is revoked")]
    Revoked(CredentialId),
    #[error("credential: {0} is expired")]
    Expired(CredentialId),
    #[error("credential: {0} belongs to {1}, which is disabled")]
    Disabled(CredentialId, PrincipalId),
    #[error("credential: {0} counts for another audience")]
    OtherAudience(CredentialId),
    #[error("credential: {0} is bound to a key, and came without a proof")]
    Alone(CredentialId),
    #[error("credential: {0} is bound to no key, and came as if it were")]
    Unbound(CredentialId),
    #[error("credential: the proof that came with {0}: {1}")]
    Proof(CredentialId, Flaw),
}

impl Reason {
    // SECURITY: one public answer. A difference between "unknown" and "revoked" would tell a thief what a find is worth.
    pub(crate) fn refusal(&self) -> Refusal {
        let refusal = Refusal::new(Code::ID_INVALID, self.to_string())
            .next("use a token that was made for exactly this app, or for the console, and that still counts")
            .security(SecurityClass::Credential);
        match self {
            // An honest holder with a wrong clock would never find out; a thief learns what time it is.
            Self::Proof(_, flaw @ (Flaw::Old(_) | Flaw::Ahead(_) | Flaw::BeforeStart | Flaw::TooMany)) => {
                refusal.detail(format!("the DPoP proof: {flaw}"))
            }
            _ => refusal,
        }
    }
}
