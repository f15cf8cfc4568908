//! Deployments are immutable but for their state; exactly one ready one can be current.
use std::collections::HashSet;

use types::UnixMillis;

use super::{AnyStore, conflicts, ok, samples::*};
use crate::{Deployment, DeploymentState, Kept};

fn failed() -> DeploymentState {
    DeploymentState::Failed { code: "CTL-005".into(), reason: "imports `wasi:sockets`\nwhich is not granted".into() }
}

/// Every field comes back as it went in; lists are newest first; an app sees only its own.
pub async fn check_deployments(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_app(app("tea"), at(1), None).await);
    conflicts(store.add_deployment(deployment("milk", 1)).await);
    for n in [3, 20, 4] {
        ok(store.add_deployment(deployment("coffee", n)).await);
    }
    // The same contents under another app is another deployment.
    ok(store.add_deployment(deployment("tea", 3)).await);

    let found = ok(store.deployments(app("coffee")).await);
    assert_eq!(found, [deployment("coffee", 20), deployment("coffee", 4), deployment("coffee", 3)]);
    assert_eq!(ok(store.deployment(app("coffee"), digest(20)).await), Some(deployment("coffee", 20)));
    assert_eq!(ok(store.deployment(app("coffee"), digest(9)).await), None);
    assert_eq!(ok(store.deployment(app("tea"), digest(20)).await), None);

    // Two of the same millisecond: the later added comes first.
    let twin = |n| Deployment { created_at: UnixMillis(0), ..deployment("tea", n) };
    ok(store.add_deployment(twin(60)).await);
    ok(store.add_deployment(twin(50)).await);
    let ids: Vec<_> = ok(store.deployments(app("tea")).await).into_iter().map(|d| d.id).collect();
    assert_eq!(ids, [digest(3), digest(50), digest(60)]);

    let bare = Deployment { components: vec![], manifest: "".into(), ..deployment("tea", 70) };
    ok(store.add_deployment(bare.clone()).await);
    assert_eq!(ok(store.deployment(app("tea"), digest(70)).await), Some(bare));
}

/// A failed deployment can be tried again; a ready one is not set back by a second upload.
pub async fn check_deployment_states(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    let state = async |n| ok(store.deployment(app("coffee"), digest(n)).await).map(|d| d.state);
    ok(store.add_deployment(deployment("coffee", 1)).await);
    assert!(!ok(store.set_deployment_state(app("coffee"), digest(2), DeploymentState::Ready).await));
    assert!(!ok(store.set_deployment_state(app("tea"), digest(1), DeploymentState::Ready).await));

    assert!(ok(store.set_deployment_state(app("coffee"), digest(1), failed()).await));
    assert_eq!(state(1).await, Some(failed()));
    let again = Deployment { created_at: at(500), ..deployment("coffee", 1) };
    ok(store.add_deployment(again).await);
    assert_eq!(ok(store.deployment(app("coffee"), digest(1)).await), Some(deployment("coffee", 1)), "first time stays");

    assert!(ok(store.set_deployment_state(app("coffee"), digest(1), DeploymentState::Ready).await));
    ok(store.add_deployment(deployment("coffee", 1)).await);
    assert_eq!(state(1).await, Some(DeploymentState::Ready), "a second upload does not unready it");
    ok(store.switch(app("coffee"), digest(1)).await);
    conflicts(store.set_deployment_state(app("coffee"), digest(1), failed()).await);
    assert_eq!(state(1).await, Some(DeploymentState::Ready), "what answers stays ready");
}

/// Only a ready deployment of the same app becomes current, and every switch grows the version.
pub async fn check_switch(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_app(app("tea"), at(1), None).await);
    for n in [1, 2, 3] {
        ok(store.add_deployment(deployment("coffee", n)).await);
    }
    ok(store.add_deployment(deployment("tea", 9)).await);
    ok(store.set_deployment_state(app("tea"), digest(9), DeploymentState::Ready).await);
    ok(store.set_deployment_state(app("coffee"), digest(3), failed()).await);

    for (what, of, n) in [
        ("preparing", "coffee", 1),
        ("failed", "coffee", 3),
        ("unknown", "coffee", 77),
        ("another app's", "coffee", 9),
        ("of no app", "milk", 1),
    ] {
        let before = ok(store.app(app("coffee")).await);
        conflicts(store.switch(app(of), digest(n)).await);
        assert_eq!(ok(store.app(app("coffee")).await), before, "{what}");
    }

    let first = ok(store.app(app("coffee")).await).map_or(0, |a| a.version);
    for (step, n) in (1..).zip([1, 2, 1, 1]) {
        ok(store.set_deployment_state(app("coffee"), digest(n), DeploymentState::Ready).await);
        let now = ok(store.switch(app("coffee"), digest(n)).await);
        assert_eq!((now.current, now.version), (Some(digest(n)), first + step));
        assert_eq!(ok(store.app(app("coffee")).await), Some(now), "the answer is what is stored");
    }
}

/// History is cut to what a rollback may need; what is in use is what has not failed.
pub async fn check_history(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_app(app("tea"), at(1), None).await);
    assert_eq!(ok(store.components_in_use().await), HashSet::new());
    for n in 1..=9 {
        ok(store.add_deployment(deployment("coffee", n)).await);
    }
    ok(store.add_deployment(deployment("tea", 20)).await);
    for n in [1, 2, 3, 5, 6, 7, 8] {
        ok(store.set_deployment_state(app("coffee"), digest(n), DeploymentState::Ready).await);
    }
    ok(store.set_deployment_state(app("coffee"), digest(4), failed()).await);
    ok(store.switch(app("coffee"), digest(3)).await);
    let used = |all: &[u8]| all.iter().chain(&[100]).map(|n| digest(*n)).collect::<HashSet<_>>();
    assert_eq!(ok(store.components_in_use().await), used(&[1, 2, 3, 5, 6, 7, 8, 9, 20]));

    // Newest first: 9 preparing, 8 7 6 5 ready, 4 failed, 3 current, 2 former, 1.
    let kept = Kept { each: 2, spared: HashSet::from([digest(5)]) };
    assert_eq!(ok(store.prune_deployments(app("milk"), kept.clone()).await), 0, "no such app");
    assert_eq!(ok(store.prune_deployments(app("coffee"), kept.clone()).await), 2);
    let left: Vec<_> = ok(store.deployments(app("coffee")).await).iter().map(|d| d.id).collect();
    assert_eq!(left, [9, 8, 7, 5, 4, 3, 2].map(digest));
    assert_eq!(ok(store.prune_deployments(app("coffee"), kept).await), 0, "pruning twice is nothing new");
    assert_eq!(ok(store.app(app("coffee")).await).and_then(|a| a.current), Some(digest(3)));
    assert_eq!(ok(store.components_in_use().await), used(&[2, 3, 5, 7, 8, 9, 20]));
    assert_eq!(ok(store.deployments(app("tea")).await).len(), 1, "nobody else's history is cut");
    conflicts(store.switch(app("coffee"), digest(6)).await);

    let none = Kept::default();
    assert_eq!(ok(store.prune_deployments(app("coffee"), none).await), 4);
    let left: Vec<_> = ok(store.deployments(app("coffee")).await).iter().map(|d| d.id).collect();
    assert_eq!(left, [9, 3, 2].map(digest), "what is being prepared, what answers, and what is before it");
}
