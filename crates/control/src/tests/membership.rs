//! Who gets into an app by deploying or claiming, and who may know that it exists.
use control_api::Op;
use serde_json::json;
use types::{AppName, Caller, Code, PrincipalId};

use super::harness::{OPERATOR, Room, Sent, app, manifest, owner, person};

fn id(n: u8) -> PrincipalId {
    PrincipalId::from_bytes([n; 16])
}

async fn deploy_as(room: &Room, caller: &Caller, bytes: &[u8]) {
    let view = room.begin(caller, "coffee", bytes).await;
    room.end(&view).await;
}

fn set_disabled(room: &Room, n: u8, disabled: bool) {
    let mut all = room.store.principals.lock().unwrap();
    all.iter_mut().find(|p| p.id == id(n)).unwrap().disabled = disabled;
}

#[tokio::test]
async fn an_app_that_the_operator_makes_belongs_to_the_enabled_owners() {
    let room = Room::new();
    let mut another = room.store.principals.lock().unwrap()[0].clone();
    (another.id, another.disabled) = (id(4), true);
    room.store.principals.lock().unwrap().push(another);
    let view = room.begin(&OPERATOR, "coffee", b"\0asmone").await;
    assert_eq!(room.policy_release.last().members, [(id(1), true)], "before anything can be called");
    assert_eq!(room.end(&view).await.created_by, None);
    assert_eq!(room.route_release.last().members, [(id(1), true)]);
    // Once made, the app is its members' business: deploying again puts nobody back.
    room.ask(Op::MemberRemove, &owner(), &["coffee", &id(1).to_string()], Sent::Nothing).await.unwrap();
    deploy_as(&room, &OPERATOR, b"\0asmtwo").await;
    assert!(room.route_release.last().members.is_empty());
}

#[tokio::test]
async fn an_owner_who_deploys_to_an_app_is_its_admin_from_then_on() {
    let room = Room::new();
    set_disabled(&room, 1, true);
    deploy_as(&room, &OPERATOR, b"\0asmone").await;
    assert!(room.policy_release.last().members.is_empty());
    set_disabled(&room, 1, false);
    deploy_as(&room, &owner(), b"\0asmone").await;
    assert_eq!(room.policy_release.last().members, [(id(1), true)]);
    let recorded = room.record.seen.lock().unwrap().iter().filter(|e| &*e.action == "member-added").count();
    assert_eq!(recorded, 1, "the audit log shows how they got in");
    // A role that somebody gave is not raised.
    let put = Sent::Json(json!({ "role": "member" }));
    room.ask(Op::MemberPut, &owner(), &["coffee", &id(1).to_string()], put).await.unwrap();
    deploy_as(&room, &owner(), b"\0asmtwo").await;
    assert_eq!(room.policy_release.last().members, [(id(1), false)]);
}

#[tokio::test]
async fn an_admin_who_was_taken_out_does_not_get_back_by_a_deployment_on_its_way() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    // Policy allowed it before the removal; control is asked after it.
    deploy_as(&room, &person(2, false), b"\0asmtwo").await;
    assert_eq!(room.policy_release.last().members, [(id(1), true)]);
}

#[tokio::test]
async fn a_new_owner_gets_the_apps_that_nobody_is_in() {
    let room = Room::new();
    room.deploy("tea", b"\0asmleaf").await;
    set_disabled(&room, 1, true);
    deploy_as(&room, &OPERATOR, b"\0asmone").await;
    let claim = Sent::Json(json!({ "code": "code-1", "name": "Ada" }));
    room.ask(Op::ClaimRedeem, &Caller::Stranger, &[], claim).await.unwrap();
    let last = room.policy_release.last();
    assert_eq!((&last.app, &last.members[..]), (&app("coffee"), &[(id(7), true)][..]));
    let tea: Vec<_> =
        room.policy_release.seen.lock().unwrap().iter().filter(|r| r.app == app("tea")).cloned().collect();
    assert!(tea.iter().all(|r| r.members == [(id(1), true)]), "it had an admin");
}

#[tokio::test]
async fn a_claim_gives_its_secret_also_when_apps_cannot_be_handed_over() {
    let room = Room::new();
    *room.store.broken.lock().unwrap() = true;
    let claim = Sent::Json(json!({ "code": "code-1", "name": "Ada" }));
    let (status, claimed) = room.ask(Op::ClaimRedeem, &Caller::Stranger, &[], claim).await.unwrap();
    assert_eq!((status, claimed["token"].as_str()), (201, Some("sfp_shown-once")));
}

#[tokio::test]
async fn a_call_token_does_not_tell_which_apps_exist() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let ask = async |caller: &Caller, name: &str| {
        room.ask(Op::CallTokenCreate, caller, &[], Sent::Json(json!({ "app": name }))).await
    };
    let hidden = ask(&person(3, false), "coffee").await.unwrap_err();
    let absent = ask(&person(3, false), "coffer").await.unwrap_err();
    assert_eq!((hidden.code, absent.code), (Code::CTL_NOT_FOUND, Code::CTL_NOT_FOUND));
    assert_eq!(hidden.detail.map(|d| d.replace("coffee", "coffer")), absent.detail);
    assert_eq!((hidden.next, hidden.reason.len()), (absent.next, absent.reason.len()));
    assert!(ask(&owner(), "coffee").await.is_ok());
    let put = Sent::Json(json!({ "role": "member" }));
    room.ask(Op::MemberPut, &owner(), &["coffee", &id(3).to_string()], put).await.unwrap();
    assert!(ask(&person(3, false), "coffee").await.is_ok());
}

#[tokio::test]
async fn an_app_with_something_for_everybody_signed_in_gives_them_call_tokens() {
    let room = Room::new();
    let digest = room.upload(b"\0asmone").await;
    let rules = format!("{}\n[policy]\nfile = \"rules.cedar\"\n", manifest("rules"));
    for (name, text, policy, status) in [
        ("open", format!("{}access = \"signed-in\"\n", manifest("open")), None, Some(201)),
        ("shut", format!("{}access = \"closed\"\n", manifest("shut")), None, None),
        ("rules", rules.clone(), Some("permit (principal, action, resource);"), Some(201)),
        ("rules", rules, Some("forbid (principal, action, resource);"), None),
    ] {
        let body = json!({ "manifest": text, "components": { "menu.wasm": digest }, "policy": policy });
        let (_, view) = room.ask(Op::DeploymentCreate, &owner(), &[name], Sent::Json(body)).await.unwrap();
        room.end(&serde_json::from_value(view).unwrap()).await;
        let name = AppName::parse(name).unwrap();
        let asked = room.ask(Op::CallTokenCreate, &person(3, false), &[], Sent::Json(json!({ "app": name }))).await;
        assert_eq!(asked.ok().map(|(status, _)| status), status, "{name} {policy:?}");
    }
}
