//! Signatures of artefacts: who gets them, for what, and what is written down.
use ed25519_dalek::{Signature, VerifyingKey};
use types::{Digest, EngineBuild};
use wire::keeper::{Answer, ArtefactStatement, Question};

use crate::process::{Front, Keeper, build, events, statement};

fn holds(public: [u8; 32], statement: &ArtefactStatement, signature: &[u8]) -> bool {
    let signature = Signature::from_slice(signature).unwrap();
    VerifyingKey::from_bytes(&public).unwrap().verify_strict(&statement.signed_bytes(), &signature).is_ok()
}

async fn signed(front: &mut Front, statement: &ArtefactStatement) -> Vec<u8> {
    match front.ask(Question::SignArtefact(statement.clone())).await {
        Answer::ArtefactSignature(signature) => signature,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_signature_holds_for_its_statement_and_build_only() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    let signature = signed(&mut front, &statement(1)).await;
    let [one, two] =
        [front.keys(Some(build(1))).await.artefact.unwrap(), front.keys(Some(build(2))).await.artefact.unwrap()];
    assert_ne!(one, two, "each build has its own key");
    assert!(holds(one, &statement(1), &signature));
    assert!(!holds(two, &statement(1), &signature));
    assert!(!holds(one, &statement(2), &signature));
    assert!(!holds(one, &ArtefactStatement { artefact: Digest::from_bytes([9; 32]), ..statement(1) }, &signature));
    assert!(!holds(one, &ArtefactStatement { artefact_bytes: 1_001, ..statement(1) }, &signature));
    let event = keeper.event("artefact-signed").await;
    let note = event.note.unwrap();
    assert!(note.contains(&statement(1).component.to_string()) && note.contains(build(1).as_str()), "{note}");
    keeper.drain();
}

#[tokio::test]
async fn another_artefact_for_the_same_component_is_signed_and_written_down() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    signed(&mut keeper.front(), &statement(1)).await;
    keeper.kill();
    let keeper = Keeper::start(&folder).await;
    let other = ArtefactStatement { artefact: Digest::from_bytes([9; 32]), ..statement(1) };
    signed(&mut keeper.front(), &other).await;
    let note = keeper.event("artefact-differs").await.note.unwrap();
    assert!(note.contains(&format!("signed before: {}", statement(1).artefact)), "{note}");
    keeper.drain();
}

#[tokio::test]
async fn a_retired_builds_key_is_gone_and_its_successor_is_another() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    let before = front.keys(Some(build(1))).await.artefact;
    for _ in 0..2 {
        assert_eq!(front.ask(Question::RetireBuild { build: build(1) }).await, Answer::Retired);
    }
    assert_ne!(front.keys(Some(build(1))).await.artefact, before);
    keeper.event("key-dropped").await;
    keeper.drain();
}

#[tokio::test]
async fn statements_that_make_no_sense_are_refused_and_written_down() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    // What the wire lets through and `EngineBuild::new` would not.
    let bad = |text: &str| serde_json::from_value::<EngineBuild>(text.into()).unwrap();
    for statement in [
        ArtefactStatement { format: 2, ..statement(1) },
        ArtefactStatement { artefact_bytes: 0, ..statement(1) },
        ArtefactStatement { artefact_bytes: u64::MAX, ..statement(1) },
        ArtefactStatement { build: bad(""), ..statement(1) },
        ArtefactStatement { build: bad("../../x\n"), ..statement(1) },
        ArtefactStatement { build: bad(&"x".repeat(300)), ..statement(1) },
    ] {
        front.refused(Question::SignArtefact(statement)).await;
    }
    front.refused(Question::PublicKeys { build: Some(bad("a b")) }).await;
    assert_eq!(keeper.drain(), 0);
    let refused = events(&folder).iter().filter(|e| matches!(e.outcome, audit::Outcome::Refused { .. })).count();
    assert_eq!(refused, 7);
}

#[tokio::test]
async fn keys_for_builds_without_end_are_refused() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    let mut made = 0;
    for n in 0..40 {
        loop {
            match front.ask(Question::PublicKeys { build: Some(build(n)) }).await {
                Answer::PublicKeys { .. } => made += 1,
                Answer::Refused { reason } => assert!(reason.contains("retire one"), "{reason}"),
                Answer::NotNow { .. } => {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
                other => panic!("{other:?}"),
            }
            break;
        }
    }
    assert_eq!(made, 32);
    keeper.drain();
}
