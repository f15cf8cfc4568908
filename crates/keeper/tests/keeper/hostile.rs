//! A front that an attacker took over: garbage, floods, silence.
use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    time::Duration,
};

use wire::{
    Frame,
    keeper::{Answer, Question, kind},
    supervisor::to_child,
};

use crate::process::{Keeper, events, frame, statement};

/// The front's end as bare bytes.
fn raw(keeper: &Keeper) -> UnixStream {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut fresh = Frame::new(to_child::KEEPER, 0, Default::default());
    fresh.fds.push(theirs.into());
    keeper.supervisor.sender.send(vec![fresh]).unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    ours
}

#[tokio::test]
async fn malformed_and_unknown_questions_are_refused_and_the_channel_stays() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut front = keeper.front();
    let whole = wire::encode(&Question::SignArtefact(statement(1))).unwrap();
    let mut payloads: Vec<Vec<u8>> = (0..whole.len()).step_by(11).map(|cut| whole[..cut].to_vec()).collect();
    payloads.extend([vec![], vec![200], vec![0xff; 64], [whole.as_ref(), b"x"].concat(), vec![2; 1 << 20]]);
    for payload in payloads {
        front.channel.sender.send(vec![Frame::new(kind::ASK, 7, payload.into())]).unwrap();
        let answer = front.channel.receiver.next().await.unwrap();
        assert!(matches!(answer.message().unwrap(), Answer::Refused { .. }));
    }
    for other in [0, kind::ANSWER, 3, 255] {
        front.channel.sender.send(vec![Frame::new(other, 8, whole.clone())]).unwrap();
        let answer = front.channel.receiver.next().await.unwrap();
        assert_eq!(answer.stream, 8);
        assert!(matches!(answer.message().unwrap(), Answer::Refused { .. }));
    }
    // A descriptor that nobody asked for is closed.
    let (mut near, far) = UnixStream::pair().unwrap();
    let mut extra = frame(kind::ASK, 9, &Question::PublicKeys { build: None });
    extra.fds.push(far.into());
    front.channel.sender.send(vec![extra]).unwrap();
    assert!(matches!(front.channel.receiver.next().await.unwrap().message().unwrap(), Answer::PublicKeys { .. }));
    near.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(near.read(&mut [0; 1]).unwrap(), 0, "closed");
    keeper.event("keeper-question-malformed").await;
    assert_eq!(keeper.drain(), 0);
}

#[tokio::test]
async fn broken_frames_end_the_channel_and_nothing_else() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let too_long = [0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 1, 0, 0, 0];
    let no_descriptor = [0, 0, 0, 0, 1, 2, 0, 0, 1, 0, 0, 0];
    for garbage in [too_long.as_slice(), &no_descriptor, &[0x41; 100_000], &[9, 0, 0]] {
        let mut socket = raw(&keeper);
        socket.write_all(garbage).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _reset = socket.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{answer:?}");
    }
    keeper.event("keeper-channel-broken").await;
    keeper.front().keys(None).await;
    assert_eq!(keeper.drain(), 0);
}

#[tokio::test]
async fn a_flood_is_answered_within_bounds_and_leaves_few_records() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    let mut front = keeper.front();
    let (mut signed, mut not_now, mut refused) = (0, 0, 0);
    for n in 0..2_000_u64 {
        let statement = wire::keeper::ArtefactStatement { artefact_bytes: n % 2_000, ..statement(1) };
        match front.ask(Question::SignArtefact(statement)).await {
            Answer::ArtefactSignature(_) => signed += 1,
            Answer::NotNow { .. } => not_now += 1,
            Answer::Refused { .. } => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    println!("{signed} signed, {not_now} told to wait, {refused} refused");
    assert!(not_now > 500 && signed > 10 && refused == 1);
    for _ in 0..2_000 {
        front.refused(Question::SignCheckpoint { size: 0, root: statement(1).artefact, consistency: vec![] }).await;
    }
    assert_eq!(keeper.drain(), 0);
    let records = events(&folder).len();
    assert!(records < 1_000, "{records} records of 4,000 questions");
}

#[tokio::test]
async fn a_front_that_never_reads_does_not_stop_the_supervisor() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut socket = raw(&keeper);
    socket.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let payload = wire::encode(&Question::PublicKeys { build: None }).unwrap();
    let mut bytes = u32::try_from(payload.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend_from_slice(&[kind::ASK, 0, 0, 0, 1, 0, 0, 0]);
    bytes.extend_from_slice(&payload);
    let many = bytes.repeat(10_000);
    // Writes until the keeper takes no more.
    let mut written = 0;
    while written < 20_000_000 {
        match socket.write(&many) {
            Ok(count) => written += count,
            Err(_) => break,
        }
    }
    assert!(written < 20_000_000, "the keeper took {written} bytes of questions without giving an answer away");
    // A fresh channel and a drain still get through.
    keeper.front().keys(None).await;
    assert_eq!(keeper.drain(), 0);
}
