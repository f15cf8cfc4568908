//! `check`: everything that is wrong with a manifest, without a platform.
use std::path::PathBuf;

use clap::Args;
use manifest::Manifest;
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
        let errors = Manifest::parse(&text).err().unwrap_or_default();
        desk.out.value(&json!({ "manifest": file, "valid": errors.is_empty(), "errors": errors }))?;
        return Ok(if errors.is_empty() { Exit::Done } else { Exit::Failed });
    }
    let project = Project::load(&args.project)?;
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
