//! Apps come, and go with everything that belongs to them.
use super::{AnyStore, conflicts, ok, samples::*};
use crate::{App, Audience, CredentialKind, DeploymentState, MemberRole};

/// Adding, finding, listing; a second add of the same name changes nothing.
pub async fn check_apps(make: impl Fn() -> AnyStore) {
    let store = make();
    assert_eq!(ok(store.app(app("coffee")).await), None);
    assert_eq!(ok(store.apps().await), []);
    assert!(ok(store.add_app(app("tea"), at(2), None).await));
    assert!(ok(store.add_app(app("coffee"), at(1), None).await));

    let coffee = App { name: app("coffee"), created_at: at(1), current: None, version: 1 };
    assert_eq!(ok(store.app(app("coffee")).await), Some(coffee.clone()));
    assert!(!ok(store.add_app(app("coffee"), at(9), None).await), "the app existed");
    assert_eq!(ok(store.app(app("coffee")).await), Some(coffee), "and was not changed");
    let names: Vec<_> = ok(store.apps().await).into_iter().map(|a| a.name).collect();
    assert_eq!(names, [app("coffee"), app("tea")], "by name");

    // An app without the admin it was to have must not exist.
    conflicts(store.add_app(app("milk"), at(3), Some(person(7, false).id)).await);
    assert_eq!(ok(store.app(app("milk")).await), None);
    assert!(!ok(store.remove_app(app("milk")).await));
}

/// Removal is one transaction over every table, and a later app of the same name inherits nothing.
pub async fn check_app_removal_takes_everything_along(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_app(app("tea"), at(1), Some(person(1, false).id)).await);
    for of in ["coffee", "tea"] {
        ok(store.add_deployment(deployment(of, 20)).await);
        ok(store.set_deployment_state(app(of), digest(20), DeploymentState::Ready).await);
        ok(store.switch(app(of), digest(20)).await);
    }
    ok(store.add_principal(service(2, "coffee", "till")).await);
    ok(store.add_principal(service(3, "tea", "till")).await);
    ok(store.add_credential(credential(31, 2, CredentialKind::Service, Audience::App(app("coffee")))).await);
    ok(store.add_credential(credential(32, 3, CredentialKind::Service, Audience::App(app("tea")))).await);
    ok(store.add_credential(credential(33, 1, CredentialKind::Call, Audience::App(app("coffee")))).await);
    ok(store.add_credential(cli(34, 1)).await);

    assert!(ok(store.remove_app(app("coffee")).await));
    assert_eq!(ok(store.app(app("coffee")).await), None);
    assert_eq!(ok(store.deployments(app("coffee")).await), []);
    assert_eq!(ok(store.deployment(app("coffee"), digest(20)).await), None);
    assert_eq!(ok(store.members(app("coffee")).await), []);
    assert_eq!(ok(store.principal(service(2, "coffee", "till").id).await), None);
    for gone in [31, 33] {
        assert_eq!(ok(store.credential(digest(gone)).await), None, "credential {gone} counted for the app only");
    }
    assert!(!ok(store.remove_app(app("coffee")).await), "removing twice");

    // The neighbour and the person are untouched.
    assert_eq!(ok(store.app(app("tea")).await).and_then(|a| a.current), Some(digest(20)));
    assert_eq!(ok(store.members(app("tea")).await).first().map(|m| m.role), Some(MemberRole::Admin));
    for stays in [32, 34] {
        assert!(ok(store.credential(digest(stays)).await).is_some(), "credential {stays}");
    }
    assert!(ok(store.add_app(app("coffee"), at(50), None).await));
    assert_eq!(ok(store.deployments(app("coffee")).await), []);
    assert_eq!(ok(store.members(app("coffee")).await), []);
    assert_eq!(ok(store.principals(Some(app("coffee"))).await), []);
}
