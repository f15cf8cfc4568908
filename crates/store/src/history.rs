//! How much of an app's past is kept: what a rollback may need, and no more.
use std::collections::HashSet;

use types::DeploymentId;

use crate::DeploymentState;

/// What stays of an app's deployments, beside the current one and those that are being prepared.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The newest so many that can be gone back to, and the newest so many that failed.
    pub each: usize,
    /// These stay too: they are under way.
    pub spared: HashSet<DeploymentId>,
}

/// The deployments that may go. `history` is newest first, as [`crate::Apps::deployments`] gives it.
///
/// INVARIANT: the current one stays, and so does the one that a rollback without a name would choose, however old both are.
pub fn surplus<'d>(
    history: impl IntoIterator<Item = (DeploymentId, &'d DeploymentState)>,
    current: Option<DeploymentId>,
    kept: &Kept,
) -> Vec<DeploymentId> {
    let (mut ready, mut failed, mut after_current, mut former) = (0, 0, false, None);
    let mut gone = Vec::new();
    for (id, state) in history {
        let count = match state {
            DeploymentState::Preparing => continue,
            DeploymentState::Ready => &mut ready,
            DeploymentState::Failed { .. } => &mut failed,
        };
        *count += 1;
        if Some(id) == current {
            after_current = true;
            continue;
        }
        let is_former = after_current && former.is_none() && *state == DeploymentState::Ready;
        if is_former {
            former = Some(id);
        }
        if *count > kept.each && !is_former && !kept.spared.contains(&id) {
            gone.push(id);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use types::Digest;

    use super::*;

    /// `R`eady, `F`ailed, `P`reparing, `C`urrent, `S`pared (ready), newest first; small letters must go.
    fn check(each: usize, picture: &str) {
        let id = |n: usize| Digest::from_bytes([u8::try_from(n).unwrap_or_default(); 32]);
        let failed = || DeploymentState::Failed { code: "C".into(), reason: "r".into() };
        let state = |letter: char| match letter.to_ascii_uppercase() {
            'F' => failed(),
            'P' => DeploymentState::Preparing,
            _ => DeploymentState::Ready,
        };
        let letters: Vec<char> = picture.chars().collect();
        let states: Vec<DeploymentState> = letters.iter().map(|l| state(*l)).collect();
        let of = |wanted: char| letters.iter().enumerate().filter(move |(_, l)| **l == wanted).map(|(n, _)| id(n));
        let kept = Kept { each, spared: of('S').collect() };
        let history = states.iter().enumerate().map(|(n, state)| (id(n), state));
        let expected: Vec<_> =
            letters.iter().enumerate().filter(|(_, l)| l.is_ascii_lowercase()).map(|(n, _)| id(n)).collect();
        assert_eq!(surplus(history, of('C').next(), &kept), expected, "{picture}");
    }

    #[test]
    fn what_a_rollback_needs_stays() {
        check(2, "");
        check(2, "RC");
        check(2, "CRrr");
        check(2, "RRrrCRrr");
        check(2, "RRrrC");
        check(2, "FFffCRfr");
        check(2, "PRPRPrPCRP");
        check(2, "CRSSr");
        check(2, "RRrSCFRFr");
        check(0, "CRrf");
        check(3, "FFF");
        check(1, "Rr");
    }
}
