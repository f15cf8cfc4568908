//! kill -9 at any moment: nothing acknowledged is missing, nothing is there by half, and the store opens again by itself.
//!
//! A kill leaves the kernel's page cache alone, so this says nothing about power cuts; that every commit is flushed is
//! checked in `open/tests.rs` (`synchronous = FULL`).
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a test that starts a process and looks at the clock")]
use std::{
    collections::HashSet,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use store_sqlite::{OpenError, SqliteStore};

const KILLS: u32 = 300;

/// One test at a time: a child holds every descriptor of its parent between fork and exec, a neighbour's lock included.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Examples are built beside the tests.
fn child() -> PathBuf {
    let here = std::env::current_exe().expect("this test's own path");
    let target = here.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>");
    let path = target.join("examples").join("crash_writer");
    assert!(
        path.exists(),
        "{} is missing; run `cargo build --example crash_writer` in the same profile",
        path.display()
    );
    path
}

/// Lets one child write for `after` from its first answer, kills it, and returns every acknowledgement that came out.
fn live_and_die(folder: &Path, run: u32, after: Duration) -> Vec<String> {
    let mut child = Command::new(child())
        .arg(folder)
        .arg(run.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "open");
    let reader = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
    std::thread::sleep(after);
    child.kill().expect("SIGKILL");
    let status = child.wait().expect("it ends");
    assert!(!status.success() && status.code().is_none(), "it was killed and did not end by itself: {status}");
    let mut said = reader.join().expect("the output");
    // The last line may be cut; then it was not acknowledged to anybody.
    if said.last().is_some_and(|line| line.split(' ').count() != 3) {
        said.pop();
    }
    said
}

fn column<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> Vec<T> {
    let mut read = db.prepare(sql).expect(sql);
    read.query_map([], |r| r.get(0)).expect(sql).collect::<Result<_, _>>().expect(sql)
}

fn count(db: &Connection, sql: &str) -> i64 {
    column(db, sql)[0]
}

/// What must hold after any death, whatever was acknowledged.
fn check_whole(db: &Connection) {
    assert_eq!(column::<String>(db, "PRAGMA integrity_check"), ["ok"]);
    assert!(column::<String>(db, "SELECT \"table\" FROM pragma_foreign_key_check").is_empty());
    for (half, sql) in [
        (
            "an owner without a first credential",
            "SELECT count(*) FROM principal p WHERE owner = 1 AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.principal = p.id)",
        ),
        ("a credential of a failed caller", "SELECT count(*) FROM credential WHERE label = 'never'"),
        (
            "a claim that is open although its owner exists",
            "SELECT count(*) FROM claim c JOIN principal p ON substr(p.id, 1, 8) = substr(c.code_hash, 1, 8) WHERE p.owner = 1",
        ),
        (
            "a switch without its version, or the other way round",
            "SELECT count(*) FROM app JOIN deployment d ON d.app = app.name AND d.id = app.current WHERE version <> 2 + d.created_at",
        ),
        (
            "a switch to what is not ready",
            "SELECT count(*) FROM app JOIN deployment d ON d.app = app.name AND d.id = app.current WHERE state <> 'ready'",
        ),
        (
            "a member without its version",
            "SELECT count(*) FROM app WHERE name LIKE 'switch-%' AND (version > 1) <> EXISTS (SELECT 1 FROM member m WHERE m.app = app.name)",
        ),
    ] {
        assert_eq!(count(db, sql), 0, "{half}");
    }
}

/// Everything of these runs that was acknowledged is there.
fn check_acknowledged(db: &Connection, said: &[String]) {
    let ids = |sql: &str| column::<[u8; 16]>(db, sql).into_iter().collect::<HashSet<_>>();
    let owners = ids("SELECT id FROM principal WHERE owner = 1");
    let credentials = ids("SELECT id FROM credential");
    let revoked = ids("SELECT id FROM credential WHERE revoked_at = 7");
    let apps: HashSet<String> = column(db, "SELECT name FROM app").into_iter().collect();
    let gone: HashSet<&str> = said.iter().filter_map(|line| line.strip_prefix("gone ")).collect();
    for line in said {
        let (what, which) = line.split_once(' ').expect("a word and two numbers");
        let (run, n) = which.split_once(' ').expect("two numbers");
        let (run, n): (u32, u32) = (run.parse().expect("a run"), n.parse().expect("a number"));
        let tag = |kind: u8| {
            let mut bytes = [kind; 16];
            bytes[..4].copy_from_slice(&run.to_be_bytes());
            bytes[4..8].copy_from_slice(&n.to_be_bytes());
            bytes
        };
        let there = match what {
            "owner" => owners.contains(&tag(1)) && credentials.contains(&tag(2)),
            "credential" => credentials.contains(&tag(2)),
            "revoked" => revoked.contains(&tag(2)),
            "member" => count(db, &format!("SELECT count(*) FROM member WHERE app = 'switch-{run}'")) == 1,
            "switch" => count(db, &format!("SELECT version FROM app WHERE name = 'switch-{run}'")) >= 2 + i64::from(n),
            // It may have been removed, and the removal not acknowledged: then it was the last one of its run.
            "app" => apps.contains(&format!("gone-{run}-{n}")) || gone.contains(which) || last_of_run(said, run) == n,
            "gone" => !apps.contains(&format!("gone-{run}-{n}")),
            other => panic!("the child said `{other}`"),
        };
        assert!(there, "acknowledged and lost: {line}");
    }
}

fn last_of_run(said: &[String], run: u32) -> u32 {
    let prefix = format!("app {run} ");
    let numbers = said.iter().filter_map(|line| line.strip_prefix(&prefix)?.parse().ok());
    numbers.max().unwrap_or_default()
}

#[test]
fn hundreds_of_kills_lose_nothing_acknowledged() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("platform.db");
    let mut all = Vec::new();
    let mut busy = 0_u32;
    let started = Instant::now();
    for run in 0..KILLS {
        // From at once to several groups later; 7 and 31 have no common factor, so all moments come up.
        let after = Duration::from_micros(u64::from(run * 7 % 31) * 2_000 + u64::from(run) * 3);
        let said = live_and_die(folder.path(), run, after);
        busy += u32::from(!said.is_empty());
        // Looked at as the crash left it, the write-ahead log included, and not through our own code.
        let db = Connection::open(&file).expect("SQLite recovers");
        check_whole(&db);
        check_acknowledged(&db, &said);
        all.extend(said);
    }
    let db = Connection::open(&file).expect("SQLite recovers");
    check_acknowledged(&db, &all);
    println!("{KILLS} kills, {} acknowledged writes, {:?}", all.len(), started.elapsed());
    // Otherwise the test proved nothing: most lives must have been killed in the middle of work.
    assert!(busy > KILLS / 2, "only {busy} of {KILLS} children got anything done");
}

#[test]
fn a_second_process_is_refused_and_the_first_does_not_notice() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteStore::open(folder.path()).expect("a store");
    let out = Command::new(child()).arg(folder.path()).arg("0").output().expect("the child runs");
    assert!(!out.status.success());
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(text.contains("InUse"), "{text}");
    drop(store);

    // The other way round: a living child keeps this process out, and its death lets it in.
    let mut child =
        Command::new(child()).arg(folder.path()).arg("1").stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "open");
    assert!(matches!(SqliteStore::open(folder.path()), Err(OpenError::InUse { .. })));
    child.kill().expect("SIGKILL");
    child.wait().expect("it ends");
    SqliteStore::open(folder.path()).expect("the kernel let go of the lock");
}
