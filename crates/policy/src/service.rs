//! The room's handle: decides, checks rules, takes releases in.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use cedar_policy::Authorizer;
use gateway::{
    Answered, Ask, ControlCall, Decide, Decision, Declared, Denial, Draft, Identified, Intent, PolicyPort,
    PolicyProblem, Release, ReleasePort, ReviewPort, Rule, SignInCall, Widening,
};
use types::{Action, AppName, Caller, FunctionTarget, Resource, UnixMillis};

use crate::{
    PolicyConfig, PolicyError,
    apps::Apps,
    base::Base,
    denial,
    draft::{self, Drafted},
    evaluate,
    facts::Call,
    judge::Verdict,
    memo::{Key, Memo},
    own::OwnRules,
    proof::NOW,
    rules::{AppRules, FunctionRules},
    widening::widening,
};

/// Policy. Shared behind an `Arc`.
pub struct Service {
    pub(crate) base: Arc<Base>,
    pub(crate) authorizer: Authorizer,
    pub(crate) apps: Apps,
    pub(crate) memo: Memo,
    generations: AtomicU64,
}

impl Service {
    /// Loads and validates the platform's rules. An error is a defect of this build.
    pub fn new(config: PolicyConfig) -> Result<Self, PolicyError> {
        Ok(Self {
            base: Arc::new(Base::load(config)?),
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
            // Which methods a path of the API has is in its description. The permit leads to the 405 and to no work.
            Intent::ControlMethod { .. } => match denial::unrouted_control(caller) {
                Denial::Nothing => Decision::Allow { policies: Arc::from([]) },
                denial => refused(denial),
            },
            Intent::SignIn(page) => self.pages(caller, call, page),
            // Which pages there are is no secret, nor how they are asked for: the permit leads to the 405 and to no work.
            Intent::UnroutedSignIn { allowed, .. } if !allowed.is_empty() => {
                Decision::Allow { policies: Arc::from([]) }
            }
            Intent::UnroutedSignIn { .. } => refused(Denial::Nothing),
            Intent::Unrouted { app } => refused(denial::unrouted(self.apps.find(app).as_deref(), caller, app)),
            Intent::WrongMethod { app, .. } => self.wrong_method(caller, app),
        }
    }

    pub(crate) fn invoke(&self, caller: &Caller, call: Call<'_>, target: &Arc<FunctionTarget>) -> Decision {
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
        // For whom somebody acts is no part of the key.
        let method = call.method.parse().ok().filter(|_| !function.unkeyed && call.on_behalf_of.is_none());
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

    fn evaluate(&self, rules: &AppRules, function: &FunctionRules, caller: &Caller, call: Call<'_>) -> Verdict {
        let groups = rules.groups(&self.base, caller);
        evaluate::invoke((&self.base, &self.authorizer), (rules, function), caller, &groups, call)
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
        let deployer = caller.principal().is_some_and(|id| self.apps.is_deployer(id));
        evaluate::control((&self.base, &self.authorizer), rules.as_deref(), deployer, caller, call, control)
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

impl Ask for Service {
    fn ask(&self, question: &gateway::Question<'_>) -> Answered {
        let gateway::Question { target, caller, method, path, at, action, resource } = *question;
        // The app is being removed.
        let Some(rules) = self.apps.find(&target.app) else { return Answered::Denied(Arc::from([])) };
        let Some(action) = rules.action(action) else {
            return Answered::Unknown { known: rules.actions().cloned().collect() };
        };
        let call = Call::new(caller, method, path, at);
        let verdict = evaluate::own((&self.base, &self.authorizer), (&rules, action), caller, resource, call);
        if verdict.allowed { Answered::Allowed(verdict.policies) } else { Answered::Denied(verdict.policies) }
    }
}

impl PolicyPort for Service {
    fn check(&self, app: &AppName, cedar: &str, declared: Option<Declared<'_>>) -> Result<(), PolicyProblem> {
        let problem = |message| PolicyProblem { message };
        let rules = OwnRules::read(&self.base, app, cedar).map_err(problem)?;
        let Some(Declared { functions, groups }) = declared else { return Ok(()) };
        rules.check_functions(app, &functions.iter().collect::<Vec<_>>()).map_err(problem)?;
        rules.check_groups(app, &groups.iter().collect::<Vec<_>>()).map_err(problem)
    }
}

impl ReviewPort for Service {
    fn draft(&self, release: &Release, without: &[Arc<str>]) -> Result<Arc<dyn Draft>, PolicyProblem> {
        Ok(Arc::new(Drafted::new(&self.base, release, without)?))
    }

    fn widening(
        &self,
        before: Option<&Release>,
        after: &Release,
        directory: &[Caller],
    ) -> Result<Widening, PolicyProblem> {
        let before = before.map(|release| Drafted::new(&self.base, release, &[])).transpose()?;
        Ok(widening(before.as_ref(), &Drafted::new(&self.base, after, &[])?, directory))
    }

    fn rule(&self, id: &str) -> Option<Rule> {
        draft::shown(self.base.all.iter(), id)
    }

    fn control(&self, caller: &Caller, action: Action, resource: &Resource) -> Decision {
        let call =
            ControlCall { operation: "review", action, resource: resource.clone(), params: Vec::new(), mutates: false };
        Self::control(self, caller, Call::new(caller, "GET", "/", NOW), &call)
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
