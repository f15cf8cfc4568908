//! Why a credential does not count. Only the audit log and the operator learn which; the caller always gets the same answer.
use gateway::{Refusal, SecurityClass};
use types::{Code, CredentialId, PrincipalId};

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
}

/// One reason for a refusal. Never holds any part of the credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("credential: more than one Authorization field")]
    SeveralFields,
    #[error("credential: the Authorization scheme is not Bearer")]
    Scheme,
    #[error("credential: the Authorization field is not `Bearer`, one space and a token (RFC 6750)")]
    Syntax,
    #[error("credential: not a token of this platform (wrong {0})")]
    Malformed(Malformed),
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
}

impl Reason {
    // SECURITY: one public answer. A difference between "unknown" and "revoked" would tell a thief what a find is worth.
    pub(crate) fn refusal(&self) -> Refusal {
        Refusal::new(Code::ID_INVALID, self.to_string())
            .next("use a token that was made for exactly this app, or for the console, and that still counts")
            .security(SecurityClass::Credential)
    }
}
