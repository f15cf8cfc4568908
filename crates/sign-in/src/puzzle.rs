//! Proof of work before a password is looked at, so that each guess costs a computer a third of a second. Whoever has no
//! script waits instead, and few get through that way.
//!
//! A puzzle is made of numbers and a MAC, so nothing is kept of one that nobody solves; a solved one counts once. It holds for one
//! form (signing in with a password to this account) and for ten minutes.
//!
//! SECURITY: the key lives as long as this process and is worth a puzzle: whoever has it has this process already. The keeper is not
//! asked, because a flood would then be a flood of questions to the process that everything else waits for.
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::{
    constant_time,
    digest::{SHA256, digest},
    hmac,
};
use data_encoding::BASE64URL_NOPAD;
use lru::LruCache;
use types::{Digest, Instant, Rng, UnixMillis};

use crate::used::Used;

/// About 260,000 hashes: a third of a second of a computer; a phone takes several times as long.
pub(crate) const BITS: u8 = 18;
/// How long whoever has no script waits.
pub(crate) const WAIT_S: u32 = 30;
/// How long a puzzle holds: long enough to type a password.
const LIFE_S: u64 = 600;
/// Made at (8), random (8), MAC (17): 33 bytes are 44 characters, and with a solution still one block of SHA-256.
const SAID: usize = 16;
const MAC: usize = 17;
/// More digits than any solution has.
const DIGITS_MAX: usize = 15;

const SECOND_NS: u64 = 1_000_000_000;
/// One of those who waited gets through in this time, from one place.
const NEAR_NS: u64 = 30 * SECOND_NS;
/// The same for all places: so many at once, then one in this time.
const ALL_NS: u64 = SECOND_NS / 2;
const ALL_AT_ONCE: u64 = 10;
/// Places that are remembered.
const PLACES_MAX: usize = 8_192;

/// Why an answer does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsolved {
    /// There is none.
    Missing,
    /// The puzzle was made for something else, or by nobody here.
    Foreign,
    /// It is over, or was used.
    Over,
    /// It is wrong.
    Wrong,
    /// There is none, and they have to wait this much longer. The puzzle goes on holding: nobody's wait begins anew.
    Early { left_s: u32 },
    /// They waited, and so did others: their turn may come after this. The puzzle goes on holding.
    Crowded { left_s: u32 },
}

impl Unsolved {
    /// As the audit log says it (docs/reference/audit-log.md).
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "puzzle-missing",
            Self::Foreign => "puzzle-foreign",
            Self::Over => "puzzle-over",
            Self::Wrong => "puzzle-wrong",
            Self::Early { .. } => "puzzle-early",
            Self::Crowded { .. } => "puzzle-crowded",
        }
    }
}

/// How it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    Solved,
    Waited,
}

/// Those who waited: when the next may get through.
struct Waiters {
    near: LruCache<u64, Instant>,
    all: Instant,
}

/// Makes puzzles, and judges answers.
pub(crate) struct Puzzles {
    key: hmac::Key,
    used: Used,
    waiters: Mutex<Waiters>,
}

impl Puzzles {
    pub(crate) fn new(rng: &dyn Rng) -> Self {
        let mut key = [0; 32];
        rng.fill(&mut key);
        let waiters = Mutex::new(Waiters { near: LruCache::unbounded(), all: Instant(0) });
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), used: Used::new(), waiters }
    }

    fn mac(&self, said: &[u8], account: &Digest) -> hmac::Tag {
        hmac::sign(&self.key, &[b"password".as_slice(), account.as_bytes(), said].concat())
    }

    /// A puzzle for whoever wants to try a password on this account.
    pub(crate) fn make(&self, account: &Digest, now: UnixMillis, rng: &dyn Rng) -> String {
        let mut bytes = now.0.to_be_bytes().to_vec();
        let mut random = [0; 8];
        rng.fill(&mut random);
        bytes.extend_from_slice(&random);
        let mac = self.mac(&bytes, account);
        bytes.extend(mac.as_ref().iter().take(MAC));
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Looks at an answer without using it up.
    pub(crate) fn look(
        &self,
        puzzle: &str,
        solution: &str,
        account: &Digest,
        now: UnixMillis,
    ) -> Result<Answered, Unsolved> {
        let made = self.made(puzzle, account, now)?;
        if solution.is_empty() {
            let open_at = made.plus_seconds(u64::from(WAIT_S));
            let left_ms = open_at.0.saturating_sub(now.0);
            return if left_ms == 0 {
                Ok(Answered::Waited)
            } else {
                Err(Unsolved::Early { left_s: seconds(left_ms, 1_000) })
            };
        }
        if is_solution(puzzle, solution) { Ok(Answered::Solved) } else { Err(Unsolved::Wrong) }
    }

    /// When a puzzle that still holds was made.
    fn made(&self, puzzle: &str, account: &Digest, now: UnixMillis) -> Result<UnixMillis, Unsolved> {
        if puzzle.is_empty() {
            return Err(Unsolved::Missing);
        }
        // One spelling: what is remembered as used is the text.
        let bytes = (puzzle.len() == 44).then(|| BASE64URL_NOPAD.decode(puzzle.as_bytes()).ok()).flatten();
        let bytes = bytes.ok_or(Unsolved::Foreign)?;
        let (said, mac) = bytes.split_at_checked(SAID).ok_or(Unsolved::Foreign)?;
        let expected = self.mac(said, account);
        let expected = expected.as_ref().get(..MAC).unwrap_or_default();
        constant_time::verify_slices_are_equal(mac, expected).map_err(|_| Unsolved::Foreign)?;
        let made = UnixMillis(said.first_chunk::<8>().map_or(0, |at| u64::from_be_bytes(*at)));
        // From the future: a clock was set back.
        if now < made || now >= made.plus_seconds(LIFE_S) { Err(Unsolved::Over) } else { Ok(made) }
    }

    /// Uses an answer up: it counts once.
    pub(crate) fn take(
        &self,
        puzzle: &str,
        solution: &str,
        account: &Digest,
        place: u64,
        now: (UnixMillis, Instant),
    ) -> Result<Answered, Unsolved> {
        let answered = self.look(puzzle, solution, account, now.0)?;
        if self.used.knows(puzzle) {
            return Err(Unsolved::Over);
        }
        // SECURITY: waiting costs an attacker nothing: a thousand puzzles can be waited for at once. So few get through. That one which
        // was waited for stays good gives them no more: the thousand are there in any case, and each counts once.
        if answered == Answered::Waited
            && let Err(left_ns) = self.let_through(place, now.1)
        {
            let left_s = seconds(left_ns, SECOND_NS);
            // Over before its turn comes: they get another one.
            return Err(match self.made(puzzle, account, now.0.plus_seconds(u64::from(left_s))) {
                Ok(_) => Unsolved::Crowded { left_s },
                Err(_) => Unsolved::Over,
            });
        }
        if self.used.take(puzzle) { Ok(answered) } else { Err(Unsolved::Over) }
    }

    /// Lets one of those who waited through, or says after how many nanoseconds it may be the next one's turn.
    fn let_through(&self, place: u64, now: Instant) -> Result<(), u64> {
        let mut waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        let near_ns = waiters.near.get(&place).map_or(0, |open_at| open_at.0.saturating_sub(now.0));
        // A bucket that holds `ALL_AT_ONCE`: what its last one pushed ahead of now.
        let ahead_ns = waiters.all.0.saturating_sub(now.0);
        let left_ns = near_ns.max(ahead_ns.saturating_sub((ALL_AT_ONCE - 1) * ALL_NS));
        if left_ns > 0 {
            return Err(left_ns);
        }
        waiters.all = Instant(waiters.all.0.max(now.0).saturating_add(ALL_NS));
        if waiters.near.len() >= PLACES_MAX {
            waiters.near.pop_lru();
        }
        waiters.near.put(place, Instant(now.0.saturating_add(NEAR_NS)));
        Ok(())
    }
}

/// A time as whole seconds, rounded up.
fn seconds(time: u64, in_a_second: u64) -> u32 {
    u32::try_from(time.div_ceil(in_a_second)).unwrap_or(u32::MAX)
}

/// Whether SHA-256 of `puzzle:solution` begins with enough zero bits.
fn is_solution(puzzle: &str, solution: &str) -> bool {
    let plain = solution.len() <= DIGITS_MAX
        && solution.bytes().all(|b| b.is_ascii_digit())
        && (solution == "0" || !solution.starts_with('0'));
    let hash = digest(&SHA256, format!("{puzzle}:{solution}").as_bytes());
    let first = hash.as_ref().first_chunk::<8>().map_or(u64::MAX, |first| u64::from_be_bytes(*first));
    plain && first.leading_zeros() >= u32::from(BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(std::sync::atomic::AtomicU8);

    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const ADA: Digest = Digest::from_bytes([1; 32]);
    const BOB: Digest = Digest::from_bytes([2; 32]);

    fn puzzles() -> (Puzzles, Fixed) {
        let rng = Fixed(std::sync::atomic::AtomicU8::new(7));
        (Puzzles::new(&rng), rng)
    }

    fn solve(puzzle: &str) -> String {
        (0_u64..).map(|n| n.to_string()).find(|n| is_solution(puzzle, n)).unwrap()
    }

    #[test]
    fn a_solution_counts_once_for_its_form_and_its_time() {
        let (puzzles, rng) = puzzles();
        let puzzle = puzzles.make(&ADA, NOW, &rng);
        assert_eq!(puzzle.len(), 44, "with `:` and eight digits it is one block");
        let solution = solve(&puzzle);
        let soon = NOW.plus_seconds(5);
        let look = |puzzle: &str, solution: &str, who: &Digest, now| puzzles.look(puzzle, solution, who, now);
        assert_eq!(look(&puzzle, &solution, &ADA, soon), Ok(Answered::Solved));
        assert_eq!(look(&puzzle, &solution, &BOB, soon), Err(Unsolved::Foreign), "another account");
        assert_eq!(look(&puzzle, &solution, &ADA, NOW.plus_seconds(600)), Err(Unsolved::Over));
        assert_eq!(look(&puzzle, &solution, &ADA, UnixMillis(NOW.0 - 1)), Err(Unsolved::Over));
        assert_eq!(look("", "", &ADA, soon), Err(Unsolved::Missing));
        for wrong in
            [format!("{solution}0"), format!("0{solution}"), format!("+{solution}"), "-1".into(), "x".repeat(99)]
        {
            assert_eq!(look(&puzzle, &wrong, &ADA, soon), Err(Unsolved::Wrong), "{wrong}");
        }
        for at in 0..puzzle.len() {
            let mut changed = puzzle.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(look(&changed, &solution, &ADA, soon).is_err(), "character {at}");
        }
        let at = (soon, Instant(0));
        assert_eq!(puzzles.take(&puzzle, &solution, &ADA, 1, at), Ok(Answered::Solved));
        assert_eq!(puzzles.take(&puzzle, &solution, &ADA, 1, at), Err(Unsolved::Over), "once");
        let (other, _) = self::puzzles();
        let stranger = Puzzles::new(&Fixed(std::sync::atomic::AtomicU8::new(99)));
        assert!(other.look(&puzzle, &solution, &ADA, soon).is_ok(), "the same key makes the same puzzle");
        assert_eq!(stranger.look(&puzzle, &solution, &ADA, soon), Err(Unsolved::Foreign));
    }

    #[test]
    fn whoever_waits_gets_through_and_a_crowd_does_not() {
        let (puzzles, rng) = puzzles();
        let waited = NOW.plus_seconds(u64::from(WAIT_S));
        let puzzle = puzzles.make(&ADA, NOW, &rng);
        for (ms, left_s) in [(1, 1), (1_000, 1), (1_001, 2), (30_000, 30)] {
            let early = puzzles.look(&puzzle, "", &ADA, UnixMillis(waited.0 - ms));
            assert_eq!(early, Err(Unsolved::Early { left_s }), "{ms} ms too early");
        }
        let take = |place, now| puzzles.take(&puzzles.make(&ADA, NOW, &rng), "", &ADA, place, (waited, now));
        assert_eq!(puzzles.take(&puzzle, "", &ADA, 1, (waited, Instant(SECOND_NS))), Ok(Answered::Waited));
        assert_eq!(puzzles.take(&puzzle, "", &ADA, 2, (waited, Instant(SECOND_NS))), Err(Unsolved::Over), "once");
        let patient = puzzles.make(&ADA, NOW, &rng);
        let try_again = |at_s: u64, now| puzzles.take(&patient, "", &ADA, 1, (now, Instant(at_s * SECOND_NS)));
        assert_eq!(try_again(11, waited), Err(Unsolved::Crowded { left_s: 20 }), "another one from there");
        let late = NOW.plus_seconds(LIFE_S - 1);
        assert_eq!(try_again(30, late), Err(Unsolved::Over), "it would be over when its turn comes");
        assert_eq!(try_again(31, waited), Ok(Answered::Waited), "the very same, when its turn has come");
        assert_eq!(try_again(31, waited), Err(Unsolved::Over), "once");
        assert_eq!(take(1, Instant(61 * SECOND_NS)), Ok(Answered::Waited));
        // A thousand places at the same moment.
        let through = (100..1_100).filter(|place| take(*place, Instant(90 * SECOND_NS)).is_ok()).count();
        assert_eq!(through, 10);
        let through = (2_000..3_000).filter(|place| take(*place, Instant(91 * SECOND_NS)).is_ok()).count();
        assert_eq!(through, 2, "two a second");
    }

    #[test]
    fn the_work_is_what_it_says() {
        let (puzzles, rng) = puzzles();
        let tried: u64 = (0..8).map(|_| solve(&puzzles.make(&ADA, NOW, &rng)).parse::<u64>().unwrap()).sum();
        let expected = 8 * (1_u64 << BITS);
        assert!((expected / 10..expected * 4).contains(&tried), "{tried} hashes for eight");
    }
}
