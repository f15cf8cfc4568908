//! Projects made to read the files of the person who bundles them.

use std::fs;
use std::os::unix::fs::symlink;

use wire::bundle::Document;

use crate::project::{HANDLER, Project, code};

/// Stands in a file outside of the project. It must not be in any answer.
const SECRET: &str = "the-secret-of-the-person-who-bundles";

/// A project beside a secret: as text, as code, as JSON, as a package, as settings.
fn beside_a_secret(files: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    for (path, text) in [
        ("../secret.txt", format!("{SECRET}\n")),
        ("../secret.js", format!("export default '{SECRET}'; export const a = '{SECRET}';")),
        (
            "../secret.json",
            format!("{{\"compilerOptions\": {{\"jsxImportSource\": \"{SECRET}\"}}, \"main\": \"{SECRET}\"}}"),
        ),
        ("../secret/package.json", r#"{"name": "secret", "main": "index.js"}"#.into()),
        ("../secret/index.js", format!("module.exports = '{SECRET}';")),
    ] {
        project.write(path, text);
    }
    project
}

/// The answer, in which no secret may be.
pub(crate) fn answer(project: &Project, entry: &str) -> Document {
    let document = project.document(entry);
    let text = serde_json::to_string(&document).unwrap();
    for secret in [SECRET, "root:x:0:0"] {
        assert!(!text.contains(secret), "{text}");
    }
    document
}

pub(crate) fn refused(project: &Project, entry: &str) -> String {
    match answer(project, entry) {
        Document::Refused { errors } => errors.into_iter().map(|error| format!("{error:?}\n")).collect(),
        Document::Bundle(bundle) => panic!("it was bundled:\n{}", bundle.module),
    }
}

#[test]
fn no_import_reads_a_file_outside() {
    for path in [
        "/etc/passwd",
        "../../../../../../../../etc/passwd",
        "../secret.js",
        "../secret.txt",
        "../secret",
        "file:///etc/passwd",
        "/proc/self/environ",
        "/dev/stdin",
    ] {
        for import in [
            format!("import x from '{path}';"),
            format!("import x from '{path}' with {{ type: 'text' }};"),
            format!("import x from '{path}' with {{ type: 'json' }};"),
            format!("export * from '{path}'; const x = 1;"),
            format!("const x = require('{path}');"),
            format!("const x = await import('{path}');"),
            format!("const x = new URL('{path}', import.meta.url);"),
        ] {
            let project = beside_a_secret(&[("index.ts", &format!("{import}\n{HANDLER}"))]);
            let document = answer(&project, "index.ts");
            // An address is a text like others; everything else is an error.
            assert_eq!(matches!(document, Document::Bundle(_)), import.contains("new URL"), "{import}: {document:?}");
        }
    }
}

#[test]
fn no_link_leads_outside() {
    let project = beside_a_secret(&[]);
    symlink("/etc/passwd", project.path("passwd.txt")).unwrap();
    symlink("../secret.js", project.path("code.js")).unwrap();
    symlink("../secret.json", project.path("data.json")).unwrap();
    symlink("..", project.path("up")).unwrap();
    fs::create_dir(project.path("node_modules")).unwrap();
    symlink("../../secret", project.path("node_modules/secret")).unwrap();
    symlink("/etc", project.path("node_modules/etc")).unwrap();
    for import in [
        "./passwd.txt",
        "./code.js",
        "./code",
        "./data.json",
        "./up/secret.js",
        "./up/project/../secret.js",
        "secret",
        "secret/index.js",
        "etc/passwd",
    ] {
        project.write("index.ts", format!("import x from '{import}';\n{HANDLER}"));
        let told = refused(&project, "index.ts");
        assert!(
            told.contains("out of the project")
                || told.contains("outside of the project")
                || told.contains("is not there"),
            "{import}: {told}"
        );
    }
    for entry in ["code.js", "up/secret.js"] {
        assert!(refused(&project, entry).contains("lies outside"));
    }
    // The benign twin: a link that stays inside.
    project.write("real.js", "export default 'inside';");
    symlink("real.js", project.path("link.js")).unwrap();
    project.write("index.ts", format!("import x from './link.js';\n{HANDLER}"));
    assert!(code(&project.bundle("index.ts")).contains("inside"));
}

#[test]
fn no_settings_of_a_package_lead_outside() {
    for fields in [
        r#""main": "../../../secret.js""#,
        r#""main": "/etc/passwd""#,
        r#""module": "../../../secret.js""#,
        r#""browser": "../../../secret.js""#,
        r#""main": "index.js", "browser": {"./index.js": "../../../secret.js"}"#,
        r#""exports": "../../../secret.js""#,
        r#""exports": {".": "./../../../secret.js"}"#,
        r#""exports": {".": "/etc/passwd"}"#,
        r#""exports": {".": "./a/../../../../secret.js"}"#,
        r##""imports": {"#x": "../../../secret.js"}, "main": "inner.js""##,
    ] {
        let project = beside_a_secret(&[
            ("index.ts", &format!("import x from 'pkg';\n{HANDLER}")),
            ("node_modules/pkg/inner.js", "export { default } from '#x';"),
        ]);
        project.write("node_modules/pkg/package.json", format!(r#"{{"name": "pkg", {fields}}}"#));
        refused(&project, "index.ts");
    }
    for settings in [
        r#"{"extends": "/etc/passwd"}"#,
        r#"{"extends": "../secret.json"}"#,
        r#"{"extends": "./link.json"}"#,
        r#"{"references": [{"path": "../secret.json"}], "files": []}"#,
        r#"{"compilerOptions": {"baseUrl": "/etc", "paths": {"x": ["../secret.js", "/etc/passwd"]}}}"#,
        r#"{"compilerOptions": {"rootDirs": ["/", ".."]}}"#,
    ] {
        let project = beside_a_secret(&[
            ("index.tsx", &format!("import x from 'x';\nconst y = <a/>;\n{HANDLER}")),
            ("tsconfig.json", settings),
        ]);
        symlink("../secret.json", project.path("link.json")).unwrap();
        refused(&project, "index.tsx");
    }
    // What other tools read is not read.
    let project = beside_a_secret(&[
        ("index.ts", &format!("const x = 1;\n{HANDLER}")),
        (".npmrc", "globalconfig=/etc/passwd\n"),
        (".env", "A=1"),
        ("rolldown.config.js", "throw 1"),
    ]);
    symlink("/etc/passwd", project.path(".babelrc")).unwrap();
    let bundle = project.bundle("index.ts");
    assert_eq!(bundle.inputs, ["index.ts"]);
}
