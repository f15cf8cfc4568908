//! The keeper as the sign-in pages ask it: passwords, codes, seals.
use std::{sync::Arc, time::Duration};

use gateway::{Fut, PasswordVerdict, SealedFor, VaultError, VaultPort};
use types::{PrincipalId, Secret};
use wire::keeper::{Answer, PasswordFlaw, Purpose, Question, Typed};

use super::keeper_link::{KeeperLink, unexpected};

/// A password may wait in the keeper's queue, and be hashed twice.
const PASSWORD_PATIENCE: Duration = Duration::from_secs(15);

pub(super) struct VaultLink(pub(super) Arc<KeeperLink>);

const fn purpose(what: SealedFor) -> Purpose {
    match what {
        SealedFor::Transaction => Purpose::Transaction,
        SealedFor::Request => Purpose::Request,
        SealedFor::HalfWay => Purpose::HalfWay,
        SealedFor::Device => Purpose::Device,
        SealedFor::Mail => Purpose::Mail,
    }
}

fn typed(secret: &Secret) -> Typed {
    Typed::new(secret.reveal().to_owned())
}

/// Whatever was not the answer.
fn other(answer: &Answer) -> VaultError {
    match answer {
        Answer::Busy => VaultError::Busy,
        Answer::PasswordUnfit(PasswordFlaw::TooShort { chars_min }) => VaultError::TooShort { chars_min: *chars_min },
        Answer::PasswordUnfit(PasswordFlaw::TooLong { chars_max }) => VaultError::TooLong { chars_max: *chars_max },
        other => VaultError::Failed(unexpected(other)),
    }
}

impl VaultLink {
    async fn password(&self, question: Question) -> Result<Answer, VaultError> {
        self.0.ask_within(PASSWORD_PATIENCE, &question).await.map_err(VaultError::Failed)
    }

    async fn ask(&self, question: Question) -> Result<Answer, VaultError> {
        self.0.ask(&question).await.map_err(VaultError::Failed)
    }
}

impl VaultPort for VaultLink {
    fn hash(&self, password: Secret) -> Fut<'_, Result<Arc<str>, VaultError>> {
        Box::pin(async move {
            match self.password(Question::HashPassword { password: typed(&password) }).await? {
                Answer::PasswordHash(hash) => Ok(hash.into()),
                answer => Err(other(&answer)),
            }
        })
    }

    fn verify(&self, password: Secret, stored: Option<Arc<str>>) -> Fut<'_, Result<PasswordVerdict, VaultError>> {
        Box::pin(async move {
            let stored = stored.map(|hash| hash.to_string());
            match self.password(Question::VerifyPassword { password: typed(&password), stored }).await? {
                Answer::PasswordVerdict { matches, better } => {
                    Ok(PasswordVerdict { matches, better: better.map(Arc::from) })
                }
                answer => Err(other(&answer)),
            }
        })
    }

    fn new_totp(&self, person: PrincipalId) -> Fut<'_, Result<(Vec<u8>, Secret), VaultError>> {
        Box::pin(async move {
            match self.ask(Question::NewTotp { person }).await? {
                Answer::Totp { sealed, secret } => Ok((sealed, Secret::new(secret.reveal().to_owned()))),
                answer => Err(other(&answer)),
            }
        })
    }

    fn totp_step(
        &self,
        person: PrincipalId,
        sealed: Vec<u8>,
        code: Secret,
    ) -> Fut<'_, Result<Option<u64>, VaultError>> {
        Box::pin(async move {
            match self.ask(Question::CheckTotp { person, sealed, code: typed(&code) }).await? {
                Answer::TotpStep(step) => Ok(step),
                answer => Err(other(&answer)),
            }
        })
    }

    fn seal(&self, what: SealedFor, context: String, plain: Vec<u8>) -> Fut<'_, Result<Vec<u8>, VaultError>> {
        Box::pin(async move {
            match self.ask(Question::Seal { purpose: purpose(what), context: context.into(), plain }).await? {
                Answer::Sealed(sealed) => Ok(sealed),
                answer => Err(other(&answer)),
            }
        })
    }

    fn unseal(
        &self,
        what: SealedFor,
        context: String,
        sealed: Vec<u8>,
    ) -> Fut<'_, Result<Option<Vec<u8>>, VaultError>> {
        Box::pin(async move {
            match self.ask(Question::Unseal { purpose: purpose(what), context: context.into(), sealed }).await? {
                Answer::Unsealed(plain) => Ok(plain),
                answer => Err(other(&answer)),
            }
        })
    }
}
