//! `groups`: people who belong together, by a name that apps can have among their members.
use clap::{Args, Subcommand};
use control_api::{AddToGroup, CreateGroup, GroupDetail, GroupList};
use types::{GroupName, counted, grouped};

use super::{
    confirm::confirm,
    desk::Desk,
    failure::{Exit, Failure},
    members,
    out::Out,
    text,
};

/// How a group is written where people may be named too.
const PREFIX: &str = "group:";

/// Pages that are asked for at most.
const PAGES_MAX: usize = 1_000;

/// The group that a word means, where it means one.
pub(super) fn named(word: &str) -> Option<Result<GroupName, Failure>> {
    let name = word.strip_prefix(PREFIX)?;
    Some(GroupName::parse(name).map_err(|e| Failure::usage(format!("`{}` is no group: {e}", text::plain(word)))))
}

/// How a group is written beside people.
pub(super) fn written(group: &GroupName) -> String {
    format!("{PREFIX}{group}")
}

/// Arguments of `groups`.
#[derive(Debug, Args)]
pub(crate) struct GroupsArgs {
    #[command(subcommand)]
    verb: Option<GroupsVerb>,
}

#[derive(Debug, Subcommand)]
enum GroupsVerb {
    /// List them (this is the default)
    #[command(visible_alias = "ls")]
    List,
    /// Make a group
    #[command(after_help = "Example:\n  serviceful groups create baristas")]
    Create {
        /// a-z, 0-9 and single inner `-`, a letter first
        name: GroupName,
    },
    /// Show who is in a group, and which apps it means something to
    #[command(after_help = "Example:\n  serviceful groups show baristas\n  serviceful groups show baristas --json")]
    Show { name: GroupName },
    /// Put people into a group: all of them, or none
    #[command(
        after_help = "Example:\n  serviceful groups add baristas Ada Bob\n\nWhat the group may do, an app says: serviceful members coffee add group:baristas"
    )]
    Add {
        name: GroupName,
        /// Ids (`p-…`), or names that only one person has
        #[arg(value_name = "WHO", required = true)]
        people: Vec<String>,
    },
    /// Take somebody out; what they had by it ends with the next request
    #[command(after_help = "Example:\n  serviceful groups take baristas Ada")]
    Take {
        name: GroupName,
        /// Id (`p-…`), or a name that only one person has
        #[arg(value_name = "WHO")]
        person: String,
    },
    /// Remove a group; nobody is removed with it, and what it let in is let in no more
    #[command(visible_alias = "rm", after_help = "Example:\n  serviceful groups remove baristas --yes")]
    Remove {
        name: GroupName,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(desk: &Desk, args: GroupsArgs) -> Result<Exit, Failure> {
    let client = desk.client()?;
    match args.verb.unwrap_or(GroupsVerb::List) {
        GroupsVerb::List => desk.out.answer(&client.groups().await?, show_all)?,
        GroupsVerb::Create { name } => {
            let made = client.create_group(&CreateGroup { name }).await?;
            desk.out.answer(&made, |out, made| {
                out.line(&format!("group {} is made", made.name))?;
                out.note(&format!("put people into it: `serviceful groups add {} WHO`", made.name));
                Ok(())
            })?;
        }
        GroupsVerb::Show { name } => {
            let mut all = client.group(&name, None).await?;
            for _ in 0..PAGES_MAX {
                let Some(after) = all.after.take() else { break };
                let more = client.group(&name, Some(after)).await?;
                all.people.extend(more.people);
                all.after = more.after;
            }
            desk.out.answer(&all, show)?;
        }
        GroupsVerb::Add { name, people } => {
            let added = client.add_to_group(&name, &AddToGroup { people }).await?;
            desk.out.answer(&added, |out, added| {
                let were = match added.unchanged {
                    0 => String::new(),
                    1 => ", 1 was in it before".to_owned(),
                    more => format!(", {} were in it before", grouped(more)),
                };
                out.line(&format!("{} came into {}{were}", counted(added.added.len(), "person", "people"), added.group))
            })?;
        }
        GroupsVerb::Take { name, person } => {
            let gone = client.take_from_group(&name, &person).await?;
            desk.out.answer(&gone, |out, gone| out.line(&format!("{} is in {name} no more", gone.removed)))?;
        }
        GroupsVerb::Remove { name, yes } => {
            if !yes {
                let found = client.group(&name, None).await?;
                let (people, apps) =
                    (counted(found.size, "person", "people"), counted(found.apps.len(), "app", "apps"));
                let what = format!("removing {name} cannot be undone: it has {people}, and a place in {apps}");
                confirm(desk, yes, &what, "yes")?;
            }
            let gone = client.remove_group(&name).await?;
            desk.out.answer(&gone, |out, gone| out.line(&format!("group {} is removed", gone.removed)))?;
        }
    }
    Ok(Exit::Done)
}

fn show_all(out: &Out, list: &GroupList) -> Result<(), Failure> {
    if list.groups.is_empty() {
        out.note("there are no groups; `serviceful groups create NAME` makes one");
        return Ok(());
    }
    let rows = list.groups.iter().map(|group| {
        vec![group.name.to_string(), group.people.to_string(), group.apps.to_string(), text::moment(group.created_at)]
    });
    out.table(&["NAME", "PEOPLE", "APPS", "SINCE"], &rows.collect::<Vec<_>>())
}

fn show(out: &Out, group: &GroupDetail) -> Result<(), Failure> {
    let size = counted(group.size, "person", "people");
    out.line(&format!("{}, {size}, since {}", group.name, text::moment(group.created_at)))?;
    for place in &group.apps {
        out.line(&format!("  {} of {}", members::word(place.role), place.app))?;
    }
    for app in &group.declared_by {
        out.line(&format!("  declared by {app}: its rules may name it, and its functions are told who is in it"))?;
    }
    if group.apps.is_empty() && group.declared_by.is_empty() {
        out.note(&format!(
            "it means nothing to any app yet; `serviceful members APP add group:{}` changes that",
            group.name
        ));
    }
    if group.people.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let rows = group.people.iter().map(|person| {
        vec![
            text::plain(&person.name),
            person.person.to_string(),
            text::moment(person.joined_at),
            if person.disabled { "disabled".to_owned() } else { String::new() },
        ]
    });
    out.table(&["NAME", "ID", "SINCE", ""], &rows.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_told_from_a_person_by_its_prefix() {
        assert!(named("Ada").is_none() && named("service:till").is_none());
        assert_eq!(named("group:baristas").unwrap().unwrap().as_str(), "baristas");
        for bad in ["group:", "group:Baristas", "group:a b"] {
            assert_eq!(named(bad).unwrap().unwrap_err().exit, Exit::Usage, "{bad}");
        }
    }
}
