//! A browser's session: a cookie of 256 random bits, kept as a hash; replaced from time to time, ended by idleness, by age, or by
//! whoever has reason to.
//! If this is wrong: whoever once saw a cookie is its owner for ever, or somebody who was shut out goes on.
use std::sync::Arc;

use gateway::{
    Admitted, Ambient, Cookies, Ctx, Desk, Fut, Intent, NameFailure, NewInvitation, NewLink, NewSession, Recognised,
    Refusal, Renaming, SESSION_COOKIE, SSO_COOKIE, SessionPort, SignInCall, set_cookie,
};
use http::{HeaderValue, Method};
use store::{Ended, Everything, Invitation, Link, LinkPurpose, Principal, PrincipalKind, Session, StoreError};
use types::{AppName, Assurance, Caller, CredentialId, Digest, Instant, Person, PrincipalId, Secret, UnixMillis};

use crate::{Service, names, token};

/// How exactly the last use is known; idle limits are far longer.
const TOUCH_EVERY_S: u64 = 60;

/// A session that the store vouched for.
#[derive(Clone)]
pub(crate) struct Open {
    caller: Arc<Caller>,
    id: CredentialId,
    parent: Option<CredentialId>,
    app: Option<AppName>,
    /// When this secret ends: the session's own end, or the end of a former secret's grace.
    ends_at: UnixMillis,
    /// When the secret is due to be replaced; `None` for a former one.
    rotates_at: Option<UnixMillis>,
    /// Until when it counts without asking the store again.
    until: Instant,
}

/// Where a session is looked for, and which one counts there.
pub(crate) struct Place<'a> {
    cookie: &'static str,
    app: Option<&'a AppName>,
}

impl Place<'_> {
    /// `None`: nothing there looks at sessions. The control API does not: it is not for pages of a browser.
    pub(crate) fn of(intent: &Intent) -> Option<Place<'_>> {
        match intent {
            Intent::Invoke(target) => Some(Place { cookie: SESSION_COOKIE, app: Some(&target.app) }),
            Intent::Unrouted { app } | Intent::WrongMethod { app, .. } => {
                Some(Place { cookie: SESSION_COOKIE, app: Some(app) })
            }
            Intent::SignIn(SignInCall { desk: Desk::App, app, .. }) => {
                Some(Place { cookie: SESSION_COOKIE, app: app.as_ref() })
            }
            Intent::SignIn(SignInCall { desk: Desk::Id, .. }) => Some(Place { cookie: SSO_COOKIE, app: None }),
            Intent::SignIn(_)
            | Intent::UnroutedSignIn { .. }
            | Intent::Control(_)
            | Intent::UnroutedControl
            | Intent::ControlMethod { .. } => None,
        }
    }
}

/// The hash of the session secret that the request carries, where it counts at all.
/// What has not the shape of one is no session: browsers keep old cookies, and that is nobody's fault.
pub(crate) fn secret(admitted: &Admitted, place: &Place<'_>) -> Option<Digest> {
    let head = admitted.head();
    // SECURITY: what another site made the browser send carries no session, and what it only led here reads.
    match head.extensions.get::<Ambient>() {
        Some(Ambient::Attach) => {}
        Some(Ambient::ReadOnly) if matches!(head.method, Method::GET | Method::HEAD) => {}
        Some(Ambient::ReadOnly | Ambient::Withhold) | None => return None,
    }
    let value = Cookies::one(&head.headers, place.cookie)?;
    token::is_secret(value).then(|| token::hash(value.as_bytes()))
}

impl Service {
    /// What the cache knows of the session; `None`: the store must be asked, or the secret is due to be replaced.
    pub(crate) fn cached_session(&self, cx: &Ctx, key: &Digest, place: &Place<'_>) -> Option<Arc<Caller>> {
        let open = self.sessions.get(key)?;
        if cx.started >= open.until || open.rotates_at.is_some_and(|due| cx.started_at >= due) {
            return None;
        }
        Some(self.answer(&open, cx.started_at, place))
    }

    fn answer(&self, open: &Open, now: UnixMillis, place: &Place<'_>) -> Arc<Caller> {
        let counts = now < open.ends_at && open.app.as_ref() == place.app;
        if counts { open.caller.clone() } else { self.stranger.clone() }
    }

    /// What the store knows of the session; replaces its secret when that is due.
    pub(crate) async fn stored_session(&self, cx: &Ctx, key: Digest, place: &Place<'_>) -> Result<Recognised, Refusal> {
        let failed = |e: StoreError| Refusal::internal(format!("session: the store could not be asked: {e}"));
        let epoch = self.sessions.epoch();
        let now = cx.started_at;
        let Some((session, person)) = self.store.session(key).await.map_err(failed)? else {
            return Ok(self.stranger.clone().into());
        };
        let Some(mut open) = self.judge_session(cx, &session, person, key) else {
            return Ok(self.stranger.clone().into());
        };
        if now.0.saturating_sub(session.used_at.0) >= TOUCH_EVERY_S * 1_000 {
            self.store.touch_session(session.id, now).await.map_err(failed)?;
        }
        let mut renewed = None;
        if open.rotates_at.is_some_and(|due| now >= due) && session.app.as_ref() == place.app {
            let grace = now.plus_seconds(self.config.session_grace_s);
            renewed = self.rotate(&session, key, now, grace).await.map_err(failed)?;
            // Replaced by us or by another request: this one is a former secret in any case.
            (open.rotates_at, open.ends_at) = (None, open.ends_at.min(grace));
        }
        let caller = self.answer(&open, now, place);
        self.sessions.put(epoch, key, open);
        Ok(Recognised { caller, renewed, acting: None })
    }

    async fn rotate(
        &self,
        session: &Session,
        from: Digest,
        now: UnixMillis,
        grace: UnixMillis,
    ) -> Result<Option<HeaderValue>, StoreError> {
        let secret = token::secret(&*self.rng);
        let to = token::hash(secret.as_bytes());
        let mine = self.store.rotate_session(session.id, from, to, now, grace).await?;
        let name = if session.app.is_some() { SESSION_COOKIE } else { SSO_COOKIE };
        Ok(if mine { set_cookie(name, &secret, None) } else { None })
    }

    /// Whether the session is good at all. `None`: it is over; its holder is a stranger, as if they had brought nothing.
    fn judge_session(&self, cx: &Ctx, session: &Session, person: Principal, key: Digest) -> Option<Open> {
        let now = cx.started_at;
        let idle_ms = self.config.session_idle_s.saturating_mul(1_000);
        let idle = now.0.saturating_sub(session.used_at.0) >= idle_ms;
        if person.disabled || now >= session.expires_at || idle {
            return None;
        }
        let (ends_at, rotates_at) = if session.secret_hash == key {
            (session.expires_at, Some(session.rotated_at.plus_seconds(self.config.session_rotate_s)))
        } else {
            let until = session.former.filter(|(former, _)| *former == key).map(|(_, until)| until)?;
            if now >= until {
                tracing::warn!(session = %session.id, "a session's former secret came after its time");
                return None;
            }
            (until.min(session.expires_at), None)
        };
        let PrincipalKind::Person { owner } = person.kind else { return None };
        let caller = Arc::new(Caller::Person(Person {
            id: person.id,
            display_name: person.name,
            owner,
            disabled: false,
            assurance: session.assurance,
            authenticated_at: session.authenticated_at,
            credential: session.id,
        }));
        let until = Instant(cx.started.0.saturating_add(self.config.verified_s.saturating_mul(1_000_000_000)));
        let (id, parent, app) = (session.id, session.parent, session.app.clone());
        Some(Open { caller, id, parent, app, ends_at, rotates_at, until })
    }

    async fn open_session(&self, new: NewSession) -> Result<(Session, Secret), StoreError> {
        let now = self.clock.now();
        let secret = token::secret(&*self.rng);
        let mut expires_at = now.plus_seconds(self.config.session_max_s);
        let (id, app, parent) = match new.child {
            Some((app, parent, id)) => {
                let own = self.store.sessions(Some(new.person)).await?;
                // Without a parent the store refuses it.
                let ends = own.iter().find(|session| session.id == parent).map(|session| session.expires_at);
                expires_at = ends.map_or(now, |ends| ends.min(expires_at));
                (id, Some(app), Some(parent))
            }
            None => (CredentialId::fresh(now, &*self.rng), None, None),
        };
        let session = Session {
            id,
            person: new.person,
            parent,
            app,
            secret_hash: token::hash(secret.as_bytes()),
            former: None,
            created_at: now,
            used_at: now,
            rotated_at: now,
            expires_at,
            assurance: new.assurance,
            authenticated_at: new.authenticated_at,
            device: new.device,
        };
        self.store.add_session(session.clone(), new.by).await?;
        Ok((session, Secret::new(secret)))
    }

    /// Forgets the sessions of a person; called after the store was changed.
    pub(crate) fn forget_sessions_of(&self, of: PrincipalId) {
        self.sessions.forget_where(|open| open.caller.principal() == Some(of));
    }

    /// Forgets the sessions at an app; called after the store was changed.
    pub(crate) fn forget_sessions_at(&self, app: &AppName) {
        self.sessions.forget_where(|open| open.app.as_ref() == Some(app));
    }
}

impl SessionPort for Service {
    fn fit_name(&self, name: &str) -> Result<(), NameFailure> {
        names::fit(name)
    }

    fn is_taken(&self, name: Arc<str>) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async move { self.is_anybodys(None, &name).await })
    }

    fn rename(&self, person: PrincipalId, name: Arc<str>, by: Renaming) -> Fut<'_, Result<bool, NameFailure>> {
        Box::pin(self.give_name(person, name, by))
    }

    fn draft_invitation(&self, new: NewInvitation) -> (Invitation, Secret) {
        let now = self.clock.now();
        let code = token::secret(&*self.rng);
        let life_s = if new.sign_up { self.config.sign_up_s } else { self.config.invitation_s };
        let invitation = Invitation {
            id: CredentialId::fresh(now, &*self.rng),
            code_hash: token::hash(code.as_bytes()),
            email: new.email,
            name: new.name,
            app: new.app,
            groups: new.groups,
            invited_by: new.invited_by,
            mailed: new.mailed,
            sign_up: new.sign_up,
            created_at: now,
            expires_at: now.plus_seconds(life_s),
        };
        (invitation, Secret::new(code))
    }

    fn end_everything(&self) -> Fut<'_, Result<Ended, StoreError>> {
        Box::pin(async move {
            let ended = self.store.end_everything(Everything::Credentials, self.clock.now()).await?;
            self.forget_all();
            Ok(ended)
        })
    }

    fn invite(&self, new: NewInvitation) -> Fut<'_, Result<(Invitation, Secret), StoreError>> {
        Box::pin(async move {
            let (invitation, code) = self.draft_invitation(new);
            self.store.add_invitation(invitation.clone()).await?;
            Ok((invitation, code))
        })
    }

    fn link(&self, new: NewLink) -> Fut<'_, Result<(Link, Secret), StoreError>> {
        Box::pin(async move {
            let secret = token::secret(&*self.rng);
            let life_s = match new.purpose {
                LinkPurpose::VerifyEmail => self.config.verify_s,
                LinkPurpose::Reset | LinkPurpose::Code => self.config.reset_s,
            };
            let link = Link {
                hash: token::hash(secret.as_bytes()),
                purpose: new.purpose,
                person: new.person,
                note: new.note,
                expires_at: self.clock.now().plus_seconds(life_s),
            };
            self.store.add_link(link.clone()).await?;
            Ok((link, Secret::new(secret)))
        })
    }

    fn open(&self, new: NewSession) -> Fut<'_, Result<(Session, Secret), StoreError>> {
        Box::pin(self.open_session(new))
    }

    fn raise(&self, id: CredentialId, assurance: Assurance) -> Fut<'_, Result<Option<Secret>, StoreError>> {
        Box::pin(async move {
            let secret = token::secret(&*self.rng);
            let to = token::hash(secret.as_bytes());
            let raised = self.store.raise_session(id, to, assurance, self.clock.now()).await?;
            self.sessions.forget_where(|open| open.id == id);
            Ok(raised.then(|| Secret::new(secret)))
        })
    }

    fn end(&self, id: CredentialId) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let ended = self.store.end_session(id).await?;
            self.sessions.forget_where(|open| open.id == id || open.parent == Some(id));
            Ok(ended)
        })
    }

    fn end_all(
        &self,
        of: PrincipalId,
        app: Option<AppName>,
        kept: Option<CredentialId>,
    ) -> Fut<'_, Result<usize, StoreError>> {
        Box::pin(async move {
            let everywhere = app.is_none();
            let mut ended = self.store.end_sessions(of, app, kept).await?;
            self.forget_sessions_of(of);
            if everywhere {
                ended += self.store.end_logins(of, self.clock.now()).await?;
                self.forget_credentials_of(of);
            }
            Ok(ended)
        })
    }

    fn forget_person(&self, of: PrincipalId) {
        self.forget_sessions_of(of);
        self.forget_credentials_of(of);
    }
}
