//! That an address is theirs: a link goes there, and its button counts in the browser where they are signed in.
//!
//! SECURITY: in that browser alone. Else whoever has an account under somebody else's address would have that somebody verify it
//! for them, with one thoughtless press of a button.
use gateway::{Letter, Post, PostError, Refusal, SecurityClass};
use pages::{Notice, ProblemKind, VerifyEmail, fields, paths};
use store::{Link, LinkPurpose};
use types::{Code, Person, UnixMillis};

use crate::{
    account,
    answer::{Answer, frame, noted, problem, show, slow_down},
    ask::Ask,
    errands, recent, secret,
    service::{Shared, store},
};

/// Mails that one may ask for in an hour.
const HOURLY_MAX: u32 = 3;

/// From the account page: sends the link.
pub(crate) async fn asked(shared: &Shared, ask: &Ask) -> Answer {
    let (person, account) = recent::own(shared, ask).await?;
    if account.email_verified {
        return noted(&account::with_notice(ask, Notice::EmailVerified)?, format!("{} was verified before", person.id));
    }
    let since = UnixMillis(ask.now.0.saturating_sub(3_600_000));
    let lately = shared.ports.store.mails_since(Some(account.email.clone()), since).await.map_err(store)?;
    if lately >= HOURLY_MAX {
        return Err(slow_down(shared, ask, 1_200, "verification: the address got as many mails as it may"));
    }
    let made = errands::link(shared, LinkPurpose::VerifyEmail, person.id, account.email.clone(), paths::VERIFY_EMAIL);
    let (link, address) = made.await.map_err(store)?;
    let letter = Letter::VerifyEmail { link: address };
    let post = Post { to: account.email, person: Some(person.id), letter, expires_at: link.expires_at };
    match shared.ports.mail.post(post).await {
        Ok(mail) => {
            let note = format!("{} asked for a link that verifies their address, mail {mail}", person.id);
            noted(&account::with_notice(ask, Notice::MailSent)?, note)
        }
        Err(error @ PostError::Off) => {
            Err(problem(shared, ask, Code::POL_NO_ROUTE, error.to_string(), ProblemKind::NotFound))
        }
        Err(error) => Err(Refusal::internal(format!("verification: {error}"))),
    }
}

/// The open link of this visit, and the person whose it is, who is signed in here.
async fn open(shared: &Shared, ask: &Ask) -> Result<(Link, Person), Refusal> {
    let hash = secret::hash(ask.form.get(fields::SECRET).trim().as_bytes());
    let found = shared.ports.store.link(LinkPurpose::VerifyEmail, hash, ask.now).await.map_err(store)?;
    let Some(link) = found else {
        let reason = "verification: no such link, or it was used, or is over";
        let refusal = problem(shared, ask, Code::ID_ATTEMPT, reason, ProblemKind::LinkExpired);
        return Err(refusal.security(SecurityClass::Credential));
    };
    match ask.person().filter(|person| person.id == link.person) {
        Some(person) => Ok((link, person.clone())),
        None => {
            let reason = format!("verification: {} is not signed in here", link.person);
            Err(problem(shared, ask, Code::ID_REQUIRED, reason, ProblemKind::SignInFirst))
        }
    }
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let (link, _) = open(shared, ask).await?;
    let secret = ask.form.get(fields::SECRET).trim().to_owned();
    let view = VerifyEmail { hidden: ask.hidden(), secret, email: (&*link.note).into() };
    show(shared, ask, view.render(&frame(shared, ask)))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let (link, person) = open(shared, ask).await?;
    if !shared.ports.store.verify_email(link.hash, ask.now, person.id).await.map_err(store)? {
        let reason = "verification: the link was used just now, or the address is another";
        return Err(problem(shared, ask, Code::ID_ATTEMPT, reason, ProblemKind::LinkExpired));
    }
    noted(&account::with_notice(ask, Notice::EmailVerified)?, format!("{} has a verified address", person.id))
}
