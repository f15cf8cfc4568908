//! `invite`: a one-time link for somebody who has no account yet, by mail or to hand over; and those that nobody has accepted.
use clap::{Args, Subcommand};
use control_api::{CreateInvitation, InvitationCreated, InvitationList, Role};
use types::{AppName, GroupName};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    groups, members,
    out::Out,
    text,
};

/// Arguments of `invite`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct InviteArgs {
    #[command(subcommand)]
    verb: Option<InviteVerb>,
    /// The address that they will sign in with
    #[arg(value_name = "E-MAIL", required = true)]
    email: Option<String>,
    /// What they are called; they can change it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Make them a member of this app
    #[arg(long, value_name = "APP")]
    app: Option<AppName>,
    /// Make them an admin of that app
    #[arg(long, requires = "app")]
    admin: bool,
    /// Put them into this group; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<GroupName>,
    /// Print the link, to hand it over, in place of a mail
    #[arg(long)]
    print: bool,
}

#[derive(Debug, Subcommand)]
enum InviteVerb {
    /// List the invitations that nobody has accepted; their links are kept by nobody
    #[command(visible_alias = "ls", after_help = "Example:\n  serviceful invite list\n  serviceful invite list --json")]
    List,
    /// Take an invitation back: its link leads nowhere from then on
    #[command(visible_alias = "rm", after_help = "Example:\n  serviceful invite revoke ada@example.org")]
    Revoke {
        /// The address that was invited, or the invitation's id (`c-…`)
        #[arg(value_name = "E-MAIL|ID")]
        invitation: String,
    },
}

pub(super) async fn run(desk: &Desk, args: InviteArgs) -> Result<Exit, Failure> {
    match (args.verb, args.email) {
        (Some(InviteVerb::List), _) => {
            desk.out.answer(&desk.client()?.invitations().await?, |out, list| show(out, desk, list))?;
        }
        (Some(InviteVerb::Revoke { invitation }), _) => {
            let gone = desk.client()?.revoke_invitation(&invitation).await?;
            desk.out.answer(&gone, |out, gone| out.line(&format!("invitation {} is taken back", gone.removed)))?;
        }
        (None, None) => {
            return Err(Failure::usage("nobody is named").next("write an e-mail address, `list` or `revoke E-MAIL`"));
        }
        (None, Some(email)) => {
            let role = args.admin.then_some(Role::Admin);
            let (name, app, groups, print) = (args.name, args.app, args.groups, args.print);
            let created = desk.client()?.invite(&CreateInvitation { email, name, app, role, groups, print }).await?;
            desk.out.answer(&created, |out, created| made(out, desk, created))?;
        }
    }
    Ok(Exit::Done)
}

fn made(out: &Out, desk: &Desk, created: &InvitationCreated) -> Result<(), Failure> {
    let (who, end) = (text::plain(&created.invitation.email), text::until(desk.now(), created.invitation.expires_at));
    match &created.link {
        Some(link) => {
            out.line(link)?;
            out.note(&format!("hand this link to {who}: it works once and ends {end}"));
        }
        None => {
            out.line(&format!("{who} is invited by mail"))?;
            out.note(&format!("the link works once and ends {end}; `serviceful mail list` shows whether it arrived"));
        }
    }
    Ok(())
}

fn show(out: &Out, desk: &Desk, list: &InvitationList) -> Result<(), Failure> {
    if list.invitations.is_empty() {
        out.note("nobody is invited");
        return Ok(());
    }
    let rows = list.invitations.iter().map(|invitation| {
        let app = invitation.app.iter().map(|app| {
            let role = invitation.role.map_or("member", members::word);
            format!("{role} of {app}")
        });
        let to: Vec<String> = app.chain(invitation.groups.iter().map(groups::written)).collect();
        let by = match (&invitation.inviter, invitation.invited_by) {
            (Some(name), _) => text::plain(name),
            (None, Some(id)) => id.to_string(),
            (None, None) if invitation.sign_up => "themselves".to_owned(),
            (None, None) => "the host".to_owned(),
        };
        let end = if invitation.open {
            text::until(desk.now(), invitation.expires_at)
        } else if invitation.expires_at <= desk.now() {
            "over".to_owned()
        } else {
            "does not count: whoever made it is disabled".to_owned()
        };
        vec![
            text::plain(&invitation.email),
            invitation.id.to_string(),
            by,
            if to.is_empty() { "-".to_owned() } else { to.join(", ") },
            if invitation.mailed { "mail" } else { "link" }.to_owned(),
            end,
        ]
    });
    out.table(&["E-MAIL", "ID", "BY", "INTO", "SENT BY", "ENDS"], &rows.collect::<Vec<_>>())
}
