//! An app's log, as lines of JSON: the newest ones, and on request those to come.
use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use control_api::{LOG_TAIL_MAX, LogEntry};
use futures_util::stream;
use gateway::{Body, BodyError, LogLine, Refusal, Reply};
use http::StatusCode;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};

use super::apps;
use crate::{
    input::{self, Query},
    reply,
    service::{Asked, Shared},
    standing::Standing,
};

const TAIL: usize = 100;
/// The answer ends after this; clients ask again.
const FOLLOW: Duration = Duration::from_secs(15 * 60);
/// An empty line this often tells a dead connection from a quiet one.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long somebody who lost the right to read goes on reading, at most.
const LOOK: Duration = Duration::from_secs(5);
const KIND: &str = "application/x-ndjson";

fn encode(line: &LogLine) -> Bytes {
    let entry = LogEntry {
        at: line.at,
        function: line.function.clone(),
        request: line.request,
        stream: line.stream.clone(),
        text: line.text.clone(),
        place: line.place.clone(),
    };
    // A line is plain data; were it not JSON, an empty line would stand for it.
    let mut bytes = serde_json::to_vec(&entry).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}

pub(crate) async fn read(shared: &Arc<Shared>, asked: Asked) -> Result<Reply, Refusal> {
    let query = Query::parse(&asked.head, &["tail", "follow"])?;
    let (tail, follow) = (query.count("tail", TAIL, 0..=LOG_TAIL_MAX)?, query.flag("follow")?);
    let app = input::app(&asked.call)?;

    apps::find(shared, &app).await?;

    // Listening first: a line written between the two is then in both, and dropped from the second.
    let new = follow.then(|| shared.ports.logs.follow(&app));
    let old = if tail == 0 { Vec::new() } else { shared.ports.logs.tail(&app, tail) };

    let mut first = Vec::new();
    for line in &old {
        first.extend_from_slice(&encode(line));
    }
    let body = match new {
        None => reply::full(first),
        Some(lines) => {
            let (shared, action) = (shared.clone(), asked.call.action);
            let standing = Standing { shared, caller: asked.caller, action, resource: asked.call.resource };
            Follow::new(standing, lines, old, first).into_body()
        }
    };
    Ok(reply::with_body(StatusCode::OK, KIND, body).into())
}

/// A stream of lines to come.
struct Follow {
    standing: Standing,
    lines: Receiver<Arc<LogLine>>,
    /// Lines that were given already; emptied once the stream is past them.
    given: Vec<LogLine>,
    /// What is sent at once.
    first: Option<Bytes>,
    until: Instant,
    /// When it was asked last whether the reader may.
    looked: Instant,
    /// When something was sent last.
    sent: Instant,
}

impl Follow {
    fn new(standing: Standing, lines: Receiver<Arc<LogLine>>, given: Vec<LogLine>, first: Vec<u8>) -> Self {
        // The wait on this task's own timer wheel, not a time that is recorded anywhere.
        let now = Instant::now();
        Self { standing, lines, given, first: Some(first.into()), until: now + FOLLOW, looked: now, sent: now }
    }

    fn into_body(self) -> Body {
        let frames = stream::unfold(self, |mut follow| async move {
            let bytes = follow.next().await?;
            Some((Ok::<_, BodyError>(Frame::data(bytes)), follow))
        });
        StreamBody::new(frames).boxed_unsync()
    }

    async fn next(&mut self) -> Option<Bytes> {
        let bytes = match self.first.take() {
            Some(first) => first,
            None => self.wait().await?,
        };
        self.sent = Instant::now();
        Some(bytes)
    }

    /// What is to be sent next; `None` when it is over.
    async fn wait(&mut self) -> Option<Bytes> {
        loop {
            let now = Instant::now();
            if now >= self.until {
                return None;
            }
            // SECURITY: the permit was for the moment of the request. Whoever was shut out since then reads no further.
            if now >= self.looked + LOOK {
                if !self.standing.holds().await {
                    return None;
                }
                self.looked = now;
            }
            let wake = self.until.min(self.looked + LOOK).min(self.sent + HEARTBEAT);
            return match tokio::time::timeout_at(wake, self.lines.recv()).await {
                Err(_) if Instant::now() >= self.sent + HEARTBEAT => Some(Bytes::from_static(b"\n")),
                Err(_) => continue,
                Ok(Ok(line)) if self.was_given(&line) => continue,
                Ok(Ok(line)) => Some(encode(&line)),
                Ok(Err(RecvError::Lagged(count))) => Some(encode(&self.lost(count))),
                Ok(Err(RecvError::Closed)) => None,
            };
        }
    }

    fn was_given(&mut self, line: &LogLine) -> bool {
        let given = self.given.contains(line);
        if !given {
            self.given = Vec::new();
        }
        given
    }

    fn lost(&self, count: u64) -> LogLine {
        LogLine {
            at: self.standing.shared.ports.clock.now(),
            function: String::new(),
            request: None,
            stream: "platform".to_owned(),
            text: format!("{count} lines are missing here: they came faster than they were read"),
            place: None,
        }
    }
}
