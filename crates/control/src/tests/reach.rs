//! Who may, why, and what a deployment opens.
use control_api::{AuditEvent, Op};
use serde_json::{Value, json};
use store::{Principal, PrincipalKind};
use types::{AppName, Code, PrincipalId, RequestId, UnixMillis};

use super::harness::{OPERATOR, Room, Sent, app, deployment, owner, person};

fn opened(name: &str, digest: types::Digest) -> Value {
    let mut body = deployment(name, digest);
    let text = body["manifest"].as_str().unwrap().to_owned() + "access = \"public\"\nreason = \"a test\"\n";
    body["manifest"] = json!(text);
    body
}

async fn service(room: &Room, of: &AppName, name: &str, n: u8) {
    let principal = Principal {
        id: PrincipalId::from_bytes([n; 16]),
        kind: PrincipalKind::Service { app: of.clone() },
        name: name.into(),
        disabled: false,
        created_at: UnixMillis(0),
        version: 1,
    };
    room.store.principals.lock().unwrap().push(principal);
}

fn names(list: &Value) -> Vec<String> {
    list["callers"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn who_may_is_answered_for_everybody_and_only_owners_see_those_outside_the_app() {
    let room = Room::new();
    let digest = room.upload(b"\0asmone").await;
    room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(opened("coffee", digest))).await.unwrap();
    room.service.drain().await;
    service(&room, &app("coffee"), "till", 9).await;
    service(&room, &app("tea"), "kettle", 8).await;
    let member = Sent::Json(json!({ "role": "admin" }));
    room.ask(Op::MemberPut, &owner(), &["coffee", "Person%202"], member).await.unwrap();

    let ask =
        async |caller| room.ask(Op::FunctionCallers, &caller, &["coffee", "menu"], Sent::Nothing).await.unwrap().1;
    for (caller, scope, seen) in [
        (owner(), "directory", &["Person 1", "Person 2", "Person 3", "service:till"][..]),
        (OPERATOR, "directory", &["Person 1", "Person 2", "Person 3", "service:till"][..]),
        // The app's admin opened the function to all: that is no way to read the directory.
        (person(2, false), "app", &["Person 1", "Person 2", "service:till"][..]),
    ] {
        let list = ask(caller).await;
        assert_eq!(
            (list["scope"].as_str(), names(&list)),
            (Some(scope), seen.iter().map(ToString::to_string).collect()),
            "{list}"
        );
    }
    let unknown = room.ask(Op::FunctionCallers, &owner(), &["coffee", "nope"], Sent::Nothing).await.unwrap_err();
    assert_eq!((unknown.code, unknown.next.as_deref()), (Code::CTL_NOT_FOUND, Some("its functions are `menu`")));
}

#[tokio::test]
async fn pages_of_callers_go_on_where_they_ended_and_are_bounded() {
    let room = Room::new();
    let digest = room.upload(b"\0asmone").await;
    room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(opened("coffee", digest))).await.unwrap();
    room.service.drain().await;
    let page = async |query: String| {
        let raw = room.raw(Op::FunctionCallers, &owner(), &["coffee", "menu"], &query, Sent::Nothing).await?;
        let bytes = http_body_util::BodyExt::collect(raw.into_body()).await.unwrap().to_bytes();
        Ok::<Value, gateway::Refusal>(serde_json::from_slice(&bytes).unwrap())
    };
    let first = page("limit=2".into()).await.unwrap();
    let after = first["after"].as_str().expect("there is more");
    let rest = page(format!("limit=2&after={after}")).await.unwrap();
    assert_eq!([names(&first), names(&rest)].concat(), ["Person 1", "Person 2", "Person 3"]);
    assert!(rest["after"].is_null());
    for bad in ["limit=0", "limit=1001", "limit=x", "after=me", "before=1"] {
        assert_eq!(page(bad.into()).await.unwrap_err().code, Code::CTL_BAD_INPUT, "{bad}");
    }
}

#[tokio::test]
async fn what_a_deployment_opens_is_shown_kept_in_its_event_and_nothing_else_is_agreed_to() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let digest = room.upload(b"\0asmone").await;
    let mut body = opened("coffee", digest);
    let review = async |body: &Value| {
        let sent = Sent::Json(body.clone());
        room.ask(Op::DeploymentReview, &owner(), &["coffee"], sent).await.unwrap().1
    };
    let seen = review(&body).await;
    assert_eq!((seen["asks"].as_bool(), seen["gains"][0]["who"].as_str()), (Some(true), Some("stranger")), "{seen}");
    assert_eq!(room.store.deployments.lock().unwrap().len(), 1, "nothing is kept of a review");

    // Somebody else deploys meanwhile: what was shown is not what would happen.
    body["review"] = seen["review"].clone();
    room.deploy("coffee", b"\0asmtwo").await;
    let refused = room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body.clone())).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_CONFLICT, "{refused:?}");
    body["review"] = review(&body).await["review"].clone();
    room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body)).await.unwrap();
    room.service.drain().await;

    let events = room.record.seen.lock().unwrap();
    let notes: Vec<_> = events.iter().filter(|e| &*e.action == "deployment-ready").map(|e| e.note.as_deref()).collect();
    assert_eq!(notes, [None, None, Some("gains access: stranger to `/menu` by public")]);
}

#[tokio::test]
async fn what_goes_back_says_what_it_opens_again() {
    let room = Room::new();
    let digest = room.upload(b"\0asmone").await;
    room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(opened("coffee", digest))).await.unwrap();
    room.service.drain().await;
    room.deploy("coffee", b"\0asmtwo").await;
    let reply = room.reply(Op::AppRollback, &owner(), &["coffee"], Sent::Json(json!({}))).await.unwrap();
    assert_eq!(reply.note.as_deref(), Some("gains access: stranger to `/menu` by public"));
}

fn event(who: Value, outcome: Value, policies: Value) -> AuditEvent {
    serde_json::from_value(json!({
        "index": 5, "at": 1, "kind": "request", "who": who, "action": "invoke", "resource": "coffee/menu",
        "outcome": outcome, "app": "coffee", "function": "menu", "policies": policies,
        "request": RequestId::from_bytes([5; 16]),
    }))
    .unwrap()
}

/// A refusal of a stranger's call.
pub(super) fn refused() -> AuditEvent {
    event(json!({ "kind": "stranger" }), json!({ "result": "refused", "status": 401 }), json!([]))
}

async fn why(room: &Room, event: AuditEvent) -> Value {
    *room.audit.events.lock().unwrap() = vec![event];
    let request = RequestId::from_bytes([5; 16]).to_string();
    room.ask(Op::RequestExplain, &owner(), &[&request], Sent::Nothing).await.unwrap().1
}

#[tokio::test]
async fn a_request_is_explained_with_who_by_what_rule_and_what_would_change_it() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let two = PrincipalId::from_bytes([2; 16]);
    let refused = json!({ "result": "refused", "status": 403, "code": "POL-001", "reason": "not a member" });
    let said = why(&room, event(json!({ "kind": "person", "id": two }), refused.clone(), json!([]))).await;
    assert_eq!((said["who"]["name"].as_str(), said["now"]["may"].as_str()), (Some("Person 2"), Some("no")), "{said}");
    let changes: Vec<_> = said["changes"].as_array().unwrap().iter().map(|c| c["change"].as_str().unwrap()).collect();
    assert!(changes[0].contains(&format!("serviceful members coffee add {two}")), "{changes:?}");
    assert_eq!(
        changes.iter().filter(|change| change.contains("access =")).count(),
        1,
        "the narrowest only: {changes:?}"
    );
    assert!(changes.last().unwrap().contains("signed-in"), "{changes:?}");

    // They became a member since: the log says what was, the rules what is.
    let member = Sent::Json(json!({ "role": "member" }));
    room.ask(Op::MemberPut, &owner(), &["coffee", "Person%202"], member).await.unwrap();
    let said = why(&room, event(json!({ "kind": "person", "id": two }), refused.clone(), json!([]))).await;
    assert_eq!(said["now"]["may"], "yes", "{said}");
    assert!(said["sentence"].as_str().unwrap().contains("was refused with 403 POL-001"), "{said}");

    let stranger = why(&room, event(json!({ "kind": "stranger" }), refused.clone(), json!(["g-stranger"]))).await;
    assert!(stranger["rules"][0]["effect"].is_null(), "a rule that is not kept: {stranger}");
    assert_eq!(stranger["who"]["by"], "nothing");

    // Somebody by `serviceful up --as` proved nothing, and nothing of theirs is over.
    let acting = json!({ "kind": "person", "id": two, "credential": types::NO_CREDENTIAL });
    let said = why(&room, event(acting, refused.clone(), json!([]))).await;
    assert_eq!(said["who"]["by"], "nothing: `serviceful up --as` said so", "{said}");

    // Whoever was removed since is an id, and rules cannot be asked about them.
    let gone = PrincipalId::from_bytes([77; 16]);
    let said = why(&room, event(json!({ "kind": "person", "id": gone }), refused, json!([]))).await;
    assert!(said["now"].is_null() && said["who"]["name"].is_null(), "{said}");
}

#[tokio::test]
async fn requests_that_nobody_made_are_not_found() {
    let room = Room::new();
    let request = RequestId::from_bytes([5; 16]).to_string();
    let refused = room.ask(Op::RequestExplain, &owner(), &[&request], Sent::Nothing).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_NOT_FOUND);
    let refused = room.ask(Op::RequestExplain, &owner(), &["r-nonsense"], Sent::Nothing).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_BAD_INPUT);
}
