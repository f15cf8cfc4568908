//! The life of a deployment.
use std::{sync::atomic::Ordering, time::Duration};

use control_api::{ComponentStage, DeploymentPhase, ImportState, Op};
use gateway::events::{Kind, Outcome, Who};
use serde_json::json;
use store::DeploymentState;
use types::{Code, PrincipalId};

use super::{
    fakes::digest_of,
    harness::{OPERATOR, Room, Sent, app, deployment, manifest, owner, person},
};

#[tokio::test]
async fn a_deployment_is_compiled_probed_switched_and_published_in_order() {
    let room = Room::new();
    let digest = digest_of(b"\0asmone");
    room.components.held.lock().unwrap().insert(digest);
    let view = room.begin(&owner(), "coffee", b"\0asmone").await;
    assert_eq!((view.phase, view.current), (DeploymentPhase::Preparing, false));
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(room.view(&view).await.components[0].stage, ComponentStage::Compiling);
    assert!(room.route_release.last().functions.is_empty(), "nothing is reachable yet");
    room.components.held.lock().unwrap().clear();
    room.components.gate.notify_waiters();
    let view = room.end(&view).await;
    assert_eq!((view.phase, view.current), (DeploymentPhase::Ready, true));
    assert_eq!(view.url, "http://coffee.localhost:8080");
    let found = view.components[0].inspected.clone().unwrap();
    let states: Vec<_> = found.imports.iter().map(|i| (i.interface.as_str(), i.state)).collect();
    assert_eq!(
        states,
        [
            ("wasi:cli/environment@0.2.3", ImportState::Nothing),
            ("wasi:http/outgoing-handler@0.2.3", ImportState::Denied),
            ("wasi:http/types@0.2.3", ImportState::Granted)
        ]
    );
    let (first, last) = (room.policy_release.last(), room.route_release.last());
    assert!(std::sync::Arc::ptr_eq(&first, &last), "both rooms got the same release");
    assert_eq!(last.functions[0].route.to_string(), "/menu");
    assert_eq!(last.members, [(types::PrincipalId::from_bytes([1; 16]), true)], "the deployer is its admin");
}

#[tokio::test]
async fn the_end_of_a_deployment_is_in_the_audit_log() {
    let room = Room::new();
    let good = room.deploy("coffee", b"\0asmone").await;
    room.components.bad.lock().unwrap().insert(digest_of(b"\0asmbad"));
    let view = room.begin(&OPERATOR, "coffee", b"\0asmbad").await;
    let bad = room.end(&view).await;
    let events = room.record.seen.lock().unwrap().clone();
    let [ready, failed] = &events[..] else { panic!("{events:?}") };
    for event in [ready, failed] {
        assert_eq!((event.kind, &*event.resource), (Kind::Control, "coffee"));
        assert_eq!(event.app, Some(app("coffee")));
        assert!(event.request.is_some(), "it leads back to the request that asked for it");
    }
    assert_eq!((&*ready.action, ready.deployment), ("deployment-ready", Some(good.id)));
    assert_eq!(ready.outcome, Outcome::Done { status: None });
    assert_eq!(ready.who, Who::from(&owner()));
    assert_eq!((&*failed.action, failed.deployment), ("deployment-failed", Some(bad.id)));
    assert_eq!(failed.who, Who::from(&OPERATOR));
    let Outcome::Failed { status, code, reason } = &failed.outcome else { panic!("{failed:?}") };
    assert_eq!((*status, &**code), (422, Code::CTL_COMPONENT.as_str()));
    assert!(reason.contains("`menu.wasm`"), "{reason}");
}

#[tokio::test]
async fn an_interrupted_deployment_is_in_the_audit_log_after_the_start() {
    let room = Room::new();
    room.components.held.lock().unwrap().insert(digest_of(b"\0asmone"));
    let cut = room.begin(&owner(), "coffee", b"\0asmone").await;
    let after = room.restarted();
    after.service.restore().await.unwrap();
    let events = after.record.seen.lock().unwrap().clone();
    assert_eq!((&*events[0].action, events[0].deployment), ("deployment-failed", Some(cut.id)));
    assert_eq!((&*events[0].who.kind, events[0].who.id), ("person", Some(PrincipalId::from_bytes([1; 16]))));
}

#[tokio::test]
async fn a_failure_names_its_reason_and_leaves_what_answers() {
    let room = Room::new();
    let good = room.deploy("coffee", b"\0asmone").await;
    room.components.bad.lock().unwrap().insert(digest_of(b"\0asmbad"));
    let bad = room.deploy("coffee", b"\0asmbad").await;
    assert_eq!((bad.phase, bad.current), (DeploymentPhase::Failed, false));
    let failure = bad.failure.clone().unwrap();
    assert_eq!(failure.code, Code::CTL_COMPONENT.as_str());
    assert!(failure.reason.contains("`menu.wasm`") && failure.reason.contains("`functions`"), "{}", failure.reason);
    assert!(room.view(&good).await.current);
    assert_eq!(room.route_release.last().deployment, Some(good.id));
    room.components.unprobable.lock().unwrap().insert("menu".into());
    let trapping = room.deploy("coffee", b"\0asmthree").await;
    assert!(trapping.failure.unwrap().reason.contains("it traps at start"));
    // What failed can be tried again, and then counts.
    room.components.bad.lock().unwrap().clear();
    room.components.unprobable.lock().unwrap().clear();
    let again = room.deploy("coffee", b"\0asmbad").await;
    assert_eq!((again.phase, again.current, again.id), (DeploymentPhase::Ready, true, bad.id));
}

#[tokio::test]
async fn the_same_contents_are_the_same_deployment() {
    let room = Room::new();
    let first = room.deploy("coffee", b"\0asmone").await;
    let version = room.store.apps.lock().unwrap()[&app("coffee")].version;
    let second = room.deploy("coffee", b"\0asmone").await;
    assert_eq!(first.id, second.id);
    assert!(second.components[0].inspected.is_some(), "imports are shown again");
    assert_eq!(room.store.deployments.lock().unwrap().len(), 1);
    assert_eq!(room.store.apps.lock().unwrap()[&app("coffee")].version, version, "nothing was switched");
    // An older one deployed again is the current one again.
    room.deploy("coffee", b"\0asmtwo").await;
    assert!(room.deploy("coffee", b"\0asmone").await.current);
    // A ready one that cannot be prepared any more is told as failed, but is not taken back.
    room.components.bad.lock().unwrap().insert(digest_of(b"\0asmone"));
    let retried = room.deploy("coffee", b"\0asmone").await;
    assert_eq!((retried.phase, retried.current), (DeploymentPhase::Failed, true));
    assert_eq!(room.store.deployments.lock().unwrap()[1].state, DeploymentState::Ready);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deployments_of_one_app_take_turns_and_the_last_one_answers() {
    let room = Room::new();
    room.components.held.lock().unwrap().insert(digest_of(b"\0asmv0"));
    let mut views = Vec::new();
    for n in 0..6 {
        views.push(room.begin(&owner(), "coffee", format!("\0asmv{n}").as_bytes()).await);
    }
    // The same as the last one: joins it. The same as an earlier one: its own turn, at the end.
    let joined = room.begin(&owner(), "coffee", b"\0asmv5").await;
    let again = room.begin(&owner(), "coffee", b"\0asmv1").await;
    room.components.held.lock().unwrap().clear();
    room.components.gate.notify_waiters();
    room.service.drain().await;
    for view in &views {
        assert_eq!(room.view(view).await.phase, DeploymentPhase::Ready);
    }
    assert_eq!(joined.id, views[5].id);
    assert!(room.view(&again).await.current, "the last one asked for answers");
    assert_eq!(room.components.most_running.load(Ordering::SeqCst), 1, "one at a time");
    let prepared = room.components.prepared.lock().unwrap().clone();
    let expected: Vec<_> =
        ["v0", "v1", "v2", "v3", "v4", "v5", "v1"].iter().map(|v| digest_of(format!("\0asm{v}").as_bytes())).collect();
    assert_eq!(prepared, expected, "in the order asked for");
    let versions: Vec<_> = room.route_release.seen.lock().unwrap().iter().map(|r| r.version).collect();
    assert!(versions.is_sorted(), "{versions:?}");
}

#[tokio::test]
async fn another_app_does_not_wait_and_too_many_are_refused() {
    let room = Room::new();
    room.components.held.lock().unwrap().insert(digest_of(b"\0asmv0"));
    for n in 0..crate::deploy::QUEUE_MAX {
        room.begin(&owner(), "coffee", format!("\0asmv{n}").as_bytes()).await;
    }
    let digest = room.upload(b"\0asmone too many").await;
    let body = Sent::Json(deployment("coffee", digest));
    let refusal = room.ask(Op::DeploymentCreate, &owner(), &["coffee"], body).await.unwrap_err();
    assert_eq!(refusal.code, Code::CTL_CONFLICT);
    let known = room.store.deployments.lock().unwrap().len();
    assert_eq!(known, crate::deploy::QUEUE_MAX, "what was refused is not kept");
    assert!(room.deploy("tea", b"\0asmleaf").await.current);
}

#[tokio::test]
async fn what_a_crash_interrupted_is_failed_and_the_rest_is_restored() {
    let room = Room::new();
    let good = room.deploy("coffee", b"\0asmone").await;
    room.components.held.lock().unwrap().insert(digest_of(b"\0asmtwo"));
    let cut = room.begin(&owner(), "coffee", b"\0asmtwo").await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let after = room.restarted();
    let restored = after.service.restore().await.unwrap();
    assert_eq!((restored.apps, restored.interrupted, restored.failed.len()), (1, 1, 0));
    let view = after.view(&cut).await;
    assert_eq!(view.failure.unwrap().reason, "interrupted, deploy again");
    assert_eq!(after.route_release.last().deployment, Some(good.id));
    let again = after.deploy("coffee", b"\0asmtwo").await;
    assert_eq!((again.id, again.current), (cut.id, true));
}

#[tokio::test]
async fn one_app_that_cannot_be_restored_does_not_keep_the_others_down() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    room.deploy("tea", b"\0asmleaf").await;
    for stored in room.store.deployments.lock().unwrap().iter_mut().filter(|d| d.app == app("coffee")) {
        stored.manifest = "damaged".into();
    }
    let after = room.restarted();
    let restored = after.service.restore().await.unwrap();
    assert_eq!(restored.apps, 1);
    assert_eq!(restored.failed[0].0, app("coffee"));
    assert_eq!(after.route_release.last().app, app("tea"));
}

#[tokio::test]
async fn a_room_that_refuses_a_release_brings_the_former_one_back() {
    let room = Room::new();
    let good = room.deploy("coffee", b"\0asmone").await;
    *room.route_release.refuse_functions.lock().unwrap() = Some("other".into());
    let digest = room.upload(b"\0asmtwo").await;
    let text = manifest("coffee").replace("name = \"menu\"", "name = \"other\"");
    let body = json!({ "manifest": text, "components": { "menu.wasm": digest } });
    let (_, value) = room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body)).await.unwrap();
    let view = room.end(&serde_json::from_value(value).unwrap()).await;
    let failure = view.failure.unwrap();
    assert_eq!(failure.code, Code::PLT_INTERNAL.as_str());
    assert!(!failure.reason.contains("said no"), "private: {}", failure.reason);
    for port in [&room.policy_release, &room.route_release] {
        assert_eq!(port.last().deployment, Some(good.id));
        assert_eq!(port.last().functions[0].function.as_str(), "menu");
    }
    assert!(room.view(&good).await.current);
}

#[tokio::test]
async fn removing_an_app_ends_its_deployment_under_way() {
    let room = Room::new();
    room.components.held.lock().unwrap().insert(digest_of(b"\0asmone"));
    room.begin(&owner(), "coffee", b"\0asmone").await;
    room.ask(Op::AppRemove, &owner(), &["coffee"], Sent::Nothing).await.unwrap();
    room.components.held.lock().unwrap().clear();
    room.components.gate.notify_waiters();
    room.service.drain().await;
    assert!(room.store.apps.lock().unwrap().is_empty());
    assert_eq!(*room.route_release.withdrawn.lock().unwrap(), [app("coffee")]);
    assert_eq!(*room.credentials.forgotten.lock().unwrap(), [app("coffee")]);
    let published = room.route_release.seen.lock().unwrap().iter().any(|r| !r.functions.is_empty());
    assert!(!published, "it never became reachable");
}

#[tokio::test]
async fn rollback_goes_to_the_newest_ready_one_before_or_to_the_named_one() {
    let room = Room::new();
    let one = room.deploy("coffee", b"\0asmone").await;
    room.components.bad.lock().unwrap().insert(digest_of(b"\0asmbad"));
    let bad = room.deploy("coffee", b"\0asmbad").await;
    let two = room.deploy("coffee", b"\0asmtwo").await;
    let back = |to: serde_json::Value| room.ask(Op::AppRollback, &OPERATOR, &["coffee"], Sent::Json(to));
    let (_, view) = back(json!({})).await.unwrap();
    assert_eq!((view["id"].as_str(), view["current"].as_bool()), (Some(one.id.to_string().as_str()), Some(true)));
    assert_eq!(room.route_release.last().deployment, Some(one.id));
    assert_eq!(back(json!({})).await.unwrap_err().code, Code::CTL_CONFLICT, "there is none before the first");
    back(json!({ "to": two.id.hex()[..8] })).await.unwrap();
    assert!(room.view(&two).await.current);
    assert_eq!(back(json!({ "to": bad.id.to_string() })).await.unwrap_err().code, Code::CTL_CONFLICT);
    assert_eq!(back(json!({ "to": "00000000" })).await.unwrap_err().code, Code::CTL_NOT_FOUND);
    assert_eq!(back(json!({ "to": "abc" })).await.unwrap_err().code, Code::CTL_BAD_INPUT);
    // What cannot be prepared any more is not switched to.
    room.components.bad.lock().unwrap().insert(digest_of(b"\0asmone"));
    assert_eq!(back(json!({ "to": one.id.hex() })).await.unwrap_err().code, Code::CTL_COMPONENT);
    assert!(room.view(&two).await.current);
}

#[tokio::test]
async fn bad_deployments_are_refused_before_anything_is_kept() {
    let room = Room::new();
    let digest = room.upload(b"\0asmone").await;
    let absent = digest_of(b"\0asmnever uploaded");
    let text = manifest("coffee");
    let with_policy = format!("{text}\n[app]\n");
    let cases = [
        (json!({ "manifest": "name = ", "components": {} }), Code::CTL_MANIFEST, "line 1"),
        (json!({ "manifest": manifest("tea"), "components": { "menu.wasm": digest } }), Code::CTL_MANIFEST, "`tea`"),
        (json!({ "manifest": text, "components": {} }), Code::CTL_MANIFEST, "`menu.wasm`"),
        (json!({ "manifest": text, "components": { "menu.wasm": absent } }), Code::CTL_COMPONENT, "is not stored"),
        (
            json!({ "manifest": text, "components": { "menu.wasm": digest, "x.wasm": digest } }),
            Code::CTL_BAD_INPUT,
            "`x.wasm`",
        ),
        (
            json!({ "manifest": text, "components": { "menu.wasm": digest }, "policy": "permit(..)" }),
            Code::CTL_MANIFEST,
            "does not name",
        ),
        (json!({ "manifest": text, "components": { "menu.wasm": "md5:1" } }), Code::CTL_BAD_INPUT, "is not a digest"),
        (json!({ "manifest": text, "component": {} }), Code::CTL_BAD_INPUT, "unknown field `component`"),
        (json!({ "manifest": with_policy, "components": { "menu.wasm": digest } }), Code::CTL_MANIFEST, "app"),
    ];
    for (body, code, said) in cases {
        let refusal =
            room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body.clone())).await.unwrap_err();
        let detail = refusal.detail.unwrap_or_default();
        assert_eq!(refusal.code, code, "{body} {detail}");
        assert!(detail.contains(said), "{body}: {detail}");
    }
    assert!(room.store.apps.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_cedar_file_is_checked_and_must_arrive_when_it_is_named() {
    let room = Room::new();
    let digest = room.upload(b"\0asmone").await;
    let text = format!("{}\n[policy]\nfile = \"rules.cedar\"\n", manifest("coffee"));
    let send = async |policy: Option<&str>| {
        let body = json!({ "manifest": text, "components": { "menu.wasm": digest }, "policy": policy });
        room.ask(Op::DeploymentCreate, &person(2, false), &["coffee"], Sent::Json(body)).await
    };
    assert!(send(None).await.unwrap_err().detail.unwrap().contains("no policy was sent"));
    assert!(send(Some("nonsense")).await.unwrap_err().detail.unwrap().contains("`nonsense` is not a policy"));
    let (_, view) = send(Some("permit (principal, action, resource);")).await.unwrap();
    room.end(&serde_json::from_value(view).unwrap()).await;
    assert!(room.route_release.last().cedar.is_some());
}

#[tokio::test]
async fn a_source_is_a_module_with_the_handlers_that_functions_name() {
    let room = Room::new();
    let (module, wasm) = (room.upload(b"export default {}").await, room.upload(b"\0asm").await);
    let with = |line: &str| format!("name = \"coffee\"\n[[function]]\nname = \"menu\"\nroute = \"/menu\"\n{line}\n");
    let create = async |manifest: String, path: &str, digest: types::Digest| {
        let body = json!({ "manifest": manifest, "components": { path: digest } });
        room.ask(Op::DeploymentCreate, &owner(), &["coffee"], Sent::Json(body)).await
    };
    // What is sent has to be what the manifest says: later on, its first bytes alone tell what it is.
    for (line, path, digest, says) in [
        (
            "source = \"menu.js\"",
            "menu.js",
            wasm,
            "`menu.js` is a `source`, and what was uploaded for it is WebAssembly",
        ),
        ("component = \"menu.wasm\"", "menu.wasm", module, "`menu.wasm` is a `component`"),
    ] {
        let refusal = create(with(line), path, digest).await.unwrap_err();
        assert_eq!(refusal.code, Code::CTL_COMPONENT);
        assert!(refusal.detail.unwrap().contains(says), "{line}");
    }
    for (line, missing) in [
        ("source = \"menu.js\"", None),
        ("source = \"menu.js\"\nhandler = \"night\"", None),
        ("source = \"menu.js\"\nhandler = \"list\"", None),
        (
            "source = \"menu.js\"\nhandler = \"lost\"",
            Some("exports no function `lost`; its handlers are `default`, `list`"),
        ),
    ] {
        let (status, value) = create(with(line), "menu.js", module).await.unwrap();
        assert_eq!(status, 202);
        let view = room.end(&serde_json::from_value(value).unwrap()).await;
        match missing {
            None => assert_eq!(view.phase, DeploymentPhase::Ready, "{line}: {:?}", view.failure),
            Some(says) => assert!(view.failure.unwrap().reason.contains(says), "{line}"),
        }
    }
    assert_eq!(room.route_release.last().functions[0].handler.as_deref(), Some("list"));
}

/// Refused, failed or ready: whoever waits for the first one must not wait for ever.
#[tokio::test]
async fn every_deployment_that_begins_to_be_made_ready_ends() {
    let room = Room::new();
    room.deploy("coffee", b"\0asmone").await;
    for _ in 0..10_000 {
        if room.route_release.under_way.lock().unwrap().len() == 2 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(*room.route_release.under_way.lock().unwrap(), [true, false]);
    assert_eq!(*room.policy_release.under_way.lock().unwrap(), [true, false], "every part is told");
}
