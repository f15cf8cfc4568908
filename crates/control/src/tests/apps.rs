//! Apps, components, what is about the platform.
use control_api::Op;
use serde_json::json;
use types::{Caller, Code, CredentialId, PrincipalId, Service};

use super::{
    fakes::digest_of,
    harness::{OPERATOR, Room, Sent, app, owner, person},
};

#[tokio::test]
async fn a_list_shows_what_the_caller_belongs_to() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let own = room.begin(&person(2, false), "tea", b"\0asmleaf").await;
    room.end(&own).await;
    let names = async |caller: Caller| {
        let (_, list) = room.ask(Op::AppsList, &caller, &[], Sent::Nothing).await.unwrap();
        list["apps"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(owner()).await, ["coffee", "tea"]);
    assert_eq!(names(OPERATOR).await, ["coffee", "tea"]);
    assert_eq!(names(person(2, false)).await, ["tea"]);
    assert!(names(person(3, false)).await.is_empty());
    assert!(names(Caller::Stranger).await.is_empty());
    let service = Caller::Service(Service {
        id: PrincipalId::from_bytes([9; 16]),
        name: "till".into(),
        app: app("coffee"),
        disabled: false,
        credential: CredentialId::from_bytes([9; 16]),
    });
    assert_eq!(names(service).await, ["coffee"]);
}

#[tokio::test]
async fn an_app_shows_its_functions() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let (_, detail) = room.ask(Op::AppGet, &owner(), &["coffee"], Sent::Nothing).await.unwrap();
    assert_eq!(detail["app"]["url"], "http://coffee.localhost:8080");
    assert_eq!(detail["functions"][0]["access"], "members");
    assert_eq!(detail["functions"][0]["component"], digest_of(b"\0asmone").to_string());
    for op in [Op::AppGet, Op::AppRemove, Op::DeploymentsList, Op::MembersList, Op::AppTokensList] {
        let refusal = room.ask(op, &owner(), &["tea"], Sent::Nothing).await.unwrap_err();
        assert_eq!(refusal.code, Code::CTL_NOT_FOUND, "{}", op.id());
    }
}

#[tokio::test]
async fn components_are_bounded_and_must_match_their_digest() {
    let room = Room::new();
    let digest = digest_of(b"\0asmone");
    let missing = json!({ "digests": [digest] });
    let (_, before) = room.ask(Op::ComponentsMissing, &owner(), &[], Sent::Json(missing.clone())).await.unwrap();
    assert_eq!(before["missing"], json!([digest]));
    let put =
        async |name: String, bytes: Vec<u8>| room.ask(Op::ComponentPut, &owner(), &[&name], Sent::Bytes(bytes)).await;
    assert_eq!(put(digest.to_string(), b"other".to_vec()).await.unwrap_err().code, Code::CTL_DIGEST);
    assert_eq!(put("sha256:abc".into(), b"one".to_vec()).await.unwrap_err().code, Code::CTL_BAD_INPUT);
    assert_eq!(put(digest.to_string(), Vec::new()).await.unwrap_err().code, Code::CTL_BAD_INPUT);
    // 64 KiB is the operator's cap here: exactly that is taken, one byte more is not.
    let fits = vec![7; 65_536];
    put(digest_of(&fits).to_string(), fits).await.unwrap();
    let large = vec![7; 65_537];
    let refusal = put(digest_of(&large).to_string(), large).await.unwrap_err();
    assert_eq!(refusal.code, Code::DOOR_BODY_TOO_LARGE);
    assert!(refusal.detail.unwrap().contains("65536"));
    assert_eq!(put(digest.to_string(), b"\0asmone".to_vec()).await.unwrap().1["bytes"], 7);
    let (_, after) = room.ask(Op::ComponentsMissing, &owner(), &[], Sent::Json(missing)).await.unwrap();
    assert_eq!(after["missing"], json!([]));
    let many = json!({ "digests": vec![digest; control_api::COMPONENTS_MAX + 1] });
    let refusal = room.ask(Op::ComponentsMissing, &owner(), &[], Sent::Json(many)).await.unwrap_err();
    assert_eq!(refusal.code, Code::CTL_BAD_INPUT);
}

#[tokio::test]
async fn who_asks_is_told_who_they_are() {
    let room = Room::new();
    let (_, me) = room.ask(Op::Whoami, &owner(), &[], Sent::Nothing).await.unwrap();
    assert_eq!(
        (me["kind"].as_str(), me["owner"].as_bool(), me["name"].as_str()),
        (Some("person"), Some(true), Some("Person 1"))
    );
    let (_, me) = room.ask(Op::Whoami, &OPERATOR, &[], Sent::Nothing).await.unwrap();
    assert_eq!(me["kind"], "operator");
}

#[tokio::test]
async fn metadata_names_the_configured_origin_never_the_asked_one() {
    let room = Room::new();
    let (_, found) = room.ask(Op::ResourceMetadata, &Caller::Stranger, &[], Sent::Nothing).await.unwrap();
    assert_eq!(found["resource"], "http://console.localhost:8080");
    assert_eq!(found["bearer_methods_supported"], json!(["header"]));
    assert_eq!(found["authorization_servers"], json!(["http://id.localhost:8080"]));
}

#[tokio::test]
async fn audit_questions_are_parsed_and_bounded() {
    let room = Room::new();
    let ask = async |query: &str| room.raw(Op::AuditList, &owner(), &[], query, Sent::Nothing).await;
    ask("limit=5&app=coffee&result=refused&since=12&before=9").await.unwrap();
    let asked = room.audit.asked.lock().unwrap()[0].clone();
    assert_eq!((asked.limit, asked.app, asked.before), (Some(5), Some(app("coffee")), Some(9)));
    ask("").await.unwrap();
    assert_eq!(room.audit.asked.lock().unwrap()[1].limit, Some(50));
    for bad in ["limit=0", "limit=1001", "limit=x", "app=Bad", "principal=c-1", "colour=red", "limit=1&limit=2"] {
        assert_eq!(ask(bad).await.unwrap_err().code, Code::CTL_BAD_INPUT, "{bad}");
    }
    assert_eq!(room.audit.asked.lock().unwrap().len(), 2);
}
