//! The room: from a request to a caller.
use std::sync::Arc;

use gateway::{Admitted, Channel, Ctx, Fut, Identify, Intent, Names, Recognised, Refusal, TokenPort};
use http::{Method, Uri};
use store::{Audience, Credential, Known, Principal, PrincipalKind, Store};
use types::{
    Action, AppName, Assurance, Caller, Clock, CredentialId, Digest, Instant, Person, PrincipalId, Rng,
    Service as Machine, UnixMillis,
};

use crate::{
    Config,
    bearer::{self, Scheme},
    claims::Attempts,
    keys::Keys,
    proof::{self, About, Flaw},
    reason::Reason,
    seen::Seen,
    sessions::{self, Place},
    signed::{self, Defect},
    token,
    used::Used,
};

/// What the composition root gives.
pub struct Ports {
    pub store: Arc<dyn Store>,
    /// Who signs access tokens.
    pub tokens: Arc<dyn TokenPort>,
    /// Of the issuer, and of the places where tokens count.
    pub names: Names,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    /// No process before this one judged proofs of this platform, so none can have been used before.
    pub first: bool,
}

/// identity. Cheap to share behind an `Arc`; holds no secret.
pub struct Service {
    pub(crate) config: Config,
    pub(crate) names: Names,
    pub(crate) issuer: String,
    pub(crate) tokens: Arc<dyn TokenPort>,
    pub(crate) keys: Keys,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    verified: Seen<Verified>,
    refused: Seen<Refused>,
    pub(crate) sessions: Seen<sessions::Open>,
    pub(crate) attempts: Attempts,
    pub(crate) stranger: Arc<Caller>,
    /// The first second of which every proof that was used is known here.
    since_s: u64,
    pub(crate) used: Used,
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
    /// The key that every use is proved with, where it is bound to one.
    key: Option<Digest>,
    /// Until when it counts without asking the store again.
    until: Instant,
}

/// A credential that the store did not vouch for.
#[derive(Clone)]
struct Refused {
    reason: Reason,
    until: Instant,
}

/// A token of the right shape as a request brought it.
struct Brought {
    /// Its name in the cache, and, of one that is not signed, in the store.
    hash: Digest,
    /// All of it, where it is signed.
    signed: Option<Box<str>>,
    /// What it came with.
    beside: Option<Beside>,
}

/// A proof, and the request that it has to be about.
struct Beside {
    proof: Option<Box<str>>,
    method: Method,
    address: Uri,
}

/// What a request brought to show who sends it.
enum Evidence {
    /// Nothing, or the kernel's word on the host socket.
    Known(Arc<Caller>),
    Token(Brought),
    /// A session's secret, hashed.
    Session(Digest),
}

impl Service {
    /// The room. It knows no key of tokens before it was told to ask for them ([`Service::refresh_keys`]).
    pub fn new(config: Config, ports: Ports) -> Self {
        let Ports { store, tokens, names, clock, rng, first } = ports;
        let (verified, refused) = (Seen::new(config.verified_max), Seen::new(config.refused_max));
        let sessions = Seen::new(config.verified_max);
        let attempts = Attempts::new(config.claim_failures_max);
        // SECURITY: a proof that the process before this one took may have been ahead of its clock by so much.
        let since_s = if first { 0 } else { (clock.now().0 / 1_000).saturating_add(proof::AHEAD_S + 1) };
        let (stranger, used) = (Arc::new(Caller::Stranger), Used::default());
        let (issuer, keys) = (names.id_url(), Keys::default());
        Self {
            config,
            names,
            issuer,
            tokens,
            keys,
            store,
            clock,
            rng,
            verified,
            refused,
            sessions,
            attempts,
            stranger,
            since_s,
            used,
        }
    }

    /// Disables or enables a principal, in the store and in every cache before it returns; `false` when there is none.
    pub async fn set_disabled(&self, id: PrincipalId, disabled: bool) -> Result<bool, store::StoreError> {
        let found = self.store.set_disabled(id, disabled).await?;
        self.forget_credentials_of(id);
        self.forget_sessions_of(id);
        Ok(found)
    }

    /// Forgets all of them.
    pub(crate) fn forget_every_credential(&self) {
        self.verified.forget_where(|_| true);
        self.refused.forget_where(|_| true);
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

    fn evidence(&self, admitted: &Admitted, intent: &Intent) -> Result<Evidence, Reason> {
        // Where to sign in is told to anybody, whatever they hold: looking at the credential would only make this the place
        // where a thief tries tokens of any audience, and would send an honest client in circles.
        if matches!(intent, Intent::Control(call) if call.action == Action::MetadataRead) {
            return Ok(Evidence::Known(self.stranger.clone()));
        }
        let head = admitted.head();
        if let Some((scheme, token)) = bearer::token(&head.headers)? {
            let beside = (scheme == Scheme::Proof).then(|| Beside {
                proof: bearer::proof(&head.headers).map(Box::from),
                method: head.method.clone(),
                address: head.uri.clone(),
            });
            let signed = bearer::is_signed(token).then(|| String::from_utf8_lossy(token).into());
            return Ok(Evidence::Token(Brought { hash: token::hash(token), signed, beside }));
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
    fn cached(&self, cx: &Ctx, brought: &Brought, intent: &Intent) -> Option<Result<Arc<Caller>, Reason>> {
        if let Some(known) = self.verified.get(&brought.hash) {
            return (cx.started < known.until).then(|| self.answer_to(cx, &known, brought, intent));
        }
        let refused = self.refused.get(&brought.hash)?;
        (cx.started < refused.until).then_some(Err(refused.reason))
    }

    /// What the store knows of this token; remembered.
    async fn stored(&self, cx: &Ctx, brought: Brought, intent: &Intent) -> Result<Arc<Caller>, Refusal> {
        let failed = |e| Refusal::internal(format!("credential: the store could not be asked: {e}"));
        let (key, verified_epoch, refused_epoch) = (brought.hash, self.verified.epoch(), self.refused.epoch());
        let until = |seconds: u64| Instant(cx.started.0.saturating_add(seconds.saturating_mul(1_000_000_000)));
        let (now, counts_until) = (cx.started_at, until(self.config.verified_s));
        let judged = match &brought.signed {
            Some(text) => self.judge_signed(text, now, counts_until).await,
            None => self.store.credential(key).await.map(|known| judge(known, now, counts_until)),
        };
        match judged.map_err(failed)? {
            Ok(verified) => {
                self.verified.put(verified_epoch, key, verified.clone());
                self.answer_to(cx, &verified, &brought, intent).map_err(|reason| reason.refusal())
            }
            Err(reason) => {
                let refusal = reason.refusal();
                self.refused.put(refused_epoch, key, Refused { reason, until: until(self.config.refused_s) });
                Err(refusal)
            }
        }
    }
}

impl Service {
    /// A token that says itself what it is. SECURITY: its signature says that we made it; the store says whether it is still the one
    /// that its login has. So a refresh, an end, a disabled person end it at once, and not when its time is over.
    async fn judge_signed(
        &self,
        text: &str,
        now: UnixMillis,
        until: Instant,
    ) -> Result<Result<Verified, Reason>, store::StoreError> {
        let said = match signed::read(text, &self.keys.all(), &self.issuer, now) {
            Ok(said) => said,
            Err(defect) => return Ok(Err(Reason::Signed(defect))),
        };
        let Some(audience) = self.audience_of(&said.audience) else {
            return Ok(Err(Reason::Signed(Defect::Audience)));
        };
        let Some(mut known) = self.store.credential(token::hash(said.id.as_bytes())).await? else {
            return Ok(Err(Reason::Former(said.login)));
        };
        let Some(login) = &known.login else { return Ok(Err(Reason::Unknown)) };
        if known.credential.id != said.login || known.principal.id != said.person || login.key != said.key {
            return Ok(Err(Reason::Signed(Defect::Claims)));
        }
        known.credential.audience = audience;
        let judged = judge(Some(known), now, until);
        Ok(judged.map(|known| Verified { expires_at: known.expires_at.min(said.ends_at), ..known }))
    }

    /// The place that an audience names.
    fn audience_of(&self, audience: &str) -> Option<Audience> {
        if audience == self.names.console_url() {
            return Some(Audience::Platform);
        }
        self.names.app_at(audience).map(Audience::App)
    }

    /// How a place is named in a token.
    pub(crate) fn place_of(&self, audience: &Audience) -> String {
        match audience {
            Audience::Platform => self.names.console_url(),
            Audience::App(app) => self.names.app_url(app),
        }
    }

    /// The caller, if the token counts here and now and was brought as it must be.
    fn answer_to(&self, cx: &Ctx, known: &Verified, brought: &Brought, intent: &Intent) -> Result<Arc<Caller>, Reason> {
        let caller = known.answer(cx.started_at, intent)?;
        self.possession(cx.started_at, known, brought)?;
        Ok(caller)
    }

    /// SECURITY: a token that is bound to a key counts with a fresh proof of that key alone, and never as a bearer's.
    fn possession(&self, now: UnixMillis, known: &Verified, brought: &Brought) -> Result<(), Reason> {
        let (key, beside) = match (&known.key, &brought.beside) {
            (None, None) => return Ok(()),
            (Some(_), None) => return Err(Reason::Alone(known.credential)),
            (None, Some(_)) => return Err(Reason::Unbound(known.credential)),
            (Some(key), Some(beside)) => (key, beside),
        };
        let flawed = |flaw| Reason::Proof(known.credential, flaw);
        let text = beside.proof.as_deref().ok_or(flawed(Flaw::Missing))?;
        let about = About { method: &beside.method, address: &beside.address, token: Some(&brought.hash) };
        let proof = proof::judge(text, about, now, self.since_s).map_err(flawed)?;
        if proof.key != *key {
            return Err(flawed(Flaw::OtherKey));
        }
        self.used.take(&proof, now).map_err(flawed)
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
fn judge(found: Option<Known>, now: UnixMillis, until: Instant) -> Result<Verified, Reason> {
    let Known { credential, principal, login, shown_at } = found.ok_or(Reason::Unknown)?;
    if credential.revoked_at.is_some() {
        return Err(Reason::Revoked(credential.id));
    }
    if principal.disabled {
        return Err(Reason::Disabled(credential.id, principal.id));
    }
    let Credential { id, parent, audience, expires_at, .. } = credential;
    let expires_at = login.as_ref().map_or(expires_at, |login| login.access_until.min(expires_at));
    if now >= expires_at {
        return Err(Reason::Expired(id));
    }
    let key = login.as_ref().map(|login| login.key);
    // A token alone is one thing that one has. SECURITY: one that is made from another proves nothing anew (`shown_at`). Otherwise
    // whoever holds an old one would be "just signed in" by making a fresh one.
    let assurance = login.map_or(Assurance::SingleFactor, |login| login.assurance);
    let caller = Arc::new(caller(principal, id, (assurance, shown_at)));
    Ok(Verified { caller, credential: id, parent, audience, expires_at, key, until })
}

fn caller(
    principal: Principal,
    credential: CredentialId,
    (assurance, authenticated_at): (Assurance, UnixMillis),
) -> Caller {
    let Principal { id, kind, name, disabled, .. } = principal;
    match kind {
        PrincipalKind::Person { owner } => {
            Caller::Person(Person { id, display_name: name, owner, disabled, assurance, authenticated_at, credential })
        }
        PrincipalKind::Service { app } => Caller::Service(Machine { id, name, app, disabled, credential }),
    }
}

/// A credential counts in exactly one place: a token that an app's function got hold of must not open the console,
/// nor another app.
fn counts(audience: &Audience, intent: &Intent) -> bool {
    match intent {
        Intent::Control(_) | Intent::UnroutedControl | Intent::ControlMethod { .. } => *audience == Audience::Platform,
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
            Ok(Evidence::Token(brought)) => {
                let known = self.cached(cx, &brought, intent)?;
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
        let found = self.evidence(admitted, intent);
        Box::pin(async move {
            match found {
                Ok(Evidence::Known(caller)) => Ok(caller.into()),
                Ok(Evidence::Token(brought)) => self.stored(cx, brought, intent).await.map(Recognised::from),
                Ok(Evidence::Session(key)) => match Place::of(intent) {
                    Some(place) => self.stored_session(cx, key, &place).await,
                    None => Ok(self.stranger.clone().into()),
                },
                Err(reason) => Err(reason.refusal()),
            }
        })
    }
}
