//! How long ago something was.

/// Seconds before now. Pages say it in words ("2 hours ago"), so they need neither a clock nor a time zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Age(pub u64);

/// An age in the largest unit that fills it: what languages make words of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    Now,
    Minutes(u64),
    Hours(u64),
    Days(u64),
    Months(u64),
    Years(u64),
}

impl Age {
    pub(crate) fn span(self) -> Span {
        let (minute, hour, day) = (60, 3_600, 86_400);
        match self.0 {
            s if s < minute => Span::Now,
            s if s < hour => Span::Minutes(s / minute),
            s if s < day => Span::Hours(s / hour),
            s if s < 60 * day => Span::Days(s / day),
            s if s < 730 * day => Span::Months(s / (30 * day)),
            s => Span::Years(s / (365 * day)),
        }
    }
}
