//! The room: from a request to a caller.
use std::sync::Arc;

use gateway::{Admitted, Channel, Ctx, Fut, Identify, Intent, Recognised, Refusal};
use store::{Audience, Credential, Principal, PrincipalKind, Store};
use types::{
    Action, AppName, Assurance, Caller, Clock, CredentialId, Digest, Instant, Person, PrincipalId, Rng,
    Service as Machine, UnixMillis,
};

use crate::{
    Config, bearer,
    claims::Attempts,
    reason::Reason,
    seen::Seen,
    sessions::{self, Place},
    token,
};

/// identity. Cheap to share behind an `Arc`; holds no secret.
pub struct Service {
    pub(crate) config: Config,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    verified: Seen<Verified>,
    refused: Seen<Refused>,
    pub(crate) sessions: Seen<sessions::Open>,
    pub(crate) attempts: Attempts,
    pub(crate) stranger: Arc<Caller>,
}

/// A credential that the store vouched for.
#[derive(Clone)]
struct Verified {
    caller: Arc<Caller>,
    credential: CredentialId,
    /// The credential that this one was made with: whoever revokes that one revokes both.
    parent: Option<CredentialId>,
    audience: Audience,
    expires_at: UnixMillis,
    /// Until when it counts without asking the store again.
    until: Instant,
}

/// A credential that the store did not vouch for.
#[derive(Clone)]
struct Refused {
    reason: Reason,
    until: Instant,
}

/// What a request brought to show who sends it.
enum Evidence<'a> {
    /// Nothing, or the kernel's word on the host socket.
    Known(Arc<Caller>),
    /// A token of the right shape.
    Token(&'a [u8]),
    /// A session's secret, hashed.
    Session(Digest),
}

impl Service {
    /// The room over this store. Time and chance come from the caller.
    pub fn new(config: Config, store: Arc<dyn Store>, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        let (verified, refused) = (Seen::new(config.verified_max), Seen::new(config.refused_max));
        let sessions = Seen::new(config.verified_max);
        let attempts = Attempts::new(config.claim_failures_max);
        Self { config, store, clock, rng, verified, refused, sessions, attempts, stranger: Arc::new(Caller::Stranger) }
    }

    /// Disables or enables a principal, in the store and in every cache before it returns; `false` when there is none.
    pub async fn set_disabled(&self, id: PrincipalId, disabled: bool) -> Result<bool, store::StoreError> {
        let found = self.store.set_disabled(id, disabled).await?;
        self.forget_credentials_of(id);
        self.forget_sessions_of(id);
        Ok(found)
    }

    /// Forgets a principal's credentials; called after the store was changed.
    pub(crate) fn forget_credentials_of(&self, id: PrincipalId) {
        self.verified.forget_where(|v| v.caller.principal() == Some(id));
        // Whatever was refused may now be refused for another reason, or not at all.
        self.refused.forget_where(|_| true);
    }

    /// Forgets one credential and those made with it; called after the store was changed.
    pub(crate) fn forget_credential(&self, credential: &Credential) {
        self.verified.forget_where(|v| v.credential == credential.id || v.parent == Some(credential.id));
        self.refused.forget(&credential.secret_hash);
    }

    /// Forgets whatever counts for the app, or belongs to it; called after the store was changed.
    pub(crate) fn forget_everything_of(&self, app: &AppName) {
        self.verified.forget_where(|v| {
            let counts_there = matches!(&v.audience, Audience::App(name) if name == app);
            counts_there || matches!(&*v.caller, Caller::Service(machine) if machine.app == *app)
        });
        self.refused.forget_where(|_| true);
        self.forget_sessions_at(app);
    }

    fn evidence<'a>(&self, admitted: &'a Admitted, intent: &Intent) -> Result<Evidence<'a>, Reason> {
        // Where to sign in is told to anybody, whatever they hold: looking at the credential would only make this the place
        // where a thief tries tokens of any audience, and would send an honest client in circles.
        if matches!(intent, Intent::Control(call) if call.action == Action::MetadataRead) {
            return Ok(Evidence::Known(self.stranger.clone()));
        }
        if let Some(token) = bearer::token(&admitted.head().headers)? {
            return Ok(Evidence::Token(token));
        }
        match admitted.channel() {
            Channel::Host { uid } if self.config.owner_uid == Some(uid) => {
                Ok(Evidence::Known(Arc::new(Caller::Operator { uid })))
            }
            // Browsers do not come that way.
            Channel::Host { .. } => Ok(Evidence::Known(self.stranger.clone())),
            Channel::Wire { .. } => {
                let session = Place::of(intent).and_then(|place| sessions::secret(admitted, &place));
                Ok(session.map_or_else(|| Evidence::Known(self.stranger.clone()), Evidence::Session))
            }
        }
    }

    /// What the caches know of this token. A hit is never looser than the store: expiry and audience are checked each time.
    fn cached(&self, cx: &Ctx, key: &Digest, intent: &Intent) -> Option<Result<Arc<Caller>, Reason>> {
        if let Some(known) = self.verified.get(key) {
            return (cx.started < known.until).then(|| known.answer(cx.started_at, intent));
        }
        let refused = self.refused.get(key)?;
        (cx.started < refused.until).then_some(Err(refused.reason))
    }

    /// When its person last showed who they are: when the command line was claimed that made it. SECURITY: a token that is made
    /// from another proves nothing anew. Otherwise whoever holds an old one would be "just signed in" by making a fresh one.
    async fn shown_at(&self, credential: &Credential) -> Result<UnixMillis, store::StoreError> {
        let Some(parent) = credential.parent else { return Ok(credential.created_at) };
        let all = self.store.credentials(Some(credential.principal)).await?;
        Ok(all.iter().find(|known| known.id == parent).map_or(UnixMillis(0), |parent| parent.created_at))
    }

    /// What the store knows of this token; remembered.
    async fn stored(&self, cx: &Ctx, key: Digest, intent: &Intent) -> Result<Arc<Caller>, Refusal> {
        let (verified_epoch, refused_epoch) = (self.verified.epoch(), self.refused.epoch());
        let found = self.store.credential(key).await;
        let failed = |e| Refusal::internal(format!("credential: the store could not be asked: {e}"));
        let found = found.map_err(failed)?;
        let shown_at = match &found {
            Some((credential, _)) => self.shown_at(credential).await.map_err(failed)?,
            None => UnixMillis(0),
        };
        let until = |seconds: u64| Instant(cx.started.0.saturating_add(seconds.saturating_mul(1_000_000_000)));
        match judge(found, shown_at, cx.started_at, until(self.config.verified_s)) {
            Ok(verified) => {
                self.verified.put(verified_epoch, key, verified.clone());
                verified.answer(cx.started_at, intent).map_err(|reason| reason.refusal())
            }
            Err(reason) => {
                let refusal = reason.refusal();
                self.refused.put(refused_epoch, key, Refused { reason, until: until(self.config.refused_s) });
                Err(refusal)
            }
        }
    }
}

impl Verified {
    fn answer(&self, now: UnixMillis, intent: &Intent) -> Result<Arc<Caller>, Reason> {
        if now >= self.expires_at {
            return Err(Reason::Expired(self.credential));
        }
        if !counts(&self.audience, intent) {
            return Err(Reason::OtherAudience(self.credential));
        }
        Ok(self.caller.clone())
    }
}

/// Whether the credential is good at all; where it counts is asked for each request. Expiry comes last, because it is the one
/// reason that time alone brings: so a remembered refusal stays the true one until somebody changes something.
fn judge(
    found: Option<(Credential, Principal)>,
    shown_at: UnixMillis,
    now: UnixMillis,
    until: Instant,
) -> Result<Verified, Reason> {
    let (credential, principal) = found.ok_or(Reason::Unknown)?;
    if credential.revoked_at.is_some() {
        return Err(Reason::Revoked(credential.id));
    }
    if principal.disabled {
        return Err(Reason::Disabled(credential.id, principal.id));
    }
    if now >= credential.expires_at {
        return Err(Reason::Expired(credential.id));
    }
    let Credential { id, parent, audience, expires_at, .. } = credential;
    let caller = Arc::new(caller(principal, id, shown_at));
    Ok(Verified { caller, credential: id, parent, audience, expires_at, until })
}

fn caller(principal: Principal, credential: CredentialId, authenticated_at: UnixMillis) -> Caller {
    let Principal { id, kind, name, disabled, .. } = principal;
    match kind {
        PrincipalKind::Person { owner } => Caller::Person(Person {
            id,
            display_name: name,
            owner,
            disabled,
            // A token is one thing that one has.
            assurance: Assurance::SingleFactor,
            authenticated_at,
            credential,
        }),
        PrincipalKind::Service { app } => Caller::Service(Machine { id, name, app, disabled, credential }),
    }
}

/// A credential counts in exactly one place: a token that an app's function got hold of must not open the console,
/// nor another app.
fn counts(audience: &Audience, intent: &Intent) -> bool {
    match intent {
        Intent::Control(_) | Intent::UnroutedControl => *audience == Audience::Platform,
        // A token opens no page: those are for people at a browser.
        Intent::SignIn(_) | Intent::UnroutedSignIn { .. } => false,
        Intent::Invoke(target) => matches!(audience, Audience::App(app) if *app == target.app),
        Intent::Unrouted { app } | Intent::WrongMethod { app, .. } => {
            matches!(audience, Audience::App(of) if of == app)
        }
    }
}

impl Identify for Service {
    fn identify_now(&self, cx: &Ctx, admitted: &Admitted, intent: &Intent) -> Option<Result<Recognised, Refusal>> {
        match self.evidence(admitted, intent) {
            Ok(Evidence::Known(caller)) => Some(Ok(caller.into())),
            Ok(Evidence::Token(text)) => {
                let known = self.cached(cx, &token::hash(text), intent)?;
                Some(known.map(Recognised::from).map_err(|reason| reason.refusal()))
            }
            Ok(Evidence::Session(key)) => {
                let known = self.cached_session(cx, &key, &Place::of(intent)?)?;
                Some(Ok(known.into()))
            }
            Err(reason) => Some(Err(reason.refusal())),
        }
    }

    fn identify<'a>(
        &'a self,
        cx: &'a Ctx,
        admitted: &'a Admitted,
        intent: &'a Intent,
    ) -> Fut<'a, Result<Recognised, Refusal>> {
        // Looked at before the first wait: a request's body may not be shared between threads while somebody waits.
        enum Found {
            Known(Arc<Caller>),
            Token(Digest),
            Session(Digest),
        }
        let found = self.evidence(admitted, intent).map(|evidence| match evidence {
            Evidence::Known(caller) => Found::Known(caller),
            Evidence::Token(text) => Found::Token(token::hash(text)),
            Evidence::Session(key) => Found::Session(key),
        });
        Box::pin(async move {
            match found {
                Ok(Found::Known(caller)) => Ok(caller.into()),
                Ok(Found::Token(key)) => self.stored(cx, key, intent).await.map(Recognised::from),
                Ok(Found::Session(key)) => match Place::of(intent) {
                    Some(place) => self.stored_session(cx, key, &place).await,
                    None => Ok(self.stranger.clone().into()),
                },
                Err(reason) => Err(reason.refusal()),
            }
        })
    }
}
