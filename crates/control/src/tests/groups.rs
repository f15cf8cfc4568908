//! Groups of people, lists of people, and invitations.
use control_api::Op;
use gateway::Refusal;
use http::StatusCode;
use serde_json::{Value, json};
use types::{Caller, Code, GroupName, PrincipalId};

use super::harness::{OPERATOR, Room, Sent, app, owner, person};

fn id(n: u8) -> PrincipalId {
    PrincipalId::from_bytes([n; 16])
}

async fn room() -> Room {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    room.deploy("tea", b"\0asmleaf").await;
    room
}

/// Whether a group is the app's admin, and who is in it.
type Told = (Option<bool>, Vec<PrincipalId>);

impl Room {
    async fn groups(&self, op: Op, values: &[&str], sent: Value) -> Result<Value, Refusal> {
        let sent = if sent.is_null() { Sent::Nothing } else { Sent::Json(sent) };
        self.ask(op, &owner(), values, sent).await.map(|(_, value)| value)
    }

    /// Who is in the group `baristas`, as `coffee` was told last.
    fn told(&self) -> (u64, Vec<Told>) {
        let seen = self.policy_release.seen.lock().unwrap();
        let last = seen.iter().rev().find(|release| release.app == app("coffee")).unwrap();
        let groups = last.groups.iter().map(|group| (group.admin, group.people.to_vec())).collect();
        (last.version, groups)
    }

    fn ended(&self) -> Vec<(PrincipalId, Option<types::AppName>)> {
        std::mem::take(&mut *self.credentials.ended.lock().unwrap())
    }
}

#[tokio::test]
async fn each_change_of_a_group_is_published_to_its_apps_and_ends_sessions_there() {
    let room = room().await;
    room.groups(Op::GroupCreate, &[], json!({ "name": "baristas" })).await.unwrap();
    room.groups(Op::GroupAdd, &["baristas"], json!({ "people": ["Person 2"] })).await.unwrap();
    assert_eq!((room.told().1, room.ended()), (vec![], vec![]), "it means nothing to the app");
    room.groups(Op::AppGroupPut, &["coffee", "baristas"], json!({ "role": "member" })).await.unwrap();
    assert_eq!(room.told().1, [(Some(false), vec![id(2)])]);
    let at = |n: u8| (id(n), Some(app("coffee")));
    assert_eq!(room.ended(), [at(2)]);

    let before = room.told().0;
    let id3 = id(3).to_string();
    let added = room.groups(Op::GroupAdd, &["baristas"], json!({ "people": [id3, "Person 2"] })).await.unwrap();
    assert_eq!((&added["added"], &added["unchanged"]), (&json!([id3]), &json!(1)));
    assert_eq!((room.told().1, room.ended()), (vec![(Some(false), vec![id(2), id(3)])], vec![at(3)]));
    assert!(room.told().0 > before);
    room.groups(Op::AppGroupPut, &["coffee", "baristas"], json!({ "role": "admin" })).await.unwrap();
    assert_eq!((room.told().1[0].0, room.ended()), (Some(true), vec![at(2), at(3)]));
    room.groups(Op::GroupTake, &["baristas", "Person%203"], Value::Null).await.unwrap();
    assert_eq!((room.told().1, room.ended()), (vec![(Some(true), vec![id(2)])], vec![at(3)]));
    room.groups(Op::PersonRemove, &["Person%202"], Value::Null).await.unwrap();
    room.ended();
    room.groups(Op::GroupRemove, &["baristas"], Value::Null).await.unwrap();
    assert_eq!(room.told().1, []);
    assert!(room.route_release.last().version > before, "every room was told");

    // Bad input: nobody half done, and each refusal says what to do.
    for (op, values, sent, code) in [
        (Op::GroupCreate, &[][..], json!({ "name": "Baristas" }), Code::CTL_BAD_INPUT),
        (Op::GroupCreate, &[], json!({ "name": "a", "people": [] }), Code::CTL_BAD_INPUT),
        (Op::GroupAdd, &["baristas"], json!({ "people": ["Person 3"] }), Code::CTL_NOT_FOUND),
        (Op::GroupTake, &["baristas", "Person%203"], Value::Null, Code::CTL_NOT_FOUND),
        (Op::GroupGet, &["Baristas"], Value::Null, Code::CTL_BAD_INPUT),
        (Op::AppGroupPut, &["coffee", "baristas"], json!({ "role": "member" }), Code::CTL_NOT_FOUND),
        (Op::AppGroupPut, &["water", "baristas"], json!({ "role": "member" }), Code::CTL_NOT_FOUND),
        (Op::AppGroupRemove, &["coffee", "baristas"], Value::Null, Code::CTL_NOT_FOUND),
    ] {
        let refusal = room.groups(op, values, sent).await.unwrap_err();
        assert_eq!(refusal.code, code, "{} {values:?}", op.id());
    }
    room.groups(Op::GroupCreate, &[], json!({ "name": "baristas" })).await.unwrap();
    let twice = room.groups(Op::GroupCreate, &[], json!({ "name": "baristas" })).await.unwrap_err();
    assert_eq!(twice.code, Code::CTL_CONFLICT);
    for people in [json!([]), json!(["Person 3", "Nobody"]), json!(vec!["Person 3"; control_api::IMPORT_ROWS_MAX + 1])]
    {
        assert!(room.groups(Op::GroupAdd, &["baristas"], json!({ "people": people })).await.is_err());
    }
    let made = room.groups(Op::AppTokenCreate, &["coffee"], json!({ "service": "till" })).await.unwrap();
    let till = made["token"]["principal"].as_str().unwrap();
    let machine = room.groups(Op::GroupAdd, &["baristas"], json!({ "people": [till] })).await.unwrap_err();
    assert!(machine.detail.unwrap().contains("service account"));
    let shown = room.groups(Op::GroupGet, &["baristas"], Value::Null).await.unwrap();
    assert_eq!(shown["people"], json!([]), "nothing was changed");
}

#[tokio::test]
async fn a_group_is_listed_a_page_at_a_time_and_with_the_members_of_an_app() {
    let room = room().await;
    room.baristas().await;
    room.groups(Op::GroupAdd, &["baristas"], json!({ "people": ["Person 1", "Person 3"] })).await.unwrap();
    let page = async |query: &str| {
        let raw = room.raw(Op::GroupGet, &owner(), &["baristas"], query, Sent::Nothing).await.unwrap();
        let bytes = http_body_util::BodyExt::collect(raw.into_body()).await.unwrap().to_bytes();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    let first = page("limit=2").await;
    assert_eq!((first["people"].as_array().unwrap().len(), &first["size"]), (2, &json!(3)));
    let rest = page(&format!("limit=2&after={}", first["after"].as_str().unwrap())).await;
    assert_eq!((&rest["people"][0]["name"], rest.get("after")), (&json!("Person 3"), None));
    assert_eq!(first["apps"], json!([{ "app": "coffee", "role": "member" }]));
    for bad in ["limit=0", "limit=5001", "after=x"] {
        assert!(room.raw(Op::GroupGet, &owner(), &["baristas"], bad, Sent::Nothing).await.is_err(), "{bad}");
    }
    let members = room.groups(Op::MembersList, &["coffee"], Value::Null).await.unwrap();
    assert_eq!((&members["groups"][0]["group"], &members["groups"][0]["people"]), (&json!("baristas"), &json!(3)));
    let list = room.groups(Op::GroupsList, &[], Value::Null).await.unwrap();
    assert_eq!((&list["groups"][0]["people"], &list["groups"][0]["apps"]), (&json!(3), &json!(1)));
}

#[tokio::test]
async fn an_admin_learns_how_many_are_in_a_group_and_not_who() {
    let room = room().await;
    room.baristas().await;
    let Caller::Person(admin) = person(3, false) else { panic!() };
    room.groups(Op::MemberPut, &["coffee", "Person%203"], json!({ "role": "admin" })).await.unwrap();
    let ask = async |caller: &Caller| {
        room.ask(Op::FunctionCallers, caller, &["coffee", "menu"], Sent::Nothing).await.unwrap().1
    };
    let seen = ask(&Caller::Person(admin)).await;
    let names = |list: &Value| {
        let all = list["callers"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned());
        all.collect::<Vec<_>>()
    };
    assert_eq!((&seen["groups"][0]["group"], &seen["groups"][0]["people"]), (&json!("baristas"), &json!(1)));
    assert!(!names(&seen).contains(&"Person 2".to_owned()), "{seen}");
    let all = ask(&owner()).await;
    assert!(names(&all).contains(&"Person 2".to_owned()), "{all}");
    let entry = all["callers"].as_array().unwrap().iter().find(|c| c["name"] == "Person 2").unwrap();
    assert_eq!((&entry["groups"], entry.get("role")), (&json!(["baristas"]), None));
}

#[tokio::test]
async fn a_manifest_declares_groups_that_are_there_and_hears_of_them() {
    let room = room().await;
    let body = super::harness::deployment("coffee", super::fakes::digest_of(b"\0asmone"));
    let mut body = body;
    let manifest = body["manifest"].as_str().unwrap().replacen('\n', "\ngroups = [\"cooks\"]\n", 1);
    body["manifest"] = json!(manifest);
    for op in [Op::DeploymentReview, Op::DeploymentCreate] {
        let missing = room.ask(op, &owner(), &["coffee"], Sent::Json(body.clone())).await.unwrap_err();
        assert_eq!(missing.code, Code::CTL_MANIFEST);
        assert!(missing.next.unwrap().contains("groups create cooks"));
    }
    room.groups(Op::GroupCreate, &[], json!({ "name": "cooks" })).await.unwrap();
    room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body)).await.unwrap();
    room.service.drain().await;
    let told = || {
        let last = room.policy_release.last();
        assert_eq!(last.app, app("coffee"));
        last.groups.iter().map(|g| (g.name.to_string(), g.declared, g.admin, g.people.to_vec())).collect::<Vec<_>>()
    };
    assert_eq!(told(), [("cooks".to_owned(), true, None, vec![])]);
    room.groups(Op::GroupAdd, &["cooks"], json!({ "people": ["Person 2"] })).await.unwrap();
    assert_eq!(told()[0].3, [id(2)], "declared only, and told all the same");
    let shown = room.groups(Op::GroupGet, &["cooks"], Value::Null).await.unwrap();
    assert_eq!(shown["declared_by"], json!(["coffee"]));
    room.groups(Op::PersonRemove, &["Person%202"], Value::Null).await.unwrap();
    assert_eq!(told()[0].3, []);
    // After a restart, too.
    let again = room.restarted();
    again.service.restore().await.unwrap();
    again.groups(Op::GroupAdd, &["cooks"], json!({ "people": ["Person 3"] })).await.unwrap();
    assert_eq!(again.policy_release.last().groups[0].people.to_vec(), [id(3)]);
    again.groups(Op::GroupRemove, &["cooks"], Value::Null).await.unwrap();
    let last = again.policy_release.last();
    assert_eq!((last.groups[0].declared, last.groups[0].people.len()), (true, 0), "nobody is in it");
    assert_eq!(last.groups[0].name, GroupName::parse("cooks").unwrap());
}

fn row(line: u64, email: &str, groups: &[&str]) -> Value {
    json!({ "line": line, "email": email, "groups": groups })
}

#[tokio::test]
async fn a_list_of_people_is_done_whole_or_refused_by_line() {
    let room = room().await;
    room.baristas().await;
    room.account(id(3)).await;
    let import = async |dry_run, people: Value| {
        let body = json!({ "dry_run": dry_run, "people": people });
        room.reply(Op::PeopleImport, &OPERATOR, &[], Sent::Json(body)).await
    };
    let shown = async |reply: gateway::Reply| {
        let bytes = http_body_util::BodyExt::collect(reply.response.into_body()).await.unwrap().to_bytes();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    let known = format!("{}@example.org", id(3));
    let good = json!([row(2, "Ada@Example.org", &["baristas", "baristas"]), row(3, &known, &["baristas"])]);
    let bad = json!([
        row(2, "ada@example.org", &[]),
        row(3, "no address", &[]),
        row(4, "ADA@example.org", &[]),
        row(5, "bob@example.org", &["cooks"]),
        { "line": 6, "email": "eve@example.org", "name": "\u{202e}eve" },
    ]);
    let refusal = import(false, bad).await.unwrap_err();
    assert_eq!(refusal.code, Code::CTL_BAD_INPUT);
    let said = refusal.detail.unwrap();
    for part in [
        "line 3: `no address`",
        "line 4: `ada@example.org` is in line 2",
        "line 5: there is no group `cooks`",
        "line 6: ",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for none in [json!([]), json!(vec![row(1, "a@example.org", &[]); control_api::IMPORT_ROWS_MAX + 1])] {
        assert_eq!(import(false, none).await.unwrap_err().code, Code::CTL_BAD_INPUT);
    }
    let list = || async { room.groups(Op::InvitationsList, &[], Value::Null).await.unwrap()["invitations"].clone() };
    let done = shown(import(true, good.clone()).await.unwrap()).await;
    assert_eq!((&done["invited"], &done["known"], &done["joined"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(list().await, json!([]), "a dry run does nothing");

    let reply = import(false, good.clone()).await.unwrap();
    assert_eq!(reply.response.status(), StatusCode::OK);
    assert!(reply.note.as_ref().unwrap().contains("1 person now invited"), "{:?}", reply.note);
    let done = shown(reply).await;
    assert!(done["links"][0]["link"].as_str().unwrap().contains("/invitation?secret=code-"), "{done}");
    assert_eq!(done["links"][0]["email"], "ada@example.org");
    assert_eq!(room.told().1[0].1, [id(2), id(3)], "who has an account is in the group, and policy knows");
    let done = shown(import(false, good).await.unwrap()).await;
    assert_eq!((&done["invited"], &done["waiting"], &done["joined"]), (&json!(0), &json!(1), &json!(0)), "once");

    let id = list().await[0]["id"].as_str().unwrap().to_owned();
    room.groups(Op::InvitationRevoke, &[&id], Value::Null).await.unwrap();
    assert_eq!(list().await, json!([]));
    for (word, code) in
        [(id.as_str(), Code::CTL_NOT_FOUND), ("ada@example.org", Code::CTL_NOT_FOUND), ("ada", Code::CTL_BAD_INPUT)]
    {
        assert_eq!(room.groups(Op::InvitationRevoke, &[word], Value::Null).await.unwrap_err().code, code, "{word}");
    }

    // By mail: no link in the answer, and each mail says where it leads.
    room.mail.on.store(true, std::sync::atomic::Ordering::Relaxed);
    let body = json!({ "dry_run": false, "people": [row(2, "bob@example.org", &[]), row(3, "max@example.org", &[])] });
    let (_, done) = room.ask(Op::PeopleImport, &owner(), &[], Sent::Json(body)).await.unwrap();
    assert_eq!((&done["invited"], done.get("links")), (&json!(2), None));
    assert_eq!(room.mail.posted.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn the_directory_is_given_a_page_at_a_time() {
    let room = Room::new();
    room.baristas_without_app().await;
    let page = async |query: &str| {
        let raw = room.raw(Op::PeopleList, &owner(), &[], query, Sent::Nothing).await?;
        let bytes = http_body_util::BodyExt::collect(raw.into_body()).await.unwrap().to_bytes();
        Ok::<Value, Refusal>(serde_json::from_slice(&bytes).unwrap())
    };
    let first = page("limit=2&groups=true").await.unwrap();
    assert_eq!(first["people"].as_array().unwrap().len(), 2);
    assert_eq!(first["people"][1]["groups"], json!(["baristas"]));
    let rest = page(&format!("limit=2&after={}", first["after"].as_str().unwrap())).await.unwrap();
    assert_eq!((rest["people"].as_array().unwrap().len(), rest.get("after")), (1, None));
    let found = page("find=son%203").await.unwrap();
    assert_eq!(found["people"][0]["name"], "Person 3");
    for bad in ["limit=0", "limit=99999", "groups=perhaps", &format!("find={}", "x".repeat(101)), "page=2"] {
        assert_eq!(page(bad).await.unwrap_err().code, Code::CTL_BAD_INPUT, "{bad}");
    }
}

impl Room {
    async fn baristas_without_app(&self) {
        self.groups(Op::GroupCreate, &[], json!({ "name": "baristas" })).await.unwrap();
        self.groups(Op::GroupAdd, &["baristas"], json!({ "people": ["Person 2"] })).await.unwrap();
    }
}
