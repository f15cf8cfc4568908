//! How the bundler is set. People set none of it but `tsconfig.json`.

use std::path::Path;
use std::sync::Arc;

use oxc_resolver::TsConfig as TypeScriptSettings;
use rolldown::{
    BundlerOptions, BundlerTransformOptions, CodeSplittingMode, Either, InjectImport, JsxOptions, ModuleType,
    OutputFormat, Platform, RawMinifyOptions, ResolveOptions, SourceMapType, TsConfig, merge_tsconfig,
};
use rolldown_common::bundler_options::ChecksOptions;

/// Which of a package's ways in we take, where it has several.
///
/// This is a set: a package's own `exports` says in which order it wants to be asked. `import` or `require` is added by how
/// the package is asked for, and `default`. Our own name is first among equals. `workerd` and `worker` are what packages call
/// a server that has the Web's interfaces and no Node; `browser` has the same interfaces and is the last resort before
/// `default`, which often is Node. `module` asks for an ES module where it could also be CommonJS. `production` belongs to
/// `NODE_ENV`, which is set to it. `node` and `deno` are missing on purpose: they promise files and sockets.
const CONDITIONS: [&str; 6] = ["serviceful", "workerd", "worker", "browser", "module", "production"];

/// For packages without `exports`: the field that names the way in.
const MAIN_FIELDS: [&str; 3] = ["browser", "module", "main"];

/// Endings that may be left out, in the order in which they are tried.
const ENDINGS: [&str; 8] = [".ts", ".tsx", ".mts", ".mjs", ".js", ".jsx", ".cjs", ".json"];

/// Files that are imported as text.
const TEXT: [&str; 6] = ["txt", "html", "htm", "md", "sql", "css"];

pub(crate) fn resolving() -> ResolveOptions {
    let owned = |words: &[&str]| Some(words.iter().map(ToString::to_string).collect::<Vec<_>>());
    ResolveOptions {
        condition_names: owned(&CONDITIONS),
        main_fields: owned(&MAIN_FIELDS),
        alias_fields: Some(vec![vec!["browser".to_owned()]]),
        extensions: owned(&ENDINGS),
        ..ResolveOptions::default()
    }
}

/// Files outside of any package find their settings by themselves; those of packages have none.
pub(crate) const TYPESCRIPT: TsConfig = TsConfig::Auto(true);

pub(crate) fn bundling(project: &Path, entry: &Path, typescript: Option<Arc<TypeScriptSettings>>) -> BundlerOptions {
    let define = [("process.env.NODE_ENV", "\"production\""), ("global", "globalThis")];
    BundlerOptions {
        input: Some(vec![entry.to_string_lossy().into_owned().into()]),
        cwd: Some(project.to_path_buf()),
        // Nothing is written. It only says from where the sources of the map are named.
        dir: Some(project.to_string_lossy().into_owned()),
        platform: Some(Platform::Neutral),
        format: Some(OutputFormat::Esm),
        code_splitting: Some(CodeSplittingMode::Bool(false)),
        // Dead code goes, names and lines stay: stack traces are read by people.
        minify: Some(RawMinifyOptions::Bool(false)),
        sourcemap: Some(SourceMapType::Hidden),
        sourcemap_exclude_sources: Some(true),
        module_types: Some(TEXT.iter().map(|ending| ((*ending).to_owned(), ModuleType::Text)).collect()),
        resolve: Some(resolving()),
        define: Some(define.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()),
        inject: Some(vec![
            InjectImport::named("Buffer".into(), None, "node:buffer".into()),
            InjectImport::default("process".into(), "node:process".into()),
        ]),
        transform: Some(transforming(typescript.as_deref())),
        // Ours are merged in below: the bundler would read the files past `Sight`.
        tsconfig: Some(TsConfig::Auto(false)),
        checks: Some(ChecksOptions::default()),
        ..BundlerOptions::default()
    }
}

/// JSX by the automatic runtime unless `tsconfig.json` says otherwise.
fn transforming(typescript: Option<&TypeScriptSettings>) -> BundlerTransformOptions {
    // The development runtime does not run under `production`.
    let jsx = JsxOptions { development: Some(false), ..JsxOptions::default() };
    let base = BundlerTransformOptions { jsx: Some(Either::Right(jsx)), ..BundlerTransformOptions::default() };
    let Some(typescript) = typescript else { return base };
    let mut typescript = typescript.clone();
    // `preserve` leaves JSX to a next tool, and there is none; `react-jsxdev` asks for the development runtime.
    typescript.compiler_options.jsx =
        typescript.compiler_options.jsx.filter(|jsx| jsx == "react" || jsx == "react-jsx");
    merge_tsconfig(base, &typescript, false).0
}
