//! `check`: everything that is wrong with a manifest, without a platform.
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

pub(super) fn run(desk: &Desk, args: &CheckArgs) -> Result<Exit, Failure> {
    let file = project::manifest_file(&args.project);
    if desk.out.json {
        let text = project::manifest_text(&file)?;
        let errors = project::parse(&text).err().unwrap_or_default();
        // A rule file is looked at once the manifest says which.
        let policy = if errors.is_empty() { Project::load(&args.project)?.check_policy().err() } else { None };
        let valid = errors.is_empty() && policy.is_none();
        let policy = policy.map(|failure| failure.what);
        desk.out.value(&json!({ "manifest": file, "valid": valid, "errors": errors, "policy": policy }))?;
        return Ok(if valid { Exit::Done } else { Exit::Failed });
    }
    let project = Project::load(&args.project)?;
    project.check_policy()?;
    let rows = project.manifest.functions.iter().map(|function| {
        let built = project.folder.join(&function.component).exists();
        let component =
            if built { function.component.clone() } else { format!("{} (not built yet)", function.component) };
        vec![function.name.to_string(), function.route.to_string(), function.access.to_string(), component]
    });
    desk.out.line(&format!("{} {}", file.display(), desk.out.tone(Tone::Good, "is valid")))?;
    desk.out.table(&["FUNCTION", "ROUTE", "ACCESS", "COMPONENT"], &rows.collect::<Vec<_>>())?;
    Ok(Exit::Done)
}
