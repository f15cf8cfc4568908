//! So many a second: a front that was taken over may ask without end, but not fill the disk with the answers' records.
use types::Instant;

/// Questions a second that may leave a record.
pub(crate) const PER_SECOND: u32 = 50;
const SECOND_US: u64 = 1_000_000;

#[derive(Debug, Default)]
pub(crate) struct Throttle {
    began: Option<Instant>,
    used: u32,
    turned_away: u64,
}

impl Throttle {
    pub(crate) fn admits(&mut self, now: Instant) -> bool {
        if self.began.is_none_or(|began| now.micros_since(began) >= SECOND_US) {
            self.began = Some(now);
            self.used = 0;
        }
        let admits = self.used < PER_SECOND;
        if admits {
            self.used += 1;
        } else {
            self.turned_away += 1;
        }
        admits
    }

    /// How many were turned away since this was asked last.
    pub(crate) fn turned_away(&mut self) -> u64 {
        std::mem::take(&mut self.turned_away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_so_many_a_second_and_counts_the_rest() {
        let mut throttle = Throttle::default();
        let second = |n: u64| Instant(n * 1_000_000_000);
        let admitted = |throttle: &mut Throttle, at| (0..200).filter(|_| throttle.admits(at)).count();
        assert_eq!(admitted(&mut throttle, second(1)), 50);
        assert_eq!(throttle.turned_away(), 150);
        assert_eq!(throttle.turned_away(), 0);
        assert_eq!(admitted(&mut throttle, second(2)), 50);
    }
}
