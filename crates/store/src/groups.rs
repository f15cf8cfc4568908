//! Groups of people. A group belongs to the platform; an app may have it among its members, as it has people.
use std::sync::Arc;

use types::{AppName, GroupName, PrincipalId, UnixMillis};

use crate::{Answer, MemberRole};

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub name: GroupName,
    pub created_at: UnixMillis,
}

impl Group {
    /// Most groups of a platform.
    pub const COUNT_MAX: usize = 1_000;
    /// Most people in one group.
    pub const PEOPLE_MAX: usize = 100_000;
}

/// A group with how much hangs on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSize {
    pub group: Group,
    pub people: u64,
    /// Apps that have it among their members.
    pub apps: u64,
}

/// A group among the members of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppGroup {
    pub group: GroupName,
    pub role: MemberRole,
    pub added_at: UnixMillis,
}

impl AppGroup {
    /// Most groups among the members of one app.
    pub const OF_APP_MAX: usize = 100;
}

/// What became of people who were put into a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined {
    /// Those who were not in it before.
    pub added: Vec<PrincipalId>,
    /// Apps whose members they are by it; their versions grew, where anybody was added.
    pub apps: Vec<AppName>,
}

/// Groups. A membership goes along with its person and its group, a group's place in an app with the app. A later group of the same
/// name inherits nothing.
pub trait Groups: Send + Sync {
    /// All groups by name.
    fn groups(&self) -> Answer<'_, Vec<GroupSize>>;
    fn group(&self, name: GroupName) -> Answer<'_, Option<GroupSize>>;
    /// Adds a group; `false`, and nothing changed, when there is one of that name. Conflict: there are [`Group::COUNT_MAX`].
    fn add_group(&self, group: Group) -> Answer<'_, bool>;
    /// Removes a group, its memberships and its places in apps, and takes it out of invitations. The apps, whose versions grew;
    /// `None`: there was none.
    fn remove_group(&self, name: GroupName) -> Answer<'_, Option<Vec<AppName>>>;

    /// Who is in a group, by principal, from behind `after`; at most `limit`.
    fn group_people(
        &self,
        name: GroupName,
        after: Option<PrincipalId>,
        limit: usize,
    ) -> Answer<'_, Vec<(PrincipalId, UnixMillis)>>;
    /// Puts people into a group, all or none. Who is in it already keeps the time of joining. Conflict: no such group, one of them is
    /// no person, or it would hold more than [`Group::PEOPLE_MAX`].
    fn add_to_group(&self, name: GroupName, people: Vec<PrincipalId>, at: UnixMillis) -> Answer<'_, Joined>;
    /// Takes a person out. The apps of the group, whose versions grew; `None`, and nothing changed: they were not in it.
    fn take_from_group(&self, name: GroupName, person: PrincipalId) -> Answer<'_, Option<Vec<AppName>>>;
    /// The groups that a person is in, by name.
    fn groups_of(&self, person: PrincipalId) -> Answer<'_, Vec<GroupName>>;

    /// The groups among the members of an app, by name.
    fn app_groups(&self, app: AppName) -> Answer<'_, Vec<AppGroup>>;
    /// Gives a group a place in an app, or another role (the first `added_at` stays); grows the app's version. Conflict: no such app
    /// or group, or the app has [`AppGroup::OF_APP_MAX`].
    fn put_app_group(&self, app: AppName, group: AppGroup) -> Answer<'_, ()>;
    /// Takes a group out of an app and grows its version; `false`, and nothing changed, when it was not in it.
    fn remove_app_group(&self, app: AppName, group: GroupName) -> Answer<'_, bool>;
    /// The apps that have a group among their members, by name, and what its people are there.
    fn apps_of_group(&self, group: GroupName) -> Answer<'_, Vec<(AppName, MemberRole)>>;
    /// The apps that a person belongs to, directly or through a group, by name.
    fn apps_of(&self, person: PrincipalId) -> Answer<'_, Vec<AppName>>;
    /// Everybody in a group, by principal: for whoever decides about calls, where it is kept for as long as it is true.
    fn whole_group(&self, name: GroupName) -> Answer<'_, Arc<[PrincipalId]>>;
}
