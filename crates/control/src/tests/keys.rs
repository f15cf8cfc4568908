//! Keys of access tokens: listed with what comes next, and replaced.
use control_api::Op;
use serde_json::json;
use types::Code;

use super::harness::{Room, Sent, owner};

#[tokio::test]
async fn keys_are_listed_with_when_they_come_to_the_next_stage() {
    let room = Room::new();
    let (_, list) = room.ask(Op::KeysList, &owner(), &[], Sent::Nothing).await.unwrap();
    let stages: Vec<_> = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (key["stage"].clone(), key["since"].clone(), key["until"].clone()))
        .collect();
    let wanted = [("retiring", 3, 4), ("active", 2, 3), ("next", 1, 2)];
    assert_eq!(stages, wanted.map(|(stage, since, until)| (json!(stage), json!(since), json!(until))));
    assert!(list["keys"][0].get("x").is_none(), "{list}");
}

#[tokio::test]
async fn an_emergency_has_to_be_said_and_half_of_one_is_not_told_as_done() {
    let room = Room::new();
    let rotate = async |body| room.ask(Op::KeysRotate, &owner(), &[], Sent::Json(body)).await;
    let (_, told) = rotate(json!({ "emergency": false })).await.unwrap();
    assert_eq!((&told["sessions_ended"], &told["logins_ended"]), (&json!(0), &json!(0)));
    let (_, told) = rotate(json!({ "emergency": true })).await.unwrap();
    assert_eq!((&told["sessions_ended"], &told["logins_ended"]), (&json!(3), &json!(2)));
    for bad in [json!({}), json!({ "emergency": "yes" }), json!({ "emergency": true, "all": true }), json!([])] {
        assert_eq!(rotate(bad).await.unwrap_err().code, Code::CTL_BAD_INPUT);
    }
    assert_eq!(*room.keys.asked.lock().unwrap(), [false, true]);
    *room.keys.fails.lock().unwrap() = Some(false);
    let refused = rotate(json!({ "emergency": false })).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_CONFLICT);
    assert!(refused.next.unwrap().contains("--emergency"));
    *room.keys.fails.lock().unwrap() = Some(true);
    let half = rotate(json!({ "emergency": true })).await.unwrap_err();
    assert!(half.code.status() == 500 && half.next.unwrap().contains("again"), "{:?}", half.code);
}
