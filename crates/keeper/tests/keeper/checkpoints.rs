//! One history: the keeper as the witness of the audit log.
use std::{path::Path, sync::Arc, time::Duration};

use audit::{
    CheckpointSigner, Event, Kind, Log, LogOptions, Record as _, SignError, SignFuture, TreeHead, VerifyOptions, verify,
};
use tokio::sync::Mutex;
use types::{Digest, UnixMillis};
use wire::keeper::{Answer, Question};

use crate::process::{Front, Keeper, STARTING, events};

/// What the composition root will do: the log's signer over the keeper's channel.
struct OverChannel(Mutex<Front>);

impl CheckpointSigner for OverChannel {
    fn last_signed(&self) -> SignFuture<'_, Option<TreeHead>> {
        Box::pin(async {
            let keys = self.0.lock().await.keys(None).await;
            Ok(keys.signed.map(|(size, root)| TreeHead { size, root }))
        })
    }

    fn sign(&self, head: TreeHead, consistency: Vec<Digest>) -> SignFuture<'_, String> {
        Box::pin(async move {
            let question = Question::SignCheckpoint { size: head.size, root: head.root, consistency };
            match self.0.lock().await.ask(question).await {
                Answer::Checkpoint(note) => Ok(note),
                Answer::Refused { reason } => Err(SignError::Refused { reason }),
                other => Err(SignError::Unavailable { reason: format!("{other:?}") }),
            }
        })
    }
}

fn event(n: u64) -> Event {
    Event::platform(UnixMillis(n), Kind::Platform, "test", format!("record {n}"))
}

async fn write(dir: &Path, keeper: &Keeper, count: u64) -> Result<(), String> {
    let signer = Arc::new(OverChannel(Mutex::new(keeper.front())));
    let options = LogOptions { checkpoint_every: Duration::from_millis(5), ..LogOptions::default() };
    let opened = {
        let _alone = STARTING.lock().await;
        Log::open(dir, signer, options)
    };
    let (log, _) = opened.map_err(|e| e.to_string())?;
    for n in 0..count {
        log.record(&event(n)).map_err(|e| e.to_string())?;
        if n % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(8)).await;
        }
    }
    log.close().await.map_err(|e| e.to_string())
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &target);
        } else {
            std::fs::copy(file.path(), target).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_signed_over_the_channel_and_verifies_across_restarts() {
    let outside = tempfile::tempdir().unwrap();
    let (folder, dir) = (outside.path().join("keeper"), outside.path().join("audit"));
    for round in 1..=3 {
        let keeper = Keeper::start(&folder).await;
        write(&dir, &keeper, 300).await.unwrap();
        let keys = keeper.front().keys(None).await;
        assert_eq!(keys.signed.unwrap().0, round * 300);
        let options = VerifyOptions { keeper_signed: keys.signed, progress: None };
        let report = verify(&dir, &keys.audit, options).unwrap();
        assert!(report.is_intact() && report.records == round * 300, "{:?}", report.problems);
        let other = verify(&dir, &keys.keeper_audit, VerifyOptions::default()).unwrap();
        assert!(!other.is_intact(), "the keeper's own log has another name");
        if round == 2 { keeper.kill() } else { assert_eq!(keeper.drain(), 0) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_of_history_is_refused_and_stops_the_log() {
    let outside = tempfile::tempdir().unwrap();
    let (folder, dir, fork) =
        (outside.path().join("keeper"), outside.path().join("audit"), outside.path().join("fork"));
    let keeper = Keeper::start(&folder).await;
    write(&dir, &keeper, 300).await.unwrap();
    copy(&dir, &fork);
    write(&dir, &keeper, 300).await.unwrap();
    // The state of before goes on in another way, past the size that was signed.
    let refused = write(&fork, &keeper, 0).await.unwrap_err();
    assert!(refused.contains("signed a checkpoint of 600 records and only 300 are there"), "{refused}");
    let question = Question::SignCheckpoint { size: 700, root: Digest::from_bytes([7; 32]), consistency: vec![] };
    assert!(keeper.front().refused(question).await.contains("do not extend"));
    assert_eq!(&*keeper.event("checkpoint-sign").await.who.kind, "platform");
    assert_eq!(keeper.drain(), 0);
}

#[tokio::test]
async fn smaller_other_and_unproven_heads_are_refused_and_the_same_is_signed_again() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    let root = |n: u8| Digest::from_bytes([n; 32]);
    let ask = |size, root, consistency| Question::SignCheckpoint { size, root, consistency };
    front.refused(ask(0, root(1), vec![])).await;
    front.refused(ask(5, root(1), vec![root(2)])).await;
    assert_eq!(front.keys(None).await.signed, None, "a refusal is not remembered as signed");
    let first = front.ask(ask(5, root(1), vec![])).await;
    assert!(matches!(first, Answer::Checkpoint(_)));
    for question in [
        ask(4, root(1), vec![]),
        ask(5, root(2), vec![]),
        ask(5, root(1), vec![root(1)]),
        ask(6, root(3), vec![]),
        ask(6, root(3), vec![root(1); 5]),
        ask(u64::MAX, root(3), vec![root(1); 64]),
        ask(6, root(3), vec![root(1); 20_000]),
    ] {
        front.refused(question).await;
    }
    assert_eq!(front.ask(ask(5, root(1), vec![])).await, first);
    keeper.kill();
    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    assert_eq!(front.keys(None).await.signed, Some((5, root(1))));
    front.refused(ask(5, root(2), vec![])).await;
    assert_eq!(front.ask(ask(5, root(1), vec![])).await, first, "asked again after a lost answer");
    assert_eq!(keeper.drain(), 0);
    assert!(events(&folder).iter().filter(|e| &*e.action == "checkpoint-sign").count() >= 9);
}

/// Whatever moment the keeper dies in, what it signed is what it remembers.
#[tokio::test]
async fn a_kill_between_question_and_answer_never_forgets_a_signature() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let mut known: Option<(u64, Digest)> = None;
    // The moments around an answer are those that matter, and how long one takes is the machine's affair: the wait before
    // the kill grows after a silent round and shrinks after an answered one, so that it stays at that edge.
    let (mut answered, mut silent, mut wait) = (0, 0, Duration::from_micros(100));
    for round in 0..60_u64 {
        let keeper = Keeper::start(&folder).await;
        let mut front = keeper.front();
        let remembered = front.keys(None).await.signed;
        if let Some(known) = known {
            assert!(remembered >= Some(known), "round {round}: {remembered:?} after {known:?} was answered");
        }
        // A proof from a power of two to twice its size needs one hash: build a chain that doubles for ever.
        let (size, root) = remembered.unwrap_or((1, Digest::from_bytes([1; 32])));
        let question = match remembered {
            Some(_) if size < 1 << 62 => {
                let right = Digest::from_bytes([round as u8; 32]);
                Question::SignCheckpoint { size: size * 2, root: node(&root, &right), consistency: vec![right] }
            }
            _ => Question::SignCheckpoint { size, root, consistency: vec![] },
        };
        let Question::SignCheckpoint { size, root, .. } = &question else { unreachable!() };
        let asked = (*size, *root);
        front.channel.sender.send(vec![crate::process::frame(1, 9, &question)]).unwrap();
        // Timers count in milliseconds; an answer may take less.
        let sent = std::time::Instant::now();
        while sent.elapsed() < wait {
            tokio::task::yield_now().await;
        }
        keeper.kill();
        // An answer that left before the kill may still be in the socket.
        match front.channel.receiver.next().await {
            Ok(answer) => {
                assert!(matches!(answer.message().unwrap(), Answer::Checkpoint(_)));
                known = Some(asked);
                answered += 1;
                wait = wait * 2 / 3;
            }
            Err(_) => {
                silent += 1;
                wait = wait * 5 / 4 + Duration::from_micros(50);
            }
        }
    }
    println!("{answered} answered, {silent} killed before the answer");
    assert!(answered > 5 && silent > 5, "one of both hardly happened: {answered} answered, {silent} silent");
}

fn node(left: &Digest, right: &Digest) -> Digest {
    use sha2::Digest as _;
    let hash = sha2::Sha256::new().chain_update([1]).chain_update(left.as_bytes()).chain_update(right.as_bytes());
    Digest::from_bytes(hash.finalize().into())
}
