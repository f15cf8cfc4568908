//! A deployment as the API shows it: the store's word, with the board's news where there are any.
use std::collections::HashMap;

use control_api::{
    ComponentProgress, ComponentStage, DeploymentFailure, DeploymentPhase, DeploymentView, Import, ImportState,
    Inspected,
};
use gateway::{Inspection, Names};
use store::{App, Deployment, DeploymentState};
use types::{DeploymentId, Grants, KvAccess};

use super::board::Entry;

/// Interfaces that are linked with nothing behind them: a plain `wasm32-wasip2` build carries them without using them.
const EMPTY: [&str; 4] = ["wasi:filesystem/", "wasi:cli/environment", "wasi:cli/stdin", "wasi:cli/terminal-"];

/// What becomes of one import. `granted`: of the functions that it is part of, together.
fn import_state(inspection: &Inspection, granted: &Grants, interface: &str) -> ImportState {
    let not_granted = (interface.starts_with("wasi:keyvalue/") && granted.kv == KvAccess::None)
        || (interface.starts_with("serviceful:secrets/") && granted.secrets.is_empty());
    if not_granted || inspection.denied.iter().any(|denied| denied == interface) {
        ImportState::Denied
    } else if EMPTY.iter().any(|prefix| interface.starts_with(prefix)) {
        ImportState::Nothing
    } else {
        ImportState::Granted
    }
}

/// What the compiler saw, for people.
pub(crate) fn inspected(inspection: &Inspection, granted: &Grants) -> Inspected {
    let import = |interface: &String| Import {
        state: import_state(inspection, granted, interface),
        interface: interface.clone(),
    };
    let (awaiting_triggers, handlers) = inspection.handlers.iter().cloned().partition(|name| name.contains('.'));
    Inspected {
        imports: inspection.imports.iter().map(import).collect(),
        serves: inspection.serves.clone(),
        handlers,
        awaiting_triggers,
        output: inspection.output.clone(),
        component_bytes: inspection.component_bytes,
        artefact_bytes: inspection.artefact_bytes,
        compile_ms: inspection.compile_ms,
        engine_build: inspection.engine_build.to_string(),
        cached: inspection.cached,
    }
}

/// Where a deployment is looked at from.
pub(crate) struct Seen<'a> {
    pub(crate) names: &'a Names,
    /// Read before `app`: whoever is told that a deployment is ready is then told as well that it answers.
    pub(crate) news: HashMap<DeploymentId, Entry>,
    pub(crate) app: &'a App,
}

impl Seen<'_> {
    pub(crate) fn view(&self, deployment: &Deployment) -> DeploymentView {
        let (phase, failure) = phase_of(&deployment.state);
        let stage = match phase {
            DeploymentPhase::Preparing => ComponentStage::Waiting,
            DeploymentPhase::Ready => ComponentStage::Ready,
            DeploymentPhase::Failed => ComponentStage::Failed,
        };
        let component = |(path, digest): &(std::sync::Arc<str>, types::Digest)| ComponentProgress {
            path: path.to_string(),
            digest: *digest,
            stage,
            inspected: None,
        };
        let mut view = DeploymentView {
            app: deployment.app.clone(),
            id: deployment.id,
            phase,
            failure,
            current: self.app.current == Some(deployment.id),
            url: self.names.app_url(&deployment.app),
            components: deployment.components.iter().map(component).collect(),
            secrets_missing: Vec::new(),
            created_at: deployment.created_at,
            created_by: deployment.created_by,
        };
        if let Some(news) = self.news.get(&deployment.id) {
            view.phase = news.phase;
            view.failure.clone_from(&news.failure);
            view.components.clone_from(&news.components);
        }
        view
    }
}

fn phase_of(state: &DeploymentState) -> (DeploymentPhase, Option<DeploymentFailure>) {
    match state {
        DeploymentState::Preparing => (DeploymentPhase::Preparing, None),
        DeploymentState::Ready => (DeploymentPhase::Ready, None),
        DeploymentState::Failed { code, reason } => {
            (DeploymentPhase::Failed, Some(DeploymentFailure { code: code.clone(), reason: reason.clone() }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspection(imports: &[&str], denied: &[&str]) -> Inspection {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Inspection {
            component: types::Digest::from_bytes([1; 32]),
            imports: texts(imports),
            denied: texts(denied),
            serves: "wasi:http/handler@0.3.0".into(),
            handlers: Vec::new(),
            output: Vec::new(),
            component_bytes: 1,
            artefact_bytes: 1,
            compile_ms: 1,
            engine_build: types::EngineBuild::new("sf1/test").expect("a build"),
            cached: false,
        }
    }

    #[test]
    fn each_import_says_what_is_behind_it() {
        let expected = [
            ("wasi:http/client@0.3.0", ImportState::Denied),
            ("wasi:sockets/tcp@0.2.12", ImportState::Denied),
            ("wasi:filesystem/preopens@0.2.12", ImportState::Nothing),
            ("wasi:cli/environment@0.3.0", ImportState::Nothing),
            ("wasi:cli/stdin@0.2.12", ImportState::Nothing),
            ("wasi:cli/terminal-stdout@0.2.12", ImportState::Nothing),
            ("wasi:cli/exit@0.2.12", ImportState::Granted),
            ("wasi:cli/stdout@0.2.12", ImportState::Granted),
            // The runtime's word on what is denied counts, whatever the name.
            ("wasi:filesystem/types@0.2.12", ImportState::Denied),
        ];
        let names = expected.map(|(name, _)| name);
        let denied: Vec<_> =
            expected.iter().filter(|(_, s)| *s == ImportState::Denied).map(|(name, _)| *name).collect();
        let inspection = inspection(&names, &denied);
        let found = inspected(&inspection, &Grants::default()).imports;
        let found: Vec<_> = found.iter().map(|i| (i.interface.as_str(), i.state)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_has_to_be_granted_is_granted_only_where_the_manifest_says_so() {
        let store = "wasi:keyvalue/store@0.2.0-draft2";
        let reveal = "serviceful:secrets/reveal@0.1.0";
        let inspection = inspection(&[store, reveal], &[]);
        let states = |granted: &Grants| {
            let found = inspected(&inspection, granted).imports;
            found.iter().map(|import| import.state).collect::<Vec<_>>()
        };
        assert_eq!(states(&Grants::default()), [ImportState::Denied; 2]);
        let kv = Grants { kv: KvAccess::Read, ..Grants::default() };
        assert_eq!(states(&kv), [ImportState::Granted, ImportState::Denied]);
        let secret = Grants { secrets: ["KEY".parse().unwrap()].into(), ..Grants::default() };
        assert_eq!(states(&secret), [ImportState::Denied, ImportState::Granted]);
    }

    #[test]
    fn methods_for_other_events_are_no_handlers_of_requests() {
        let mut inspection = inspection(&[], &[]);
        inspection.handlers = ["default", "list", "default.scheduled"].map(str::to_owned).to_vec();
        let seen = inspected(&inspection, &Grants::default());
        assert_eq!((seen.handlers.len(), &seen.awaiting_triggers[..]), (2, &["default.scheduled".to_owned()][..]));
    }
}
