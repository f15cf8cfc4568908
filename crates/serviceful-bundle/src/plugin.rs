//! What the bundler asks us: who provides a module, and what its text is.

use std::borrow::Cow;
use std::path::Path;

use anyhow::anyhow;
use rolldown::ModuleType;
use rolldown::plugin::{
    HookLoadArgs, HookLoadOutput, HookLoadReturn, HookResolveIdArgs, HookResolveIdOutput, HookResolveIdReturn,
    HookTransformAstArgs, HookTransformAstReturn, HookUsage, Plugin, PluginContext, SharedLoadPluginContext,
};
use rolldown_common::ImportKind;
use rolldown_common::side_effects::HookSideEffects;

use crate::excerpt::{Place, notice};
use crate::findings::Findings;
use crate::nesting;
use crate::sight::Sight;
use crate::specifier::{Specifier, is_no_module};
use crate::{syntax, unresolved};

/// The bundler's one plugin.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) sight: Sight,
    pub(crate) findings: Findings,
    /// Whether `tsconfig.json` asks for decorators as TypeScript had them first.
    pub(crate) decorators: bool,
}

/// Stands before the name of an engine's module that a CommonJS module requires.
const REQUIRED: &str = "\0required:";

/// Files that people import and that are no source.
const NO_SOURCE: [&str; 12] =
    ["wasm", "node", "png", "jpg", "jpeg", "gif", "webp", "ico", "woff", "woff2", "ttf", "pdf"];

impl Plugin for House {
    fn name(&self) -> Cow<'static, str> {
        "serviceful".into()
    }

    fn register_hook_usage(&self) -> HookUsage {
        HookUsage::ResolveId | HookUsage::Load | HookUsage::TransformAst
    }

    async fn resolve_id(&self, _: &PluginContext, args: &HookResolveIdArgs<'_>) -> HookResolveIdReturn {
        let found = match Specifier::read(args.specifier) {
            // `import()` of one may stand in a `try`.
            Specifier::Engine(name) if args.kind == ImportKind::Import && is_no_module(&name) => {
                self.findings.error(unresolved::notice(&self.sight, args.importer, args.specifier, None));
                HookResolveIdOutput { external: Some(true.into()), ..HookResolveIdOutput::from_id(name) }
            }
            Specifier::Engine(name) if args.kind == ImportKind::Require => {
                HookResolveIdOutput::from_id(format!("{REQUIRED}{name}"))
            }
            Specifier::Engine(name) => HookResolveIdOutput {
                external: Some(true.into()),
                side_effects: Some(HookSideEffects::False),
                ..HookResolveIdOutput::from_id(name)
            },
            // Left to itself, the bundler would keep the import and leave it to the engine to fail.
            Specifier::Address | Specifier::Foreign(_) => {
                self.findings.error(unresolved::notice(&self.sight, args.importer, args.specifier, None));
                HookResolveIdOutput { external: Some(true.into()), ..HookResolveIdOutput::from_id(args.specifier) }
            }
            Specifier::Files => return Ok(None),
        };
        Ok(Some(found))
    }

    async fn load(&self, _: SharedLoadPluginContext, args: &HookLoadArgs<'_>) -> HookLoadReturn {
        if let Some(name) = args.id.strip_prefix(REQUIRED) {
            return Ok(Some(HookLoadOutput { code: required(name).into(), ..HookLoadOutput::default() }));
        }
        // The bundler's own.
        if args.id.starts_with(['\0']) || args.id.starts_with("rolldown:") {
            return Ok(None);
        }
        let (file, query) = args.id.split_once('?').unwrap_or((args.id, ""));
        let path = Path::new(file);
        let name = self.sight.roots().relative(path);
        let asserted = syntax::module_type(query);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if asserted.is_none() && NO_SOURCE.contains(&ending.to_ascii_lowercase().as_str()) {
            return Err(self.refuse(format!(
                "`{name}` is imported, but a `.{ending}` file is neither JavaScript nor TypeScript, JSON or text; put its content into one of these, or serve it as a file"
            )));
        }
        let text =
            self.sight.source(path).map_err(|reason| self.refuse(format!("`{name}` is imported, but {reason}")))?;
        let is_code = asserted.is_none() && !matches!(ending, "json" | "txt" | "html" | "md" | "sql");
        if let Some(at) = is_code.then(|| nesting::too_deep(&text)).flatten() {
            let message = format!(
                "more than {} brackets are open here, so this is not read; generate flatter code",
                nesting::NESTING_MAX
            );
            self.findings.error(notice(name, Some(&text), Place::of_byte(&text, at), message));
            return Err(told());
        }
        Ok(Some(HookLoadOutput { code: text.into(), module_type: asserted, ..HookLoadOutput::default() }))
    }

    async fn transform_ast(&self, _: &PluginContext, mut args: HookTransformAstArgs<'_>) -> HookTransformAstReturn {
        let typescript = matches!(args.module_type, ModuleType::Ts | ModuleType::Tsx);
        if typescript || matches!(args.module_type, ModuleType::Js | ModuleType::Jsx) {
            let about = syntax::About {
                file: &self.sight.roots().relative(Path::new(args.id)),
                own: !args.id.contains("/node_modules/"),
                decorators: typescript && self.decorators,
            };
            syntax::visit(&mut args.ast, about, &self.findings);
        }
        Ok(args.ast)
    }
}

impl House {
    fn refuse(&self, message: String) -> anyhow::Error {
        self.findings.error(crate::findings::plain(message));
        told()
    }
}

/// Ends the bundler's work; what is wrong is among the findings.
fn told() -> anyhow::Error {
    anyhow!("told already")
}

/// A module of the engine for those that `require` it: as in Node, they get the default export.
fn required(name: &str) -> String {
    format!(
        "import * as module_ from \"{name}\";\nmodule.exports = \"default\" in module_ ? module_.default : module_;\n"
    )
}
