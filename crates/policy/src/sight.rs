//! What rules look at, so that whoever asks about them knows which questions differ: parts of the request, paths that they name,
//! people and service accounts that they name.
use std::{collections::BTreeSet, sync::Arc};

use cedar_policy::{Policy, PolicySet};
use gateway::Reads;
use serde_json::Value;
use types::{AppName, Assurance, Demand, FunctionTarget, PrincipalId, RoutePattern};

use crate::{
    base::Base,
    evaluate::{BEHALF_RULE, DEMAND_RULE},
    own::OwnRules,
};

/// What stands for a segment that may be anything. No route that people write has it.
const ANY: &str = "_any_";
/// Values that are looked at in one rule.
const VALUES_MAX: usize = 100_000;
/// Ages of a sign-in that are tried for one function, beside the youngest and the oldest.
const AGES_MAX: usize = 24;
const EVERYTHING: Reads = Reads { method: true, path: true, assurance: true, age: true };

/// What a function's rules look at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sight {
    pub(crate) reads: Reads,
    /// A path for each path or pattern that they name. That it fits the route is for the asker to see.
    pub(crate) paths: BTreeSet<String>,
    /// Ends of paths: what follows the `*` that a pattern begins with.
    pub(crate) ends: BTreeSet<String>,
    /// Ages of a sign-in, in seconds, on both sides of each number that they name. Empty where no age is read.
    pub(crate) ages_s: BTreeSet<u32>,
    /// There are more than are tried.
    pub(crate) cut_short: bool,
}

impl Sight {
    pub(crate) fn of(set: &PolicySet, demand: &Demand) -> Self {
        let mut sight = Self::default();
        for policy in set.policies() {
            if policy.id().to_string() == DEMAND_RULE {
                // It reads what this function demands, and nothing where that is nothing.
                sight.demanded(demand);
                continue;
            }
            // Nobody who is asked about here acts for anybody.
            if policy.id().to_string() == BEHALF_RULE {
                continue;
            }
            match policy.to_json() {
                Ok(json) => sight.look(&json),
                Err(_) => sight.reads = EVERYTHING,
            }
        }
        sight.bound_ages();
        sight
    }

    fn demanded(&mut self, demand: &Demand) {
        self.reads.assurance |= demand.assurance > Assurance::None;
        self.reads.age |= demand.max_age_s.is_some();
        self.ages_s.extend(demand.max_age_s.into_iter().flat_map(around));
    }

    fn bound_ages(&mut self) {
        if !self.reads.age {
            self.ages_s.clear();
            return;
        }
        self.cut_short = self.ages_s.len() > AGES_MAX;
        self.ages_s = self.ages_s.iter().copied().take(AGES_MAX).chain([0, u32::MAX]).collect();
    }

    fn look(&mut self, json: &Value) {
        let (mut mentions, mut understood) = (0_usize, 0_usize);
        let mut open = vec![json];
        for _ in 0..VALUES_MAX {
            let Some(value) = open.pop() else { break };
            match value {
                Value::Object(map) => {
                    for (key, inner) in map {
                        mentions += usize::from(key == "Var" && inner == "context");
                        understood += usize::from(key == "." && self.attribute(inner));
                        match (key.as_str(), inner) {
                            ("Value", Value::String(text)) => self.path(text.clone()),
                            ("Value", Value::Number(number)) => {
                                let named = number.as_u64().and_then(|n| u32::try_from(n).ok());
                                self.ages_s.extend(named.into_iter().flat_map(around));
                            }
                            ("like", like) => self.pattern(like),
                            _ => {}
                        }
                        open.push(inner);
                    }
                }
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
        // In doubt about a mention, everything counts as read.
        if mentions > understood || !open.is_empty() {
            self.reads = EVERYTHING;
        }
    }

    /// `context.path` and its like; whether it was one.
    fn attribute(&mut self, access: &Value) -> bool {
        if access.get("left").and_then(|left| left.get("Var")).is_none_or(|var| var != "context") {
            return false;
        }
        match access.get("attr").and_then(Value::as_str) {
            Some("method") => self.reads.method = true,
            Some("path") => self.reads.path = true,
            Some("assurance") => self.reads.assurance = true,
            Some("authAge") => self.reads.age = true,
            _ => return false,
        }
        true
    }

    fn path(&mut self, text: String) {
        if text.starts_with('/') {
            self.paths.insert(text);
        }
    }

    /// Two paths for a pattern: with something in the place of each `*`, and with nothing.
    fn pattern(&mut self, like: &Value) {
        let Some(parts) = like.get("pattern").and_then(Value::as_array) else { return };
        for filling in [ANY, ""] {
            let part = |part: &Value| match part.get("Literal").and_then(Value::as_str) {
                Some(text) => text.to_owned(),
                None => filling.to_owned(),
            };
            let text: String = parts.iter().map(part).collect();
            self.path(if text.starts_with('/') { text } else { format!("/{text}") });
            if parts.first().is_some_and(|first| first.get("Literal").is_none()) {
                self.ends.insert(parts.iter().skip(1).map(part).collect());
            }
        }
    }
}

/// A number of seconds, with those beside it: a comparison with it comes out one way or the other.
fn around(age_s: u32) -> [u32; 3] {
    [age_s.saturating_sub(1), age_s, age_s.saturating_add(1)]
}

/// Paths that a route serves: one for each of its shapes.
pub(crate) fn samples(route: &RoutePattern) -> Vec<String> {
    let segments = route.path().split('/').map(|segment| if segment.starts_with(':') { ANY } else { segment });
    let path = segments.collect::<Vec<_>>().join("/");
    match path.strip_suffix("/*") {
        None => vec![path],
        Some(folder) => {
            let mut all = vec![format!("{folder}/{ANY}"), format!("{folder}/")];
            all.extend((!folder.is_empty()).then(|| folder.to_owned()));
            all
        }
    }
}

/// Paths below a route that end like this.
pub(crate) fn ending(route: &RoutePattern, end: &str) -> Vec<String> {
    let Some(any) = samples(route).into_iter().next().filter(|_| route.path().ends_with("/*")) else {
        return Vec::new();
    };
    let folder = any.strip_suffix(ANY).unwrap_or(&any);
    vec![format!("{any}{end}"), format!("{folder}{}", end.trim_start_matches('/'))]
}

/// Whom rules or functions name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) people: BTreeSet<PrincipalId>,
    /// Service accounts of the app.
    pub(crate) services: BTreeSet<Arc<str>>,
}

impl Named {
    pub(crate) fn of(base: &Base, app: &AppName, own: &OwnRules, functions: &[Arc<FunctionTarget>]) -> Self {
        let mut named = Self::default();
        named.services.extend(functions.iter().flat_map(|target| target.callers.iter().cloned()));
        for rule in &own.rules {
            named.look(base, app, &rule.policy);
        }
        named
    }

    fn look(&mut self, base: &Base, app: &AppName, policy: &Policy) {
        for literal in policy.entity_literals() {
            let id = literal.id().unescaped();
            if *literal.type_name() == base.words.user {
                self.people.extend(id.parse::<PrincipalId>().ok());
            } else if *literal.type_name() == base.words.workload {
                let name = id.strip_prefix(app.as_str()).and_then(|rest| rest.strip_prefix('/'));
                self.services.extend(name.map(Arc::from));
            }
        }
    }
}
