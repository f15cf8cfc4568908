//! From an entry to one module.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE64;
use rolldown::{BundleFactory, BundleFactoryOptions, BundleOutput, Platform};
use rolldown_common::{Output, OutputChunk};
use rolldown_error::BatchedBuildDiagnostic;
use rolldown_resolver::Resolver;
use wire::bundle::{Bundle, Document, Notice, SOURCE_MAP_LINE};

use crate::findings::{Findings, plain};
use crate::plugin::House;
use crate::roots::Roots;
use crate::sight::Sight;
use crate::{diagnosis, settings, types};

/// Bundles the file `entry`, a path from the project's folder.
pub(crate) async fn bundle(roots: &Roots, entry: &str) -> Document {
    let findings = Findings::default();
    let result = run(roots, entry, &findings).await;
    let found = findings.take();
    match result {
        Some(mut bundle) if found.errors.is_empty() => {
            bundle.warnings = found.warnings;
            Document::Bundle(bundle)
        }
        _ if found.errors.is_empty() => refused("the bundler gave up without a reason; report this".into()),
        _ => Document::Refused { errors: found.errors },
    }
}

/// A document that holds one error without a place.
pub(crate) fn refused(message: String) -> Document {
    Document::Refused { errors: vec![plain(message)] }
}

/// The bundle; nothing if there are errors among the findings.
async fn run(roots: &Roots, entry: &str, findings: &Findings) -> Option<Bundle> {
    let mut sight = Sight::new(roots.clone());
    let start = find(&sight, entry).map_err(|message| findings.error(plain(message))).ok()?;
    let mut result = build(&sight, &start, findings, Missing::Errors).await;
    if result.as_ref().is_err_and(|errors| errors.iter().all(|error| types::are_missing(error, &sight))) {
        sight = Sight::new(roots.clone());
        result = build(&sight, &start, findings, Missing::Undefined).await;
    }
    let sight = &sight;
    let output = match result {
        Ok(output) => output,
        Err(errors) => {
            errors.iter().for_each(|error| diagnosis::error(error, sight, findings));
            return None;
        }
    };
    output.warnings.iter().for_each(|warning| diagnosis::warning(warning, sight, findings));
    let chunk = only_chunk(&output).map_err(|message| findings.error(plain(message))).ok()?;
    let parts = chunk.modules.keys.iter().zip(&chunk.modules.values);
    let kept = parts.filter(|(_, part)| part.rendered_length() > 0).map(|(id, _)| Path::new(id.as_str()));
    findings.keep_warnings(&kept.map(|path| sight.roots().relative(path)).collect());
    if chunk.exports.is_empty() {
        findings.error(Notice { file: Some(entry.to_owned()), ..plain(NO_EXPORT.to_owned()) });
    }
    // Among the chunk's imports are some that nothing uses any more and that its code has not.
    let imported = chunk.imports.iter().chain(&chunk.dynamic_imports);
    let imported: BTreeSet<String> =
        imported.filter(|name| chunk.code.contains(&format!("\"{name}\""))).map(ToString::to_string).collect();
    Some(Bundle {
        module: module(chunk),
        inputs: sight.inputs(),
        externals: imported.into_iter().collect(),
        warnings: Vec::new(),
    })
}

const NO_EXPORT: &str = "this is the entry and exports nothing; export what answers: `export default { fetch(request, env, ctx) { return new Response(\"hello\"); } }`, or a function by name for each route";

/// The entry's real path.
fn find(sight: &Sight, entry: &str) -> Result<PathBuf, String> {
    let path = sight.roots().project().join(entry);
    match sight.locate(&path) {
        Ok(Some(real)) if real.is_file() => Ok(real),
        Ok(Some(_)) => Err(format!("the entry `{entry}` is no file; name the file that exports the handler")),
        Ok(None) => Err(format!("the entry `{entry}` lies outside of the project; name a file in it")),
        Err(error) => {
            Err(format!("the entry `{entry}` is not there ({error}); its path counts from the project's folder"))
        }
    }
}

/// What an import is that its module does not export.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Errors,
    Undefined,
}

async fn build(
    sight: &Sight,
    entry: &Path,
    findings: &Findings,
    missing: Missing,
) -> Result<BundleOutput, BatchedBuildDiagnostic> {
    let project = sight.roots().project();
    let resolver = Resolver::new(
        sight.clone(),
        project.to_path_buf(),
        Platform::Neutral,
        &settings::TYPESCRIPT,
        settings::resolving(),
    );
    let typescript = resolver.clone_default_resolver().find_tsconfig(entry).map_err(|error| {
        let reason = sight.roots().relative_text(&error.to_string());
        anyhow::anyhow!("the settings in tsconfig.json cannot be used: {reason}")
    })?;
    let decorators =
        typescript.as_ref().is_some_and(|settings| settings.compiler_options.experimental_decorators == Some(true));
    let mut options = settings::bundling(project, entry, typescript);
    options.shim_missing_exports = Some(missing == Missing::Undefined);
    let mut factory = BundleFactory::new(BundleFactoryOptions {
        bundler_options: options,
        plugins: vec![Arc::new(House { sight: sight.clone(), findings: findings.clone(), decorators })],
        session: None,
        disable_tracing_setup: true,
    })?;
    factory.create_bundle_with_fs(sight.clone(), Arc::new(resolver)).generate().await
}

/// Everything is in one file, or it does not run here.
fn only_chunk(output: &BundleOutput) -> Result<&OutputChunk, String> {
    let mut only = None;
    for asset in &output.assets {
        match asset {
            Output::Chunk(chunk) if only.is_none() => only = Some(&**chunk),
            // Of the map there is a copy at the chunk.
            Output::Asset(asset) if asset.filename.ends_with(".map") => {}
            other => {
                return Err(format!(
                    "the project needs a second file, `{}`, at run time, and there is one module only; import its text instead",
                    other.filename()
                ));
            }
        }
    }
    only.ok_or_else(|| "the bundler made no module; report this".to_owned())
}

/// The code, then the line with the map.
fn module(chunk: &OutputChunk) -> String {
    let code = chunk.code.trim_end();
    let Some(map) = &chunk.map else { return format!("{code}\n") };
    let map = BASE64.encode(map.to_json_string().as_bytes());
    [code, "\n", SOURCE_MAP_LINE, &map].concat()
}
