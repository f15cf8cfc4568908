//! A guest's standard output and error: cut into lines, made harmless, and no more a second than allowed.
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamResult},
};
use wire::work::LogStream;

use super::call::Call;
use crate::clock::monotonic_ns;

/// A longer line goes out in parts.
const LINE_BYTES: usize = 4 << 10;
/// Most bytes that one write of a guest may bring.
const WRITE_BYTES: usize = 64 << 10;

/// How much output is still allowed: a second's worth at once, and as much again each second.
#[derive(Debug)]
pub(crate) struct Budget {
    per_second: u64,
    left: u64,
    filled_ns: u64,
    dropped: u64,
}

impl Budget {
    pub(crate) const fn new(per_second: u64, now_ns: u64) -> Self {
        Self { per_second, left: per_second, filled_ns: now_ns, dropped: 0 }
    }

    /// Takes `bytes` from the budget, or counts them as dropped.
    pub(crate) fn allows(&mut self, bytes: u64) -> bool {
        if self.left < bytes {
            self.fill(monotonic_ns());
        }
        if self.left < bytes {
            self.dropped = self.dropped.saturating_add(bytes);
            return false;
        }
        self.left -= bytes;
        true
    }

    fn fill(&mut self, now_ns: u64) {
        let passed = u128::from(now_ns.saturating_sub(self.filled_ns));
        let earned = passed.saturating_mul(u128::from(self.per_second)) / 1_000_000_000;
        // Time that did not earn a whole byte yet keeps counting.
        if earned > 0 {
            self.left = self.left.saturating_add(u64::try_from(earned).unwrap_or(u64::MAX)).min(self.per_second);
            self.filled_ns = now_ns;
        }
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// One of a guest's two output streams. All handles that the guest opens share one line.
#[derive(Clone)]
pub(crate) struct Pipe {
    call: Arc<Call>,
    stream: LogStream,
    line: Arc<Mutex<Vec<u8>>>,
}

impl Pipe {
    pub(crate) fn new(call: Arc<Call>, stream: LogStream) -> Self {
        Self { call, stream, line: Arc::default() }
    }

    fn take(&self, bytes: &[u8]) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        for &byte in bytes {
            if byte == b'\n' {
                self.send(&line);
                line.clear();
                continue;
            }
            line.push(byte);
            if line.len() >= LINE_BYTES {
                self.cut(&mut line);
            }
        }
    }

    /// A long line goes out in parts. What may be the beginning of a secret stays until the rest of it has come.
    fn cut(&self, line: &mut Vec<u8>) {
        let longest = self.call.longest_secret();
        if line.len() < LINE_BYTES + 2 * longest {
            return;
        }
        let mut whole = self.call.redacted(line).into_owned();
        let rest = whole.split_off(whole.len().saturating_sub(longest));
        for part in whole.chunks(LINE_BYTES) {
            self.call.log(self.stream, harmless(part));
        }
        *line = rest;
    }

    /// The guest is gone: what it wrote without a line end is a line too.
    pub(crate) fn finish(&self) {
        let line = std::mem::take(&mut *self.line.lock().unwrap_or_else(PoisonError::into_inner));
        if !line.is_empty() {
            self.send(&line);
        }
    }

    fn send(&self, line: &[u8]) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = self.call.redacted(line);
        if line.is_empty() {
            self.call.log(self.stream, String::new());
        }
        for part in line.chunks(LINE_BYTES) {
            self.call.log(self.stream, harmless(part));
        }
    }
}

/// Text that cannot move a reader's cursor: control characters are written out, broken UTF-8 is replaced.
pub(crate) fn harmless(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // U+2028 to U+202E and U+2066 to U+2069 break lines or turn the direction of writing.
        let moves = c.is_control() && c != '\t' || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if moves { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

impl IsTerminal for Pipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Pipe {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let bytes = bytes.get(..bytes.len().min(WRITE_BYTES)).unwrap_or(bytes);
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl OutputStream for Pipe {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.take(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Pipe {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_broken_utf8_are_made_visible() {
        assert_eq!(harmless(b"plain\ttext \xc3\xa4"), "plain\ttext ä");
        assert_eq!(harmless(b"\x1b[2Jgone\x07"), "\\u{1b}[2Jgone\\u{7}");
        assert_eq!(harmless(b"a\rb\xffc"), "a\\rb\u{fffd}c");
        assert_eq!(harmless("x\u{202e}y".as_bytes()), "x\\u{202e}y");
    }

    #[test]
    fn a_second_brings_a_seconds_worth() {
        let mut budget = Budget::new(100, 0);
        budget.left = 0;
        budget.fill(500_000_000);
        assert_eq!(budget.left, 50);
        budget.fill(50_000_000_000);
        assert_eq!(budget.left, 100);
    }
}
