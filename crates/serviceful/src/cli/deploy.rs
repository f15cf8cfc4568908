//! `deploy`: build, upload, follow, and say what each component imports beside what it is granted.
use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use control_api::{AccessReview, DeploymentView, Import, ImportState};

use super::{
    consent,
    desk::Desk,
    failure::{Exit, Failure},
    out::{Out, Tone},
    project::Project,
    ship::ship,
    text,
};

/// Arguments of `deploy`.
#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// The project's folder, or its manifest
    #[arg(default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
    /// Do not run the build command
    #[arg(long)]
    no_build: bool,
    /// Do not ask when somebody gains access by it
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(desk: &Desk, args: DeployArgs) -> Result<Exit, Failure> {
    let project = Project::load(&args.project)?;
    let client = desk.client()?;
    if !args.no_build {
        if let Some(command) = project.manifest.build.as_ref().and_then(|build| build.command.as_ref()) {
            desk.out.note(&format!("building: {command}"));
        }
        project.build().await?;
    }
    let mut told = |step: super::Step| step.sentence().iter().for_each(|text| desk.out.note(text));
    let mut agree = |review: &AccessReview| consent::ask(desk, review, args.yes);
    let view = ship(&client, &project, &mut told, &mut agree).await?;
    desk.out.answer(&view, show)?;
    Ok(Exit::Done)
}

fn show(out: &Out, view: &DeploymentView) -> Result<(), Failure> {
    for component in &view.components {
        let Some(found) = &component.inspected else { continue };
        let compiled =
            if found.cached { "compiled before".to_owned() } else { format!("compiled in {} ms", found.compile_ms) };
        let size = text::size(found.component_bytes);
        let serves = match &found.handlers[..] {
            [] => found.serves.clone(),
            handlers => format!("{} as {}", found.serves, handlers.join(", ")),
        };
        out.line(&format!("{} ({size}, {compiled}), serves {serves}", component.path))?;
        for line in &found.output {
            out.line(&format!("  says: {}", text::plain(line)))?;
        }
        if found.imports.is_empty() {
            continue;
        }
        let rows = grouped(&found.imports)
            .into_iter()
            .map(|(package, names, state)| vec![format!("  {package}"), word(state).to_owned(), names.join(" ")]);
        out.table(&["  IMPORTS", "IS", "INTERFACES"], &rows.collect::<Vec<_>>())?;
    }
    out.line(&format!(
        "deployment {} {}",
        view.id.short(),
        if view.current { "answers" } else { "is ready, a later one answers" }
    ))?;
    out.line(&out.tone(Tone::Good, &view.url))
}

const fn word(state: ImportState) -> &'static str {
    match state {
        ImportState::Granted => "granted",
        ImportState::Nothing => "linked to nothing",
        ImportState::Denied => "denied",
    }
}

/// `wasi:cli@0.2.3` and state -> its interfaces.
fn grouped(imports: &[Import]) -> Vec<(String, Vec<String>, ImportState)> {
    let mut groups: BTreeMap<(String, u8), (Vec<String>, ImportState)> = BTreeMap::new();
    for import in imports {
        let (name, version) = import.interface.split_once('@').unwrap_or((&import.interface, ""));
        let (package, interface) = name.split_once('/').unwrap_or((name, ""));
        let package = if version.is_empty() { package.to_owned() } else { format!("{package}@{version}") };
        let group = groups.entry((package, import.state as u8)).or_insert_with(|| (Vec::new(), import.state));
        group.0.push(interface.to_owned());
    }
    groups.into_iter().map(|((package, _), (names, state))| (package, names, state)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_grouped_by_package_and_state() {
        let import = |interface: &str, state| Import { interface: interface.to_owned(), state };
        let groups = grouped(&[
            import("wasi:cli/environment@0.2.3", ImportState::Nothing),
            import("wasi:cli/stdout@0.2.3", ImportState::Granted),
            import("wasi:cli/stderr@0.2.3", ImportState::Granted),
            import("serviceful:identity/caller", ImportState::Granted),
        ]);
        let shown: Vec<_> = groups.iter().map(|(p, n, s)| format!("{p} {} {}", word(*s), n.join(" "))).collect();
        assert_eq!(
            shown,
            [
                "serviceful:identity granted caller",
                "wasi:cli@0.2.3 granted stdout stderr",
                "wasi:cli@0.2.3 linked to nothing environment"
            ]
        );
    }
}
