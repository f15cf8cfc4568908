//! `check`: everything that is wrong with a manifest, its rules and its sources, without a platform.
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::Tone,
    project::{self, Project},
};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The project's folder, or its manifest
    #[arg(default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
}

/// Everything that is wrong at once. What to do next is said where it is the same for all.
fn all(wrong: Vec<Failure>) -> Result<(), Failure> {
    let what: Vec<&str> = wrong.iter().map(|failure| failure.what.as_str()).collect();
    let what = what.join("\n");
    let next = wrong.first().and_then(|first| first.next.clone());
    let next = next.filter(|next| wrong.iter().all(|failure| failure.next.as_ref() == Some(next)));
    match wrong.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(Failure { what, next, ..first }),
    }
}

pub(super) async fn run(desk: &Desk, args: &CheckArgs) -> Result<Exit, Failure> {
    let file = project::manifest_file(&args.project);
    if desk.out.json {
        let text = project::manifest_text(&file)?;
        let errors = project::parse(&text).err().unwrap_or_default();
        // A rule file is looked at once the manifest says which.
        let (mut policy, mut sources) = (None, Vec::new());
        if errors.is_empty() {
            let project = Project::load(&args.project)?;
            policy = project.check_policy().err();
            sources = project.check_sources().await;
        }
        let valid = errors.is_empty() && policy.is_none() && sources.is_empty();
        let policy = policy.map(|failure| failure.what);
        let sources: Vec<_> = sources.into_iter().map(|failure| failure.what).collect();
        desk.out.value(
            &json!({ "manifest": file, "valid": valid, "errors": errors, "policy": policy, "sources": sources }),
        )?;
        return Ok(if valid { Exit::Done } else { Exit::Failed });
    }
    let project = Project::load(&args.project)?;
    let mut wrong: Vec<Failure> = project.check_policy().err().into_iter().collect();
    wrong.extend(project.check_sources().await);
    all(wrong)?;
    let rows = project.manifest.functions.iter().map(|function| {
        let path = function.code.path();
        let built = function.code.is_source() || project.folder.join(path).exists();
        let code = match function.code.handler() {
            Some(handler) => format!("{path} ({handler})"),
            None if built => path.to_owned(),
            None => format!("{path} (not built yet)"),
        };
        let access = match function.demand.is_none() {
            true => function.access.to_string(),
            false => format!("{}, {}", function.access, function.demand),
        };
        vec![function.name.to_string(), function.route.to_string(), access, code]
    });
    desk.out.line(&format!("{} {}", file.display(), desk.out.tone(Tone::Good, "is valid")))?;
    desk.out.table(&["FUNCTION", "ROUTE", "ACCESS", "CODE"], &rows.collect::<Vec<_>>())?;
    Ok(Exit::Done)
}
