//! The outbox: what is on its way, tried again, and tried out.
use control_api::{MailList, MailQueued, MailStage, MailView, TestMail};
use gateway::{Letter, Post, PostError, Refusal, Reply};
use http::StatusCode;
use store::{Mail, MailState};
use types::{MailId, email_address};

use crate::{
    input::{self, Query},
    refuse, reply,
    service::{Asked, Shared},
};

/// Mails that are listed.
const LISTED_MAX: u32 = 200;
/// How long a test is tried.
const TEST_S: u64 = 3_600;

fn view(mail: Mail) -> MailView {
    let (stage, stage_at) = match mail.state {
        MailState::Waiting { due_at } => (MailStage::Waiting, due_at),
        MailState::Sending { until } => (MailStage::Sending, until),
        MailState::Delivered { at } => (MailStage::Delivered, at),
        MailState::Failed { at } => (MailStage::Failed, at),
    };
    MailView {
        id: mail.id,
        kind: mail.kind.to_string(),
        to: mail.to.to_string(),
        person: mail.person,
        stage,
        stage_at,
        attempts: mail.attempts,
        error: mail.error.map(|error| error.to_string()),
        created_at: mail.created_at,
        expires_at: mail.expires_at,
    }
}

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    let mails = shared.ports.store.mails(LISTED_MAX).await.map_err(refuse::store)?;

    reply::ok(&MailList { on: shared.ports.mail.is_on(), mails: mails.into_iter().map(view).collect() })
}

pub(crate) async fn retry(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let id: MailId = input::parsed(&asked.call, "mail")?;
    if !shared.ports.mail.is_on() {
        return Err(off());
    }

    if !shared.ports.store.retry_mail(id, shared.ports.clock.now()).await.map_err(refuse::store)? {
        let sentence = format!(
            "mail {id} cannot be tried again: there is none, it is under way or delivered, or its link is over"
        );
        return Err(refuse::conflict(sentence).next("make what it was about anew: another invitation, another reset"));
    }
    shared.ports.mail.wake();

    reply::ok(&MailQueued { id })
}

pub(crate) async fn test(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let wanted: TestMail = input::json(&asked.head, asked.body).await?;
    let to = email_address(&wanted.to)
        .ok_or_else(|| refuse::bad_input(format!("`{}` is not an e-mail address", input::short(&wanted.to))))?;

    let expires_at = shared.ports.clock.now().plus_seconds(TEST_S);
    let post = Post { to, person: None, letter: Letter::Test, expires_at };
    let id = shared.ports.mail.post(post).await.map_err(refused)?;

    reply::json(StatusCode::CREATED, &MailQueued { id })
}

fn off() -> Refusal {
    refuse::conflict("this platform has no mail server").next("add `[mail]` to the operator's file, and restart it")
}

/// A mail that could not be kept.
pub(super) fn refused(error: PostError) -> Refusal {
    match error {
        PostError::Off => off(),
        PostError::Full => refuse::conflict("too many mails wait to be sent")
            .next("look at `serviceful mail list`: does the server answer?"),
        PostError::Failed(reason) => Refusal::internal(format!("mail: {reason}")),
    }
}
