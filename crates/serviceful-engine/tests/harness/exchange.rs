//! One request, frame by frame, and all that comes back.
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc;
use types::{Caller, Digest, FunctionName, Grants, RequestId, RunLimits};
use wire::{
    Frame, Sender,
    work::{Credit, DeniedHatch, Ended, Failure, Fields, Head, Invoke, Log, to_front, to_worker},
};

use super::{PATIENCE, frame};

/// One exchange under way.
pub(crate) struct Exchange {
    pub(crate) stream: u32,
    pub(super) frames: mpsc::UnboundedReceiver<Frame>,
    pub(super) sender: Sender,
    /// Credit for the request body that came and is not spent.
    pub(crate) credit: u64,
    /// Give credit for the response as it comes.
    pub(crate) automatic: bool,
}

/// All that came back.
#[derive(Debug, Default, Clone)]
pub(crate) struct Answer {
    pub(crate) head: Option<Head>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<Fields>,
    pub(crate) failure: Option<Failure>,
    pub(crate) ended: Option<Ended>,
    pub(crate) logs: Vec<Log>,
    pub(crate) denied: Vec<DeniedHatch>,
    pub(crate) died: bool,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.as_ref().unwrap_or_else(|| panic!("no head: {self:?}")).status
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let head = self.head.as_ref()?;
        let value = head.fields.0.iter().find(|(n, _)| n == name)?;
        Some(String::from_utf8(value.1.clone()).unwrap())
    }

    /// The limit that ended it.
    pub(crate) fn limit(&self) -> String {
        match &self.failure {
            Some(Failure::Limit { limit, .. }) => limit.clone(),
            other => panic!("expected a limit, got {other:?} and head {:?}", self.head),
        }
    }

    pub(crate) fn trap(&self) -> String {
        match &self.failure {
            Some(Failure::Trap { reason }) => reason.clone(),
            other => panic!("expected a trap, got {other:?}"),
        }
    }
}

impl Exchange {
    pub(crate) fn send(&self, frames: Vec<Frame>) {
        self.sender.send(frames).unwrap();
    }

    pub(crate) fn body(&self, piece: &[u8]) {
        self.send(vec![Frame::new(to_worker::BODY, self.stream, Bytes::copy_from_slice(piece))]);
    }

    pub(crate) fn end(&self, trailers: &[(&str, &str)]) {
        let fields = Fields(trailers.iter().map(|(n, v)| ((*n).into(), v.as_bytes().to_vec())).collect());
        self.send(vec![frame(to_worker::BODY_END, self.stream, &fields)]);
    }

    pub(crate) fn bare(&self, kind: u8) {
        self.send(vec![Frame::new(kind, self.stream, Bytes::new())]);
    }

    pub(crate) fn give(&self, bytes: u32) {
        // As the front does: credit for a worker that has left already is late, not wrong. What it said before is still to be read.
        let _ = self.sender.send(vec![frame(to_worker::CREDIT, self.stream, &Credit { bytes })]);
    }

    /// The next frame, within some time.
    pub(crate) async fn next_within(&mut self, time: Duration) -> Option<Frame> {
        tokio::time::timeout(time, self.frames.recv()).await.ok().flatten()
    }

    /// Takes one frame into `answer`. `false`: that was the last.
    pub(crate) async fn step(&mut self, answer: &mut Answer) -> bool {
        let frame = tokio::time::timeout(PATIENCE, self.frames.recv()).await;
        let Some(frame) = frame.unwrap_or_else(|_| panic!("silence after {answer:?}")) else {
            answer.died = true;
            return false;
        };
        match frame.kind {
            to_front::HEAD => answer.head = Some(frame.message().unwrap()),
            to_front::BODY => {
                if self.automatic {
                    self.give(u32::try_from(frame.payload.len()).unwrap());
                }
                answer.body.extend_from_slice(&frame.payload);
            }
            to_front::BODY_END => answer.trailers = Some(frame.message().unwrap()),
            to_front::FAILED => answer.failure = Some(frame.message().unwrap()),
            to_front::CREDIT => self.credit += u64::from(frame.message::<Credit>().unwrap().bytes),
            to_front::LOG => answer.logs.push(frame.message().unwrap()),
            to_front::DENIED => answer.denied.push(frame.message().unwrap()),
            to_front::ENDED => {
                answer.ended = Some(frame.message().unwrap());
                return false;
            }
            other => panic!("unexpected frame kind {other}"),
        }
        true
    }

    pub(crate) async fn finish(mut self) -> Answer {
        let (began, mut answer) = (Instant::now(), Answer::default());
        while self.step(&mut answer).await {}
        answer.took = began.elapsed();
        answer
    }
}

/// A request for a component, to be changed by the test.
pub(crate) fn get(component: Digest, path: &str) -> Invoke {
    Invoke {
        request: RequestId::from_bytes([9; 16]),
        component,
        handler: None,
        function: FunctionName::parse("hello").unwrap(),
        method: "GET".into(),
        scheme: "http".into(),
        authority: "coffee.localhost:8080".into(),
        path_and_query: path.into(),
        fields: Fields(vec![("accept".into(), b"*/*".to_vec()), ("user-agent".into(), b"test".to_vec())]),
        caller: Caller::Stranger,
        groups: Vec::new(),
        limits: RunLimits::default(),
        grants: Grants::default(),
        has_body: false,
        wall_ms: 30_000,
    }
}
