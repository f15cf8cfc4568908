//! Every operation works for a caller who may.
use control_api::{AuditEvent, OPERATIONS, Op};
use serde_json::json;
use types::{CredentialId, Digest};

use super::harness::{OPERATOR, Room, Sent, owner};

/// A good call of each operation, on a platform with the app `coffee` deployed twice. The match is exhaustive, so a new
/// operation does not compile without its line here.
async fn good(room: &Room, op: Op) -> (u16, serde_json::Value) {
    let token = CredentialId::from_bytes([1; 16]).to_string();
    let coffee = super::harness::app("coffee");
    let deployment = room.store.deployments.lock().unwrap().iter().find(|d| d.app == coffee).unwrap().id.to_string();
    let request = types::RequestId::from_bytes([5; 16]).to_string();
    let digest = super::fakes::digest_of(b"\0asmnew").to_string();
    let caller = if op == Op::ClaimIssue { OPERATOR } else { owner() };
    let nothing = Sent::Nothing;
    let (values, sent): (Vec<&str>, Sent) = match op {
        Op::ClaimRedeem => (vec![], Sent::Json(json!({ "code": "code-1", "name": "Ada" }))),
        Op::ClaimIssue => (vec![], Sent::Json(json!({ "again": true }))),
        Op::Whoami | Op::AppsList | Op::TokensList | Op::AuditList | Op::AuditVerify | Op::PostureGet => {
            (vec![], nothing)
        }
        Op::ResourceMetadata => (vec![], nothing),
        Op::AppGet | Op::AppRemove | Op::DeploymentsList | Op::MembersList | Op::AppTokensList => {
            (vec!["coffee"], nothing)
        }
        Op::ComponentsMissing => (vec![], Sent::Json(json!({ "digests": [digest] }))),
        Op::ComponentPut => (vec![&digest], Sent::Bytes(b"\0asmnew".to_vec())),
        Op::DeploymentCreate => {
            let body = super::harness::deployment("coffee", super::fakes::digest_of(b"\0asmone"));
            (vec!["coffee"], Sent::Json(body))
        }
        Op::DeploymentReview => {
            let body = super::harness::deployment("coffee", super::fakes::digest_of(b"\0asmone"));
            (vec!["coffee"], Sent::Json(body))
        }
        Op::MembersImport => {
            let row = json!({ "line": 2, "person": "Person 2", "role": "member" });
            (vec!["coffee"], Sent::Json(json!({ "dry_run": false, "members": [row] })))
        }
        Op::AccessRequestsList => (vec!["coffee"], nothing),
        Op::AccessRequestApprove | Op::AccessRequestDeny => {
            room.store.requests.lock().unwrap().push(super::requests::request(2));
            let sent = if op == Op::AccessRequestDeny { nothing } else { Sent::Json(json!({})) };
            (vec!["coffee", "Person%202"], sent)
        }
        Op::SecretsList => (vec!["coffee"], nothing),
        Op::SecretPut => (vec!["coffee", "KEY"], Sent::Json(json!({ "value": "v" }))),
        Op::SecretRemove => {
            let sent = Sent::Json(json!({ "value": "v" }));
            room.ask(Op::SecretPut, &caller, &["coffee", "KEY"], sent).await.unwrap();
            (vec!["coffee", "KEY"], nothing)
        }
        Op::FunctionCallers => (vec!["coffee", "menu"], nothing),
        Op::RequestExplain => {
            *room.audit.events.lock().unwrap() = vec![super::reach::refused()];
            (vec![&request], nothing)
        }
        Op::DeploymentGet => (vec!["coffee", &deployment], nothing),
        Op::AppRollback => (vec!["coffee"], Sent::Json(json!({}))),
        Op::MemberPut => (vec!["coffee", "Person%202"], Sent::Json(json!({ "role": "member" }))),
        Op::PersonPut => (vec!["Person%202"], Sent::Json(json!({ "disabled": true }))),
        Op::PeopleList | Op::GroupsList | Op::InvitationsList | Op::EverythingEnd => (vec![], nothing),
        Op::GroupCreate => (vec![], Sent::Json(json!({ "name": "cooks" }))),
        Op::GroupGet | Op::GroupRemove => (vec!["baristas"], nothing),
        Op::GroupAdd => (vec!["baristas"], Sent::Json(json!({ "people": ["Person 3"] }))),
        Op::GroupTake => (vec!["baristas", "Person%202"], nothing),
        Op::AppGroupPut => (vec!["tea", "baristas"], Sent::Json(json!({ "role": "member" }))),
        Op::AppGroupRemove => (vec!["coffee", "baristas"], nothing),
        Op::PersonRename => (vec!["Person%202"], Sent::Json(json!({ "name": "Ada" }))),
        Op::PeopleImport => {
            let row = json!({ "line": 2, "email": "ada@example.org", "groups": ["baristas"] });
            (vec![], Sent::Json(json!({ "dry_run": false, "people": [row] })))
        }
        Op::InvitationRevoke => {
            let new = json!({ "dry_run": false, "people": [{ "line": 2, "email": "ada@example.org" }] });
            room.ask(Op::PeopleImport, &owner(), &[], Sent::Json(new)).await.unwrap();
            return room.ask(op, &caller, &["ada@example.org"], nothing).await.unwrap();
        }
        Op::PersonRemove | Op::SessionsList | Op::SessionsEnd => (vec!["Person%202"], nothing),
        Op::InvitationCreate => {
            (vec![], Sent::Json(json!({ "email": "Ada@example.org", "app": "coffee", "role": "admin" })))
        }
        Op::ResetCreate => {
            let id = types::PrincipalId::from_bytes([2; 16]);
            room.account(id).await;
            (vec!["Person%202"], Sent::Json(json!({})))
        }
        Op::MailsList | Op::BreachListGet | Op::KeysList => (vec![], nothing),
        Op::BreachListPut => (vec![], Sent::Bytes(b"list".to_vec())),
        Op::BreachListRemove => {
            room.ask(Op::BreachListPut, &caller, &[], Sent::Bytes(b"list".to_vec())).await.unwrap();
            (vec![], nothing)
        }
        Op::KeysRotate => (vec![], Sent::Json(json!({ "emergency": false }))),
        Op::MailRetry => {
            let id = room.waiting_mail().await;
            return room.ask(op, &caller, &[&id], nothing).await.unwrap();
        }
        Op::MailTest => (vec![], Sent::Json(json!({ "to": "ada@example.org" }))),
        Op::MemberRemove => (vec!["coffee", "Person%201"], nothing),
        Op::AppTokenCreate => (vec!["coffee"], Sent::Json(json!({ "service": "till" }))),
        Op::CallTokenCreate => (vec![], Sent::Json(json!({ "app": "coffee" }))),
        Op::TokenRevoke => (vec![&token], nothing),
        Op::AppTokenRevoke => {
            let made = room
                .ask(Op::AppTokenCreate, &owner(), &["coffee"], Sent::Json(json!({ "service": "till" })))
                .await
                .unwrap()
                .1;
            let id = made["token"]["id"].as_str().unwrap().to_owned();
            return room.ask(op, &caller, &["coffee", &id], Sent::Nothing).await.unwrap();
        }
        // Not JSON: asked in `streams`.
        Op::AppLogs | Op::AuditFile => return (200, json!(null)),
    };
    room.ask(op, &caller, &values, sent).await.unwrap_or_else(|e| panic!("{}: {e:?}", op.id()))
}

#[tokio::test]
async fn every_operation_answers_in_its_shape() {
    for row in OPERATIONS {
        let room = Room::new();
        room.deploy("coffee", b"\0asmone").await;
        room.deploy("coffee", b"\0asmtwo").await;
        room.deploy("tea", b"\0asmtwo").await;
        room.baristas().await;
        room.store.credentials.lock().unwrap().push(store::Credential {
            id: CredentialId::from_bytes([1; 16]),
            principal: types::PrincipalId::from_bytes([1; 16]),
            kind: store::CredentialKind::Cli,
            audience: store::Audience::Platform,
            secret_hash: Digest::from_bytes([1; 32]),
            label: "laptop".into(),
            created_at: types::UnixMillis(1),
            expires_at: types::UnixMillis(2),
            revoked_at: None,
            parent: None,
        });
        let (status, value) = good(&room, row.op).await;
        assert!((200..300).contains(&status), "{}: {status} {value}", row.id());
        room.service.drain().await;
    }
}

#[test]
fn the_router_takes_the_whole_table() {
    let routes = crate::routes().unwrap();
    assert_eq!(routes.len(), OPERATIONS.len());
    let names = gateway::Names {
        scheme: "http",
        apps_domain: "localhost".into(),
        console: "console.localhost".into(),
        id: "id.localhost".into(),
        port: None,
    };
    assert!(gateway::Routes::new(names, &routes).is_ok(), "no two operations share a route");
}

#[test]
fn events_are_shown_as_they_stand_in_the_log() {
    let mut event = audit::Event::platform(types::UnixMillis(5), audit::Kind::Engine, "artefact-refused", "why");
    event.outcome = audit::Outcome::Refused { status: 403, code: "POL-001".into(), reason: "private".into() };
    event.timings = Some(audit::Timings { identify_us: 1, decide_us: 2, work_us: 3, total_us: 4 });
    event.policies = vec!["p1".into()];
    event.app = Some(super::harness::app("coffee"));
    let stored = serde_json::to_value(&event).unwrap();
    let shown: AuditEvent = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(serde_json::to_value(&shown).unwrap(), stored);
}
