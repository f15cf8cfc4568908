//! The errors found so far, and the arithmetic from byte offsets to lines.
use std::ops::Range;

use crate::{ManifestError, bounds::ERRORS_MAX};

/// Line and column of a value, kept so that later checks can point at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// Collects errors, at most [`ERRORS_MAX`].
pub(crate) struct Findings<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    found: Vec<ManifestError>,
}

impl<'t> Findings<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
        Self { text, line_starts: std::iter::once(0).chain(after_breaks).collect(), found: Vec::new() }
    }

    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        let index = self.line_starts.partition_point(|start| *start <= span.start).saturating_sub(1);
        let start = self.line_starts.get(index).copied().unwrap_or(0);
        let before = self.text.get(start..span.start).map_or(0, |t| t.chars().count());
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place { line: number(index + 1), column: number(before + 1) }
    }

    pub(crate) fn report(
        &mut self,
        span: &Range<usize>,
        key: &str,
        problem: impl Into<String>,
        instead: impl Into<String>,
    ) {
        // Working out a column walks the line; a hostile text has far more errors than anybody will read.
        if self.found.len() >= ERRORS_MAX {
            return;
        }
        let Place { line, column } = self.place(span);
        let (problem, instead) = (one_line(&problem.into()), one_line(&instead.into()));
        self.found.push(ManifestError { line, column, key: key.into(), problem, instead });
    }

    /// `value` when nothing was found; otherwise all that was, in the order of the text.
    pub(crate) fn close<T>(mut self, value: Option<T>) -> Result<T, Vec<ManifestError>> {
        self.found.sort();
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(self.found),
        }
    }

    pub(crate) const fn is_clean(&self) -> bool {
        self.found.is_empty()
    }
}

/// The user's own words in backticks, short and on one line.
pub(crate) fn quote(text: &str) -> String {
    const SHOWN: usize = 60;
    let plain: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() { format!("`{plain}…`") } else { format!("`{plain}`") }
}

/// A sentence that may hold the user's words, safe to print on a terminal.
fn one_line(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\'' | '\\' => plain.push(c),
            _ => plain.extend(c.escape_debug()),
        }
    }
    plain
}
