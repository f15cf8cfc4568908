//! The bundler's own words as notices.

use std::path::Path;

use rolldown_error::{BuildDiagnostic, DiagnosticOptions, EventKind};
use wire::bundle::Notice;

use crate::excerpt::{Place, notice};
use crate::findings::{Findings, plain};
use crate::sight::Sight;
use crate::unresolved;

/// Takes an error in.
pub(crate) fn error(error: &BuildDiagnostic, sight: &Sight, findings: &Findings) {
    match error.kind() {
        // Ours, and told already.
        EventKind::PluginError | EventKind::UnloadableDependencyError => {
            if findings.no_error() {
                findings.error(read(error, sight));
            }
        }
        EventKind::UnresolvedImport | EventKind::ResolveError => findings.error(nowhere(error, sight)),
        _ => findings.error(read(error, sight)),
    }
}

/// Takes a warning in; some are errors to us, many are nobody's business.
pub(crate) fn warning(warning: &BuildDiagnostic, sight: &Sight, findings: &Findings) {
    let own = !warning.id().is_some_and(|id| id.contains("/node_modules/"));
    match warning.kind() {
        // The bundler would leave the import to others. There are no others.
        EventKind::UnresolvedImport => findings.error(nowhere(warning, sight)),
        EventKind::ImportIsUndefined
        | EventKind::CannotCallNamespace
        | EventKind::CommonJsVariableInEsm
        | EventKind::ParseError
        | EventKind::ToleratedTransform
        | EventKind::UnsupportedFeatureError
        | EventKind::Eval
            if own =>
        {
            findings.warning(read(warning, sight));
        }
        _ => {}
    }
}

fn nowhere(error: &BuildDiagnostic, sight: &Sight) -> Notice {
    let (Some(importer), Some(specifier)) = (error.id(), error.exporter()) else { return read(error, sight) };
    unresolved::notice(sight, Some(&importer), &specifier, located(error, sight).map(|(_, place)| place))
}

fn read(error: &BuildDiagnostic, sight: &Sight) -> Notice {
    let message = sentence(error, sight);
    match located(error, sight) {
        Some((file, place)) => {
            let source = sight.again(&sight.roots().project().join(&file));
            notice(file, source.as_deref(), place, message)
        }
        None => plain(message),
    }
}

/// File from the project's folder, and place.
fn located(error: &BuildDiagnostic, sight: &Sight) -> Option<(String, Place)> {
    let (file, line, column, _) = error.to_diagnostic_with(&options(sight)).get_primary_location()?;
    let file = sight.roots().relative(&sight.roots().project().join(Path::new(&file)));
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Some((file, Place { line: number(line), column: number(column.saturating_add(1)) }))
}

fn options(sight: &Sight) -> DiagnosticOptions {
    DiagnosticOptions { cwd: sight.roots().project().to_path_buf() }
}

/// The bundler's words in the form of ours: a small letter first, no period, no folder of this machine.
fn sentence(error: &BuildDiagnostic, sight: &Sight) -> String {
    let text = sight.roots().relative_text(&error.to_message_with(&options(sight)));
    // Before the reason it asks people to tell its authors, who have not made this program.
    let text = match (error.kind(), text.split_once('\n')) {
        (EventKind::UnhandleableError, Some((_, reason))) => reason,
        _ => &text,
    };
    let text = text.trim().trim_end_matches('.');
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    let text: String = first.chain(letters).collect();
    match error.kind() {
        EventKind::ParseError | EventKind::JsonParseError => format!("syntax error: {text}"),
        _ => text,
    }
}
