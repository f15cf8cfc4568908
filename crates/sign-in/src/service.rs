//! The room's handle: which handler answers which page.
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use gateway::{
    BreachListPort, Ctx, Fut, LoginPort, MailPort, MembershipPort, Names, Permit, Refusal, Reply, SealedFor,
    SessionPort, VaultError, VaultPort, Work, events::Record,
};
use pages::Removal;
use serde::{Serialize, de::DeserializeOwned};
use store::Store;
use types::{Clock, Code, Rng, UnixMillis};

use crate::{
    access, account, answer,
    answer::Answer,
    ask::Ask,
    authenticator, callback,
    carried::Carrier,
    ceremony::Ceremonies,
    claim, cli, confirm, discovery,
    errands::{self, Errands},
    exchange, first, invitation,
    limits::Limits,
    lost, passkey, passkeys, password, profile, push,
    puzzle::Puzzles,
    recovery, removal, reset,
    routes::Name,
    second, sign_out, sign_up,
    sign_up_mode::SignUp,
    slow_down,
    stuffing::Stuffing,
    trip::{self, End, Trip},
    used::Used,
    verify,
};

/// What the composition root gives.
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub vault: Arc<dyn VaultPort>,
    pub sessions: Arc<dyn SessionPort>,
    pub logins: Arc<dyn LoginPort>,
    pub membership: Arc<dyn MembershipPort>,
    pub mail: Arc<dyn MailPort>,
    /// Who may make an account.
    pub sign_up: SignUp,
    /// Mails an hour beyond which strangers cause no more.
    pub strangers_hourly_max: u32,
    /// Takes what happens after a stranger was answered.
    pub record: Arc<dyn Record>,
    pub breach_list: Arc<dyn BreachListPort>,
    pub names: Names,
    /// Who everybody is in apps, by `serviceful up --as`: pages say so.
    pub development: Option<Arc<str>>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
}

/// What handlers share.
pub(crate) struct Shared {
    pub(crate) ports: Ports,
    pub(crate) limits: Limits,
    pub(crate) stuffing: Stuffing,
    pub(crate) puzzles: Puzzles,
    pub(crate) carrier: Carrier,
    /// One new password is judged at a time.
    pub(crate) judging: tokio::sync::Semaphore,
    pub(crate) errands: Errands,
    /// `None` where there can be no passkeys.
    pub(crate) ceremonies: Option<Ceremonies>,
    /// Requests of command lines that somebody allowed or refused.
    pub(crate) answered: Used,
    /// When this memory began: what was asked before it may have been answered.
    pub(crate) began: UnixMillis,
}

/// sign-in. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub(crate) shared: Arc<Shared>,
}

impl Service {
    /// The room.
    pub fn new(ports: Ports) -> Self {
        let began = ports.clock.now();
        let ceremonies = Ceremonies::new(&ports.names, began);
        let puzzles = Puzzles::new(&*ports.rng);
        let carrier = Carrier::new(&*ports.rng);
        let shared = Shared {
            ports,
            limits: Limits::new(),
            stuffing: Stuffing::new(),
            puzzles,
            carrier,
            judging: tokio::sync::Semaphore::new(1),
            errands: Errands::new(),
            ceremonies,
            answered: Used::new(),
            began,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Does what strangers asked for by an address, for ever. Called once, where there is a mail server.
    pub async fn run_errands(&self) {
        errands::run(&self.shared).await;
    }
}

impl Shared {
    /// Seals a value as text for a cookie or an address.
    pub(crate) async fn seal<T: Serialize>(
        &self,
        what: SealedFor,
        context: &str,
        value: &T,
    ) -> Result<String, VaultError> {
        let plain = serde_json::to_vec(value).map_err(|e| VaultError::Failed(e.to_string()))?;
        let sealed = self.ports.vault.seal(what, context.to_owned(), plain).await?;
        Ok(BASE64URL_NOPAD.encode(&sealed))
    }

    /// Opens what was sealed so; `None` for everything else.
    pub(crate) async fn unseal<T: DeserializeOwned>(
        &self,
        what: SealedFor,
        context: &str,
        text: &str,
    ) -> Result<Option<T>, VaultError> {
        // Longer than any cookie of ours: not worth a question.
        let Some(sealed) = (text.len() <= 6_000).then(|| BASE64URL_NOPAD.decode(text.as_bytes()).ok()).flatten() else {
            return Ok(None);
        };
        let plain = self.ports.vault.unseal(what, context.to_owned(), sealed).await?;
        Ok(plain.and_then(|plain| serde_json::from_slice(&plain).ok()))
    }

    /// The attempt of an address or a form.
    pub(crate) async fn open_trip(&self, tx: &str, now: UnixMillis) -> Result<Trip, String> {
        if let Some(sealed) = tx.strip_prefix(push::MARK) {
            let pushed = push::open(self, sealed, now).await?;
            return Ok(Trip { tx: tx.to_owned(), end: End::CommandLine(Box::new(pushed)) });
        }
        let opened = self.unseal::<trip::Request>(SealedFor::Request, "", tx).await.map_err(|e| e.to_string())?;
        let request = opened.ok_or_else(|| "the attempt is not one of ours".to_owned())?;
        if !trip::is_under_way(request.at, now) {
            return Err("the attempt took too long".to_owned());
        }
        Ok(Trip { tx: tx.to_owned(), end: End::App(request) })
    }

    /// The keeper could not do it: busy is said as such, everything else is an error of ours.
    pub(crate) fn vault(&self, ask: &Ask, error: VaultError) -> Refusal {
        match error {
            VaultError::Busy => answer::slow_down(self, ask, 5, "the queue for passwords is full"),
            other => Refusal::internal(other.to_string()),
        }
    }
}

/// A failed store is an error of ours.
pub(crate) fn store(error: store::StoreError) -> Refusal {
    Refusal::internal(format!("sign-in: {error}"))
}

async fn dispatch(shared: &Shared, name: Name, ask: Ask) -> Answer {
    match name {
        Name::Front => answer::go(pages::paths::ACCOUNT),
        Name::Asset => answer::asset(&ask.path),
        Name::AppAsset => answer::asset(ask.path.strip_prefix("/.sf").unwrap_or_default()),
        Name::First => first::page(shared, &ask).await,
        Name::FirstSent => first::sent(shared, &ask),
        Name::PasswordSent => password::sent(shared, &ask).await,
        Name::SlowDownSent => slow_down::sent(shared, &ask),
        Name::Passkey => passkey::sign_in_sent(shared, &ask).await,
        Name::PasskeyOptions => passkey::sign_in_options(shared, &ask).await,
        Name::NewPasskeyOptions => passkey::new_options(shared, &ask).await,
        Name::Confirm => confirm::page(shared, &ask).await,
        Name::ConfirmSent => confirm::sent(shared, &ask).await,
        Name::ConfirmPasskey => confirm::passkey_sent(shared, &ask).await,
        Name::ConfirmPasskeyOptions => confirm::options(shared, &ask).await,
        Name::ConfirmRecovery => lost::page(shared, &ask).await,
        Name::ConfirmRecoverySent => lost::sent(shared, &ask).await,
        Name::AddPasskey => passkeys::page(shared, &ask).await,
        Name::AddPasskeySent => passkeys::sent(shared, &ask).await,
        Name::RenamePasskey => passkeys::rename(shared, &ask).await,
        Name::RemovePasskey => passkeys::remove_page(shared, &ask).await,
        Name::RemovePasskeySent => passkeys::remove_sent(shared, &ask).await,
        Name::Code => second::code_page(shared, &ask).await,
        Name::CodeSent => second::code_sent(shared, &ask).await,
        Name::Recovery => recovery::page(shared, &ask).await,
        Name::RecoverySent => recovery::sent(shared, &ask).await,
        Name::Claim => claim::page(shared, &ask).await,
        Name::ClaimSent => claim::sent(shared, &ask).await,
        Name::ConsoleClaim => answer::go(&format!("{}{}", shared.ports.names.id_url(), pages::paths::CLAIM)),
        Name::Invitation => invitation::page(shared, &ask).await,
        Name::InvitationSent => invitation::sent(shared, &ask).await,
        Name::SignUp => sign_up::page(shared, &ask).await,
        Name::SignUpSent => sign_up::sent(shared, &ask),
        Name::Forgot => reset::forgot_page(shared, &ask),
        Name::ForgotSent => reset::forgot_sent(shared, &ask),
        Name::Reset => reset::page(shared, &ask).await,
        Name::ResetSent => reset::sent(shared, &ask).await,
        Name::Verify => verify::page(shared, &ask).await,
        Name::VerifySent => verify::sent(shared, &ask).await,
        Name::VerifyAsked => verify::asked(shared, &ask).await,
        Name::SignOut | Name::AppSignOut => sign_out::page(shared, &ask).await,
        Name::SignOutSent | Name::AppSignOutSent => sign_out::sent(shared, &ask).await,
        Name::SwitchSent | Name::AppSwitchSent => sign_out::switch(shared, &ask).await,
        Name::Account => account::page(shared, &ask).await,
        Name::Rename => profile::sent(shared, &ask).await,
        Name::SessionEnd => account::end_session(shared, &ask).await,
        Name::SessionsEnd => account::end_others(shared, &ask).await,
        Name::NewPassword => account::password_page(shared, &ask).await,
        Name::NewPasswordSent => account::password_sent(shared, &ask).await,
        Name::RemovePassword => removal::page(shared, &ask, Removal::Password).await,
        Name::RemovePasswordSent => removal::sent(shared, &ask, Removal::Password).await,
        Name::RemoveAuthenticator => removal::page(shared, &ask, Removal::Authenticator).await,
        Name::RemoveAuthenticatorSent => removal::sent(shared, &ask, Removal::Authenticator).await,
        Name::NewCodes => removal::page(shared, &ask, Removal::RecoveryCodes).await,
        Name::NewCodesSent => removal::sent(shared, &ask, Removal::RecoveryCodes).await,
        Name::Authenticator => authenticator::page(shared, &ask).await,
        Name::AuthenticatorSent => authenticator::sent(shared, &ask).await,
        Name::CodesSaved => authenticator::saved(shared, &ask).await,
        Name::AppConfirm => confirm::from_app(shared, &ask).await,
        Name::Discovery => discovery::metadata(shared),
        Name::Keys => discovery::keys(shared),
        Name::Push => push::sent(shared, &ask).await,
        Name::Authorize => cli::authorize(shared, &ask).await,
        Name::Tokens => exchange::sent(shared, &ask).await,
        Name::Cli => cli::page(shared, &ask).await,
        Name::CliSent => cli::sent(shared, &ask).await,
        Name::CliDone => cli::done(shared, &ask),
        Name::AppRequestAccess => access::sent(shared, &ask).await,
        Name::AppCallback => callback::arrive(shared, &ask).await,
        // Whatever the app's front page wants of its visitors begins there.
        Name::AppSignIn => answer::go("/"),
        Name::AppAccount => answer::go(&format!("{}{}", shared.ports.names.id_url(), pages::paths::ACCOUNT)),
    }
}

impl Work for Service {
    fn work<'a>(&'a self, cx: &'a Ctx, permit: Permit) -> Fut<'a, Result<Reply, Refusal>> {
        Box::pin(async move {
            let visit =
                permit.into_visit().map_err(|_| Refusal::internal("sign-in got a permit for something else"))?;
            let name = Name::parse(visit.call.name);
            let name = name.ok_or_else(|| Refusal::new(Code::POL_NO_ROUTE, "no such page"))?;
            let ask = Ask::read(&self.shared, cx, visit, name.is_for_programs()).await?;
            dispatch(&self.shared, name, ask).await
        })
    }
}
