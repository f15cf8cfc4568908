//! Values to store. `n` makes them different from each other.
use types::{AppName, Assurance, CredentialId, Digest, PrincipalId, UnixMillis};

use super::{AnyStore, ok};
use crate::{
    Account, Audience, Credential, CredentialKind, Deployment, DeploymentState, Invitation, Known, MemberRole,
    Principal, PrincipalKind, Session,
};

pub(super) const START: UnixMillis = UnixMillis(1_790_000_000_000);

pub(super) fn at(seconds: u64) -> UnixMillis {
    START.plus_seconds(seconds)
}

pub(super) fn app(name: &str) -> AppName {
    AppName::parse(name).unwrap_or_else(|e| panic!("{e}"))
}

pub(super) fn digest(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

pub(super) fn person(n: u8, owner: bool) -> Principal {
    principal(n, PrincipalKind::Person { owner }, &format!("Person {n} \u{e9}\u{4e2d}"))
}

pub(super) fn service(n: u8, of: &str, name: &str) -> Principal {
    principal(n, PrincipalKind::Service { app: app(of) }, name)
}

fn principal(n: u8, kind: PrincipalKind, name: &str) -> Principal {
    let id = PrincipalId::from_bytes([n; 16]);
    Principal { id, kind, name: name.into(), disabled: false, created_at: at(n.into()), version: 1 }
}

pub(super) fn credential(n: u8, of: u8, kind: CredentialKind, audience: Audience) -> Credential {
    Credential {
        id: CredentialId::from_bytes([n; 16]),
        principal: PrincipalId::from_bytes([of; 16]),
        kind,
        audience,
        secret_hash: digest(n),
        label: format!("laptop {n}").into(),
        created_at: at(n.into()),
        expires_at: at(3_600),
        revoked_at: None,
        parent: None,
    }
}

pub(super) fn cli(n: u8, of: u8) -> Credential {
    credential(n, of, CredentialKind::Cli, Audience::Platform)
}

/// A credential that was made with no other, and is no login.
pub(super) fn known(credential: Credential, principal: Principal) -> Known {
    Known { shown_at: credential.created_at, credential, principal, login: None }
}

pub(super) fn deployment(of: &str, n: u8) -> Deployment {
    Deployment {
        app: app(of),
        id: digest(n),
        manifest: format!("name = \"{of}\" # {n} \u{0} \"quotes\"").into(),
        policy: n.is_multiple_of(2).then(|| "permit(principal, action, resource);".into()),
        components: vec![("menu.wasm".into(), digest(100)), ("a b/\u{e9}.wasm".into(), digest(n))],
        state: DeploymentState::Preparing,
        created_at: at(n.into()),
        created_by: (n > 10).then(|| PrincipalId::from_bytes([n; 16])),
    }
}

pub(super) fn account(of: u8) -> Account {
    Account {
        person: PrincipalId::from_bytes([of; 16]),
        email: format!("person{of}@example.org").into(),
        email_verified: false,
        password: Some(format!("$argon2id$of {of}").into()),
        password_at: Some(at(of.into())),
        totp: None,
        passkeys: "[]".into(),
    }
}

/// A session at the sign-in origin.
pub(super) fn sso(n: u8, of: u8) -> Session {
    Session {
        id: CredentialId::from_bytes([n; 16]),
        person: PrincipalId::from_bytes([of; 16]),
        parent: None,
        app: None,
        secret_hash: digest(n),
        former: None,
        created_at: at(n.into()),
        used_at: at(n.into()),
        rotated_at: at(n.into()),
        expires_at: at(3_600),
        assurance: Assurance::MultiFactor,
        authenticated_at: at(1),
        device: format!("Browser {n} \u{e9}").into(),
    }
}

pub(super) fn child(n: u8, parent: u8, of: u8, at_app: &str) -> Session {
    let parent = Some(CredentialId::from_bytes([parent; 16]));
    Session { parent, app: Some(app(at_app)), assurance: Assurance::SingleFactor, ..sso(n, of) }
}

pub(super) fn invitation(n: u8, to: Option<&str>) -> Invitation {
    Invitation {
        id: CredentialId::from_bytes([n; 16]),
        code_hash: digest(n),
        email: format!("guest{n}@example.org").into(),
        name: None,
        groups: Vec::new(),
        app: to.map(|to| (app(to), MemberRole::Member)),
        invited_by: to.is_none().then(|| PrincipalId::from_bytes([n; 16])),
        mailed: to.is_none(),
        sign_up: false,
        created_at: at(n.into()),
        expires_at: at(3_600),
    }
}

/// A store with app `coffee`, person 1 (no owner), and that person as admin.
pub(super) async fn coffee(make: &impl Fn() -> AnyStore) -> AnyStore {
    let store = make();
    ok(store.add_principal(person(1, false)).await);
    assert!(ok(store.add_app(app("coffee"), at(1), Some(person(1, false).id)).await));
    store
}
