//! The front's side of its channel to the keeper. The channel is replaced when either side was restarted.
use std::{
    collections::HashMap,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use audit::{CheckpointSigner, SignError, SignFuture, TreeHead};
use gateway::Fut;
use tokio::sync::{oneshot, watch};
use types::{Digest, EngineBuild};
use wire::{
    Channel, Frame, Sender, encode,
    keeper::{Answer, ArtefactStatement, Question, kind},
};

/// How long a question may take, the keeper's restart included.
const PATIENCE: Duration = Duration::from_secs(5);

/// Before a keeper that did not say its posture is asked again.
const RETRY: Duration = Duration::from_millis(200);

/// The link. Cheap to share.
pub(super) struct KeeperLink {
    channel: watch::Sender<Option<Sender>>,
    asked: Mutex<HashMap<u32, oneshot::Sender<Answer>>>,
    next: AtomicU32,
    said: Mutex<Said>,
}

/// How the keeper that runs now is confined, as far as it has said.
#[derive(Default)]
struct Said {
    /// Grows with each keeper, so that a dead one's word is not taken for its successor's.
    generation: u64,
    posture: Option<String>,
}

/// What the keeper says about itself.
#[derive(Debug, Clone)]
pub(super) struct KeeperFacts {
    pub(super) artefact_key: [u8; 32],
    pub(super) audit_key: String,
    pub(super) signed: Option<(u64, Digest)>,
}

impl KeeperLink {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            channel: watch::channel(None).0,
            asked: Mutex::default(),
            next: AtomicU32::new(1),
            said: Mutex::default(),
        })
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<u32, oneshot::Sender<Answer>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The posture of the keeper that runs now; `None` while none runs, or none has answered yet.
    pub(super) fn posture(&self) -> Option<String> {
        self.said().posture.clone()
    }

    /// Forgets the former keeper's posture. Gives the number of what comes after it.
    fn next_generation(&self) -> u64 {
        let mut said = self.said();
        said.posture = None;
        said.generation += 1;
        said.generation
    }

    /// Asks the keeper of this generation for its posture, until it answers or is gone.
    async fn learn_posture(self: Arc<Self>, generation: u64) {
        while self.said().generation == generation {
            if let Ok(Answer::PublicKeys { posture, .. }) = self.ask(&Question::PublicKeys { build: None }).await {
                let mut said = self.said();
                if said.generation == generation {
                    said.posture = Some(posture);
                }
                return;
            }
            // It refused, or it is gone and nobody has come in its place.
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Takes a fresh channel into use; questions on the former one are asked again.
    pub(super) fn connect(self: &Arc<Self>, fd: OwnedFd) -> std::io::Result<()> {
        let Channel { sender, mut receiver } = Channel::new(fd)?;
        self.asked().clear();
        let generation = self.next_generation();
        self.channel.send_replace(Some(sender));
        tokio::spawn(self.clone().learn_posture(generation));
        let link = self.clone();
        tokio::spawn(async move {
            while let Ok(frame) = receiver.next().await {
                if frame.kind != kind::ANSWER {
                    break;
                }
                let Ok(answer) = frame.message::<Answer>() else { break };
                if let Some(asker) = link.asked().remove(&frame.stream) {
                    let _ = asker.send(answer);
                }
            }
            let mut said = link.said();
            if said.generation == generation {
                said.posture = None;
            }
        });
        Ok(())
    }

    pub(super) async fn ask(&self, question: &Question) -> Result<Answer, String> {
        self.ask_within(PATIENCE, question).await
    }

    pub(super) async fn ask_within(&self, patience: Duration, question: &Question) -> Result<Answer, String> {
        match tokio::time::timeout(patience, self.ask_until_answered(question)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("the keeper did not answer within {} s", patience.as_secs())),
        }
    }

    async fn ask_until_answered(&self, question: &Question) -> Result<Answer, String> {
        let mut channel = self.channel.subscribe();
        loop {
            let sender = match channel.wait_for(Option::is_some).await {
                Ok(sender) => sender.clone(),
                Err(_) => return Err("the platform is ending".to_owned()),
            };
            channel.mark_unchanged();
            if let Some(sender) = sender
                && let Some(answer) = self.ask_once(&sender, question).await?
            {
                return Ok(answer);
            }
            // The keeper went away with the question: wait for the next channel. Every question may be asked twice.
            if channel.changed().await.is_err() {
                return Err("the platform is ending".to_owned());
            }
        }
    }

    /// `None`: the channel ended before an answer came.
    async fn ask_once(&self, sender: &Sender, question: &Question) -> Result<Option<Answer>, String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (tell, told) = oneshot::channel();
        self.asked().insert(number, tell);
        let payload = encode(question).map_err(|e| e.to_string())?;
        if sender.send(vec![Frame::new(kind::ASK, number, payload)]).is_err() {
            self.asked().remove(&number);
            return Ok(None);
        }
        Ok(told.await.ok())
    }

    /// Public keys, and what was signed last.
    pub(super) async fn facts(&self, build: EngineBuild) -> Result<KeeperFacts, String> {
        match self.ask(&Question::PublicKeys { build: Some(build) }).await? {
            Answer::PublicKeys { artefact: Some(artefact_key), audit, signed, .. } => {
                Ok(KeeperFacts { artefact_key, audit_key: audit, signed })
            }
            Answer::PublicKeys { artefact: None, .. } => Err("the keeper has no key for this engine build".to_owned()),
            other => Err(unexpected(&other)),
        }
    }
}

pub(super) fn unexpected(answer: &Answer) -> String {
    match answer {
        Answer::Refused { reason } | Answer::NotNow { reason } => reason.clone(),
        _ => "the keeper answered another question".to_owned(),
    }
}

impl runtime::Keeper for KeeperLink {
    fn artefact_key(&self, build: EngineBuild) -> Fut<'_, Result<[u8; 32], String>> {
        Box::pin(async move { Ok(self.facts(build).await?.artefact_key) })
    }

    fn sign_artefact(&self, statement: ArtefactStatement) -> Fut<'_, Result<Vec<u8>, String>> {
        Box::pin(async move {
            match self.ask(&Question::SignArtefact(statement)).await? {
                Answer::ArtefactSignature(signature) => Ok(signature),
                other => Err(unexpected(&other)),
            }
        })
    }
}

/// The audit log's signer, over the same link. The log asks from a thread of its own; the questions run where the channel lives.
pub(super) struct Checkpoints {
    pub(super) link: Arc<KeeperLink>,
    pub(super) build: EngineBuild,
    pub(super) runtime: tokio::runtime::Handle,
}

fn gone(error: tokio::task::JoinError) -> SignError {
    SignError::Unavailable { reason: error.to_string() }
}

impl CheckpointSigner for Checkpoints {
    fn last_signed(&self) -> SignFuture<'_, Option<TreeHead>> {
        let (link, build) = (self.link.clone(), self.build.clone());
        let asked = self.runtime.spawn(async move { link.facts(build).await });
        Box::pin(async move {
            let facts = asked.await.map_err(gone)?.map_err(|reason| SignError::Unavailable { reason })?;
            Ok(facts.signed.map(|(size, root)| TreeHead { size, root }))
        })
    }

    fn sign(&self, head: TreeHead, consistency: Vec<Digest>) -> SignFuture<'_, String> {
        let link = self.link.clone();
        let question = Question::SignCheckpoint { size: head.size, root: head.root, consistency };
        let asked = self.runtime.spawn(async move { link.ask(&question).await });
        Box::pin(async move {
            match asked.await.map_err(gone)?.map_err(|reason| SignError::Unavailable { reason })? {
                Answer::Checkpoint(note) => Ok(note),
                Answer::Refused { reason } => Err(SignError::Refused { reason }),
                other => Err(SignError::Unavailable { reason: unexpected(&other) }),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A keeper that answers each question with this posture, or never.
    fn keeper(link: &Arc<KeeperLink>, posture: Option<&'static str>) -> tokio::task::JoinHandle<()> {
        let (ours, theirs) = wire::pair().expect("a channel");
        link.connect(theirs).expect("connected");
        let Channel { sender, mut receiver } = Channel::new(ours).expect("a channel");
        tokio::spawn(async move {
            while let Ok(frame) = receiver.next().await {
                let Some(posture) = posture else { continue };
                let answer = Answer::PublicKeys {
                    artefact: None,
                    audit: String::new(),
                    keeper_audit: String::new(),
                    posture: posture.to_owned(),
                    signed: None,
                };
                let payload = encode(&answer).expect("an answer");
                let _ = sender.send(vec![Frame::new(kind::ANSWER, frame.stream, payload)]);
            }
        })
    }

    async fn until(link: &KeeperLink, posture: Option<&str>) {
        for _ in 0..400 {
            if link.posture().as_deref() == posture {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it is {:?}, not {posture:?}", link.posture());
    }

    #[tokio::test]
    async fn the_posture_is_that_of_the_keeper_that_runs() {
        let link = KeeperLink::new();
        assert_eq!(link.posture(), None);
        let first = keeper(&link, Some("first"));
        until(&link, Some("first")).await;
        first.abort();
        until(&link, None).await;
        let silent = keeper(&link, None);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(
            link.posture(),
            None,
            "a keeper that has not answered has no posture, least of all its predecessor's"
        );
        // Replaced before its channel was seen to end.
        let _third = keeper(&link, Some("third"));
        until(&link, Some("third")).await;
        silent.abort();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(link.posture().as_deref(), Some("third"), "the end of an older channel takes nothing away");
    }
}
