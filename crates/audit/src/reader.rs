//! Questions to the log: newest first, a page at a time, from the files alone.
use std::{
    io,
    path::{Path, PathBuf},
};

use types::{AppName, PrincipalId, RequestId, UnixMillis};

use crate::{
    Event, Kind, Outcome,
    append::AppendFile,
    entries::Entries,
    layout::{self, Layout, TILE_WIDTH},
};

/// Records that one page looks at, at most; then it ends and says where to go on.
const LOOKS_MAX: u64 = 200_000;
/// Records on one page, at most.
const PAGE_MAX: usize = 1_000;
/// Records are in order of arrival, not of time: a clock that was set back may hide them by as much.
const CLOCK_SLACK_S: u64 = 86_400;

/// The three ways in which something ends; see [`Outcome`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeWord {
    Done,
    Refused,
    Failed,
}

/// What to look for; what is `None` matches everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub app: Option<AppName>,
    pub principal: Option<PrincipalId>,
    pub kind: Option<Kind>,
    pub action: Option<String>,
    pub request: Option<RequestId>,
    pub outcome: Option<OutcomeWord>,
    /// From this moment on. Records that a clock set back by more than a day put out of order may be missed.
    pub since: Option<UnixMillis>,
    /// Before this moment.
    pub until: Option<UnixMillis>,
    /// Only records in front of this place.
    pub before: Option<u64>,
    /// How many at most: 0 means 100, and there is a cap of 1,000.
    pub limit: usize,
}

/// A record and its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub index: u64,
    pub event: Event,
}

/// Records, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Where to go on: the next question's `before`. `None` at the log's beginning.
    pub next_before: Option<u64>,
    /// Records that were passed over because they are missing or not readable: run the verifier.
    pub unreadable: u64,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the audit log `{}`; check its owner", dir.display())]
pub struct ReadError {
    dir: PathBuf,
    #[source]
    source: io::Error,
}

/// Looks through the log in `dir`, newest record first. Works beside the writer and without one.
///
/// # Errors
/// [`ReadError`] when files cannot be read. Damaged records are counted, not an error.
pub fn query(dir: &Path, filter: &Filter) -> Result<Page, ReadError> {
    Search::new(dir).and_then(|search| search.run(filter)).map_err(|source| ReadError { dir: dir.to_owned(), source })
}

impl Filter {
    fn limit(&self) -> usize {
        if self.limit == 0 { 100 } else { self.limit.min(PAGE_MAX) }
    }

    fn matches(&self, event: &Event) -> bool {
        let outcome = match event.outcome {
            Outcome::Done { .. } => OutcomeWord::Done,
            Outcome::Refused { .. } => OutcomeWord::Refused,
            Outcome::Failed { .. } => OutcomeWord::Failed,
        };
        self.app.as_ref().is_none_or(|app| event.app.as_ref() == Some(app))
            && self.principal.is_none_or(|p| event.who.id == Some(p))
            && self.kind.is_none_or(|k| event.kind == k)
            && self.action.as_deref().is_none_or(|a| &*event.action == a)
            && self.request.is_none_or(|r| event.request == Some(r))
            && self.outcome.is_none_or(|o| o == outcome)
            && self.since.is_none_or(|t| event.at >= t)
            && self.until.is_none_or(|t| event.at < t)
    }

    /// Texts that a matching record holds as they stand, so that most others need not be parsed.
    fn needles(&self) -> Vec<String> {
        let app = self.app.as_ref().map(|a| format!("\"{a}\""));
        let principal = self.principal.map(|p| format!("\"{p}\""));
        let request = self.request.map(|r| format!("\"{r}\""));
        [request, principal, app].into_iter().flatten().collect()
    }

    /// Whether everything in front of this record is too old.
    fn is_past(&self, event: &Event) -> bool {
        self.since.is_some_and(|since| event.at.plus_seconds(CLOCK_SLACK_S) < since)
    }
}

fn holds(record: &[u8], needle: &str) -> bool {
    record.windows(needle.len()).any(|window| window == needle.as_bytes())
}

struct Search {
    layout: Layout,
    append: AppendFile,
    /// The bundle in memory.
    bundle: Option<(u64, Vec<Vec<u8>>)>,
}

impl Search {
    fn new(dir: &Path) -> io::Result<Self> {
        let layout = Layout::new(dir);
        Ok(Self { append: AppendFile::open(&layout, false)?, layout, bundle: None })
    }

    fn run(mut self, filter: &Filter) -> io::Result<Page> {
        let mut page = Page::default();
        let needles = filter.needles();
        let start = self.append.end()?.min(filter.before.unwrap_or(u64::MAX));
        let mut index = start;
        while index > 0 && start - index < LOOKS_MAX && page.entries.len() < filter.limit() {
            index -= 1;
            let Some(record) = self.record(index)? else {
                page.unreadable += 1;
                continue;
            };
            // Every 256th record is parsed in any case, to see whether time has run out.
            let look = index.is_multiple_of(TILE_WIDTH) || needles.iter().all(|n| holds(record, n));
            if !look {
                continue;
            }
            match serde_json::from_slice::<Event>(record) {
                Ok(event) if filter.matches(&event) => page.entries.push(Entry { index, event }),
                Ok(event) if filter.is_past(&event) => return Ok(page),
                Ok(_) => {}
                Err(_) => page.unreadable += 1,
            }
        }
        page.next_before = (index > 0).then_some(index);
        Ok(page)
    }

    /// A record from the append file, or from its bundle.
    fn record(&mut self, index: u64) -> io::Result<Option<&[u8]>> {
        if self.append.first().is_some_and(|first| first <= index) && self.append.get(index)?.is_some() {
            return self.append.get(index);
        }
        let n = index / TILE_WIDTH;
        if self.bundle.as_ref().is_none_or(|b| b.0 != n) {
            let bytes = layout::read(&self.layout.bundle(n))?.unwrap_or_default();
            self.bundle = Some((n, Entries::new(&bytes).map_while(Result::ok).map(<[u8]>::to_vec).collect()));
        }
        let at = usize::try_from(index % TILE_WIDTH).map_err(io::Error::other)?;
        Ok(self.bundle.as_ref().and_then(|b| b.1.get(at)).map(Vec::as_slice))
    }
}
