//! `invite`: a one-time link for somebody who has no account yet.
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
}

pub(super) async fn run(desk: &Desk, args: InviteArgs) -> Result<Exit, Failure> {
    let role = args.admin.then_some(Role::Admin);
    let new = CreateInvitation { email: args.email, app: args.app, role };
    let created = desk.client()?.invite(&new).await?;
    desk.out.answer(&created, |out, created: &InvitationCreated| {
        out.line(&created.link)?;
        let end = text::until(desk.now(), created.expires_at);
        out.note(&format!("hand this link to {}: it works once and ends {end}", text::plain(&created.email)));
        Ok(())
    })?;
    Ok(Exit::Done)
}
