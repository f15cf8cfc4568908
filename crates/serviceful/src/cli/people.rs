//! `people`.
use clap::{Args, Subcommand};
use control_api::{CreateReset, PeopleList, PutPerson, ResetCreated};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    lists::{self, Format},
    out::Out,
    text,
};

/// Arguments of `people`.
#[derive(Debug, Args)]
pub(crate) struct PeopleArgs {
    #[command(subcommand)]
    verb: PeopleVerb,
}

#[derive(Debug, Subcommand)]
enum PeopleVerb {
    /// List everybody
    #[command(visible_alias = "ls", after_help = "Example:\n  serviceful people list\n  serviceful people list --json")]
    List,
    /// Print everybody for a file: no secret is in it
    #[command(
        after_help = "Example:\n  serviceful people export > people.csv\n  serviceful people export --format jsonl"
    )]
    Export {
        /// How
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
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
        PeopleVerb::List => {
            desk.out.answer(&desk.client()?.people().await?, show)?;
            return Ok(Exit::Done);
        }
        PeopleVerb::Export { format } => {
            lists::people(&desk.out, &desk.client()?.people().await?, format)?;
            return Ok(Exit::Done);
        }
        PeopleVerb::Remove { person, yes } => {
            if !yes {
                return Err(Failure::usage(format!("removing `{}` cannot be undone", text::plain(&person)))
                    .next("add --yes to do it; `serviceful people disable` keeps everything"));
            }
            let removed = desk.client()?.remove_person(&person).await?;
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
