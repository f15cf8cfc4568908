//! Errors say what is wrong, where, and what to do.

use wire::bundle::Notice;

use crate::project::Project;

fn place(notice: &Notice) -> (&str, u32, u32) {
    (notice.file.as_deref().unwrap(), notice.line.unwrap(), notice.column.unwrap())
}

#[test]
fn a_syntax_error_shows_its_line_with_a_caret() {
    let project = Project::new(&[(
        "src/index.ts",
        "const ok = 1;\nexport default {\n  fetch() { return new Response('x' 'y'); },\n};\n",
    )]);
    let error = project.error("src/index.ts");
    assert_eq!(place(&error), ("src/index.ts", 3, 37));
    assert!(error.message.starts_with("syntax error: "), "{error:?}");
    assert_eq!(
        error.excerpt.unwrap(),
        "3 |   fetch() { return new Response('x' 'y'); },\n  |                                     ^"
    );
}

#[test]
fn every_kind_of_broken_source_has_a_place() {
    for (file, text, line) in [
        ("index.ts", "let a = 1;\nlet a = 2;\nexport default a;", 1),
        ("index.ts", "export default {", 1),
        ("index.js", "\n\nconst b = ;", 3),
        ("index.js", "const x = 'open", 1),
        ("index.js", "import { from './x';", 1),
        ("index.js", "await = 1;", 1),
        ("index.js", "export const a = <b></c>;", 1),
        ("index.tsx", "\nexport const a = <b></c>;", 2),
        ("index.js", "const a: number = 1;", 1),
        ("index.mjs", "with (a) {}", 1),
        ("index.js", "class A { #x; m() { return this.#y; } }", 1),
        ("index.js", "\u{0}", 1),
    ] {
        let project = Project::new(&[(file, text)]);
        let errors = project.errors(file);
        assert_eq!((errors[0].file.as_deref(), errors[0].line), (Some(file), Some(line)), "{text}: {errors:?}");
        assert!(errors[0].excerpt.as_ref().is_some_and(|excerpt| excerpt.contains('^')), "{text}: {errors:?}");
    }
}

#[test]
fn several_errors_come_in_order() {
    let project = Project::new(&[
        ("index.ts", "import './b'; import './a'; export default {};"),
        ("a.ts", "const a = ;"),
        ("b.ts", "const b = ;"),
    ]);
    let files: Vec<_> = project.errors("index.ts").into_iter().map(|error| error.file.unwrap()).collect();
    assert_eq!(files, ["a.ts", "b.ts"]);
}

#[test]
fn an_import_that_leads_nowhere_says_who_and_what_to_do() {
    for (import, words) in [
        ("import x from 'left-pad';", &["`left-pad` is not installed", "npm install left-pad"][..]),
        ("import x from '@scope/name/deep';", &["`@scope/name` is not installed", "npm install @scope/name"]),
        ("export * from './nowhere';", &["`./nowhere` is not there"]),
        ("import x from '../elsewhere.js';", &["`../elsewhere.js` lies outside of the project"]),
        ("import x from '#inner';", &["`#inner` is not among the `imports`"]),
        ("import x from 'https://esm.example/x.js';", &["is an address", "install the package with npm"]),
        ("import x from 'cloudflare:sockets';", &["belongs to another platform"]),
        ("const x = await import('left-pad');", &["npm install left-pad"]),
        ("const x = require('left-pad');", &["npm install left-pad"]),
        ("import x from 'half/deep';", &["`half` is installed and has no `half/deep`"]),
        ("import x from 'doorless';", &["`doorless` is installed and says no file"]),
    ] {
        let project = Project::new(&[
            ("index.ts", &format!("\n  {import}\nexport default {{ fetch() {{ return x; }} }};")),
            ("node_modules/half/package.json", r#"{"name": "half", "exports": {".": "./index.js"}}"#),
            ("node_modules/half/index.js", ""),
            ("node_modules/doorless/package.json", r#"{"name": "doorless", "exports": {"node": "./index.js"}}"#),
            ("node_modules/doorless/index.js", ""),
        ]);
        let error = project.error("index.ts");
        for word in words {
            assert!(error.message.contains(word), "{import}: {error:?}");
        }
        assert_eq!((error.file.as_deref(), error.line), (Some("index.ts"), Some(2)), "{import}: {error:?}");
        assert!(error.excerpt.unwrap().contains(import), "{import}");
    }
}

#[test]
fn jsx_without_its_package_is_told_where_it_stands() {
    let page = "const title: string = '<p>';\nexport default { fetch() {\n  return new Response(String(<p>{title}</p>));\n} };";
    for (tsconfig, words) in [
        ("{}", ["package `react`, and `react` is not installed", "npm install react"]),
        (
            r#"{"compilerOptions": {"jsxImportSource": "hono/jsx"}}"#,
            ["package `hono/jsx`, and `hono` is not installed", "npm install hono"],
        ),
    ] {
        let project = Project::new(&[("page.tsx", page), ("tsconfig.json", tsconfig)]);
        let error = project.error("page.tsx");
        assert_eq!(place(&error), ("page.tsx", 3, 30), "{error:?}");
        assert!(words.iter().all(|word| error.message.contains(word)), "{error:?}");
        assert!(error.message.contains("jsxImportSource"), "{error:?}");
        assert!(error.excerpt.unwrap().contains("return new Response(String(<p>"));
    }
}

#[test]
fn an_export_that_is_not_there_is_named() {
    let project = Project::new(&[
        ("index.js", "import { yes, no } from './lib'; export default { fetch() { return [yes, no]; } };"),
        ("lib.js", "export const yes = 1;"),
    ]);
    let error = project.error("index.js");
    assert_eq!(place(&error), ("index.js", 1, 15));
    assert!(error.message.contains("no") && error.message.contains("lib.js"), "{error:?}");
}

#[test]
fn an_entry_that_exports_nothing_is_told_what_to_export() {
    for text in ["", "const x = 1;", "console.log('hi');", "type A = 1; export type { A };"] {
        let error = Project::new(&[("src/index.ts", text)]).error("src/index.ts");
        assert_eq!(error.file.as_deref(), Some("src/index.ts"));
        assert!(error.message.contains("exports nothing") && error.message.contains("export default {"), "{error:?}");
    }
}

#[test]
fn an_entry_that_is_not_there_is_told() {
    let project = Project::new(&[("src/index.ts", "export default {}")]);
    for (entry, word) in [
        ("src/main.ts", "is not there"),
        ("src", "is no file"),
        ("../..", "lies outside"),
        ("/etc/passwd", "lies outside"),
    ] {
        let error = project.error(entry);
        assert!(error.message.contains(word) && error.message.contains(entry), "{error:?}");
    }
}

#[test]
fn a_project_that_is_not_there_is_told() {
    for folder in ["/nowhere/at/all", "/etc/passwd"] {
        let output = crate::project::run(&[folder, "index.ts"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stdout).contains("cannot be opened"), "{output:?}");
    }
}

#[test]
fn broken_json_and_settings_have_a_name() {
    let project = Project::new(&[
        ("index.ts", "import x from './data.json'; export default { fetch() { return x; } };"),
        ("data.json", "{\n  \"a\": oops\n}"),
    ]);
    let error = project.error("index.ts");
    assert_eq!((error.file.as_deref(), error.line), (Some("data.json"), Some(2)), "{error:?}");
    project.write("data.json", "{}");
    project.write("tsconfig.json", "{ \"compilerOptions\": nonsense }");
    let error = project.error("index.ts");
    assert!(error.message.contains("tsconfig.json"), "{error:?}");
}

#[test]
fn names_that_only_a_run_knows_are_warned_about() {
    let project = Project::new(&[(
        "index.ts",
        "export default { async fetch(request) {\n  const one = await import(`./${request.url}.ts`);\n  return require(request.method);\n} };",
    )]);
    let warnings = project.bundle("index.ts").warnings;
    assert_eq!(warnings.iter().map(place).collect::<Vec<_>>(), [("index.ts", 2, 21), ("index.ts", 3, 10)]);
    assert!(warnings[0].message.contains("`import()`") && warnings[1].message.contains("`require()`"), "{warnings:?}");
    // Of a package only if it is in the module, and once.
    let package = "export const pure = 1; export async function late(x) { await import(x); return import(x + 1); }";
    for (used, warned) in [("pure", 0), ("late", 1)] {
        let project = Project::new(&[
            (
                "index.ts",
                &format!("import {{ {used} as x }} from 'pkg'; export default {{ fetch() {{ return x; }} }};"),
            ),
            ("node_modules/pkg/index.js", "export { pure } from './pure.js'; export { late } from './late.js';"),
            ("node_modules/pkg/package.json", r#"{"name": "pkg", "sideEffects": false, "type": "module"}"#),
            ("node_modules/pkg/pure.js", package),
            ("node_modules/pkg/late.js", package),
        ]);
        let warnings = project.bundle("index.ts").warnings;
        assert_eq!(
            warnings.iter().filter(|warning| warning.file.as_ref().unwrap().ends_with("late.js")).count(),
            warned,
            "{warnings:?}"
        );
    }
}

#[test]
fn files_that_are_no_source_are_refused_by_name() {
    for name in ["code.wasm", "picture.PNG"] {
        let project = Project::new(&[
            ("index.ts", &format!("import x from './{name}'; export default {{ fetch() {{ return x; }} }};")),
            (name, "\u{7f}"),
        ]);
        let error = project.error("index.ts");
        assert!(error.message.contains(name) && error.message.contains("neither JavaScript"), "{error:?}");
    }
    let project = Project::new(&[
        ("index.ts", "import x from './x.css' with { type: 'css' }; export default { fetch() { return x; } };"),
        ("x.css", "a {}"),
    ]);
    let error = project.error("index.ts");
    assert!(error.message.contains("type `css`") && error.message.contains("`text`"), "{error:?}");
}

#[test]
fn decorators_that_nobody_understands_are_told() {
    let text = "const log = (x) => x;\n@log class A { @log m() {} }\nexport default { fetch() { return new A(); } };";
    let project = Project::new(&[("index.ts", text), ("index.js", text)]);
    for entry in ["index.ts", "index.js"] {
        let error = project.error(entry);
        assert_eq!(place(&error), (entry, 2, 1));
        assert!(error.message.contains("`experimentalDecorators`"), "{error:?}");
    }
    // Settings of TypeScript are not about JavaScript.
    project.write("tsconfig.json", r#"{"compilerOptions": {"experimentalDecorators": true}}"#);
    project.bundle("index.ts");
    assert!(project.error("index.js").message.contains("has no decorators"));
}

#[test]
fn accessor_fields_are_told_before_the_engine_meets_them() {
    let text = "class A {\n  accessor n = 4;\n}\nexport default { fetch() { return new A(); } };";
    let project = Project::new(&[("index.ts", text), ("index.js", text)]);
    for entry in ["index.ts", "index.js"] {
        let error = project.error(entry);
        assert_eq!(place(&error), (entry, 2, 3));
        assert!(error.message.contains("no `accessor` fields") && error.message.contains("`get`"), "{error:?}");
    }
}

#[test]
fn a_module_that_node_does_not_have_is_told_with_its_place() {
    let text = "const a = 1;\nimport x from 'node:nope';\nexport default { fetch() { return x ?? a; } };";
    let project = Project::new(&[("index.ts", text)]);
    let error = project.error("index.ts");
    assert_eq!(place(&error), ("index.ts", 2, 15));
    assert!(error.message.contains("no module `node:nope`"), "{error:?}");
    // What asks for it while it runs may be ready for that.
    project
        .write("index.ts", "export default { async fetch() { return await import('node:nope').catch(() => null); } };");
    project.bundle("index.ts");
}

#[test]
fn what_is_missing_at_the_end_shows_the_last_line() {
    let project = Project::new(&[("index.ts", "const ok = 1;\nexport default {\n  fetch() {\n\n")]);
    let error = project.error("index.ts");
    assert!(error.message.starts_with("syntax error: "), "{error:?}");
    assert_eq!(error.excerpt.unwrap(), "3 |   fetch() {\n  |            ^");
}
