//! Somebody has shown who they are: a session is opened at the sign-in origin, and they go on to where they wanted.
use std::sync::Arc;

use gateway::{Document, NewSession, Refusal, SSO_COOKIE, SealedFor, set_cookie};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use store::{Account, Link, LinkPurpose, OpenedBy, Principal, PrincipalKind, Session, StoreError};
use types::{Assurance, Code, CredentialId, Person, PrincipalId, UnixMillis};

use crate::{
    answer::{self, Answer, noted, with_cookies},
    ask::Ask,
    cli, device, known, secret,
    service::{Shared, store},
    trip::{CODE_S, Grant},
};

/// A browser in which somebody signed in; it keeps attempts of its own.
pub(crate) const DEVICE_COOKIE: &str = "__Host-sf-device";
/// How long a browser is remembered: a year.
const DEVICE_S: u64 = 365 * 86_400;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Device {
    /// Tells this browser from others.
    pub(crate) id: String,
    /// Who signed in here.
    pub(crate) people: Vec<PrincipalId>,
}

/// The known browser that sends this.
pub(crate) async fn device_of(shared: &Shared, ask: &Ask) -> Result<Option<Device>, Refusal> {
    let Some(text) = ask.cookies.get(DEVICE_COOKIE) else { return Ok(None) };
    shared.unseal::<Device>(SealedFor::Device, "", text).await.map_err(|e| shared.vault(ask, e))
}

async fn remember(shared: &Shared, ask: &Ask, person: PrincipalId) -> Result<Option<HeaderValue>, Refusal> {
    let known = device_of(shared, ask).await?;
    let mut device = known.unwrap_or_else(|| Device { id: secret::fresh(&*shared.ports.rng), people: Vec::new() });
    device.people.retain(|known| *known != person);
    device.people.insert(0, person);
    device.people.truncate(5);
    let sealed = shared.seal(SealedFor::Device, "", &device).await.map_err(|e| shared.vault(ask, e))?;
    Ok(set_cookie(DEVICE_COOKIE, &sealed, Some(DEVICE_S)))
}

/// Who it is, and how that is known.
pub(crate) struct Proof<'a> {
    pub(crate) person: &'a Principal,
    pub(crate) assurance: Assurance,
    pub(crate) at: UnixMillis,
    /// For the event: `a password`, say.
    pub(crate) by: &'static str,
    /// What has to be the same still when the session is opened.
    pub(crate) with: OpenedBy,
}

/// For who knew the password of this account.
pub(crate) fn with_password(account: &Account) -> OpenedBy {
    account.password_at.map_or(OpenedBy::Other, |set_at| OpenedBy::Password { set_at })
}

/// Opens a session for whoever this was proved of, and sends them on. Whatever session this browser had ends: a session that
/// somebody planted before never becomes theirs (session fixation).
pub(crate) async fn signed_in(shared: &Shared, ask: &Ask, proof: Proof<'_>, gone: &[&str]) -> Answer {
    let (session, cookies) = open(shared, ask, &proof, gone).await?;
    let account = shared.ports.store.account(proof.person.id).await.map_err(store)?;
    let owner = matches!(proof.person.kind, PrincipalKind::Person { owner: true });
    let onward = onward(shared, ask, &session, owner, account.as_ref()).await?;
    let note = format!("{} signed in with {}, session {}", proof.person.id, proof.by, session.id);
    noted(&with_cookies(onward, cookies)?, note)
}

/// The same for somebody who gave this account's password. One that got out is not theirs alone: before they go on they are asked to
/// change it, and the log says so.
pub(crate) async fn signed_in_by_password(
    shared: &Shared,
    ask: &Ask,
    proof: Proof<'_>,
    account: &Account,
    breached: bool,
    gone: &[&str],
) -> Answer {
    if !breached {
        return signed_in(shared, ask, proof, gone).await;
    }
    let (session, mut cookies) = open(shared, ask, &proof, gone).await?;
    cookies.push(known::remember(shared, ask, session.id, account).await?);
    known::tell(shared, ask, proof.person.id);
    let note = format!("{} signed in with {}, which got out, session {}", proof.person.id, proof.by, session.id);
    noted(&with_cookies(answer::to(&ask.onward(pages::paths::ACCOUNT_PASSWORD))?, cookies)?, note)
}

/// Opens the session; the cookies that go with it, and that take `gone` away.
pub(crate) async fn open(
    shared: &Shared,
    ask: &Ask,
    proof: &Proof<'_>,
    gone: &[&str],
) -> Result<(Session, Vec<Option<HeaderValue>>), Refusal> {
    let new = NewSession {
        person: proof.person.id,
        child: None,
        assurance: proof.assurance,
        authenticated_at: proof.at,
        device: device::name(&ask.headers),
        by: proof.with,
    };
    let (session, secret) = match shared.ports.sessions.open(new).await {
        Ok(opened) => opened,
        // Disabled or removed in between.
        Err(StoreError::Conflict { what }) => return Err(Refusal::new(Code::ID_SIGN_IN, what)),
        Err(error) => return Err(store(error)),
    };
    if let Some(former) = ask.person() {
        shared.ports.sessions.end(former.credential).await.map_err(store)?;
    }
    let mut cookies =
        vec![set_cookie(SSO_COOKIE, secret.reveal(), None), remember(shared, ask, proof.person.id).await?];
    cookies.extend(gone.iter().map(|name| set_cookie(name, "", Some(0))));
    Ok((session, cookies))
}

/// Where somebody with this session goes: to their second factor if they must have one, to the app, or to their account.
async fn onward(
    shared: &Shared,
    ask: &Ask,
    session: &Session,
    owner: bool,
    account: Option<&Account>,
) -> Result<Document, Refusal> {
    if let Some(account) = account.filter(|_| owner && session.assurance < Assurance::MultiFactor)
        && let Some(path) = second_factor(account)
    {
        return answer::to(&ask.onward(path));
    }
    if ask.asks_for_more(session.assurance, session.authenticated_at) {
        return answer::to(&ask.onward(pages::paths::CONFIRM));
    }
    match &ask.trip {
        None => answer::to(pages::paths::ACCOUNT),
        Some(trip) if trip.pushed().is_some() => cli::onward(ask),
        Some(_) => {
            hand_over(shared, ask, session.person, session.id, session.assurance, session.authenticated_at).await
        }
    }
}

/// Whoever owns the platform has more than one factor before anything opens to them: where an owner gets the one they lack.
/// A passkey is two of itself; an authenticator app is for those who have a password.
fn second_factor(account: &Account) -> Option<&'static str> {
    match (&account.password, &account.totp) {
        (None, _) => Some(pages::paths::ACCOUNT_PASSKEYS),
        (Some(_), None) => Some(pages::paths::ACCOUNT_AUTHENTICATOR),
        (Some(_), Some(_)) => None,
    }
}

/// The same for somebody whose session is there already.
pub(crate) async fn go_on(shared: &Shared, ask: &Ask, person: &Person) -> Answer {
    let document = way_on(shared, ask, person).await?;
    noted(&document, format!("{} goes on with session {}", person.id, person.credential))
}

/// Where they go on to.
pub(crate) async fn way_on(shared: &Shared, ask: &Ask, person: &Person) -> Result<Document, Refusal> {
    if person.owner && person.assurance < Assurance::MultiFactor {
        let account = shared.ports.store.account(person.id).await.map_err(store)?;
        if let Some(path) = account.as_ref().and_then(second_factor) {
            return answer::to(&ask.onward(path));
        }
        return Err(answer::attempt_over(
            shared,
            ask,
            format!("{} owns the platform and showed one factor", person.id),
        ));
    }
    // SECURITY: the app's own policy decides in the end. Asked here, too, nobody is sent back to where they are not let in.
    if ask.asks_for_more(person.assurance, person.authenticated_at) {
        return answer::to(&ask.onward(pages::paths::CONFIRM));
    }
    match &ask.trip {
        None => return answer::to(pages::paths::ACCOUNT),
        Some(trip) if trip.pushed().is_some() => return cli::onward(ask),
        Some(_) => {}
    }
    hand_over(shared, ask, person.id, person.credential, person.assurance, person.authenticated_at).await
}

/// Makes a code for the app that the person is on the way to, and sends them there with it.
async fn hand_over(
    shared: &Shared,
    ask: &Ask,
    person: PrincipalId,
    parent: CredentialId,
    assurance: Assurance,
    authenticated_at: UnixMillis,
) -> Result<Document, Refusal> {
    let Some(request) = ask.trip.as_ref().and_then(|trip| trip.request()) else {
        return answer::to(pages::paths::ACCOUNT);
    };
    let rng = &*shared.ports.rng;
    let grant = Grant {
        app: request.app.clone(),
        challenge: request.challenge.clone(),
        session: CredentialId::fresh(ask.now, rng),
        parent,
        assurance,
        authenticated_at,
        device: device::name(&ask.headers).to_string(),
    };
    let code = secret::fresh(rng);
    let note: Arc<str> = serde_json::to_string(&grant).map_err(|e| Refusal::internal(e.to_string()))?.into();
    let hash = secret::hash(code.as_bytes());
    let link = Link { hash, purpose: LinkPurpose::Code, person, note, expires_at: ask.now.plus_seconds(CODE_S) };
    shared.ports.store.add_link(link).await.map_err(store)?;
    let names = &shared.ports.names;
    let back = format!("{}/.sf/callback", names.app_url(&request.app));
    answer::to(&answer::address(&back, &[("code", &code), ("state", &request.state), ("iss", &names.id_url())]))
}
