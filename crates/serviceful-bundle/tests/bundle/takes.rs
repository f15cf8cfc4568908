//! What is taken without settings.

use crate::project::{HANDLER, Project, code, run};

#[test]
fn every_ending_is_taken_and_types_are_gone() {
    let project = Project::new(&[
        ("a.ts", "export const a: number = 1 as const; export type A = { a: number };"),
        ("b.mts", "export const b = <T,>(x: T): T => x;"),
        ("c.tsx", "/** @jsxRuntime classic */ function React_(x: string) { return x; } export const c: string = React_('c');"),
        ("d.js", "export const d = 'd';"),
        ("e.mjs", "export const e = 'e';"),
        ("f.cjs", "exports.f = 'f';"),
        ("g.jsx", "export const g = 'g';"),
        ("h.cts", "const h: string = 'h'; export { h };"),
        (
            "index.ts",
            "import { a, type A } from './a'; import { b } from './b.mjs'; import { c } from './c.js'; import { d } from './d';
             import { e } from './e'; import { f } from './f.cjs'; import { g } from './g'; import { h } from './h.cts';
             const all: A = { a: b(a) }; export default { fetch() { return new Response(JSON.stringify([all, c, d, e, f, g, h])); } };",
        ),
    ]);
    let bundle = project.bundle("index.ts");
    assert_eq!(bundle.inputs, ["a.ts", "b.mts", "c.tsx", "d.js", "e.mjs", "f.cjs", "g.jsx", "h.cts", "index.ts"]);
    for gone in [": number", "type A", ": A", "as const", "<T,>"] {
        assert!(!code(&bundle).contains(gone), "`{gone}` in\n{}", code(&bundle));
    }
    assert!(bundle.externals.is_empty() && bundle.warnings.is_empty(), "{bundle:?}");
}

#[test]
fn a_type_that_is_wrong_does_not_block() {
    let project = Project::new(&[
        (
            "index.ts",
            "import { Thing, type Other, value } from './types';\nexport { Thing } from './types';\nconst x: number = 'text'; let y: Thing = null;\nexport default { fetch: (): string => value + x.nope() + (y as Other) };",
        ),
        (
            "types.ts",
            "export interface Thing { a: 1 }\nexport type Other = Missing;\nexport const value: Undefined = 1;",
        ),
    ]);
    let bundle = project.bundle("index.ts");
    assert!(!code(&bundle).contains("interface") && bundle.warnings.is_empty(), "{bundle:?}");
    // What is no type anywhere is a mistake.
    project.write("index.ts", "export { Nothing } from './types';");
    assert!(project.error("index.ts").message.contains("Nothing"));
}

#[test]
fn json_and_text_are_values() {
    let project = Project::new(&[
        ("data.json", r#"{"used": [1, {"deep": true}], "unused": "never"}"#),
        ("a.txt", "text \"quoted\" `${x}`\n"),
        ("b.html", "<p>page</p>"),
        ("c.md", "# title"),
        ("d.sql", "select 1"),
        ("e.graphql", "type Query { a: Int }"),
        ("f.data", "[1, 2]"),
        (
            "index.ts",
            "import data, { used } from './data.json'; import a from './a.txt'; import b from './b.html'; import c from './c.md'; import d from './d.sql';
             import e from './e.graphql' with { type: 'text' }; import f from './f.data' with { type: 'json' }; import again from './data.json' with { type: 'json' };
             export default { fetch() { return [used, a, b, c, d, e, f, again.used]; } };",
        ),
    ]);
    let bundle = project.bundle("index.ts");
    for there in
        [r#""text \"quoted\" `${x}`\n""#, "<p>page</p>", "# title", "select 1", "type Query { a: Int }", "deep"]
    {
        assert!(code(&bundle).contains(there), "`{there}` not in\n{}", code(&bundle));
    }
    assert!(bundle.inputs.contains(&"e.graphql".to_owned()) && bundle.inputs.contains(&"f.data".to_owned()));
}

#[test]
fn jsx_is_automatic_unless_the_settings_say_otherwise() {
    let files = |settings: &str| {
        let project = Project::new(&[
            ("index.tsx", "const page = <a href=\"x\">{1}</a>; export default { fetch() { return page; } };"),
            ("node_modules/react/package.json", r#"{"name":"react","main":"index.js"}"#),
            ("node_modules/react/index.js", "exports.createElement = (...all) => ['classic', all];"),
            ("node_modules/react/jsx-runtime.js", "exports.jsx = (...all) => ['automatic', all];"),
            ("node_modules/preact/jsx-runtime.js", "exports.jsx = (...all) => ['preact', all];"),
        ]);
        project.write("tsconfig.json", settings);
        let bundle = project.bundle("index.tsx");
        code(&bundle).to_owned()
    };
    // `preserve` is for a tool that comes after; here none does.
    for automatic in [
        "{}",
        r#"{"compilerOptions": {"jsx": "react-jsx"}}"#,
        r#"{"compilerOptions": {"jsx": "preserve"}}"#,
        r#"{"compilerOptions": {"jsx": "react-jsxdev"}}"#,
    ] {
        assert!(files(automatic).contains("'automatic'") || files(automatic).contains("\"automatic\""), "{automatic}");
    }
    assert!(
        files(r#"{ /* a comment */ "compilerOptions": {"jsxImportSource": "preact", "jsx": "react-jsx", } }"#)
            .contains("\"preact\"")
    );
    let classic = files(r#"{"compilerOptions": {"jsx": "react", "jsxFactory": "h"}}"#);
    assert!(classic.contains("h(\"a\", { href: \"x\" }, 1)"), "{classic}");
}

#[test]
fn settings_of_typescript_are_followed() {
    let project = Project::new(&[
        ("tsconfig.json", r#"{"extends": "./base.json", "compilerOptions": {"experimentalDecorators": true}}"#),
        ("base.json", r#"{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}"#),
        ("src/deep/one.ts", "export const one = 'one by its path';"),
        (
            "src/index.ts",
            "import { one } from '@/deep/one';\nfunction log(c: any) { return c; }\n@log class A { x = one; }\nexport default { fetch() { return new A(); } };",
        ),
    ]);
    let bundle = project.bundle("src/index.ts");
    assert!(code(&bundle).contains("one by its path"));
    assert!(!code(&bundle).contains("@log"), "{}", code(&bundle));
    assert!(
        bundle.inputs.contains(&"base.json".to_owned()) && bundle.inputs.contains(&"tsconfig.json".to_owned()),
        "{:?}",
        bundle.inputs
    );
}

#[test]
fn what_is_not_used_is_not_there() {
    let project = Project::new(&[
        (
            "lib.ts",
            "export function used() { return 'kept'; }\nexport function unused() { return 'dropped'; }\nexport class Also { field = 'dropped'; }",
        ),
        (
            "index.ts",
            "import { used } from './lib'; import * as all from './lib';\nconst x = used() + all.used(); if (process.env.NODE_ENV !== 'production') { x.dropped(); }\nexport default { fetch() { return new Response(x); } };",
        ),
    ]);
    let bundle = project.bundle("index.ts");
    assert!(code(&bundle).contains("kept") && !code(&bundle).contains("dropped"), "{}", code(&bundle));
    // The one use of `process` was decided while bundling, so the engine is asked for nothing.
    assert!(bundle.externals.is_empty(), "{:?}", bundle.externals);
}

#[test]
fn names_and_lines_are_kept() {
    let project = Project::new(&[
        (
            "index.ts",
            "function aDescriptiveName(first: number) {\n  return first + 1;\n}\nconst x = aDescriptiveName(Number(globalThis.y));\n",
        ),
        ("second.ts", HANDLER),
    ]);
    project.write("index.ts", format!("function aDescriptiveName(first: number) {{\n  return first + 1;\n}}\nconst x = aDescriptiveName(Number(globalThis.y));\n{HANDLER}"));
    assert!(code(&project.bundle("index.ts")).contains("function aDescriptiveName(first) {\n"));
}

#[test]
fn modules_of_the_engine_stay_outside_by_their_full_name() {
    let project = Project::new(&[(
        "index.ts",
        "import { Buffer as B } from 'buffer'; import EventEmitter from 'events'; import { AsyncLocalStorage } from 'node:async_hooks'; import kv from 'serviceful:kv'; import { readFile } from 'fs/promises';
         import unused from 'node:os';
         export default { fetch() { return [B, EventEmitter, AsyncLocalStorage, kv, readFile]; } };",
    )]);
    let bundle = project.bundle("index.ts");
    assert_eq!(
        bundle.externals,
        ["node:async_hooks", "node:buffer", "node:events", "node:fs/promises", "serviceful:kv"]
    );
    assert!(code(&bundle).contains("from \"node:buffer\""), "{}", code(&bundle));
}

#[test]
fn buffer_and_process_come_only_to_those_who_use_them() {
    let without = Project::new(&[(
        "index.ts",
        "function f(process: string, Buffer: string) { return process + Buffer; }\nexport default { fetch() { return f('a', 'b'); } };",
    )]);
    assert!(without.bundle("index.ts").externals.is_empty());
    let with = Project::new(&[
        (
            "index.ts",
            "import { f } from './cjs.cjs'; const size = Buffer.byteLength('x'); export default { fetch() { return [size, f()]; } };",
        ),
        ("cjs.cjs", "exports.f = () => process.nextTick(() => global.x);"),
    ]);
    let bundle = with.bundle("index.ts");
    assert_eq!(bundle.externals, ["node:buffer", "node:process"]);
    assert!(code(&bundle).contains("globalThis.x"), "{}", code(&bundle));
}

#[test]
fn imports_that_happen_later_are_in_the_one_module() {
    let project = Project::new(&[
        ("later.ts", "export const later = 'came later';"),
        (
            "index.ts",
            "export default { async fetch(request) { const { later } = await import('./later'); const again = await import(`./later`); return later + again.later; } };",
        ),
    ]);
    let bundle = project.bundle("index.ts");
    assert!(code(&bundle).contains("came later") && !code(&bundle).contains("import("), "{}", code(&bundle));
    assert!(bundle.warnings.is_empty(), "{:?}", bundle.warnings);
}

#[test]
fn handlers_may_be_named_and_entries_common_js() {
    let named = Project::new(&[("index.ts", "export async function menu() {}\nexport const order = () => {};")]);
    let bundle = named.bundle("index.ts");
    assert!(code(&bundle).contains("export { menu, order }"), "{}", code(&bundle));
    let common = Project::new(&[("index.cjs", "module.exports = { fetch() { return new Response('x'); } };")]);
    let bundle = common.bundle("index.cjs");
    assert!(code(&bundle).contains("export default"), "{}", code(&bundle));
}

#[test]
fn modules_that_import_each_other_are_fine() {
    let project = Project::new(&[
        ("a.ts", "import { b } from './b'; export const a = () => b; "),
        ("b.ts", "import { a } from './a'; export const b = () => a;"),
        (
            "index.ts",
            "import { a } from './a'; import me from './index'; const x = a(); export default { fetch() { return [x, me]; } };",
        ),
    ]);
    assert!(project.bundle("index.ts").warnings.is_empty());
}

#[test]
fn help_teaches_and_wrong_use_says_how() {
    let help = run(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success());
    for word in ["Usage:", "Example:", "errors", "node_modules", "tsconfig.json", "node:*"] {
        assert!(text.contains(word), "{word}");
    }
    for wrong in [&[][..], &["one"], &["a", "b", "c"], &["--what", "b"]] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("Usage:") && output.stdout.is_empty());
    }
}
