//! Requests for access of the store in memory.
use types::{AppName, PrincipalId, UnixMillis};

use super::{MemoryStore, answer, conflict};
use crate::{AccessRequest, AccessRequests, Answer, AppMember, Asked};

impl AccessRequests for MemoryStore {
    fn ask_access(&self, new: AccessRequest, again: UnixMillis) -> Answer<'_, Asked> {
        let mut rooms = self.lock();
        if !rooms.apps.contains_key(&new.app) || !rooms.principals.contains_key(&new.person) {
            return answer(conflict("the request for access"));
        }
        if rooms.apps_of(new.person).contains(&new.app) {
            return answer(Ok(Asked::Member));
        }
        let known = rooms.requests.iter().find(|(known, _)| known.app == new.app && known.person == new.person);
        match known {
            Some((known, None)) => return answer(Ok(Asked::Open(known.asked_at))),
            Some((known, Some(denied))) if *denied >= again => return answer(Ok(Asked::Denied(known.asked_at))),
            _ => {}
        }
        let open = |is: &dyn Fn(&AccessRequest) -> bool| {
            rooms.requests.iter().filter(|(known, denied)| denied.is_none() && is(known)).count()
        };
        if open(&|known| known.person == new.person) >= AccessRequest::OF_PERSON_MAX
            || open(&|known| known.app == new.app) >= AccessRequest::OF_APP_MAX
        {
            return answer(Ok(Asked::Full));
        }
        rooms.requests.retain(|(known, _)| known.app != new.app || known.person != new.person);
        rooms.requests.push((new, None));
        answer(Ok(Asked::New))
    }

    fn access_requests(&self, app: AppName) -> Answer<'_, Vec<AccessRequest>> {
        let rooms = self.lock();
        let open = rooms.requests.iter().filter(|(known, denied)| known.app == app && denied.is_none());
        let mut open: Vec<_> = open.map(|(known, _)| known.clone()).collect();
        open.sort_by_key(|known| (known.asked_at, known.person));
        answer(Ok(open))
    }

    fn approve_access(&self, app: AppName, member: AppMember) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let asks = |known: &AccessRequest| known.app == app && known.person == member.principal;
        let there = rooms.requests.iter().any(|(known, denied)| asks(known) && denied.is_none());
        if there {
            rooms.requests.retain(|(known, _)| !asks(known));
            rooms.members.insert((app.clone(), member.principal), member);
            if let Some(found) = rooms.apps.get_mut(&app) {
                found.version += 1;
            }
        }
        answer(Ok(there))
    }

    fn deny_access(&self, app: AppName, person: PrincipalId, at: UnixMillis) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let open = |(known, denied): &&mut (AccessRequest, Option<UnixMillis>)| {
            known.app == app && known.person == person && denied.is_none()
        };
        let found = rooms.requests.iter_mut().find(open).map(|(_, denied)| *denied = Some(at));
        answer(Ok(found.is_some()))
    }
}
