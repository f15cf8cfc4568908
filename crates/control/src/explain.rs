//! The question of a request that is over, asked again: by the rules as they are now, and with one thing or another changed.
//!
//! Nothing here guesses. Each change is made to a copy of the release or of the caller, and the engine that decides is asked.
use std::sync::Arc;

use control_api::{AuditEvent, ExplainedChange, ExplainedNow};
use gateway::{Decision, Denial, Draft, Reach, Reads, Refusal, Release, ReleaseGroup, ReviewPort};
use store::Principal;
use types::{
    Access, Action, AppName, Assurance, Caller, Demand, FunctionName, FunctionTarget, GroupName, NO_CREDENTIAL, Person,
    PrincipalId, Resource, UnixMillis,
};

use crate::{
    directory,
    handlers::{extent, parts},
    refuse, release,
    service::Shared,
};

/// What was found.
#[derive(Default)]
pub(crate) struct Again {
    pub(crate) now: Option<ExplainedNow>,
    pub(crate) changes: Vec<ExplainedChange>,
}

/// Asks again what the event is about. Nothing is found where who asked, or what they asked for, is gone.
pub(crate) async fn again(
    shared: &Shared,
    event: &AuditEvent,
    principal: Option<&Principal>,
) -> Result<Again, Refusal> {
    let Some(caller) = caller_of(event, principal) else { return Ok(Again::default()) };
    let release = match &event.app {
        Some(app) => release_of(shared, app).await?,
        None => None,
    };
    let review = shared.ports.review.clone();
    if event.action == Action::Invoke.as_str() {
        let Some(function) = event.function.as_deref().and_then(|name| FunctionName::parse(name).ok()) else {
            return Ok(Again::default());
        };
        let Some(release) = release.filter(|release| release.functions.iter().any(|f| f.function == function)) else {
            return Ok(Again::default());
        };
        let call = Call { review, release, function, caller, at: shared.ports.clock.now() };
        return directory::apart(move || call.explain()).await?.map_err(|e| directory::unreadable(&e));
    }
    let Some(action) = Action::ALL.iter().copied().find(|action| action.as_str() == event.action) else {
        return Ok(Again::default());
    };
    let act =
        Act { review, release, action, caller, resource: event.app.clone().map_or(Resource::Platform, Resource::App) };
    directory::apart(move || act.explain()).await?.map_err(|e| directory::unreadable(&e))
}

async fn release_of(shared: &Shared, app: &AppName) -> Result<Option<Release>, Refusal> {
    let found = shared.ports.store.app(app.clone()).await.map_err(refuse::store)?;
    match found {
        Some(found) => release::release_of(shared, &found).await.map(Some),
        None => Ok(None),
    }
}

fn caller_of(event: &AuditEvent, principal: Option<&Principal>) -> Option<Caller> {
    match (event.who.kind.as_str(), principal) {
        ("stranger", _) => Some(Caller::Stranger),
        ("operator", _) => Some(Caller::Operator { uid: 0 }),
        (_, Some(principal)) => Some(directory::caller(principal)),
        _ => None,
    }
}

/// A call of a function.
struct Call {
    review: Arc<dyn ReviewPort>,
    release: Release,
    function: FunctionName,
    caller: Caller,
    /// When it is asked again.
    at: UnixMillis,
}

/// One thing that could be otherwise.
#[derive(Clone)]
struct Change {
    words: String,
    caller: Caller,
    release: Release,
    without: Vec<Arc<str>>,
    /// Another access word; the narrowest that does is enough.
    is_access: bool,
}

type Problem = gateway::PolicyProblem;

impl Call {
    fn explain(&self) -> Result<Again, Problem> {
        let draft = self.review.draft(&self.release, &[])?;
        let Some(reach) = reach(&*draft, &self.caller, &self.function) else { return Ok(Again::default()) };
        let reads = draft.reads(&self.function).unwrap_or_default();
        let way = draft.way(&self.function);
        let (told, next, rules) = match way.and_then(|way| draft.decide(&self.caller, &self.function, &way, self.at)) {
            Some(Decision::Deny { policies, denial }) if reach.allowed < reach.tried => {
                let (told, next) = words(&denial);
                (told, next, if reach.allowed == 0 { policies.to_vec() } else { reach.rules.clone() })
            }
            _ => (None, None, reach.rules.clone()),
        };
        let now = ExplainedNow {
            may: extent(&reach),
            groups: groups_of(&self.release, &self.caller),
            rules: directory::names(&rules),
            told,
            next,
            unknown: parts(self.unknown(reads)),
        };
        let (mut changes, mut has_access) = (Vec::new(), false);
        for change in self.candidates(&rules) {
            if change.is_access && has_access {
                continue;
            }
            let draft = self.review.draft(&change.release, &change.without)?;
            let Some(then) = self::reach(&*draft, &change.caller, &self.function) else { continue };
            if then.allowed.min(1) != reach.allowed.min(1) || (reach.allowed > 0 && then.allowed > reach.allowed) {
                let rules = directory::names(&then.rules);
                has_access |= change.is_access;
                changes.push(ExplainedChange { change: change.words, may: extent(&then), rules });
            }
        }
        Ok(Again { now: Some(now), changes })
    }

    /// What rules read and the log does not hold.
    fn unknown(&self, reads: Reads) -> Reads {
        let person = matches!(self.caller, Caller::Person(_));
        Reads { assurance: reads.assurance && person, age: reads.age && person, ..reads }
    }

    fn target(&self) -> Option<&Arc<FunctionTarget>> {
        self.release.functions.iter().find(|target| target.function == self.function)
    }

    /// Every single change that people can make, in the order of how little it opens.
    fn candidates(&self, decided: &[Arc<str>]) -> Vec<Change> {
        let app = &self.release.app;
        let mut all = Vec::new();
        let same = |words: String| Change {
            words,
            caller: self.caller.clone(),
            release: self.release.clone(),
            without: Vec::new(),
            is_access: false,
        };
        let role = self.caller.principal().map(|id| (id, self.release.members.iter().find(|m| m.0 == id).map(|m| m.1)));
        match (&self.caller, role) {
            (Caller::Stranger, _) => {
                let somebody = newcomer(&self.release);
                all.push(Change {
                    caller: somebody.clone(),
                    ..same("they sign in, as somebody who is no member".to_owned())
                });
                let mut change =
                    Change { caller: somebody.clone(), ..same(format!("they sign in, as a member of `{app}`")) };
                change.release.members.extend(somebody.principal().map(|id| (id, false)));
                all.push(change);
            }
            (Caller::Person(person), Some((id, role))) => {
                if person.disabled {
                    let caller = Caller::Person(Person { disabled: false, ..person.clone() });
                    all.push(Change { caller, ..same(format!("they are enabled: `serviceful people enable {id}`")) });
                }
                all.extend(self.memberships(id, role, &same));
                all.extend(self.groups(id, &same));
            }
            (Caller::Service(service), Some((id, role))) if service.app == *app => {
                all.extend(self.memberships(id, role, &same));
                if self.target().is_some_and(|target| target.access == Access::Workloads) {
                    let mut change =
                        same(format!("`{}` is in (or out of) the `callers` of `{}`", service.name, self.function));
                    toggle(&mut change.release, &self.function, |target| {
                        let there = target.callers.contains(&service.name);
                        if there {
                            target.callers.retain(|name| *name != service.name);
                        } else {
                            target.callers.push(service.name.clone());
                        }
                    });
                    all.push(change);
                }
            }
            _ => {}
        }
        for rule in decided.iter().filter(|rule| rule.starts_with("app:")) {
            let change = same(format!("rule `{rule}` is taken out of the app's Cedar file"));
            all.push(Change { without: vec![rule.clone()], ..change });
        }
        if self.target().is_some_and(|target| !target.demand.is_none()) {
            let mut change =
                same(format!("the manifest demands no stronger or more recent sign-in for `{}`", self.function));
            toggle(&mut change.release, &self.function, |target| target.demand = Demand::default());
            all.push(change);
        }
        if let Some(target) = self.target() {
            let words = [Access::Closed, Access::Members, Access::SignedIn, Access::Public];
            for access in words.into_iter().filter(|access| *access != target.access) {
                let mut change = same(format!("the manifest says `access = \"{access}\"` for `{}`", self.function));
                change.is_access = true;
                toggle(&mut change.release, &self.function, |target| target.access = access);
                all.push(change);
            }
        }
        all
    }

    /// In or out of each group that means something here, one at a time.
    fn groups(&self, id: PrincipalId, same: &dyn Fn(String) -> Change) -> Vec<Change> {
        let one = |(at, group): (usize, &ReleaseGroup)| {
            let (name, there) = (&group.name, group.holds(id));
            let words = if there {
                format!("they leave the group `{name}`: `serviceful groups take {name} {id}`")
            } else {
                format!("they are in the group `{name}`: `serviceful groups add {name} {id}`")
            };
            let mut change = same(words);
            if let Some(group) = change.release.groups.get_mut(at) {
                set(group, id, !there);
            }
            change
        };
        self.release.groups.iter().enumerate().take(GROUPS_MAX).map(one).collect()
    }

    fn memberships(&self, id: PrincipalId, role: Option<bool>, same: &dyn Fn(String) -> Change) -> Vec<Change> {
        let app = &self.release.app;
        let with = |words: String, role: Option<bool>| {
            let mut change = same(words);
            change.release.members.retain(|member| member.0 != id);
            change.release.members.extend(role.map(|admin| (id, admin)));
            change
        };
        let mut all = Vec::new();
        if role.is_some() {
            all.push(with(format!("they are taken out of `{app}`: `serviceful members {app} remove {id}`"), None));
        } else {
            all.push(with(format!("they are a member of `{app}`: `serviceful members {app} add {id}`"), Some(false)));
        }
        if role != Some(true) && matches!(self.caller, Caller::Person(_)) {
            all.push(with(
                format!("they are an admin of `{app}`: `serviceful members {app} add {id} --role admin`"),
                Some(true),
            ));
        }
        all
    }
}

/// Groups that are tried: each is a set of rules to read.
const GROUPS_MAX: usize = 20;

/// Puts somebody into a group, or takes them out.
fn set(group: &mut ReleaseGroup, id: PrincipalId, there: bool) {
    let mut people: Vec<PrincipalId> = group.people.iter().copied().filter(|known| *known != id).collect();
    if there {
        people.insert(people.partition_point(|known| *known < id), id);
    }
    group.people = people.into();
}

/// The groups that they are in, of those that mean something to the app.
fn groups_of(release: &Release, caller: &Caller) -> Vec<GroupName> {
    let Caller::Person(person) = caller else { return Vec::new() };
    release.groups.iter().filter(|group| group.holds(person.id)).map(|group| group.name.clone()).collect()
}

fn toggle(release: &mut Release, function: &FunctionName, change: impl FnOnce(&mut FunctionTarget)) {
    if let Some(target) = release.functions.iter_mut().find(|target| target.function == *function) {
        change(Arc::make_mut(target));
    }
}

fn reach(draft: &dyn Draft, caller: &Caller, function: &FunctionName) -> Option<Reach> {
    draft.reach(std::slice::from_ref(caller), function)?.pop()
}

/// A person whom the app does not know.
fn newcomer(release: &Release) -> Caller {
    let known = |id| release.members.iter().any(|member| member.0 == id) || release.groups.iter().any(|g| g.holds(id));
    let free = |n: &u8| !known(PrincipalId::from_bytes([*n; 16]));
    Caller::Person(Person {
        id: PrincipalId::from_bytes([(0..=u8::MAX).find(free).unwrap_or_default(); 16]),
        display_name: "somebody".into(),
        owner: false,
        disabled: false,
        assurance: Assurance::SingleFactor,
        authenticated_at: UnixMillis(0),
        credential: NO_CREDENTIAL,
    })
}

/// What the caller is told, and what to do.
fn words(denial: &Denial) -> (Option<String>, Option<String>) {
    match denial {
        Denial::NeedsIdentity => (Some("this needs a signed-in caller".to_owned()), None),
        Denial::Forbidden { sentence, next } => (Some(sentence.clone()), next.clone()),
        Denial::Nothing => (Some("there is nothing here".to_owned()), None),
        Denial::StepUp(demand) => (
            Some(format!("this needs a stronger or more recent sign-in ({demand})")),
            Some("in a browser the platform asks for it; `serviceful login` signs a command line in anew".to_owned()),
        ),
        Denial::Closed => (Some("this function is closed".to_owned()), None),
        Denial::Undeployed { .. } => (
            Some("nothing is deployed here yet".to_owned()),
            Some("deploy the app, or wait until its first deployment is ready".to_owned()),
        ),
    }
}

/// A control action.
struct Act {
    review: Arc<dyn ReviewPort>,
    release: Option<Release>,
    action: Action,
    caller: Caller,
    resource: Resource,
}

impl Act {
    fn ask(&self, caller: &Caller, release: Option<&Release>) -> Result<Decision, Problem> {
        match release {
            Some(release) => Ok(self.review.draft(release, &[])?.control(caller, self.action)),
            None => Ok(self.review.control(caller, self.action, &self.resource)),
        }
    }

    fn explain(&self) -> Result<Again, Problem> {
        let decision = self.ask(&self.caller, self.release.as_ref())?;
        let (may, rules, told, next) = match &decision {
            Decision::Allow { policies } => (control_api::Extent::Yes, policies, None, None),
            Decision::Deny { policies, denial } => {
                let (told, next) = words(denial);
                (control_api::Extent::No, policies, told, next)
            }
        };
        let groups = self.release.as_ref().map(|release| groups_of(release, &self.caller)).unwrap_or_default();
        let now = ExplainedNow { may, groups, rules: directory::names(rules), told, next, unknown: Vec::new() };
        let mut changes = Vec::new();
        for (words, caller, release) in self.candidates() {
            let then = self.ask(&caller, release.as_ref())?;
            let (then, rules) = match &then {
                Decision::Allow { policies } => (control_api::Extent::Yes, policies),
                Decision::Deny { policies, .. } => (control_api::Extent::No, policies),
            };
            if then != may {
                changes.push(ExplainedChange { change: words, may: then, rules: directory::names(rules) });
            }
        }
        Ok(Again { now: Some(now), changes })
    }

    fn candidates(&self) -> Vec<(String, Caller, Option<Release>)> {
        let Caller::Person(person) = &self.caller else { return Vec::new() };
        let mut all = Vec::new();
        if person.disabled {
            let caller = Caller::Person(Person { disabled: false, ..person.clone() });
            all.push((
                format!("they are enabled: `serviceful people enable {}`", person.id),
                caller,
                self.release.clone(),
            ));
        }
        if let Some(release) = &self.release {
            let app = &release.app;
            for (role, words) in [
                (None, format!("they do not belong to `{app}`")),
                (Some(false), format!("they are a member of `{app}`")),
                (Some(true), format!("they are an admin of `{app}`")),
            ] {
                let mut release = release.clone();
                release.members.retain(|member| member.0 != person.id);
                release.members.extend(role.map(|admin| (person.id, admin)));
                // One thing at a time: what they are through groups counts beside it, but for those who belong to it in no way.
                for group in release.groups.iter_mut().filter(|_| role.is_none()) {
                    set(group, person.id, false);
                }
                all.push((words, self.caller.clone(), Some(release)));
            }
        }
        let caller = Caller::Person(Person { owner: !person.owner, ..person.clone() });
        let words =
            if person.owner { "they are no owner of the platform" } else { "they are an owner of the platform" };
        all.push((words.to_owned(), caller, self.release.clone()));
        all
    }
}
