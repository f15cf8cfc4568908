//! Takes mails that are due to a mailer, and writes down what became of them.
use std::{sync::Arc, time::Duration};

use audit::{Event, Kind, Record as _};
use gateway::SealedFor;
use runtime::{Child, Processes as _};
use store::{ClaimedMail, StoreError};
use types::UnixMillis;
use wire::{
    Channel, Frame, Receiver, Sender, encode,
    mail::{Hello, Letter, Outcome, kind},
};

use super::{
    letters::Words,
    post_office::{PostOffice, whom},
    supervisor_link::SupervisorLink,
};

/// Mails that one mailer gets, at most: then the name of the server is resolved anew.
const BATCH: u32 = 50;
/// How long a mail is the one's that took it. SECURITY: longer than connecting and sending may take, so that nobody sends a copy
/// meanwhile. Not much longer: after a crash it waits for that.
const LEASE_S: u64 = 600;
/// For the mailer to connect and greet. Name servers may be slow.
const HELLO: Duration = Duration::from_secs(150);
/// For one mail: each of its commands has a limit of its own in the mailer, and these come to less.
const LETTER: Duration = Duration::from_secs(300);
/// For a mailer to say good-bye.
const LEAVE: Duration = Duration::from_secs(10);
/// How often mails are looked for that nobody rang for, and how often where the server could not be reached.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// The first pause after a failure; it doubles.
const PAUSE_S: u64 = 30;
const PAUSE_S_MAX: u64 = 3_600;
/// Attempts before a mail has failed, if its link lives so long.
const ATTEMPTS_MAX: u32 = 20;

pub(super) struct Carrier {
    pub(super) office: Arc<PostOffice>,
    pub(super) supervisor: Arc<SupervisorLink>,
    pub(super) audit: Arc<audit::Log>,
}

/// A mailer that is connected.
struct Mailer {
    pid: u32,
    sender: Sender,
    receiver: Receiver,
}

/// How long to wait after so many attempts.
fn pause_s(attempt: u32) -> u64 {
    1_u64.checked_shl(attempt.saturating_sub(1)).map_or(PAUSE_S_MAX, |n| n.saturating_mul(PAUSE_S)).min(PAUSE_S_MAX)
}

/// Whether a stranger's words repeat something as long as the secret of a link.
fn repeats_a_secret(words: &str) -> bool {
    words.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).any(|run| run.len() >= 40)
}

/// What is kept of a server's words.
fn kept(reason: &str) -> Arc<str> {
    if repeats_a_secret(reason) {
        "the server repeated what it was sent; its words are not kept".into()
    } else {
        reason.into()
    }
}

impl Carrier {
    /// Runs for ever.
    pub(super) async fn run(self) {
        loop {
            // What cannot be recorded does not happen.
            if self.audit.is_healthy()
                && let Err(error) = self.round().await
            {
                tracing::error!("mails could not be looked after: {:#}", anyhow::Error::new(error));
            }
            let pause = if self.office.health().trouble.is_some() { LOOK_AGAIN } else { LOOK_EVERY };
            tokio::select! {
                () = self.office.bell.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Sends what is due.
    async fn round(&self) -> Result<(), StoreError> {
        for mail in self.office.store.expire_mails(self.now()).await? {
            let note = format!("mail {} ({}) to {}: its link was over first", mail.id, mail.kind, whom(mail.person));
            self.office.note("mail-failed", note);
        }
        let mut mailer = None;
        let done = self.send_all(&mut mailer).await;
        if let Some((mailer, _)) = mailer {
            self.dismiss(mailer).await;
        }
        done?;
        self.office.count().await.map(drop)
    }

    fn now(&self) -> UnixMillis {
        self.office.clock.now()
    }

    /// One mail after the other; `mailer` is the one at work, and what it got. Ends early where the server cannot be reached: the
    /// others would fare no better.
    async fn send_all(&self, mailer: &mut Option<(Mailer, u32)>) -> Result<(), StoreError> {
        loop {
            let now = self.now();
            let claimed = self.office.store.claim_mails(now, now.plus_seconds(LEASE_S), 1).await?;
            let Some(mail) = claimed.first() else { return Ok(()) };
            if let Some((full, _)) = mailer.take_if(|(_, given)| *given >= BATCH) {
                self.dismiss(full).await;
            }
            let handed = match mailer {
                Some((at_work, given)) => {
                    *given += 1;
                    self.hand_over(at_work, mail).await
                }
                None => match self.hire().await {
                    Ok(hired) => self.hand_over(&mut mailer.insert((hired, 1)).0, mail).await,
                    Err(reason) => Err(reason),
                },
            };
            match handed {
                // SECURITY: of nobody's mail: an operator who reads that all is well would look for missing mails elsewhere.
                Ok(Outcome::Later { reason, of_sender: true }) => {
                    let trouble = format!("the server refuses the sender: {}", kept(&reason));
                    self.office.fares(|health| health.trouble = Some(trouble));
                    return self.later(mail, &reason).await;
                }
                Ok(outcome) => {
                    self.office.fares(|health| health.trouble = None);
                    self.close(mail, outcome).await?;
                }
                Err(reason) => {
                    tracing::warn!("mails cannot be sent: {reason}");
                    self.office.fares(|health| health.trouble = Some(reason.clone()));
                    return self.later(mail, &reason).await;
                }
            }
        }
    }

    /// Starts a mailer, and hears whether it reached the server.
    async fn hire(&self) -> Result<Mailer, String> {
        let Child { pid, channel } = self.supervisor.mailer().await.map_err(|e| e.to_string())?;
        match self.hear(channel).await {
            Ok((sender, receiver)) => Ok(Mailer { pid, sender, receiver }),
            Err(reason) => {
                self.supervisor.kill(pid);
                self.buried(pid).await;
                Err(reason)
            }
        }
    }

    async fn hear(&self, channel: std::os::fd::OwnedFd) -> Result<(Sender, Receiver), String> {
        let Channel { sender, mut receiver } = Channel::new(channel).map_err(|e| e.to_string())?;
        let frame = tokio::time::timeout(HELLO, receiver.next()).await;
        let frame = frame.map_err(|_| format!("the mailer said nothing for {} s", HELLO.as_secs()))?;
        let frame = frame.map_err(|e| format!("the mailer ended: {e}"))?;
        if frame.kind != kind::HELLO {
            return Err("the mailer did not say hello".to_owned());
        }
        let Hello { posture, failed } = frame.message().map_err(|e| e.to_string())?;
        self.office.fares(|health| health.posture = Some(posture));
        match failed {
            Some(reason) => Err(kept(&reason).to_string()),
            None => Ok((sender, receiver)),
        }
    }

    /// `Err`: the mailer is of no use any more.
    async fn hand_over(&self, mailer: &mut Mailer, mail: &ClaimedMail) -> Result<Outcome, String> {
        let sealed = mail.letter.as_bytes().to_vec();
        let opened = self.office.vault.unseal(SealedFor::Mail, mail.id.to_string(), sealed).await;
        let plain = match opened {
            Ok(Some(plain)) => plain,
            Ok(None) => return Ok(Outcome::Never { reason: "what it says cannot be opened any more".to_owned() }),
            Err(error) => return Ok(Outcome::Later { reason: error.to_string(), of_sender: false }),
        };
        let Ok(Words { subject, text }) = serde_json::from_slice(&plain) else {
            return Ok(Outcome::Never { reason: "what it says cannot be read".to_owned() });
        };
        let letter = Letter { id: mail.id.to_string(), to: mail.to.to_string(), subject, text, at_ms: self.now().0 };
        let payload = encode(&letter).map_err(|e| e.to_string())?;
        mailer.sender.send(vec![Frame::new(kind::LETTER, mail.attempt, payload)]).map_err(|e| e.to_string())?;
        let frame = tokio::time::timeout(LETTER, mailer.receiver.next()).await;
        let frame = frame.map_err(|_| format!("the mailer said nothing for {} s", LETTER.as_secs()))?;
        let frame = frame.map_err(|e| format!("the mailer ended: {e}"))?;
        if (frame.kind, frame.stream) != (kind::OUTCOME, mail.attempt) {
            return Err("the mailer spoke of something else".to_owned());
        }
        frame.message().map_err(|e| e.to_string())
    }

    async fn close(&self, mail: &ClaimedMail, outcome: Outcome) -> Result<(), StoreError> {
        let store = &self.office.store;
        let what = format!("mail {} ({}) to {}", mail.id, mail.kind, whom(mail.person));
        match outcome {
            Outcome::Taken => {
                if store.mail_delivered(mail.id, mail.attempt, self.now()).await? {
                    self.office.note("mail-delivered", format!("{what}, at attempt {}", mail.attempt));
                }
            }
            Outcome::Later { reason, .. } => self.later(mail, &reason).await?,
            Outcome::Never { reason } => {
                if store.mail_failed(mail.id, mail.attempt, self.now(), kept(&reason), None).await? {
                    self.office.note("mail-failed", format!("{what}: the server will not take it"));
                }
            }
        }
        Ok(())
    }

    async fn later(&self, mail: &ClaimedMail, reason: &str) -> Result<(), StoreError> {
        let now = self.now();
        let again = (mail.attempt < ATTEMPTS_MAX).then(|| now.plus_seconds(pause_s(mail.attempt)));
        let noted = self.office.store.mail_failed(mail.id, mail.attempt, now, kept(reason), again).await?;
        let what = format!("mail {} ({}) to {}", mail.id, mail.kind, whom(mail.person));
        match again {
            None if noted => self.office.note("mail-failed", format!("{what}: {} attempts", mail.attempt)),
            // The first tells that there is trouble; the others would only repeat it.
            Some(_) if noted && mail.attempt == 1 => self.office.note("mail-delayed", what),
            _ => {}
        }
        Ok(())
    }

    /// Lets it say good-bye.
    async fn dismiss(&self, mailer: Mailer) {
        let Mailer { pid, sender, receiver } = mailer;
        drop((sender, receiver));
        if tokio::time::timeout(LEAVE, self.buried(pid)).await.is_err() {
            self.supervisor.kill(pid);
        }
    }

    async fn buried(&self, pid: u32) {
        let exit = self.supervisor.ended(pid).await;
        if exit.broke_jail() {
            let note = format!("mailer {pid} asked the kernel for something its jail forbids");
            let event = Event::platform(self.now(), Kind::Security, "jail-violation", note);
            let _ = self.office.record.record(&event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let pauses: Vec<u64> = [1, 2, 3, 7, 8, 40, u32::MAX].map(pause_s).to_vec();
        assert_eq!(pauses, [30, 60, 120, 1_920, 3_600, 3_600, 3_600]);
    }

    #[test]
    fn a_server_that_repeats_a_link_is_not_quoted() {
        let link = format!("550 no https://id.example.org/reset-password?secret={}", "aB3-_".repeat(9));
        assert!(!kept(&link).contains("aB3"));
        assert_eq!(&*kept("550 5.1.1 <ada@example.org> no such user"), "550 5.1.1 <ada@example.org> no such user");
    }
}
