//! Rules that can be asked without being in force: for whoever wants to know who may, before or after they count.
use std::{collections::HashMap, sync::Arc};

use cedar_policy::{Authorizer, Effect, EntityUid, Policy};
use gateway::{
    AppRoutes, Class, ControlCall, Decision, Draft, PolicyProblem, Probe, Reach, Reads, Release, Rule, Subject,
};
use types::{
    Action, AppName, Assurance, Caller, CredentialId, FunctionName, FunctionTarget, GroupName, Method, Person,
    PrincipalId, Resource, Service, UnixMillis,
};

use crate::{
    base::Base,
    denial, evaluate,
    facts::Call,
    judge::Verdict,
    own::{self, OwnRules},
    proof::{NOW, Proof},
    rules::{AppRules, FunctionRules},
    sight::{Named, Sight, ending, samples},
};

/// Paths that are tried for one function.
const PATHS_MAX: usize = 64;

/// A release as it would decide.
pub(crate) struct Drafted {
    pub(crate) base: Arc<Base>,
    authorizer: Authorizer,
    rules: AppRules,
    pub(crate) routes: AppRoutes,
    pub(crate) functions: Vec<Arc<FunctionTarget>>,
    pub(crate) named: Named,
    sights: HashMap<FunctionName, Sight>,
    own: Arc<OwnRules>,
}

/// A caller as rules see one: what else there is to a person makes no difference to any of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Alike {
    Stranger,
    Operator,
    Person { owner: bool, disabled: bool, admin: Option<bool>, groups: Vec<GroupName>, named: Option<PrincipalId> },
    Service { app: AppName, disabled: bool, member: bool, named: Option<Arc<str>> },
}

impl Drafted {
    pub(crate) fn new(base: &Arc<Base>, release: &Release, without: &[Arc<str>]) -> Result<Self, PolicyProblem> {
        let problem = |message| PolicyProblem { message };
        let own = match &release.cedar {
            Some(text) => {
                let mut own = OwnRules::read(base, &release.app, text).map_err(problem)?;
                own.rules.retain(|rule| !without.iter().any(|id| **id == *rule.policy.id().to_string()));
                Arc::new(own)
            }
            None => own::none(),
        };
        let rules = AppRules::with(base, release, 0, own.clone()).map_err(problem)?;
        let routes = AppRoutes::new(&release.functions).map_err(|e| problem(e.to_string()))?;
        let named = Named::of(base, &release.app, &own, &release.functions);
        let sights =
            rules.functions().map(|f| (f.target.function.clone(), Sight::of(&f.set, &f.target.demand))).collect();
        Ok(Self {
            base: base.clone(),
            authorizer: Authorizer::new(),
            rules,
            routes,
            functions: release.functions.clone(),
            named,
            sights,
            own,
        })
    }

    pub(crate) fn sight(&self, function: &FunctionName) -> Option<&Sight> {
        self.sights.get(function)
    }

    fn rules_of(&self, function: &FunctionName) -> Option<&FunctionRules> {
        self.rules.named(function)
    }

    /// Groups of a class, which needs no members to be asked about.
    fn groups_of(&self, class: Class) -> Vec<EntityUid> {
        let role = match class {
            Class::Member | Class::MemberService => Some(false),
            Class::Admin => Some(true),
            Class::Stranger | Class::SignedIn | Class::Owner | Class::Service | Class::Operator => None,
        };
        self.rules.groups_of_role(&self.base, role)
    }

    /// The app's groups of people, by name.
    pub(crate) fn group_names(&self) -> impl Iterator<Item = &GroupName> {
        self.rules.groups.iter().map(|group| &group.name)
    }

    /// Whether those whom this means belong to the app: what grows with it is for them.
    pub(crate) fn belongs(&self, who: &Subject) -> bool {
        match who {
            Subject::Class(class) => matches!(class, Class::Member | Class::Admin | Class::MemberService),
            Subject::Group(name) => self.rules.groups.iter().any(|group| group.name == *name && group.admin.is_some()),
            Subject::Person(_) | Subject::Service(_) => false,
        }
    }

    /// Somebody of the class whom no rule names, `named` or this release's.
    pub(crate) fn somebody(&self, class: Class, named: &Named) -> Caller {
        let free = |n: &u8| !named.people.contains(&PrincipalId::from_bytes([*n; 16]));
        let id = PrincipalId::from_bytes([(0..=u8::MAX).find(free).unwrap_or_default(); 16]);
        let credential = CredentialId::from_bytes([0; 16]);
        let person = |owner| {
            Caller::Person(Person {
                id,
                display_name: class.as_str().into(),
                owner,
                disabled: false,
                assurance: Assurance::SingleFactor,
                authenticated_at: UnixMillis(0),
                credential,
            })
        };
        match class {
            Class::Stranger => Caller::Stranger,
            Class::Operator => Caller::Operator { uid: 0 },
            Class::SignedIn | Class::Member | Class::Admin => person(false),
            Class::Owner => person(true),
            Class::Service | Class::MemberService => {
                // A rule may name a service account that cannot be, so even this has to be looked for.
                let mut name = String::from("~");
                while named.services.iter().any(|known| **known == *name) {
                    name.push('~');
                }
                let app = self.rules.app.clone();
                Caller::Service(Service { id, name: name.into(), app, disabled: false, credential })
            }
        }
    }

    /// The caller behind a subject, and its groups here.
    pub(crate) fn subject(&self, subject: &Subject, named: &Named, directory: &[Caller]) -> (Caller, Vec<EntityUid>) {
        let credential = CredentialId::from_bytes([0; 16]);
        let found = |is: &dyn Fn(&Caller) -> bool| directory.iter().find(|caller| is(caller)).cloned();
        let caller = match subject {
            Subject::Class(class) => return (self.somebody(*class, named), self.groups_of(*class)),
            Subject::Group(name) => {
                return (self.somebody(Class::SignedIn, named), self.rules.groups_in(&self.base, name));
            }
            Subject::Person(id) => {
                let known = found(&|caller| matches!(caller, Caller::Person(person) if person.id == *id));
                known.unwrap_or_else(|| {
                    Caller::Person(Person {
                        id: *id,
                        display_name: id.to_string().into(),
                        owner: false,
                        disabled: false,
                        assurance: Assurance::SingleFactor,
                        authenticated_at: UnixMillis(0),
                        credential,
                    })
                })
            }
            Subject::Service(name) => {
                let app = &self.rules.app;
                let is = |caller: &Caller| matches!(caller, Caller::Service(s) if s.app == *app && s.name == *name);
                found(&is).unwrap_or_else(|| {
                    let (id, app) = (PrincipalId::from_bytes([0; 16]), app.clone());
                    Caller::Service(Service { id, name: name.clone(), app, disabled: false, credential })
                })
            }
        };
        let groups = self.rules.groups(&self.base, &caller);
        (caller, groups)
    }

    /// One evaluation, of a caller in groups that may be supposed, who calls at [`NOW`].
    pub(crate) fn verdict(
        &self,
        function: &FunctionName,
        caller: &Caller,
        groups: &[EntityUid],
        way: &Probe,
    ) -> Verdict {
        let Some(function) = self.rules_of(function) else { return Verdict::broken() };
        let call = Call::new(caller, way.method.as_str(), &way.path, NOW);
        evaluate::once((&self.base, &self.authorizer), (&self.rules, function), caller, groups, call)
    }

    /// The ways to call a function that its rules can tell apart.
    fn ways(&self, target: &FunctionTarget) -> Vec<Probe> {
        let Some(sight) = self.sights.get(&target.function) else { return Vec::new() };
        let all: Vec<Method> = match target.route.method() {
            Some(Method::Get) => vec![Method::Get, Method::Head],
            Some(one) => vec![one],
            None => Method::ALL.to_vec(),
        };
        let methods = if sight.reads.method { all.as_slice() } else { all.get(..1).unwrap_or_default() };
        let mut paths = samples(&target.route);
        if sight.reads.path {
            paths.extend(sight.paths.iter().cloned());
            paths.extend(sight.ends.iter().flat_map(|end| ending(&target.route, end)));
        } else {
            paths.truncate(1);
        }
        paths.truncate(PATHS_MAX);
        let leads_here =
            |way: &Probe| self.routes.find(way.method, &way.path).is_some_and(|f| f.function == target.function);
        let ways = methods
            .iter()
            .flat_map(|method| paths.iter().map(|path| Probe { method: *method, path: path.as_str().into() }));
        let ways: Vec<Probe> = ways.filter(leads_here).collect();
        if !ways.is_empty() {
            return ways;
        }
        // Other routes take all that was thought of; the route itself is still something that rules can be asked about.
        samples(&target.route)
            .into_iter()
            .take(1)
            .map(|path| Probe { method: all.first().copied().unwrap_or(Method::Get), path: path.into() })
            .collect()
    }

    fn reach_of(&self, target: &FunctionTarget, caller: &Caller, groups: &[EntityUid]) -> Reach {
        let mut reach = Reach { tried: 0, allowed: 0, rules: Vec::new(), example: None };
        let Some(sight) = self.sights.get(&target.function) else { return reach };
        let proofs = match caller {
            Caller::Person(_) => Proof::all(sight.reads, &sight.ages_s),
            Caller::Stranger | Caller::Service(_) | Caller::Operator { .. } => {
                Proof::all(Reads::default(), &sight.ages_s)
            }
        };
        let mut weakest: Option<Proof> = None;
        for way in self.ways(target) {
            for proof in &proofs {
                let verdict = self.verdict(&target.function, &proof.of(caller), groups, &way);
                reach.tried += 1;
                if !verdict.allowed {
                    continue;
                }
                reach.allowed += 1;
                reach.rules.extend(verdict.policies.iter().cloned());
                if weakest.is_none_or(|known| proof.rank() < known.rank()) {
                    weakest = Some(*proof);
                    reach.example = Some((way.clone(), proof.shown(caller, sight.reads)));
                }
            }
        }
        reach.rules.sort();
        reach.rules.dedup();
        reach
    }

    fn alike(&self, caller: &Caller) -> Alike {
        match caller {
            Caller::Stranger => Alike::Stranger,
            Caller::Operator { .. } => Alike::Operator,
            Caller::Person(person) => Alike::Person {
                owner: person.owner,
                disabled: person.disabled,
                admin: self.rules.role(caller),
                groups: self.rules.groups_with(caller).map(|group| group.name.clone()).collect(),
                named: Some(person.id).filter(|id| self.named.people.contains(id)),
            },
            Caller::Service(service) => Alike::Service {
                app: service.app.clone(),
                disabled: service.disabled,
                member: self.rules.is_member(caller),
                named: Some(service.name.clone()).filter(|name| self.named.services.contains(name)),
            },
        }
    }
}

impl Draft for Drafted {
    fn function_at(&self, method: Method, path: &str) -> Option<Arc<FunctionTarget>> {
        self.routes.find(method, path).cloned()
    }

    fn decide(&self, caller: &Caller, function: &FunctionName, way: &Probe, at: UnixMillis) -> Option<Decision> {
        let rules = self.rules_of(function)?;
        let call = Call::new(caller, way.method.as_str(), &way.path, at);
        let groups = self.rules.groups(&self.base, caller);
        let verdict = evaluate::invoke((&self.base, &self.authorizer), (&self.rules, rules), caller, &groups, call);
        let policies = verdict.policies.clone();
        if verdict.allowed {
            return Some(Decision::Allow { policies });
        }
        Some(Decision::Deny { policies, denial: denial::invoke(&verdict, &self.rules, caller, &rules.target) })
    }

    fn reach(&self, callers: &[Caller], function: &FunctionName) -> Option<Vec<Reach>> {
        let target = &self.rules_of(function)?.target;
        let mut known: HashMap<Alike, Reach> = HashMap::new();
        let one = |caller: &Caller| {
            let groups = || self.rules.groups(&self.base, caller);
            known.entry(self.alike(caller)).or_insert_with(|| self.reach_of(target, caller, &groups())).clone()
        };
        Some(callers.iter().map(one).collect())
    }

    fn classes(&self, function: &FunctionName) -> Option<Vec<(Class, Reach)>> {
        let target = &self.rules_of(function)?.target;
        let one = |class: &Class| {
            let caller = self.somebody(*class, &self.named);
            (*class, self.reach_of(target, &caller, &self.groups_of(*class)))
        };
        Some(Class::ALL.iter().map(one).collect())
    }

    fn groups(&self, function: &FunctionName) -> Option<Vec<(GroupName, Reach)>> {
        let target = &self.rules_of(function)?.target;
        let somebody = self.somebody(Class::SignedIn, &self.named);
        let one = |name: &GroupName| {
            (name.clone(), self.reach_of(target, &somebody, &self.rules.groups_in(&self.base, name)))
        };
        Some(self.group_names().map(one).collect())
    }

    fn reads(&self, function: &FunctionName) -> Option<Reads> {
        self.sights.get(function).map(|sight| sight.reads)
    }

    fn way(&self, function: &FunctionName) -> Option<Probe> {
        let target = &self.rules_of(function)?.target;
        self.ways(target).into_iter().next()
    }

    fn control(&self, caller: &Caller, action: Action) -> Decision {
        let resource = Resource::App(self.rules.app.clone());
        let call = ControlCall { operation: "review", action, resource, params: Vec::new(), mutates: false };
        let deployer = self.rules.role(caller) == Some(true);
        let asked = Call::new(caller, "GET", "/", NOW);
        evaluate::control((&self.base, &self.authorizer), Some(&self.rules), deployer, caller, asked, &call)
    }

    fn rule(&self, id: &str) -> Option<Rule> {
        shown(self.own.rules.iter().map(|rule| &rule.policy).chain(&self.base.all), id)
    }
}

/// The rule with this id, for people.
pub(crate) fn shown<'p>(mut rules: impl Iterator<Item = &'p Policy>, id: &str) -> Option<Rule> {
    rules.find(|policy| policy.id().to_string() == id).map(|policy| Rule {
        id: id.into(),
        of_app: id.starts_with("app:"),
        permits: policy.effect() == Effect::Permit,
        text: policy.to_string(),
    })
}
