//! `token`.
use clap::{Args, Subcommand};
use control_api::{CreateCallToken, CreateToken, Token, TokenCreated, TokenList, TokenUse};
use types::{AppName, CredentialId};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::{Out, Tone},
    text,
};

/// Arguments of `token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    verb: TokenVerb,
}

#[derive(Debug, Subcommand)]
enum TokenVerb {
    /// Make a token that calls an app: yours for some minutes, or one for a service account
    #[command(
        after_help = "Example:\n  TOKEN=$(serviceful token create coffee --quiet)\n  serviceful token create coffee till --days 30"
    )]
    Create {
        app: AppName,
        /// The service account, as `callers` in the manifest names it; it is made when it is new. Without one, the token is yours
        service: Option<String>,
        /// How long your own token holds; the platform cuts it to its longest
        #[arg(long, value_name = "MINUTES", default_value_t = 60, conflicts_with = "service", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=525_600))]
        minutes: u64,
        /// What to call a service account's token
        #[arg(long, requires = "service")]
        label: Option<String>,
        /// How long a service account's token holds [default: 90]
        #[arg(long, value_name = "DAYS", requires = "service", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=36_500))]
        days: Option<u64>,
        /// Print the token and nothing else, for scripts
        #[arg(long, short)]
        quiet: bool,
    },
    /// List tokens: your own, or those of an app's service accounts
    #[command(
        visible_alias = "list",
        after_help = "Example:\n  serviceful token ls\n  serviceful token ls --app coffee"
    )]
    Ls {
        /// Those of this app's service accounts
        #[arg(long)]
        app: Option<AppName>,
        /// Those of everybody; for owners
        #[arg(long, conflicts_with = "app")]
        all: bool,
    },
    /// Revoke a token; it is refused from the next request on
    #[command(after_help = "Example:\n  serviceful token revoke c-aibagbafaydqqcikbmga2dqpca --app coffee")]
    Revoke {
        /// Its id, as `token ls` shows it
        token: CredentialId,
        /// It belongs to a service account of this app
        #[arg(long)]
        app: Option<AppName>,
    },
}

pub(super) async fn run(desk: &Desk, args: TokenArgs) -> Result<Exit, Failure> {
    let client = desk.client()?;
    match args.verb {
        TokenVerb::Create { app, service, minutes, label, days, quiet } => {
            let made = match service {
                Some(service) => {
                    let life_s = days.map(|days| days.saturating_mul(86_400));
                    client.create_token(&app, &CreateToken { service, label, life_s }).await?
                }
                None => {
                    let life_s = Some(minutes.saturating_mul(60));
                    client.create_call_token(&CreateCallToken { app, life_s }).await?
                }
            };
            if quiet {
                desk.out.line(&made.secret)?;
            } else {
                desk.out.answer(&made, |out, made| show_new(out, desk, made))?;
            }
        }
        TokenVerb::Ls { app, all } => {
            let list = match app {
                Some(app) => client.app_tokens(&app).await?,
                None => client.tokens(all).await?,
            };
            desk.out.answer(&list, |out, list| show(out, desk, list))?;
        }
        TokenVerb::Revoke { token, app } => {
            let revoked = match app {
                Some(app) => client.revoke_app_token(&app, token).await?,
                None => client.revoke_token(token).await?,
            };
            desk.out.answer(&revoked, |out, token| out.line(&format!("{} is revoked", token.id)))?;
        }
    }
    Ok(Exit::Done)
}

fn show_new(out: &Out, desk: &Desk, made: &TokenCreated) -> Result<(), Failure> {
    out.line(&made.secret)?;
    let end = text::until(desk.now(), made.token.expires_at);
    out.note(&format!("this token is shown now and never again; it ends {end} and counts at {} only", made.url));
    out.note("send it as `Authorization: Bearer …`");
    Ok(())
}

const fn word(used_for: TokenUse) -> &'static str {
    match used_for {
        TokenUse::Cli => "command line",
        TokenUse::Call => "call",
        TokenUse::Service => "service",
    }
}

fn state(desk: &Desk, token: &Token) -> String {
    match token.revoked_at {
        Some(at) => format!("revoked {}", text::moment(at)),
        None => format!("ends {}", text::until(desk.now(), token.expires_at)),
    }
}

fn show(out: &Out, desk: &Desk, list: &TokenList) -> Result<(), Failure> {
    if list.tokens.is_empty() {
        out.note("there are no tokens");
        return Ok(());
    }
    let rows = list.tokens.iter().map(|token| {
        let holder = token.principal_name.clone().unwrap_or_else(|| token.principal.to_string());
        let counts = token.app.as_ref().map_or_else(|| "platform".to_owned(), ToString::to_string);
        let mut state = state(desk, token);
        if token.revoked_at.is_some() || token.expires_at <= desk.now() {
            state = out.tone(Tone::Quiet, &state);
        }
        vec![
            token.id.to_string(),
            word(token.used_for).to_owned(),
            text::plain(&holder),
            counts,
            text::plain(&token.label),
            state,
        ]
    });
    out.table(&["TOKEN", "USE", "HOLDER", "COUNTS AT", "LABEL", "STATE"], &rows.collect::<Vec<_>>())
}
