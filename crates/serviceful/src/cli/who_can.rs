//! `who-can`: who may call a function, by the rules in force.
use std::str::FromStr;

use clap::{Args, Subcommand};
use control_api::{CALLERS_PAGE_MAX, CallerList, CallersScope, Extent};
use types::{AppName, FunctionName};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    groups,
    numbers::within,
    out::Out,
    text, why,
};

/// Pages that are read. A list that ends before its end says so by its `after`.
const PAGES_MAX: usize = 10_000;

/// Arguments of `who-can`.
#[derive(Debug, Args)]
pub(crate) struct WhoCanArgs {
    #[command(subcommand)]
    verb: WhoCanVerb,
}

#[derive(Debug, Subcommand)]
enum WhoCanVerb {
    /// Call a function
    #[command(
        after_help = "Example:\n  serviceful who-can invoke coffee/orders\n  serviceful who-can invoke coffee/orders --json"
    )]
    Invoke {
        /// `APP/FUNCTION`; `serviceful apps APP` lists the functions
        #[arg(value_name = "APP/FUNCTION")]
        function: Named,
        /// How many people and service accounts to ask for at once; all pages are read
        #[arg(long, value_name = "N", default_value_t = 500, allow_negative_numbers = true, value_parser = within(1..=CALLERS_PAGE_MAX))]
        page: usize,
    },
}

/// `APP/FUNCTION`.
#[derive(Debug, Clone)]
struct Named {
    app: AppName,
    function: FunctionName,
}

impl FromStr for Named {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (app, function) = text.split_once('/').ok_or("write `APP/FUNCTION`, such as `coffee/orders`")?;
        let app = AppName::parse(app).map_err(|e| e.to_string())?;
        Ok(Self { app, function: FunctionName::parse(function).map_err(|e| e.to_string())? })
    }
}

pub(super) async fn run(desk: &Desk, args: WhoCanArgs) -> Result<Exit, Failure> {
    let WhoCanVerb::Invoke { function: Named { app, function }, page } = args.verb;
    let client = desk.client()?;
    let mut all = client.callers(&app, &function, page, None).await?;
    for _ in 0..PAGES_MAX {
        let Some(after) = all.after.take() else { break };
        let more = client.callers(&app, &function, page, Some(after)).await?;
        all.callers.extend(more.callers);
        all.after = more.after;
    }
    desk.out.answer(&all, show)?;
    Ok(Exit::Done)
}

fn show(out: &Out, list: &CallerList) -> Result<(), Failure> {
    let demands = list.demands.as_deref().map_or_else(String::new, |demand| format!(", demands {demand}"));
    out.line(&format!("{}/{} answers at {}, access {}{demands}", list.app, list.function, list.route, list.access))?;
    let example = |example: &Option<String>| example.as_deref().map_or_else(String::new, text::plain);
    let classes = list.classes.iter().map(|class| {
        vec![
            kind(&class.class).to_owned(),
            why::extent(class.may).to_owned(),
            class.rules.join(", "),
            example(&class.example),
        ]
    });
    out.table(&["WHO", "MAY", "BY RULE", "SUCH AS"], &classes.collect::<Vec<_>>())?;
    if !list.groups.is_empty() {
        out.line("")?;
        let groups = list.groups.iter().map(|group| {
            vec![
                groups::written(&group.group),
                group.people.to_string(),
                group.role.map_or("declared", super::members::word).to_owned(),
                why::extent(group.may).to_owned(),
                group.rules.join(", "),
                example(&group.example),
            ]
        });
        out.table(&["GROUP", "PEOPLE", "ROLE", "MAY", "BY RULE", "SUCH AS"], &groups.collect::<Vec<_>>())?;
    }
    let callers = list.callers.iter().map(|caller| {
        let role = caller.role.iter().map(|role| super::members::word(*role).to_owned());
        let through = caller.groups.iter().map(groups::written);
        let roles: Vec<String> = role.chain(through).collect();
        vec![
            text::plain(&caller.name),
            caller.principal.to_string(),
            if roles.is_empty() { "-".to_owned() } else { roles.join(", ") },
            why::extent(caller.may).to_owned(),
            caller.rules.join(", "),
            example(&caller.example),
        ]
    });
    out.line("")?;
    if list.callers.is_empty() {
        out.line("nobody in the directory may call it")?;
    } else {
        out.table(&["NAME", "ID", "ROLE", "MAY", "BY RULE", "SUCH AS"], &callers.collect::<Vec<_>>())?;
    }
    if list.scope == CallersScope::App {
        out.note(
            "only members by themselves and service accounts of the app were looked at; an owner of the platform sees everybody",
        );
    }
    if list.classes.iter().any(|class| class.may == Extent::Partly) {
        out.note(&format!("rules read {} of a request: \"partly\" is for some of them", list.reads.join(" and ")));
    }
    Ok(())
}

/// A class, for people.
pub(super) fn kind(class: &str) -> &str {
    match class {
        "stranger" => "strangers",
        "signed-in" => "anybody signed in",
        "owner" => "owners of the platform",
        "member" => "members",
        "admin" => "admins of the app",
        "service" => "service accounts",
        "member-service" => "service accounts that are members",
        "operator" => "the host's operator",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_with_its_app() {
        assert!("coffee/orders".parse::<Named>().is_ok_and(|named| named.app.as_str() == "coffee"));
        for bad in ["coffee", "/orders", "coffee/", "coffee/a/b", "Coffee/orders"] {
            assert!(bad.parse::<Named>().is_err(), "{bad}");
        }
    }
}
