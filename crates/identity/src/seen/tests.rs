use super::*;

fn key(n: u32) -> Digest {
    // As spread as real hashes are.
    crate::token::hash(&n.to_be_bytes())
}

#[test]
fn stays_within_its_bound_and_keeps_what_is_used() {
    let seen = Seen::new(160);
    seen.put(seen.epoch(), key(0), 0);
    for n in 1..10_000 {
        seen.put(seen.epoch(), key(n), n);
        assert_eq!(seen.get(&key(0)), Some(0), "in use all the time, after {n} others");
    }
    assert!(seen.len() <= 160, "{}", seen.len());
    assert_eq!(seen.get(&key(1)), None, "not used for long");
    let mut smallest = Seen::new(0);
    smallest.put(smallest.epoch(), key(1), 1);
    assert_eq!(smallest.get(&key(1)), Some(1));
    smallest = Seen::new(1);
    assert_eq!(smallest.len(), 0);
}

#[test]
fn what_was_read_before_a_forgetting_is_not_remembered_after_it() {
    let seen = Seen::new(16);
    let before = seen.epoch();
    seen.forget(&key(1));
    seen.put(before, key(1), 1);
    assert_eq!(seen.get(&key(1)), None);
    let before = seen.epoch();
    seen.forget_where(|_| false);
    seen.put(before, key(1), 1);
    assert_eq!(seen.get(&key(1)), None);
    seen.put(seen.epoch(), key(1), 1);
    assert_eq!(seen.get(&key(1)), Some(1));
}

#[test]
fn forgets_exactly_what_it_is_told_to() {
    let seen = Seen::new(1_000);
    for n in 0..100 {
        seen.put(seen.epoch(), key(n), n);
    }
    seen.forget(&key(7));
    seen.forget_where(|n| n.is_multiple_of(2));
    for n in 0..100 {
        assert_eq!(seen.get(&key(n)).is_some(), n != 7 && n % 2 == 1, "{n}");
    }
}

#[test]
fn threads_do_not_lose_a_forgetting() {
    let seen = Seen::new(1_000);
    let state = Mutex::new(0_u32);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    let before = seen.epoch();
                    let read = *state.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.put(before, key(1), read);
                }
            });
        }
        scope.spawn(|| {
            for n in 1..5_000 {
                *state.lock().unwrap_or_else(PoisonError::into_inner) = n;
                seen.forget(&key(1));
                // What is remembered from here on can only be the new state.
                let found = seen.get(&key(1));
                assert!(found.is_none_or(|found| found == n), "{found:?} after {n}");
            }
        });
    });
}
