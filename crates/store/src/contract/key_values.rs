//! Keys and values of apps. A backend's test names a way to make empty stores with room for so many bytes of each app.
use std::{collections::HashSet, sync::Arc};

use types::{Blob, KvAnswer, KvQuestion, KvRefusal, UnixMillis};

use super::{ok, samples::*};
use crate::{KV_ENTRY_BYTES, KeyValues};

type Any = Arc<dyn KeyValues>;

/// Room enough for whatever is not about room.
const ROOM: u64 = 64 << 20;

/// Expands to one `#[tokio::test]` for every check.
#[macro_export]
macro_rules! kv_contract_suite {
    ($make:expr) => {
        $crate::kv_contract_suite! { @each $make;
            check_kv_bounds check_kv_keeps_apps_apart check_kv_lists check_kv_numbers_and_swaps check_kv_values
        }
    };
    (@each $make:expr; $($check:ident)+) => { $(
        #[tokio::test]
        async fn $check() {
            $crate::contract::$check($make).await;
        }
    )+ };
}

async fn ask(store: &Any, of: &str, question: KvQuestion) -> KvAnswer {
    ok(store.ask(app(of), question, at(100)).await)
}

fn get(key: &str) -> KvQuestion {
    KvQuestion::Get { key: key.into() }
}

fn put(key: &str, value: &[u8]) -> KvQuestion {
    KvQuestion::Put { key: key.into(), value: Blob(value.to_vec()), metadata: None, expires_at_s: None }
}

fn list(prefix: &str, after: Option<&str>, limit: u32) -> KvQuestion {
    KvQuestion::List { prefix: prefix.into(), after: after.map(str::to_owned), limit }
}

fn seconds(at: UnixMillis) -> u64 {
    at.0 / 1_000
}

/// The value, its metadata, its version.
#[track_caller]
fn value(answer: KvAnswer) -> Option<(Vec<u8>, Option<String>, u64)> {
    match answer {
        KvAnswer::Value(found) => found.map(|found| (found.value.0, found.metadata, found.version)),
        other => panic!("not a value: {other:?}"),
    }
}

#[track_caller]
fn limit(answer: KvAnswer) -> String {
    match answer {
        KvAnswer::Refused(KvRefusal::Limit { limit, .. }) => limit,
        other => panic!("no limit: {other:?}"),
    }
}

fn names(answer: KvAnswer) -> (Vec<String>, bool) {
    match answer {
        KvAnswer::Keys { keys, more } => (keys.into_iter().map(|key| key.name).collect(), more),
        other => panic!("no keys: {other:?}"),
    }
}

/// What was put is there until its end.
pub async fn check_kv_values(make: impl Fn(u64) -> Any) {
    let store = make(ROOM);
    assert_eq!(value(ask(&store, "coffee", get("a")).await), None);
    assert_eq!(ask(&store, "coffee", KvQuestion::Delete { key: "a".into() }).await, KvAnswer::Yes(false));
    let every_byte: Vec<u8> = (0..=255).collect();
    assert_eq!(ask(&store, "coffee", put("a", &every_byte)).await, KvAnswer::Done);
    let (found, metadata, first) = value(ask(&store, "coffee", get("a")).await).unwrap_or_default();
    assert_eq!((found, metadata), (every_byte, None));
    let lasting = KvQuestion::Put {
        key: "a".into(),
        value: Blob(Vec::new()),
        metadata: Some("{\"n\":1}".into()),
        expires_at_s: Some(seconds(at(200))),
    };
    assert_eq!(ask(&store, "coffee", lasting).await, KvAnswer::Done);
    let (found, metadata, second) = value(ask(&store, "coffee", get("a")).await).unwrap_or_default();
    assert_eq!((found, metadata.as_deref()), (Vec::new(), Some("{\"n\":1}")));
    assert_ne!(first, second);

    let later = async |question, s| ok(store.ask(app("coffee"), question, at(s)).await);
    assert_eq!(later(KvQuestion::Exists { key: "a".into() }, 199).await, KvAnswer::Yes(true));
    assert_eq!(later(KvQuestion::Exists { key: "a".into() }, 200).await, KvAnswer::Yes(false));
    assert_eq!(names(later(list("", None, 10), 200).await), (vec![], false));
    assert_eq!(later(KvQuestion::Delete { key: "a".into() }, 200).await, KvAnswer::Yes(false));
    assert_eq!(value(later(get("a"), 200).await), None);

    // What is over is purged, of every app, and nothing else.
    for of in ["coffee", "tea"] {
        let short = KvQuestion::Put {
            key: "short".into(),
            value: Blob(b"v".to_vec()),
            metadata: None,
            expires_at_s: Some(seconds(at(150))),
        };
        assert_eq!(ask(&store, of, short).await, KvAnswer::Done);
        assert_eq!(ask(&store, of, put("long", b"v")).await, KvAnswer::Done);
    }
    assert!(ok(store.purge(at(149)).await) <= 1, "nothing but `a`, where that was still kept");
    assert_eq!(ok(store.purge(at(151)).await), 2);
    assert_eq!(names(later(list("", None, 10), 100).await), (vec!["long".to_owned()], false));
}

/// In the order of bytes, page by page.
pub async fn check_kv_lists(make: impl Fn(u64) -> Any) {
    let store = make(ROOM);
    for key in ["b/2", "a", "b/10", "b/1", "b", "c", "ä", "b/\u{1F600}"] {
        assert_eq!(ask(&store, "coffee", put(key, b"v")).await, KvAnswer::Done);
    }
    let all = ["a", "b", "b/1", "b/10", "b/2", "b/\u{1F600}", "c", "ä"];
    assert_eq!(names(ask(&store, "coffee", list("", None, 1_000)).await), (all.map(str::to_owned).into(), false));
    let page = async |after: Option<&str>| names(ask(&store, "coffee", list("b/", after, 2)).await);
    assert_eq!(page(None).await, (vec!["b/1".into(), "b/10".into()], true));
    assert_eq!(page(Some("b/10")).await, (vec!["b/2".into(), "b/\u{1F600}".into()], false));
    assert_eq!(page(Some("b/\u{1F600}")).await, (vec![], false));
    assert_eq!(page(Some("zzz")).await, (vec![], false));
    // A cursor before the prefix is no way around it, and neither is one like a pattern.
    assert_eq!(names(ask(&store, "coffee", list("b/", Some("a"), 1)).await).0, ["b/1"]);
    assert_eq!(names(ask(&store, "coffee", list("%", None, 10)).await), (vec![], false));
}

/// Nothing happens between looking and changing.
pub async fn check_kv_numbers_and_swaps(make: impl Fn(u64) -> Any) {
    let store = make(ROOM);
    let add = |key: &str, delta| KvQuestion::Add { key: key.into(), delta };
    assert_eq!(ask(&store, "coffee", add("n", 5)).await, KvAnswer::Number(5));
    assert_eq!(ask(&store, "coffee", add("n", -7)).await, KvAnswer::Number(-2));
    assert_eq!(value(ask(&store, "coffee", get("n")).await).map(|v| v.0), Some(b"-2".to_vec()));
    assert_eq!(ask(&store, "coffee", put("n", i64::MAX.to_string().as_bytes())).await, KvAnswer::Done);
    assert_eq!(ask(&store, "coffee", add("n", 1)).await, KvAnswer::Refused(KvRefusal::NotANumber));
    assert_eq!(ask(&store, "coffee", put("n", b"five")).await, KvAnswer::Done);
    assert_eq!(ask(&store, "coffee", add("n", 1)).await, KvAnswer::Refused(KvRefusal::NotANumber));
    assert_eq!(value(ask(&store, "coffee", get("n")).await).map(|v| v.0), Some(b"five".to_vec()));
    let racers: Vec<_> = (0..50).map(|_| Box::pin(ask(&store, "coffee", add("race", 1)))).collect();
    let mut seen: Vec<_> = super::together(racers).await;
    seen.sort_by_key(|answer| if let KvAnswer::Number(n) = answer { *n } else { 0 });
    assert_eq!(seen, (1..=50).map(KvAnswer::Number).collect::<Vec<_>>());

    let swap = |seen, value: &[u8]| KvQuestion::Swap { key: "s".into(), seen, value: Blob(value.to_vec()) };
    assert_eq!(ask(&store, "coffee", swap(Some(1), b"x")).await, KvAnswer::Yes(false));
    assert_eq!(ask(&store, "coffee", swap(None, b"one")).await, KvAnswer::Yes(true));
    assert_eq!(ask(&store, "coffee", swap(None, b"two")).await, KvAnswer::Yes(false));
    let version = value(ask(&store, "coffee", get("s")).await).map(|v| v.2);
    assert_eq!(ask(&store, "coffee", KvQuestion::Delete { key: "s".into() }).await, KvAnswer::Yes(true));
    assert_eq!(ask(&store, "coffee", put("s", b"one")).await, KvAnswer::Done);
    assert_eq!(ask(&store, "coffee", swap(version, b"two")).await, KvAnswer::Yes(false), "it is another one by now");
    let version = value(ask(&store, "coffee", get("s")).await).map(|v| v.2);
    assert_eq!(ask(&store, "coffee", swap(version, b"two")).await, KvAnswer::Yes(true));
    assert_eq!(value(ask(&store, "coffee", get("s")).await).map(|v| v.0), Some(b"two".to_vec()));
}

/// Each bound is reached, and named; what is refused changes nothing.
pub async fn check_kv_bounds(make: impl Fn(u64) -> Any) {
    let store = make(ROOM);
    let longest = "k".repeat(types::KV_KEY_BYTES_MAX);
    let largest = vec![7; types::KV_VALUE_BYTES_MAX];
    assert_eq!(ask(&store, "coffee", put(&longest, &largest)).await, KvAnswer::Done);
    assert_eq!(value(ask(&store, "coffee", get(&longest)).await).map(|v| v.0), Some(largest.clone()));
    assert_eq!(limit(ask(&store, "coffee", put(&format!("{longest}k"), b"")).await), "kv_key_bytes");
    assert_eq!(limit(ask(&store, "coffee", get(&format!("{longest}k"))).await), "kv_key_bytes");
    assert_eq!(limit(ask(&store, "coffee", put("k", &[largest, vec![7]].concat())).await), "kv_value_bytes");
    assert_eq!(limit(ask(&store, "coffee", list("", None, types::KV_LIST_MAX + 1)).await), "kv_list_keys");
    let malformed = ask(&store, "coffee", put("", b"v")).await;
    assert!(matches!(malformed, KvAnswer::Refused(KvRefusal::Malformed { .. })), "{malformed:?}");

    // Room for two keys of 100 bytes, to the byte.
    let one = 100 + 1 + KV_ENTRY_BYTES;
    let store = make(2 * one);
    assert_eq!(ask(&store, "coffee", put("a", &[0; 100])).await, KvAnswer::Done);
    assert_eq!(limit(ask(&store, "coffee", put("b", &[0; 101])).await), "kv_app_bytes");
    assert_eq!(value(ask(&store, "coffee", get("b")).await), None);
    assert_eq!(ask(&store, "coffee", put("b", &[0; 100])).await, KvAnswer::Done);
    assert_eq!(limit(ask(&store, "coffee", put("c", b"")).await), "kv_app_bytes");
    assert_eq!(limit(ask(&store, "coffee", KvQuestion::Add { key: "c".into(), delta: 1 }).await), "kv_app_bytes");
    assert_eq!(ask(&store, "coffee", put("b", &[1; 100])).await, KvAnswer::Done, "in the place of what was there");
    assert_eq!(ask(&store, "tea", put("c", &[0; 100])).await, KvAnswer::Done, "each app has its own");
    assert_eq!(ask(&store, "coffee", KvQuestion::Delete { key: "a".into() }).await, KvAnswer::Yes(true));
    let short = KvQuestion::Put {
        key: "c".into(),
        value: Blob(vec![0; 100]),
        metadata: None,
        expires_at_s: Some(seconds(at(150))),
    };
    assert_eq!(ask(&store, "coffee", short).await, KvAnswer::Done);
    let over = ok(store.ask(app("coffee"), put("d", &[0; 100]), at(150)).await);
    assert_eq!(over, KvAnswer::Done, "what is over takes no room");
}

/// An app sees its own keys, and a later one of its name none of them.
pub async fn check_kv_keeps_apps_apart(make: impl Fn(u64) -> Any) {
    let store = make(ROOM);
    for of in ["coffee", "tea"] {
        assert_eq!(ask(&store, of, put("key", of.as_bytes())).await, KvAnswer::Done);
    }
    assert_eq!(value(ask(&store, "coffee", get("key")).await).map(|v| v.0), Some(b"coffee".to_vec()));
    ok(store.remove(app("coffee")).await);
    let unavailable = KvAnswer::Refused(KvRefusal::Unavailable);
    assert_eq!(ask(&store, "coffee", get("key")).await, unavailable, "what still runs of it gets nothing");
    assert_eq!(ask(&store, "coffee", put("key", b"late")).await, unavailable, "and leaves nothing");
    ok(store.begin(app("coffee")).await);
    assert_eq!(value(ask(&store, "coffee", get("key")).await), None);
    assert_eq!(ask(&store, "coffee", put("key", b"new")).await, KvAnswer::Done);
    assert_eq!(ok(store.keep_only(HashSet::from([app("tea")])).await), 1);
    assert_eq!(value(ask(&store, "coffee", get("key")).await), None);
    assert_eq!(value(ask(&store, "tea", get("key")).await).map(|v| v.0), Some(b"tea".to_vec()));
}
