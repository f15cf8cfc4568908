//! Accounts and sessions of the store in memory.
use std::sync::Arc;

use types::{AppName, Assurance, CredentialId, Digest, PrincipalId, UnixMillis};

use super::{MemoryStore, Rooms, answer, conflict};
use crate::{
    Account, Accounts, Answer, AppMember, Invitation, Link, LinkPurpose, OpenedBy, Principal, PrincipalKind, Session,
    Sessions, StoreError, Totp, Use,
};

impl Rooms {
    fn add_account(&mut self, person: Principal, account: Account) -> Result<(), StoreError> {
        if self.accounts.values().any(|a| a.email == account.email) {
            return conflict("the account's address");
        }
        if person.id != account.person {
            return conflict("the account of somebody else");
        }
        self.add_principal(person)?;
        self.accounts.insert(account.person, account);
        Ok(())
    }

    fn accept(
        &mut self,
        code: Digest,
        now: UnixMillis,
        person: Principal,
        account: Account,
    ) -> Result<Option<Invitation>, StoreError> {
        let counts = |i: &Invitation| {
            let maker = i.invited_by.and_then(|by| self.principals.get(&by));
            !maker.is_some_and(|maker| maker.disabled)
        };
        let open = |i: &Invitation| i.code_hash == code && now < i.expires_at && counts(i);
        let Some(at) = self.invitations.iter().position(open) else { return Ok(None) };
        let principal = person.id;
        self.add_account(person, account)?;
        let invitation = self.invitations.remove(at);
        if let Some((name, role)) = &invitation.app
            && let Some(app) = self.apps.get_mut(name)
        {
            app.version += 1;
            self.members.insert((name.clone(), principal), AppMember { principal, role: *role, added_at: now });
        }
        for group in &invitation.groups {
            self.group_people.insert((group.clone(), principal), now);
            self.grow_apps_of(group);
        }
        Ok(Some(invitation))
    }

    pub(super) fn invite(&mut self, new: Invitation) -> Result<(), StoreError> {
        if new.app.as_ref().is_some_and(|(app, _)| !self.apps.contains_key(app)) {
            return conflict("the invitation to an unknown app");
        }
        if new.groups.iter().any(|group| !self.groups.contains_key(group)) {
            return conflict("the invitation into an unknown group");
        }
        let is_asked = |i: &Invitation| i.email == new.email && !i.sign_up && new.created_at < i.expires_at;
        if new.sign_up && self.invitations.iter().any(is_asked) {
            return conflict("the sign-up of somebody who is invited");
        }
        if self.invitations.iter().any(|i| i.email != new.email && (i.id == new.id || i.code_hash == new.code_hash)) {
            return conflict("the invitation");
        }
        self.invitations.retain(|i| i.email != new.email);
        self.invitations.push(new);
        Ok(())
    }

    fn end(&mut self, gone: impl Fn(&Session) -> bool) -> usize {
        let ended: Vec<CredentialId> = self.sessions.iter().filter(|s| gone(s)).map(|s| s.id).collect();
        self.sessions.retain(|s| !ended.contains(&s.id) && !s.parent.is_some_and(|parent| ended.contains(&parent)));
        ended.len()
    }

    pub(super) fn use_up_links(&mut self, of: PrincipalId, purpose: LinkPurpose) {
        for (link, used) in self.links.iter_mut().filter(|(link, _)| link.person == of) {
            *used |= link.purpose == purpose;
        }
    }

    fn end_all_but(&mut self, of: PrincipalId, app: Option<&AppName>, kept: Option<CredentialId>) -> usize {
        self.end(|s| {
            let stays = kept.is_some_and(|kept| s.id == kept || s.parent == Some(kept));
            s.person == of && (app.is_none() || s.app.as_ref() == app) && !stays
        })
    }

    /// A link that was not used.
    fn open_link(&mut self, purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Option<&mut (Link, bool)> {
        let open =
            |(l, used): &&mut (Link, bool)| !used && l.hash == hash && l.purpose == purpose && now < l.expires_at;
        self.links.iter_mut().find(open)
    }

    fn fits(&self, new: &Session, by: OpenedBy) -> Result<(), StoreError> {
        match by {
            OpenedBy::Password { set_at }
                if self.accounts.get(&new.person).and_then(|a| a.password_at) != Some(set_at) =>
            {
                return conflict("the session by a password that was changed since");
            }
            OpenedBy::Code(code) if !self.is_used_code(code, new.person) => {
                return conflict("the session of a code that came twice, or was taken back");
            }
            _ => {}
        }
        let taken = |s: &Session| {
            s.id == new.id || s.secret_hash == new.secret_hash || s.former.is_some_and(|(h, _)| h == new.secret_hash)
        };
        if self.sessions.iter().any(taken) {
            return conflict("the session");
        }
        if self.principals.get(&new.person).is_none_or(|p| p.disabled) {
            return conflict("the session of nobody, or of somebody disabled");
        }
        let parent = |s: &Session| Some(s.id) == new.parent && s.person == new.person && s.parent.is_none();
        match (&new.app, new.parent) {
            (None, None) => Ok(()),
            (Some(app), Some(_)) if self.apps.contains_key(app) && self.sessions.iter().any(parent) => Ok(()),
            _ => conflict("the session's app or parent"),
        }
    }
}

impl Accounts for MemoryStore {
    fn account(&self, person: PrincipalId) -> Answer<'_, Option<Account>> {
        answer(Ok(self.lock().accounts.get(&person).cloned()))
    }

    fn account_of(&self, email: Arc<str>) -> Answer<'_, Option<(Account, Principal)>> {
        let rooms = self.lock();
        let found = rooms.accounts.values().find(|a| a.email == email);
        answer(Ok(found.and_then(|a| Some((a.clone(), rooms.principals.get(&a.person)?.clone())))))
    }

    fn accounts(&self) -> Answer<'_, Vec<Account>> {
        answer(Ok(self.lock().accounts.values().cloned().collect()))
    }

    fn claim_account(&self, code: Digest, now: UnixMillis, owner: Principal, account: Account) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        if !rooms.claim.is_some_and(|claim| claim.code_hash == code && now < claim.expires_at) {
            return answer(Ok(false));
        }
        let added = rooms.add_account(owner, account);
        if added.is_ok() {
            rooms.claim = None;
        }
        answer(added.map(|()| true))
    }

    fn add_invitation(&self, new: Invitation) -> Answer<'_, ()> {
        answer(self.lock().invite(new))
    }

    fn invitation(&self, code_hash: Digest) -> Answer<'_, Option<Invitation>> {
        answer(Ok(self.lock().invitations.iter().find(|i| i.code_hash == code_hash).cloned()))
    }

    fn invitations(&self) -> Answer<'_, Vec<Invitation>> {
        let mut all = self.lock().invitations.clone();
        all.sort_by_key(|i| std::cmp::Reverse((i.created_at, i.id)));
        answer(Ok(all))
    }

    fn remove_invitation(&self, id: CredentialId) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let before = rooms.invitations.len();
        rooms.invitations.retain(|i| i.id != id);
        answer(Ok(rooms.invitations.len() < before))
    }

    fn accept_invitation(
        &self,
        code_hash: Digest,
        now: UnixMillis,
        person: Principal,
        account: Account,
    ) -> Answer<'_, Option<Invitation>> {
        answer(self.lock().accept(code_hash, now, person, account))
    }

    fn set_password(
        &self,
        person: PrincipalId,
        hash: Arc<str>,
        at: UnixMillis,
        kept: Option<CredentialId>,
    ) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let Some(account) = rooms.accounts.get_mut(&person) else { return answer(Ok(false)) };
        (account.password, account.password_at) = (Some(hash), Some(at));
        rooms.use_up_links(person, LinkPurpose::Reset);
        rooms.end_all_but(person, None, kept);
        rooms.end_logins(person, at);
        answer(Ok(true))
    }

    fn reset_password(&self, link: Digest, now: UnixMillis, hash: Arc<str>) -> Answer<'_, Option<PrincipalId>> {
        let mut rooms = self.lock();
        let found = rooms.open_link(LinkPurpose::Reset, link, now);
        let found = found.map(|(link, _)| (link.person, &*link.note == crate::Link::MAILED));
        let Some((person, mailed)) = found else { return answer(Ok(None)) };
        if rooms.principals.get(&person).is_none_or(|p| p.disabled) {
            return answer(Ok(None));
        }
        let Some(account) = rooms.accounts.get_mut(&person).filter(|a| a.password.is_some()) else {
            return answer(Ok(None));
        };
        (account.password, account.password_at) = (Some(hash), Some(now));
        if mailed && !account.email_verified {
            (account.email_verified, account.passkeys) = (true, "[]".into());
        }
        rooms.use_up_links(person, LinkPurpose::Reset);
        rooms.end_all_but(person, None, None);
        rooms.end_logins(person, now);
        answer(Ok(Some(person)))
    }

    fn verify_email(&self, link: Digest, now: UnixMillis, person: PrincipalId) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let Some((found, _)) = rooms.open_link(LinkPurpose::VerifyEmail, link, now) else { return answer(Ok(false)) };
        let (of, note) = (found.person, found.note.clone());
        let Some(account) = rooms.accounts.get_mut(&person).filter(|a| of == person && a.email == note) else {
            return answer(Ok(false));
        };
        account.email_verified = true;
        if let Some((_, used)) = rooms.open_link(LinkPurpose::VerifyEmail, link, now) {
            *used = true;
        }
        answer(Ok(true))
    }

    fn improve_password(&self, person: PrincipalId, from: Arc<str>, to: Arc<str>) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let found = rooms.accounts.get_mut(&person).filter(|a| a.password.as_ref() == Some(&from));
        answer(Ok(found.map(|account| account.password = Some(to)).is_some()))
    }

    fn set_totp(&self, person: PrincipalId, totp: Option<Totp>, codes: Option<Vec<Digest>>) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let account = rooms.accounts.get_mut(&person).filter(|a| totp.is_none() || a.totp.is_none());
        let Some(account) = account else { return answer(Ok(false)) };
        account.totp = totp;
        if let Some(codes) = codes {
            rooms.codes.retain(|(of, _)| *of != person);
            rooms.codes.extend(codes.into_iter().map(|code| (person, code)));
        }
        answer(Ok(true))
    }

    fn remove_password(&self, person: PrincipalId) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let found = rooms.accounts.get_mut(&person).filter(|a| &*a.passkeys != "[]");
        let Some(account) = found else { return answer(Ok(false)) };
        (account.password, account.password_at, account.totp) = (None, None, None);
        rooms.use_up_links(person, LinkPurpose::Reset);
        answer(Ok(true))
    }

    fn set_recovery_codes(&self, person: PrincipalId, codes: Vec<Digest>) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        if !rooms.accounts.contains_key(&person) {
            return answer(Ok(false));
        }
        rooms.codes.retain(|(of, _)| *of != person);
        rooms.codes.extend(codes.into_iter().map(|code| (person, code)));
        answer(Ok(true))
    }

    fn use_totp_step(&self, person: PrincipalId, step: u64) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let totp = rooms.accounts.get_mut(&person).and_then(|a| a.totp.as_mut()).filter(|t| t.last_step < step);
        answer(Ok(totp.map(|totp| totp.last_step = step).is_some()))
    }

    fn use_recovery_code(&self, person: PrincipalId, code_hash: Digest) -> Answer<'_, bool> {
        answer(Ok(self.lock().codes.remove(&(person, code_hash))))
    }

    fn recovery_codes_left(&self, person: PrincipalId) -> Answer<'_, u32> {
        let left = self.lock().codes.iter().filter(|(of, _)| *of == person).count();
        answer(Ok(u32::try_from(left).unwrap_or(u32::MAX)))
    }

    fn set_passkeys(&self, person: PrincipalId, from: Arc<str>, to: Arc<str>) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let found =
            rooms.accounts.get_mut(&person).filter(|a| a.passkeys == from && (&*to != "[]" || a.password.is_some()));
        answer(Ok(found.map(|account| account.passkeys = to).is_some()))
    }

    fn remove_person(&self, person: PrincipalId) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let is_person = |p: &Principal| matches!(p.kind, PrincipalKind::Person { .. });
        if !rooms.principals.get(&person).is_some_and(is_person) {
            return answer(Ok(false));
        }
        let mut apps = rooms.apps_of(person);
        rooms.principals.remove(&person);
        rooms.accounts.remove(&person);
        rooms.group_people.retain(|(_, of), _| *of != person);
        rooms.invitations.retain(|i| i.invited_by != Some(person));
        rooms.codes.retain(|(of, _)| *of != person);
        rooms.sessions.retain(|s| s.person != person);
        rooms.links.retain(|(l, _)| l.person != person);
        rooms.mails.retain(|m| m.mail.person != Some(person));
        rooms.requests.retain(|(asked, _)| asked.person != person);
        rooms.credentials.retain(|c| c.principal != person);
        rooms.members.retain(|(_, of), _| *of != person);
        for app in apps.drain(..) {
            if let Some(app) = rooms.apps.get_mut(&app) {
                app.version += 1;
            }
        }
        answer(Ok(true))
    }
}

impl Sessions for MemoryStore {
    fn add_session(&self, session: Session, by: OpenedBy) -> Answer<'_, ()> {
        let mut rooms = self.lock();
        let fits = rooms.fits(&session, by);
        if fits.is_ok() {
            rooms.sessions.push(session);
        }
        answer(fits)
    }

    fn session(&self, secret_hash: Digest) -> Answer<'_, Option<(Session, Principal)>> {
        let rooms = self.lock();
        let is_it =
            |s: &&Session| s.secret_hash == secret_hash || s.former.is_some_and(|(former, _)| former == secret_hash);
        let found = rooms.sessions.iter().find(is_it);
        answer(Ok(found.and_then(|s| Some((s.clone(), rooms.principals.get(&s.person)?.clone())))))
    }

    fn sessions(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<Session>> {
        let mut all = self.lock().sessions.clone();
        all.retain(|s| of.is_none_or(|id| s.person == id));
        all.sort_by_key(|s| std::cmp::Reverse((s.used_at, s.id)));
        answer(Ok(all))
    }

    fn rotate_session(
        &self,
        id: CredentialId,
        from: Digest,
        to: Digest,
        at: UnixMillis,
        until: UnixMillis,
    ) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let Some(session) = rooms.sessions.iter_mut().find(|s| s.id == id && s.secret_hash == from) else {
            return answer(Ok(false));
        };
        session.secret_hash = to;
        session.former = Some((from, until));
        (session.rotated_at, session.used_at) = (at, session.used_at.max(at));
        answer(Ok(true))
    }

    fn raise_session(&self, id: CredentialId, to: Digest, assurance: Assurance, at: UnixMillis) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let Some(session) = rooms.sessions.iter_mut().find(|s| s.id == id) else { return answer(Ok(false)) };
        (session.secret_hash, session.former, session.rotated_at) = (to, None, at);
        (session.assurance, session.authenticated_at) = (assurance, at);
        session.used_at = session.used_at.max(at);
        answer(Ok(true))
    }

    fn touch_session(&self, id: CredentialId, at: UnixMillis) -> Answer<'_, ()> {
        let mut rooms = self.lock();
        let parent = rooms.sessions.iter().find(|s| s.id == id).and_then(|s| s.parent);
        for session in rooms.sessions.iter_mut().filter(|s| s.id == id || Some(s.id) == parent) {
            session.used_at = session.used_at.max(at);
        }
        answer(Ok(()))
    }

    fn end_session(&self, id: CredentialId) -> Answer<'_, bool> {
        answer(Ok(self.lock().end(|s| s.id == id) > 0))
    }

    fn end_sessions(&self, of: PrincipalId, app: Option<AppName>, kept: Option<CredentialId>) -> Answer<'_, usize> {
        answer(Ok(self.lock().end_all_but(of, app.as_ref(), kept)))
    }

    fn add_link(&self, link: Link) -> Answer<'_, ()> {
        let mut rooms = self.lock();
        if !rooms.principals.contains_key(&link.person) || rooms.links.iter().any(|(l, _)| l.hash == link.hash) {
            return answer(conflict("the link"));
        }
        rooms.links.push((link, false));
        answer(Ok(()))
    }

    fn link(&self, purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Answer<'_, Option<Link>> {
        answer(Ok(self.lock().open_link(purpose, hash, now).map(|(link, _)| link.clone())))
    }

    fn use_link(&self, purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Answer<'_, Use> {
        let mut rooms = self.lock();
        let open = |(l, _): &&mut (Link, bool)| l.hash == hash && l.purpose == purpose && now < l.expires_at;
        answer(Ok(match rooms.links.iter_mut().find(open) {
            None => Use::Unknown,
            Some((link, true)) => Use::Again(link.clone()),
            Some((link, used)) => {
                *used = true;
                Use::First(link.clone())
            }
        }))
    }

    fn purge_sessions(&self, before: UnixMillis, idle: UnixMillis) -> Answer<'_, usize> {
        let mut rooms = self.lock();
        let mut purged = rooms.end(|s| s.expires_at < before || s.used_at < idle);
        purged += rooms.links.extract_if(.., |(l, _)| l.expires_at < before).count();
        purged += rooms.invitations.extract_if(.., |i| i.expires_at < before).count();
        answer(Ok(purged))
    }
}
