//! The log in a process that is killed or runs out of disk.
//!
//! A test binary of its own, and one test at a time: a child holds every descriptor of its parent between fork and exec, a
//! neighbour's lock file included, and the neighbour would find its log in use by nobody.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests start processes to kill them")]
#[path = "../log/fixture.rs"]
#[expect(dead_code, reason = "the other test binary uses the rest")]
mod fixture;
#[path = "../../examples/recorder/signer.rs"]
mod signer;

use std::{
    io::Read as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use audit::{Filter, query};

use crate::fixture::Fixture;

/// One test at a time. A test that failed has no claim on the next one.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `examples/recorder`, beside this test's own executable.
fn recorder() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.set_file_name("examples");
    path.join("recorder")
}

fn start(f: &Fixture, word: &str) -> Child {
    let mut command = Command::new(recorder());
    let memory = f.dir().parent().unwrap().join("signed");
    command.arg(f.dir()).arg(memory).args([word, "6"]).stdout(Stdio::piped()).spawn().unwrap()
}

/// A generator with a fixed seed: the same kill points in each run, as far as the machine allows.
struct Dice(u64);
impl Dice {
    fn up_to(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// kill -9 at random points: nothing that was acknowledged is lost, and the log verifies.
#[test]
fn three_hundred_kills_lose_nothing_acknowledged() {
    let _turn = turn();
    let f = Fixture::new();
    let mut dice = Dice(42);
    let (mut acknowledged, mut torn, mut records) = (0_u64, 0, 0);
    for round in 0..300 {
        let mut child = start(&f, &format!("k{round}"));
        std::thread::sleep(Duration::from_micros(2_000 + dice.up_to(50_000)));
        child.kill().unwrap();
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        child.wait().unwrap();
        let lines: Vec<(u64, &str)> = text
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter_map(|(index, name)| Some((index.parse().ok()?, name)))
            .collect();
        acknowledged += lines.len() as u64;

        let (log, recovered) = f.open().unwrap();
        drop(log);
        assert!(recovered.records >= records, "round {round}: the log shrank");
        records = recovered.records;
        torn += u64::from(recovered.torn_bytes > 0);
        for (index, name) in lines.iter().rev().take(20) {
            let page = query(&f.dir(), &Filter { before: Some(index + 1), limit: 1, ..Filter::default() }).unwrap();
            assert_eq!((page.entries[0].index, page.entries[0].event.note.as_deref()), (*index, Some(*name)));
        }
        // The last line may be cut off by the kill; whole ones all count.
        let last = lines.iter().map(|l| l.0).max();
        assert!(last.is_none_or(|last| last < records), "round {round}: record {last:?} of {records} is lost");
        if round % 25 == 24 {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(f.write(1));
            records += 1;
            f.intact();
        }
    }
    println!("{acknowledged} acknowledged, {records} records, {torn} torn tails");
    assert!(acknowledged > 1_000);
}

/// Every write over 64 KiB a file fails, as on a full disk.
#[test]
fn a_full_disk_stops_the_log_and_a_restart_recovers_it() {
    let _turn = turn();
    let f = Fixture::new();
    let script = "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\"";
    let mut shell = Command::new("sh");
    let memory = f.dir().parent().unwrap().join("signed");
    let child = shell.args(["-c", script]).arg(recorder()).arg(f.dir()).arg(memory).args(["full", "8"]);
    let output = child.stdout(Stdio::piped()).stderr(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let acknowledged = text.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_digit())).count() as u64;
    let failed: Vec<_> = text.lines().filter(|l| l.starts_with("failed") || l.starts_with("refused")).collect();
    assert!(acknowledged > 50, "{text}");
    assert!(failed.contains(&"failed false true"), "waiting receipts fail: {failed:?}");
    assert!(failed.contains(&"refused false true"), "later records are refused: {failed:?}");
    let (log, recovered) = f.open().unwrap();
    assert!(recovered.records >= acknowledged, "{recovered:?} of {acknowledged}");
    drop(log);
}
