//! `sessions`: where a person is signed in.
use clap::{Args, Subcommand};
use control_api::SessionList;
use types::counted;

use super::{
    confirm::confirm,
    desk::Desk,
    failure::{Exit, Failure},
    out::Out,
    text,
};

/// Arguments of `sessions`.
#[derive(Debug, Args)]
pub(crate) struct SessionsArgs {
    #[command(subcommand)]
    verb: SessionsVerb,
}

#[derive(Debug, Subcommand)]
enum SessionsVerb {
    /// List the browsers and command lines in which a person is signed in
    #[command(visible_alias = "ls", after_help = "Example:\n  serviceful sessions list Ada")]
    List {
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO")]
        person: String,
    },
    /// Sign a person out in every browser and command line, at once; or, on the host, everybody
    #[command(
        override_usage = "serviceful sessions end [OPTIONS] <WHO>\n       serviceful sessions end [OPTIONS] --everybody",
        after_help = "Example:\n  serviceful sessions end Ada\n  serviceful sessions end --everybody --yes    on the host, when no credential can be trusted any more"
    )]
    End {
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO", required_unless_present = "everybody")]
        person: Option<String>,
        /// End every session, login and token of everybody, service accounts included; only on the host
        #[arg(long, conflicts_with = "person")]
        everybody: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(desk: &Desk, args: SessionsArgs) -> Result<Exit, Failure> {
    match args.verb {
        SessionsVerb::List { person } => desk.out.answer(&desk.client()?.sessions(&person).await?, show)?,
        SessionsVerb::End { person: None, everybody: _, yes } => {
            let operator = desk.operator()?;
            let what = "this signs everybody out everywhere and revokes every token, those of service accounts too; \
                        people sign in again, and machines need new tokens";
            confirm(desk, yes, what, "everybody")?;
            let ended = operator.end_everything().await?;
            desk.out.answer(&ended, |out, ended| {
                let sessions = counted(ended.sessions, "session", "sessions");
                let credentials = counted(ended.credentials, "login or token", "logins and tokens");
                out.line(&format!("{sessions} and {credentials} ended"))?;
                out.note("invitations stay: look at `serviceful invite list --host`");
                out.note("an owner who has no account to sign in to, only a claim, needs a new one: `serviceful claim --again`");
                Ok(())
            })?;
        }
        SessionsVerb::End { person: Some(person), .. } => {
            let ended = desk.client()?.end_sessions(&person).await?;
            desk.out.answer(&ended, |out, done| {
                out.line(&format!("{} of {} ended", counted(done.ended, "session", "sessions"), done.person))
            })?;
        }
    }
    Ok(Exit::Done)
}

fn show(out: &Out, list: &SessionList) -> Result<(), Failure> {
    if list.sessions.is_empty() {
        out.note("this person is signed in nowhere");
        return Ok(());
    }
    let rows = list.sessions.iter().map(|session| {
        vec![
            session.id.to_string(),
            match &session.app {
                Some(app) => app.to_string(),
                None if session.command_line => "console".to_owned(),
                None => "sign-in".to_owned(),
            },
            text::plain(&session.device),
            text::moment(session.created_at),
            text::moment(session.used_at),
        ]
    });
    out.table(&["ID", "AT", "DEVICE", "SINCE", "USED"], &rows.collect::<Vec<_>>())
}
