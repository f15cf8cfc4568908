//! A deny, in the words of the answer. A stranger is asked who they are and learns nothing else; somebody known learns what is
//! wrong and what to do, but which paths an app has only if they may call something in it.
use gateway::Denial;
use types::{Access, Action, AppName, Caller, FunctionTarget, Resource};

use crate::{judge::Verdict, rules::AppRules};

fn forbidden(sentence: String, next: impl Into<Option<String>>) -> Denial {
    Denial::Forbidden { sentence, next: next.into() }
}

/// How the caller is called in a sentence.
fn name(caller: &Caller) -> String {
    match caller {
        Caller::Stranger => "a stranger".to_owned(),
        Caller::Operator { .. } => "the host's operator".to_owned(),
        Caller::Person(person) => format!("`{}`", person.display_name),
        Caller::Service(service) => format!("service `{}/{}`", service.app, service.name),
    }
}

const fn is_disabled(caller: &Caller) -> bool {
    match caller {
        Caller::Person(person) => person.disabled,
        Caller::Service(service) => service.disabled,
        Caller::Stranger | Caller::Operator { .. } => false,
    }
}

fn disabled(caller: &Caller) -> Denial {
    forbidden(
        format!("the account of {} is disabled", name(caller)),
        "ask an owner of the platform to enable it".to_owned(),
    )
}

fn not_a_member(caller: &Caller, app: &AppName) -> Denial {
    let who = match caller {
        Caller::Person(person) => Some(person.id.to_string()),
        Caller::Service(service) if service.app == *app => Some(format!("service:{}", service.name)),
        Caller::Service(_) | Caller::Stranger | Caller::Operator { .. } => None,
    };
    let next = match who {
        Some(who) => format!("ask an admin of `{app}` to run `serviceful members {app} add {who}`"),
        None => format!("call it as a member of `{app}`"),
    };
    forbidden(format!("{} is not a member of `{app}`", name(caller)), next)
}

/// No route leads here. Strangers see "nothing here" where the app has a public function (its visitors must get an honest 404, and that
/// the app exists is no secret then), and are asked for identity everywhere else.
pub(crate) fn unrouted(rules: Option<&AppRules>, caller: &Caller, app: &AppName) -> Denial {
    if is_disabled(caller) {
        return disabled(caller);
    }
    match rules {
        // Before anybody is asked who they are: it would change nothing, and whoever waits for their first deployment would be told
        // that they are no member.
        Some(rules) if !rules.deployed => Denial::Undeployed { known: looks_after(rules, caller) },
        Some(rules) if rules.reaches(caller) => Denial::Nothing,
        _ if *caller == Caller::Stranger => Denial::NeedsIdentity,
        // The same sentence as on a path that exists.
        Some(_) => not_a_member(caller, app),
        None => Denial::Nothing,
    }
}

/// Whether the caller may know how an app's deployments stand.
fn looks_after(rules: &AppRules, caller: &Caller) -> bool {
    match caller {
        Caller::Operator { .. } => true,
        Caller::Person(person) => person.owner || rules.is_member(caller),
        Caller::Service(_) => rules.is_member(caller),
        Caller::Stranger => false,
    }
}

/// Nothing of the control API is here.
pub(crate) fn unrouted_control(caller: &Caller) -> Denial {
    match caller {
        Caller::Stranger => Denial::NeedsIdentity,
        _ if is_disabled(caller) => disabled(caller),
        _ => Denial::Nothing,
    }
}

/// A call of a function that was denied.
pub(crate) fn invoke(verdict: &Verdict, rules: &AppRules, caller: &Caller, target: &FunctionTarget) -> Denial {
    let FunctionTarget { app, function, access, .. } = target;
    if *caller == Caller::Stranger {
        return Denial::NeedsIdentity;
    }
    if is_disabled(caller) {
        return disabled(caller);
    }
    if verdict.broken {
        return broken(app);
    }
    if verdict.in_reach {
        return demanded(caller, target);
    }
    if !rules.reaches(caller) {
        return not_a_member(caller, app);
    }
    if *access == Access::Closed {
        return Denial::Closed;
    }
    if let Some(rule) = verdict.policies.iter().find(|id| id.starts_with("app:")) {
        return forbidden(
            format!("rule `{rule}` of `{app}` forbids it"),
            format!("ask an admin of `{app}` about the rule in its Cedar file"),
        );
    }
    match (access, caller) {
        (Access::Workloads, Caller::Service(service)) if service.app == *app => forbidden(
            format!("{} is not in the callers of `{app}/{function}`", name(caller)),
            format!("add `\"{}\"` to `callers` of `{function}` in serviceful.toml and deploy", service.name),
        ),
        (Access::Workloads, _) => forbidden(
            format!("`{app}/{function}` is called only by the services that it names"),
            "call it with a token of one of its callers".to_owned(),
        ),
        (Access::SignedIn, Caller::Service(service)) => forbidden(
            format!("`{app}/{function}` is for people who are signed in, and {} is a service", name(caller)),
            format!(
                "make it `access = \"workloads\"` with `callers = [\"{}\"]`, or permit it in the app's Cedar file",
                service.name
            ),
        ),
        _ => not_a_member(caller, app),
    }
}

/// Everything but what the function demands of a person was there.
fn demanded(caller: &Caller, target: &FunctionTarget) -> Denial {
    if matches!(caller, Caller::Person(_)) {
        return Denial::StepUp(target.demand);
    }
    let FunctionTarget { app, function, .. } = target;
    forbidden(
        format!("`{app}/{function}` is for people who show who they are, and {} cannot", name(caller)),
        "give the machine a function of its own with `access = \"workloads\"`".to_owned(),
    )
}

/// Nothing is known of the app's rules (it is being removed, or its rules could not be loaded).
pub(crate) fn no_rules(caller: &Caller) -> Denial {
    unrouted_control(caller)
}

pub(crate) fn broken(app: &AppName) -> Denial {
    forbidden(
        format!("the access rules of `{app}` could not be evaluated, so nothing is allowed"),
        format!("ask an admin of `{app}` to look at the platform's log and correct the rules"),
    )
}

/// A control action that was denied. An app that does not exist is denied in the words of one that does.
pub(crate) fn control(verdict: &Verdict, caller: &Caller, action: Action, resource: &Resource, member: bool) -> Denial {
    if *caller == Caller::Stranger {
        return Denial::NeedsIdentity;
    }
    if is_disabled(caller) {
        return disabled(caller);
    }
    if verdict.broken {
        return forbidden("the platform's access rules could not be evaluated".to_owned(), None);
    }
    if action == Action::ClaimIssue {
        let next = "run `serviceful claim` on the host, as the user that owns the data directory";
        return forbidden("a claim link is made only on the host itself".to_owned(), next.to_owned());
    }
    if action == Action::EverythingEnd {
        let next = "run `serviceful sessions end --everybody` on the host, as the user that owns the data directory";
        return forbidden("only the host itself ends everything of everybody".to_owned(), next.to_owned());
    }
    match (resource.app(), caller) {
        (_, Caller::Service(_)) => forbidden(
            format!("{} may call functions and nothing else", name(caller)),
            "use a person's credential: `serviceful login` gets one".to_owned(),
        ),
        (_, Caller::Operator { .. }) => forbidden(
            format!("the host's operator may not do `{action}`"),
            "sign in as an owner or an admin with `serviceful login`; where there is no owner yet, `serviceful claim --accept` makes you one".to_owned(),
        ),
        (Some(app), _) if member => forbidden(
            format!("{} is a member of `{app}`, and `{action}` needs an admin", name(caller)),
            format!("ask an admin of `{app}` to do it, or to make you an admin"),
        ),
        (Some(app), _) => not_a_member(caller, app),
        (None, _) => {
            forbidden(format!("{} may not do `{action}`", name(caller)), "ask an owner of the platform".to_owned())
        }
    }
}
