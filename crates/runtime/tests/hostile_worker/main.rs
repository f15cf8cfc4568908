//! Workers that an attacker holds: whatever they say on their channel, they end, and nothing but their own calls is harmed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod asks;
mod house;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use gateway::BodyError;
use house::{House, Peer, Script, each, full};
use http_body_util::BodyExt;
use tokio::time::Instant;
use types::{Code, RequestId};
use wire::work::{Answer, Credit, DeniedHatch, Failure, Fields, Head, Invoke, Loaded, Question, to_front, to_worker};

type Lie = fn(&Peer, u32, &Invoke);

fn padded(kind: u8, bytes: usize) -> impl Fn(&Peer, u32) {
    move |peer, stream| peer.raw(kind, stream, vec![0; bytes])
}

fn allowed(action: &str, resource: &str) -> Question {
    Question::Allowed { action: action.into(), resource: resource.into() }
}

const LIES: [(&str, Lie); 26] = [
    ("answered twice", |p, s, _| {
        p.head(s, &[]);
        p.head(s, &[]);
    }),
    ("before its head", |p, s, _| p.body(s, b"x")),
    ("before its head", |p, s, _| p.body_end(s)),
    ("is empty", |p, s, _| {
        p.head(s, &[]);
        p.body(s, b"");
    }),
    ("after the end", |p, s, _| {
        p.head(s, &[]);
        p.body_end(s);
        p.body(s, b"x");
    }),
    ("after the end", |p, s, _| {
        p.head(s, &[]);
        p.body_end(s);
        p.body_end(s);
    }),
    ("after the end", |p, s, _| {
        p.failed(s);
        p.failed(s);
    }),
    ("is not open", |p, s, _| p.head(s + 1, &[])),
    ("is not open", |p, s, _| {
        p.failed(s);
        p.ended(s);
        p.ended(s);
    }),
    ("not part of this protocol", |p, s, _| p.say(to_front::LOADED, s, &Loaded::Ready)),
    ("no credit", |p, s, _| p.say(to_front::CREDIT, s, &Credit { bytes: 0 })),
    ("more than was used", |p, s, _| p.say(to_front::CREDIT, s, &Credit { bytes: 1 })),
    ("was not given", |p, s, _| p.log(s, RequestId::from_bytes([9; 16]), "x")),
    ("at most", |p, s, i| p.log(s, i.request, &"x".repeat(40 << 10))),
    ("at most", |p, s, _| padded(to_front::FAILED, 17 << 10)(p, s)),
    ("at most", |p, s, _| padded(to_front::HEAD, 50 << 10)(p, s)),
    ("at most", |p, s, _| padded(to_front::DENIED, 5 << 10)(p, s)),
    ("malformed", |p, s, _| p.raw(to_front::FAILED, s, vec![0xff; 9])),
    ("is not open", |p, s, _| p.ask(s + 1, 1, asks::get("k"))),
    ("malformed", |p, s, _| p.raw(to_front::ASK, s, vec![0xff; 40])),
    ("is not open", |p, s, _| {
        p.ended(s);
        p.ask(s, 1, asks::get("k"));
    }),
    ("questions at once", |p, s, _| (0..100).for_each(|n| p.ask(s, n, asks::get("k")))),
    ("not part of this protocol", |p, s, _| padded(to_worker::TOLD, 4)(p, s)),
    ("no function can ask", |p, s, _| p.ask(s, 0, allowed(&"x".repeat(65), ""))),
    ("no function can ask", |p, s, _| p.ask(s, 0, allowed("look", "a\nb"))),
    ("no function can ask", |p, s, _| p.ask(s, 0, allowed("look", &"x".repeat(5 << 10)))),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_lie_ends_the_worker_and_is_written_down() {
    for (at, (words, lie)) in LIES.into_iter().enumerate() {
        let house = House::new(each(move |peer, stream, invoke| async move {
            lie(&peer, stream, &invoke);
            peer
        }));
        let answer = house.get().await;
        house.until(&format!("lie {at} is written down"), |h| !h.events("worker-lied").is_empty()).await;
        let noted = house.events("worker-lied");
        assert!(noted.iter().all(|note| note.contains(words)), "lie {at}: {noted:?} does not say {words:?}");
        if let Ok(reply) = answer {
            let _ = reply.response.into_body().collect().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_closes_its_channel_without_ending_is_killed() {
    let house = House::new(Arc::new(|mut peer: Peer| {
        Box::pin(async move {
            peer.hello();
            let _ = peer.call().await;
            drop(peer);
            std::future::pending::<()>().await;
        })
    }));
    let refused = house.get().await.unwrap_err();
    assert_eq!(refused.code, Code::RUN_WORKER_LOST);
    house.until("both tries are killed", |h| h.events("worker-lost").len() == 2).await;
    // Such ends count: after three, the next start waits.
    let began = Instant::now();
    let _ = house.call("POST", full(b"")).await;
    let _ = house.call("POST", full(b"")).await;
    assert!(began.elapsed() >= Duration::from_millis(90), "workers that leave at once are started at full speed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_hears_about_its_own_caller_and_nothing_else() {
    let house = House::new(each(|mut peer, stream, _| async move {
        let mut said = vec![];
        let questions = [("look", ""), ("refund", "order/7"), ("Refund", ""), ("look", "again")];
        for (number, (action, resource)) in (0..).zip(questions) {
            peer.ask(stream, number, allowed(action, resource));
            let told = peer.told().await.unwrap();
            assert_eq!(told.number, number);
            let Answer::Allowed(answer) = told.answer else { panic!("{:?}", told.answer) };
            said.push(answer);
        }
        for number in 4..100 {
            peer.ask(stream, number, allowed("look", ""));
            let _ = peer.told().await.unwrap();
        }
        let unknown = said[2].clone().unwrap_err();
        assert!(unknown.contains("`Refund` is no action") && unknown.contains("`look`, `refund`"), "{unknown}");
        assert_eq!([&said[0], &said[1], &said[3]], [&Ok(true), &Ok(false), &Ok(true)]);
        peer.head(stream, &[]);
        peer.body(stream, b"asked");
        peer.body_end(stream);
        peer.ended(stream);
        peer
    }));
    let reply = house.get().await.unwrap();
    assert_eq!(reply.response.into_body().collect().await.unwrap().to_bytes(), "asked");
    let lines: Vec<String> = house.logs().into_iter().map(|line| line.text).collect();
    assert_eq!(lines[0], "allowed: may stranger `look`? yes, by `app:look`");
    assert_eq!(lines[1], "allowed: may stranger `refund` `order/7`? no: nothing permits it");
    assert!(lines[2].contains("is no action of this app"), "{lines:?}");
    assert_eq!(lines.len(), 21, "a call cannot fill the log: {lines:?}");
    assert!(lines[20].contains("goes on asking"), "{lines:?}");
    assert!(house.events("worker-lied").is_empty());
}

fn honest() -> Script {
    each(|peer, stream, _| async move {
        peer.head(stream, &[]);
        peer.body(stream, b"hello");
        peer.body_end(stream);
        peer.ended(stream);
        peer
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_ignores_a_request_to_end_is_killed_and_not_blamed() {
    let house = House::new(honest());
    let reply = house.get().await.unwrap();
    assert_eq!(reply.response.into_body().collect().await.unwrap().to_bytes(), "hello");
    let began = Instant::now();
    house.until("it is killed", |h| !h.events("worker-lost").is_empty()).await;
    assert!(began.elapsed() >= Duration::from_secs(5), "it was given no time");
    assert!(house.events("worker-lost").iter().all(|note| note.contains("asked to")));
    assert!(house.get().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_silent_past_the_calls_time_breaks_and_costs_the_worker() {
    let mut house = House::new(each(|peer, stream, _| async move {
        peer.head(stream, &[]);
        peer.body(stream, b"begin");
        peer
    }));
    house.limits.wall_ms = 100;
    let began = Instant::now();
    let reply = house.get().await.unwrap();
    let broken = reply.response.into_body().collect().await.unwrap_err();
    assert_eq!(broken, BodyError::Broken);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    house.until("it is killed", |h| h.events("worker-lost").len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_answered_and_never_ended_costs_the_worker() {
    let mut house = House::new(each(|peer, stream, _| async move {
        peer.head(stream, &[]);
        peer.body_end(stream);
        peer
    }));
    house.limits.wall_ms = 100;
    let reply = house.get().await.unwrap();
    assert!(reply.response.into_body().collect().await.is_ok());
    house.until("it is killed", |h| h.events("worker-lost").len() == 1).await;
    assert!(house.events("worker-lost").iter().all(|note| note.contains("its time")));
}

/// Answers with these fields; then, after a pause, with this body.
fn streamed(fields: &'static [(&'static str, &'static str)], body: &'static [u8]) -> Script {
    each(move |peer, stream, _| async move {
        peer.head(stream, fields);
        tokio::time::sleep(Duration::from_millis(100)).await;
        if !body.is_empty() {
            peer.body(stream, body);
        }
        peer.body_end(stream);
        peer.ended(stream);
        peer
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_body_has_the_length_that_was_said_or_breaks() {
    for (said, body, right) in
        [("5", &b"hello"[..], true), ("4", b"hello", false), ("6", b"hello", false), ("1", b"", false)]
    {
        let fields: &'static [_] = Box::leak(Box::new([("Content-Length", said)]));
        let house = House::new(streamed(fields, body));
        let response = house.get().await.unwrap().response;
        assert_eq!(response.headers().get("content-length").unwrap(), said);
        let collected = response.into_body().collect().await;
        assert_eq!(collected.is_ok(), right, "{said} for {body:?}");
    }
    for fields in [&[("content-length", "5"), ("Content-Length", "6")][..], &[("content-length", "+5")]] {
        let house = House::new(streamed(fields, b"hello"));
        assert_eq!(house.get().await.unwrap_err().code, Code::RUN_BAD_RESPONSE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_body_is_counted_by_us_and_a_head_request_may_say_a_length() {
    let house = House::new(each(|peer, stream, _| async move {
        let fields = Fields(vec![("content-length".into(), b"999".to_vec())]);
        let head = wire::encode(&Head { status: 200, fields }).unwrap();
        let end = wire::encode(&Fields::default()).unwrap();
        let frame = |kind, payload: Bytes| wire::Frame::new(kind, stream, payload);
        let frames = vec![
            frame(to_front::HEAD, head),
            frame(to_front::BODY, Bytes::from_static(b"hello")),
            frame(to_front::BODY_END, end),
        ];
        peer.sender.send(frames).unwrap();
        peer.ended(stream);
        peer
    }));
    let response = house.call("HEAD", full(b"")).await.unwrap().response;
    assert_eq!(response.headers().get("content-length").unwrap(), "999");
    assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    // Whether it comes whole or in pieces, nothing passes under the wrong length.
    let response = house.get().await.unwrap().response;
    let said = response.headers().get("content-length").cloned();
    let body = response.into_body().collect().await;
    assert!(said.is_none() && body.unwrap().to_bytes() == "hello" || said.is_some_and(|said| said == "999"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_that_cannot_be_made_is_a_failure_of_the_guest_and_no_panic() {
    let mut house = House::new(each(|peer, stream, _| async move {
        let fields = Fields(vec![("a".into(), Vec::new()); 24_577]);
        peer.say(to_front::HEAD, stream, &Head { status: 200, fields });
        peer
    }));
    house.limits.header_bytes = 65_536;
    assert_eq!(house.get().await.unwrap_err().code, Code::RUN_RESPONSE);
    assert!(house.events("worker-lied").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intact_artefact_stays_whatever_a_worker_says_of_it() {
    let refuse: Script = Arc::new(|mut peer: Peer| {
        Box::pin(async move {
            peer.hello();
            while let Some(load) = peer.wait(to_worker::LOAD).await {
                peer.say(to_front::LOADED, load.stream, &Loaded::Refused { reason: "no".into() });
            }
        })
    });
    let house = House::new(refuse);
    assert_eq!(house.get().await.unwrap_err().code, Code::RUN_WORKER_LOST);
    house.until("the lie is written down", |h| h.events("worker-lied").len() == 1).await;
    assert_eq!(house.events("artefact-refused"), [""; 0]);
    assert_eq!((house.artefacts().len(), house.world.compiled.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_artefact_is_made_again() {
    let house = House::new(honest());
    assert!(house.get().await.is_ok());
    house.until("the first worker is gone", |h| !h.events("worker-lost").is_empty()).await;
    for code in house.artefacts() {
        std::fs::write(code, b"compiled evil").unwrap();
    }
    assert!(house.get().await.is_ok());
    assert_eq!(house.events("artefact-refused").len(), 1);
    assert!(house.events("worker-lied").is_empty());
    assert_eq!(house.world.compiled.load(Ordering::SeqCst), 2);
}

/// A client that never sends its body, and tells when nobody waits for it any more.
struct Stalled(Arc<AtomicBool>);

impl Drop for Stalled {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl http_body::Body for Stalled {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BodyError>>> {
        Poll::Pending
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_still_comes_for_an_abandoned_call_is_no_lie_and_its_request_body_is_let_go() {
    let house = House::new(each(|mut peer, stream, _| async move {
        peer.head(stream, &[]);
        if peer.wait(to_worker::CANCEL).await.is_some() {
            for _ in 0..100 {
                peer.body(stream, b"late");
            }
            peer.failed(stream);
            peer.ended(stream);
        }
        peer
    }));
    let dropped = Arc::new(AtomicBool::new(false));
    let reply = house.call("POST", Stalled(dropped.clone()).boxed_unsync()).await.unwrap();
    assert!(!dropped.load(Ordering::SeqCst));
    drop(reply);
    house.until("the body is let go", |_| dropped.load(Ordering::SeqCst)).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(house.get().await.is_ok());
    assert_eq!(house.world.started.load(Ordering::SeqCst), 1, "{:?}", house.events("worker-lied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_bounded_harmless_and_named_by_us() {
    let house = House::new(each(|peer, stream, invoke| async move {
        peer.log(stream, invoke.request, "a\u{1b}[2J\u{202e}b\u{2066}c");
        let denied = DeniedHatch {
            request: invoke.request,
            function: "someone-else".parse().unwrap(),
            hatch: "sockets\n".into(),
            wanted: "x\u{202e}".into(),
        };
        peer.say(to_front::DENIED, stream, &denied);
        for _ in 0..30_000 {
            peer.log(stream, invoke.request, "");
            let _ = peer.sender.ready().await;
        }
        peer.say(to_front::FAILED, stream, &Failure::Trap { reason: "\u{202e}".repeat(1_000) });
        peer.ended(stream);
        peer
    }));
    let began = Instant::now();
    let refused = house.get().await.unwrap_err();
    assert_eq!(refused.code, Code::RUN_TRAP);
    assert!(refused.reason.len() <= 2_048 && !refused.reason.contains('\u{202e}'));
    let lines = house.logs();
    assert_eq!(lines.first().unwrap().text, "a\\u{1b}[2J\\u{202e}b\\u{2066}c");
    assert!(lines.iter().all(|line| line.function == "menu"));
    let allowed = 8_192 * (began.elapsed().as_secs_f64().ceil() as usize + 1);
    assert!(lines.len() <= allowed + 100, "{} lines in {:?}", lines.len(), began.elapsed());
    assert_eq!(house.events("hatch-denied"), ["sockets\\n: x\\u{202e}"]);
}
