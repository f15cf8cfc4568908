//! Start, restart, end; what a folder must be like.
use std::{fs, os::unix::fs::PermissionsExt as _};

use audit::{VerifyOptions, verify};
use wire::{Frame, supervisor::to_child};

use crate::process::{Keeper, build, events};

#[tokio::test]
async fn starts_jailed_and_a_restart_keeps_all_keys() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    let report: jail::Report = serde_json::from_str(&keeper.ready.posture).unwrap();
    assert_eq!(report.role, "keeper");
    assert!(report.seccomp && report.no_new_privs && !report.dumpable, "{report:?}");
    assert_eq!(keeper.ready.pid, keeper.child.id());
    let mut front = keeper.front();
    let keys = front.keys(Some(build(1))).await;
    assert_eq!(serde_json::from_str::<jail::Report>(&keys.posture).unwrap(), report);
    assert!(keys.audit.starts_with("serviceful/audit/") && keys.keeper_audit.starts_with("serviceful/keeper/"));
    assert_eq!(keys.signed, None);
    assert_eq!(front.keys(None).await.artefact, None);
    assert_eq!(keeper.drain(), 0);

    let keeper = Keeper::start(&folder).await;
    let again = keeper.front().keys(Some(build(1))).await;
    assert_eq!((again.artefact, &again.audit, &again.keeper_audit), (keys.artefact, &keys.audit, &keys.keeper_audit));
    assert_eq!(keeper.drain(), 0);

    let actions: Vec<_> = events(&folder).iter().map(|e| e.action.to_string()).collect();
    // Audit key, pepper, key of seals, artefact key.
    assert_eq!(actions, ["key-created"; 4]);
    let report = verify(&folder.join("audit"), &keys.keeper_audit, VerifyOptions::default()).unwrap();
    assert!(report.is_intact() && report.records == 4, "{:?}", report.problems);
}

#[tokio::test]
async fn looser_permissions_are_refused_and_the_message_says_what_to_run() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let keeper = Keeper::start(&folder).await;
    keeper.front().keys(Some(build(1))).await;
    keeper.drain();
    let artefact_key = fs::read_dir(folder.join("artefacts")).unwrap().map(|f| f.unwrap().path());
    let artefact_key = artefact_key.into_iter().find(|p| p.extension().is_some_and(|e| e == "key")).unwrap();
    for (path, wrong, right) in [
        (folder.clone(), 0o750, 0o700),
        (folder.join("audit.key"), 0o640, 0o600),
        (folder.join("artefacts"), 0o755, 0o700),
        (artefact_key, 0o604, 0o600),
    ] {
        fs::set_permissions(&path, fs::Permissions::from_mode(wrong)).unwrap();
        let said = Keeper::refused(&folder).await;
        assert!(said.contains(&format!("chmod {right:o} {}", path.display())), "{said}");
        fs::set_permissions(&path, fs::Permissions::from_mode(right)).unwrap();
    }
    assert_eq!(Keeper::start(&folder).await.drain(), 0);
}

#[tokio::test]
async fn a_damaged_key_or_memory_is_refused_not_replaced() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    assert_eq!(Keeper::start(&folder).await.drain(), 0);
    let key = fs::read(folder.join("audit.key")).unwrap();
    fs::write(folder.join("audit.key"), &key[..40]).unwrap();
    assert!(Keeper::refused(&folder).await.contains("is damaged"));
    assert_eq!(fs::read(folder.join("audit.key")).unwrap(), &key[..40]);
    fs::write(folder.join("audit.key"), &key).unwrap();
    fs::write(folder.join("signed-own"), "x").unwrap();
    assert!(Keeper::refused(&folder).await.contains("does not hold a size and a root"));
}

#[tokio::test]
async fn two_keepers_of_one_folder_are_one_too_many() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let first = Keeper::start(&folder).await;
    assert!(Keeper::refused(&folder).await.contains("another process writes the audit log"));
    assert_eq!(first.drain(), 0);
}

#[tokio::test]
async fn ends_with_its_supervisor_and_without_a_start() {
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("keeper");
    let Keeper { mut child, supervisor, .. } = Keeper::start(&folder).await;
    drop(supervisor);
    assert!(tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap().success());
}

#[tokio::test]
async fn a_fresh_channel_replaces_the_former_and_other_messages_change_nothing() {
    let outside = tempfile::tempdir().unwrap();
    let keeper = Keeper::start(&outside.path().join("keeper")).await;
    let mut first = keeper.front();
    let keys = first.keys(None).await;
    let mut second = keeper.front();
    assert_eq!(second.keys(None).await.audit, keys.audit);
    assert!(first.channel.receiver.next().await.is_err(), "the former is closed");
    // A KEEPER message without its descriptor, and kinds that concern others.
    for kind in [to_child::KEEPER, to_child::SPAWNED, to_child::NOTE, 99] {
        keeper.supervisor.sender.send(vec![Frame::new(kind, 0, Default::default())]).unwrap();
    }
    assert_eq!(second.keys(None).await.audit, keys.audit);
    drop(second);
    assert_eq!(keeper.front().keys(None).await.audit, keys.audit);
    assert_eq!(keeper.drain(), 0);
}
