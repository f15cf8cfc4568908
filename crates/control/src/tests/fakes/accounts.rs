//! Accounts, sessions and invitations of the fakes: what control only passes on is kept by the store in memory.
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use gateway::{Fut, MailPort, NameFailure, NewInvitation, NewLink, NewSession, Post, PostError, Renaming, SessionPort};
use store::{
    Account, Accounts, Answer, ClaimedMail, Credential, Ended, Everything, Invitation, Link, LinkPurpose, Login,
    Logins, Mail, NewMail, OpenedBy, Opening, Outbox, Principal, Refresh, Refreshed, Roster as _, Session, Sessions,
    StoreError, Totp, Use,
};
use types::{AppName, Assurance, CredentialId, Digest, MailId, PrincipalId, Secret, UnixMillis};

use super::{FakeCredentials, MemoryStore};

macro_rules! delegated {
    ($trait:ident: $($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)+ $(; $own:item)*) => {
        impl $trait for MemoryStore {
            $(fn $name(&self, $($arg: $type),*) -> Answer<'_, $answer> { self.rest.$name($($arg),*) })+
            $($own)*
        }
    };
}

delegated! { Accounts:
    account(person: PrincipalId) -> Option<Account>;
    account_of(email: Arc<str>) -> Option<(Account, Principal)>;
    accounts() -> Vec<Account>;
    claim_account(code: Digest, now: UnixMillis, owner: Principal, account: Account) -> bool;
    add_invitation(new: Invitation) -> ();
    invitation(code: Digest) -> Option<Invitation>;
    invitations() -> Vec<Invitation>;
    remove_invitation(id: CredentialId) -> bool;
    accept_invitation(code: Digest, now: UnixMillis, person: Principal, account: Account) -> Option<Invitation>;
    set_password(person: PrincipalId, hash: Arc<str>, at: UnixMillis, kept: Option<CredentialId>) -> bool;
    improve_password(person: PrincipalId, from: Arc<str>, to: Arc<str>) -> bool;
    reset_password(link: Digest, now: UnixMillis, hash: Arc<str>) -> Option<PrincipalId>;
    verify_email(link: Digest, now: UnixMillis, person: PrincipalId) -> bool;
    set_totp(person: PrincipalId, totp: Option<Totp>, codes: Option<Vec<Digest>>) -> bool;
    remove_password(person: PrincipalId) -> bool;
    set_recovery_codes(person: PrincipalId, codes: Vec<Digest>) -> bool;
    use_totp_step(person: PrincipalId, step: u64) -> bool;
    use_recovery_code(person: PrincipalId, code: Digest) -> bool;
    recovery_codes_left(person: PrincipalId) -> u32;
    set_passkeys(person: PrincipalId, from: Arc<str>, to: Arc<str>) -> bool;
    ; fn remove_person(&self, person: PrincipalId) -> Answer<'_, bool> {
        let mut all = self.principals.lock().unwrap();
        let before = all.len();
        all.retain(|p| p.id != person);
        self.members.lock().unwrap().retain(|(_, member)| member.principal != person);
        self.groups.lock().unwrap().forget(person);
        let removed = all.len() < before;
        Box::pin(async move { Ok(removed) })
    }
}

delegated! { Sessions:
    add_session(new: Session, by: OpenedBy) -> ();
    session(secret: Digest) -> Option<(Session, Principal)>;
    sessions(of: Option<PrincipalId>) -> Vec<Session>;
    rotate_session(id: CredentialId, from: Digest, to: Digest, at: UnixMillis, until: UnixMillis) -> bool;
    raise_session(id: CredentialId, to: Digest, assurance: Assurance, at: UnixMillis) -> bool;
    touch_session(id: CredentialId, at: UnixMillis) -> ();
    end_session(id: CredentialId) -> bool;
    end_sessions(of: PrincipalId, app: Option<AppName>, kept: Option<CredentialId>) -> usize;
    add_link(link: Link) -> ();
    link(purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Option<Link>;
    use_link(purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Use;
    purge_sessions(before: UnixMillis, idle: UnixMillis) -> usize;
}

delegated! { Logins:
    add_login(credential: Credential, login: Login, opening: Opening) -> Vec<Credential>;
    void_code(code: Digest, login: CredentialId, at: UnixMillis) -> Option<Credential>;
    login_to_refresh(refresh: Digest) -> Option<(Credential, Login)>;
    logins(of: Option<PrincipalId>) -> Vec<(Credential, Login)>;
    refresh_login(refresh: Refresh) -> Refreshed;
    end_logins(of: PrincipalId, at: UnixMillis) -> usize;
}

delegated! { Outbox:
    add_mail(new: NewMail) -> ();
    claim_mails(now: UnixMillis, until: UnixMillis, count: u32) -> Vec<ClaimedMail>;
    mail_delivered(id: MailId, attempt: u32, at: UnixMillis) -> bool;
    mail_failed(id: MailId, attempt: u32, at: UnixMillis, error: Arc<str>, again: Option<UnixMillis>) -> bool;
    retry_mail(id: MailId, now: UnixMillis) -> bool;
    mails(count: u32) -> Vec<Mail>;
    mails_since(to: Option<Arc<str>>, since: UnixMillis) -> u32;
    mails_open(since: UnixMillis) -> (u32, u32);
    expire_mails(now: UnixMillis) -> Vec<Mail>;
    purge_mails(before: UnixMillis) -> usize;
}

/// Mails that were handed in, where there is a server.
#[derive(Default)]
pub(in crate::tests) struct FakeMail {
    pub(in crate::tests) on: AtomicBool,
    pub(in crate::tests) posted: Mutex<Vec<Post>>,
}

impl MailPort for FakeMail {
    fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    fn post(&self, post: Post) -> Fut<'_, Result<MailId, PostError>> {
        self.posted.lock().unwrap().push(post);
        Box::pin(async { Ok(MailId::from_bytes([8; 16])) })
    }

    fn wake(&self) {}
}

/// Notes whose sessions were ended, and where.
impl SessionPort for FakeCredentials {
    fn draft_invitation(&self, new: NewInvitation) -> (Invitation, Secret) {
        let n = self.invited.fetch_add(1, Ordering::SeqCst);
        let invitation = Invitation {
            id: CredentialId::from_bytes([n; 16]),
            code_hash: Digest::from_bytes([n; 32]),
            email: new.email,
            name: new.name,
            app: new.app,
            groups: new.groups,
            invited_by: new.invited_by,
            mailed: new.mailed,
            sign_up: new.sign_up,
            created_at: UnixMillis(1),
            expires_at: UnixMillis(u64::MAX >> 1),
        };
        (invitation, Secret::new(format!("code-{n}")))
    }

    fn invite(&self, new: NewInvitation) -> Fut<'_, Result<(Invitation, Secret), StoreError>> {
        let made = self.draft_invitation(new);
        Box::pin(async move { Ok(made) })
    }

    fn fit_name(&self, name: &str) -> Result<(), NameFailure> {
        if name.contains('\u{202e}') { Err(NameFailure::Unfit { why: "it reorders".into() }) } else { Ok(()) }
    }

    fn is_taken(&self, _: Arc<str>) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async { Ok(false) })
    }

    fn rename(&self, person: PrincipalId, name: Arc<str>, by: Renaming) -> Fut<'_, Result<bool, NameFailure>> {
        assert_eq!(by, Renaming::ByAdmin);
        Box::pin(async move {
            self.fit_name(&name)?;
            Ok(self.store.rename_person(person, name).await?)
        })
    }

    fn end_everything(&self) -> Fut<'_, Result<Ended, StoreError>> {
        self.store.end_everything(Everything::Credentials, UnixMillis(5))
    }

    fn link(&self, new: NewLink) -> Fut<'_, Result<(Link, Secret), StoreError>> {
        let NewLink { purpose, person, note } = new;
        let link = Link { hash: Digest::from_bytes([9; 32]), purpose, person, note, expires_at: UnixMillis(2) };
        Box::pin(async move { Ok((link, Secret::new("link-9".into()))) })
    }

    fn open(&self, _: NewSession) -> Fut<'_, Result<(Session, Secret), StoreError>> {
        Box::pin(async { Err(StoreError::Closed) })
    }

    fn raise(&self, _: CredentialId, _: Assurance) -> Fut<'_, Result<Option<Secret>, StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn end(&self, _: CredentialId) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async { Ok(false) })
    }

    fn end_all(
        &self,
        of: PrincipalId,
        app: Option<AppName>,
        _: Option<CredentialId>,
    ) -> Fut<'_, Result<usize, StoreError>> {
        self.ended.lock().unwrap().push((of, app));
        Box::pin(async { Ok(1) })
    }

    fn forget_person(&self, of: PrincipalId) {
        self.ended.lock().unwrap().push((of, None));
    }
}
