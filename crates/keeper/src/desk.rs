//! Where questions are answered: one at a time, each a typed statement, each answer written down first.
use std::sync::Arc;

use audit::{Kind, SignError, TreeHead};
use types::{AppName, Digest, EngineBuild, PrincipalId, Rng, SECRET_BYTES_MAX, SecretName, UnixMillis};
use wire::{
    Sender,
    keeper::{Answer, ArtefactStatement, Purpose, Question, TokenStatement, Typed},
};

use crate::{
    builds::{BUILDS_MAX, Builds},
    journal::Journal,
    key::Key,
    secrets::{
        hashing::{Hashing, Task},
        ring::Ring,
        seal, totp,
    },
    seen::Known,
    throttle::PER_SECOND,
    tokens::{self, AHEAD_S, Step, Tokens},
    witness::Witness,
};

/// The largest artefact that is signed.
const ARTEFACT_BYTES_MAX: u64 = 1 << 30;

pub(crate) struct Desk {
    pub(crate) journal: Journal,
    pub(crate) builds: Builds,
    /// Of the front's log.
    pub(crate) witness: Witness,
    pub(crate) keeper_audit: String,
    pub(crate) posture: String,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) seals: Ring,
    pub(crate) hashing: Hashing,
    pub(crate) tokens: Tokens,
}

/// A domain word each, so that a value sealed for one purpose opens for no other.
const fn domain(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Transaction => "transaction",
        Purpose::Request => "request",
        Purpose::HalfWay => "half-way",
        Purpose::Device => "device",
        Purpose::Mail => "mail",
    }
}

/// Of the values of apps' secrets; none of [`domain`].
const SECRET_DOMAIN: &str = "app-secret";

/// Neither name holds the byte between them.
fn secret_context(app: &AppName, name: &SecretName) -> Vec<u8> {
    format!("{app}/{name}").into_bytes()
}

/// Why a question is not answered. What can be asked again later leaves no record.
enum Refusal {
    NotNow(String),
    Told { action: &'static str, reason: String },
}

fn refuse<T>(action: &'static str, reason: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Told { action, reason: reason.into() })
}

impl Desk {
    /// Answers; never fails, because a refusal is an answer. `None`: the answer comes later, from the queue.
    pub(crate) async fn answer(&mut self, question: Question, stream: u32, to: &Sender) -> Option<Answer> {
        let task = match question {
            Question::HashPassword { password } => Task::Hash(password),
            Question::VerifyPassword { password, stored } => Task::Verify(password, stored),
            other => return Some(self.answer_now(other).await),
        };
        if self.hashing.queue(task, stream, to.clone()) { None } else { Some(Answer::Busy) }
    }

    async fn answer_now(&mut self, question: Question) -> Answer {
        let answer = match question {
            Question::PublicKeys { build } => self.public_keys(build).await,
            Question::SignArtefact(statement) => self.sign_artefact(&statement).await,
            Question::SignCheckpoint { size, root, consistency } => {
                self.sign_checkpoint(TreeHead { size, root }, &consistency)
            }
            Question::RetireBuild { build } => self.retire(&build).await,
            Question::NewTotp { person } => self.new_totp(person),
            Question::CheckTotp { person, sealed, code } => self.check_totp(person, &sealed, &code),
            Question::Seal { purpose, context, plain } => self.seal(purpose, &context, &plain),
            Question::SignToken(statement) => self.sign_token(&statement).await,
            Question::TokenKeys => self.token_keys().await,
            Question::RotateTokenKeys { emergency } => self.rotate_token_keys(emergency).await,
            Question::Unseal { purpose, context, sealed } => {
                Ok(Answer::Unsealed(seal::open(&self.seals, domain(purpose), &context, &sealed)))
            }
            Question::SealSecret { app, name, value } => self.seal_secret(&app, &name, &value),
            Question::OpenSecret { app, name, sealed } => self.open_secret(&app, &name, &sealed),
            // Those go to the queue.
            Question::HashPassword { .. } | Question::VerifyPassword { .. } => Ok(Answer::Busy),
        };
        match answer {
            Ok(answer) => answer,
            Err(Refusal::NotNow(reason)) => Answer::NotNow { reason },
            Err(Refusal::Told { action, reason }) => {
                self.journal.refused(Kind::Key, action, &reason).await;
                Answer::Refused { reason }
            }
        }
    }

    /// A question that is none.
    pub(crate) async fn malformed(&mut self, reason: &str) -> Answer {
        self.journal.refused(Kind::Security, "keeper-question-malformed", reason).await;
        Answer::Refused { reason: format!("the question is malformed: {reason}") }
    }

    async fn public_keys(&mut self, build: Option<EngineBuild>) -> Result<Answer, Refusal> {
        let artefact = match build {
            Some(build) => Some(self.with_key(&build).await?),
            None => None,
        };
        let signed = self.witness.last().map(|head| (head.size, head.root));
        let (audit, keeper_audit) = (self.witness.verifier(), self.keeper_audit.clone());
        Ok(Answer::PublicKeys { artefact, audit, keeper_audit, posture: self.posture.clone(), signed })
    }

    /// Makes sure that the build has a key; returns its public half.
    async fn with_key(&mut self, build: &EngineBuild) -> Result<[u8; 32], Refusal> {
        const ACTION: &str = "key-create";
        // The wire does not check it.
        if EngineBuild::new(build.as_str()).is_none() {
            return refuse(ACTION, "the engine build is empty, too long, or not plain text");
        }
        match self.builds.known(build) {
            Ok(Some(known)) => return Ok(known.key.public()),
            Ok(None) => {}
            Err(e) => return refuse(ACTION, e.to_string()),
        }
        self.admit()?;
        match self.builds.has_room() {
            Ok(true) => {}
            Ok(false) => return refuse(ACTION, format!("{BUILDS_MAX} engine builds have keys already; retire one")),
            Err(e) => return refuse(ACTION, e.to_string()),
        }
        let key = Key::fresh(&*self.rng);
        let note = format!("artefact key {} of engine build {build}", key.fingerprint());
        self.write_down("key-created", note).await?;
        let public = key.public();
        match self.builds.add(build, key) {
            Ok(()) => Ok(public),
            Err(e) => refuse(ACTION, e.to_string()),
        }
    }

    async fn sign_artefact(&mut self, statement: &ArtefactStatement) -> Result<Answer, Refusal> {
        const ACTION: &str = "artefact-sign";
        if statement.format != 1 {
            return refuse(ACTION, format!("artefact format {} is not known", statement.format));
        }
        if !(1..=ARTEFACT_BYTES_MAX).contains(&statement.artefact_bytes) {
            return refuse(ACTION, format!("an artefact of {} bytes is not one", statement.artefact_bytes));
        }
        self.with_key(&statement.build).await?;
        self.admit()?;
        let noted = match self.builds.known(&statement.build) {
            Ok(Some(build)) => build.seen.note(statement.component, statement.artefact),
            Ok(None) => return refuse(ACTION, "the engine build has no key"),
            Err(e) => Err(e),
        };
        let known = noted.or_else(|e| refuse(ACTION, e.to_string()))?;
        let said =
            format!("component {} artefact {} build {}", statement.component, statement.artefact, statement.build);
        let (action, note) = match known {
            Known::New | Known::Same => ("artefact-signed", said),
            Known::Differs(before) => ("artefact-differs", format!("{said}; signed before: {before}")),
        };
        self.write_down(action, note).await?;
        match self.builds.known(&statement.build) {
            Ok(Some(build)) => Ok(Answer::ArtefactSignature(build.key.sign(&statement.signed_bytes()).to_vec())),
            _ => refuse(ACTION, "the engine build has no key"),
        }
    }

    fn sign_checkpoint(&self, head: TreeHead, consistency: &[Digest]) -> Result<Answer, Refusal> {
        match self.witness.sign(head, consistency) {
            Ok(note) => Ok(Answer::Checkpoint(note)),
            Err(SignError::Refused { reason }) => refuse("checkpoint-sign", reason),
            Err(SignError::Unavailable { reason }) => Err(Refusal::NotNow(reason)),
        }
    }

    async fn retire(&mut self, build: &EngineBuild) -> Result<Answer, Refusal> {
        const ACTION: &str = "key-drop";
        match self.builds.known(build) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(Answer::Retired),
            Err(e) => return refuse(ACTION, e.to_string()),
        }
        self.admit()?;
        self.write_down("key-dropped", format!("artefact key of engine build {build}")).await?;
        match self.builds.retire(build) {
            Ok(()) => Ok(Answer::Retired),
            Err(e) => refuse(ACTION, e.to_string()),
        }
    }

    fn new_totp(&self, person: PrincipalId) -> Result<Answer, Refusal> {
        let made = totp::fresh(&self.seals, &*self.rng, person);
        let (sealed, secret) = made.ok_or_else(|| Refusal::NotNow("the secret cannot be sealed".to_owned()))?;
        Ok(Answer::Totp { sealed, secret: Typed::new(secret) })
    }

    fn check_totp(&self, person: PrincipalId, sealed: &[u8], code: &Typed) -> Result<Answer, Refusal> {
        let now_s = self.journal.clock.now().0 / 1_000;
        match totp::step(&self.seals, person, sealed, code.reveal(), now_s) {
            Ok(step) => Ok(Answer::TotpStep(step)),
            // The store was changed behind the platform's back: that is worth a record.
            Err(reason) => refuse("totp-check", reason),
        }
    }

    fn seal(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Result<Answer, Refusal> {
        if plain.len() > seal::PLAIN_BYTES_MAX || context.len() > seal::PLAIN_BYTES_MAX {
            return refuse("seal", format!("{} bytes are more than is sealed", plain.len()));
        }
        let sealed = seal::seal(&self.seals, &*self.rng, domain(purpose), context, plain);
        sealed.map(Answer::Sealed).ok_or_else(|| Refusal::NotNow("the value cannot be sealed".to_owned()))
    }

    fn seal_secret(&self, app: &AppName, name: &SecretName, value: &Typed) -> Result<Answer, Refusal> {
        let value = value.reveal().as_bytes();
        if value.is_empty() || value.len() > SECRET_BYTES_MAX {
            return refuse("secret-seal", format!("a value of {} bytes is not sealed", value.len()));
        }
        let sealed = seal::seal(&self.seals, &*self.rng, SECRET_DOMAIN, &secret_context(app, name), value);
        sealed.map(Answer::Sealed).ok_or_else(|| Refusal::NotNow("the value cannot be sealed".to_owned()))
    }

    /// SECURITY: app and name are what the seal was made for. A row that was moved to another app, or to another name, does not
    /// open, and is told of: the store was changed behind the platform's back.
    fn open_secret(&self, app: &AppName, name: &SecretName, sealed: &[u8]) -> Result<Answer, Refusal> {
        let opened = seal::open(&self.seals, SECRET_DOMAIN, &secret_context(app, name), sealed);
        match opened.map(String::from_utf8) {
            Some(Ok(value)) => Ok(Answer::Secret(Typed::new(value))),
            _ => refuse(
                "secret-open",
                format!("what is stored as secret `{name}` of app `{app}` was not sealed as that"),
            ),
        }
    }

    fn admit(&mut self) -> Result<(), Refusal> {
        if self.journal.admits() {
            Ok(())
        } else {
            Err(Refusal::NotNow(format!("more than {PER_SECOND} questions in a second; ask again in a second")))
        }
    }

    /// Makes and drops keys of tokens that are due by now. Each is written down first.
    async fn token_keys_due(&mut self) -> Result<UnixMillis, Refusal> {
        const ACTION: &str = "token-keys";
        let now = self.journal.clock.now();
        while let Some(step) = self.tokens.due(now) {
            self.take(&step, now, ACTION).await?;
        }
        Ok(now)
    }

    async fn take(&mut self, step: &Step, now: UnixMillis, action: &'static str) -> Result<(), Refusal> {
        let done = match step {
            Step::Make { signs_from } => {
                let key = self.tokens.fresh(*signs_from, now).or_else(|e| refuse(action, e.to_string()))?;
                let note = format!(
                    "key {} of access tokens (ES256), signs from {} on (milliseconds since 1970)",
                    key.id, signs_from.0
                );
                self.write_down("key-created", note).await?;
                self.tokens.add(key, now)
            }
            Step::Drop { id } => {
                self.write_down("key-dropped", format!("key {id} of access tokens")).await?;
                self.tokens.remove(id)
            }
        };
        done.or_else(|e| refuse(action, e.to_string()))
    }

    async fn token_keys(&mut self) -> Result<Answer, Refusal> {
        let now = self.token_keys_due().await?;
        Ok(Answer::TokenKeys(self.tokens.list(now)))
    }

    async fn sign_token(&mut self, statement: &TokenStatement) -> Result<Answer, Refusal> {
        let now = self.token_keys_due().await?;
        if let Some(flaw) = tokens::flaw(statement, now) {
            return refuse("token-sign", format!("a token is not signed: {flaw}"));
        }
        match self.tokens.sign(statement, now) {
            Some((text, key)) => Ok(Answer::Token { text: Typed::new(text), key }),
            None => Err(Refusal::NotNow("the token cannot be signed".to_owned())),
        }
    }

    async fn rotate_token_keys(&mut self, emergency: bool) -> Result<Answer, Refusal> {
        const ACTION: &str = "token-keys-rotate";
        self.admit()?;
        let now = self.token_keys_due().await?;
        if emergency {
            let note = format!("emergency: every key of access tokens is dropped at once: {}", self.tokens.names());
            self.write_down("key-dropped", note).await?;
            // First the old ones: whatever ends this half-way, they are gone.
            self.tokens.clear().or_else(|e| refuse(ACTION, e.to_string()))?;
        } else if let Some((id, from)) = self.tokens.next(now) {
            let hours = from.0.saturating_sub(now.0).div_ceil(3_600_000);
            return Err(Refusal::NotNow(format!("key {id} is published already, and takes over within {hours} hours")));
        } else {
            self.take(&Step::Make { signs_from: now.plus_seconds(AHEAD_S) }, now, ACTION).await?;
        }
        self.token_keys().await
    }

    /// No audit write, no action.
    async fn write_down(&mut self, action: &str, note: String) -> Result<(), Refusal> {
        let written = self.journal.done(action, note).await;
        written.map_err(|e| Refusal::NotNow(format!("the keeper's own log cannot be written: {e}")))
    }
}
