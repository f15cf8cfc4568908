//! What every operation refuses.
use bytes::Bytes;
use control_api::{JSON_BYTES_MAX, OPERATIONS, Op};
use serde_json::json;
use types::Code;

use super::harness::{Room, Sent, owner};

/// Operations that take JSON.
const JSON: [Op; 9] = [
    Op::ClaimRedeem,
    Op::ClaimIssue,
    Op::ComponentsMissing,
    Op::DeploymentCreate,
    Op::AppRollback,
    Op::MemberPut,
    Op::AppTokenCreate,
    Op::CallTokenCreate,
    Op::DeploymentCreate,
];

fn values(op: Op) -> &'static [&'static str] {
    if op == Op::MemberPut {
        &["coffee", "Person%202"]
    } else if op.row().of_app {
        &["coffee"]
    } else {
        &[]
    }
}

#[tokio::test]
async fn bodies_are_bounded_typed_and_known() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    for op in JSON {
        let ask = async |sent| room.ask(op, &owner(), values(op), sent).await;
        let unknown = ask(Sent::Json(json!({ "no_such_field": 1 }))).await.unwrap_err();
        assert_eq!(unknown.code, Code::CTL_BAD_INPUT, "{}", op.id());
        assert!(unknown.detail.unwrap().contains("`no_such_field`"), "{}", op.id());
        let untyped = ask(Sent::Bytes(b"{}".to_vec())).await.unwrap_err();
        assert!(untyped.detail.unwrap().contains("application/json"), "{}", op.id());
        let large = json!({ "name": "x".repeat(JSON_BYTES_MAX) });
        assert_eq!(ask(Sent::Json(large)).await.unwrap_err().code, Code::DOOR_BODY_TOO_LARGE, "{}", op.id());
        let other = ask(Sent::Json(json!([[[[1]]]]))).await.unwrap_err();
        assert_eq!(other.code, Code::CTL_BAD_INPUT, "{}", op.id());
    }
}

#[tokio::test]
async fn unknown_parameters_are_refused_by_name() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    for row in OPERATIONS.iter().filter(|row| row.method.is_safe() && row.op != Op::ResourceMetadata) {
        let values: &[&str] = if row.op == Op::DeploymentGet { &["coffee", "x"] } else { values(row.op) };
        let refusal = room.raw(row.op, &owner(), values, "colour=red", Sent::Nothing).await.unwrap_err();
        assert_eq!(refusal.code, Code::CTL_BAD_INPUT, "{}", row.id());
        assert!(refusal.detail.unwrap().contains("`colour`"), "{}", row.id());
    }
}

#[tokio::test]
async fn a_broken_store_is_told_without_its_secrets() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    *room.store.broken.lock().unwrap() = true;
    for op in [Op::AppsList, Op::AppGet, Op::DeploymentsList, Op::MembersList, Op::TokensList, Op::AppRemove] {
        let refusal = room.ask(op, &owner(), values(op), Sent::Nothing).await.unwrap_err();
        assert_eq!(
            (refusal.code, refusal.failed, refusal.detail.clone()),
            (Code::PLT_INTERNAL, true, None),
            "{}",
            op.id()
        );
        assert!(refusal.reason.contains("secret path"), "the operator is told: {}", refusal.reason);
    }
}

#[tokio::test]
async fn a_call_that_policy_did_not_decide_is_not_done() {
    use std::sync::Arc;

    use gateway::{ControlCall, Ctx, Intent, Permit, Work};
    let room = Room::new();
    let (head, ()) = http::Request::get("http://console.localhost/").body(()).unwrap().into_parts();
    let call = ControlCall {
        operation: "no-such-operation",
        action: types::Action::AppsList,
        resource: types::Resource::Platform,
        params: Vec::new(),
        mutates: false,
    };
    for intent in [Intent::Control(call), Intent::UnroutedControl] {
        let body = super::harness::full(Bytes::new());
        let permit = Permit::for_test(types::RequestId::from_bytes([1; 16]), head.clone(), body, owner(), intent);
        let clock = Arc::new(super::fakes::FakeClock::default());
        let refusal = room.service.work(&Ctx::arrive(clock.clone(), clock), permit).await.unwrap_err();
        assert_eq!(refusal.code, Code::PLT_INTERNAL);
    }
}
