//! Logins of the store in memory.
use types::{CredentialId, Digest, PrincipalId, UnixMillis};

use super::{MemoryStore, Rooms, answer, conflict};
use crate::{
    Answer, Credential, Known, LOGINS_MAX, LinkPurpose, Login, Logins, Opening, REFRESHES_MAX, Refresh, Refreshed,
    StoreError,
};

impl Rooms {
    fn add_login(
        &mut self,
        credential: Credential,
        login: Login,
        opening: Opening,
    ) -> Result<Vec<Credential>, StoreError> {
        if self.principals.get(&credential.principal).is_none_or(|p| p.disabled) {
            return conflict("the login of nobody, or of somebody disabled");
        }
        let spent = self.spent.iter().any(|(hash, _)| *hash == login.refresh_hash);
        if login.credential != credential.id
            || spent
            || self.logins.iter().any(|l| l.refresh_hash == login.refresh_hash)
        {
            return conflict("the login");
        }
        let person = credential.principal;
        if !self.sessions.iter().any(|s| s.id == opening.session && s.person == person && s.parent.is_none()) {
            return conflict("the login of a session that has ended");
        }
        if !self.is_used_code(opening.code, person) {
            return conflict("the login of a code that came twice, or was taken back");
        }
        let now = login.used_at;
        self.add_credential(credential)?;
        let open = |c: &Credential| c.principal == person && c.revoked_at.is_none() && now < c.expires_at;
        let mut others: Vec<_> = self.logins.iter().filter_map(|l| self.of(l.credential)).collect();
        others.retain(|(c, _)| open(c));
        others.sort_by_key(|(c, l)| std::cmp::Reverse((l.used_at, c.id)));
        self.logins.push(login);
        let surplus = others.into_iter().skip(LOGINS_MAX - 1);
        Ok(surplus.filter_map(|(c, _)| self.revoke(c.id, now)).collect())
    }

    pub(super) fn is_used_code(&self, code: Digest, of: PrincipalId) -> bool {
        let is_it = |l: &crate::Link| l.hash == code && l.purpose == LinkPurpose::Code && l.person == of;
        self.links.iter().any(|(link, used)| *used && is_it(link))
    }

    /// Takes back what was allowed: codes on their way count as used, and those that were used open nothing any more.
    pub(super) fn void_codes(&mut self, of: Option<PrincipalId>) {
        let theirs = |l: &crate::Link| l.purpose == LinkPurpose::Code && of.is_none_or(|of| l.person == of);
        self.links.retain(|(link, used)| !(*used && theirs(link)));
        for (link, used) in &mut self.links {
            *used |= theirs(link);
        }
    }

    /// The login with its row. Whatever takes a credential away takes it out of reach here.
    fn of(&self, id: CredentialId) -> Option<(Credential, Login)> {
        let credential = self.credentials.iter().find(|c| c.id == id)?;
        Some((credential.clone(), self.logins.iter().find(|l| l.credential == id)?.clone()))
    }

    /// What is known of the credential with this hash.
    pub(super) fn known(&self, hash: Digest) -> Option<Known> {
        let credential = self.credentials.iter().find(|c| c.secret_hash == hash)?.clone();
        let principal = self.principals.get(&credential.principal)?.clone();
        let first = credential.parent.unwrap_or(credential.id);
        let shown_at = match self.of(first) {
            Some((_, login)) => login.authenticated_at,
            None => self.credentials.iter().find(|c| c.id == first).map_or(UnixMillis(0), |c| c.created_at),
        };
        let login = self.of(credential.id).map(|(_, login)| login);
        Some(Known { credential, principal, login, shown_at })
    }

    /// Ends every login of everybody; how many were open.
    pub(super) fn end_all_logins(&mut self, at: UnixMillis) -> usize {
        let all: Vec<_> = self.logins.iter().filter_map(|login| self.of(login.credential)).collect();
        let open: Vec<_> = all.into_iter().filter(|(c, _)| c.revoked_at.is_none()).map(|(c, _)| c.id).collect();
        for id in &open {
            self.revoke(*id, at);
        }
        open.len()
    }

    pub(super) fn end_logins(&mut self, of: PrincipalId, at: UnixMillis) -> usize {
        self.void_codes(Some(of));
        let own: Vec<CredentialId> = self.logins.iter().map(|l| l.credential).collect();
        let open = |c: &&Credential| c.principal == of && c.revoked_at.is_none() && own.contains(&c.id);
        let ended: Vec<CredentialId> = self.credentials.iter().filter(open).map(|c| c.id).collect();
        for id in &ended {
            self.revoke(*id, at);
        }
        ended.len()
    }

    fn refresh(&mut self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        if let Some((_, id)) = self.spent.iter().find(|(hash, _)| *hash == refresh.from) {
            let revoked = self.revoke(*id, refresh.at);
            return Ok(revoked.map_or(Refreshed::Unknown, Refreshed::Replayed));
        }
        let found = self.logins.iter().find(|l| l.refresh_hash == refresh.from).map(|l| l.credential);
        let Some((credential, login)) = found.and_then(|id| self.of(id)) else { return Ok(Refreshed::Unknown) };
        let refused = |why| Ok(Refreshed::Refused { credential: credential.id, why });
        let refreshes = self.spent.iter().filter(|(_, of)| *of == credential.id).count();
        if login.key != refresh.key {
            return refused("another key");
        }
        if credential.revoked_at.is_some() || refresh.at >= credential.expires_at {
            return refused("it is over");
        }
        if self.principals.get(&credential.principal).is_none_or(|p| p.disabled) {
            return refused("its person is disabled");
        }
        if refreshes >= REFRESHES_MAX as usize {
            return refused("it was refreshed too often");
        }
        self.spent.push((refresh.from, credential.id));
        for found in self.credentials.iter_mut().filter(|c| c.id == credential.id) {
            found.secret_hash = refresh.access;
        }
        for found in self.logins.iter_mut().filter(|l| l.credential == credential.id) {
            found.refresh_hash = refresh.refresh;
            found.access_until = refresh.access_until.min(credential.expires_at);
            found.used_at = refresh.at;
        }
        Ok(self.of(credential.id).map_or(Refreshed::Unknown, |(credential, login)| Refreshed::Done(credential, login)))
    }
}

impl Logins for MemoryStore {
    fn add_login(&self, credential: Credential, login: Login, opening: Opening) -> Answer<'_, Vec<Credential>> {
        answer(self.lock().add_login(credential, login, opening))
    }

    fn void_code(&self, code: Digest, login: CredentialId, at: UnixMillis) -> Answer<'_, Option<Credential>> {
        let mut rooms = self.lock();
        rooms.links.retain(|(l, _)| l.hash != code || l.purpose != LinkPurpose::Code);
        let known = rooms.of(login).is_some();
        answer(Ok(known.then(|| rooms.revoke(login, at)).flatten()))
    }

    fn login_to_refresh(&self, refresh: Digest) -> Answer<'_, Option<(Credential, Login)>> {
        let rooms = self.lock();
        let found = rooms.logins.iter().find(|l| l.refresh_hash == refresh).map(|l| l.credential);
        answer(Ok(found.and_then(|id| rooms.of(id))))
    }

    fn logins(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<(Credential, Login)>> {
        let rooms = self.lock();
        let mut all: Vec<_> = rooms.logins.iter().filter_map(|l| rooms.of(l.credential)).collect();
        all.retain(|(c, _)| of.is_none_or(|id| c.principal == id));
        all.sort_by_key(|(c, l)| std::cmp::Reverse((l.used_at, c.id)));
        answer(Ok(all))
    }

    fn refresh_login(&self, refresh: Refresh) -> Answer<'_, Refreshed> {
        answer(self.lock().refresh(refresh))
    }

    fn end_logins(&self, of: PrincipalId, at: UnixMillis) -> Answer<'_, usize> {
        answer(Ok(self.lock().end_logins(of, at)))
    }
}
