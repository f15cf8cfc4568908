//! Notices that passwords are tried in numbers: many accounts from one place, one account from many places, passwords of a breach
//! list, more failures than people make, a full queue before the hash. Then a sign-in with a password needs a puzzle solved first
//! (`puzzle.rs`), and an alert says so.
//!
//! SECURITY: a place is a label of a neighbourhood (`gateway::Neighbourhood`). It only ever makes things harder, and it reaches no
//! policy. Nobody is shut out: a puzzle, a wait, a known browser or a passkey lets everybody go on. The same for accounts that do
//! not exist, or what is asked would say which do.
//!
//! All memory is bounded. Who pushes an entry out has made thousands of failures, and those alone have everybody asked.
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use types::{Digest, Instant};

/// How long failures are remembered after the last one, and how often one alert of a kind is given at most.
pub(crate) const WINDOW_S: u64 = 600;
/// Accounts that were failed on from one place: more than a family or a small office mistypes in that time.
const ACCOUNTS_MAX: usize = 8;
/// Places from which one account was failed on.
const PLACES_MAX: usize = 5;
/// Passwords of a breach list that were tried from one place.
const BREACHED_MAX: u32 = 5;
/// Failures in a minute, from anywhere.
const FAILURES_PER_MINUTE_MAX: u64 = 100;
/// How long everybody is asked after the queue before the hash was full.
const QUEUE_S: u64 = 60;
/// Places, and accounts, that are remembered.
const REMEMBERED_MAX: usize = 8_192;

const SECOND_NS: u64 = 1_000_000_000;
const MINUTE_NS: u64 = 60 * SECOND_NS;

/// Why a puzzle is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    ManyAccounts,
    ManyPlaces,
    BreachedPasswords,
    ManyFailures,
    FullQueue,
}

impl Why {
    /// For the log.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::ManyAccounts => "many accounts were tried from one place",
            Self::ManyPlaces => "one account was tried from many places",
            Self::BreachedPasswords => "passwords of the breach list were tried from one place",
            Self::ManyFailures => "many passwords were wrong in a minute",
            Self::FullQueue => "the queue for passwords was full",
        }
    }
}

/// What was seen of one place, or of one account. Others are known by a part of their hash: that two of them look alike makes
/// nothing worse than one puzzle too few.
#[derive(Clone, Copy)]
struct Seen {
    others: [u32; ACCOUNTS_MAX],
    count: usize,
    breached: u32,
    last: Instant,
}

impl Seen {
    const NOTHING: Self = Self { others: [0; ACCOUNTS_MAX], count: 0, breached: 0, last: Instant(0) };

    fn is_over(&self, now: Instant) -> bool {
        now.0.saturating_sub(self.last.0) >= WINDOW_S * SECOND_NS
    }

    fn add(&mut self, other: u32, breached: bool, now: Instant) {
        if self.is_over(now) {
            *self = Self::NOTHING;
        }
        self.last = now;
        self.breached = self.breached.saturating_add(u32::from(breached));
        let known = self.others.iter().take(self.count).any(|known| *known == other);
        if !known && let Some(place) = self.others.get_mut(self.count) {
            *place = other;
            self.count += 1;
        }
    }
}

/// Failures by the minute: this one, and the one before.
#[derive(Default)]
struct Rate {
    minute: u64,
    now: u64,
    before: u64,
}

impl Rate {
    fn turn(&mut self, now: Instant) {
        let minute = now.0 / MINUTE_NS;
        if minute != self.minute {
            self.before = if minute == self.minute + 1 { self.now } else { 0 };
            (self.minute, self.now) = (minute, 0);
        }
    }

    /// In the last sixty seconds, as if those of the minute before had come evenly.
    fn in_a_minute(&mut self, now: Instant) -> u64 {
        self.turn(now);
        let left = MINUTE_NS - now.0 % MINUTE_NS;
        self.now + self.before.saturating_mul(left / SECOND_NS) / 60
    }
}

struct State {
    places: LruCache<u64, Seen>,
    accounts: LruCache<Digest, Seen>,
    rate: Rate,
    queue_until: Instant,
    /// When each kind was told of last.
    told: Vec<(Why, Instant)>,
}

/// The detector.
pub(crate) struct Stuffing(Mutex<State>);

/// The part of a hash that stands for it.
fn short(account: &Digest) -> u32 {
    account.as_bytes().first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

impl State {
    fn why(&mut self, place: u64, account: &Digest, now: Instant) -> Option<Why> {
        if now < self.queue_until {
            return Some(Why::FullQueue);
        }
        if self.rate.in_a_minute(now) >= FAILURES_PER_MINUTE_MAX {
            return Some(Why::ManyFailures);
        }
        let place = self.places.peek(&place).filter(|seen| !seen.is_over(now));
        if let Some(seen) = place {
            if seen.count >= ACCOUNTS_MAX {
                return Some(Why::ManyAccounts);
            }
            if seen.breached >= BREACHED_MAX {
                return Some(Why::BreachedPasswords);
            }
        }
        let account = self.accounts.peek(account).filter(|seen| !seen.is_over(now));
        account.is_some_and(|seen| seen.count >= PLACES_MAX).then_some(Why::ManyPlaces)
    }

    fn add(&mut self, place: u64, account: Digest, breached: bool, now: Instant) {
        self.rate.turn(now);
        self.rate.now = self.rate.now.saturating_add(1);
        // The label is a keyed hash already; its lower half tells places apart.
        let near = u32::try_from(place & u64::from(u32::MAX)).unwrap_or_default();
        remember(&mut self.places, place, short(&account), breached, now);
        remember(&mut self.accounts, account, near, false, now);
    }

    /// The first of its kind within the window.
    fn is_news(&mut self, why: Why, now: Instant) -> bool {
        self.told.retain(|(_, at)| now.0.saturating_sub(at.0) < WINDOW_S * SECOND_NS);
        let news = !self.told.iter().any(|(told, _)| *told == why);
        if news {
            self.told.push((why, now));
        }
        news
    }
}

fn remember<K: std::hash::Hash + Eq>(all: &mut LruCache<K, Seen>, key: K, other: u32, breached: bool, now: Instant) {
    let mut seen = all.get(&key).copied().unwrap_or(Seen::NOTHING);
    seen.add(other, breached, now);
    if all.len() >= REMEMBERED_MAX && !all.contains(&key) {
        all.pop_lru();
    }
    all.put(key, seen);
}

impl Stuffing {
    pub(crate) fn new() -> Self {
        // Unbounded for the library only, because a bounded one reserves all its memory at once.
        Self(Mutex::new(State {
            places: LruCache::unbounded(),
            accounts: LruCache::unbounded(),
            rate: Rate::default(),
            queue_until: Instant(0),
            told: Vec::new(),
        }))
    }

    fn with<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Why whoever tries this account from this place has a puzzle to solve first; `None`: they have none.
    pub(crate) fn asks(&self, place: u64, account: &Digest, now: Instant) -> Option<Why> {
        self.with(|state| state.why(place, account, now))
    }

    /// Somebody was asked, and came without an answer: as good as a failure, so that what is asked lasts as long as the attack.
    pub(crate) fn unanswered(&self, place: u64, account: Digest, now: Instant) {
        self.with(|state| state.add(place, account, false, now));
    }

    /// A password was wrong. `Some`: from now on puzzles are asked for, and an alert is due.
    pub(crate) fn failed(&self, place: u64, account: Digest, breached: bool, now: Instant) -> Option<Why> {
        self.with(|state| {
            state.add(place, account, breached, now);
            let why = state.why(place, &account, now)?;
            state.is_news(why, now).then_some(why)
        })
    }

    /// The queue before the hash had no place. `Some`: an alert is due.
    pub(crate) fn queue_was_full(&self, now: Instant) -> Option<Why> {
        self.with(|state| {
            state.queue_until = Instant(now.0.saturating_add(QUEUE_S * SECOND_NS));
            state.is_news(Why::FullQueue, now).then_some(Why::FullQueue)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u64) -> Digest {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&u32::try_from(n).unwrap().to_be_bytes());
        Digest::from_bytes(bytes)
    }

    const fn at(second: u64) -> Instant {
        Instant(second * SECOND_NS)
    }

    #[test]
    fn many_accounts_from_one_place_are_noticed_once_and_forgotten() {
        let stuffing = Stuffing::new();
        for n in 0..7 {
            // Trying the same one again and again is no sign of that.
            for _ in 0..3 {
                assert_eq!(stuffing.failed(1, account(n), false, at(1_000 + n)), None);
            }
        }
        assert_eq!(stuffing.asks(1, &account(99), at(1_010)), None);
        assert_eq!(stuffing.failed(1, account(7), false, at(1_010)), Some(Why::ManyAccounts));
        assert_eq!(stuffing.failed(1, account(8), false, at(1_011)), None, "one alert");
        assert_eq!(stuffing.asks(1, &account(99), at(1_020)), Some(Why::ManyAccounts), "whichever account it is");
        assert_eq!(stuffing.asks(2, &account(99), at(1_020)), None, "nobody elsewhere is asked");
        assert_eq!(stuffing.asks(1, &account(99), at(1_011 + WINDOW_S)), None, "forgotten");
        for n in 0..8 {
            let told = stuffing.failed(3, account(n), false, at(1_005 + WINDOW_S));
            assert_eq!(told, None, "the window of the alert is that of all places");
        }
        assert_eq!(
            stuffing.failed(3, account(9), false, at(1_010 + WINDOW_S)),
            Some(Why::ManyAccounts),
            "a new window"
        );
    }

    #[test]
    fn one_account_from_many_places_is_noticed() {
        let stuffing = Stuffing::new();
        for place in 0..4 {
            assert_eq!(stuffing.failed(place, account(1), false, at(5)), None);
        }
        assert_eq!(stuffing.failed(4, account(1), false, at(5)), Some(Why::ManyPlaces));
        assert_eq!(stuffing.asks(77, &account(1), at(6)), Some(Why::ManyPlaces), "from a new place, too");
        assert_eq!(stuffing.asks(4, &account(2), at(6)), None, "others are not asked");
    }

    #[test]
    fn passwords_of_the_list_weigh_more() {
        let stuffing = Stuffing::new();
        for n in 0..4 {
            assert_eq!(stuffing.failed(1, account(n % 2), true, at(5)), None);
        }
        assert_eq!(stuffing.failed(1, account(0), true, at(5)), Some(Why::BreachedPasswords));
        assert_eq!(stuffing.asks(1, &account(50), at(6)), Some(Why::BreachedPasswords));
    }

    #[test]
    fn a_flood_from_everywhere_has_everybody_asked_while_it_lasts() {
        let stuffing = Stuffing::new();
        let mut told = Vec::new();
        for n in 0..100 {
            told.extend(stuffing.failed(1_000 + n, account(n), false, at(600)));
        }
        assert_eq!(told, [Why::ManyFailures]);
        assert_eq!(stuffing.asks(1, &account(5_000), at(601)), Some(Why::ManyFailures));
        // It goes on, and nobody answers: so does the asking.
        for second in 601..900 {
            stuffing.unanswered(second, account(second), at(second));
            stuffing.unanswered(second + 1, account(second), at(second));
        }
        assert_eq!(stuffing.asks(1, &account(5_000), at(900)), Some(Why::ManyFailures));
        assert_eq!(stuffing.asks(1, &account(5_000), at(1_030)), None, "and ends with it");
    }

    #[test]
    fn a_full_queue_has_everybody_asked_for_a_minute() {
        let stuffing = Stuffing::new();
        assert_eq!(stuffing.queue_was_full(at(10)), Some(Why::FullQueue));
        assert_eq!(stuffing.queue_was_full(at(11)), None);
        assert_eq!(stuffing.asks(1, &account(1), at(70)), Some(Why::FullQueue));
        assert_eq!(stuffing.asks(1, &account(1), at(71)), None);
    }

    #[test]
    fn memory_is_bounded() {
        let stuffing = Stuffing::new();
        for n in 0..3 * REMEMBERED_MAX as u64 {
            let _ = stuffing.failed(n, account(n), true, at(n));
        }
        stuffing.with(|state| {
            assert_eq!((state.places.len(), state.accounts.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
            assert!(state.told.len() <= 5);
        });
    }
}
