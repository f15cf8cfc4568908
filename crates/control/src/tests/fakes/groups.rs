//! Groups of the fakes, beside people and apps in maps of their own.
use std::sync::Arc;

use store::{
    Account, Answer, AppGroup, Ended, Everything, Group, GroupSize, Groups, Invitation, Joined, MemberRole, PeoplePage,
    Principal, PrincipalKind, Roster, StoreError,
};
use types::{AppName, GroupName, PrincipalId, UnixMillis};

use super::MemoryStore;

/// Groups, who is in them, and where they have a place.
#[derive(Default)]
pub(in crate::tests) struct FakeGroups {
    groups: Vec<Group>,
    people: Vec<(GroupName, PrincipalId, UnixMillis)>,
    pub(super) places: Vec<(AppName, AppGroup)>,
}

impl FakeGroups {
    fn of(&self, name: &GroupName) -> Vec<PrincipalId> {
        let mut all: Vec<_> = self.people.iter().filter(|(of, ..)| of == name).map(|(_, id, _)| *id).collect();
        all.sort_unstable();
        all
    }

    fn apps(&self, name: &GroupName) -> Vec<AppName> {
        self.places.iter().filter(|(_, place)| place.group == *name).map(|(app, _)| app.clone()).collect()
    }

    pub(super) fn forget(&mut self, person: PrincipalId) {
        self.people.retain(|(_, id, _)| *id != person);
    }

    fn size(&self, group: &Group) -> GroupSize {
        let people = self.of(&group.name).len() as u64;
        GroupSize { group: group.clone(), people, apps: self.apps(&group.name).len() as u64 }
    }
}

impl MemoryStore {
    fn grow(&self, apps: &[AppName]) {
        let mut all = self.apps.lock().unwrap();
        for app in apps {
            all.get_mut(app).unwrap().version += 1;
        }
    }

    fn join(&self, name: &GroupName, people: Vec<PrincipalId>, at: UnixMillis) -> Result<Joined, StoreError> {
        let mut groups = self.groups.lock().unwrap();
        if !groups.groups.iter().any(|group| group.name == *name) {
            return Err(StoreError::Conflict { what: "the group".into() });
        }
        let known = groups.of(name);
        let added: Vec<_> = people.into_iter().filter(|id| !known.contains(id)).collect();
        groups.people.extend(added.iter().map(|id| (name.clone(), *id, at)));
        let apps = groups.apps(name);
        if !added.is_empty() {
            self.grow(&apps);
        }
        Ok(Joined { added, apps })
    }
}

impl Groups for MemoryStore {
    fn groups(&self) -> Answer<'_, Vec<GroupSize>> {
        self.answer(|| {
            let all = self.groups.lock().unwrap();
            Ok(all.groups.iter().map(|group| all.size(group)).collect())
        })
    }
    fn group(&self, name: GroupName) -> Answer<'_, Option<GroupSize>> {
        self.answer(|| {
            let all = self.groups.lock().unwrap();
            Ok(all.groups.iter().find(|group| group.name == name).map(|group| all.size(group)))
        })
    }
    fn add_group(&self, group: Group) -> Answer<'_, bool> {
        self.answer(|| {
            let mut all = self.groups.lock().unwrap();
            let new = !all.groups.iter().any(|known| known.name == group.name);
            all.groups.extend(new.then_some(group));
            Ok(new)
        })
    }
    fn remove_group(&self, name: GroupName) -> Answer<'_, Option<Vec<AppName>>> {
        self.answer(|| {
            let mut all = self.groups.lock().unwrap();
            let apps = all.apps(&name);
            let before = all.groups.len();
            all.groups.retain(|group| group.name != name);
            all.people.retain(|(of, ..)| *of != name);
            all.places.retain(|(_, place)| place.group != name);
            let gone = all.groups.len() < before;
            self.grow(&apps);
            Ok(gone.then_some(apps))
        })
    }
    fn group_people(
        &self,
        name: GroupName,
        after: Option<PrincipalId>,
        limit: usize,
    ) -> Answer<'_, Vec<(PrincipalId, UnixMillis)>> {
        self.answer(|| {
            let all = self.groups.lock().unwrap().of(&name);
            let behind = all.into_iter().filter(|id| after.is_none_or(|after| *id > after)).take(limit);
            Ok(behind.map(|id| (id, UnixMillis(1))).collect())
        })
    }
    fn add_to_group(&self, name: GroupName, people: Vec<PrincipalId>, at: UnixMillis) -> Answer<'_, Joined> {
        self.answer(|| self.join(&name, people, at))
    }
    fn take_from_group(&self, name: GroupName, person: PrincipalId) -> Answer<'_, Option<Vec<AppName>>> {
        self.answer(|| {
            let mut all = self.groups.lock().unwrap();
            let before = all.people.len();
            all.people.retain(|(of, id, _)| *of != name || *id != person);
            if all.people.len() == before {
                return Ok(None);
            }
            let apps = all.apps(&name);
            self.grow(&apps);
            Ok(Some(apps))
        })
    }
    fn groups_of(&self, person: PrincipalId) -> Answer<'_, Vec<GroupName>> {
        self.answer(|| {
            let all = self.groups.lock().unwrap();
            Ok(all.people.iter().filter(|(_, id, _)| *id == person).map(|(name, ..)| name.clone()).collect())
        })
    }
    fn app_groups(&self, app: AppName) -> Answer<'_, Vec<AppGroup>> {
        self.answer(|| {
            let all = self.groups.lock().unwrap();
            Ok(all.places.iter().filter(|(of, _)| *of == app).map(|(_, place)| place.clone()).collect())
        })
    }
    fn put_app_group(&self, app: AppName, group: AppGroup) -> Answer<'_, ()> {
        self.answer(|| {
            let mut all = self.groups.lock().unwrap();
            all.places.retain(|(of, place)| *of != app || place.group != group.group);
            all.places.push((app.clone(), group));
            self.grow(&[app]);
            Ok(())
        })
    }
    fn remove_app_group(&self, app: AppName, group: GroupName) -> Answer<'_, bool> {
        self.answer(|| {
            let mut all = self.groups.lock().unwrap();
            let before = all.places.len();
            all.places.retain(|(of, place)| *of != app || place.group != group);
            let removed = all.places.len() < before;
            if removed {
                self.grow(&[app]);
            }
            Ok(removed)
        })
    }
    fn apps_of_group(&self, group: GroupName) -> Answer<'_, Vec<(AppName, MemberRole)>> {
        self.answer(|| {
            let all = self.groups.lock().unwrap();
            let own = all.places.iter().filter(|(_, place)| place.group == group);
            Ok(own.map(|(app, place)| (app.clone(), place.role)).collect())
        })
    }
    fn apps_of(&self, person: PrincipalId) -> Answer<'_, Vec<AppName>> {
        self.answer(|| {
            let members = self.members.lock().unwrap();
            let mut apps: Vec<_> =
                members.iter().filter(|(_, m)| m.principal == person).map(|(app, _)| app.clone()).collect();
            let all = self.groups.lock().unwrap();
            let own = all.people.iter().filter(|(_, id, _)| *id == person);
            apps.extend(own.flat_map(|(name, ..)| all.apps(name)));
            Ok(apps)
        })
    }
    fn whole_group(&self, name: GroupName) -> Answer<'_, Arc<[PrincipalId]>> {
        self.answer(|| Ok(self.groups.lock().unwrap().of(&name).into()))
    }
}

impl Roster for MemoryStore {
    fn people(&self, page: PeoplePage) -> Answer<'_, Vec<(Principal, Option<Account>)>> {
        let all = self.principals.lock().unwrap().clone();
        Box::pin(async move {
            let mut found = Vec::new();
            for person in all.into_iter().filter(|p| matches!(p.kind, PrincipalKind::Person { .. })) {
                let fits = page.find.as_ref().is_none_or(|text| person.name.contains(&**text));
                if fits && page.after.is_none_or(|after| person.id > after) && found.len() < page.limit {
                    let account = store::Accounts::account(&self.rest, person.id).await?;
                    found.push((person, account));
                }
            }
            Ok(found)
        })
    }
    fn people_named(&self, name: Arc<str>, limit: usize) -> Answer<'_, Vec<Principal>> {
        self.answer(|| {
            let all = self.principals.lock().unwrap();
            let is_it = |p: &&Principal| matches!(p.kind, PrincipalKind::Person { .. }) && p.name == name;
            Ok(all.iter().filter(is_it).take(limit).cloned().collect())
        })
    }
    fn names(&self, _: Option<PrincipalId>, _: usize) -> Answer<'_, Vec<(PrincipalId, Arc<str>)>> {
        self.answer(|| Ok(Vec::new()))
    }
    fn rename_person(&self, person: PrincipalId, name: Arc<str>) -> Answer<'_, bool> {
        self.answer(|| {
            let mut all = self.principals.lock().unwrap();
            Ok(all.iter_mut().find(|p| p.id == person).map(|p| p.name = name).is_some())
        })
    }
    fn add_many(
        &self,
        invitations: Vec<Invitation>,
        groups: Vec<(GroupName, Vec<PrincipalId>)>,
        at: UnixMillis,
    ) -> Answer<'_, Vec<Joined>> {
        // Groups are kept beside, so the store of the rest must not look for them.
        let plain = invitations.into_iter().map(|invitation| Invitation { groups: Vec::new(), ..invitation }).collect();
        Box::pin(async move {
            self.rest.add_many(plain, Vec::new(), at).await?;
            groups.into_iter().map(|(name, people)| self.join(&name, people, at)).collect()
        })
    }
    fn end_everything(&self, what: Everything, at: UnixMillis) -> Answer<'_, Ended> {
        self.rest.end_everything(what, at)
    }
}
