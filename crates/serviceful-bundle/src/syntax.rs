//! What is looked for in each module's syntax tree: imports whose name only a run knows, imports of a stated type, and what
//! neither bundler nor engine understand.

use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    AccessorProperty, CallExpression, Decorator, ExportAllDeclaration, ExportFromDeclaration, Expression,
    ImportDeclaration, ImportExpression, StringLiteral, WithClause,
};
use oxc::ast_visit::{VisitJsMut, walk_js_mut};
use oxc::span::Span;
use oxc::str::Str;
use rolldown::ModuleType;
use rolldown_ecmascript::EcmaAst;

use crate::excerpt::{Place, notice};
use crate::findings::Findings;

/// How an import of a stated type is told to the one who loads the file.
const AS_TEXT: &str = "as-text";
const AS_JSON: &str = "as-json";

/// The type that was stated, from the query that [`visit`] put behind the file's name.
pub(crate) fn module_type(query: &str) -> Option<ModuleType> {
    match query {
        AS_TEXT => Some(ModuleType::Text),
        AS_JSON => Some(ModuleType::Json),
        _ => None,
    }
}

/// What is known of a module beside its tree.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    /// From the project's folder.
    pub(crate) file: &'a str,
    /// Whether the project's owner wrote it, and so can change it.
    pub(crate) own: bool,
    /// Whether its decorators become calls.
    pub(crate) decorators: bool,
}

/// Looks through one module.
pub(crate) fn visit(ast: &mut EcmaAst, about: About<'_>, findings: &Findings) {
    let source = ast.source().clone();
    let mut computed = Vec::new();
    let mut strange = Vec::new();
    let (mut decorator, mut accessor) = (None, None);
    ast.program.with_mut(|fields| {
        let mut visitor = Visitor {
            allocator: fields.allocator,
            own: about.own,
            computed: &mut computed,
            strange: &mut strange,
            decorator: &mut decorator,
            accessor: &mut accessor,
        };
        visitor.visit_program(fields.program);
    });
    let tell = |span: Span, message| {
        notice(
            about.file.to_owned(),
            Some(&source),
            Place::of_byte(&source, usize::try_from(span.start).unwrap_or(0)),
            message,
        )
    };
    // A package's owner is not here to change it, so one word is enough.
    let shown = if about.own { computed.len() } else { computed.len().min(1) };
    for (span, word) in computed.into_iter().take(shown) {
        findings.warning(tell(span, format!("the name in this `{word}` is only known when it runs, so nothing is bundled for it and it will fail; write a constant name")));
    }
    // One is enough to tell.
    if let Some(span) = decorator.filter(|_| !about.decorators) {
        findings.error(tell(span, "the engine has no decorators; in TypeScript set `experimentalDecorators` in tsconfig.json, or call the function yourself".to_owned()));
    }
    if let Some(span) = accessor {
        findings.error(tell(
            span,
            "the engine has no `accessor` fields; write a private field with `get` and `set`".to_owned(),
        ));
    }
    for (span, stated) in strange {
        findings.error(tell(span, format!("imports of type `{stated}` are not known; there are `json` and `text`")));
    }
}

struct Visitor<'a, 'f> {
    allocator: &'a Allocator,
    own: bool,
    computed: &'f mut Vec<(Span, &'static str)>,
    strange: &'f mut Vec<(Span, String)>,
    decorator: &'f mut Option<Span>,
    accessor: &'f mut Option<Span>,
}

impl<'a> VisitJsMut<'a> for Visitor<'a, '_> {
    fn visit_import_expression(&mut self, import: &mut ImportExpression<'a>) {
        if !is_constant(&import.source) {
            self.computed.push((import.span, "import()"));
        }
        walk_js_mut::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &mut CallExpression<'a>) {
        // In packages `require` is as often a function of their own.
        if self.own
            && matches!(&call.callee, Expression::Identifier(name) if name.name == "require")
            && let Some(name) = call.arguments.first().and_then(|argument| argument.as_expression())
            && !is_constant(name)
        {
            self.computed.push((call.span, "require()"));
        }
        walk_js_mut::walk_call_expression(self, call);
    }

    fn visit_decorator(&mut self, decorator: &mut Decorator<'a>) {
        self.decorator.get_or_insert(decorator.span);
        walk_js_mut::walk_decorator(self, decorator);
    }

    fn visit_accessor_property(&mut self, accessor: &mut AccessorProperty<'a>) {
        self.accessor.get_or_insert(accessor.span);
        walk_js_mut::walk_accessor_property(self, accessor);
    }

    fn visit_import_declaration(&mut self, import: &mut ImportDeclaration<'a>) {
        self.state_type(&mut import.source, import.with_clause.as_deref());
        walk_js_mut::walk_import_declaration(self, import);
    }

    fn visit_export_from_declaration(&mut self, export: &mut ExportFromDeclaration<'a>) {
        self.state_type(&mut export.source, export.with_clause.as_deref());
        walk_js_mut::walk_export_from_declaration(self, export);
    }

    fn visit_export_all_declaration(&mut self, export: &mut ExportAllDeclaration<'a>) {
        self.state_type(&mut export.source, export.with_clause.as_deref());
        walk_js_mut::walk_export_all_declaration(self, export);
    }
}

impl<'a> Visitor<'a, '_> {
    /// Puts the type that a `with` clause states behind the name: the bundler itself does not look at it.
    fn state_type(&mut self, source: &mut StringLiteral<'a>, with: Option<&WithClause<'a>>) {
        let Some(entry) =
            with.and_then(|with| with.with_entries.iter().find(|entry| entry.key.as_arena_str() == "type"))
        else {
            return;
        };
        let stated = match entry.value.value.as_str() {
            "text" => AS_TEXT,
            // The ending says it already.
            "json" if Path::new(source.value.as_str()).extension().is_some_and(|ending| ending == "json") => return,
            "json" => AS_JSON,
            other => return self.strange.push((entry.span, other.to_owned())),
        };
        let name = format!("{}?{stated}", source.value.as_str());
        source.value = Str::from(self.allocator.alloc_str(&name));
        source.raw = None;
    }
}

/// Whether the bundler can tell the name.
fn is_constant(name: &Expression<'_>) -> bool {
    match name {
        Expression::StringLiteral(_) => true,
        Expression::TemplateLiteral(template) => template.expressions.is_empty(),
        _ => false,
    }
}
