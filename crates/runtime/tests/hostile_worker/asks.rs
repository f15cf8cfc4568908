//! What a worker that an attacker holds gets by asking: what the function on whose stream it asks was granted, of its own app.
use std::sync::Mutex;

use store::KeyValues as _;
use types::{AppName, Blob, Grants, KvAccess, KvAnswer, KvQuestion, KvRefusal, UnixMillis};
use wire::work::{Answer, Question, SecretAnswer};

use crate::house::{House, each, full};

pub(crate) fn get(key: &str) -> Question {
    Question::Kv(KvQuestion::Get { key: key.into() })
}

fn put(key: &str) -> Question {
    let (key, value) = (key.into(), Blob(b"v".to_vec()));
    Question::Kv(KvQuestion::Put { key, value, metadata: None, expires_at_s: None })
}

fn secret(name: &str) -> Question {
    Question::Secret(name.parse().unwrap())
}

/// A house whose one function is granted this, and a worker that asks all of it on the function's stream.
async fn answers(grants: Grants, questions: Vec<Question>) -> (House, Vec<Answer>) {
    let told: std::sync::Arc<Mutex<Vec<Answer>>> = std::sync::Arc::default();
    let kept = told.clone();
    let mut house = House::new(each(move |mut peer, stream, _| {
        let (questions, kept) = (questions.clone(), kept.clone());
        async move {
            for (number, question) in (7..).zip(questions) {
                peer.ask(stream, number, question);
                let answer = peer.told().await.unwrap();
                assert_eq!(answer.number, number);
                kept.lock().unwrap().push(answer.answer);
            }
            peer.head(stream, &[]);
            peer.body_end(stream);
            peer.ended(stream);
            peer
        }
    }));
    house.grants = grants;
    house.get().await.unwrap();
    assert_eq!(house.events("worker-lied"), [""; 0]);
    let told = std::mem::take(&mut *told.lock().unwrap());
    (house, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_without_a_grant_and_each_try_is_an_event() {
    let asked = vec![
        secret("KEY"),
        get("k"),
        put("k"),
        Question::Kv(KvQuestion::List { prefix: "".into(), after: None, limit: 9 }),
    ];
    let (house, told) = answers(Grants::default(), asked).await;
    let denied = Answer::Kv(KvAnswer::Refused(KvRefusal::Denied));
    assert_eq!(told, [Answer::Secret(SecretAnswer::Denied), denied.clone(), denied.clone(), denied]);
    assert_eq!(*house.secrets.0.lock().unwrap(), [""; 0], "nobody was asked for a secret");
    assert_eq!(house.events("hatch-denied"), ["secrets: KEY", "kv: get", "kv: put", "kv: list"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_gives_what_it_names_of_the_workers_own_app() {
    let grants = Grants {
        secrets: ["KEY", "NOT_SET", "BROKEN"].map(|name| name.parse().unwrap()).into(),
        kv: KvAccess::Read,
        ..Grants::default()
    };
    // The neighbour has a key of the same name; there is no word for whose it is.
    let asked = vec![secret("KEY"), secret("OTHER"), secret("NOT_SET"), secret("BROKEN"), get("k"), put("k")];
    let (house, told) = answers(grants, asked).await;
    let Answer::Secret(SecretAnswer::Value(value)) = &told[0] else { panic!("{told:?}") };
    assert_eq!(value.reveal(), "value of victim/KEY");
    assert!(!format!("{told:?}").contains("value of"), "what crosses does not show itself");
    let none = [SecretAnswer::Denied, SecretAnswer::NotSet, SecretAnswer::Unavailable];
    assert_eq!(told[1..4], none.map(Answer::Secret));
    assert_eq!(told[4..], [Answer::Kv(KvAnswer::Value(None)), Answer::Kv(KvAnswer::Refused(KvRefusal::Denied))]);
    assert_eq!(*house.secrets.0.lock().unwrap(), ["victim/KEY", "victim/NOT_SET", "victim/BROKEN"]);
    assert_eq!(house.events("hatch-denied"), ["secrets: OTHER", "kv: put"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_the_own_apps_and_beyond_a_bound_nothing() {
    let grants = Grants { kv: KvAccess::ReadWrite, ..Grants::default() };
    let large = |bytes| {
        let value = Blob(vec![0; bytes]);
        Question::Kv(KvQuestion::Put { key: "large".into(), value, metadata: None, expires_at_s: None })
    };
    let (house, told) = answers(grants, vec![put("k"), large(1_000_000), large(1_000_001)]).await;
    assert_eq!(told[..2], [Answer::Kv(KvAnswer::Done), Answer::Kv(KvAnswer::Done)]);
    assert!(
        matches!(&told[2], Answer::Kv(KvAnswer::Refused(KvRefusal::Limit { limit, .. })) if limit == "kv_value_bytes")
    );
    let look = async |app: &str| {
        let question = KvQuestion::Exists { key: "k".into() };
        house.key_values.ask(AppName::parse(app).unwrap(), question, UnixMillis(1)).await.unwrap()
    };
    assert_eq!((look("victim").await, look("neighbour").await), (KvAnswer::Yes(true), KvAnswer::Yes(false)));
}

/// The limit of a call holds whatever the worker says of it.
#[tokio::test(flavor = "multi_thread")]
async fn more_questions_than_a_call_may_ask_are_a_lie() {
    let mut house = House::new(each(|mut peer, stream, _| async move {
        for number in 0.. {
            peer.ask(stream, number, get("k"));
            if peer.told().await.is_none() {
                break;
            }
        }
        peer
    }));
    house.limits.kv_calls = 10;
    house.grants = Grants { kv: KvAccess::Read, ..Grants::default() };
    assert!(house.call("POST", full(b"")).await.is_err());
    house.until("it is written down", |h| !h.events("worker-lied").is_empty()).await;
    assert!(house.events("worker-lied")[0].contains("more often than"));
}

/// As many as there may be about a caller, beside those for what was granted.
#[tokio::test(flavor = "multi_thread")]
async fn more_questions_about_a_caller_than_a_call_may_ask_are_a_lie() {
    let house = House::new(each(|mut peer, stream, _| async move {
        for number in 0..100 {
            peer.ask(stream, number, crate::allowed("look", ""));
            assert!(peer.told().await.is_some());
        }
        peer.ask(stream, 100, crate::allowed("look", ""));
        assert!(peer.told().await.is_none());
        peer
    }));
    assert!(house.call("POST", full(b"")).await.is_err());
    house.until("it is written down", |h| !h.events("worker-lied").is_empty()).await;
    assert!(house.events("worker-lied")[0].contains("more than 100 questions"));
}

/// An abandoned call's questions are answered all the same: the worker counts its places by that.
#[tokio::test(flavor = "multi_thread")]
async fn questions_of_an_abandoned_call_are_answered() {
    let house = House::new(each(|mut peer, stream, _| async move {
        peer.head(stream, &[]);
        if peer.wait(wire::work::to_worker::CANCEL).await.is_some() {
            for number in 0..50 {
                peer.ask(stream, number, get("k"));
                assert!(peer.told().await.is_some());
            }
            peer.failed(stream);
            peer.ended(stream);
        }
        peer
    }));
    drop(house.get().await.unwrap());
    house.until("the refusals are written down", |h| !h.events("hatch-denied").is_empty()).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(house.events("worker-lied"), [""; 0]);
}
