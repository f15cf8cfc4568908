//! Claims, members, tokens.
use std::sync::atomic::Ordering;

use control_api::Op;
use gateway::Letter;
use http_body_util::BodyExt;
use serde_json::json;
use store::Accounts as _;
use types::{Caller, Code, PrincipalId};

use super::harness::{OPERATOR, Room, Sent, owner, person};

#[tokio::test]
async fn a_claim_gives_its_secret_once_and_bad_ones_look_alike() {
    let room = Room::new();
    let redeem = async |code: &str, name: &str| {
        let body = Sent::Json(json!({ "code": code, "name": name }));
        room.ask(Op::ClaimRedeem, &Caller::Stranger, &[], body).await
    };
    let (status, claimed) = redeem("code-1", "  Ada ").await.unwrap();
    assert_eq!(
        (status, claimed["name"].as_str(), claimed["token"].as_str()),
        (201, Some("Ada"), Some("sfp_shown-once"))
    );
    let refusal = redeem("wrong", "Ada").await.unwrap_err();
    assert_eq!((refusal.code, refusal.detail.clone()), (Code::ID_CLAIM, None));
    assert!(refusal.reason.contains("used at noon"), "the operator is told");
    let throttled = redeem("often", "Ada").await.unwrap_err();
    assert_eq!(throttled.code, Code::ID_THROTTLED);
    assert!(throttled.headers.iter().any(|(name, value)| name == "retry-after" && value == "30"));
    for (code, name) in [("", "Ada"), ("code-1", ""), ("code-1", "a\nb"), (&"x".repeat(201), "Ada")] {
        assert_eq!(redeem(code, name).await.unwrap_err().code, Code::CTL_BAD_INPUT, "{code} {name}");
    }
}

#[tokio::test]
async fn a_new_claim_is_a_link_and_an_owned_platform_says_how_to_go_on() {
    let room = Room::new();
    let issue = |again| room.ask(Op::ClaimIssue, &OPERATOR, &[], Sent::Json(json!({ "again": again })));
    let refusal = issue(false).await.unwrap_err();
    assert_eq!(refusal.code, Code::CTL_CONFLICT);
    assert!(refusal.next.unwrap().contains("--again"));
    let (_, issued) = issue(true).await.unwrap();
    let link: control_api::ClaimLink = issued["link"].as_str().unwrap().parse().unwrap();
    assert_eq!((link.console.as_str(), link.code.as_str()), ("http://console.localhost:8080", "code-1"));
}

#[tokio::test]
async fn every_change_of_members_is_published_at_once() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let two = PrincipalId::from_bytes([2; 16]);
    let put = async |who: String, role: &str| {
        room.ask(Op::MemberPut, &owner(), &["coffee", &who], Sent::Json(json!({ "role": role }))).await
    };
    put(two.to_string(), "member").await.unwrap();
    assert!(room.policy_release.last().members.contains(&(two, false)));
    put("Person%202".into(), "admin").await.unwrap();
    assert!(room.policy_release.last().members.contains(&(two, true)));
    let version = room.policy_release.last().version;
    room.ask(Op::MemberRemove, &owner(), &["coffee", "Person%202"], Sent::Nothing).await.unwrap();
    assert!(!room.policy_release.last().members.iter().any(|(id, _)| *id == two));
    assert!(room.policy_release.last().version > version);
    let again = room.ask(Op::MemberRemove, &owner(), &["coffee", "Person%202"], Sent::Nothing).await;
    assert_eq!(again.unwrap_err().code, Code::CTL_NOT_FOUND);
    assert_eq!(put("Nobody".into(), "member").await.unwrap_err().code, Code::CTL_NOT_FOUND);
    assert_eq!(put("%ff".into(), "member").await.unwrap_err().code, Code::CTL_BAD_INPUT);
    assert_eq!(put(two.to_string(), "king").await.unwrap_err().code, Code::CTL_BAD_INPUT);
    let namesake = room.store.principals.lock().unwrap()[2].clone();
    room.store.principals.lock().unwrap().push(store::Principal { id: PrincipalId::from_bytes([8; 16]), ..namesake });
    assert_eq!(put("Person%203".into(), "member").await.unwrap_err().code, Code::CTL_CONFLICT);
}

#[tokio::test]
async fn a_service_account_is_a_member_of_its_own_app_and_never_an_admin() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    room.deploy("tea", b"\0asmleaf").await;
    let made =
        room.ask(Op::AppTokenCreate, &owner(), &["coffee"], Sent::Json(json!({ "service": "till" }))).await.unwrap().1;
    let id = made["token"]["principal"].as_str().unwrap();
    let put = async |app: &str, who: &str, role: &str| {
        room.ask(Op::MemberPut, &owner(), &[app, who], Sent::Json(json!({ "role": role }))).await
    };
    let (_, member) = put("coffee", "service%3Atill", "member").await.unwrap();
    assert_eq!((member["name"].as_str(), member["person"].as_str()), (Some("service:till"), Some(id)));
    assert!(room.policy_release.last().members.contains(&(id.parse().unwrap(), false)));
    put("coffee", id, "member").await.unwrap();
    assert_eq!(put("coffee", id, "admin").await.unwrap_err().code, Code::CTL_BAD_INPUT);
    let foreign = put("tea", id, "member").await.unwrap_err();
    assert!(foreign.detail.unwrap().contains("another app"), "its tokens count at `coffee` alone");
    assert_eq!(put("tea", "service:till", "member").await.unwrap_err().code, Code::CTL_NOT_FOUND);
    assert_eq!(put("coffee", "till", "member").await.unwrap_err().code, Code::CTL_NOT_FOUND, "that would be a person");
    room.ask(Op::MemberRemove, &owner(), &["coffee", "service:till"], Sent::Nothing).await.unwrap();
    assert!(!room.policy_release.last().members.iter().any(|(member, _)| member.to_string() == id));
}

#[tokio::test]
async fn service_tokens_count_for_one_app_and_are_revoked_there_only() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    room.deploy("tea", b"\0asmleaf").await;
    let create = async |body| room.ask(Op::AppTokenCreate, &owner(), &["coffee"], Sent::Json(body)).await;
    let (status, made) = create(json!({ "service": "till", "label": "front till", "life_s": 60 })).await.unwrap();
    assert_eq!((status, made["secret"].as_str()), (201, Some("sfs_shown-once")));
    assert_eq!((made["token"]["app"].as_str(), made["token"]["use"].as_str()), (Some("coffee"), Some("service")));
    let id = made["token"]["id"].as_str().unwrap();
    let elsewhere = room.ask(Op::AppTokenRevoke, &owner(), &["tea", id], Sent::Nothing).await.unwrap_err();
    assert_eq!(elsewhere.code, Code::CTL_NOT_FOUND, "another app's admin cannot reach it");
    let (_, list) = room.ask(Op::AppTokensList, &owner(), &["coffee"], Sent::Nothing).await.unwrap();
    assert_eq!(list["tokens"].as_array().unwrap().len(), 1);
    assert!(!list.to_string().contains("shown-once"), "a list never holds a secret");
    let (_, revoked) = room.ask(Op::AppTokenRevoke, &owner(), &["coffee", id], Sent::Nothing).await.unwrap();
    assert!(revoked["revoked_at"].is_number());
    for bad in [
        json!({ "service": "Till" }),
        json!({ "service": "" }),
        json!({ "service": "till", "label": "" }),
        json!({ "service": "till", "life_s": 1 }),
        json!({ "service": "till", "days": 3 }),
    ] {
        assert_eq!(create(bad.clone()).await.unwrap_err().code, Code::CTL_BAD_INPUT, "{bad}");
    }
}

#[tokio::test]
async fn only_a_person_calls_as_themselves_and_identity_says_for_how_long() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    // Identity is asked for exactly this life, and for its usual one (0) when nobody says another.
    for (body, asked_s) in [(json!({ "app": "coffee", "life_s": 86_400 }), 86_400), (json!({ "app": "coffee" }), 0)] {
        let (_, made) = room.ask(Op::CallTokenCreate, &owner(), &[], Sent::Json(body)).await.unwrap();
        assert_eq!(made["url"], "http://coffee.localhost:8080");
        let token = &made["token"];
        let life_ms = token["expires_at"].as_u64().unwrap() - token["created_at"].as_u64().unwrap();
        assert_eq!(life_ms, asked_s * 1_000);
    }
    let body = json!({ "app": "coffee" });
    let refusal = room.ask(Op::CallTokenCreate, &OPERATOR, &[], Sent::Json(body)).await.unwrap_err();
    assert_eq!(refusal.code, Code::POL_DENIED);
    let refusal = room.ask(Op::CallTokenCreate, &owner(), &[], Sent::Json(json!({ "app": "tea" }))).await.unwrap_err();
    assert_eq!(refusal.code, Code::CTL_NOT_FOUND);
}

#[tokio::test]
async fn people_see_and_revoke_their_own_tokens_and_owners_all() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    for caller in [person(2, false), person(3, false)] {
        let put = Sent::Json(json!({ "role": "member" }));
        let id = caller.principal().unwrap().to_string();
        room.ask(Op::MemberPut, &owner(), &["coffee", &id], put).await.unwrap();
        room.ask(Op::CallTokenCreate, &caller, &[], Sent::Json(json!({ "app": "coffee" }))).await.unwrap();
    }
    let count = async |caller: Caller, query: &str| {
        let response = room.raw(Op::TokensList, &caller, &[], query, Sent::Nothing).await.map_err(|e| e.code)?;
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let list: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        Ok(list["tokens"].as_array().unwrap().len())
    };
    assert_eq!(count(person(2, false), "").await, Ok(1));
    assert_eq!(count(person(2, false), "all=true").await, Err(Code::POL_DENIED));
    assert_eq!(count(owner(), "").await, Ok(0));
    assert_eq!(count(owner(), "all=true").await, Ok(2));
    assert_eq!(count(OPERATOR, "").await, Ok(2));
    assert_eq!(count(Caller::Stranger, "").await, Ok(0));
    let of_two = room
        .store
        .credentials
        .lock()
        .unwrap()
        .iter()
        .find(|c| c.principal == PrincipalId::from_bytes([2; 16]))
        .unwrap()
        .id;
    let revoke = async |caller: Caller| {
        room.ask(Op::TokenRevoke, &caller, &[&of_two.to_string()], Sent::Nothing).await.map_err(|e| e.code)
    };
    assert_eq!(
        revoke(person(3, false)).await.err(),
        Some(Code::CTL_NOT_FOUND),
        "another's token does not exist for them"
    );
    assert!(revoke(person(2, false)).await.is_ok());
    assert!(revoke(owner()).await.is_ok());
}

#[tokio::test]
async fn a_person_is_disabled_and_enabled_and_nobody_shuts_themselves_out() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let put = async |caller: &Caller, who: &str, disabled: bool| {
        room.ask(Op::PersonPut, caller, &[who], Sent::Json(json!({ "disabled": disabled }))).await
    };
    let is_disabled = |id: u8| {
        let id = PrincipalId::from_bytes([id; 16]);
        room.store.principals.lock().unwrap().iter().any(|p| p.id == id && p.disabled)
    };
    let id_of_two = PrincipalId::from_bytes([2; 16]).to_string();
    for (caller, who) in [(owner(), "Person%202"), (OPERATOR, id_of_two.as_str())] {
        let (status, view) = put(&caller, who, true).await.unwrap();
        assert_eq!((status, &view["name"], &view["disabled"]), (200, &json!("Person 2"), &json!(true)));
        assert_eq!((&view["person"], &view["owner"]), (&json!(id_of_two), &json!(false)));
        assert!(is_disabled(2));
        put(&caller, who, false).await.unwrap();
        assert!(!is_disabled(2));
    }
    let refused = put(&owner(), "Person%201", true).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_CONFLICT);
    assert!(refused.next.unwrap().contains("--host") && !is_disabled(1));
    put(&OPERATOR, "Person%201", true).await.expect("the host may take the last owner out; `claim` makes another");
    assert!(is_disabled(1));
    assert_eq!(put(&owner(), "Nobody", true).await.unwrap_err().code, Code::CTL_NOT_FOUND);

    room.ask(Op::AppTokenCreate, &owner(), &["coffee"], Sent::Json(json!({ "service": "till" }))).await.unwrap();
    let account = room.store.principals.lock().unwrap().last().unwrap().id;
    let refused = put(&owner(), &account.to_string(), true).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_BAD_INPUT, "an account of an app is not a person");
}

#[tokio::test]
async fn whoever_is_taken_out_or_removed_is_signed_out_there() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let two = PrincipalId::from_bytes([2; 16]);
    let coffee = || Some(types::AppName::parse("coffee").unwrap());
    let ended = || std::mem::take(&mut *room.credentials.ended.lock().unwrap());
    let role = |role: &str| Sent::Json(json!({ "role": role }));
    room.ask(Op::MemberPut, &owner(), &["coffee", "Person%202"], role("admin")).await.unwrap();
    assert_eq!(ended(), [(two, coffee())], "a changed role");
    room.ask(Op::MemberRemove, &owner(), &["coffee", "Person%202"], Sent::Nothing).await.unwrap();
    assert_eq!(ended(), [(two, coffee())]);
    room.ask(Op::SessionsEnd, &OPERATOR, &["Person%202"], Sent::Nothing).await.unwrap();
    assert_eq!(ended(), [(two, None)]);
    let refused = room.ask(Op::PersonRemove, &owner(), &["Person%201"], Sent::Nothing).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_CONFLICT, "nobody removes themselves");
    room.ask(Op::PersonRemove, &owner(), &["Person%202"], Sent::Nothing).await.unwrap();
    assert_eq!(ended(), [(two, None)]);
    assert!(!room.store.principals.lock().unwrap().iter().any(|p| p.id == two));
}

#[tokio::test]
async fn an_invitation_is_for_an_address_and_an_app_that_are_there() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let invite = async |body: serde_json::Value| room.ask(Op::InvitationCreate, &owner(), &[], Sent::Json(body)).await;
    let (status, made) = invite(json!({ "email": " Ada@Example.org ", "app": "coffee" })).await.unwrap();
    assert_eq!((status, &made["invitation"]["email"]), (201, &json!("ada@example.org")));
    assert_eq!((&made["invitation"]["app"], &made["invitation"]["role"]), (&json!("coffee"), &json!("member")));
    assert_eq!(made["link"], "http://id.localhost:8080/invitation?secret=code-9");
    assert!(made.get("mail").is_none() && room.mail.posted.lock().unwrap().is_empty(), "there is no server");

    // With a server the link is in the mail alone; whoever wants to hand it over says so.
    room.mail.on.store(true, Ordering::Relaxed);
    let (_, made) = invite(json!({ "email": "ada@example.org", "app": "coffee" })).await.unwrap();
    assert!(made.get("link").is_none() && made["mail"].is_string(), "{made}");
    let posted = std::mem::take(&mut *room.mail.posted.lock().unwrap());
    let Letter::Invitation { inviter, app, link } = &posted[0].letter else { panic!("{posted:?}") };
    assert_eq!((inviter.as_deref(), app.as_ref().map(ToString::to_string)), (Some("Person 1"), Some("coffee".into())));
    assert_eq!(
        (&*posted[0].to, link.reveal()),
        ("ada@example.org", "http://id.localhost:8080/invitation?secret=code-10")
    );
    let (_, made) = invite(json!({ "email": "ada@example.org", "print": true })).await.unwrap();
    assert!(made["link"].is_string() && made.get("mail").is_none(), "{made}");
    assert!(room.mail.posted.lock().unwrap().is_empty(), "never both");
    for (bad, code) in [
        (json!({ "email": "ada" }), Code::CTL_BAD_INPUT),
        (json!({ "email": "ada@example.org", "app": "nothing" }), Code::CTL_NOT_FOUND),
        (json!({ "email": "ada@example.org", "owner": true }), Code::CTL_BAD_INPUT),
    ] {
        assert_eq!(invite(bad.clone()).await.unwrap_err().code, code, "{bad}");
    }
}

#[tokio::test]
async fn a_reset_link_is_for_somebody_with_a_password_and_goes_one_way() {
    let room = Room::new();
    let reset =
        async |who: &str, body: serde_json::Value| room.ask(Op::ResetCreate, &owner(), &[who], Sent::Json(body)).await;
    let refused = reset("Person%202", json!({})).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_CONFLICT, "no account");
    room.account(PrincipalId::from_bytes([2; 16])).await;
    let (status, made) = reset("Person%202", json!({})).await.unwrap();
    assert_eq!((status, &made["link"]), (201, &json!("http://id.localhost:8080/reset-password?secret=link-9")));

    room.mail.on.store(true, Ordering::Relaxed);
    let (_, made) = reset("Person%202", json!({})).await.unwrap();
    assert!(made.get("link").is_none() && made["mail"].is_string(), "{made}");
    let posted = std::mem::take(&mut *room.mail.posted.lock().unwrap());
    assert!(matches!(&posted[0].letter, Letter::Reset { .. }) && posted[0].person.is_some(), "{posted:?}");
    let (_, made) = reset("Person%202", json!({ "print": true })).await.unwrap();
    assert!(made["link"].is_string() && room.mail.posted.lock().unwrap().is_empty(), "{made}");

    assert_eq!(reset("Person%202", json!({ "mail": true })).await.unwrap_err().code, Code::CTL_BAD_INPUT);
    assert_eq!(reset("Nobody", json!({})).await.unwrap_err().code, Code::CTL_NOT_FOUND);
    let rest = &room.store.rest;
    let id = PrincipalId::from_bytes([2; 16]);
    assert!(rest.set_passkeys(id, "[]".into(), "[1]".into()).await.unwrap());
    assert!(rest.remove_password(id).await.unwrap());
    let refused = reset("Person%202", json!({ "print": true })).await.unwrap_err();
    assert!(refused.code == Code::CTL_CONFLICT && refused.next.unwrap().contains("recovery code"));
}

#[tokio::test]
async fn mails_are_listed_without_what_they_say() {
    let room = Room::new();
    let refused = room.ask(Op::MailTest, &owner(), &[], Sent::Json(json!({ "to": "ada@example.org" }))).await;
    assert!(refused.is_ok(), "the fake has no opinion");
    let id = room.waiting_mail().await;
    let (_, list) = room.ask(Op::MailsList, &owner(), &[], Sent::Nothing).await.unwrap();
    assert_eq!(
        (&list["on"], &list["mails"][0]["id"], &list["mails"][0]["stage"]),
        (&json!(true), &json!(id), &json!("waiting"))
    );
    assert!(list["mails"][0].get("letter").is_none());
    let bad = room.ask(Op::MailTest, &owner(), &[], Sent::Json(json!({ "to": "ada" }))).await.unwrap_err();
    assert_eq!(bad.code, Code::CTL_BAD_INPUT);
    let other = types::MailId::from_bytes([1; 16]).to_string();
    for (mail, code) in [(other.as_str(), Code::CTL_CONFLICT), ("m-1", Code::CTL_BAD_INPUT)] {
        let refused = room.ask(Op::MailRetry, &owner(), &[mail], Sent::Nothing).await.unwrap_err();
        assert_eq!(refused.code, code, "{mail}");
    }
    room.mail.on.store(false, Ordering::Relaxed);
    let refused = room.ask(Op::MailRetry, &owner(), &[&id], Sent::Nothing).await.unwrap_err();
    assert!(refused.next.unwrap().contains("[mail]"));
}

#[tokio::test]
async fn advice_on_a_word_that_means_nobody_fits_the_verb() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    room.baristas().await;
    let body = |op| match op {
        Op::PersonPut => Sent::Json(json!({ "disabled": true })),
        Op::PersonRename => Sent::Json(json!({ "name": "Ada" })),
        Op::ResetCreate => Sent::Json(json!({})),
        _ => Sent::Nothing,
    };
    for op in [Op::PersonPut, Op::PersonRename, Op::PersonRemove, Op::SessionsList, Op::SessionsEnd, Op::ResetCreate] {
        for (word, code) in [("Nobody", Code::CTL_NOT_FOUND), ("service:till", Code::CTL_BAD_INPUT)] {
            let refusal = room.ask(op, &owner(), &[word], body(op)).await.unwrap_err();
            assert_eq!(refusal.code, code, "{} {word}", op.id());
            let next = refusal.next.unwrap();
            assert!(next.contains("`serviceful whoami`") && !next.contains("service:"), "{} {word}: {next}", op.id());
        }
    }
    let take = room.ask(Op::GroupTake, &owner(), &["baristas", "service:till"], Sent::Nothing).await.unwrap_err();
    assert!(!take.next.unwrap().contains("service:NAME"), "there are none in groups");
    let put = Sent::Json(json!({ "role": "member" }));
    let member = room.ask(Op::MemberPut, &owner(), &["coffee", "Nobody"], put).await.unwrap_err();
    assert!(member.next.unwrap().contains("`service:NAME`"), "an app has service accounts among its members");
}
