//! What a worker takes before it belongs to an app, and what never twice.
#![expect(clippy::unwrap_used, reason = "tests")]

mod harness;

use harness::{Key, frame, js_machine, nameless, spawn_worker};
use types::AppName;
use wire::{
    Channel, Frame,
    work::{Assign, Loaded, Prepare, to_front, to_worker},
};

fn prepare(key: &Key) -> Frame {
    frame(to_worker::PREPARE, 0, &Prepare { artefact_key: key.public() })
}

fn assign() -> Frame {
    frame(to_worker::ASSIGN, 0, &Assign { app: AppName::parse("coffee").unwrap() })
}

fn load(key: &Key, artefact: &harness::Artefact) -> Frame {
    let mut load = frame(to_worker::LOAD, 1, &key.seal(artefact));
    load.fds.push(nameless(&artefact.bytes));
    load
}

/// What the worker says to these frames; `None`: it has ended.
async fn said(frames: Vec<Frame>) -> Option<Loaded> {
    let (_process, Channel { sender, mut receiver }, _) = spawn_worker().await;
    sender.send(frames).ok();
    let frame = tokio::time::timeout(harness::PATIENCE, receiver.next()).await.unwrap().ok()?;
    assert_eq!(frame.kind, to_front::LOADED);
    Some(frame.message().unwrap())
}

#[tokio::test]
async fn a_spare_worker_takes_the_javascript_engine_and_nothing_else() {
    let (key, machine) = (Key::fresh(), js_machine().await);
    assert_eq!(said(vec![prepare(&key), load(&key, machine)]).await, Some(Loaded::Ready));
    let (snapshot, _) = harness::snapshot("export default { fetch() {} };").await.unwrap();
    assert_eq!(said(vec![prepare(&key), load(&key, &snapshot)]).await, None);
    let component = harness::compile(&harness::guest("bench-hello")).await.unwrap();
    assert_eq!(said(vec![prepare(&key), load(&key, &component)]).await, None);
    // The engine's name on other code helps nobody: the signature covers both, and only the keeper signs.
    let forged = harness::Artefact { component: machine.component, ..snapshot };
    assert!(matches!(said(vec![prepare(&key), load(&Key::fresh(), &forged)]).await, Some(Loaded::Refused { .. })));
}

#[tokio::test]
async fn the_key_and_the_app_are_named_once() {
    let (key, machine) = (Key::fresh(), js_machine().await);
    assert_eq!(said(vec![load(&key, machine)]).await, None);
    assert_eq!(said(vec![prepare(&key), prepare(&Key::fresh()), load(&key, machine)]).await, None);
    assert_eq!(said(vec![prepare(&key), assign(), assign(), load(&key, machine)]).await, None);
    assert_eq!(said(vec![prepare(&key), assign(), load(&key, machine)]).await, Some(Loaded::Ready));
}
