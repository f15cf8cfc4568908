//! Packages in `node_modules`: where they are found, and by which of their doors they are entered.

use std::os::unix::fs::symlink;

use crate::project::{Project, code};

fn using(specifier: &str) -> String {
    format!("import x from '{specifier}'; export default {{ fetch() {{ return x; }} }};")
}

#[test]
fn packages_are_found_here_and_above_and_nearest_first() {
    let project = Project::new(&[
        ("src/index.js", &using("far")),
        ("../node_modules/far/index.js", "import near from 'near'; export default near + 'far';"),
        ("../node_modules/near/index.js", "export default 'near, above';"),
        ("node_modules/near/index.js", "export default 'near, here';"),
    ]);
    // What `far` imports is what lies beside it.
    let bundle = project.bundle("src/index.js");
    assert!(code(&bundle).contains("near, above") && !code(&bundle).contains("near, here"));
    assert_eq!(bundle.inputs, ["../node_modules/far/index.js", "../node_modules/near/index.js", "src/index.js"]);
    project.write("src/index.js", using("near"));
    assert!(code(&project.bundle("src/index.js")).contains("near, here"));
}

#[test]
fn doors_of_packages_are_taken_in_the_packages_own_order() {
    for (exports, taken) in [
        (r#"{"node": "./no.js", "workerd": "./yes.js", "default": "./no.js"}"#, "yes"),
        (r#"{"deno": "./no.js", "worker": "./yes.js", "browser": "./no.js", "default": "./no.js"}"#, "yes"),
        (r#"{"browser": "./yes.js", "workerd": "./no.js"}"#, "yes"),
        (r#"{"serviceful": "./yes.js", "workerd": "./no.js"}"#, "yes"),
        (r#"{"development": "./no.js", "production": "./yes.js", "default": "./no.js"}"#, "yes"),
        (r#"{"types": "./no.d.ts", "import": "./yes.js", "require": "./no.js"}"#, "yes"),
        (r#"{"node": {"import": "./no.js"}, "require": "./no.js", "default": "./yes.js"}"#, "yes"),
        (r#"{".": [{"bun": "./no.js"}, "./yes.js"]}"#, "yes"),
    ] {
        let project = Project::new(&[
            ("index.js", &using("pkg")),
            ("node_modules/pkg/package.json", &format!(r#"{{"name": "pkg", "main": "no.js", "exports": {exports}}}"#)),
            ("node_modules/pkg/yes.js", "export default 'yes';"),
            ("node_modules/pkg/no.js", "export default 'no';"),
        ]);
        assert!(code(&project.bundle("index.js")).contains(&format!("\"{taken}\"")), "{exports}");
    }
}

#[test]
fn packages_without_exports_say_it_by_fields() {
    for (fields, taken) in [
        (r#""main": "main.js""#, "main"),
        (r#""main": "main.js", "module": "module.js""#, "module"),
        (r#""main": "main.js", "module": "module.js", "browser": "browser.js""#, "browser"),
        (r#""main": "main.js", "browser": {"./main.js": "./browser.js"}"#, "browser"),
        ("\"x\": 1", "index"),
    ] {
        let project = Project::new(&[("index.js", &using("pkg"))]);
        project.write("node_modules/pkg/package.json", format!(r#"{{"name": "pkg", {fields}}}"#));
        for name in ["main", "module", "browser", "index"] {
            project.write(&format!("node_modules/pkg/{name}.js"), format!("export default '{name}';"));
        }
        assert!(code(&project.bundle("index.js")).contains(&format!("\"{taken}\"")), "{fields}");
    }
}

#[test]
fn a_part_that_a_browser_has_not_is_empty() {
    let project = Project::new(&[
        ("index.js", &using("pkg")),
        ("node_modules/pkg/package.json", r#"{"name": "pkg", "main": "main.js", "browser": {"./files.js": false}}"#),
        ("node_modules/pkg/main.js", "const files = require('./files.js'); module.exports = files.read || 'no files';"),
        ("node_modules/pkg/files.js", "exports.read = 'dropped';"),
    ]);
    let bundle = project.bundle("index.js");
    assert!(code(&bundle).contains("no files") && !code(&bundle).contains("dropped"));
}

#[test]
fn common_js_works_with_es_modules_both_ways() {
    let project = Project::new(&[
        (
            "index.ts",
            "import whole, { part } from 'old'; import * as all from 'old'; export default { fetch() { return [whole, part, all]; } };",
        ),
        (
            "node_modules/old/index.js",
            "const path = require('path'); const { Buffer } = require('buffer'); const fresh = require('fresh');\nexports.part = path.join('a', fresh.value, __filename0()); function __filename0() { return Buffer.from('x'); }",
        ),
        ("node_modules/fresh/package.json", r#"{"name": "fresh", "type": "module", "main": "index.js"}"#),
        ("node_modules/fresh/index.js", "export const value = 'from an ES module';"),
    ]);
    let bundle = project.bundle("index.ts");
    assert_eq!(bundle.externals, ["node:buffer", "node:path"]);
    let code = code(&bundle);
    assert!(code.contains("from an ES module"));
    // Required modules of the engine are imported, for there is no `require` where it runs.
    assert!(
        code.contains("from \"node:path\"")
            && !code.contains("require(\"path\")")
            && !code.contains("require(\"node:path\")"),
        "{code}"
    );
}

#[test]
fn what_a_package_only_tries_may_be_missing() {
    let project = Project::new(&[
        ("index.js", &using("pkg")),
        (
            "node_modules/pkg/index.js",
            "let fast; try { fast = require('fast-native'); } catch { fast = null; } module.exports = fast;",
        ),
    ]);
    project.bundle("index.js");
    project.write("node_modules/pkg/index.js", "module.exports = require('fast-native');");
    assert!(project.error("index.js").message.contains("npm install fast-native"));
}

#[test]
fn imports_inside_of_a_package_follow_its_own_table() {
    let project = Project::new(&[
        ("package.json", r##"{"imports": {"#config": {"serviceful": "./yes.js", "default": "./no.js"}}}"##),
        ("index.js", &using("#config")),
        ("yes.js", "export default 'yes';"),
        ("no.js", "export default 'no';"),
    ]);
    assert!(code(&project.bundle("index.js")).contains("\"yes\""));
}

#[test]
fn linked_packages_inside_of_the_roots_are_followed() {
    // As pnpm lays them out.
    let project = Project::new(&[
        ("index.js", &using("pkg")),
        (
            "node_modules/.store/pkg@1/node_modules/pkg/index.js",
            "import dep from 'dep'; export default 'linked' + dep;",
        ),
        ("node_modules/.store/pkg@1/node_modules/dep/index.js", "export default 'beside it';"),
    ]);
    symlink(".store/pkg@1/node_modules/pkg", project.path("node_modules/pkg")).unwrap();
    let bundle = project.bundle("index.js");
    assert!(code(&bundle).contains("linked") && code(&bundle).contains("beside it"));
    assert!(
        bundle.inputs.contains(&"node_modules/.store/pkg@1/node_modules/pkg/index.js".to_owned()),
        "{:?}",
        bundle.inputs
    );
}
