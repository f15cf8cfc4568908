//! An app's own rules: what may be in them, and which of them can match which function.
use std::{collections::HashSet, str::FromStr, sync::Arc};

use cedar_policy::{
    ActionConstraint, Effect, EntityUid, Policy, PolicyId, PolicySet, ResourceConstraint, ValidationMode,
    ffi::DetailedError,
};
use types::{Action, AppName, FunctionName, GroupName};

use crate::{
    base::{Base, set_of},
    own_actions,
    place::{place, short},
    shape,
};

/// Bytes of an app's Cedar file.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Rules in it.
pub const POLICIES_MAX: usize = 200;

/// What a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    App,
    Function(FunctionName),
    /// Actions of the app's own.
    Actions(Vec<Arc<str>>),
}

/// One accepted rule.
#[derive(Debug, Clone)]
pub(crate) struct OwnRule {
    pub(crate) policy: Policy,
    pub(crate) scope: Scope,
    /// It reads more of the context than method and assurance, so decisions with it are not remembered.
    pub(crate) unkeyed: bool,
    /// Functions that it names anywhere.
    names: Vec<FunctionName>,
    /// Groups of the platform that it names anywhere.
    pub(crate) groups: Vec<GroupName>,
}

/// The accepted rules of an app.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnRules {
    pub(crate) rules: Vec<OwnRule>,
}

impl OwnRules {
    /// Reads and checks a file. The error says where, what, and what to write; it is for the app's author.
    pub(crate) fn read(base: &Base, app: &AppName, text: &str) -> Result<Self, String> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(format!("the Cedar file is {} bytes long; write at most {TEXT_BYTES_MAX}", text.len()));
        }
        let starts = shape::scan(text, POLICIES_MAX)?.starts;
        let parsed = PolicySet::from_str(text).map_err(|e| syntax(text, &e))?;
        if let Some(template) = parsed.templates().next() {
            let at = position(&starts, template.id());
            return Err(format!(
                "{}: a rule may not have the slots `?principal` or `?resource`; name the entity itself",
                place(text, at)
            ));
        }
        let mut rules = Vec::new();
        let mut ids = HashSet::new();
        for policy in parsed.policies() {
            let at = position(&starts, policy.id());
            let refuse = |why: String| format!("{}: {why}", place(text, at));
            let id = id_of(policy).map_err(refuse)?;
            if !ids.insert(id.clone()) {
                return Err(refuse(format!("another rule has `@id(\"{}\")` too; give each its own", short(&id, 60))));
            }
            rules.push((at, OwnRule::of(base, app, policy, &id).map_err(refuse)?));
        }
        rules.sort_by_key(|(at, _)| *at);
        own_actions::check(rules.iter().map(|(_, rule)| rule))
            .map_err(|(index, why)| format!("{}: {why}", place(text, rules.get(index).map_or(0, |(at, _)| *at))))?;
        validate(base, text, &rules)?;
        Ok(Self { rules: rules.into_iter().map(|(_, rule)| rule).collect() })
    }

    /// SECURITY: a `forbid` for a misspelt function would protect nothing and look as if it did.
    pub(crate) fn check_functions(&self, app: &AppName, known: &[&FunctionName]) -> Result<(), String> {
        for rule in &self.rules {
            if let Some(name) = rule.names.iter().find(|name| !known.contains(name)) {
                let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
                return Err(format!(
                    "rule `{}` names function `{name}`, which `{app}` does not have; its functions are {}",
                    rule.policy.id(),
                    list.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// SECURITY: as for functions. That a rule says something about a group is in the manifest, too, where whoever looks after the
    /// platform finds it, and a group that is not there is missed when the app is deployed.
    pub(crate) fn check_groups(&self, app: &AppName, declared: &[&GroupName]) -> Result<(), String> {
        for rule in &self.rules {
            if let Some(name) = rule.groups.iter().find(|name| !declared.contains(name)) {
                return Err(format!(
                    "rule `{}` names group `{name}`, which `{app}` does not declare; add `groups = [\"{name}\"]` to serviceful.toml",
                    rule.policy.id()
                ));
            }
        }
        Ok(())
    }

    /// The rules that can match a call of this function.
    pub(crate) fn of_function<'a>(&'a self, function: &'a FunctionName) -> impl Iterator<Item = &'a OwnRule> {
        self.rules.iter().filter(move |rule| match &rule.scope {
            Scope::App => true,
            Scope::Function(name) => name == function,
            Scope::Actions(_) => false,
        })
    }

    /// Whether a rule lets anybody call anything.
    pub(crate) fn permits_any(&self) -> bool {
        let calls = |rule: &&OwnRule| !matches!(rule.scope, Scope::Actions(_));
        self.rules.iter().filter(calls).any(|rule| rule.policy.effect() == Effect::Permit)
    }
}

impl OwnRule {
    fn of(base: &Base, app: &AppName, policy: &Policy, id: &str) -> Result<Self, String> {
        let scope = match own_actions::named(&base.words, policy)? {
            Some(actions) => Scope::Actions(actions),
            None => {
                check_action(base, policy)?;
                scope_of(base, app, policy)?
            }
        };
        let (mut names, mut groups) = (Vec::new(), Vec::new());
        for literal in policy.entity_literals() {
            check_literal(base, app, &literal)?;
            groups.extend(base.words.group_of(&literal));
            if *literal.type_name() == base.words.function {
                names.extend(function_of(app, &literal));
            }
        }
        let policy = policy.new_id(PolicyId::new(format!("app:{id}")));
        let uses = uses_of(&policy).ok_or("this rule is too large; split it")?;
        // SECURITY: Cedar has a type for addresses. Nothing here gives one to a rule, and no rule may pretend that something does.
        if uses.addresses > 0 {
            return Err(
                "a rule cannot talk about network addresses, because position grants nothing here; remove `ip`".into(),
            );
        }
        let unkeyed = uses.any > uses.harmless;
        Ok(Self { policy, scope, unkeyed, names, groups })
    }
}

fn id_of(policy: &Policy) -> Result<String, String> {
    let Some(id) = policy.annotation("id") else {
        // Cedar's `policy0` becomes `rule-1`: people count from one.
        let number = policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or_default();
        return Ok(format!("rule-{}", number.saturating_add(1)));
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if id.is_empty() || id.len() > 60 || !id.bytes().all(word) {
        return Err(format!("`@id(\"{}\")` must be 1 to 60 letters, digits, `-`, `_` or `.`", short(id, 60)));
    }
    Ok(id.to_owned())
}

fn check_action(base: &Base, policy: &Policy) -> Result<(), String> {
    let invoke = base.words.action(Action::Invoke);
    match policy.action_constraint() {
        ActionConstraint::Eq(action) if Some(&action) == invoke => Ok(()),
        _ => Err("an app's rule is about calling its functions, or about actions of its own; write `action == Sf::Action::\"invoke\"`, or `action == App::Action::\"…\"`".into()),
    }
}

fn scope_of(base: &Base, app: &AppName, policy: &Policy) -> Result<Scope, String> {
    let whole = base.words.app_uid(app);
    let of_app = match policy.resource_constraint() {
        ResourceConstraint::Eq(uid) => {
            return function_of(app, &uid)
                .filter(|_| *uid.type_name() == base.words.function)
                .map(Scope::Function)
                .ok_or_else(|| resource_advice(app));
        }
        ResourceConstraint::In(uid) => uid == whole,
        ResourceConstraint::IsIn(kind, uid) => kind == base.words.function && uid == whole,
        ResourceConstraint::Any | ResourceConstraint::Is(_) => false,
    };
    if of_app { Ok(Scope::App) } else { Err(resource_advice(app)) }
}

fn resource_advice(app: &AppName) -> String {
    format!(
        "a rule of `{app}` is about its own functions only; write `resource == Sf::Function::\"{app}/<function>\"` or `resource in Sf::App::\"{app}\"`"
    )
}

/// The function's name when the id is `<app>/<function>`.
fn function_of(app: &AppName, uid: &EntityUid) -> Option<FunctionName> {
    let name = uid.id().unescaped().strip_prefix(app.as_str())?.strip_prefix('/')?;
    FunctionName::parse(name).ok()
}

/// Every entity that a rule names, in its scope or its conditions, is the app's own, or a person, or nobody's.
fn check_literal(base: &Base, app: &AppName, uid: &EntityUid) -> Result<(), String> {
    let (words, kind) = (&base.words, uid.type_name());
    let own = |uid: &EntityUid| uid.id().unescaped().strip_prefix(app.as_str()).is_some_and(|r| r.starts_with('/'));
    let fits = if *kind == words.app {
        *uid == words.app_uid(app)
    } else if *kind == words.function {
        function_of(app, uid).is_some()
    } else if *kind == words.group {
        *uid == words.members_uid(app) || *uid == words.admins_uid(app) || words.group_of(uid).is_some()
    } else if *kind == words.workload {
        own(uid)
    } else if *kind == *words.platform.type_name() {
        false
    } else if *kind == words.own_action || *kind == words.own_resource {
        // There are no others than this app's: each app is asked about with its own rules alone.
        true
    } else if *kind == words.user {
        uid.id().unescaped().parse::<types::PrincipalId>().is_ok()
    } else if let Some(invoke) = words.action(Action::Invoke).filter(|invoke| invoke.type_name() == kind) {
        uid == invoke
    } else {
        *uid == words.anonymous || *uid == words.operator
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "`{}` does not belong to `{app}`; a rule may name `Sf::Function::\"{app}/<function>\"`, `Sf::App::\"{app}\"`, `Sf::Group::\"{app}/members\"`, `Sf::Group::\"{app}/admins\"`, `Sf::Group::\"group:<name>\"`, `Sf::Workload::\"{app}/<service account>\"` and `Sf::User::\"p-…\"`",
        short(&uid.to_string(), 120)
    ))
}

fn validate(base: &Base, text: &str, rules: &[(usize, OwnRule)]) -> Result<(), String> {
    let set = set_of(rules.iter().map(|(_, rule)| rule.policy.clone()).collect()).map_err(|e| e.to_string())?;
    let actions = own_actions::all(rules.iter().map(|(_, rule)| rule));
    let own = if actions.is_empty() { None } else { Some(own_actions::validator(&actions)?) };
    let result = own.as_ref().unwrap_or(&base.validator).validate(&set, ValidationMode::Strict);
    let errors = result.validation_errors().map(|e| (e.policy_id(), DetailedError::from(e)));
    // A warning (a rule that can never match, look-alike letters) is a mistake or an attack on the reader.
    let warnings = result.validation_warnings().map(|w| (w.policy_id(), DetailedError::from(w)));
    let Some((id, e)) = errors.chain(warnings).next() else { return Ok(()) };
    let start = rules.iter().find(|(_, rule)| rule.policy.id() == id).map_or(0, |(at, _)| *at);
    Err(told(text, start, &e))
}

fn syntax(text: &str, errors: &cedar_policy::ParseErrors) -> String {
    told(text, 0, &DetailedError::from(errors))
}

/// Cedar's own words with our position.
fn told(text: &str, otherwise: usize, e: &DetailedError) -> String {
    let at = e.source_locations.first().map_or(otherwise, |label| label.loc.start);
    let help = e.help.as_deref().map(|help| format!("; {}", short(help, 300))).unwrap_or_default();
    format!("{}: {}{help}", place(text, at), short(&e.message, 400))
}

/// Cedar names the rules of a text `policy0`, `policy1`, … in their order.
fn position(starts: &[usize], id: &PolicyId) -> usize {
    let number = id.to_string().trim_start_matches("policy").parse::<usize>().ok();
    number.and_then(|n| starts.get(n)).copied().unwrap_or(0)
}

/// What a rule mentions; `None` when that cannot be told.
fn uses_of(policy: &Policy) -> Option<Uses> {
    uses(&policy.to_json().ok()?)
}

#[derive(Default)]
struct Uses {
    any: usize,
    harmless: usize,
    addresses: usize,
}

/// Counts mentions of `context`, those of them that are `context.method` or `context.assurance`, and of addresses; `None` when the
/// rule is too large to tell. In doubt about a mention, it is not harmless.
fn uses(json: &serde_json::Value) -> Option<Uses> {
    let mut uses = Uses::default();
    let mut open = vec![json];
    // INVARIANT: a rule has at most `RULE_TOKENS_MAX` tokens, each of which makes a few JSON values.
    for _ in 0..100_000 {
        let Some(value) = open.pop() else { return Some(uses) };
        match value {
            serde_json::Value::Object(map) => {
                for (key, inner) in map {
                    uses.any += usize::from(key == "Var" && inner == "context");
                    uses.harmless += usize::from(key == "." && is_harmless(inner));
                    uses.addresses += usize::from(key == "ip");
                    open.push(inner);
                }
            }
            serde_json::Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    None
}

/// Whether it reads what decisions are remembered under. SECURITY: anything else here, and a decision about one path or one moment
/// is remembered for others.
fn is_harmless(access: &serde_json::Value) -> bool {
    let of_context = access.get("left").and_then(|left| left.get("Var")).is_some_and(|var| var == "context");
    of_context && access.get("attr").is_some_and(|attr| attr == "method" || attr == "assurance")
}

/// Shared by releases whose app has no rules of its own.
pub(crate) fn none() -> Arc<OwnRules> {
    Arc::new(OwnRules::default())
}
