//! `breach-list`: passwords that got out, which nobody may choose. The list becomes a filter here; what was downloaded does not leave
//! this computer, and no password is in what is sent.
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use control_api::{BreachListStage, BreachListView};
use serde::Serialize;
use sign_in::breach_list::{ENTRIES_MAX, Selection};
use types::{Clock, Instant, counted, grouped};

use super::{
    confirm::confirm,
    desk::Desk,
    failure::{Exit, Failure},
    numbers::within,
    out::Out,
    text,
};

/// Longer than any line of such a list; what is longer is refused, not read.
const LINE_BYTES_MAX: u64 = 128;
/// How often progress is told.
const TELL_US: u64 = 2_000_000;
/// Lines between two looks at the clock.
const LOOK: u64 = 1 << 16;

/// Arguments of `breach-list`.
#[derive(Debug, Args)]
pub(crate) struct BreachListArgs {
    #[command(subcommand)]
    verb: BreachListVerb,
}

#[derive(Debug, Subcommand)]
enum BreachListVerb {
    /// Make a filter of a downloaded list, and have new passwords held against it
    #[command(
        after_help = "The list is that of Have I Been Pwned with SHA-1 hashes: `HASH:COUNT` a line, in any order. 10 million passwords take 11 MB of the platform's memory; about one good password in 256 looks as if it were on the list.\n\nExample:\n  serviceful breach-list import pwned-passwords-sha1-ordered-by-count.txt\n  zcat pwned.gz | serviceful breach-list import - --min-count 20 --limit 40000000"
    )]
    Import {
        /// The list; `-` reads it from standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Leave out what was seen less often than this
        #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
        min_count: u32,
        /// Keep at most so many, those that were seen most often
        #[arg(long, value_name = "N", default_value_t = 10_000_000, allow_negative_numbers = true, value_parser = within(1..=ENTRIES_MAX))]
        limit: usize,
    },
    /// Say whether there is a list, and how large it is
    #[command(after_help = "Example:\n  serviceful breach-list status\n  serviceful breach-list status --json")]
    Status,
    /// Forget the list; new passwords are held against words and patterns only
    #[command(visible_alias = "rm", after_help = "Example:\n  serviceful breach-list remove --yes")]
    Remove {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// What `import` answers.
#[derive(Debug, Serialize)]
struct Imported {
    /// Lines that were read.
    lines: u64,
    #[serde(rename = "breach_list")]
    list: BreachListView,
}

pub(super) async fn run(desk: &Desk, args: BreachListArgs) -> Result<Exit, Failure> {
    match args.verb {
        BreachListVerb::Import { file, min_count, limit } => import(desk, &file, min_count, limit).await?,
        BreachListVerb::Status => {
            let view = desk.client()?.breach_list().await?;
            desk.out.answer(&view, show)?;
            if view.state == BreachListStage::Damaged {
                return Ok(Exit::Failed);
            }
        }
        BreachListVerb::Remove { yes } => {
            let client = desk.client()?;
            confirm(
                desk,
                yes,
                "this forgets the list of passwords that got out; people can choose them from then on",
                "yes",
            )?;
            let view = client.remove_breach_list().await?;
            desk.out.answer(&view, |out, _| {
                out.line("the breach list is gone; new passwords are held against words and patterns only")
            })?;
        }
    }
    Ok(Exit::Done)
}

async fn import(desk: &Desk, file: &Path, min_count: u32, limit: usize) -> Result<(), Failure> {
    // Before a list of gigabytes is read: may this caller do it at all?
    let client = desk.client()?;
    client.breach_list().await?;
    let name = file.display().to_string();
    let mut selection = Selection::new(min_count, limit);
    let lines = if file == Path::new("-") {
        read(desk, io::stdin().lock(), "standard input", &mut selection)?
    } else {
        let open = File::open(file).map_err(|e| Failure::new(format!("cannot read `{name}`: {e}")))?;
        read(desk, BufReader::with_capacity(1 << 20, open), &name, &mut selection)?
    };
    if lines == 0 {
        return Err(Failure::new(format!("`{name}` is empty: there is no password in it"))
            .next("take the list of SHA-1 hashes, with `HASH:COUNT` a line; what there was before still counts"));
    }
    let filter = match selection.len() as u64 {
        0 => Err(Failure::new(format!(
            "of {} none was seen {} or more often, so there is nothing to import",
            counted(lines, "line", "lines"),
            counted(min_count, "time", "times")
        ))
        .next("choose a smaller `--min-count`")),
        kept => {
            desk.out.note(&format!(
                "read {}; making the filter of {}",
                counted(lines, "line", "lines"),
                counted(kept, "password", "passwords")
            ));
            selection.finish().map_err(|e| Failure::new(e.to_string()))
        }
    }?;
    let list = client.put_breach_list(filter.into()).await?;
    desk.out.answer(&Imported { lines, list }, |out, imported| show(out, &imported.list))
}

/// Reads all lines; `Ok` is how many.
fn read(desk: &Desk, mut from: impl BufRead, name: &str, selection: &mut Selection) -> Result<u64, Failure> {
    let clock = desk.clock();
    let mut told = clock.instant();
    let (mut lines, mut line) = (0_u64, Vec::new());
    loop {
        line.clear();
        let read = from.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        if read.map_err(|e| Failure::new(format!("cannot read `{name}`: {e}")))? == 0 {
            return Ok(lines);
        }
        lines += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        selection.line(text).map_err(|e| {
            Failure::new(format!("line {lines} of `{name}` is no line of such a list: {e}"))
                .next("take the list of SHA-1 hashes, with `HASH:COUNT` a line; unpack it first")
        })?;
        if lines.is_multiple_of(LOOK) {
            tell(desk, &*clock, &mut told, lines, selection.len());
        }
    }
}

fn tell(desk: &Desk, clock: &dyn Clock, told: &mut Instant, lines: u64, kept: usize) {
    let now = clock.instant();
    if now.micros_since(*told) >= TELL_US {
        *told = now;
        desk.out.note(&format!("{} lines read, {} kept", grouped(lines), grouped(kept as u64)));
    }
}

fn show(out: &Out, view: &BreachListView) -> Result<(), Failure> {
    match view.state {
        BreachListStage::Absent => {
            out.line("there is no breach list; new passwords are held against words and patterns only")?;
            out.note("`serviceful breach-list import --help` says how to get one");
        }
        BreachListStage::Damaged => {
            let reason = view.reason.as_deref().map_or_else(String::new, text::plain);
            out.line(&format!("the breach list cannot be used, so new passwords are not held against it: {reason}"))?;
            out.note("import it again, or `serviceful breach-list remove`");
        }
        BreachListStage::Present => {
            let (entries, bytes) = (view.entries.unwrap_or_default(), view.bytes.unwrap_or_default());
            out.line(&format!(
                "new passwords are held against {} that got out ({}; the rarest was seen {})",
                grouped(entries),
                counted(bytes, "byte", "bytes"),
                counted(view.min_count.unwrap_or_default(), "time", "times")
            ))?;
            let at = view.imported_at.map_or_else(String::new, text::moment);
            let digest = view.digest.map_or_else(String::new, |digest| digest.to_string());
            out.note(&format!("imported {at}, SHA-256 {digest}"));
        }
    }
    Ok(())
}
