//! Rules that know the five access words and who is a member, and nothing else.
use std::sync::Arc;

use gateway::{
    Class, Decision, Denial, Draft, Gain, PolicyProblem, Probe, Reach, Reads, Release, ReleaseGroup, ReviewPort, Rule,
    Subject, Widening,
};
use types::{Access, Action, Caller, FunctionName, FunctionTarget, GroupName, Method, Resource, UnixMillis};

pub(in crate::tests) struct FakeReview;

struct FakeDraft(Release);

fn decision(allowed: bool, rule: &str) -> Decision {
    let policies: Arc<[Arc<str>]> = Arc::from([Arc::from(rule)]);
    if allowed {
        Decision::Allow { policies }
    } else {
        let denial = Denial::Forbidden { sentence: "no".into(), next: Some("ask".into()) };
        Decision::Deny { policies: Arc::from([]), denial }
    }
}

impl FakeDraft {
    fn target(&self, function: &FunctionName) -> Option<&Arc<FunctionTarget>> {
        self.0.functions.iter().find(|target| target.function == *function)
    }

    fn allows(&self, caller: &Caller, target: &FunctionTarget) -> bool {
        let member = caller.principal().is_some_and(|id| {
            let through = self.0.groups.iter().any(|group| group.admin.is_some() && group.holds(id));
            through || self.0.members.iter().any(|member| member.0 == id)
        });
        match (target.access, caller) {
            (_, Caller::Person(person)) if person.disabled => false,
            (Access::Public, _) => true,
            (Access::SignedIn, Caller::Person(_)) => true,
            (Access::Members, _) => member,
            _ => false,
        }
    }
}

fn way() -> Probe {
    Probe { method: Method::Get, path: "/menu".into() }
}

impl Draft for FakeDraft {
    fn function_at(&self, _: Method, _: &str) -> Option<Arc<FunctionTarget>> {
        None
    }
    fn decide(&self, caller: &Caller, function: &FunctionName, _: &Probe, _: UnixMillis) -> Option<Decision> {
        let target = self.target(function)?;
        Some(decision(self.allows(caller, target), target.access.as_str()))
    }
    fn reach(&self, callers: &[Caller], function: &FunctionName) -> Option<Vec<Reach>> {
        let target = self.target(function)?;
        let one = |caller: &Caller| {
            let allowed = usize::from(self.allows(caller, target));
            let rules = if allowed == 1 { vec![Arc::from(target.access.as_str())] } else { Vec::new() };
            Reach { tried: 1, allowed, rules, example: None }
        };
        Some(callers.iter().map(one).collect())
    }
    fn classes(&self, function: &FunctionName) -> Option<Vec<(Class, Reach)>> {
        let reach = self.reach(&[Caller::Stranger], function)?.pop()?;
        Some(vec![(Class::Stranger, reach)])
    }
    fn groups(&self, function: &FunctionName) -> Option<Vec<(GroupName, Reach)>> {
        let target = self.target(function)?;
        let one = |group: &ReleaseGroup| {
            let allowed = usize::from(group.admin.is_some() && target.access == Access::Members);
            (group.name.clone(), Reach { tried: 1, allowed, rules: Vec::new(), example: None })
        };
        Some(self.0.groups.iter().map(one).collect())
    }
    fn reads(&self, _: &FunctionName) -> Option<Reads> {
        Some(Reads::default())
    }
    fn way(&self, _: &FunctionName) -> Option<Probe> {
        Some(way())
    }
    fn control(&self, caller: &Caller, _: Action) -> Decision {
        let admin = caller.principal().is_some_and(|id| self.0.members.contains(&(id, true)));
        let owner = matches!(caller, Caller::Person(person) if person.owner);
        decision(admin || owner, if owner { "owner" } else { "admin" })
    }
    fn rule(&self, id: &str) -> Option<Rule> {
        FakeReview.rule(id)
    }
}

impl ReviewPort for FakeReview {
    fn draft(&self, release: &Release, _: &[Arc<str>]) -> Result<Arc<dyn Draft>, PolicyProblem> {
        Ok(Arc::new(FakeDraft(release.clone())))
    }

    /// Strangers gain what is public now and was not before.
    fn widening(&self, before: Option<&Release>, after: &Release, _: &[Caller]) -> Result<Widening, PolicyProblem> {
        let open = |release: &Release, name: &FunctionName| {
            release.functions.iter().any(|target| target.function == *name && target.access == Access::Public)
        };
        let new = after.functions.iter().filter(|target| {
            open(after, &target.function) && !before.is_some_and(|before| open(before, &target.function))
        });
        let gains = new.map(|target| Gain {
            function: target.function.clone(),
            route: target.route.clone(),
            who: Subject::Class(Class::Stranger),
            belongs: false,
            fresh: before.is_none(),
            partly: false,
            example: way(),
            shown: None,
            demand: target.demand,
            rules: vec!["public".into()],
        });
        Ok(Widening { gains: gains.collect(), cut_short: false })
    }

    fn rule(&self, id: &str) -> Option<Rule> {
        let known = Access::ALL.iter().any(|word| word.as_str() == id);
        known.then(|| Rule { id: id.into(), of_app: false, permits: true, text: "permit (…);".into() })
    }

    fn control(&self, caller: &Caller, _: Action, _: &Resource) -> Decision {
        decision(matches!(caller, Caller::Person(person) if person.owner), "owner")
    }
}
