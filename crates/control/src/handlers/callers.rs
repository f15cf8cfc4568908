//! Who may call a function: the rules in force, asked about everybody.
use std::{collections::HashMap, sync::Arc};

use control_api::{CALLERS_PAGE_MAX, CallerClass, CallerEntry, CallerGroup, CallerList, CallersScope, Extent, Role};
use gateway::{Draft, Probe, Reach, Reads, Refusal, ReleaseGroup, Reply};
use store::{MemberRole, Principal, PrincipalKind};
use types::{AppName, Assurance, Caller, Demand, FunctionName, FunctionTarget, GroupName, PrincipalId};

use super::{apps, members};
use crate::{
    directory,
    input::{self, Query},
    refuse, release, reply,
    service::{Asked, Shared},
};

const PAGE: usize = 100;

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let query = Query::parse(&asked.head, &["limit", "after"])?;
    let app = input::app(&asked.call)?;
    let function: FunctionName = input::parsed(&asked.call, "function")?;
    let limit = query.count("limit", PAGE, 1..=CALLERS_PAGE_MAX)?;
    let after = query.value::<PrincipalId>("after")?;

    let found = apps::find(shared, &app).await?;
    let release = release::release_of(shared, &found).await?;
    let target = release.functions.iter().find(|target| target.function == function).cloned();
    let target = target.ok_or_else(|| unknown(&app, &function, &release.functions))?;
    let known = Known { roles: roles(shared, &app).await?, groups: release.groups.clone() };
    let scope = scope(&asked.caller);
    let mut looked = directory::around(shared, &app).await?;
    // SECURITY: names of people who have nothing to do with the app are for those who look after the platform. An admin could
    // open a function to all and read the directory from who may call it.
    looked.retain(|principal| scope == CallersScope::Directory || belongs(principal, &known.roles));
    looked.retain(|principal| after.is_none_or(|after| principal.id > after));

    let draft = shared.ports.review.draft(&release, &[]).map_err(|e| directory::unreadable(&e))?;
    let listed = directory::apart(move || answer(&*draft, &target, scope, &known, &looked, limit)).await?;
    reply::ok(&listed.ok_or_else(|| Refusal::internal("a function of a release is not in its draft"))?)
}

fn unknown(app: &AppName, function: &FunctionName, functions: &[Arc<FunctionTarget>]) -> Refusal {
    let names: Vec<_> = functions.iter().map(|target| format!("`{}`", target.function)).collect();
    let refusal = refuse::not_found(format!("function `{function}` of `{app}`"));
    if names.is_empty() {
        refusal.next("deploy the app first")
    } else {
        refusal.next(format!("its functions are {}", names.join(", ")))
    }
}

fn scope(caller: &Caller) -> CallersScope {
    match caller {
        Caller::Operator { .. } => CallersScope::Directory,
        Caller::Person(person) if person.owner => CallersScope::Directory,
        _ => CallersScope::App,
    }
}

type Roles = HashMap<PrincipalId, MemberRole>;

async fn roles(shared: &Shared, app: &AppName) -> Result<Roles, Refusal> {
    let members = shared.ports.store.members(app.clone()).await.map_err(refuse::store)?;
    Ok(members.into_iter().map(|member| (member.principal, member.role)).collect())
}

/// Who is what in the app.
struct Known {
    roles: Roles,
    groups: Vec<ReleaseGroup>,
}

impl Known {
    fn groups_of(&self, principal: PrincipalId) -> Vec<GroupName> {
        self.groups.iter().filter(|group| group.holds(principal)).map(|group| group.name.clone()).collect()
    }
}

/// SECURITY: not those who are in through a group. Whoever looks after an app can add any group to it, and would read there who is
/// in it; they are told how many.
fn belongs(principal: &Principal, roles: &Roles) -> bool {
    roles.contains_key(&principal.id) || matches!(principal.kind, PrincipalKind::Service { .. })
}

/// Asks the rules about the classes and about each of `looked`, until the page is full.
fn answer(
    draft: &dyn Draft,
    target: &FunctionTarget,
    scope: CallersScope,
    known: &Known,
    looked: &[Principal],
    limit: usize,
) -> Option<CallerList> {
    let reads = draft.reads(&target.function)?;
    let classes = draft.classes(&target.function)?.into_iter().map(|(class, reach)| CallerClass {
        class: class.as_str().to_owned(),
        may: extent(&reach),
        rules: directory::names(&reach.rules),
        example: example(&reach),
    });
    let mut groups = Vec::new();
    for (name, reach) in draft.groups(&target.function)? {
        let Some(group) = known.groups.iter().find(|group| group.name == name) else { continue };
        groups.push(CallerGroup {
            group: name,
            role: group.admin.map(|admin| if admin { Role::Admin } else { Role::Member }),
            people: u64::try_from(group.people.len()).unwrap_or(u64::MAX),
            may: extent(&reach),
            rules: directory::names(&reach.rules),
            example: example(&reach),
        });
    }
    let asked: Vec<Caller> = looked.iter().map(directory::caller).collect();
    let reaches = draft.reach(&asked, &target.function)?;
    let (mut callers, mut after) = (Vec::new(), None);
    for (principal, reach) in looked.iter().zip(&reaches).filter(|(_, reach)| reach.allowed > 0) {
        if callers.len() == limit {
            after = callers.last().map(|last: &CallerEntry| last.principal);
            break;
        }
        callers.push(CallerEntry {
            principal: principal.id,
            name: directory::name(principal),
            role: known.roles.get(&principal.id).map(|role| members::role(*role)),
            groups: known.groups_of(principal.id),
            may: extent(reach),
            rules: directory::names(&reach.rules),
            example: example(reach),
        });
    }
    Some(CallerList {
        app: target.app.clone(),
        function: target.function.to_string(),
        route: target.route.to_string(),
        access: target.access,
        demands: demands(target.demand),
        scope,
        reads: parts(reads),
        classes: classes.collect(),
        groups,
        callers,
        after,
    })
}

/// How much of what was tried is allowed.
pub(crate) const fn extent(reach: &Reach) -> Extent {
    match reach.allowed {
        0 => Extent::No,
        all if all == reach.tried => Extent::Yes,
        _ => Extent::Partly,
    }
}

/// One call that is allowed, where not all are.
fn example(reach: &Reach) -> Option<String> {
    let (way, shown) = reach.example.as_ref().filter(|_| extent(reach) == Extent::Partly)?;
    Some(call(way, *shown))
}

/// A call, and how whoever makes it signed in.
pub(crate) fn call(way: &Probe, shown: Option<Demand>) -> String {
    let strength = match shown.map(|shown| shown.assurance) {
        None | Some(Assurance::None) => "",
        Some(Assurance::SingleFactor) => " with one factor",
        Some(Assurance::MultiFactor) => " with several factors",
        Some(Assurance::PhishingResistant) => " with a passkey",
    };
    let age = shown.and_then(|shown| shown.max_age_s).map_or_else(String::new, |max| format!(" at most {max} s ago"));
    let signed_in = match shown {
        None => String::new(),
        Some(shown) if shown.is_none() => ", however they signed in".to_owned(),
        Some(_) => format!(", signed in{strength}{age}"),
    };
    format!("{} {}{signed_in}", way.method, way.path)
}

/// What a function demands of people, if anything.
pub(crate) fn demands(demand: Demand) -> Option<String> {
    (!demand.is_none()).then(|| demand.to_string())
}

/// The parts that rules read, by name.
pub(crate) fn parts(reads: Reads) -> Vec<String> {
    let all = [("method", reads.method), ("path", reads.path), ("assurance", reads.assurance), ("age", reads.age)];
    all.into_iter().filter(|(_, read)| *read).map(|(part, _)| part.to_owned()).collect()
}
