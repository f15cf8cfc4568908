//! kit-p2: answers for guests of wasi:http 0.2.
//! Guarantees: never more bytes in flight than the host asked for.
//! Does not: decide what to answer.
//! Called by: guests. Calls: wasi:http, wasi:io.
//! If this is wrong: tests of streaming and back-pressure prove nothing.

use wasip2::http::types::{ErrorCode, Fields, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasip2::io::streams::{OutputStream, StreamError};

/// A response whose head has been sent.
pub struct Answer {
    body: OutgoingBody,
    stream: OutputStream,
}

impl Answer {
    /// Sends status and headers; the body follows.
    pub fn begin(out: ResponseOutparam, status: u16, headers: &[(&str, &str)]) -> Self {
        let fields = Fields::new();
        for (name, value) in headers {
            fields.append(name, value.as_bytes()).expect("a header of ours is valid");
        }
        Self::begin_with(out, status, fields)
    }

    pub fn begin_with(out: ResponseOutparam, status: u16, fields: Fields) -> Self {
        let response = OutgoingResponse::new(fields);
        response.set_status_code(status).expect("a status of ours is valid");
        let body = response.body().expect("a new response has its body");
        let stream = body.write().expect("a new body has its stream");
        ResponseOutparam::set(out, Ok(response));
        Self { body, stream }
    }

    /// Writes as the host makes room, and waits when there is none.
    pub fn write(&self, mut bytes: &[u8]) -> Result<(), StreamError> {
        while !bytes.is_empty() {
            let room = self.stream.check_write()?;
            if room == 0 {
                self.stream.subscribe().block();
                continue;
            }
            let (now, later) = bytes.split_at(bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
            self.stream.write(now)?;
            bytes = later;
        }
        self.stream.flush()
    }

    /// Ends the body, after everything has left.
    pub fn finish(self, trailers: Option<Fields>) -> Result<(), ErrorCode> {
        self.stream.subscribe().block();
        drop(self.stream);
        OutgoingBody::finish(self.body, trailers)
    }
}

/// A whole answer of plain text. That the client has left meanwhile is nobody's fault.
pub fn answer(out: ResponseOutparam, status: u16, text: &str) {
    answer_as(out, status, "text/plain; charset=utf-8", text);
}

pub fn answer_json(out: ResponseOutparam, text: &str) {
    answer_as(out, 200, "application/json", text);
}

fn answer_as(out: ResponseOutparam, status: u16, kind: &str, text: &str) {
    let answer = Answer::begin(out, status, &[("content-type", kind)]);
    if answer.write(text.as_bytes()).is_ok() {
        let _ = answer.finish(None);
    }
}
