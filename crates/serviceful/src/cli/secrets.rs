//! `secrets`: keys and passwords that an app's functions read, and nobody else ever again.
use std::{
    io::{BufRead, IsTerminal, Read},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use control_api::SecretList;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use types::{AppName, SECRET_BYTES_MAX, Secret, SecretName};

use super::{
    confirm::confirm,
    desk::Desk,
    failure::{Exit, Failure},
    out::Out,
    text,
};

/// Arguments of `secrets`.
#[derive(Debug, Args)]
pub(crate) struct SecretsArgs {
    #[command(subcommand)]
    verb: SecretsVerb,
}

#[derive(Debug, Subcommand)]
enum SecretsVerb {
    /// Set a secret; functions that are granted it read the new value from the next request on
    #[command(
        after_help = "The value is asked for without showing it, or read from standard input or a file. It is never an argument: the history of the shell keeps those, and every process of the machine can see them.\n\nExample:\n  serviceful secrets set coffee STRIPE_KEY\n  op read op://shop/stripe/key | serviceful secrets set coffee STRIPE_KEY\n  serviceful secrets set coffee TLS_KEY --file key.pem"
    )]
    Set {
        app: AppName,
        /// As the manifest names it in `secrets = ["STRIPE_KEY"]`
        #[arg(value_name = "NAME")]
        name: SecretName,
        /// Read the value from this file, to its last byte
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// List an app's secrets: who set them when, and when a function read them; never what they hold
    #[command(
        visible_alias = "ls",
        after_help = "Example:\n  serviceful secrets list coffee\n  serviceful secrets list coffee --json"
    )]
    List { app: AppName },
    /// Remove a secret; functions cannot read it from the next request on
    #[command(visible_alias = "rm", after_help = "Example:\n  serviceful secrets remove coffee STRIPE_KEY")]
    Remove {
        app: AppName,
        #[arg(value_name = "NAME")]
        name: SecretName,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(desk: &Desk, args: SecretsArgs) -> Result<Exit, Failure> {
    match args.verb {
        SecretsVerb::Set { app, name, file } => {
            // First: whoever cannot reach the platform should not have to type.
            let client = desk.client()?;
            let value = value(desk, &app, &name, file.as_deref())?;
            let put = client.put_secret(&app, &name, &value).await?;
            desk.out.answer(&put, |out, put| {
                out.line(&format!("secret {} of `{app}` is set (version {})", put.name, put.version))?;
                out.note("functions read it from the next request on, if their manifest names it in `secrets`");
                Ok(())
            })?;
        }
        SecretsVerb::List { app } => {
            let list = desk.client()?.secrets(&app).await?;
            desk.out.answer(&list, |out, list| show(out, &app, list))?;
        }
        SecretsVerb::Remove { app, name, yes } => {
            let client = desk.client()?;
            let what = format!(
                "this removes secret {name} of `{app}`, which nothing brings back; functions that read it fail"
            );
            confirm(desk, yes, &what, "yes")?;
            let removed = client.remove_secret(&app, &name).await?;
            desk.out
                .answer(&removed, |out, gone| out.line(&format!("secret {} of `{app}` is removed", gone.removed)))?;
        }
    }
    Ok(Exit::Done)
}

fn value(desk: &Desk, app: &AppName, name: &SecretName, file: Option<&Path>) -> Result<Secret, Failure> {
    let stdin = std::io::stdin();
    let (bytes, typed) = match file {
        Some(file) => (read(std::fs::File::open(file)).map_err(|e| Failure::file("read", file, &e))?, false),
        None if stdin.is_terminal() => {
            desk.out.note(&format!("type the value of {name} of `{app}` and press Enter; it is not shown"));
            (unseen(&stdin)?, true)
        }
        None => (read(Ok(stdin.lock())).map_err(|e| Failure::new(format!("cannot read the value: {e}")))?, true),
    };
    let mut text = String::from_utf8(bytes).map_err(|_| {
        Failure::usage("the value is no text in UTF-8")
            .next("encode it, for example with `base64`, and decode it in the function")
    })?;
    // `echo` and editors end a line; what was typed has no such end, and a file is taken as it is.
    if typed && text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.is_empty() {
        return Err(Failure::usage("the value is empty").next("nothing was set"));
    }
    if text.len() > SECRET_BYTES_MAX {
        return Err(Failure::usage(format!("the value has more than {SECRET_BYTES_MAX} bytes")).next("nothing was set"));
    }
    Ok(Secret::new(text))
}

/// A little more than any value may have, so that a longer one is seen to be too long.
fn read(from: std::io::Result<impl Read>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from?.take(SECRET_BYTES_MAX as u64 + 3).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// One line of the terminal, which shows nothing of it meanwhile.
fn unseen(stdin: &std::io::Stdin) -> Result<Vec<u8>, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::new(format!("the terminal cannot be asked: {e}"));
    let before = tcgetattr(stdin).map_err(|e| failed(&e))?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    silent.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(stdin, OptionalActions::Flush, &silent).map_err(|e| failed(&e))?;
    let mut line = Vec::new();
    let read = stdin.lock().take(SECRET_BYTES_MAX as u64 + 3).read_until(b'\n', &mut line);
    // Whatever came of it, the terminal shows again what is typed.
    tcsetattr(stdin, OptionalActions::Flush, &before).map_err(|e| failed(&e))?;
    read.map_err(|e| failed(&e))?;
    Ok(line)
}

/// What to type where a secret that functions may read is not set.
pub(super) fn how_to_set(app: &AppName, name: &SecretName) -> String {
    format!("secret {name} is not set, and reading it fails until it is: `serviceful secrets set {app} {name}`")
}

fn show(out: &Out, app: &AppName, list: &SecretList) -> Result<(), Failure> {
    for name in &list.missing {
        out.note(&how_to_set(app, name));
    }
    if list.secrets.is_empty() {
        out.note(&format!("`{app}` has no secrets"));
        return Ok(());
    }
    let rows = list.secrets.iter().map(|secret| {
        let by = secret.changed_by_name.as_deref().map(text::plain);
        let by = by.or_else(|| secret.changed_by.map(|id| id.to_string())).unwrap_or_else(|| "the host".to_owned());
        let functions = if secret.functions.is_empty() { "none".to_owned() } else { secret.functions.join(", ") };
        vec![
            secret.name.to_string(),
            secret.version.to_string(),
            text::moment(secret.changed_at),
            by,
            secret.used_at.map_or_else(|| "never".to_owned(), text::moment),
            functions,
        ]
    });
    out.table(&["SECRET", "VERSION", "SET", "BY", "LAST READ", "FUNCTIONS"], &rows.collect::<Vec<_>>())
}
