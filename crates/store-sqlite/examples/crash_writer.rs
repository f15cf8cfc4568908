//! The child of `tests/crash.rs`: writes as fast as it can and says on stdout what was acknowledged, until it is killed.
//!
//! `crash_writer <folder> <run>`: four writers work at the same time, so that kills hit shared commits. Names carry the run's number,
//! so that the parent can tell what belongs to which life.
#![expect(clippy::expect_used, reason = "a test program: any surprise ends it")]
use std::{io::Write, path::Path, sync::Arc};

use store::{
    AppMember, Apps, Audience, Credential, CredentialKind, Deployment, DeploymentState, Directory, MemberRole,
    Principal, PrincipalKind, StoreError,
};
use store_sqlite::SqliteStore;
use types::{AppName, CredentialId, Digest, PrincipalId, UnixMillis};

/// One line, flushed whole: what the parent reads was acknowledged before.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the parent listens");
}

/// 16 bytes: the kind of thing, the run, the number.
fn tag(kind: u8, run: u32, n: u32) -> [u8; 16] {
    let mut bytes = [kind; 16];
    for (to, from) in bytes.iter_mut().zip(run.to_be_bytes().into_iter().chain(n.to_be_bytes())) {
        *to = from;
    }
    bytes
}

fn digest(kind: u8, run: u32, n: u32) -> Digest {
    let half = tag(kind, run, n);
    let mut whole = [0; 32];
    for (to, from) in whole.iter_mut().zip(half.into_iter().chain(half)) {
        *to = from;
    }
    Digest::from_bytes(whole)
}

fn person(run: u32, n: u32, owner: bool) -> Principal {
    let id = PrincipalId::from_bytes(tag(1, run, n));
    let kind = PrincipalKind::Person { owner };
    Principal { id, kind, name: "someone".into(), disabled: false, created_at: UnixMillis(1), version: 1 }
}

fn credential(run: u32, n: u32, principal: PrincipalId) -> Credential {
    Credential {
        id: CredentialId::from_bytes(tag(2, run, n)),
        principal,
        kind: CredentialKind::Cli,
        audience: Audience::Platform,
        secret_hash: digest(3, run, n),
        label: "key".into(),
        created_at: UnixMillis(1),
        expires_at: UnixMillis(1_000),
        revoked_at: None,
        parent: None,
    }
}

/// Claims: put, redeem. Every tenth also tries a write that must fail in the same groups.
async fn claims(store: &SqliteStore, run: u32) -> Result<(), StoreError> {
    for n in 0.. {
        let owner = person(run, n, true);
        store.put_claim(digest(4, run, n), UnixMillis(100)).await?;
        let first = credential(run, n, owner.id);
        assert!(store.redeem_claim(digest(4, run, n), UnixMillis(5), owner.clone(), first.clone()).await?);
        say(&format!("owner {run} {n}"));
        if n % 10 == 0 {
            let twice = store.add_credential(Credential { label: "never".into(), ..first }).await;
            assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
        }
    }
    Ok(())
}

/// Revocations: a person of its own, one credential after the other.
async fn revocations(store: &SqliteStore, run: u32) -> Result<(), StoreError> {
    const BASE: u32 = 1 << 24;
    let someone = person(run, BASE, false);
    store.add_principal(someone.clone()).await?;
    for n in BASE.. {
        let new = credential(run, n, someone.id);
        store.add_credential(new.clone()).await?;
        say(&format!("credential {run} {n}"));
        store.revoke_credential(new.id, UnixMillis(7)).await?;
        say(&format!("revoked {run} {n}"));
    }
    Ok(())
}

/// One app that is switched from deployment to deployment: version = 2 + number of switches.
async fn switches(store: &SqliteStore, run: u32) -> Result<(), StoreError> {
    let app = AppName::parse(&format!("switch-{run}")).expect("a name");
    let admin = person(run, 2 << 24, false);
    store.add_principal(admin.clone()).await?;
    store.add_app(app.clone(), UnixMillis(1), None).await?;
    let member = AppMember { principal: admin.id, role: MemberRole::Admin, added_at: UnixMillis(1) };
    store.put_member(app.clone(), member).await?;
    say(&format!("member {run} 0"));
    for n in 1_u32.. {
        let id = digest(5, run, n);
        let new = Deployment {
            app: app.clone(),
            id,
            manifest: "name = \"switch\"".into(),
            policy: None,
            components: vec![("a.wasm".into(), id)],
            state: DeploymentState::Preparing,
            created_at: UnixMillis(n.into()),
            created_by: Some(admin.id),
        };
        store.add_deployment(new).await?;
        store.set_deployment_state(app.clone(), id, DeploymentState::Ready).await?;
        let now = store.switch(app.clone(), id).await?;
        assert_eq!(now.version, 2 + u64::from(n));
        say(&format!("switch {run} {n}"));
    }
    Ok(())
}

/// Apps that come with everything and go again.
async fn removals(store: &SqliteStore, run: u32) -> Result<(), StoreError> {
    for n in 3 << 24.. {
        let app = AppName::parse(&format!("gone-{run}-{n}")).expect("a name");
        let id = PrincipalId::from_bytes(tag(6, run, n));
        let kind = PrincipalKind::Service { app: app.clone() };
        let till = Principal { id, kind, name: "till".into(), disabled: false, created_at: UnixMillis(1), version: 1 };
        store.add_app(app.clone(), UnixMillis(1), None).await?;
        say(&format!("app {run} {n}"));
        store.add_principal(till).await?;
        let token = Credential { audience: Audience::App(app.clone()), ..credential(run, n, id) };
        store.add_credential(Credential { kind: CredentialKind::Service, ..token }).await?;
        assert!(store.remove_app(app).await?);
        say(&format!("gone {run} {n}"));
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("a folder");
    let run = args.next().expect("a run").parse().expect("a number");
    let store = Arc::new(SqliteStore::open(Path::new(&folder)).expect("the store opens after every crash"));
    say("open");
    let done =
        tokio::try_join!(claims(&store, run), revocations(&store, run), switches(&store, run), removals(&store, run));
    panic!("the writers end by a kill only: {done:?}");
}
