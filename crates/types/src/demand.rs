//! What is asked of a person beyond being somebody: how surely they proved who they are, and how lately.
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Assurance, Person, UnixMillis};

/// The least that will do. The default asks for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Demand {
    pub assurance: Assurance,
    /// Seconds since they showed who they are, at most. `None`: however long ago.
    pub max_age_s: Option<u32>,
}

impl Demand {
    /// The longest `max_age_s`: no session lasts as long.
    pub const AGE_S_MAX: u32 = 30 * 86_400;

    /// Nothing is asked for.
    pub const fn is_none(&self) -> bool {
        matches!(self, Self { assurance: Assurance::None, max_age_s: None })
    }

    /// Whether somebody with this proof, given at that time, may go on. Every room asks here, so that none sends a person in
    /// circles by counting otherwise.
    pub fn met_by(&self, assurance: Assurance, authenticated_at: UnixMillis, now: UnixMillis) -> bool {
        let recent = self.max_age_s.is_none_or(|max| age_s(authenticated_at, now) <= max.min(Self::AGE_S_MAX));
        assurance >= self.assurance && recent
    }

    /// As [`Self::met_by`], of a person.
    pub fn met_by_person(&self, person: &Person, now: UnixMillis) -> bool {
        self.met_by(person.assurance, person.authenticated_at, now)
    }

    /// The classes (`acr`) that will do, the least first, as RFC 9470 lists them; empty when only the age counts.
    pub fn acr_values(&self) -> String {
        let enough = Assurance::ALL.into_iter().filter(|word| *word >= self.assurance);
        let wanted = enough.filter_map(Assurance::acr).collect::<Vec<_>>();
        if self.assurance == Assurance::None { String::new() } else { wanted.join(" ") }
    }
}

/// `multi-factor, at most 300 s ago`; empty when nothing is asked for.
impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { assurance, max_age_s } = self;
        match (assurance, max_age_s) {
            (Assurance::None, None) => Ok(()),
            (assurance, None) => write!(f, "{assurance}"),
            (Assurance::None, Some(max)) => write!(f, "at most {max} s ago"),
            (assurance, Some(max)) => write!(f, "{assurance}, at most {max} s ago"),
        }
    }
}

/// Whole seconds since then. SECURITY: of a time that is still to come nobody knows how long ago it is (a clock was set back): it
/// is as old as can be.
pub fn age_s(then: UnixMillis, now: UnixMillis) -> u32 {
    let age_ms = now.0.checked_sub(then.0);
    age_ms.and_then(|ms| u32::try_from(ms / 1_000).ok()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_or_longer_ago_is_not_enough() {
        use Assurance::{MultiFactor, None as Nothing, PhishingResistant, SingleFactor};
        let at = UnixMillis(1_000_000);
        let later = |ms: u64| UnixMillis(1_000_000 + ms);
        for (assurance, max_age_s, has, now, met) in [
            (Nothing, None, Nothing, later(u64::MAX >> 1), true),
            (MultiFactor, None, SingleFactor, at, false),
            (MultiFactor, None, MultiFactor, later(1 << 40), true),
            (MultiFactor, None, PhishingResistant, at, true),
            (PhishingResistant, None, MultiFactor, at, false),
            (Nothing, Some(2), SingleFactor, later(2_999), true),
            (Nothing, Some(2), SingleFactor, later(3_000), false),
            (MultiFactor, Some(2), SingleFactor, at, false),
            (Nothing, Some(u32::MAX), PhishingResistant, UnixMillis(999_999), false),
        ] {
            let demand = Demand { assurance, max_age_s };
            assert_eq!(demand.met_by(has, at, now), met, "{demand:?} {has:?} {now:?}");
        }
    }

    #[test]
    fn classes_are_told_least_first() {
        let of = |assurance| Demand { assurance, max_age_s: Some(1) }.acr_values();
        assert_eq!(of(Assurance::None), "");
        assert_eq!(of(Assurance::MultiFactor), "urn:sf:mfa urn:sf:phr");
        assert_eq!(of(Assurance::PhishingResistant), "urn:sf:phr");
        for word in Assurance::ALL {
            assert_eq!(word.as_str().parse(), Ok(word));
        }
    }
}
