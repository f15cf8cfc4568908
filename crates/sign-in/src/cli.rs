//! "Sign in the command line?": who, on which computer, and the letters to compare. Then the answer goes back to it.
//! If this is wrong: somebody who follows a link, or walks past a screen, gives their account away.
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use gateway::{Document, Refusal, SecurityClass};
use pages::{CliConfirm, CliDone, CliPaste, ProblemKind, fields, paths};
use serde::{Deserialize, Serialize};
use store::{Account, Audience, Link, LinkPurpose};
use types::{Assurance, Code, CredentialId, Digest, Person, UnixMillis};

use crate::{
    answer::{self, Answer, attempt_over, frame, noted, problem, show},
    ask::Ask,
    client::{self, Redirect},
    push::{self, Pushed},
    recent, secret,
    service::{Shared, store},
    trip::CODE_S,
};

/// How long a code lives that a person carries from a browser to a terminal.
const CARRIED_S: u64 = 300;

/// What was allowed, kept under the hash of its code.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) redirect: Redirect,
    pub(crate) challenge: String,
    pub(crate) key: Digest,
    /// The id that the login will have: whoever uses the code twice ends it.
    pub(crate) login: CredentialId,
    /// The browser's session: where that has ended, the code opens nothing.
    pub(crate) session: CredentialId,
    pub(crate) label: String,
    pub(crate) assurance: Assurance,
    pub(crate) authenticated_at: UnixMillis,
    pub(crate) audience: Audience,
}

/// How a code is kept. SECURITY: with a word of its own, so that a code for a command line is unknown at an app's callback, and
/// the other way round.
pub(crate) fn code_hash(code: &str) -> Digest {
    secret::hash(format!("cli\n{code}").as_bytes())
}

/// Where a browser arrives with the name of a pushed request (RFC 9126 section 4).
pub(crate) async fn authorize(shared: &Shared, ask: &Ask) -> Answer {
    let over = |reason: &str| attempt_over(shared, ask, format!("authorize: {reason}"));
    if ask.form.get("client_id") != client::ID {
        return Err(over("another client"));
    }
    let sealed = push::sealed_of(ask.form.get("request_uri")).ok_or_else(|| over("no pushed request"))?;
    push::open(shared, sealed, ask.now).await.map_err(|reason| over(&reason))?;
    answer::go(&format!("{}?tx={}{sealed}", paths::CLI, push::MARK))
}

/// The request, the person who was shown it, and their account. Others go where they have to go first.
async fn asked<'a>(shared: &Shared, ask: &'a Ask) -> Result<(&'a Pushed, Person, Account), Refusal> {
    let over = |reason: &str| attempt_over(shared, ask, format!("command line: {reason}"));
    let pushed = ask.trip.as_ref().and_then(|trip| trip.pushed()).ok_or_else(|| over("no request of one"))?;
    let elsewhere = |code, reason: String, path: &str| match answer::to(&ask.onward(path)) {
        Ok(document) => Refusal::new(code, reason).document(document),
        Err(refusal) => refusal,
    };
    let Some(person) = ask.person() else {
        return Err(elsewhere(Code::ID_REQUIRED, "command line: nobody is signed in".to_owned(), paths::SIGN_IN));
    };
    if person.owner && person.assurance < Assurance::MultiFactor {
        // What is missing is found there, and leads back here.
        let reason = format!("command line: {} owns the platform and showed one factor", person.id);
        return Err(elsewhere(Code::ID_REQUIRED, reason, paths::SIGN_IN));
    }
    // As for a change of how they sign in: the terminal will act as them, at an unlocked screen too.
    let (person, account) = recent::person(shared, ask, paths::CLI).await?;
    Ok((pushed, person, account))
}

/// Proof that the page was shown to this very session.
fn token(ask: &Ask, person: &Person) -> String {
    let tx = ask.trip.as_ref().map_or("", |trip| &trip.tx);
    BASE64URL_NOPAD.encode(secret::hash(format!("cli\n{}\n{tx}", person.credential).as_bytes()).as_bytes())
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    let (pushed, person, account) = asked(shared, ask).await?;
    let sealed = ask.trip.as_ref().and_then(|trip| trip.tx.strip_prefix(push::MARK)).unwrap_or_default();
    let view = CliConfirm {
        hidden: pages::Hidden { token: token(ask, &person), ..ask.hidden() },
        name: (&*person.display_name).into(),
        email: (&*account.email).into(),
        computer: pushed.computer.as_deref().map(Into::into),
        code: push::comparison(sealed).as_str().into(),
        paste: pushed.redirect == Redirect::Shown,
    };
    show(shared, ask, view.render(&frame(shared, ask)))
}

pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let (pushed, person, account) = asked(shared, ask).await?;
    let over = |reason: &str| attempt_over(shared, ask, format!("command line: {reason}"));
    // SECURITY: the page that was answered named somebody. Whoever signed in since then is shown it anew.
    if !secret::same(ask.form.get(fields::TOKEN), &token(ask, &person)) {
        let reason = format!("command line: the page was not shown to the session of {}", person.id);
        return Err(Refusal::new(Code::ID_ATTEMPT, reason)
            .security(SecurityClass::Credential)
            .document(answer::to(&ask.onward(paths::CLI))?));
    }
    let allowed = match ask.form.get(fields::ANSWER) {
        "allow" => true,
        "refuse" => false,
        _ => return Err(problem(shared, ask, Code::ID_FORM, "command line: no answer", ProblemKind::FormInvalid)),
    };
    if !shared.answered.take(ask.trip.as_ref().map_or("", |trip| &trip.tx)) {
        return Err(over("the request was answered before"));
    }
    if allowed { allow(shared, ask, pushed, &person, &account).await } else { refuse(shared, ask, pushed, &person) }
}

/// The way back to the command line (RFC 6749 section 4.1.2, RFC 9207).
fn back(shared: &Shared, pushed: &Pushed, what: (&str, &str)) -> Result<Document, Refusal> {
    let issuer = shared.ports.names.id_url();
    let query = [what, ("state", &*pushed.state), ("iss", &*issuer)];
    answer::to(&answer::address(&pushed.redirect.to_text(), &query))
}

fn refuse(shared: &Shared, ask: &Ask, pushed: &Pushed, person: &Person) -> Answer {
    let document = match pushed.redirect {
        Redirect::Loopback { .. } => back(shared, pushed, ("error", "access_denied"))?,
        Redirect::Shown => {
            let page = CliDone { hidden: pages::Hidden::default(), allowed: false };
            answer::document(shared, ask, page.render(&frame(shared, ask)))
        }
    };
    noted(&document, format!("{} refused a command line", person.id))
}

async fn allow(shared: &Shared, ask: &Ask, pushed: &Pushed, person: &Person, account: &Account) -> Answer {
    let rng = &*shared.ports.rng;
    let (code, life_s) = match pushed.redirect {
        Redirect::Loopback { .. } => (secret::fresh(rng), CODE_S),
        Redirect::Shown => (secret::recovery_code(rng), CARRIED_S),
    };
    let computer = pushed.computer.as_deref();
    let grant = Grant {
        redirect: pushed.redirect,
        challenge: pushed.challenge.clone(),
        key: pushed.key,
        login: CredentialId::fresh(ask.now, rng),
        session: person.credential,
        label: computer.map_or_else(|| "Command line".to_owned(), |computer| format!("Command line on {computer}")),
        assurance: person.assurance,
        authenticated_at: person.authenticated_at,
        audience: pushed.audience.clone(),
    };
    let note: Arc<str> = serde_json::to_string(&grant).map_err(|e| Refusal::internal(e.to_string()))?.into();
    let expires_at = ask.now.plus_seconds(life_s);
    let link = Link { hash: code_hash(&code), purpose: LinkPurpose::Code, person: person.id, note, expires_at };
    shared.ports.store.add_link(link).await.map_err(store)?;
    let document = match pushed.redirect {
        Redirect::Loopback { .. } => back(shared, pushed, ("code", &code))?,
        Redirect::Shown => {
            let page = CliPaste {
                hidden: pages::Hidden::default(),
                email: (&*account.email).into(),
                code: grouped(&code),
                minutes: u32::try_from(CARRIED_S / 60).unwrap_or(u32::MAX),
            };
            answer::document(shared, ask, page.render(&frame(shared, ask)))
        }
    };
    noted(&document, format!("{} allowed {}, login {}", person.id, grant.label, grant.login))
}

/// Easier to carry.
fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Where the command line sends the browser when it has its answer.
pub(crate) fn done(shared: &Shared, ask: &Ask) -> Answer {
    let page = CliDone { hidden: pages::Hidden::default(), allowed: ask.form.get(fields::ANSWER) == "allow" };
    show(shared, ask, page.render(&frame(shared, ask)))
}

/// Where somebody goes who has shown who they are.
pub(crate) fn onward(ask: &Ask) -> Result<Document, Refusal> {
    answer::to(&ask.onward(paths::CLI))
}
