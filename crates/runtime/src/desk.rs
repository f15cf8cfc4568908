//! Answers what a call asks while it runs: secrets, the app's keys and values, what its caller may do.
//!
//! SECURITY: a worker may be somebody else's by now. What it may have is decided here, from what the front knows of the stream
//! that it asks on: that app, that function's grants, that caller. Nothing that a question says can name another one.
use std::sync::{Arc, atomic::Ordering};

use gateway::SecretPort;
use store::KeyValues;
use types::{AppName, Clock, FunctionTarget, KvAnswer, KvQuestion, KvRefusal, RequestId, SecretName};
use wire::{
    Frame, encode,
    keeper::Typed,
    work::{Answer, Question, SecretAnswer, Told, to_worker},
};

use crate::{
    asking::{self, Of},
    worker::Worker,
};

/// A question that came on the stream of a call.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) stream: u32,
    /// The worker's, to be said with the answer.
    pub(crate) number: u32,
    /// How many questions about its caller the call has asked before.
    pub(crate) nth: u32,
    pub(crate) request: RequestId,
    pub(crate) target: Arc<FunctionTarget>,
    pub(crate) of: Arc<Of>,
    pub(crate) question: Question,
}

/// What is answered, and what is to be written down of it.
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) denied: Option<Denied>,
    /// In the app's log.
    pub(crate) line: Option<String>,
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        Self { answer, denied: None, line: None }
    }
}

/// What a question that is refused is called in the audit log: hatch, and what was wanted.
pub(crate) type Denied = (&'static str, String);

/// Where answers come from.
pub(crate) struct Desk {
    pub(crate) secrets: Arc<dyn SecretPort>,
    pub(crate) key_values: Arc<dyn KeyValues>,
    pub(crate) policy: Arc<dyn gateway::Ask>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Desk {
    pub(crate) async fn answer(&self, asked: Asked) -> Answered {
        let Asked { target, of, nth, question, .. } = asked;
        match question {
            Question::Secret(name) if !target.grants.secrets.contains(&name) => {
                let denied = Some(("secrets", name.to_string()));
                Answered { denied, ..Answer::Secret(SecretAnswer::Denied).into() }
            }
            Question::Secret(name) => Answer::Secret(self.secret(target.app.clone(), name).await).into(),
            Question::Kv(question) if !target.grants.kv.permits(&question) => {
                let denied = Some(("kv", question.word().to_owned()));
                Answered { denied, ..Answer::Kv(KvAnswer::Refused(KvRefusal::Denied)).into() }
            }
            Question::Kv(question) => Answer::Kv(self.kv(target.app.clone(), question).await).into(),
            Question::Allowed { action, resource } => {
                let (allowed, line) = asking::answer(&*self.policy, &target, &of, (&action, &resource), nth);
                Answered { line, ..Answer::Allowed(allowed).into() }
            }
        }
    }

    async fn secret(&self, app: AppName, name: SecretName) -> SecretAnswer {
        match self.secrets.reveal_secret(app.clone(), name.clone()).await {
            Ok(Some(value)) => SecretAnswer::Value(Typed::new(value.reveal().to_owned())),
            Ok(None) => SecretAnswer::NotSet,
            Err(error) => {
                tracing::error!(app.name = %app, secret = %name, "a secret cannot be read: {error}");
                SecretAnswer::Unavailable
            }
        }
    }

    async fn kv(&self, app: AppName, question: KvQuestion) -> KvAnswer {
        match self.key_values.ask(app.clone(), question, self.clock.now()).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::error!(app.name = %app, "the key-value store failed: {error}");
                KvAnswer::Refused(KvRefusal::Unavailable)
            }
        }
    }
}

/// Sends the answer, after those that are on their way. Every question that was taken ends here.
pub(crate) async fn tell(worker: &Worker, stream: u32, number: u32, answer: Answer) {
    // One at a time: a worker that does not read keeps its own answers waiting, and no more than one of them in its channel.
    let turn = worker.telling.lock().await;
    if worker.ready().await.is_ok()
        && let Ok(payload) = encode(&Told { number, answer })
    {
        // Before it can ask again: the place belongs to whoever has the answer.
        worker.asking.fetch_sub(1, Ordering::AcqRel);
        let _ = worker.send(vec![Frame::new(to_worker::TOLD, stream, payload)]);
    }
    drop(turn);
}
