//! The directory for those who look after it: a page at a time, by name, in large numbers; and the end of everything at once.
use std::sync::Arc;

use types::{GroupName, PrincipalId, UnixMillis};

use crate::{Account, Answer, Invitation, Joined, Principal};

/// Which people to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeoplePage {
    /// Those behind this person, who may be gone.
    pub after: Option<PrincipalId>,
    pub limit: usize,
    /// Only those whose name or address holds this; ASCII letters of either case are the same.
    pub find: Option<Arc<str>>,
}

/// What [`Roster::end_everything`] ends of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everything {
    /// Every session of a browser, every login of a command line with what was made with it, and every code that is on its way.
    SignedIn,
    /// That, every other token, and every open link.
    Credentials,
}

/// How much was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// Sessions of browsers, those at apps included.
    pub sessions: usize,
    /// Logins of command lines; and tokens, where all of them end.
    pub credentials: usize,
}

/// The directory in large numbers.
pub trait Roster: Send + Sync {
    /// People by id, which is how old they are, to the millisecond.
    fn people(&self, page: PeoplePage) -> Answer<'_, Vec<(Principal, Option<Account>)>>;
    /// People of exactly this name, by id; at most `limit`.
    fn people_named(&self, name: Arc<str>, limit: usize) -> Answer<'_, Vec<Principal>>;
    /// What people are called, by id, from behind `after`; at most `limit`.
    fn names(&self, after: Option<PrincipalId>, limit: usize) -> Answer<'_, Vec<(PrincipalId, Arc<str>)>>;
    /// Gives a person another name and grows `version`; `false` when there is no such person.
    fn rename_person(&self, person: PrincipalId, name: Arc<str>) -> Answer<'_, bool>;
    /// Adds invitations, and puts people into groups: all of it, or nothing; what became of each group, in the order given.
    /// Conflict: as [`crate::Accounts::add_invitation`] and [`crate::Groups::add_to_group`], for any of them.
    fn add_many(
        &self,
        invitations: Vec<Invitation>,
        groups: Vec<(GroupName, Vec<PrincipalId>)>,
        at: UnixMillis,
    ) -> Answer<'_, Vec<Joined>>;
    /// Ends what counts of everybody, in one transaction. People, passwords, passkeys, memberships, invitations and the claim stay.
    fn end_everything(&self, what: Everything, at: UnixMillis) -> Answer<'_, Ended>;
}
