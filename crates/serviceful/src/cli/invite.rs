//! `invite`: a one-time link for somebody who has no account yet, by mail or to hand over.
use clap::Args;
use control_api::{CreateInvitation, InvitationCreated, Role};
use types::AppName;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    text,
};

/// Arguments of `invite`.
#[derive(Debug, Args)]
pub(crate) struct InviteArgs {
    /// The address that they will sign in with
    #[arg(value_name = "E-MAIL")]
    email: String,
    /// Make them a member of this app
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// Make them an admin of that app
    #[arg(long, requires = "app")]
    admin: bool,
    /// Print the link, to hand it over, in place of a mail
    #[arg(long)]
    print: bool,
}

pub(super) async fn run(desk: &Desk, args: InviteArgs) -> Result<Exit, Failure> {
    let role = args.admin.then_some(Role::Admin);
    let new = CreateInvitation { email: args.email, app: args.app, role, print: args.print };
    let created = desk.client()?.invite(&new).await?;
    desk.out.answer(&created, |out, created: &InvitationCreated| {
        let (who, end) = (text::plain(&created.email), text::until(desk.now(), created.expires_at));
        match &created.link {
            Some(link) => {
                out.line(link)?;
                out.note(&format!("hand this link to {who}: it works once and ends {end}"));
            }
            None => {
                out.line(&format!("{who} is invited by mail"))?;
                out.note(&format!(
                    "the link works once and ends {end}; `serviceful mail list` shows whether it arrived"
                ));
            }
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}
