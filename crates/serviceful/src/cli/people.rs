//! `people`.
use clap::{Args, Subcommand};
use control_api::PutPerson;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
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
