//! Secrets of apps, and an app's own data when it comes and goes.
use control_api::Op;
use serde_json::{Value, json};
use store::KeyValues as _;
use types::{Blob, Code, KvAnswer, KvQuestion, KvRefusal, UnixMillis};

use super::harness::{OPERATOR, Room, Sent, app, owner};

const CANARY: &str = "canary-5e1f";

async fn put(room: &Room, name: &str, value: &str) -> Result<(u16, Value), gateway::Refusal> {
    room.ask(Op::SecretPut, &owner(), &["coffee", name], Sent::Json(json!({ "value": value }))).await
}

async fn list(room: &Room) -> Value {
    room.ask(Op::SecretsList, &owner(), &["coffee"], Sent::Nothing).await.unwrap().1
}

/// Deploys `coffee` with a function that is granted these secrets.
async fn granted(room: &Room, secrets: &str) -> Value {
    let digest = room.upload(b"\0asmone").await;
    let manifest = format!("{}secrets = {secrets}\nkv = \"rw\"\n", super::harness::manifest("coffee"));
    let body = json!({ "manifest": manifest, "components": { "menu.wasm": digest } });
    let (_, view) = room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body)).await.unwrap();
    let begun = serde_json::from_value(view).unwrap();
    serde_json::to_value(room.end(&begun).await).unwrap()
}

#[tokio::test]
async fn secrets_are_set_listed_and_removed_and_never_told() {
    let room = Room::new();
    let refusal = put(&room, "KEY", CANARY).await.unwrap_err();
    assert_eq!((refusal.code, refusal.next.as_deref()), (Code::CTL_NOT_FOUND, Some("deploy the app first")));
    let view = granted(&room, "[\"KEY\", \"OTHER\"]").await;
    assert_eq!(view["secrets_missing"], json!(["KEY", "OTHER"]));
    assert_eq!(list(&room).await, json!({ "secrets": [], "missing": ["KEY", "OTHER"] }));

    assert_eq!(put(&room, "KEY", "first").await.unwrap().1, json!({ "name": "KEY", "version": 1 }));
    assert_eq!(put(&room, "KEY", CANARY).await.unwrap().1, json!({ "name": "KEY", "version": 2 }));
    let by_host = Sent::Json(json!({ "value": "v" }));
    let reply = room.reply(Op::SecretPut, &OPERATOR, &["coffee", "UNUSED"], by_host).await.unwrap();
    assert_eq!(reply.note.as_deref(), Some("secret UNUSED, version 1"), "the event says which");
    let listed = list(&room).await;
    assert!(!listed.to_string().contains(CANARY));
    assert_eq!(listed["missing"], json!(["OTHER"]));
    let first = &listed["secrets"][0];
    assert_eq!((&first["name"], &first["version"], &first["functions"]), (&json!("KEY"), &json!(2), &json!(["menu"])));
    assert_eq!(first["changed_by_name"], "Person 1");
    assert_eq!(listed["secrets"][1]["functions"], json!([]));
    assert_eq!(listed["secrets"][1]["changed_by"], Value::Null);
    let (_, detail) = room.ask(Op::AppGet, &owner(), &["coffee"], Sent::Nothing).await.unwrap();
    assert_eq!(detail["functions"][0]["secrets"], json!(["KEY", "OTHER"]));
    assert_eq!(detail["functions"][0]["kv"], "rw");

    let kept = format!("{:?}", room.store.secrets.lock().unwrap());
    assert!(kept.contains("[sealed, ") && !kept.contains(CANARY), "{kept}");
    let removed = room.ask(Op::SecretRemove, &owner(), &["coffee", "KEY"], Sent::Nothing).await.unwrap();
    assert_eq!(removed.1, json!({ "removed": "KEY" }));
    let again = room.ask(Op::SecretRemove, &owner(), &["coffee", "KEY"], Sent::Nothing).await.unwrap_err();
    assert_eq!(again.code, Code::CTL_NOT_FOUND);
}

#[tokio::test]
async fn what_is_no_secret_is_refused_with_the_reason() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    for name in ["key", "1KEY", "A%2FB", "A%00", "%C3%84"] {
        assert_eq!(put(&room, name, "v").await.unwrap_err().code, Code::CTL_BAD_INPUT, "{name}");
    }
    assert!(put(&room, "KEY", &"x".repeat(65_536)).await.is_ok());
    for value in ["".to_owned(), "x".repeat(65_537)] {
        let refusal = put(&room, "KEY", &value).await.unwrap_err();
        assert!(refusal.detail.unwrap().contains("1 to 65536"));
    }
    for body in
        [json!({}), json!({ "value": 1 }), json!({ "value": CANARY, "more": CANARY }), json!({ "valeu": CANARY })]
    {
        let refusal = room.ask(Op::SecretPut, &owner(), &["coffee", "KEY"], Sent::Json(body)).await.unwrap_err();
        let told = format!("{refusal:?}");
        assert!(refusal.code == Code::CTL_BAD_INPUT && !told.contains(CANARY), "{told}");
    }
    for n in 1..types::SECRETS_MAX {
        put(&room, &format!("K{n}"), "v").await.unwrap();
    }
    let full = put(&room, "ONE_MORE", "v").await.unwrap_err();
    assert!(full.code == Code::CTL_CONFLICT && full.detail.unwrap().contains("64 secrets"));
    assert!(put(&room, "K1", "w").await.is_ok(), "a new value of one that is there");
}

#[tokio::test]
async fn an_apps_data_goes_with_it_and_a_later_one_begins_with_nothing() {
    let room = Room::new();
    let ask = async |question| room.key_values.ask(app("coffee"), question, UnixMillis(1)).await.unwrap();
    let put = || KvQuestion::Put { key: "k".into(), value: Blob(b"v".to_vec()), metadata: None, expires_at_s: None };
    let get = || KvQuestion::Get { key: "k".into() };
    room.deploy("coffee", b"\0asmone").await;
    assert_eq!(ask(put()).await, KvAnswer::Done);
    room.deploy("coffee", b"\0asmtwo").await;
    room.ask(Op::AppRollback, &owner(), &["coffee"], Sent::Json(json!({}))).await.unwrap();
    assert!(matches!(ask(get()).await, KvAnswer::Value(Some(_))), "neither a deployment nor a rollback touches it");
    room.ask(Op::AppRemove, &owner(), &["coffee"], Sent::Nothing).await.unwrap();
    assert_eq!(ask(put()).await, KvAnswer::Refused(KvRefusal::Unavailable), "what still runs of it leaves nothing");
    room.deploy("coffee", b"\0asmone").await;
    assert_eq!(ask(get()).await, KvAnswer::Value(None));
    // What a crash left of an app that is gone is removed at the start.
    let orphan = room.key_values.ask(app("tea"), put(), UnixMillis(1)).await.unwrap();
    assert_eq!((orphan, ask(put()).await), (KvAnswer::Done, KvAnswer::Done));
    room.service.restore().await.unwrap();
    assert_eq!(room.key_values.ask(app("tea"), get(), UnixMillis(1)).await.unwrap(), KvAnswer::Value(None));
    assert!(matches!(ask(get()).await, KvAnswer::Value(Some(_))));
}
