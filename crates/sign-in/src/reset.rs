//! A forgotten password: asking for a link, and choosing a new one with it. The link opens a page; only the button uses it up.
//! If this is wrong: an attacker learns who has an account, or a mail becomes more than a password.
use gateway::{Letter, Post, SecurityClass};
use pages::{CheckMail, Fault, Faults, ForgotPassword, MailPurpose, NewPassword, PasswordRules, ProblemKind, fields};
use store::{Account, Link, LinkPurpose, Principal};
use types::{Code, Digest, email_address};

use crate::{
    answer::{Answer, document, frame, noted, problem, refuse, show},
    ask::Ask,
    errands::Wish,
    new_password::{self, About},
    password, secret,
    service::{Shared, store},
};

/// What the page says of its link; the store has the say.
const MINUTES: u32 = 30;

fn forgot(shared: &Shared, ask: &Ask, faults: Faults) -> ForgotPassword {
    let email = ask.form.get(fields::EMAIL).into();
    ForgotPassword { hidden: ask.hidden(), email, mail: shared.ports.mail.is_on(), faults }
}

pub(crate) fn forgot_page(shared: &Shared, ask: &Ask) -> Answer {
    show(shared, ask, forgot(shared, ask, Faults::none()).render(&frame(shared, ask)))
}

/// One answer after one amount of work, whether the address is known or not: what it leads to happens later (`errands.rs`).
pub(crate) fn forgot_sent(shared: &Shared, ask: &Ask) -> Answer {
    let email =
        asked_for_mail(shared, ask, Wish::Reset, |faults| forgot(shared, ask, faults).render(&frame(shared, ask)))?;
    let view =
        CheckMail { hidden: ask.hidden(), purpose: MailPurpose::Reset, email: (&*email).into(), minutes: MINUTES };
    let page = document(shared, ask, view.render(&frame(shared, ask)));
    noted(&page, "somebody asked for a link to a new password".to_owned())
}

/// Takes the wish of a stranger for a mail, or refuses it with the page that `again` draws.
pub(crate) fn asked_for_mail(
    shared: &Shared,
    ask: &Ask,
    wish: Wish,
    again: impl Fn(Faults) -> pages::Page,
) -> Result<std::sync::Arc<str>, gateway::Refusal> {
    let typed = ask.form.get(fields::EMAIL);
    let Some(email) = email_address(typed) else {
        let fault = if typed.trim().is_empty() { Fault::EmailMissing } else { Fault::EmailMalformed };
        return Err(refuse(shared, ask, Code::ID_FORM, format!("{}: no address", wish.as_str()), again(fault.into())));
    };
    if !shared.ports.mail.is_on() {
        let page = pages::Page { status: Code::ID_FORM.status(), ..again(Faults::none()) };
        return Err(refuse(shared, ask, Code::ID_FORM, format!("{}: no mails here", wish.as_str()), page));
    }
    // By place, not by address: a limit that somebody else can use up would say who was asked for before.
    let key = secret::hash(format!("mail\n{}", ask.neighbourhood).as_bytes());
    if let Err(wait_s) = shared.limits.charge(key, ask.cx.started) {
        return Err(crate::answer::slow_down(shared, ask, wait_s, "too many mails were asked for from one place"));
    }
    if !shared.errands.add(wish, email.clone(), ask.cx.started) {
        return Err(crate::answer::slow_down(shared, ask, 10, "too many mails were asked for at once"));
    }
    Ok(email)
}

/// A link that can be used now, and whose it is.
struct Open {
    hash: Digest,
    /// It went by mail to an address that was not verified: passkeys go with the old password.
    first_proof: bool,
    account: Account,
    person: Principal,
}

async fn open(shared: &Shared, ask: &Ask) -> Result<Open, gateway::Refusal> {
    let gone = |reason: String| {
        let reason = format!("reset: {reason}");
        problem(shared, ask, Code::ID_ATTEMPT, reason, ProblemKind::LinkExpired).security(SecurityClass::Credential)
    };
    let hash = secret::hash(ask.form.get(fields::SECRET).trim().as_bytes());
    let found = shared.ports.store.link(LinkPurpose::Reset, hash, ask.now).await.map_err(store)?;
    let Some(Link { person, note, .. }) = found else {
        return Err(gone("no such link, or it was used, or is over".into()));
    };
    let account = shared.ports.store.account(person).await.map_err(store)?;
    let principal = shared.ports.store.principal(person).await.map_err(store)?;
    match (account, principal) {
        (Some(account), Some(person)) if !person.disabled && account.password.is_some() => {
            let first_proof = &*note == Link::MAILED && !account.email_verified;
            Ok(Open { hash, first_proof, account, person })
        }
        _ => Err(gone(format!("{person} is disabled, or has no password to replace"))),
    }
}

fn view(shared: &Shared, ask: &Ask, open: &Open, faults: Faults) -> pages::Page {
    let view = NewPassword {
        hidden: ask.hidden(),
        secret: ask.form.get(fields::SECRET).trim().to_owned(),
        email: (&*open.account.email).into(),
        rules: PasswordRules::default(),
        faults,
    };
    view.render(&frame(shared, ask))
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let open = open(shared, ask).await?;
    show(shared, ask, view(shared, ask, &open, Faults::none()))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let open = open(shared, ask).await?;
    // A password that does not do leaves the link as it is.
    let about = About { email: &open.account.email, name: &open.person.name };
    let new = new_password::hash(shared, ask, ask.form.get(fields::NEW_PASSWORD), about).await;
    let hash = match new.map_err(|e| shared.vault(ask, e))? {
        Ok(hash) => hash,
        Err(fault) => {
            let page = view(shared, ask, &open, fault.into());
            return Err(refuse(shared, ask, Code::ID_FORM, "reset: the new password does not do", page));
        }
    };
    let done = shared.ports.store.reset_password(open.hash, ask.now, hash).await.map_err(store)?;
    let Some(person) = done else {
        let reason = "reset: the link was used just now";
        return Err(problem(shared, ask, Code::ID_ATTEMPT, reason, ProblemKind::LinkExpired));
    };
    shared.ports.sessions.forget_person(person);
    tell(shared, &open).await;
    let Open { account, person, first_proof, .. } = open;
    let account = Account { password_at: Some(ask.now), ..account };
    let by = if first_proof {
        "a new password, by a mail that showed whose the address is; passkeys of before are gone"
    } else {
        "a new password, by a link"
    };
    // SECURITY: exactly what the password alone is worth: a second factor is asked for like after any other.
    password::was_right(shared, ask, &account, &person, by, false).await
}

/// Whoever did not do it shall know. That the mail cannot go out undoes nothing.
async fn tell(shared: &Shared, open: &Open) {
    if !shared.ports.mail.is_on() {
        return;
    }
    let expires_at = shared.ports.clock.now().plus_seconds(7 * 86_400);
    let (to, person) = (open.account.email.clone(), Some(open.person.id));
    let post = Post { to, person, letter: Letter::PasswordReset, expires_at };
    if let Err(error) = shared.ports.mail.post(post).await {
        tracing::error!(person = %open.person.id, "nobody is told of a new password: {error}");
    }
}
