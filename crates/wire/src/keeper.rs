//! front <-> keeper: ask for a signature, a password's hash, a seal; keys never cross. `stream` numbers the question and comes
//! back with the answer. Answers about passwords may overtake each other.
use std::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use types::{AppName, Assurance, CredentialId, Digest, EngineBuild, PrincipalId, SecretName, UnixMillis};
use zeroize::Zeroize;

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

/// What an access token says (RFC 9068). The keeper writes the words of its header, and when it was made and ends; it signs no
/// bytes of a caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenStatement {
    /// `iss`, an origin.
    pub issuer: String,
    /// `aud`, one origin.
    pub audience: String,
    /// `sub`
    pub person: PrincipalId,
    /// `client_id`
    pub client: String,
    /// `sid`
    pub login: CredentialId,
    /// `jti`
    pub id: String,
    /// `cnf.jkt`: no token is good for whoever copies it.
    pub key: Digest,
    /// How long it counts from now, in seconds.
    pub life_s: u64,
    /// `auth_time`
    pub authenticated_at: UnixMillis,
    /// `acr`
    pub assurance: Assurance,
}

/// How far a key of tokens has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenKeyState {
    /// Published, and signs nothing yet.
    Next,
    /// Signs.
    Active,
    /// Signs nothing more; what it signed still counts.
    Retiring,
}

/// The public half of a key of tokens: ES256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenKey {
    /// Its thumbprint (RFC 7638) in base64url.
    pub id: String,
    pub x: [u8; 32],
    pub y: [u8; 32],
    pub state: TokenKeyState,
    pub made_at: UnixMillis,
    pub signs_from: UnixMillis,
    pub signs_until: UnixMillis,
    /// From then on nothing that it signed counts, and the key is dropped.
    pub gone_at: UnixMillis,
}

/// A password, a code or a secret as somebody typed it. `Debug` hides it, and its memory is wiped when it is dropped.
/// NOT HERE: wiping the frame that it crossed in; the channel's buffer is overwritten by what comes next.
#[derive(Clone, Eq, Serialize, Deserialize)]
pub struct Typed(String);

impl PartialEq for Typed {
    /// In a time that says nothing of where two of one length differ.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Typed {
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself. Every call is a place for a reviewer to look at.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Drop for Typed {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What a sealed value is for. What was sealed for one purpose does not open for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// What a browser keeps for an app's origin while its user signs in.
    Transaction,
    /// What an app's origin asks of the sign-in origin.
    Request,
    /// A password was right, and the second factor is awaited.
    HalfWay,
    /// A browser in which somebody signed in before.
    Device,
    /// A mail that waits to be sent. It does not leave the platform so; it leaves this process.
    Mail,
}

/// Why a text cannot be a password. Says nothing about anybody's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PasswordFlaw {
    TooShort { chars_min: u32 },
    TooLong { chars_max: u32 },
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
    /// A new password's hash, to be stored.
    HashPassword { password: Typed },
    /// Is this the password? Without a stored hash the answer is no, and takes as long.
    VerifyPassword { password: Typed, stored: Option<String> },
    /// A new secret for time-based codes (RFC 6238), sealed for this person.
    NewTotp { person: PrincipalId },
    /// Which time step does the code belong to? The secret stays with the keeper.
    CheckTotp { person: PrincipalId, sealed: Vec<u8>, code: Typed },
    /// Seal a value that leaves the platform and comes back. `context` is not kept: it must be the same when it is opened.
    Seal { purpose: Purpose, context: Vec<u8>, plain: Vec<u8> },
    /// Sign an access token with the key that is active now.
    SignToken(TokenStatement),
    /// The public halves of the keys of tokens. Keys that are due are made, moved along and dropped first.
    TokenKeys,
    /// Publish the next key of tokens now, though it is not due. In an emergency: drop all of them, and begin anew at once.
    RotateTokenKeys { emergency: bool },
    /// Open what was sealed.
    Unseal { purpose: Purpose, context: Vec<u8>, sealed: Vec<u8> },
    /// Seal the value of an app's secret, for this app and this name alone.
    SealSecret { app: AppName, name: SecretName, value: Typed },
    /// Open the value of an app's secret, which one of its functions uses now.
    OpenSecret { app: AppName, name: SecretName, sealed: Vec<u8> },
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
    /// The token, and the name of the key that signed it.
    Token {
        text: Typed,
        key: String,
    },
    /// Oldest first.
    TokenKeys(Vec<TokenKey>),
    /// The build's key is gone, or there was none.
    Retired,
    /// A PHC string.
    PasswordHash(String),
    /// The password is not hashed, whoever's it would be.
    PasswordUnfit(PasswordFlaw),
    /// `better`: store this in place of the hash that matched; it was made with today's parameters.
    PasswordVerdict {
        matches: bool,
        better: Option<String>,
    },
    /// `secret` is Base32 (RFC 4648), for the person's own authenticator; it is not told again.
    Totp {
        sealed: Vec<u8>,
        secret: Typed,
    },
    /// The step whose code it is; `None`: of none that is near. Whether the step was used before is for the asker to know.
    TotpStep(Option<u64>),
    Sealed(Vec<u8>),
    /// `None`: it was changed, or sealed for another purpose or context, or with a key that is gone.
    Unsealed(Option<Vec<u8>>),
    /// The value of an app's secret.
    Secret(Typed),
    /// Too many passwords wait to be hashed.
    Busy,
    /// The keeper refuses, and has written down why.
    Refused {
        reason: String,
    },
    /// The keeper cannot at the moment: its disk is full, or it is asked too often. Nothing is wrong with the question.
    NotNow {
        reason: String,
    },
}
