//! Questions: newest first, filtered, page by page, beside a writer and without one.
use std::{sync::Arc, time::Duration};

use audit::{Event, Filter, Kind, LogOptions, Outcome, OutcomeWord, Record as _, query};
use types::{AppName, PrincipalId, RequestId, UnixMillis};

use crate::fixture::{Fixture, event};

fn app(name: &str) -> AppName {
    AppName::parse(name).unwrap()
}

fn varied(n: u64) -> Event {
    let mut event = event(n);
    event.app = Some(app(if n.is_multiple_of(3) { "coffee" } else { "tea" }));
    event.request = Some(RequestId::from_bytes(u128::from(n).to_be_bytes()));
    event.who.id = Some(PrincipalId::from_bytes([(n % 5) as u8; 16]));
    event.action = if n.is_multiple_of(2) { "invoke" } else { "app-deploy" }.into();
    event.kind = if n.is_multiple_of(2) { Kind::Request } else { Kind::Control };
    if n.is_multiple_of(7) {
        event.outcome = Outcome::Refused { status: 403, code: "POL-001".into(), reason: "not a member".into() };
    }
    event
}

async fn written() -> Fixture {
    let mut f = Fixture::new();
    // Some in bundles, some in segments, some only in the append file's end.
    f.options = LogOptions { segment_bytes_max: 100_000, ..f.options };
    for part in 0..5 {
        let (log, _) = f.open().unwrap();
        for n in part * 700..(part + 1) * 700 {
            log.record(&varied(n)).unwrap();
            if n % 100 == 0 {
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        }
        log.close().await.unwrap();
    }
    assert!(!f.path("append/00000000000000000000.log").exists(), "the first segment is spent");
    f
}

/// All matching indexes, page by page.
fn all(f: &Fixture, mut filter: Filter) -> Vec<u64> {
    let mut found = Vec::new();
    for _ in 0..1_000 {
        let page = query(&f.dir(), &filter).unwrap();
        assert_eq!(page.unreadable, 0);
        found.extend(page.entries.iter().map(|e| e.index));
        match page.next_before {
            Some(before) => filter.before = Some(before),
            None => return found,
        }
    }
    panic!("pages without end");
}

#[tokio::test]
async fn each_filter_finds_exactly_what_a_full_scan_finds() {
    let f = written().await;
    let check = |filter: Filter, keep: &dyn Fn(u64) -> bool| {
        let expected: Vec<u64> = (0..3_500).rev().filter(|n| keep(*n)).collect();
        assert_eq!(all(&f, filter.clone()), expected, "{filter:?}");
    };
    let any = Filter { limit: 77, ..Filter::default() };
    check(any.clone(), &|_| true);
    check(Filter { app: Some(app("coffee")), ..any.clone() }, &|n| n % 3 == 0);
    check(Filter { app: Some(app("coff")), ..any.clone() }, &|_| false);
    check(Filter { principal: Some(PrincipalId::from_bytes([2; 16])), ..any.clone() }, &|n| n % 5 == 2);
    check(Filter { kind: Some(Kind::Control), ..any.clone() }, &|n| n % 2 == 1);
    check(Filter { action: Some("invoke".into()), ..any.clone() }, &|n| n % 2 == 0);
    check(Filter { request: Some(RequestId::from_bytes(1_234_u128.to_be_bytes())), ..any.clone() }, &|n| n == 1_234);
    check(Filter { outcome: Some(OutcomeWord::Refused), ..any.clone() }, &|n| n % 7 == 0);
    check(Filter { outcome: Some(OutcomeWord::Failed), ..any.clone() }, &|_| false);
    check(Filter { since: Some(UnixMillis(2_000)), until: Some(UnixMillis(2_010)), ..any.clone() }, &|n| {
        (1_000..1_010).contains(&n)
    });
    check(Filter { before: Some(300), app: Some(app("tea")), ..any.clone() }, &|n| n < 300 && n % 3 != 0);
    check(Filter { before: Some(0), ..any.clone() }, &|_| false);
    check(Filter { before: Some(u64::MAX), ..any.clone() }, &|_| true);
    check(Filter { limit: usize::MAX, ..any }, &|_| true);
}

#[tokio::test]
async fn a_page_has_a_cap_and_the_event_is_whole() {
    let f = written().await;
    assert_eq!(query(&f.dir(), &Filter { limit: 5_000, ..Filter::default() }).unwrap().entries.len(), 1_000);
    let page = query(&f.dir(), &Filter { before: Some(8), limit: 1, ..Filter::default() }).unwrap();
    assert_eq!(page.entries[0].event, varied(7));
    assert_eq!(page.next_before, Some(7));
}

#[tokio::test]
async fn a_log_that_is_not_there_is_empty_and_damage_is_counted() {
    let f = Fixture::new();
    assert_eq!(query(&f.dir(), &Filter::default()).unwrap(), audit::Page::default());
    let f = written().await;
    std::fs::remove_file(f.path("tile/entries/001")).unwrap();
    let page = query(&f.dir(), &Filter { before: Some(600), limit: 1_000, ..Filter::default() }).unwrap();
    assert_eq!((page.unreadable, page.entries.len()), (256, 344));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_and_the_verifier_work_beside_a_busy_writer() {
    let mut f = Fixture::new();
    f.options = LogOptions { segment_bytes_max: 64 << 10, checkpoint_every: Duration::from_millis(1), ..f.options };
    let (log, _) = f.open().unwrap();
    let log = Arc::new(log);
    let writer = {
        let log = log.clone();
        tokio::spawn(async move {
            for n in 0..20_000 {
                let receipt = log.record(&varied(n)).unwrap();
                if n % 50 == 0 {
                    receipt.durable().await.unwrap();
                }
            }
        })
    };
    // Until the first checkpoint nobody vouches for anything, and the verifier says so: that is another test's business.
    while log.status().signed == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut rounds = 0;
    while !writer.is_finished() {
        let page = query(&f.dir(), &Filter { limit: 600, ..Filter::default() }).unwrap();
        assert_eq!(page.unreadable, 0);
        assert!(page.entries.windows(2).all(|w| w[0].index == w[1].index + 1), "newest first, without gaps");
        f.intact();
        rounds += 1;
    }
    println!("{rounds} questions and verifications beside the writer");
    writer.await.unwrap();
    log.close().await.unwrap();
    assert_eq!(f.intact().records, 20_000);
}
