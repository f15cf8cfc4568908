//! What a stranger asks for by an address: done after they were answered, so that neither the answer nor the time that it takes
//! says whether the address has an account.
//! If this is wrong: an attacker learns who has an account, or has us send mails without end.
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gateway::{
    Letter, NewInvitation, NewLink, Post, PostError,
    events::{Event, Kind},
};
use pages::paths;
use store::{Link, LinkPurpose, StoreError};
use tokio::sync::mpsc;
use types::{Instant, PrincipalId, Secret, UnixMillis};

use crate::service::Shared;

/// Errands that wait. Each is done within moments; whoever comes when there is no room is asked to come again.
const WAITING_MAX: usize = 256;
/// How much later: the work of one, and its writes to the disk, are not in the time of the answer that asked for it.
const LATER_NS: u64 = 1_000_000_000;
/// Mails that one address gets in an hour because strangers asked for them.
const TO_ONE_MAX: u32 = 3;
const HOUR_MS: u64 = 3_600_000;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Reset,
    SignUp,
}

impl Wish {
    /// As the audit log says it (docs/reference/audit-log.md).
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "password-reset",
            Self::SignUp => "sign-up",
        }
    }
}

struct Errand {
    wish: Wish,
    email: Arc<str>,
    at: Instant,
}

/// The errands that wait.
pub(crate) struct Errands {
    sender: mpsc::Sender<Errand>,
    receiver: Mutex<Option<mpsc::Receiver<Errand>>>,
}

impl Errands {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        Self { sender, receiver: Mutex::new(Some(receiver)) }
    }

    /// Notes a wish; `false` when there is no room. The same for every address.
    pub(crate) fn add(&self, wish: Wish, email: Arc<str>, at: Instant) -> bool {
        self.sender.try_send(Errand { wish, email, at }).is_ok()
    }
}

/// Does errands, one after the other, for ever. Called once.
pub(crate) async fn run(shared: &Shared) {
    let taken = shared.errands.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut receiver) = taken else { return };
    while let Some(Errand { wish, email, at }) = receiver.recv().await {
        let passed = shared.ports.clock.instant().0.saturating_sub(at.0);
        tokio::time::sleep(Duration::from_nanos(LATER_NS.saturating_sub(passed))).await;
        let done = match wish {
            Wish::Reset => reset(shared, &email).await,
            Wish::SignUp => sign_up(shared, &email).await,
        };
        if let Err(why) = done {
            note(shared, wish, &why);
        }
    }
}

/// Why no mail was sent. Never holds the address: the log cannot forget one.
enum Withheld {
    TooMany(&'static str),
    Store(StoreError),
    Post(PostError),
}

impl From<StoreError> for Withheld {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PostError> for Withheld {
    fn from(error: PostError) -> Self {
        Self::Post(error)
    }
}

fn note(shared: &Shared, wish: Wish, why: &Withheld) {
    let (kind, reason) = match why {
        Withheld::TooMany(what) => (Kind::Security, (*what).to_owned()),
        Withheld::Store(error) => (Kind::Platform, error.to_string()),
        Withheld::Post(error) => (Kind::Platform, error.to_string()),
    };
    let wish = wish.as_str();
    tracing::warn!(wish, "a mail that a stranger asked for is not sent: {reason}");
    let text = format!("a mail that a stranger asked for ({wish}) is not sent: {reason}");
    let _ = shared.ports.record.record(&Event::platform(shared.ports.clock.now(), kind, "mail-withheld", text));
}

/// Strangers can have us send few mails to one address, and not without end to all of them.
async fn allow(shared: &Shared, email: &Arc<str>) -> Result<(), Withheld> {
    let since = UnixMillis(shared.ports.clock.now().0.saturating_sub(HOUR_MS));
    let store = &shared.ports.store;
    if store.mails_since(Some(email.clone()), since).await? >= TO_ONE_MAX {
        return Err(Withheld::TooMany("the address got as many in the last hour as it may"));
    }
    if store.mails_since(None, since).await? >= shared.ports.strangers_hourly_max {
        return Err(Withheld::TooMany("`mail.hourly_max` is reached"));
    }
    Ok(())
}

async fn reset(shared: &Shared, email: &Arc<str>) -> Result<(), Withheld> {
    let Some((account, person)) = shared.ports.store.account_of(email.clone()).await? else { return Ok(()) };
    if person.disabled {
        return Ok(());
    }
    allow(shared, email).await?;
    if account.password.is_none() {
        // SECURITY: a mail alone does not add a way in beside a passkey.
        return post(shared, email, Some(person.id), Letter::NoPassword, shared.ports.clock.now().plus_seconds(86_400))
            .await;
    }
    let (link, address) = link(shared, LinkPurpose::Reset, person.id, Link::MAILED.into(), paths::RESET).await?;
    post(shared, email, Some(person.id), Letter::Reset { link: address }, link.expires_at).await
}

async fn sign_up(shared: &Shared, email: &Arc<str>) -> Result<(), Withheld> {
    let later = shared.ports.clock.now().plus_seconds(86_400);
    allow(shared, email).await?;
    if let Some((_, person)) = shared.ports.store.account_of(email.clone()).await? {
        if person.disabled {
            return Ok(());
        }
        return post(shared, email, Some(person.id), Letter::HasAccount, later).await;
    }
    let new = NewInvitation {
        email: email.clone(),
        name: None,
        app: None,
        groups: Vec::new(),
        invited_by: None,
        mailed: true,
        sign_up: true,
    };
    match shared.ports.sessions.invite(new).await {
        Ok((invitation, code)) => {
            let link = address(shared, paths::INVITATION, &code);
            post(shared, email, None, Letter::SignUp { link }, invitation.expires_at).await
        }
        // Somebody has invited them: that invitation stays as it is.
        Err(StoreError::Conflict { .. }) => post(shared, email, None, Letter::IsInvited, later).await,
        Err(error) => Err(error.into()),
    }
}

async fn post(
    shared: &Shared,
    to: &Arc<str>,
    person: Option<PrincipalId>,
    letter: Letter,
    expires_at: UnixMillis,
) -> Result<(), Withheld> {
    shared.ports.mail.post(Post { to: to.clone(), person, letter, expires_at }).await?;
    Ok(())
}

fn address(shared: &Shared, path: &str, secret: &Secret) -> Secret {
    Secret::new(format!("{}{path}?secret={}", shared.ports.names.id_url(), secret.reveal()))
}

/// Makes a link, and the address that it is sent as.
pub(crate) async fn link(
    shared: &Shared,
    purpose: LinkPurpose,
    person: PrincipalId,
    note: Arc<str>,
    path: &str,
) -> Result<(Link, Secret), StoreError> {
    let (link, secret) = shared.ports.sessions.link(NewLink { purpose, person, note }).await?;
    let address = address(shared, path, &secret);
    Ok((link, address))
}
