//! How much a worker may write into the logs, whatever it claims about its guests' budgets.

/// A second's worth, and the most at once.
const BYTES_PER_SECOND: u64 = 1 << 20;
/// What a line costs beyond its text: its names, its time, its place in memory.
const LINE_BYTES: u64 = 128;

/// What became of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// It may be written, after a word about so many lines that were lost before it.
    Write {
        lost: u64,
    },
    Lost,
}

/// A bucket of bytes that fills with time.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u64,
    filled_ns: u64,
    lost: u64,
    told_ns: u64,
}

impl Budget {
    pub(crate) const fn new(now_ns: u64) -> Self {
        Self { left: BYTES_PER_SECOND, filled_ns: now_ns, lost: 0, told_ns: now_ns }
    }

    pub(crate) fn line(&mut self, text_bytes: usize, now_ns: u64) -> Line {
        let passed = u128::from(now_ns.saturating_sub(self.filled_ns));
        let earned = passed.saturating_mul(u128::from(BYTES_PER_SECOND)) / 1_000_000_000;
        // Time that did not earn a whole byte yet keeps counting.
        if earned > 0 {
            let earned = u64::try_from(earned).unwrap_or(u64::MAX);
            self.left = self.left.saturating_add(earned).min(BYTES_PER_SECOND);
            self.filled_ns = now_ns;
        }
        match self.left.checked_sub(LINE_BYTES.saturating_add(text_bytes as u64)) {
            Some(left) => {
                self.left = left;
                Line::Write { lost: self.take_lost(now_ns) }
            }
            None => {
                self.lost += 1;
                Line::Lost
            }
        }
    }

    /// Lines lost since this was last told: once a second, or the telling would be a flood of its own.
    const fn take_lost(&mut self, now_ns: u64) -> u64 {
        if self.lost == 0 || now_ns.saturating_sub(self.told_ns) < 1_000_000_000 {
            return 0;
        }
        self.told_ns = now_ns;
        std::mem::replace(&mut self.lost, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_cost_too_and_a_second_brings_a_seconds_worth() {
        let mut budget = Budget::new(0);
        let written = (0..20_000).filter(|_| budget.line(0, 0) != Line::Lost).count();
        assert_eq!(written, 8_192);
        assert_eq!(budget.line(0, 1_000_000_000), Line::Write { lost: 20_000 - 8_192 });
        for _ in 0..8_192 {
            budget.line(0, 1_000_000_000);
        }
        assert_eq!(budget.line(0, 1_500_000_000), Line::Write { lost: 0 }, "told too often");
        assert_eq!(budget.line(BYTES_PER_SECOND as usize, 9_000_000_000), Line::Lost);
    }
}
