//! Manifest + contents + the operator's caps -> what the router and the runtime need.
use std::{collections::BTreeMap, sync::Arc};

use types::{AppName, DeploymentId, Digest, FunctionTarget, Grants, Limits};

use crate::{
    Code, Component, Function, Manifest, ManifestError,
    bounds::ERRORS_MAX,
    findings::{Place, quote},
    limits::LimitTable,
};

impl Manifest {
    /// The functions of a deployment of `app`. `components` gives the digest of a component by its path in the manifest.
    ///
    /// Errors: a limit beyond `caps`, a component without contents, another app's manifest; all at once.
    pub fn targets(
        &self,
        app: &AppName,
        deployment: DeploymentId,
        components: impl Fn(&str) -> Option<Digest>,
        caps: &Limits,
    ) -> Result<Vec<FunctionTarget>, Vec<ManifestError>> {
        let mut errors = Vec::new();
        if *app != self.name {
            errors.push(error(
                self.name_place,
                "name",
                format!("this is the manifest of `{}`, not of `{app}`", self.name),
                format!("write `name = \"{app}\"`, or deploy it as `{}`", self.name),
            ));
        }
        errors.extend(self.beyond(caps));
        let mut targets = Vec::new();
        for function in &self.functions {
            match components(function.code.path()) {
                Some(component) => targets.push(self.target(function, deployment, component, caps)),
                None => errors.push(missing(function)),
            }
        }
        errors.sort();
        errors.truncate(ERRORS_MAX);
        if errors.is_empty() { Ok(targets) } else { Err(errors) }
    }

    /// The limits that are beyond `caps`.
    pub fn beyond(&self, caps: &Limits) -> Vec<ManifestError> {
        let tables = std::iter::once(&self.limits).chain(self.functions.iter().map(|function| &function.limits));
        tables.flat_map(|table| beyond(table, caps)).collect()
    }

    /// The files that a deployment needs, each once, with the limits of compiling it.
    pub fn components(&self, caps: &Limits) -> Vec<Component> {
        let mut files: BTreeMap<&str, Component> = BTreeMap::new();
        for function in &self.functions {
            let limits = self.limits_of(function, caps).compile;
            let path = function.code.path();
            let file = files.entry(path).or_insert_with(|| Component {
                path: path.to_owned(),
                is_source: function.code.is_source(),
                handlers: Vec::new(),
                limits,
            });
            widen(&mut file.limits, &limits);
            if let Code::Source { handler, .. } = &function.code {
                let handler = handler.as_deref().unwrap_or(Code::DEFAULT_HANDLER);
                if !file.handlers.iter().any(|known| known == handler) {
                    file.handlers.push(handler.to_owned());
                }
            }
        }
        files.into_values().collect()
    }

    /// Defaults, then the app's limits, then the function's. A default that passes the operator's cap is lowered to it.
    fn limits_of(&self, function: &Function, caps: &Limits) -> Limits {
        let mut limits = Limits::default();
        for (name, _, cap) in limits.run.beyond(&caps.run) {
            limits.run.set(name, cap);
        }
        for (name, _, cap) in limits.compile.beyond(&caps.compile) {
            limits.compile.set(name, cap);
        }
        self.limits.apply(&mut limits);
        function.limits.apply(&mut limits);
        limits
    }

    fn target(
        &self,
        function: &Function,
        deployment: DeploymentId,
        component: Digest,
        caps: &Limits,
    ) -> FunctionTarget {
        FunctionTarget {
            app: self.name.clone(),
            deployment,
            function: function.name.clone(),
            route: function.route.clone(),
            component,
            handler: function.code.handler().map(Arc::from),
            access: function.access,
            callers: function.callers.iter().map(|caller| Arc::from(caller.as_str())).collect(),
            demand: function.demand,
            limits: self.limits_of(function, caps).run,
            grants: Grants { config: function.config.clone(), secrets: function.secrets.clone(), kv: function.kv },
        }
    }
}

fn widen(known: &mut types::CompileLimits, other: &types::CompileLimits) {
    for ((name, mine), (_, theirs)) in known.entries().into_iter().zip(other.entries()) {
        known.set(name, mine.max(theirs));
    }
}

fn beyond(table: &LimitTable, caps: &Limits) -> Vec<ManifestError> {
    let one = |(name, value, cap, place): (&str, u64, u64, Place)| {
        error(
            place,
            &format!("{}.{name}", table.path),
            format!("{value} is more than the operator's cap of {cap}"),
            format!("write at most {cap}, or ask the operator to raise the cap of `{name}`"),
        )
    };
    table.beyond(caps).into_iter().map(one).collect()
}

fn missing(function: &Function) -> ManifestError {
    error(
        function.place.code,
        &format!("{}.{}", function.place.key, function.code.key()),
        format!("the contents of {} were not given", quote(function.code.path())),
        "build it first, and deploy it with the manifest",
    )
}

fn error(place: Place, key: &str, problem: String, instead: impl Into<String>) -> ManifestError {
    ManifestError { line: place.line, column: place.column, key: key.to_owned(), problem, instead: instead.into() }
}
