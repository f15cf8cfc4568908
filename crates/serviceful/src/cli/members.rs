//! `members`.
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use control_api::{AccessRequestList, ApproveAccess, ImportMembers, MemberList, PutAppGroup, PutMember, Role};
use types::{AppName, GroupName, counted};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    groups,
    lists::{self, Format},
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
    /// Add a person, a group of people or a service account of the app, or change the role
    #[command(
        after_help = "Example:\n  serviceful members coffee add Ada --role admin\n  serviceful members coffee add group:baristas\n  serviceful members coffee add service:till"
    )]
    Add {
        /// Id (`p-…`), a person's name, `group:NAME` (`groups create` makes one), or `service:NAME` for a service account of the app
        /// (`token create` makes one)
        #[arg(value_name = "WHO")]
        person: String,
        /// What the member may do [default: member; one who is an admin stays one]
        #[arg(long, value_enum)]
        role: Option<RoleWord>,
    },
    /// Print the members for a file
    #[command(
        after_help = "Example:\n  serviceful members coffee export > members.csv\n  serviceful members coffee export --format jsonl"
    )]
    Export {
        /// How [default: csv; with `--json`, jsonl]
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Add the members that a file lists, or change their roles: all of them, or none
    #[command(
        after_help = "Example:\n  serviceful members coffee import members.csv --dry-run\n  serviceful members coffee import members.csv"
    )]
    Import {
        /// CSV whose first line names the columns (`person`, which may be `group:NAME`, and `role`), or one JSON document a line; as
        /// `export` prints them
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// How the file is written [default: by its ending, `.csv` or `.jsonl`]
        #[arg(long, value_enum)]
        format: Option<Format>,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List those who ask to be let in
    #[command(
        after_help = "Example:\n  serviceful members coffee requests\n  serviceful members coffee requests --json"
    )]
    Requests,
    /// Let somebody in who asked
    #[command(after_help = "Example:\n  serviceful members coffee approve Ada")]
    Approve {
        /// Id (`p-…`), or a name that only one person has; look at the address, not at the name alone
        #[arg(value_name = "WHO")]
        person: String,
        /// What the member may do [default: member]
        #[arg(long, value_enum)]
        role: Option<RoleWord>,
    },
    /// Say no to somebody who asked; they can ask again after 7 days
    #[command(after_help = "Example:\n  serviceful members coffee deny Ada")]
    Deny {
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO")]
        person: String,
    },
    /// Take a member out
    #[command(visible_alias = "rm", after_help = "Example:\n  serviceful members coffee remove Ada")]
    Remove {
        /// Id (`p-…`), a person's name, `group:NAME`, or `service:NAME`
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
            if let Some(group) = groups::named(&person) {
                return add_group(desk, app, group?, role).await;
            }
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
        MembersVerb::Export { format } => {
            lists::members(&desk.out, &client.members(app).await?, Format::or_usual(format, &desk.out))?;
        }
        MembersVerb::Import { file, format, dry_run } => {
            let import = ImportMembers { dry_run, members: lists::read_members(&file, format)? };
            let done = client.import_members(app, &import).await?;
            let would = if done.dry_run { "would be " } else { "" };
            let sentence = format!(
                "{} {would}added, {} {would}changed, {} are as they should be",
                done.added, done.changed, done.unchanged
            );
            desk.out.answer(&done, |out, _| out.line(&sentence))?;
        }
        MembersVerb::Requests => desk.out.answer(&client.access_requests(app).await?, show_requests)?,
        MembersVerb::Approve { person, role } => {
            let role = role.map(|role| if role == RoleWord::Admin { Role::Admin } else { Role::Member });
            let member = client.approve_access(app, &person, ApproveAccess { role }).await?;
            let sentence =
                format!("{} ({}) is {} of `{app}` now", text::plain(&member.name), member.person, word(member.role));
            desk.out.answer(&member, |out, _| out.line(&sentence))?;
        }
        MembersVerb::Deny { person } => {
            let denied = client.deny_access(app, &person).await?;
            desk.out
                .answer(&denied, |out, denied| out.line(&format!("{} was denied access to `{app}`", denied.denied)))?;
        }
        MembersVerb::Remove { person } => {
            if let Some(group) = groups::named(&person) {
                let removed = client.remove_app_group(app, &group?).await?;
                desk.out.answer(&removed, |out, gone| {
                    out.line(&format!("{} is no member of `{app}` any more", gone.removed))
                })?;
                return Ok(Exit::Done);
            }
            let removed = client.remove_member(app, &person).await?;
            desk.out.answer(&removed, |out, gone| {
                out.line(&format!("{} is no member of `{app}` any more", gone.removed))
            })?;
        }
    }
    Ok(Exit::Done)
}

async fn add_group(desk: &Desk, app: &AppName, group: GroupName, role: Option<RoleWord>) -> Result<Exit, Failure> {
    let client = desk.client()?;
    let role = match role {
        Some(RoleWord::Admin) => Role::Admin,
        Some(RoleWord::Member) => Role::Member,
        // To add a group that is there already must not take anything away.
        None => {
            let there = client.members(app).await?.groups;
            there.iter().find(|place| place.group == group).map_or(Role::Member, |place| place.role)
        }
    };
    let place = client.put_app_group(app, &group, PutAppGroup { role }).await?;
    desk.out.answer(&place, |out, place| {
        let (word, people) = (word(place.role), counted(place.people, "person", "people"));
        out.line(&format!("{} ({people}) is {word} of `{app}` now", groups::written(&place.group)))
    })?;
    Ok(Exit::Done)
}

fn show_requests(out: &Out, list: &AccessRequestList) -> Result<(), Failure> {
    if list.requests.is_empty() {
        out.note("nobody asks to be let in");
        return Ok(());
    }
    let rows = list.requests.iter().map(|request| {
        vec![
            text::plain(&request.name),
            request.email.as_deref().map_or_else(|| "-".to_owned(), text::plain),
            request.person.to_string(),
            text::moment(request.asked_at),
            text::plain(&request.message),
        ]
    });
    out.table(&["NAME", "E-MAIL", "ID", "ASKED", "MESSAGE"], &rows.collect::<Vec<_>>())
}

fn show(out: &Out, list: &MemberList) -> Result<(), Failure> {
    if list.members.is_empty() && list.groups.is_empty() {
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
    let groups = list.groups.iter().map(|place| {
        vec![
            groups::written(&place.group),
            counted(place.people, "person", "people"),
            word(place.role).to_owned(),
            text::moment(place.added_at),
            String::new(),
        ]
    });
    out.table(&["NAME", "ID", "ROLE", "SINCE", ""], &rows.chain(groups).collect::<Vec<_>>())
}
