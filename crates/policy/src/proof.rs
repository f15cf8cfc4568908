//! How and when somebody showed who they are, for questions in which nobody has.
use std::{cmp::Reverse, collections::BTreeSet};

use gateway::Reads;
use types::{Assurance, Caller, Demand, Person, UnixMillis};

/// When callers who are only supposed call: late enough that somebody can have signed in as long ago as is told apart.
pub(crate) const NOW: UnixMillis = UnixMillis(4_294_967_295_000);

/// One way of having signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Proof {
    pub(crate) assurance: Assurance,
    /// Seconds ago.
    pub(crate) age_s: u32,
}

impl Proof {
    /// What those who read these parts can tell apart, the weakest first. `ages_s` is read where ages are.
    pub(crate) fn all(reads: Reads, ages_s: &BTreeSet<u32>) -> Vec<Self> {
        let assurances = if reads.assurance { Assurance::ALL.as_slice() } else { &[Assurance::SingleFactor] };
        let just_now = BTreeSet::from([0]);
        let ages_s = if reads.age { ages_s } else { &just_now };
        let one = |assurance: &Assurance| {
            let assurance = *assurance;
            ages_s.iter().rev().map(move |age_s| Self { assurance, age_s: *age_s })
        };
        assurances.iter().flat_map(one).collect()
    }

    /// The caller, having signed in like this before [`NOW`]. Machines show nothing.
    pub(crate) fn of(self, caller: &Caller) -> Caller {
        match caller {
            Caller::Person(person) => Caller::Person(Person {
                assurance: self.assurance,
                authenticated_at: UnixMillis(NOW.0 - u64::from(self.age_s) * 1_000),
                ..person.clone()
            }),
            Caller::Stranger | Caller::Service(_) | Caller::Operator { .. } => caller.clone(),
        }
    }

    /// The same as something to ask for; `None` where it makes no difference.
    pub(crate) fn shown(self, caller: &Caller, reads: Reads) -> Option<Demand> {
        let differs = matches!(caller, Caller::Person(_)) && (reads.assurance || reads.age);
        differs.then(|| Demand {
            assurance: if reads.assurance { self.assurance } else { Assurance::None },
            max_age_s: Some(self.age_s).filter(|age_s| reads.age && *age_s < u32::MAX),
        })
    }

    /// Orders the weakest first.
    pub(crate) const fn rank(self) -> (Assurance, Reverse<u32>) {
        (self.assurance, Reverse(self.age_s))
    }
}
