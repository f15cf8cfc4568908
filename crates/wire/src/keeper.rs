//! front <-> keeper: ask for a signature; keys never cross. `stream` numbers the question and comes back with the answer.
use serde::{Deserialize, Serialize};
use types::{Digest, EngineBuild};

/// Frame kinds.
pub mod kind {
    /// `Question`
    pub const ASK: u8 = 1;
    /// `Answer`
    pub const ANSWER: u8 = 2;
}

/// What an artefact's signature covers. The keeper signs these words, not a caller's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtefactStatement {
    /// 1
    pub format: u8,
    pub build: EngineBuild,
    pub component: Digest,
    /// SHA-256 of the compiled code.
    pub artefact: Digest,
    pub artefact_bytes: u64,
}

impl ArtefactStatement {
    /// The exact bytes that are signed: a domain word, then the fields in order, each with its length.
    pub fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = b"serviceful artefact v1\n".to_vec();
        bytes.push(self.format);
        for part in [
            self.build.as_str().as_bytes(),
            self.component.as_bytes(),
            self.artefact.as_bytes(),
            &self.artefact_bytes.to_be_bytes(),
        ] {
            bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// What the front may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// The public halves of the keeper's keys; with `build`, that of its artefact key, which is made when it is new.
    PublicKeys { build: Option<EngineBuild> },
    /// Sign that this artefact came from our compiler.
    SignArtefact(ArtefactStatement),
    /// Sign a checkpoint of the audit log (C2SP tlog-checkpoint): origin, size, root, and a proof that it extends the last one the keeper signed.
    SignCheckpoint { size: u64, root: Digest, consistency: Vec<Digest> },
    /// Forget the artefact key of a build that no worker runs any more: what it signed will not be loaded again.
    RetireBuild { build: EngineBuild },
}

/// What the keeper says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    PublicKeys {
        /// Ed25519, 32 bytes: artefacts of the build that was asked for.
        artefact: Option<[u8; 32]>,
        /// The verifier key of the audit log in signed-note form (`name+hash+key`).
        audit: String,
        /// The verifier key of the keeper's own log.
        keeper_audit: String,
        /// JSON of the keeper's jail report.
        posture: String,
        /// Size and root of the last checkpoint that the keeper signed.
        signed: Option<(u64, Digest)>,
    },
    /// Ed25519, 64 bytes.
    ArtefactSignature(Vec<u8>),
    /// The whole signed note.
    Checkpoint(String),
    /// The build's key is gone, or there was none.
    Retired,
    /// The keeper refuses, and has written down why.
    Refused { reason: String },
    /// The keeper cannot at the moment: its disk is full, or it is asked too often. Nothing is wrong with the question.
    NotNow { reason: String },
}
