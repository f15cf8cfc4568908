//! Requests byte by byte, as no honest client would send them, and what comes back.
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Longer than this, and the platform hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// An answer, or the end of the connection without one.
#[derive(Debug)]
pub(crate) struct Raw {
    /// 0: none came.
    pub(crate) status: u16,
    /// Without the status line, in lower case up to each colon.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
}

impl Raw {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request whose head is made here: one that ends its connection, so that the answer is all that comes.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) host: String,
    pub(crate) target: Vec<u8>,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &'static str, host: &str, target: impl Into<Vec<u8>>) -> Self {
        Self { method, host: host.to_owned(), target: target.into(), fields: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn field(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.field("content-type", kind)
    }

    /// As a page of the same origin sends it.
    pub(crate) fn of_own_page(self, port: u16) -> Self {
        let origin = format!("http://{}:{port}", self.host);
        self.field("origin", origin).field("sec-fetch-site", "same-origin").navigates()
    }

    /// As somebody who types an address.
    pub(crate) fn typed(self) -> Self {
        self.field("sec-fetch-site", "none").navigates()
    }

    fn navigates(self) -> Self {
        self.field("sec-fetch-mode", "navigate").field("sec-fetch-dest", "document")
    }

    fn bytes(&self, port: u16) -> Vec<u8> {
        let mut bytes = format!("{} ", self.method).into_bytes();
        bytes.extend(&self.target);
        bytes.extend(format!(" HTTP/1.1\r\nhost: {}:{port}\r\nconnection: close\r\n", self.host).bytes());
        for (name, value) in &self.fields {
            bytes.extend(name.bytes());
            bytes.extend(b": ");
            bytes.extend(value);
            bytes.extend(b"\r\n");
        }
        if !self.body.is_empty() || self.method == "POST" {
            bytes.extend(format!("content-length: {}\r\n", self.body.len()).bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }

    /// Sends it and reads to the end. A server that does not want a long body answers before it is through.
    pub(crate) fn send(&self, port: u16) -> Raw {
        let began = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE * 2)).unwrap();
        stream.set_write_timeout(Some(PATIENCE * 2)).unwrap();
        let _ = stream.write_all(&self.bytes(port));
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        read(&answer, began.elapsed())
    }
}

fn read(answer: &[u8], took: Duration) -> Raw {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = end.map_or((answer, &[][..]), |at| (&answer[..at], &answer[at + 4..]));
    let head = String::from_utf8_lossy(head).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
    let fields = lines.filter_map(|line| line.split_once(':'));
    let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect::<Vec<_>>();
    let chunked = fields.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    Raw { status, fields, body: if chunked { whole(body) } else { body.to_vec() }, took }
}

/// The body of its chunks.
fn whole(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(at) = chunks.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&chunks[..at]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let Some(size) = size.filter(|size| *size > 0 && at + 2 + size <= chunks.len()) else { break };
        body.extend(&chunks[at + 2..at + 2 + size]);
        chunks = chunks.get(at + 2 + size + 2..).unwrap_or_default();
    }
    body
}
