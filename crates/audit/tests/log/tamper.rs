//! Every way to change the files that we can think of is found, and the record is named.
use std::{fs, path::Path};

use audit::{Fault, LogOptions, Report};

use crate::fixture::{Fixture, files};

/// 700 records: two full bundles that are only in bundles, and an edge that is also in the append file.
async fn written() -> Fixture {
    let mut f = Fixture::new();
    f.options = LogOptions { segment_bytes_max: 20_000, ..f.options };
    for _ in 0..7 {
        f.write(100).await;
    }
    f.intact();
    assert!(!f.path("append/00000000000000000000.log").exists(), "the first segment is spent");
    f
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Offsets of a bundle's records, with their lengths.
fn places(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = 2 + usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
        found.push((at, length));
        at += length;
    }
    found
}

#[track_caller]
fn found(report: &Report, fault: Fault, index: u64) {
    assert!(
        report.problems.iter().any(|p| p.fault == fault && p.index == Some(index)),
        "{fault:?} {index}: {:#?}",
        report.problems
    );
}

#[tokio::test]
async fn a_flip_of_any_byte_of_a_full_bundle_names_its_record() {
    let f = written().await;
    let path = f.path("tile/entries/000");
    let bytes = fs::read(&path).unwrap();
    let places = places(&bytes);
    // Each byte of the first record, its length included, and one byte of each other.
    let first = 0..places[0].1;
    let others = places.iter().enumerate().skip(1).map(|(n, (at, length))| at + n % length);
    for at in first.chain(others) {
        edit(&path, |b| b[at] ^= 1);
        let index = places.iter().rposition(|(begin, _)| *begin <= at).unwrap() as u64;
        let report = f.verify_files();
        assert!(
            report.problems.iter().any(|p| p.index == Some(index)),
            "byte {at}, record {index}: {:#?}",
            report.problems
        );
        assert!(report.problems.iter().all(|p| p.fault != Fault::Root), "the tile still has the right hash");
        fs::write(&path, &bytes).unwrap();
    }
    f.intact();
}

/// Not one byte of any file of the log can change unseen.
#[tokio::test]
async fn a_flip_in_any_file_is_found() {
    let f = written().await;
    let mut tried = 0;
    for path in files(&f.dir()) {
        let bytes = fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len() / 97 + 1) {
            edit(&path, |b| b[at] ^= 0x10);
            let report = f.verify();
            assert!(!report.is_intact(), "byte {at} of {}", path.display());
            fs::write(&path, &bytes).unwrap();
            tried += 1;
        }
    }
    println!("{tried} flips");
    f.intact();
}

#[tokio::test]
async fn each_file_cut_short_or_dropped_or_replaced_is_found() {
    let f = written().await;
    for path in files(&f.dir()) {
        let bytes = fs::read(&path).unwrap();
        if path.ends_with("lock") {
            continue;
        }
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..cut]).unwrap();
            assert!(!f.verify_files().is_intact(), "{} cut to {cut}", path.display());
        }
        fs::write(&path, [bytes.as_slice(), b"more"].concat()).unwrap();
        assert!(!f.verify_files().is_intact(), "{} made longer", path.display());
        fs::remove_file(&path).unwrap();
        // A spent segment may go; here the edge needs each that is left, but for those wholly in full bundles.
        if path.parent().unwrap().ends_with("append") && f.verify_files().is_intact() {
            let next =
                f.segments().iter().map(|p| p.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap()).min();
            assert!(next.is_some_and(|next| next <= 512), "{}", path.display());
        } else {
            assert!(!f.verify_files().is_intact(), "{} removed", path.display());
        }
        fs::write(&path, &bytes).unwrap();
    }
    f.intact();
}

#[tokio::test]
async fn deleted_swapped_doubled_and_appended_records_are_named() {
    let f = written().await;
    let path = f.path("tile/entries/001");
    let bytes = fs::read(&path).unwrap();
    let places = places(&bytes);
    let record = |n: usize| bytes[places[n].0..places[n].0 + places[n].1].to_vec();
    let rebuild = |order: &[usize]| order.iter().flat_map(|n| record(*n)).collect::<Vec<u8>>();
    let all: Vec<usize> = (0..256).collect();

    for at in [0, 100, 255] {
        let rest: Vec<usize> = all.iter().copied().filter(|n| *n != at).collect();
        fs::write(&path, rebuild(&rest)).unwrap();
        found(&f.verify_files(), Fault::Deleted, 256 + at as u64);
    }
    let mut swapped = all.clone();
    swapped.swap(3, 250);
    fs::write(&path, rebuild(&swapped)).unwrap();
    found(&f.verify_files(), Fault::Reordered, 259);
    let mut turned = all.clone();
    turned[10..20].reverse();
    fs::write(&path, rebuild(&turned)).unwrap();
    found(&f.verify_files(), Fault::Reordered, 266);
    let mut doubled = all.clone();
    doubled.insert(30, 30);
    fs::write(&path, rebuild(&doubled)).unwrap();
    assert!(f.verify_files().problems.iter().any(|p| p.fault == Fault::Inserted));
    let mut replaced = all;
    replaced[77] = 78;
    fs::write(&path, rebuild(&replaced)).unwrap();
    found(&f.verify_files(), Fault::Changed, 256 + 77);
    fs::write(&path, &bytes).unwrap();
    f.intact();
    // A whole bundle in the place of another, and one behind the end.
    fs::copy(f.path("tile/entries/000"), &path).unwrap();
    found(&f.verify_files(), Fault::Changed, 256);
    fs::write(&path, &bytes).unwrap();
    fs::copy(&path, f.path("tile/entries/002")).unwrap();
    assert!(f.verify_files().problems.iter().any(|p| p.fault == Fault::Inserted));
}

#[tokio::test]
async fn a_record_rewritten_with_its_tile_is_found_by_the_root() {
    let f = written().await;
    edit(&f.path("tile/entries/000"), |b| b[40] ^= 1);
    let bytes = fs::read(f.path("tile/entries/000")).unwrap();
    let (at, length) = places(&bytes)[0];
    let hash = tlog_tiles::record_hash(&bytes[at + 2..at + length]);
    edit(&f.path("tile/0/000"), |b| b[..32].copy_from_slice(&hash.0));
    let report = f.verify_files();
    found(&report, Fault::Root, 0);
    // The tile above was not rewritten: it names the 256 records.
    found(&report, Fault::Tile, 0);
}

#[tokio::test]
async fn an_old_state_is_found_by_what_the_keeper_remembers() {
    let f = written().await;
    let old = f.copy();
    f.write(50).await;
    let keeper = f.signer.signed().map(|h| (h.size, h.root));
    let options = || audit::VerifyOptions { keeper_signed: keeper, progress: None };
    // All files of before: perfect in themselves.
    assert!(old.verify_files().is_intact());
    let report = audit::verify(&old.dir(), &old.verifier(), options()).unwrap();
    found(&report, Fault::Rollback, 700);
    // Only the checkpoint of before.
    let late = f.copy();
    fs::copy(old.path("checkpoint"), late.path("checkpoint")).unwrap();
    let report = audit::verify(&late.dir(), &late.verifier(), options()).unwrap();
    found(&report, Fault::Rollback, 700);
    // The right size with another root.
    let forged = Some((750, types::Digest::from_bytes([3; 32])));
    let options = audit::VerifyOptions { keeper_signed: forged, progress: None };
    found(&audit::verify(&f.dir(), &f.verifier(), options).unwrap(), Fault::Root, 0);
}

#[tokio::test]
async fn a_checkpoint_of_another_key_or_log_counts_nothing() {
    let f = written().await;
    let other = f.verifier().replacen("audit", "audit2", 1);
    assert!(audit::verify(&f.dir(), &other, audit::VerifyOptions::default()).is_err(), "a key with a wrong hash");
    let own = f.signer.signed().unwrap();
    let forged = audit::TreeHead { root: types::Digest::from_bytes([1; 32]), ..own };
    fs::write(f.path("checkpoint"), f.signer.note(forged)).unwrap();
    found(&f.verify_files(), Fault::Root, 0);
    edit(&f.path("checkpoint"), |b| *b = String::from_utf8_lossy(b).replacen("700", "699", 1).into_bytes());
    assert!(f.verify_files().problems.iter().any(|p| p.fault == Fault::Checkpoint));
    for word in ["", "x", "a+b+c", "name+00000000+AAAA"] {
        let refused = audit::verify(&f.dir(), word, audit::VerifyOptions::default()).unwrap_err();
        assert!(refused.to_string().contains("is not a verifier key"), "{refused}");
    }
    assert!(audit::verify(&f.path("nothing"), &f.verifier(), audit::VerifyOptions::default()).is_err());
}

/// What was changed while nobody wrote is not signed by the next start.
#[tokio::test]
async fn the_writer_does_not_launder_an_edit() {
    let f = written().await;
    let segments = f.segments();
    let last = segments.last().unwrap();
    let bytes = fs::read(last).unwrap();
    for at in (0..bytes.len()).step_by(7) {
        edit(last, |b| b[at] ^= 1);
        let refused = f.open();
        assert!(matches!(refused, Err(audit::OpenError::Damaged { .. })), "byte {at}");
        fs::write(last, &bytes).unwrap();
    }
    fs::remove_file(last).unwrap();
    assert!(matches!(f.open(), Err(audit::OpenError::Damaged { .. })));
    fs::write(last, &bytes).unwrap();
    fs::remove_file(f.path("checkpoint")).unwrap();
    assert!(matches!(f.open(), Err(audit::OpenError::Damaged { .. })), "a log without its checkpoint");
}

#[tokio::test]
async fn verification_is_fast() {
    let f = Fixture::new();
    let (log, _) = f.open().unwrap();
    let mut event = crate::fixture::event(1);
    event.note = Some("x".repeat(120).into());
    for n in 0..200_000_u64 {
        while audit::Record::record(&log, &event).is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        event.at.0 = n;
    }
    log.close().await.unwrap();
    let begun = std::time::Instant::now();
    let mut seen = 0;
    let mut progress = |n| seen = n;
    let options = audit::VerifyOptions { keeper_signed: None, progress: Some(&mut progress) };
    let report = audit::verify(&f.dir(), &f.verifier(), options).unwrap();
    let took = begun.elapsed();
    assert!(report.is_intact() && report.records == 200_000, "{:#?}", report.problems);
    assert!(seen > 199_000, "progress was told: {seen}");
    println!("200,000 records verified in {took:?}: {:.0} a second", 200_000.0 / took.as_secs_f64());
}
