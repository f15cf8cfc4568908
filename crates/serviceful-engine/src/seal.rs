//! Which bytes may become machine code: those that the keeper signed for this component and this build.
use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ED25519, UnparsedPublicKey},
};
use types::{Digest, EngineBuild};
use wire::work::Load;

/// The only statement format there is.
const FORMAT: u8 = 1;

/// Why an artefact is refused. The front recompiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    #[error("the statement has format {format}; this engine reads format 1")]
    Format { format: u8 },
    #[error("the artefact was made by engine `{theirs}`, this is `{ours}`; recompile it")]
    Build { theirs: EngineBuild, ours: EngineBuild },
    #[error("the artefact has {bytes} bytes, its statement says {stated}; recompile it")]
    Length { bytes: u64, stated: u64 },
    #[error("the artefact's bytes differ from what was signed; recompile it")]
    Contents,
    #[error("the artefact carries no signature; only what our compiler made is loaded")]
    Unsigned,
    #[error("the artefact's signature is wrong; only what our compiler made is loaded")]
    Signature,
}

/// Bytes that passed [`verify`]. Nothing else makes one.
#[derive(Debug)]
pub(crate) struct VerifiedArtefact {
    bytes: Vec<u8>,
    component: Digest,
}

impl VerifiedArtefact {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The component that these bytes are, as signed.
    pub(crate) const fn component(&self) -> Digest {
        self.component
    }
}

/// Checks the statement against this engine, the bytes against the statement, and the signature over the statement.
///
/// # Errors
/// The first thing that does not fit.
pub(crate) fn verify(
    bytes: Vec<u8>,
    load: &Load,
    key: &[u8; 32],
    ours: &EngineBuild,
) -> Result<VerifiedArtefact, SealError> {
    let statement = &load.statement;
    if statement.format != FORMAT {
        return Err(SealError::Format { format: statement.format });
    }
    if &statement.build != ours {
        return Err(SealError::Build { theirs: statement.build.clone(), ours: ours.clone() });
    }
    if bytes.len() as u64 != statement.artefact_bytes {
        return Err(SealError::Length { bytes: bytes.len() as u64, stated: statement.artefact_bytes });
    }
    if sha256(&bytes) != statement.artefact {
        return Err(SealError::Contents);
    }
    if load.signature.is_empty() {
        return Err(SealError::Unsigned);
    }
    UnparsedPublicKey::new(&ED25519, key)
        .verify(&statement.signed_bytes(), &load.signature)
        .map_err(|_| SealError::Signature)?;
    Ok(VerifiedArtefact { bytes, component: statement.component })
}

/// The SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
        *to = *from;
    }
    Digest::from_bytes(out)
}

#[cfg(test)]
pub(crate) mod tests;
