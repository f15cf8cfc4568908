//! `members`.
use clap::{Args, Subcommand, ValueEnum};
use control_api::{MemberList, PutMember, Role};
use types::AppName;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::Out,
    text,
};

/// Arguments of `members`.
#[derive(Debug, Args)]
pub(crate) struct MembersArgs {
    app: AppName,
    #[command(subcommand)]
    verb: Option<MembersVerb>,
}

#[derive(Debug, Subcommand)]
enum MembersVerb {
    /// List them (this is the default)
    #[command(visible_alias = "ls")]
    List,
    /// Add a person or a service account of the app, or change the role
    #[command(
        after_help = "Example:\n  serviceful members coffee add Ada --role admin\n  serviceful members coffee add service:till"
    )]
    Add {
        /// Id (`p-…`), a person's name, or `service:NAME` for a service account of the app (`token create` makes one)
        #[arg(value_name = "WHO")]
        person: String,
        /// What the member may do [default: member; one who is an admin stays one]
        #[arg(long, value_enum)]
        role: Option<RoleWord>,
    },
    /// Take a member out
    #[command(visible_alias = "rm", after_help = "Example:\n  serviceful members coffee remove Ada")]
    Remove {
        /// Id (`p-…`), a person's name, or `service:NAME`
        #[arg(value_name = "WHO")]
        person: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleWord {
    /// May call functions that are open to members
    Member,
    /// May also deploy, read logs, and manage members and tokens; for people only
    Admin,
}

pub(super) const fn word(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Admin => "admin",
    }
}

pub(super) async fn run(desk: &Desk, args: MembersArgs) -> Result<Exit, Failure> {
    let client = desk.client()?;
    let app = &args.app;
    match args.verb.unwrap_or(MembersVerb::List) {
        MembersVerb::List => desk.out.answer(&client.members(app).await?, show)?,
        MembersVerb::Add { person, role } => {
            let role = match role {
                Some(RoleWord::Admin) => Role::Admin,
                Some(RoleWord::Member) => Role::Member,
                // To add somebody who is there already must not take anything away.
                None => {
                    let there = client.members(app).await?.members;
                    let found = there.iter().find(|m| m.name == person || m.person.to_string() == person);
                    found.map_or(Role::Member, |m| m.role)
                }
            };
            let member = client.put_member(app, &person, PutMember { role }).await?;
            let sentence =
                format!("{} ({}) is {} of `{app}` now", text::plain(&member.name), member.person, word(member.role));
            desk.out.answer(&member, |out, _| out.line(&sentence))?;
        }
        MembersVerb::Remove { person } => {
            let removed = client.remove_member(app, &person).await?;
            desk.out.answer(&removed, |out, gone| {
                out.line(&format!("{} is no member of `{app}` any more", gone.removed))
            })?;
        }
    }
    Ok(Exit::Done)
}

fn show(out: &Out, list: &MemberList) -> Result<(), Failure> {
    if list.members.is_empty() {
        out.note("this app has no members; owners of the platform see it all the same");
        return Ok(());
    }
    let rows = list.members.iter().map(|m| {
        let state = if m.disabled { "disabled" } else { "" };
        vec![
            text::plain(&m.name),
            m.person.to_string(),
            word(m.role).to_owned(),
            text::moment(m.added_at),
            state.to_owned(),
        ]
    });
    out.table(&["NAME", "ID", "ROLE", "SINCE", ""], &rows.collect::<Vec<_>>())
}
