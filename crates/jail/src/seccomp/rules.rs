//! A set of system calls, each matched always or under conditions on its arguments.

use std::collections::BTreeMap;

use seccompiler::{BackendError, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

/// System call numbers and the alternatives under which each matches; no alternative means always.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules(BTreeMap<i64, Vec<SeccompRule>>);

/// One condition on one argument. Only values held in registers can be tested: what a pointer points to may change
/// between the test and the call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    /// The argument (its low 32 bits, as the kernel reads an `int`) equals the value.
    Is(u8, u32),
    /// The argument's low 32 bits differ from the value.
    IsNot(u8, u32),
    /// Of the argument's low 32 bits, those in the mask have exactly the value.
    Bits(u8, u32, u32),
    /// All 64 bits are zero: no pointer was passed.
    Null(u8),
}

impl Test {
    fn condition(self) -> Result<SeccompCondition, BackendError> {
        use SeccompCmpArgLen::{Dword, Qword};
        match self {
            Self::Is(argument, value) => SeccompCondition::new(argument, Dword, SeccompCmpOp::Eq, value.into()),
            Self::IsNot(argument, value) => SeccompCondition::new(argument, Dword, SeccompCmpOp::Ne, value.into()),
            Self::Bits(argument, mask, value) => {
                SeccompCondition::new(argument, Dword, SeccompCmpOp::MaskedEq(mask.into()), value.into())
            }
            Self::Null(argument) => SeccompCondition::new(argument, Qword, SeccompCmpOp::Eq, 0),
        }
    }
}

impl Rules {
    /// Matches every call of the group, whatever its arguments.
    pub(super) fn always(mut self, group: &[i64]) -> Self {
        for call in group {
            self.0.insert(*call, Vec::new());
        }
        self
    }

    /// Matches `call` also when all `tests` hold. A call that matches always keeps doing so.
    pub(super) fn when(mut self, call: i64, tests: &[Test]) -> Result<Self, BackendError> {
        let conditions = tests.iter().map(|test| test.condition()).collect::<Result<Vec<_>, _>>()?;
        let rule = SeccompRule::new(conditions)?;
        match self.0.get_mut(&call) {
            Some(alternatives) if alternatives.is_empty() => {}
            Some(alternatives) => alternatives.push(rule),
            None => {
                self.0.insert(call, vec![rule]);
            }
        }
        Ok(self)
    }

    /// [`Self::when`] with one value of one argument after the other.
    pub(super) fn one_of(self, call: i64, argument: u8, values: &[u32]) -> Result<Self, BackendError> {
        values.iter().try_fold(self, |rules, value| rules.when(call, &[Test::Is(argument, *value)]))
    }

    /// Matches what `other` matches, too.
    pub(super) fn and(mut self, other: &Self) -> Self {
        for (call, more) in &other.0 {
            match self.0.get_mut(call) {
                Some(alternatives) if alternatives.is_empty() || more.is_empty() => alternatives.clear(),
                Some(alternatives) => alternatives.extend(more.iter().cloned()),
                None => {
                    self.0.insert(*call, more.clone());
                }
            }
        }
        self
    }

    pub(super) fn into_map(self) -> BTreeMap<i64, Vec<SeccompRule>> {
        self.0
    }

    /// The calls named, for tests of the tables.
    #[cfg(test)]
    pub(super) fn calls(&self) -> Vec<i64> {
        self.0.keys().copied().collect()
    }
}
