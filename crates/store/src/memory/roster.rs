//! The directory in large numbers, of the store in memory.
use std::sync::Arc;

use types::{GroupName, PrincipalId, UnixMillis};

use super::{MemoryStore, answer};
use crate::{
    Account, Answer, Ended, Everything, Invitation, Joined, PeoplePage, Principal, PrincipalKind, Roster, StoreError,
};

const fn is_person(principal: &Principal) -> bool {
    matches!(principal.kind, PrincipalKind::Person { .. })
}

impl Roster for MemoryStore {
    fn people(&self, page: PeoplePage) -> Answer<'_, Vec<(Principal, Option<Account>)>> {
        let rooms = self.lock();
        let wanted = page.find.as_deref().map(str::to_ascii_lowercase);
        let holds = |text: &str| wanted.as_ref().is_none_or(|wanted| text.to_ascii_lowercase().contains(wanted));
        let mut all = Vec::new();
        for person in rooms.principals.values().filter(|p| is_person(p)) {
            let account = rooms.accounts.get(&person.id);
            let fits = holds(&person.name) || account.is_some_and(|account| holds(&account.email));
            if fits && page.after.is_none_or(|after| person.id > after) && all.len() < page.limit {
                all.push((person.clone(), account.cloned()));
            }
        }
        answer(Ok(all))
    }

    fn people_named(&self, name: Arc<str>, limit: usize) -> Answer<'_, Vec<Principal>> {
        let rooms = self.lock();
        let named = rooms.principals.values().filter(|p| is_person(p) && p.name == name).take(limit);
        answer(Ok(named.cloned().collect()))
    }

    fn rename_person(&self, person: PrincipalId, name: Arc<str>) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let found = rooms.principals.get_mut(&person).filter(|p| is_person(p));
        let found = found.map(|p| {
            p.name = name;
            p.version += 1;
        });
        answer(Ok(found.is_some()))
    }

    fn names(&self, after: Option<PrincipalId>, limit: usize) -> Answer<'_, Vec<(PrincipalId, Arc<str>)>> {
        let rooms = self.lock();
        let people = rooms.principals.values().filter(|p| is_person(p) && after.is_none_or(|after| p.id > after));
        answer(Ok(people.take(limit).map(|p| (p.id, p.name.clone())).collect()))
    }

    fn add_many(
        &self,
        invitations: Vec<Invitation>,
        groups: Vec<(GroupName, Vec<PrincipalId>)>,
        at: UnixMillis,
    ) -> Answer<'_, Vec<Joined>> {
        let mut rooms = self.lock();
        let before =
            (rooms.invitations.clone(), rooms.group_people.clone(), rooms.apps.clone(), rooms.requests.clone());
        let add = || -> Result<Vec<Joined>, StoreError> {
            invitations.into_iter().try_for_each(|invitation| rooms.invite(invitation))?;
            groups.into_iter().map(|(name, people)| rooms.join(&name, people, at)).collect()
        };
        let added = add();
        if added.is_err() {
            (rooms.invitations, rooms.group_people, rooms.apps, rooms.requests) = before;
        }
        answer(added)
    }

    fn end_everything(&self, what: Everything, at: UnixMillis) -> Answer<'_, Ended> {
        let mut rooms = self.lock();
        let sessions = std::mem::take(&mut rooms.sessions).len();
        rooms.void_codes(None);
        let credentials = match what {
            Everything::SignedIn => rooms.end_all_logins(at),
            Everything::Credentials => {
                rooms.links.iter_mut().for_each(|(_, used)| *used = true);
                let open = rooms.credentials.iter_mut().filter(|c| c.revoked_at.is_none());
                open.map(|credential| credential.revoked_at = Some(at)).count()
            }
        };
        answer(Ok(Ended { sessions, credentials }))
    }
}
