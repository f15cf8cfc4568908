use data_encoding::HEXUPPER;

use super::*;

/// A list that is made up: none of these is known to have got out. Real lists are no part of this project.
fn synthetic(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("synthetic password {n}")).collect()
}

fn line(password: &str, count: u32) -> String {
    format!("{}:{count}", HEXUPPER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref()))
}

fn list_of(lines: &[String], min_count: u32, limit: usize) -> Result<Vec<u8>, SelectionError> {
    let mut selection = Selection::new(min_count, limit);
    for line in lines {
        selection.line(line.as_bytes()).unwrap();
    }
    selection.finish()
}

#[test]
fn the_hash_is_that_of_the_published_lists() {
    // SHA-1 of "password", as every such list has it.
    assert!(line("password", 7).starts_with("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:"));
    let file = list_of(&["5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:7\r".to_owned()], 1, 10).unwrap();
    assert!(List::read(&file).unwrap().knows("password"));
}

#[test]
fn all_that_is_on_it_is_known_and_hardly_anything_else() {
    for count in [1, 2, 3, 10, 1_000, 100_000] {
        let lines: Vec<String> = synthetic(count).iter().map(|p| line(p, 3)).collect();
        let file = list_of(&lines, 1, count).unwrap();
        let list = List::read(&file).unwrap();
        assert_eq!((list.entries(), list.min_count(), list.bytes()), (count as u64, 3, file.len() as u64));
        assert!(synthetic(count).iter().all(|password| list.knows(password)), "{count}");
        let strangers = (0..100_000).filter(|n| list.knows(&format!("never on any list {n}"))).count();
        assert!(strangers < 600, "{count}: {strangers} of 100000 that are not on it, where one in 256 is expected");
        if count == 100_000 {
            assert!(file.len() < count * 5 / 4, "{} bytes for {count} passwords", file.len());
            assert!(strangers > 200, "{strangers}: a filter that knows so few is not the one that was measured");
        }
    }
}

#[test]
fn the_most_often_seen_are_kept_in_whatever_order_they_come() {
    let mut lines: Vec<String> = synthetic(2_000).iter().zip(1_u32..).map(|(p, count)| line(p, count)).collect();
    let file = list_of(&lines, 1, 500).unwrap();
    lines.reverse();
    assert_eq!(list_of(&lines, 1, 500).unwrap(), file, "the same lines, the same file");
    lines.push(lines[0].clone());
    let list = List::read(&file).unwrap();
    assert_eq!((list.entries(), list.min_count()), (500, 1_501));
    let known = synthetic(2_000).iter().map(|p| list.knows(p)).collect::<Vec<_>>();
    assert!(known[1_500..].iter().all(|known| *known));
    assert!(known[..1_500].iter().filter(|known| **known).count() < 30, "the rarer ones are not on it");
    let few = List::read(&list_of(&lines, 1_991, 5_000).unwrap()).unwrap();
    assert_eq!((few.entries(), few.min_count()), (10, 1_991), "a line that comes twice counts once");
    assert_eq!(list_of(&lines, 3_000, 10), Err(SelectionError::Empty));
    assert_eq!(list_of(&[], 0, 10), Err(SelectionError::Empty));
}

#[test]
fn what_is_no_line_of_a_list_is_named() {
    let mut selection = Selection::new(1, 10);
    let hash = "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8";
    for good in
        [hash.to_owned(), format!("{hash}:5"), format!("{hash}: 5"), format!("{hash}:99999999999999"), String::new()]
    {
        assert_eq!(selection.line(good.as_bytes()), Ok(()), "{good}");
    }
    assert_eq!(selection.len(), 4);
    for (bad, error) in [
        ("password".to_owned(), LineError::Hash),
        (format!("{}G:1", &hash[1..]), LineError::Hash),
        // The NTLM list has 32 digits.
        (format!("{}:1", &hash[..32]), LineError::Hash),
        (format!("{hash}:"), LineError::Count),
        (format!("{hash}:-1"), LineError::Count),
        (format!("{hash}:1.5"), LineError::Count),
        (format!("{hash};1"), LineError::Count),
        (format!("{hash}0"), LineError::Count),
        (format!("{hash}:{}", "1".repeat(60)), LineError::TooLong),
    ] {
        assert_eq!(selection.line(bad.as_bytes()), Err(error), "{bad}");
    }
    assert_eq!(selection.line(&[0xff; 45]), Err(LineError::Hash));
}

#[test]
fn a_file_that_was_cut_or_changed_is_refused() {
    let lines: Vec<String> = synthetic(20).iter().map(|p| line(p, 1)).collect();
    let file = list_of(&lines, 1, 20).unwrap();
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(List::read(&changed).is_err(), "byte {at}");
        assert!(List::read(&file[..at]).is_err(), "cut at {at}");
    }
    assert_eq!(List::read(&[&file[..], b"x"].concat()).err(), Some(ListError::Damaged));
    assert_eq!(List::read(&vec![0; FILE_BYTES_MAX + 1]).err(), Some(ListError::TooLong));
}

/// With a checksum that fits: what somebody writes who knows the format.
#[test]
fn no_lengths_make_a_look_up_leave_the_file() {
    let lines: Vec<String> = synthetic(20).iter().map(|p| line(p, 1)).collect();
    let file = list_of(&lines, 1, 20).unwrap();
    let forged = |at: usize, value: &[u8]| {
        let mut body = file[..file.len() - SUM].to_vec();
        body[at..at + value.len()].copy_from_slice(value);
        let sum = sha256(&body);
        [body, sum.to_vec()].concat()
    };
    let facts = HEADER.len();
    for length in [0_u32, 1, 3, 5, 1 << 20, 1 << 31, u32::MAX] {
        for at in [facts + 20, facts + 24] {
            if let Ok(list) = List::read(&forged(at, &length.to_le_bytes())) {
                let known = (0..1_000).filter(|n| list.knows(&n.to_string())).count();
                assert!(known <= 1_000);
            }
        }
    }
    for entries in [0, u64::MAX] {
        assert_eq!(List::read(&forged(facts, &entries.to_le_bytes())).err(), Some(ListError::Unfit));
    }
    assert!(List::read(&forged(facts + 12, &7_u64.to_le_bytes())).is_ok(), "another seed is another filter");
}
