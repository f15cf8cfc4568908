//! Printing: answers to standard output, everything else to standard error.
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::{args::Color, failure::Failure, text};

/// How to print.
#[derive(Debug, Clone, Copy)]
pub(super) struct Out {
    pub(super) json: bool,
    color: bool,
    color_err: bool,
    terminal: bool,
    /// Columns of the terminal; `None` when the output is not one.
    pub(super) width: Option<usize>,
}

/// What a piece of text means; the colour follows from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Bad,
    Careful,
    Quiet,
    Strong,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Bad => "31",
            Self::Careful => "33",
            Self::Quiet => "2",
            Self::Strong => "1",
        }
    }
}

fn paint(on: bool, tone: Tone, text: &str) -> String {
    if on { format!("\x1b[{}m{text}\x1b[0m", tone.code()) } else { text.to_owned() }
}

impl Out {
    pub(super) fn new(json: bool, color: Color, no_color: bool) -> Self {
        let wanted = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            // https://no-color.org: set and not empty
            Color::Auto => terminal && !no_color,
        };
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self { json, color: wanted(out), color_err: wanted(err), terminal: out, width: out.then(columns).flatten() }
    }

    /// `text` in a tone, for standard output.
    pub(super) fn tone(&self, tone: Tone, text: &str) -> String {
        paint(self.color, tone, text)
    }

    /// One line of the answer.
    pub(super) fn line(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(|e| unprinted(&e))
    }

    /// Bytes of the answer as they are.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| unprinted(&e))
    }

    /// Bytes of somebody else: as they are for a file or a pipe; on a terminal without what could rewrite it.
    pub(super) fn foreign(&self, bytes: &[u8]) -> Result<(), Failure> {
        if !self.terminal {
            return self.bytes(bytes);
        }
        let text = String::from_utf8_lossy(bytes);
        let shown: String = text
            .split_inclusive('\n')
            .map(|line| match line.strip_suffix('\n') {
                Some(line) => text::plain(line) + "\n",
                None => text::plain(line),
            })
            .collect();
        self.bytes(shown.as_bytes())
    }

    /// The answer as JSON.
    pub(super) fn value<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value);
        self.line(&text.map_err(|e| Failure::new(format!("the answer is not JSON: {e}")))?)
    }

    /// JSON when that is wanted, otherwise what `show` prints.
    pub(super) fn answer<T: Serialize>(
        &self,
        value: &T,
        show: impl FnOnce(&Self, &T) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.json { self.value(value) } else { show(self, value) }
    }

    /// Something that is not the answer: progress, a hint. To standard error.
    pub(super) fn note(&self, text: &str) {
        // If standard error is closed there is nobody to tell.
        let _unread = writeln!(io::stderr().lock(), "{}", paint(self.color_err, Tone::Quiet, text));
    }

    /// What went wrong, to standard error.
    pub(super) fn failure(&self, failure: &Failure) {
        if failure.silent {
            return;
        }
        let text = if self.json { json_of(failure) } else { self.text_of(failure) };
        let _unread = io::stderr().lock().write_all(text.as_bytes());
    }

    fn text_of(&self, failure: &Failure) -> String {
        let mut text = format!("{} {}\n", paint(self.color_err, Tone::Bad, "error:"), failure.what);
        if let Some(next) = &failure.next {
            text.push_str(&format!("{} {next}\n", paint(self.color_err, Tone::Strong, "next: ")));
        }
        if let Some(request) = &failure.request {
            let code = failure.code.as_deref().unwrap_or_default();
            text.push_str(&paint(self.color_err, Tone::Quiet, &format!("       {code}, request {request}\n")));
        }
        text
    }

    /// Rows under headings, as wide as their contents; the last column is cut at the edge of a terminal.
    pub(super) fn table(&self, headings: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        for line in text::table(headings, rows, self.width) {
            self.line(&line)?;
        }
        Ok(())
    }
}

fn json_of(failure: &Failure) -> String {
    let value = serde_json::json!({ "error": {
        "what": failure.what,
        "next": failure.next,
        "code": failure.code,
        "request": failure.request,
        "exit": failure.exit as u8,
    }});
    format!("{value}\n")
}

fn unprinted(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::silent()
    } else {
        Failure::new(format!("cannot print the answer: {error}"))
    }
}

fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 20).then_some(usize::from(size.ws_col))
}
