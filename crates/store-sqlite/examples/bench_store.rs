//! What reads and durable writes cost here: `cargo run --release -p store-sqlite --example bench_store`.
//!
//! Prints wall time, because a commit is a wait for the disk; the disk is the one that holds the temporary folder.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark: it reads the clock, and any surprise ends it"
)]
use std::{sync::Arc, time::Instant};

use store::{Audience, Credential, CredentialKind, Directory, Principal, PrincipalKind};
use store_sqlite::SqliteStore;
use types::{CredentialId, Digest, PrincipalId, UnixMillis};

/// Different ids and hashes for different `n`.
fn credential(n: u64) -> Credential {
    let mut hash = [0; 32];
    // Spread over the index as hashes are.
    for (to, from) in hash.iter_mut().zip(n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes().into_iter().cycle()) {
        *to = from;
    }
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(n.to_be_bytes()) {
        *to = from;
    }
    Credential {
        id: CredentialId::from_bytes(id),
        principal: PrincipalId::from_bytes([1; 16]),
        kind: CredentialKind::Cli,
        audience: Audience::Platform,
        secret_hash: Digest::from_bytes(hash),
        label: "bench".into(),
        created_at: UnixMillis(n),
        expires_at: UnixMillis(u64::from(u32::MAX)),
        revoked_at: None,
        parent: None,
    }
}

/// `callers` at the same time, each writing one after the other, `each` times.
async fn write(store: &Arc<SqliteStore>, first: u64, callers: u64, each: u64) {
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..each {
                    store.add_credential(credential(first + caller * each + n)).await.expect("added");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    let s = start.elapsed().as_secs_f64();
    let writes = callers * each;
    println!(
        "durable writes, {callers:>4} callers: {:>8.0} /s, {:>6.2} ms each for a caller",
        writes as f64 / s,
        s * 1e3 / each as f64
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Arc::new(SqliteStore::open(folder.path()).expect("a store"));
    let kind = PrincipalKind::Person { owner: true };
    let id = PrincipalId::from_bytes([1; 16]);
    let owner = Principal { id, kind, name: "Ana".into(), disabled: false, created_at: UnixMillis(1), version: 1 };
    store.add_principal(owner).await.expect("added");

    write(&store, 0, 1, 200).await;
    write(&store, 1_000, 16, 100).await;
    write(&store, 10_000, 256, 100).await;
    write(&store, 100_000, 1_000, 50).await;

    let reads = 20_000;
    for (name, known) in [("known", true), ("unknown", false)] {
        let start = Instant::now();
        for n in 0..reads {
            let which = if known { 100_000 + n % 50_000 } else { 1 << 40 | n };
            let found = store.credential(credential(which).secret_hash).await.expect("an answer");
            assert_eq!(found.is_some(), known);
        }
        println!("point read, {name} of 77,000: {:>6.1} us", start.elapsed().as_secs_f64() * 1e6 / reads as f64);
    }
}
