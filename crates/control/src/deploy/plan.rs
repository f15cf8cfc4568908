//! What a manifest means for this platform: its functions, and the components to prepare.
use std::{collections::BTreeMap, sync::Arc};

use gateway::{Refusal, Routes};
use manifest::{Manifest, ManifestError};
use types::{AppName, Code, CompileLimits, DeploymentId, Digest, FunctionTarget, Grants, GroupName, Limits, counted};

/// A component with the limits under which it is compiled.
#[derive(Debug, Clone)]
pub(crate) struct ToPrepare {
    pub(crate) path: String,
    pub(crate) digest: Digest,
    pub(crate) is_source: bool,
    /// Exports of a source that functions name.
    pub(crate) handlers: Vec<String>,
    pub(crate) limits: CompileLimits,
}

/// All that a deployment needs in order to answer.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Groups that the manifest declares.
    pub(crate) groups: Vec<GroupName>,
    pub(crate) functions: Vec<Arc<FunctionTarget>>,
    pub(crate) components: Vec<ToPrepare>,
}

/// Parses a manifest.
pub(crate) fn parse(text: &str) -> Result<Manifest, Refusal> {
    Manifest::parse(text).map_err(|errors| refuse(&errors))
}

/// All errors in one refusal, one a line.
fn refuse(errors: &[ManifestError]) -> Refusal {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let count = lines.len();
    Refusal::new(Code::CTL_MANIFEST, format!("{} in the manifest", counted(count, "error", "errors")))
        .detail(lines.join("\n"))
        .next("run `serviceful check` in the project's folder")
}

impl Plan {
    /// Works out what the manifest means; everything that is wrong is in the refusal.
    pub(crate) fn of(
        manifest: &Manifest,
        app: &AppName,
        id: DeploymentId,
        components: &BTreeMap<String, Digest>,
        caps: &Limits,
    ) -> Result<Self, Refusal> {
        let digest_of = |path: &str| components.get(path).copied();
        let targets = manifest.targets(app, id, digest_of, caps).map_err(|errors| refuse(&errors))?;
        let functions: Vec<_> = targets.into_iter().map(Arc::new).collect();
        let clash = |e: gateway::RouteConflict| Refusal::new(Code::CTL_MANIFEST, e.to_string()).detail(e.to_string());
        Routes::check(&functions).map_err(clash)?;
        let prepare = manifest.components(caps).into_iter().filter_map(|component| {
            let digest = digest_of(&component.path)?;
            let manifest::Component { path, is_source, handlers, limits } = component;
            Some(ToPrepare { path, digest, is_source, handlers, limits })
        });
        Ok(Self { groups: manifest.groups.clone(), functions, components: prepare.collect() })
    }

    /// What the functions that a component is part of may use, together.
    pub(crate) fn granted(&self, component: Digest) -> Grants {
        let mut all = Grants::default();
        for function in self.functions.iter().filter(|function| function.component == component) {
            all.secrets.extend(function.grants.secrets.iter().cloned());
            all.kv = all.kv.max(function.grants.kv);
        }
        all
    }

    /// The plan of a stored deployment, read again from its own text.
    pub(crate) fn of_stored(deployment: &store::Deployment, caps: &Limits) -> Result<Self, Refusal> {
        let manifest = parse(&deployment.manifest)?;
        let components = deployment.components.iter().map(|(path, digest)| (path.to_string(), *digest)).collect();
        Self::of(&manifest, &deployment.app, deployment.id, &components, caps)
    }
}
