//! From built files to an app that answers: upload what is missing, start the deployment, follow it to its end.
use std::time::Duration;

use client::Client;
use control_api::{AccessReview, ComponentProgress, ComponentStage, CreateDeployment, DeploymentPhase, DeploymentView};
use types::AppName;

use super::{
    bundle,
    failure::{Exit, Failure},
    own_lines::own_lines,
    project::Project,
    secrets, text,
};

/// How often the platform is asked how far it is; slower with every question.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// Something that happened on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Files that bundles were made of, relative to the project.
    Inputs(Vec<String>),
    /// Something that may go wrong with a source.
    Warning(String),
    Uploading {
        path: String,
        bytes: u64,
    },
    /// Something that is well, and not yet what it will be.
    Note(String),
    /// A component has come further.
    Component {
        path: String,
        stage: ComponentStage,
    },
}

impl Step {
    /// The step for people, if it says anything to them.
    pub(crate) fn sentence(&self) -> Option<String> {
        Some(match self {
            Self::Inputs(_) => return None,
            Self::Warning(text) => format!("warning: {text}"),
            Self::Note(text) => text.clone(),
            Self::Uploading { path, bytes } => format!("uploading {path} ({})", text::size(*bytes)),
            Self::Component { path, stage } => match stage {
                ComponentStage::Waiting => format!("{path} waits"),
                ComponentStage::Compiling => format!("compiling {path}"),
                ComponentStage::Probing => format!("starting {path} once"),
                ComponentStage::Ready => format!("{path} is ready"),
                ComponentStage::Failed => format!("{path} failed"),
            },
        })
    }
}

/// Deploys what is built. `told` hears of each step. `agree` sees who gains access by it, before anything is sent, and can say no.
/// Gives the deployment once it answers; a failed one is an error.
pub(crate) async fn ship(
    client: &Client,
    project: &Project,
    told: &mut dyn FnMut(Step),
    agree: &mut dyn FnMut(&AccessReview) -> Result<(), Failure>,
) -> Result<DeploymentView, Failure> {
    let app = project.manifest.name.clone();
    let policy = project.policy()?;
    let built = project.files().await?;
    told(Step::Inputs(built.iter().flat_map(|file| file.inputs.iter().cloned()).collect()));
    for warning in built.iter().flat_map(|file| &file.warnings) {
        told(Step::Warning(bundle::shown(warning)));
    }
    let components = built.iter().map(|b| (b.path.clone(), b.digest)).collect();
    let mut new = CreateDeployment { manifest: project.text.clone(), policy, components, review: None };
    let review = client.review_deployment(&app, &new).await?;
    agree(&review)?;
    // What was agreed to is what is deployed, or nothing.
    new.review = Some(review.review);
    let mut digests: Vec<_> = built.iter().map(|b| b.digest).collect();
    digests.sort_unstable();
    digests.dedup();
    let missing = client.components_missing(digests).await?.missing;
    let mut sent = Vec::new();
    for component in &built {
        if missing.contains(&component.digest) && !sent.contains(&component.digest) {
            told(Step::Uploading { path: component.path.clone(), bytes: component.bytes.len() as u64 });
            client.put_component(component.digest, component.bytes.clone()).await?;
            sent.push(component.digest);
        }
    }
    let first = client.create_deployment(&app, &new).await?;
    for name in &first.secrets_missing {
        told(Step::Warning(secrets::how_to_set(&app, name)));
    }
    let view = follow(client, &app, first, told).await.map_err(|failure| {
        let what = own_lines(&failure.what, &project.folder);
        Failure { what, ..failure }
    })?;
    view.components.iter().flat_map(waiting).for_each(|text| told(Step::Note(text)));
    Ok(view)
}

/// What of a JavaScript module waits for events that the platform does not have yet.
fn waiting(component: &ComponentProgress) -> Option<String> {
    let found = component.inspected.as_ref().filter(|found| !found.awaiting_triggers.is_empty())?;
    let names: Vec<String> = found.awaiting_triggers.iter().map(|name| format!("`{name}`")).collect();
    let (name, answers) = (names.join(" and "), if names.len() == 1 { "answers" } else { "answer" });
    let requests = if found.handlers.is_empty() { "; it has no `fetch`, so requests to it are refused" } else { "" };
    Some(format!("{}: {name} {answers} once triggers exist{requests}", component.path))
}

async fn follow(
    client: &Client,
    app: &AppName,
    mut view: DeploymentView,
    told: &mut dyn FnMut(Step),
) -> Result<DeploymentView, Failure> {
    let mut seen: Vec<ComponentStage> = vec![ComponentStage::Waiting; view.components.len()];
    let mut wait = FIRST_WAIT;
    loop {
        for (component, seen) in view.components.iter().zip(&mut seen) {
            if component.stage != *seen {
                *seen = component.stage;
                told(Step::Component { path: component.path.clone(), stage: component.stage });
            }
        }
        match view.phase {
            DeploymentPhase::Ready => return Ok(view),
            DeploymentPhase::Failed => return Err(failed(&view)),
            // The platform bounds how long this can last.
            DeploymentPhase::Preparing => tokio::time::sleep(wait).await,
        }
        wait = (wait * 3 / 2).min(LONGEST_WAIT);
        view = client.deployment(app, view.id).await?;
    }
}

fn failed(view: &DeploymentView) -> Failure {
    let (code, reason) = match &view.failure {
        Some(failure) => (Some(failure.code.clone()), failure.reason.clone()),
        None => (None, "no reason is known".to_owned()),
    };
    let mut failure = Failure::new(format!("deployment {} of `{}` failed: {reason}", view.id.short(), view.app));
    failure.exit = Exit::Failed;
    failure.code = code;
    failure.next("what answered before still answers; deploy again when it is mended")
}
