//! Recording: order, durability, limits, one writer, failures of the disk and of the signer.
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use audit::{
    CheckpointSigner, Kind, Log, LogOptions, OpenError, Record as _, RecordError, SignError, SignFuture, TreeHead,
};
use tokio::sync::Semaphore;
use types::{Digest, UnixMillis};

use crate::{
    fixture::{Fixture, event, files},
    signer::TestSigner,
};

async fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not happen within 10 s");
}

#[tokio::test]
async fn an_empty_log_writes_nothing_and_verifies() {
    let f = Fixture::new();
    let (log, recovered) = f.open().unwrap();
    assert_eq!(recovered.records, 0);
    log.close().await.unwrap();
    let names: Vec<_> = files(&f.dir()).iter().map(|p| p.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["lock"]);
    assert_eq!(f.intact().records, 0);
}

#[tokio::test]
async fn sizes_around_tile_edges_verify_and_reopen() {
    let f = Fixture::new();
    let mut total = 0;
    for step in [1, 1, 253, 1, 1, 254, 1, 512, 300] {
        f.write(step).await;
        total += step;
        let report = f.intact();
        assert_eq!((report.records, report.unsigned), (total, 0));
        assert_eq!(report.checkpoint.unwrap().size, total);
    }
}

#[tokio::test]
async fn opening_and_closing_leaves_a_log_as_it_was() {
    let f = Fixture::new();
    f.write(300).await;
    let before = files(&f.dir());
    f.write(0).await;
    assert_eq!(files(&f.dir()), before);
    f.intact();
    drop(f.open().unwrap());
    f.intact();
    // What a power cut may take is made again.
    fs::remove_file(f.path("tile/0/001.p/44")).unwrap();
    fs::write(f.path("tile/entries/001.p/44"), b"").unwrap();
    drop(f.open().unwrap());
    f.intact();
}

#[tokio::test]
async fn more_than_a_full_tile_of_tiles_with_segments_that_come_and_go() {
    let mut f = Fixture::new();
    f.options = LogOptions { segment_bytes_max: 256 << 10, ..f.options };
    for _ in 0..5 {
        let (log, recovered) = f.open().unwrap();
        let first = recovered.records;
        for n in first..first + 15_000 {
            log.record(&event(n)).unwrap();
            if n % 400 == 0 {
                log.record(&event(n)).unwrap().durable().await.unwrap();
            }
        }
        log.close().await.unwrap();
        let report = f.intact();
        assert!(report.records >= first + 15_000);
        // What is in full bundles under the checkpoint is not kept twice, but for a segment or two.
        let kept: u64 = f.segments().iter().map(|p| fs::metadata(p).unwrap().len()).sum();
        assert!(f.segments().len() <= 3 && kept < 2 << 20, "{} segments, {kept} bytes", f.segments().len());
    }
    assert!(f.path("tile/1/000").exists() && f.path("tile/2/000.p/1").exists());
}

/// Signs when it is let, so that a test can act between the question and the answer.
struct Held {
    signer: Arc<TestSigner>,
    asked: AtomicU64,
    answers: Semaphore,
}

impl CheckpointSigner for Held {
    fn last_signed(&self) -> SignFuture<'_, Option<TreeHead>> {
        self.signer.last_signed()
    }

    fn sign(&self, head: TreeHead, consistency: Vec<Digest>) -> SignFuture<'_, String> {
        Box::pin(async move {
            self.asked.store(head.size, Ordering::Release);
            self.answers.acquire().await.unwrap().forget();
            self.signer.sign(head, consistency).await
        })
    }
}

#[tokio::test]
async fn a_segment_that_ends_with_a_bundle_is_left_before_it_goes() {
    let f = Fixture::new();
    let signer = Arc::new(Held { signer: f.signer.clone(), asked: AtomicU64::new(0), answers: Semaphore::new(0) });
    // Each batch is a segment, and nothing is written until somebody waits.
    let options = LogOptions { segment_bytes_max: 1, gather: Duration::from_secs(3_600), ..f.options };
    let (log, _) = Log::open(&f.dir(), signer.clone(), options).unwrap();
    for n in 0..255 {
        log.record(&event(n)).unwrap();
    }
    log.record(&event(255)).unwrap().durable().await.unwrap();
    until(|| signer.asked.load(Ordering::Acquire) == 256).await;
    // The next segment comes while the checkpoint of the first is being signed.
    log.record(&event(256)).unwrap().durable().await.unwrap();
    assert_eq!(f.segments().len(), 2);
    signer.answers.add_permits(100);
    until(|| log.status().signed == 257 || !log.is_healthy()).await;
    assert_eq!(log.status().stopped, None);
    // It goes once the reader has left it.
    log.record(&event(257)).unwrap();
    log.close().await.unwrap();
    assert_eq!(f.intact().records, 258);
    assert!(!f.segments().iter().any(|p| p.ends_with("00000000000000000000.log")), "{:?}", f.segments());
}

#[tokio::test]
async fn a_quiet_log_does_not_touch_the_disk() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    log.record(&event(0)).unwrap().durable().await.unwrap();
    until(|| log.status().signed == 1).await;
    let state = || {
        files(&f.dir()).iter().map(|p| (p.clone(), fs::metadata(p).unwrap().modified().unwrap())).collect::<Vec<_>>()
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before = state();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(state(), before);
}

#[tokio::test]
async fn old_edges_do_not_pile_up() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    for n in 0..600 {
        log.record(&event(n)).unwrap().durable().await.unwrap();
        if n % 50 == 0 {
            until(|| log.status().signed > n).await;
        }
    }
    log.close().await.unwrap();
    let partial: Vec<_> = files(&f.path("tile")).into_iter().filter(|p| p.to_string_lossy().contains(".p/")).collect();
    assert_eq!(partial.len(), 3, "{partial:?}");
    f.intact();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_records_share_flushes_and_keep_their_places() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    let log = Arc::new(log);
    let places = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..200_u64 {
        let (log, places) = (log.clone(), places.clone());
        tasks.spawn(async move {
            let mut last = None;
            for n in 0..50 {
                let receipt = log.record(&event(task * 1_000 + n)).unwrap();
                assert!(last < Some(receipt.index()), "places go up within a task");
                last = Some(receipt.index());
                places.fetch_add(receipt.index(), Ordering::Relaxed);
                receipt.durable().await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let took = begun.elapsed();
    log.close().await.unwrap();
    // Every place from 0 to 9,999 once.
    assert_eq!(places.load(Ordering::Relaxed), (0..10_000).sum::<u64>());
    let report = f.intact();
    let batches = report.checks.iter().find(|c| c.what == "append batches").unwrap().done;
    println!("10,000 durable records by 200 tasks: {took:?}, {batches} flushes");
    assert!(batches < 2_000, "{batches} flushes for 10,000 records are no group commit");
}

#[tokio::test]
async fn records_gather_until_somebody_waits_or_there_are_many() {
    let mut f = Fixture::new();
    f.options = LogOptions { gather: Duration::from_secs(3_600), ..f.options };
    let (log, _) = f.open().unwrap();
    for n in 0..10 {
        log.record(&event(n)).unwrap();
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(log.status().durable, 0, "nobody waited");
    log.record(&event(10)).unwrap().durable().await.unwrap();
    assert_eq!(log.status().durable, 11, "one who waits takes along what is there");
    // A receipt of what is on disk already hurries nobody.
    let old = log.record(&event(11)).unwrap();
    log.settled().await.unwrap();
    log.record(&event(12)).unwrap();
    old.durable().await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(log.status().durable, 12);
    let mut n = 13;
    while log.status().durable == 12 {
        assert!(n < 20_000, "a large batch is written although nobody waits");
        log.record(&event(n)).unwrap();
        n += 1;
        tokio::task::yield_now().await;
    }
    log.close().await.unwrap();
    assert_eq!(f.intact().records, n);
}

#[tokio::test]
async fn a_second_writer_is_refused() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    assert!(matches!(f.open(), Err(OpenError::InUse { .. })));
    drop(log);
    f.open().unwrap();
}

#[tokio::test]
async fn dropping_writes_what_was_queued() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    let receipts: Vec<_> = (0..1_000).map(|n| log.record(&event(n)).unwrap()).collect();
    drop(log);
    for receipt in receipts {
        receipt.durable().await.unwrap();
    }
    assert_eq!(f.open().unwrap().1.records, 1_000);
}

#[tokio::test]
async fn a_closed_log_takes_nothing_and_says_so() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    log.close().await.unwrap();
    assert!(!log.is_healthy());
    let refused = log.record(&event(0)).unwrap_err();
    assert_eq!(refused.to_string(), "the audit log stopped: it was closed");
}

#[tokio::test]
async fn the_queue_has_an_end_and_comes_back() {
    let mut f = Fixture::new();
    f.options = LogOptions { queue_bytes_max: 2_000, ..f.options };
    let (log, _) = f.open().unwrap();
    let mut full = 0_u64;
    let mut taken = Vec::new();
    // The disk cannot keep up with a loop that does nothing else.
    for n in 0..100_000 {
        match log.record(&event(n)) {
            Ok(receipt) => taken.push(receipt),
            Err(RecordError::Full) => full += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(full > 0, "100,000 records went through a queue of 2,000 bytes");
    let count = taken.len() as u64;
    for receipt in taken {
        receipt.durable().await.unwrap();
    }
    assert!(log.is_healthy());
    assert_eq!(log.record(&event(0)).unwrap().index(), count, "refused records took no place");
    log.close().await.unwrap();
    assert_eq!(f.intact().records, count + 1);
}

#[tokio::test]
async fn a_record_of_the_largest_size_is_kept_and_a_larger_one_refused() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    let mut event = event(0);
    event.note = Some("".into());
    let empty = serde_json::to_vec(&event).unwrap().len();
    event.note = Some("x".repeat(65_535 - empty).into());
    for _ in 0..3 {
        for _ in 0..99 {
            log.record(&event).unwrap();
        }
        log.record(&event).unwrap().durable().await.unwrap();
    }
    event.note = Some("x".repeat(65_536 - empty).into());
    let refused = log.record(&event).unwrap_err();
    assert!(matches!(refused, RecordError::TooLong { bytes: 65_536, max: 65_535 }), "{refused}");
    log.close().await.unwrap();
    assert_eq!(f.intact().records, 300);
}

#[tokio::test]
async fn without_a_signer_records_are_kept_and_signed_later() {
    let f = Fixture::new();
    *f.signer.fault.lock().unwrap() = Some(SignError::Unavailable { reason: "it restarts".into() });
    let (log, _) = f.open().unwrap();
    for n in 0..300 {
        log.record(&event(n)).unwrap().durable().await.unwrap();
    }
    assert_eq!((log.is_healthy(), log.status().signed), (true, 0));
    *f.signer.fault.lock().unwrap() = None;
    until(|| log.status().signed == 300).await;
    *f.signer.fault.lock().unwrap() = Some(SignError::Unavailable { reason: "it is gone".into() });
    log.record(&event(300)).unwrap();
    assert!(log.close().await.is_err(), "the last checkpoint is missing");
    drop(log);
    *f.signer.fault.lock().unwrap() = None;
    f.write(1).await;
    assert_eq!(f.intact().records, 302);
}

#[tokio::test]
async fn a_refusing_signer_stops_the_log() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    *f.signer.fault.lock().unwrap() = Some(SignError::Refused { reason: "another history".into() });
    log.record(&event(0)).unwrap().durable().await.unwrap();
    until(|| !log.is_healthy()).await;
    assert!(log.status().stopped.unwrap().contains("another history"));
    assert!(matches!(log.record(&event(1)), Err(RecordError::Stopped { .. })));
}

#[tokio::test]
async fn a_log_cut_back_behind_the_keepers_back_stops() {
    let f = Fixture::new();
    f.write(10).await;
    let old = f.copy();
    f.write(10).await;
    // The folder of before, with a keeper that remembers more.
    fs::copy(f.dir().parent().unwrap().join("signed"), old.dir().parent().unwrap().join("signed")).unwrap();
    let (log, _) = old.open().unwrap();
    until(|| !log.is_healthy()).await;
    assert!(log.status().stopped.unwrap().contains("signed a checkpoint of 20 records and only 10 are there"));
}

#[test]
fn recording_is_cheap() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    let mut event = event(1);
    event.kind = Kind::Request;
    event.at = UnixMillis(1_700_000_000_000);
    event.policies = vec!["members".into(), "platform-base".into()];
    event.timings = Some(audit::Timings::default());
    let rounds = 20_000_u32;
    let begun = Instant::now();
    for _ in 0..rounds {
        log.record(&event).unwrap();
    }
    let each = begun.elapsed() / rounds;
    println!("record: {each:?} each, {} bytes", serde_json::to_vec(&event).unwrap().len());
    drop(log);
}

#[tokio::test]
async fn tiles_that_cannot_be_written_stop_the_log() {
    let f = Fixture::new();
    let (log, _): (Log, _) = f.open().unwrap();
    // A file where a folder should be.
    fs::write(f.path("tile/entries"), b"in the way").unwrap();
    log.record(&event(0)).unwrap();
    until(|| !log.is_healthy()).await;
    assert!(log.status().stopped.unwrap().contains("tiles cannot be written"));
}
