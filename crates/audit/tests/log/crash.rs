//! kill -9 at random points: nothing that was acknowledged is lost, and the log verifies.
use std::{
    fs,
    io::Read as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use audit::{Filter, LogOptions, OpenError, query};

use crate::fixture::Fixture;

/// `examples/recorder`, beside this test's own executable.
pub(crate) fn recorder() -> PathBuf {
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

#[test]
fn three_hundred_kills_lose_nothing_acknowledged() {
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

/// The end of the file after each possible place of a cut, as a crash in the middle of a write leaves it.
#[test]
fn a_write_torn_at_any_byte_is_cut_off_and_kept_aside() {
    let mut f = Fixture::new();
    f.options = LogOptions { checkpoint_every: Duration::from_secs(3_600), ..f.options };
    let mut wholes = vec![0];
    for n in 0..3 {
        let (log, recovered) = f.open().unwrap();
        assert_eq!(recovered.records, n);
        audit::Record::record(&log, &crate::fixture::event(n)).unwrap();
        drop(log);
        wholes.push(fs::metadata(&f.segments()[0]).unwrap().len());
    }
    let segment = f.segments()[0].clone();
    let bytes = fs::read(&segment).unwrap();
    for cut in 0..bytes.len() {
        fs::write(&segment, &bytes[..cut]).unwrap();
        let (log, recovered) = f.open().unwrap();
        drop(log);
        let whole = wholes.iter().rposition(|w| *w <= cut as u64).unwrap();
        assert_eq!(recovered.records, whole as u64, "cut at {cut}");
        assert_eq!(recovered.torn_bytes, cut as u64 - wholes[whole], "cut at {cut}");
        assert_eq!(fs::metadata(&segment).unwrap().len(), wholes[whole]);
        if recovered.torn_bytes > 0 {
            assert_eq!(fs::read(f.path("torn")).unwrap(), &bytes[wholes[whole] as usize..cut]);
        }
    }
    // Zeros, as file systems leave them behind a size that was written before its data.
    fs::write(&segment, [bytes.as_slice(), &[0; 5_000]].concat()).unwrap();
    assert_eq!(f.open().unwrap().1.records, 3);
}

/// Damage in front of a whole write is no torn tail: cutting there would lose acknowledged records.
#[test]
fn damage_in_the_middle_is_refused_not_cut_off() {
    let mut f = Fixture::new();
    f.options = LogOptions { checkpoint_every: Duration::from_secs(3_600), ..f.options };
    for n in 0..3 {
        let (log, _) = f.open().unwrap();
        audit::Record::record(&log, &crate::fixture::event(n)).unwrap();
        drop(log);
    }
    let segment = f.segments()[0].clone();
    let bytes = fs::read(&segment).unwrap();
    let third = bytes.len() / 3;
    for at in 0..2 * third {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        fs::write(&segment, &changed).unwrap();
        assert!(matches!(f.open(), Err(OpenError::Damaged { .. })), "byte {at}");
        assert_eq!(fs::read(&segment).unwrap(), changed, "nothing was touched");
    }
}
