//! What a crash leaves in the file: a torn end is cut off and kept aside, anything else is refused. The kills themselves are
//! in `tests/process`.
use std::{fs, time::Duration};

use audit::{LogOptions, OpenError};

use crate::fixture::Fixture;

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
