//! Groups of the store in memory.
use std::{
    collections::BTreeSet,
    ops::Bound::{Excluded, Included, Unbounded},
    sync::Arc,
};

use types::{AppName, GroupName, PrincipalId, UnixMillis};

use super::{MemoryStore, Rooms, answer, conflict};
use crate::{Answer, AppGroup, Group, GroupSize, Groups, Joined, MemberRole, PrincipalKind, StoreError};

impl Rooms {
    /// Apps that a group has a place in.
    fn places(&self, group: &GroupName) -> Vec<AppName> {
        self.app_groups.keys().filter(|(_, of)| of == group).map(|(app, _)| app.clone()).collect()
    }

    /// Grows the versions of the apps of a group, and forgets the requests of those who are in by it.
    pub(super) fn grow_apps_of(&mut self, group: &GroupName) -> Vec<AppName> {
        let apps = self.places(group);
        for app in &apps {
            if let Some(app) = self.apps.get_mut(app) {
                app.version += 1;
            }
        }
        let Self { requests, group_people, .. } = self;
        requests
            .retain(|(asks, _)| !apps.contains(&asks.app) || !group_people.contains_key(&(group.clone(), asks.person)));
        apps
    }

    /// Whether these groups are there, and the app can have all of them.
    pub(super) fn has_room_for(&self, app: &AppName, groups: &[AppGroup]) -> bool {
        let mut all: BTreeSet<&GroupName> =
            self.app_groups.keys().filter(|(of, _)| of == app).map(|(_, group)| group).collect();
        all.extend(groups.iter().map(|place| &place.group));
        all.len() <= AppGroup::OF_APP_MAX && groups.iter().all(|place| self.groups.contains_key(&place.group))
    }

    /// Gives a group its place or another role. Requests of those who are in by it are over.
    pub(super) fn place(&mut self, app: &AppName, place: AppGroup) {
        let Self { requests, group_people, .. } = self;
        let is_in = |person| group_people.contains_key(&(place.group.clone(), person));
        requests.retain(|(asks, _)| asks.app != *app || !is_in(asks.person));
        let (key, role) = ((app.clone(), place.group.clone()), place.role);
        self.app_groups.entry(key).and_modify(|known| known.role = role).or_insert(place);
    }

    fn people_of(&self, group: &GroupName) -> Vec<PrincipalId> {
        self.group_people.keys().filter(|(of, _)| of == group).map(|(_, person)| *person).collect()
    }

    pub(super) fn apps_of(&self, person: PrincipalId) -> Vec<AppName> {
        let direct = self.members.keys().filter(|(_, of)| *of == person).map(|(app, _)| app.clone());
        let through =
            self.app_groups.keys().filter(|(_, group)| self.group_people.contains_key(&(group.clone(), person)));
        direct.chain(through.map(|(app, _)| app.clone())).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn size(&self, group: &Group) -> GroupSize {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        GroupSize {
            group: group.clone(),
            people: count(self.people_of(&group.name).len()),
            apps: count(self.places(&group.name).len()),
        }
    }

    pub(super) fn join(
        &mut self,
        name: &GroupName,
        people: Vec<PrincipalId>,
        at: UnixMillis,
    ) -> Result<Joined, StoreError> {
        let is_person = |id| self.principals.get(id).is_some_and(|p| matches!(p.kind, PrincipalKind::Person { .. }));
        if !self.groups.contains_key(name) || !people.iter().all(is_person) {
            return conflict("a place in the group");
        }
        let mut new: Vec<PrincipalId> = people;
        new.retain(|person| !self.group_people.contains_key(&(name.clone(), *person)));
        new.sort_unstable();
        new.dedup();
        if self.people_of(name).len() + new.len() > Group::PEOPLE_MAX {
            return conflict("the size of the group");
        }
        self.group_people.extend(new.iter().map(|person| ((name.clone(), *person), at)));
        let apps = if new.is_empty() { self.places(name) } else { self.grow_apps_of(name) };
        Ok(Joined { added: new, apps })
    }
}

impl Groups for MemoryStore {
    fn groups(&self) -> Answer<'_, Vec<GroupSize>> {
        let rooms = self.lock();
        answer(Ok(rooms.groups.values().map(|group| rooms.size(group)).collect()))
    }

    fn group(&self, name: GroupName) -> Answer<'_, Option<GroupSize>> {
        let rooms = self.lock();
        answer(Ok(rooms.groups.get(&name).map(|group| rooms.size(group))))
    }

    fn add_group(&self, group: Group) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        if rooms.groups.contains_key(&group.name) {
            return answer(Ok(false));
        }
        if rooms.groups.len() >= Group::COUNT_MAX {
            return answer(conflict("one group more"));
        }
        rooms.groups.insert(group.name.clone(), group);
        answer(Ok(true))
    }

    fn remove_group(&self, name: GroupName) -> Answer<'_, Option<Vec<AppName>>> {
        let mut rooms = self.lock();
        if rooms.groups.remove(&name).is_none() {
            return answer(Ok(None));
        }
        let apps = rooms.grow_apps_of(&name);
        rooms.group_people.retain(|(of, _), _| *of != name);
        rooms.app_groups.retain(|(_, of), _| *of != name);
        for invitation in &mut rooms.invitations {
            invitation.groups.retain(|of| *of != name);
        }
        answer(Ok(Some(apps)))
    }

    fn group_people(
        &self,
        name: GroupName,
        after: Option<PrincipalId>,
        limit: usize,
    ) -> Answer<'_, Vec<(PrincipalId, UnixMillis)>> {
        let rooms = self.lock();
        let first = (name.clone(), after.unwrap_or(PrincipalId::from_bytes([0; 16])));
        let from = if after.is_some() { Excluded(first) } else { Included(first) };
        let range = rooms.group_people.range((from, Unbounded));
        let own = range.take_while(|((of, _), _)| *of == name).take(limit);
        answer(Ok(own.map(|((_, person), at)| (*person, *at)).collect()))
    }

    fn add_to_group(&self, name: GroupName, people: Vec<PrincipalId>, at: UnixMillis) -> Answer<'_, Joined> {
        answer(self.lock().join(&name, people, at))
    }

    fn take_from_group(&self, name: GroupName, person: PrincipalId) -> Answer<'_, Option<Vec<AppName>>> {
        let mut rooms = self.lock();
        let was = rooms.group_people.remove(&(name.clone(), person)).is_some();
        answer(Ok(was.then(|| rooms.grow_apps_of(&name))))
    }

    fn groups_of(&self, person: PrincipalId) -> Answer<'_, Vec<GroupName>> {
        let rooms = self.lock();
        answer(Ok(rooms.group_people.keys().filter(|(_, of)| *of == person).map(|(name, _)| name.clone()).collect()))
    }

    fn app_groups(&self, app: AppName) -> Answer<'_, Vec<AppGroup>> {
        let rooms = self.lock();
        answer(Ok(rooms.app_groups.iter().filter(|((of, _), _)| *of == app).map(|(_, group)| group.clone()).collect()))
    }

    fn put_app_group(&self, app: AppName, group: AppGroup) -> Answer<'_, ()> {
        let mut rooms = self.lock();
        if !rooms.has_room_for(&app, std::slice::from_ref(&group)) {
            return answer(conflict("the group's place in the app"));
        }
        let Some(found) = rooms.apps.get_mut(&app) else {
            return answer(conflict("the group's place in an unknown app"));
        };
        found.version += 1;
        rooms.place(&app, group);
        answer(Ok(()))
    }

    fn remove_app_group(&self, app: AppName, group: GroupName) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let removed = rooms.app_groups.remove(&(app.clone(), group)).is_some();
        if let (true, Some(found)) = (removed, rooms.apps.get_mut(&app)) {
            found.version += 1;
        }
        answer(Ok(removed))
    }

    fn apps_of_group(&self, group: GroupName) -> Answer<'_, Vec<(AppName, MemberRole)>> {
        let rooms = self.lock();
        let own = rooms.app_groups.iter().filter(|((_, of), _)| *of == group);
        answer(Ok(own.map(|((app, _), place)| (app.clone(), place.role)).collect()))
    }

    fn apps_of(&self, person: PrincipalId) -> Answer<'_, Vec<AppName>> {
        answer(Ok(self.lock().apps_of(person)))
    }

    fn whole_group(&self, name: GroupName) -> Answer<'_, Arc<[PrincipalId]>> {
        answer(Ok(self.lock().people_of(&name).into()))
    }
}
