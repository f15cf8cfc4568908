//! The room's handle: decides, checks rules, takes releases in.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use cedar_policy::Authorizer;
use gateway::{
    ControlCall, Decide, Decision, Denial, Identified, Intent, PolicyPort, PolicyProblem, Release, ReleasePort,
    SignInCall,
};
use types::{AppName, Caller, FunctionName, FunctionTarget, Resource, UnixMillis};

use crate::{
    PolicyConfig, PolicyError,
    apps::Apps,
    base::Base,
    denial,
    facts::{self, Call},
    judge::{Question, Verdict, ask},
    memo::{Key, Memo},
    own::OwnRules,
    rules::{AppRules, FunctionRules},
};

/// The guardrail of what a function demands of a person (`policies/guardrails.cedar`).
const DEMAND_RULE: &str = "g-assurance";

/// Policy. Shared behind an `Arc`.
pub struct Service {
    pub(crate) base: Base,
    pub(crate) authorizer: Authorizer,
    pub(crate) apps: Apps,
    pub(crate) memo: Memo,
    generations: AtomicU64,
}

impl Service {
    /// Loads and validates the platform's rules. An error is a defect of this build.
    pub fn new(config: PolicyConfig) -> Result<Self, PolicyError> {
        Ok(Self {
            base: Base::load(config)?,
            authorizer: Authorizer::new(),
            apps: Apps::new(),
            memo: Memo::new(),
            generations: AtomicU64::new(0),
        })
    }

    /// The decision about a caller who wants this `at` that time, by `method` on `path` (canonical, without query).
    pub fn judge(&self, caller: &Caller, method: &str, path: &str, intent: &Intent, at: UnixMillis) -> Decision {
        let call = Call::new(caller, method, path, at);
        match intent {
            Intent::Invoke(target) => self.invoke(caller, call, target),
            Intent::Control(control) => self.control(caller, call, control),
            Intent::UnroutedControl => refused(denial::unrouted_control(caller)),
            Intent::SignIn(page) => self.pages(caller, call, page),
            // Which pages there are is no secret.
            Intent::UnroutedSignIn { .. } => refused(Denial::Nothing),
            Intent::Unrouted { app } => refused(denial::unrouted(self.apps.find(app).as_deref(), caller, app)),
            Intent::WrongMethod { app, .. } => self.wrong_method(caller, app),
        }
    }

    fn invoke(&self, caller: &Caller, call: Call<'_>, target: &Arc<FunctionTarget>) -> Decision {
        let Some(rules) = self.apps.find(&target.app) else { return refused(denial::no_rules(caller)) };
        let verdict = match rules.function(target) {
            Some(function) => self.remembered(&rules, function, caller, call),
            None => match rules.adopt(&self.base, target) {
                Ok(function) => Arc::new(self.evaluate(&rules, &function, caller, call)),
                Err(_) => Arc::new(Verdict::broken()),
            },
        };
        let policies = verdict.policies.clone();
        if verdict.allowed {
            return Decision::Allow { policies };
        }
        Decision::Deny { policies, denial: denial::invoke(&verdict, &rules, caller, target) }
    }

    fn remembered(&self, rules: &AppRules, function: &FunctionRules, caller: &Caller, call: Call<'_>) -> Arc<Verdict> {
        let method = call.method.parse().ok().filter(|_| !function.reads_path);
        let Some(method) = method else { return Arc::new(self.evaluate(rules, function, caller, call)) };
        let stale = function.target.demand.max_age_s.is_some_and(|max| call.auth_age_s > max);
        let key = Key::new(rules.generation, &function.target.function, caller, method, call.assurance, stale);
        if let Some(known) = self.memo.find(&key) {
            return known;
        }
        let verdict = Arc::new(self.evaluate(rules, function, caller, call));
        self.memo.keep(key, verdict.clone());
        verdict
    }

    /// The verdict; of one that what the function demands stands against also whether nothing else does.
    fn evaluate(&self, rules: &AppRules, function: &FunctionRules, caller: &Caller, call: Call<'_>) -> Verdict {
        let mut verdict = self.evaluate_as(rules, function, caller, call);
        if verdict.policies.iter().any(|id| &**id == DEMAND_RULE) && !verdict.broken {
            // The rules say which of them forbid, not whether any would permit: they are asked as if the demand were met.
            let met = call.after(&function.target.demand);
            verdict.in_reach = self.evaluate_as(rules, function, caller, met).allowed;
        }
        verdict
    }

    /// One evaluation of the rules that can match this function.
    fn evaluate_as(&self, rules: &AppRules, function: &FunctionRules, caller: &Caller, call: Call<'_>) -> Verdict {
        let words = &self.base.words;
        let Ok(principal) = facts::principal(words, caller, rules.groups(&self.base, caller)) else {
            return Verdict::broken();
        };
        let Some(action) = words.action(types::Action::Invoke) else { return Verdict::broken() };
        let others = vec![function.entity.clone(), rules.entity.clone()];
        let question = Question { principal, action, resource: &function.uid, others, call };
        ask(&self.authorizer, &function.set, question)
    }

    /// A sign-in page. Disabled people are strangers there; what they type in leads nowhere.
    fn pages(&self, caller: &Caller, call: Call<'_>, page: &SignInCall) -> Decision {
        let control = ControlCall {
            operation: page.name,
            action: page.action,
            resource: page.app.clone().map_or(Resource::Platform, Resource::App),
            params: Vec::new(),
            mutates: false,
        };
        self.control(caller, call, &control)
    }

    fn control(&self, caller: &Caller, call: Call<'_>, control: &ControlCall) -> Decision {
        let rules = control.resource.app().and_then(|app| self.apps.find(app));
        let verdict = self.control_verdict(rules.as_deref(), caller, call, control).unwrap_or_else(Verdict::broken);
        let policies = verdict.policies.clone();
        if verdict.allowed {
            return Decision::Allow { policies };
        }
        let member = rules.is_some_and(|rules| rules.is_member(caller));
        let denial = denial::control(&verdict, caller, control.action, &control.resource, member);
        Decision::Deny { policies, denial }
    }

    /// Control actions are rare: each is evaluated anew.
    fn control_verdict(
        &self,
        rules: Option<&AppRules>,
        caller: &Caller,
        call: Call<'_>,
        control: &ControlCall,
    ) -> Option<Verdict> {
        let words = &self.base.words;
        let (entity, groups) = match (&control.resource, rules) {
            (Resource::Platform, _) => {
                let deployer = caller.principal().is_some_and(|id| self.apps.is_deployer(id));
                (facts::platform(words), if deployer { vec![words.deployers.clone()] } else { Vec::new() })
            }
            (Resource::App(_), Some(rules)) => (rules.entity.clone(), rules.groups(&self.base, caller)),
            (Resource::App(app), None) => (facts::app(words, app).ok()?, Vec::new()),
            // No control action is about a function.
            (Resource::Function(..), _) => return None,
        };
        let principal = facts::principal(words, caller, groups).ok()?;
        let resource = entity.uid();
        let action = words.action(control.action)?;
        let question = Question { principal, action, resource: &resource, others: vec![entity], call };
        Some(ask(&self.authorizer, self.base.for_action(control.action)?, question))
    }

    /// Who may know the app's paths is told which methods one has: the permit leads to the 405 and to no work.
    fn wrong_method(&self, caller: &Caller, app: &AppName) -> Decision {
        let rules = self.apps.find(app);
        match denial::unrouted(rules.as_deref(), caller, app) {
            Denial::Nothing if rules.is_some() && *caller != Caller::Stranger => {
                Decision::Allow { policies: Arc::from([]) }
            }
            denial => refused(denial),
        }
    }
}

/// A deny that no rule was asked about.
fn refused(denial: Denial) -> Decision {
    Decision::Deny { policies: Arc::from([]), denial }
}

impl Decide for Service {
    fn decide(&self, identified: &Identified, intent: &Intent, at: UnixMillis) -> Decision {
        let head = identified.head();
        self.judge(identified.caller(), head.method.as_str(), head.uri.path(), intent, at)
    }
}

impl PolicyPort for Service {
    fn check(&self, app: &AppName, cedar: &str, functions: Option<&[FunctionName]>) -> Result<(), PolicyProblem> {
        let problem = |message| PolicyProblem { message };
        let rules = OwnRules::read(&self.base, app, cedar).map_err(problem)?;
        match functions {
            Some(functions) => rules.check_functions(app, &functions.iter().collect::<Vec<_>>()).map_err(problem),
            None => Ok(()),
        }
    }
}

impl ReleasePort for Service {
    fn publish(&self, release: &Arc<Release>) -> Result<(), String> {
        let generation = self.generations.fetch_add(1, Ordering::Relaxed);
        let rules = AppRules::of(&self.base, release, generation)?;
        if !self.apps.put(rules) {
            tracing::debug!(app.name = %release.app, app.version = release.version, "a newer release is in force already");
        }
        Ok(())
    }

    fn withdraw(&self, app: &AppName) {
        self.apps.remove(app);
    }
}
