//! `keys`: what access tokens are signed with, and how to replace it before its time.
use clap::{Args, Subcommand};
use control_api::{KeyList, KeyStage, KeyView, KeysRotated, RotateKeys};
use types::counted;

use super::{
    confirm::confirm,
    desk::Desk,
    failure::{Exit, Failure},
    out::Out,
    text,
};

/// Arguments of `keys`.
#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    verb: KeysVerb,
}

#[derive(Debug, Subcommand)]
enum KeysVerb {
    /// List the keys, how far they have come, and until when
    #[command(visible_alias = "ls", after_help = "Example:\n  serviceful keys list\n  serviceful keys list --json")]
    List,
    /// Publish the next key now; it signs from a day later, as if the present one were 29 days old
    #[command(
        after_help = "Keys replace each other every 30 days by themselves. Ask for it by hand when you want to be rid of a key soon.\n\nA key is in wrong hands? `--emergency` drops every key at once: no token that was signed before counts any more, and everybody is signed out of every browser and command line. Tokens that are not signed (those of claims and of service accounts) are not touched; `serviceful token ls` lists them.\n\nExample:\n  serviceful keys rotate\n  serviceful keys rotate --emergency\n  serviceful keys rotate --emergency --yes --host     on the host, if nobody can sign in"
    )]
    Rotate {
        /// Drop every key at once, and sign everybody out everywhere
        #[arg(long)]
        emergency: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(desk: &Desk, args: KeysArgs) -> Result<Exit, Failure> {
    match args.verb {
        KeysVerb::List => desk.out.answer(&desk.client()?.keys().await?, show)?,
        KeysVerb::Rotate { emergency, yes } => {
            let client = desk.client()?;
            if emergency {
                // Nobody signs everybody out by a slip of the hand.
                confirm(
                    desk,
                    yes,
                    "this signs everybody out of every browser and every command line, you included",
                    "yes",
                )?;
            }
            let rotated = client.rotate_keys(&RotateKeys { emergency }).await?;
            desk.out.answer(&rotated, |out, rotated| told(out, rotated, emergency))?;
        }
    }
    Ok(Exit::Done)
}

const fn word(stage: KeyStage) -> &'static str {
    match stage {
        KeyStage::Next => "next",
        KeyStage::Active => "active",
        KeyStage::Retiring => "retiring",
    }
}

/// What `until` means depends on the state, so it is said in words.
fn becomes(key: &KeyView) -> String {
    let until = text::moment(key.until);
    match key.stage {
        KeyStage::Next => format!("signs from {until}"),
        KeyStage::Active => format!("signs until {until}"),
        KeyStage::Retiring => format!("its tokens count until {until}"),
    }
}

fn table(out: &Out, keys: &[KeyView]) -> Result<(), Failure> {
    let row = |key: &KeyView| {
        let (id, algorithm) = (text::plain(&key.id), text::plain(&key.algorithm));
        vec![id, algorithm, word(key.stage).to_owned(), text::moment(key.since), becomes(key)]
    };
    out.table(&["KEY", "ALGORITHM", "STATE", "SINCE", "THEN"], &keys.iter().map(row).collect::<Vec<_>>())
}

fn show(out: &Out, list: &KeyList) -> Result<(), Failure> {
    if list.keys.is_empty() {
        out.note("there are no keys: nobody can sign a command line in");
        return Ok(());
    }
    table(out, &list.keys)
}

fn told(out: &Out, rotated: &KeysRotated, emergency: bool) -> Result<(), Failure> {
    table(out, &rotated.keys)?;
    if emergency {
        let sessions = counted(rotated.sessions_ended, "session", "sessions");
        let logins = counted(rotated.logins_ended, "command line", "command lines");
        out.note(&format!("every former key is gone; {sessions} and {logins} ended"));
        out.note("tokens of claims and of service accounts still count: `serviceful token ls` lists them");
    } else {
        out.note("the next key is published; `serviceful keys list` says when it takes over");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use types::UnixMillis;

    use super::*;

    #[test]
    fn the_end_of_each_state_is_said_as_what_it_is() {
        let said = [KeyStage::Next, KeyStage::Active, KeyStage::Retiring].map(|stage| {
            let (id, algorithm) = ("k".to_owned(), "ES256".to_owned());
            becomes(&KeyView { id, algorithm, stage, since: UnixMillis(0), until: UnixMillis(0) })
        });
        assert_eq!(
            said,
            [
                "signs from 1970-01-01 00:00:00Z",
                "signs until 1970-01-01 00:00:00Z",
                "its tokens count until 1970-01-01 00:00:00Z"
            ]
        );
    }
}
