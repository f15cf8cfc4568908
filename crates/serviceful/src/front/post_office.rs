//! Where rooms hand mails in: written, sealed by the keeper, and kept until a mail server took them.
use std::sync::{Arc, Mutex, PoisonError};

use audit::{Event, Kind, Record};
use gateway::{Fut, MailPort, Names, Post, PostError, SealedFor, VaultPort};
use store::{NewMail, SealedLetter, Store};
use tokio::sync::Notify;
use types::{Clock, MailId, PrincipalId, Rng};

use super::letters;

/// Mails that may wait. Beyond, the server has been gone for long, and more would only be lost later.
const WAITING_MAX: u32 = 10_000;
/// How far back failures count for the posture.
const DAY_MS: u64 = 86_400_000;

/// The outbox, and how it fares.
pub(super) struct PostOffice {
    pub(super) store: Arc<dyn Store>,
    pub(super) vault: Arc<dyn VaultPort>,
    pub(super) record: Arc<dyn Record>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rng: Arc<dyn Rng>,
    pub(super) names: Names,
    /// Whether there is a mail server.
    pub(super) on: bool,
    /// Rung when a mail is due.
    pub(super) bell: Notify,
    pub(super) health: Mutex<Health>,
}

/// How mails fared lately, for the posture.
#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    /// The last mailer's report of its jail.
    pub(super) posture: Option<String>,
    /// Why the last attempt to reach the server came to nothing.
    pub(super) trouble: Option<String>,
    pub(super) open: u32,
    /// In the last day.
    pub(super) failed: u32,
}

/// Whom an event names. SECURITY: never the address: the log cannot forget one; `serviceful mail list` can.
pub(super) fn whom(person: Option<PrincipalId>) -> String {
    person.map_or_else(|| "somebody without an account".to_owned(), |person| person.to_string())
}

impl PostOffice {
    pub(super) fn note(&self, action: &str, text: String) {
        let _ = self.record.record(&Event::platform(self.clock.now(), Kind::Platform, action, text));
    }

    pub(super) fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn fares(&self, change: impl FnOnce(&mut Health)) {
        change(&mut self.health.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts what waits and what failed.
    pub(super) async fn count(&self) -> Result<u32, store::StoreError> {
        let since = types::UnixMillis(self.clock.now().0.saturating_sub(DAY_MS));
        let (open, failed) = self.store.mails_open(since).await?;
        self.fares(|health| (health.open, health.failed) = (open, failed));
        Ok(open)
    }

    #[expect(clippy::disallowed_methods, reason = "what the keeper just sealed")]
    async fn keep(&self, post: Post) -> Result<MailId, PostError> {
        let failed = |e: &dyn std::fmt::Display| PostError::Failed(e.to_string());
        if !self.on {
            return Err(PostError::Off);
        }
        if self.count().await.map_err(|e| failed(&e))? >= WAITING_MAX {
            return Err(PostError::Full);
        }
        let now = self.clock.now();
        let id = MailId::fresh(now, &*self.rng);
        let words = serde_json::to_vec(&letters::write(&post, &self.names, now)).map_err(|e| failed(&e))?;
        let sealed = self.vault.seal(SealedFor::Mail, id.to_string(), words).await.map_err(|e| failed(&e))?;
        let kind = post.letter.kind();
        let mail = NewMail {
            id,
            kind: kind.into(),
            to: post.to,
            person: post.person,
            letter: SealedLetter::new(sealed),
            created_at: now,
            expires_at: post.expires_at,
        };
        self.store.add_mail(mail).await.map_err(|e| failed(&e))?;
        self.note("mail-queued", format!("mail {id} ({kind}) to {}", whom(post.person)));
        self.bell.notify_one();
        Ok(id)
    }
}

impl MailPort for PostOffice {
    fn is_on(&self) -> bool {
        self.on
    }

    fn post(&self, post: Post) -> Fut<'_, Result<MailId, PostError>> {
        Box::pin(self.keep(post))
    }

    fn wake(&self) {
        self.bell.notify_one();
    }
}
