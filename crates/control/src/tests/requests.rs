//! Who asks to be let in is let in, or not, by whoever looks after the app: once, and it counts at once.
use control_api::Op;
use serde_json::json;
use store::AccessRequest;
use types::{Code, PrincipalId, UnixMillis};

use super::harness::{Room, Sent, app, owner};

pub(super) fn request(n: u8) -> AccessRequest {
    let person = PrincipalId::from_bytes([n; 16]);
    AccessRequest { app: app("coffee"), person, message: "I am the cook".into(), asked_at: UnixMillis(5) }
}

#[tokio::test]
async fn a_request_is_listed_decided_once_and_published() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    room.store.requests.lock().unwrap().extend([request(2), request(3)]);
    let list = room.ask(Op::AccessRequestsList, &owner(), &["coffee"], Sent::Nothing).await.unwrap().1;
    let first = &list["requests"][0];
    assert_eq!(
        (first["name"].as_str(), first["message"].as_str()),
        (Some("Person 2"), Some("I am the cook")),
        "{list}"
    );

    let approve = async |who: &'static str| {
        room.reply(Op::AccessRequestApprove, &owner(), &["coffee", who], Sent::Json(json!({ "role": "member" }))).await
    };
    let reply = approve("Person%202").await.unwrap();
    let two = PrincipalId::from_bytes([2; 16]);
    assert_eq!(reply.note.as_deref(), Some(&*format!("{two} asked and is member now")));
    assert!(room.policy_release.last().members.contains(&(two, false)), "policy knows before the answer");
    assert_eq!(approve("Person%202").await.unwrap_err().code, Code::CTL_NOT_FOUND, "decided once");

    let reply = room.reply(Op::AccessRequestDeny, &owner(), &["coffee", "Person%203"], Sent::Nothing).await.unwrap();
    assert!(reply.note.unwrap().contains("was denied"));
    let refused = approve("Person%203").await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_NOT_FOUND, "nobody is let in who was denied: {refused:?}");
    assert!(refused.next.unwrap().contains("serviceful members coffee requests"));
    assert_eq!(room.policy_release.last().members.len(), 2);
}
