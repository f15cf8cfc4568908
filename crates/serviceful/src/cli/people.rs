//! `people`.
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use control_api::{CreateReset, ImportPeople, PeopleImported, PeopleList, PutPerson, RenamePerson, ResetCreated};
use types::{counted, grouped};

use super::{
    confirm::confirm,
    desk::Desk,
    failure::{Exit, Failure},
    lists::{self, Format},
    out::Out,
    text,
};

/// Pages that are asked for at most.
const PAGES_MAX: usize = 10_000;

/// Arguments of `people`.
#[derive(Debug, Args)]
pub(crate) struct PeopleArgs {
    #[command(subcommand)]
    verb: PeopleVerb,
}

#[derive(Debug, Subcommand)]
enum PeopleVerb {
    /// List everybody, or those whose name or address holds a text
    #[command(
        visible_alias = "ls",
        after_help = "Example:\n  serviceful people list\n  serviceful people list --find ada --json"
    )]
    List {
        /// Only those whose name or address holds this; ASCII letters of either case are the same
        #[arg(long, value_name = "TEXT")]
        find: Option<String>,
    },
    /// Print everybody for a file: no secret is in it
    #[command(
        after_help = "Example:\n  serviceful people export > people.csv\n  serviceful people export --format jsonl"
    )]
    Export {
        /// How [default: csv; with `--json`, jsonl]
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Invite everybody of a file, and put into groups who has an account: all of it, or nothing
    #[command(
        after_help = "The file is CSV whose first line names the columns, or one JSON document a line. `email` is needed; `name` and \
                      `groups` (with spaces between them) are taken; other columns of an export are passed over, and so are rows \
                      of disabled people. No password is ever in it.\n\n\
                      Example:\n  serviceful people import people.csv --dry-run\n  serviceful people import people.csv --links links.csv"
    )]
    Import {
        /// As `export` prints it
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// How the file is written [default: by its ending, `.csv` or `.jsonl`]
        #[arg(long, value_enum)]
        format: Option<Format>,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// Hand the links over in place of mails: they are written to this new file, which nobody else can read
        #[arg(long, value_name = "FILE")]
        links: Option<PathBuf>,
    },
    /// Give a person another name
    #[command(after_help = "Example:\n  serviceful people rename Ada 'Ada Lovelace'")]
    Rename {
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO")]
        person: String,
        /// The new name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Remove a person with account, sessions, tokens and memberships
    #[command(visible_alias = "rm", after_help = "Example:\n  serviceful people remove Ada --yes")]
    Remove {
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO")]
        person: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Make a one-time link with which a person replaces a forgotten password; their second factor stays
    #[command(after_help = "Example:\n  serviceful people reset Ada\n  serviceful people reset Ada --print")]
    Reset {
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO")]
        person: String,
        /// Print the link, to hand it over, in place of a mail
        #[arg(long)]
        print: bool,
    },
    /// End everything that counts as this person's, at once; nothing is removed
    #[command(after_help = "Example:\n  serviceful people disable Ada\n  serviceful people disable Ada --host")]
    Disable {
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO")]
        person: String,
    },
    /// Let a disabled person in again; what was neither revoked nor over counts again
    #[command(after_help = "Example:\n  serviceful people enable Ada")]
    Enable {
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO")]
        person: String,
    },
}

pub(super) async fn run(desk: &Desk, args: PeopleArgs) -> Result<Exit, Failure> {
    let (person, disabled) = match args.verb {
        PeopleVerb::List { find } => {
            desk.out.answer(&everybody(desk, find.as_deref(), false).await?, show)?;
            return Ok(Exit::Done);
        }
        PeopleVerb::Export { format } => {
            lists::people(&desk.out, &everybody(desk, None, true).await?, Format::or_usual(format, &desk.out))?;
            return Ok(Exit::Done);
        }
        PeopleVerb::Import { file, format, dry_run, links } => {
            return import(desk, &file, format, dry_run, links.as_deref()).await;
        }
        PeopleVerb::Rename { person, name } => {
            let renamed = desk.client()?.rename_person(&person, &RenamePerson { name }).await?;
            desk.out.answer(&renamed, |out, now| {
                out.line(&format!("{} is called {} now", now.person, text::plain(&now.name)))
            })?;
            return Ok(Exit::Done);
        }
        PeopleVerb::Remove { person, yes } => {
            let client = desk.client()?;
            let what = format!(
                "removing `{}` cannot be undone, where `serviceful people disable` keeps everything",
                text::plain(&person)
            );
            confirm(desk, yes, &what, "yes")?;
            let removed = client.remove_person(&person).await?;
            desk.out.answer(&removed, |out, gone| out.line(&format!("{} is removed", gone.removed)))?;
            return Ok(Exit::Done);
        }
        PeopleVerb::Reset { person, print } => {
            let made = desk.client()?.reset(&person, CreateReset { print }).await?;
            desk.out.answer(&made, |out, made: &ResetCreated| {
                let (who, end) = (text::plain(&made.name), text::until(desk.now(), made.expires_at));
                match &made.link {
                    Some(link) => {
                        out.line(link)?;
                        out.note(&format!("hand this link to {who} and nobody else: it works once and ends {end}"));
                    }
                    None => out.line(&format!("{who} gets a link by mail; it works once and ends {end}"))?,
                }
                Ok(())
            })?;
            return Ok(Exit::Done);
        }
        PeopleVerb::Disable { person } => (person, true),
        PeopleVerb::Enable { person } => (person, false),
    };
    let changed = desk.client()?.put_person(&person, PutPerson { disabled }).await?;
    let now =
        if changed.disabled { "is disabled: every request of theirs is refused now" } else { "may come in again" };
    let sentence = format!("{} ({}) {now}", text::plain(&changed.name), changed.person);
    desk.out.answer(&changed, |out, _| out.line(&sentence))?;
    Ok(Exit::Done)
}

/// All pages.
async fn everybody(desk: &Desk, find: Option<&str>, groups: bool) -> Result<PeopleList, Failure> {
    let client = desk.client()?;
    let mut all = client.people(None, find, groups).await?;
    for _ in 0..PAGES_MAX {
        let Some(after) = all.after.take() else { break };
        let more = client.people(Some(after), find, groups).await?;
        all.people.extend(more.people);
        all.after = more.after;
    }
    Ok(all)
}

async fn import(
    desk: &Desk,
    file: &Path,
    format: Option<Format>,
    dry_run: bool,
    links: Option<&Path>,
) -> Result<Exit, Failure> {
    let read = lists::read_people(file, format)?;
    for note in &read.notes {
        desk.out.note(note);
    }
    // Before anything is sent: links that could be written nowhere would be lost.
    let kept = links.filter(|_| !dry_run).map(lists::private_file).transpose()?;
    let import = ImportPeople { dry_run, print: links.is_some(), people: read.people };
    let done = match desk.client()?.import_people(&import).await {
        Ok(done) => done,
        Err(error) => {
            if let (Some(_), Some(path)) = (kept, links) {
                lists::forget_file(path);
            }
            return Err(error.into());
        }
    };
    let written = match (kept, links) {
        (Some(_), Some(path)) if done.links.is_empty() => {
            lists::forget_file(path);
            false
        }
        (Some(file), Some(path)) => {
            lists::write_links(file, path, &done.links)?;
            true
        }
        _ => false,
    };
    desk.out.answer(&done, |out, done| imported(out, done, links.filter(|_| written)))?;
    Ok(Exit::Done)
}

fn imported(out: &Out, done: &PeopleImported, links: Option<&Path>) -> Result<(), Failure> {
    let would = if done.dry_run { "would be " } else { "" };
    out.line(&format!(
        "{} {would}invited, {} with an account already, {} invited before; {} {would}filled",
        counted(done.invited, "person", "people"),
        grouped(done.known),
        grouped(done.waiting),
        counted(done.joined, "place in a group", "places in groups")
    ))?;
    match links {
        Some(path) => out.note(&format!(
            "the links are in `{}`: each works once, for whoever has it; remove the file when they are handed over",
            path.display()
        )),
        None => {
            for link in &done.links {
                out.line(&format!("{}  {}", text::plain(&link.email), link.link))?;
            }
            if !done.links.is_empty() {
                out.note("hand each link to its owner and nobody else: it works once");
            }
        }
    }
    Ok(())
}

fn show(out: &Out, list: &PeopleList) -> Result<(), Failure> {
    let rows = list.people.iter().map(|person| {
        let marks = [(person.owner, "owner"), (person.second_factor, "two factors"), (person.disabled, "disabled")];
        let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        vec![
            text::plain(&person.name),
            person.person.to_string(),
            person.email.as_deref().map_or_else(|| "-".to_owned(), text::plain),
            text::moment(person.created_at),
            marks.join(", "),
        ]
    });
    out.table(&["NAME", "ID", "E-MAIL", "SINCE", ""], &rows.collect::<Vec<_>>())
}
