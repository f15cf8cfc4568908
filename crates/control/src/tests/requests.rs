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

#[tokio::test]
async fn an_import_is_done_whole_or_not_at_all_and_says_which_lines_are_wrong() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    let import = async |dry_run: bool, rows: &[(&str, &str)]| {
        let row =
            |(at, (person, role)): (usize, &(&str, &str))| json!({ "line": at + 2, "person": person, "role": role });
        let members: Vec<_> = rows.iter().enumerate().map(row).collect();
        let sent = Sent::Json(json!({ "dry_run": dry_run, "members": members }));
        room.ask(Op::MembersImport, &owner(), &["coffee"], sent).await
    };
    let people = || room.policy_release.last().members.len();

    let wrong = [("Person 2", "member"), ("Nobody", "member"), ("service:till", "member"), ("Person 2", "admin")];
    let refused = import(false, &wrong).await.unwrap_err();
    assert_eq!(refused.code, Code::CTL_BAD_INPUT);
    let said = refused.detail.unwrap();
    for part in [
        "line 3: there is no person `Nobody`",
        "line 4: there is no service account `till`",
        "line 5: `Person 2` is there twice",
    ] {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
    assert_eq!(people(), 1, "the first row was right, and is not done either");

    let good = [("Person 1", "admin"), ("Person 2", "member"), ("Person 3", "admin")];
    let counts = json!({ "dry_run": true, "added": 2, "changed": 0, "unchanged": 1 });
    assert_eq!(import(true, &good).await.unwrap().1, counts);
    assert_eq!(people(), 1, "nothing is done yet");
    assert_eq!(import(false, &good).await.unwrap().1["added"], 2);
    assert_eq!(people(), 3, "policy knows before the answer");
    assert_eq!(import(false, &good).await.unwrap().1["unchanged"], 3, "twice is as good as once");
    assert_eq!(import(false, &[("Person 3", "member")]).await.unwrap().1["changed"], 1);

    // Names are chosen freely: none stands in for an account of a machine, or for the id of somebody else.
    let gone = PrincipalId::from_bytes([77; 16]).to_string();
    {
        let mut people = room.store.principals.lock().unwrap();
        for (person, name) in
            people.iter_mut().filter(|p| p.id == PrincipalId::from_bytes([2; 16])).zip(["service:till"])
        {
            person.name = name.into();
        }
        for (person, name) in people.iter_mut().filter(|p| p.id == PrincipalId::from_bytes([3; 16])).zip([&gone]) {
            person.name = name.as_str().into();
        }
    }
    for (row, said) in
        [("service:till", "there is no service account `till`"), (gone.as_str(), "there is nobody with the id")]
    {
        let refused = import(false, &[(row, "admin")]).await.unwrap_err();
        assert!(refused.detail.as_ref().unwrap().contains(said), "{refused:?}");
    }

    // Groups stand in the same list.
    room.ask(Op::GroupCreate, &owner(), &[], Sent::Json(json!({ "name": "cooks" }))).await.unwrap();
    let refused = import(false, &[("group:cooks", "member"), ("group:nobody", "admin"), ("group:No", "admin")]).await;
    let said = refused.unwrap_err().detail.unwrap();
    assert!(said.contains("line 3: there is no `group:nobody`") && said.contains("line 4: `group:No` is no"), "{said}");
    let places = || room.policy_release.last().groups.iter().map(|g| (g.name.to_string(), g.admin)).collect::<Vec<_>>();
    assert_eq!(places(), []);
    for (role, count) in [("member", "added"), ("admin", "changed"), ("admin", "unchanged")] {
        assert_eq!(import(false, &[("group:cooks", role)]).await.unwrap().1[count], 1, "{role}");
        assert_eq!(places(), [("cooks".to_owned(), Some(role == "admin"))]);
    }
    let twice = import(false, &[("group:cooks", "admin"), ("group:cooks", "member")]).await.unwrap_err();
    assert!(twice.detail.unwrap().contains("line 3: `group:cooks` is there twice"));

    for rows in [vec![], vec![("Person 2", "member"); control_api::IMPORT_ROWS_MAX + 1]] {
        assert_eq!(import(false, &rows).await.unwrap_err().code, Code::CTL_BAD_INPUT);
    }
}
