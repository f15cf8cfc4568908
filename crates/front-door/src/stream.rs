//! The stream beneath the parser: counts what passes, and lets the scanners look at it.
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    counters::Counters,
    flow::Flow,
    scan::{FrameCounter, HeadScanner},
};

#[derive(Debug)]
enum Scanner {
    Heads(HeadScanner),
    Frames(FrameCounter),
}

/// A plain or a TLS stream under watch.
#[derive(Debug)]
pub(crate) struct Guarded<S> {
    inner: S,
    flow: Arc<Flow>,
    counters: Arc<Counters>,
    scanner: Scanner,
    /// Read, and held back from the parser; at most one read's worth.
    held: Vec<u8>,
    held_from: usize,
    frames_per_look_max: u64,
}

impl<S> Guarded<S> {
    /// `frames_per_look_max` ends a flood of frames at once, before the watch looks.
    pub(crate) fn new(inner: S, flow: Arc<Flow>, counters: Arc<Counters>, frames_per_look_max: u64) -> Self {
        let scanner = if flow.h2 { Scanner::Frames(FrameCounter::new()) } else { Scanner::Heads(HeadScanner::new()) };
        Self { inner, flow, counters, scanner, held: Vec::new(), held_from: 0, frames_per_look_max }
    }

    /// Scans the bytes of `buf` after `before`, and takes back those that the parser may not have yet. How many it keeps.
    fn scan(&mut self, buf: &mut ReadBuf<'_>, before: usize) -> io::Result<usize> {
        let fresh = buf.filled_mut().get_mut(before..).unwrap_or_default();
        let total = fresh.len();
        match &mut self.scanner {
            Scanner::Frames(counter) => {
                let control = counter.count(fresh);
                let so_far = self.flow.control_frames.fetch_add(control, Relaxed).saturating_add(control);
                if u64::from(so_far) > self.frames_per_look_max {
                    self.counters.slow(crate::watch::Slow::Frames);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "too many control frames"));
                }
                Ok(total)
            }
            Scanner::Heads(scanner) => {
                let scanned = scanner.scan(fresh, &self.flow);
                if scanned.spoilt {
                    self.counters.add(&self.counters.heads_spoilt);
                }
                Ok(scanned.pass)
            }
        }
    }

    /// Hands out held bytes first.
    fn release(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        let before = buf.filled().len();
        let waiting = self.held.get(self.held_from..).unwrap_or_default();
        buf.put_slice(waiting.get(..waiting.len().min(buf.remaining())).unwrap_or_default());
        let pass = self.scan(buf, before)?;
        buf.set_filled(before + pass);
        self.held_from += pass;
        if self.held_from >= self.held.len() {
            self.held = Vec::new();
            self.held_from = 0;
        }
        Ok(())
    }

    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.flow.write_blocked.store(result.is_pending(), Relaxed);
        if let Poll::Ready(Ok(bytes)) = &result {
            self.flow.written.fetch_add(*bytes as u64, Relaxed);
        }
        result
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.held_from < this.held.len() {
            return Poll::Ready(this.release(buf));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let after = buf.filled().len();
        if after == before {
            return Poll::Ready(Ok(()));
        }
        this.flow.read.fetch_add((after - before) as u64, Relaxed);
        let pass = this.scan(buf, before)?;
        if before + pass < after {
            this.held = buf.filled().get(before + pass..).unwrap_or_default().to_vec();
            this.held_from = 0;
            buf.set_filled(before + pass);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.wrote(result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write_vectored(cx, slices);
        this.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_flush(cx);
        if result.is_pending() {
            this.flow.write_blocked.store(true, Relaxed);
        }
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
