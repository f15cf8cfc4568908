//! Answers what a call asks while it runs: secrets, and the app's keys and values.
//!
//! SECURITY: a worker may be somebody else's by now. What it may have is decided here, from what the front knows of the stream
//! that it asks on: that app, that function's grants. Nothing that a question says can name another app.
use std::sync::{Arc, atomic::Ordering};

use gateway::SecretPort;
use store::KeyValues;
use types::{AppName, Clock, FunctionTarget, KvAnswer, KvQuestion, KvRefusal, RequestId, SecretName};
use wire::{
    Frame, encode,
    keeper::Typed,
    work::{Answer, Ask, Question, SecretAnswer, Told, to_worker},
};

use crate::worker::Worker;

/// A question that came on the stream of a call.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) stream: u32,
    pub(crate) request: RequestId,
    pub(crate) target: Arc<FunctionTarget>,
    pub(crate) ask: Ask,
}

/// What a question that is refused is called in the audit log: hatch, and what was wanted.
pub(crate) type Denied = (&'static str, String);

/// Where answers come from.
pub(crate) struct Desk {
    pub(crate) secrets: Arc<dyn SecretPort>,
    pub(crate) key_values: Arc<dyn KeyValues>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Desk {
    /// The answer, and what to report when it is a refusal.
    pub(crate) async fn answer(&self, target: &FunctionTarget, question: Question) -> (Answer, Option<Denied>) {
        match question {
            Question::Secret(name) if !target.grants.secrets.contains(&name) => {
                (Answer::Secret(SecretAnswer::Denied), Some(("secrets", name.to_string())))
            }
            Question::Secret(name) => (Answer::Secret(self.secret(target.app.clone(), name).await), None),
            Question::Kv(question) if !target.grants.kv.permits(&question) => {
                let wanted = question.word().to_owned();
                (Answer::Kv(KvAnswer::Refused(KvRefusal::Denied)), Some(("kv", wanted)))
            }
            Question::Kv(question) => (Answer::Kv(self.kv(target.app.clone(), question).await), None),
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
