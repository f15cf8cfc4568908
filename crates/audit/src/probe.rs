//! What must hold for any bytes in the folder of a log, and for any proof. Run by the tests on mangled files, and by `fuzz/`.
use types::Digest;

use crate::{Event, TreeHead, batch, checkpoint::Checkpoint, consistency::extends, entries, entries::Entries};

/// One record.
pub fn record(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Event>(bytes) else { return };
    let Ok(written) = serde_json::to_vec(&event) else { panic!("{event:?} cannot be written") };
    match serde_json::from_slice::<Event>(&written) {
        Ok(again) => assert_eq!(again, event),
        Err(error) => panic!("{event:?} cannot be read again: {error}"),
    }
}

/// A signed note.
pub fn checkpoint(bytes: &[u8]) {
    if let Ok(read) = Checkpoint::parse(bytes) {
        assert!(!read.origin.is_empty() && read.note.text().starts_with(read.origin.as_bytes()));
    }
}

/// An entry bundle, and a piece of the append file.
pub fn tile(bytes: &[u8]) {
    let (mut written, mut whole) = (Vec::new(), true);
    for entry in Entries::new(bytes) {
        match entry {
            Ok(entry) => assert!(entries::push(&mut written, entry)),
            Err(_) => whole = false,
        }
    }
    assert!(
        bytes.starts_with(&written) && (!whole || bytes.len() == written.len()),
        "nothing is read twice or made up"
    );
    if let Some(found) = batch::read(bytes, true) {
        let Some(header) = batch::header(found.first, found.records, found.payload) else { panic!("{found:?}") };
        assert!(bytes.starts_with(&header) && found.len() <= bytes.len());
        assert!(batch::stands_in(bytes));
    }
}

/// A proof that one tree extends another: two sizes, two roots, then hashes.
pub fn proof(bytes: &[u8]) {
    let Some((old_size, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Some((new_size, rest)) = rest.split_first_chunk::<8>() else { return };
    let (hashes, _) = rest.as_chunks::<32>();
    let [old_root, new_root, proof @ ..] = hashes else { return };
    let head =
        |size: &[u8; 8], root: &[u8; 32]| TreeHead { size: u64::from_be_bytes(*size), root: Digest::from_bytes(*root) };
    let (old, new) = (head(old_size, old_root), head(new_size, new_root));
    let proof: Vec<Digest> = proof.iter().map(|hash| Digest::from_bytes(*hash)).collect();
    if extends(&old, &new, &proof) {
        assert!(old.size > 0 && old.size <= new.size);
        assert_eq!(old.size == new.size, proof.is_empty(), "another size needs a proof");
    }
}

#[cfg(test)]
mod tests {
    use types::UnixMillis;

    use super::*;
    use crate::Kind;

    #[test]
    fn mangled_records_and_files_are_refused_or_understood() {
        let event = Event::platform(UnixMillis(1), Kind::Platform, "started", "version 0, \u{e4}");
        let line = serde_json::to_vec(&event).unwrap();
        let mut bundle = Vec::new();
        assert!(entries::push(&mut bundle, &line) && entries::push(&mut bundle, b"{}"));
        let batch = [batch::header(3, 2, &bundle).unwrap().as_slice(), &bundle].concat();
        let refused = br#"{"at":1,"kind":"request","who":{"kind":"stranger"},"action":"invoke","resource":"a/b","outcome":{"result":"refused","status":401,"code":"ID-001","reason":"x"},"timings":{"identify_us":1,"decide_us":2,"work_us":3,"total_us":6}}"#;
        mangle::run(&[&line, refused], 10_000, record);
        mangle::run(&[&bundle, &batch], 10_000, tile);
        let note = b"serviceful.example/log\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\xe2\x80\x94 serviceful.example/log AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n";
        assert!(Checkpoint::parse(note).is_ok(), "the seed is one");
        mangle::run(&[note], 10_000, checkpoint);
        // Three records extend two: the old root, then what is beside it.
        let (a, b, c) = ([1; 32], [2; 32], [3; 32]);
        let two = crate::consistency::node(&a, &b);
        let three = crate::consistency::node(&two, &c);
        let seed = [&2_u64.to_be_bytes()[..], &3_u64.to_be_bytes(), &two, &three, &c].concat();
        let same = [&2_u64.to_be_bytes()[..], &2_u64.to_be_bytes(), &two, &two].concat();
        mangle::run(&[&seed, &same], 10_000, proof);
    }
}
