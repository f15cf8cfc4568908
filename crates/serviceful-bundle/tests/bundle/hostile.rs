//! Projects made by an attacker: to read the files of the person who bundles them, or to take the bundler down.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wire::bundle::Document;

use crate::project::{HANDLER, Project, code, executable};

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
fn answer(project: &Project, entry: &str) -> Document {
    let document = project.document(entry);
    let text = serde_json::to_string(&document).unwrap();
    for secret in [SECRET, "root:x:0:0"] {
        assert!(!text.contains(secret), "{text}");
    }
    document
}

fn refused(project: &Project, entry: &str) -> String {
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

/// One error within some seconds, whichever process had to die for it.
fn told(project: &Project, entry: &str, words: &[&str]) {
    let began = Instant::now();
    let text = refused(project, entry);
    assert!(words.iter().any(|word| text.contains(word)), "{}", &text[..text.len().min(2_000)]);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}

/// The bundler's own bound on a busy machine, and a little.
const PATIENCE: Duration = Duration::from_secs(200);

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let deep =
        |open: &str, middle: &str, close: &str, n: usize| format!("{}{middle}{}", open.repeat(n), close.repeat(n));
    let stacked: [(&str, String); 9] = [
        ("parentheses", deep("(", "1", ")", 100_000)),
        ("arrays", deep("[", "", "]", 100_000)),
        ("objects", deep("({a:", "1", "})", 100_000)),
        ("functions", deep("(()=>{", "1", "})", 100_000)),
        ("templates", deep("`${", "1", "}`", 100_000)),
        ("JSX", deep("<a>", "", "</a>", 100_000)),
        ("calls", deep("f(", "1", ")", 100_000)),
        ("unclosed", "(".repeat(1_000_000)),
        ("classes", deep("class{a=", "1", "}", 100_000)),
    ];
    for (name, text) in &stacked {
        let project = Project::new(&[("index.tsx", &format!("const x = {text};\n{HANDLER}"))]);
        let began = Instant::now();
        let error = answer(&project, "index.tsx");
        assert!(matches!(&error, Document::Refused { .. }), "{name}");
        assert!(began.elapsed() < PATIENCE, "{name}: {:?}", began.elapsed());
    }
    let project = Project::new(&[("index.ts", &format!("const y = 1;\nconst x = {};\n{HANDLER}", stacked[0].1))]);
    let error = project.error("index.ts");
    assert_eq!((error.file.as_deref(), error.line, error.column), (Some("index.ts"), Some(2), Some(2_011)));
    assert!(error.message.contains("brackets are open here"), "{error:?}");
}

#[test]
fn long_chains_end_in_a_bundle_or_an_error() {
    let n = 20_000;
    for (name, text) in [
        ("sums", format!("const x = 1{};", "+y".repeat(n))),
        ("negations", format!("const x = {}1;", "!".repeat(n))),
        ("types of", format!("const x = {}1;", "typeof ".repeat(n))),
        ("news", format!("const x = {}f;", "new ".repeat(n))),
        ("members", format!("const x = y{};", ".y".repeat(n))),
        ("conditions", format!("const x = {}1;", "y?1:".repeat(n))),
        ("assignments", format!("let y, x; x = {}1;", "y=".repeat(n))),
        ("arrows", format!("const x = {}1;", "a=>".repeat(n))),
        ("powers", format!("const x = 2{};", "**2".repeat(n))),
        ("else ifs", format!("let x; if (x) {{}}{}", " else if (x) {}".repeat(n))),
        ("labels", format!("let x; {}x = 1;", (0..n).map(|i| format!("l{i}:")).collect::<String>())),
        ("blocks without brackets", format!("let x; {}x = 1;", "if(x)".repeat(n))),
        ("types", format!("let x: {}1;", "keyof ".repeat(n))),
        ("type conditions", format!("type T<A> = {}1; const x = 1;", "A extends 1 ? 1 : ".repeat(n))),
    ] {
        let project = Project::new(&[("index.ts", &format!("{text}\n{HANDLER}"))]);
        let began = Instant::now();
        // `document` insists on an answer: either one is well.
        if let Document::Refused { errors } = answer(&project, "index.ts") {
            assert!(!errors[0].message.contains("report this"), "{name}: {:?}", errors[0].message);
        }
        assert!(began.elapsed() < PATIENCE, "{name}: {:?}", began.elapsed());
    }
}

#[test]
fn deep_json_and_settings_are_errors() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let project =
        Project::new(&[("index.ts", &format!("import x from './deep.json';\n{HANDLER}")), ("deep.json", &deep)]);
    told(&project, "index.ts", &["deep.json"]);
    let project = Project::new(&[
        ("index.ts", &format!("import x from 'pkg';\n{HANDLER}")),
        ("node_modules/pkg/index.js", "export default 1;"),
        ("node_modules/pkg/package.json", &format!("{{\"exports\": {deep}}}")),
    ]);
    told(&project, "index.ts", &["pkg"]);
    let project = Project::new(&[
        ("index.ts", &format!("const x = 1;\n{HANDLER}")),
        ("tsconfig.json", &format!("{{\"extends\": {deep}}}")),
    ]);
    told(&project, "index.ts", &["tsconfig.json"]);
}

#[test]
fn large_files_are_refused_by_size() {
    let project = Project::new(&[("index.ts", &format!("import x from './large.js';\n{HANDLER}"))]);
    fs::File::create(project.path("large.js")).unwrap().set_len(100 << 20).unwrap();
    told(&project, "index.ts", &["`large.js` is imported, but it has 100 MiB; a source file may have 16 MiB"]);
    told(&project, "large.js", &["it has 100 MiB"]);
    // A package's description of that size is none.
    let project = Project::new(&[
        ("index.ts", &format!("import x from 'pkg';\n{HANDLER}")),
        ("node_modules/pkg/index.js", "export default 1;"),
    ]);
    project.write(
        "node_modules/pkg/package.json",
        format!("{{\"main\": \"other.js\", \"x\": \"{}\"}}", "x".repeat(100 << 20)),
    );
    let bundle = project.bundle("index.ts");
    assert_eq!(bundle.inputs, ["index.ts", "node_modules/pkg/index.js"]);
    // Many that are each allowed.
    let project = Project::new(&[(
        "index.ts",
        &format!("{}const x = 1;\n{HANDLER}", (0..6).map(|n| format!("import './m{n}.js';\n")).collect::<String>()),
    )]);
    for n in 0..6 {
        project.write(&format!("m{n}.js"), " ".repeat(15 << 20));
    }
    told(&project, "index.ts", &["more than 64 MiB"]);
}

#[test]
fn thousands_of_modules_are_fine_and_more_are_refused() {
    let wide = |n: usize| {
        let project = Project::new(&[]);
        let imports: String = (0..n).map(|i| format!("import {{ v as v{i} }} from './m{i}';\n")).collect();
        let sum: String = (0..n).map(|i| format!("v{i} + ")).collect();
        project.write("index.ts", format!("{imports}const x = {sum}0;\n{HANDLER}"));
        for i in 0..n {
            project.write(&format!("m{i}.ts"), format!("export const v: number = globalThis.n{i};"));
        }
        project
    };
    let began = Instant::now();
    assert_eq!(wide(3_000).bundle("index.ts").inputs.len(), 3_001);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    told(&wide(21_000), "index.ts", &["more than 20000 files"]);
    // A chain, each importing the next, and the last the first.
    let project = Project::new(&[("index.ts", &format!("import {{ v }} from './m0'; const x = v();\n{HANDLER}"))]);
    for i in 0..3_000 {
        let next = if i == 2_999 { 0 } else { i + 1 };
        project.write(&format!("m{i}.ts"), format!("import {{ v as w }} from './m{next}'; export const v = () => w;"));
    }
    project.bundle("index.ts");
}

#[test]
fn loops_in_settings_end() {
    for (name, files) in [
        (
            "exports that name themselves",
            vec![("node_modules/pkg/package.json", r#"{"name": "pkg", "exports": {".": "pkg"}}"#)],
        ),
        ("imports that go round", vec![("package.json", r##"{"imports": {"pkg": "#a", "#a": "#b", "#b": "#a"}}"##)]),
        (
            "a browser's table that goes round",
            vec![(
                "node_modules/pkg/package.json",
                r#"{"name": "pkg", "main": "a.js", "browser": {"./a.js": "./b.js", "./b.js": "./a.js"}}"#,
            )],
        ),
        (
            "packages that are each other",
            vec![
                (
                    "node_modules/pkg/package.json",
                    r#"{"name": "pkg", "browser": {"pkg": "other", "other": "pkg"}, "main": "index.js"}"#,
                ),
                ("node_modules/pkg/index.js", "module.exports = require('other');"),
            ],
        ),
        (
            "settings that extend each other",
            vec![("tsconfig.json", r#"{"extends": "./b.json"}"#), ("b.json", r#"{"extends": "./tsconfig.json"}"#)],
        ),
        (
            "settings that refer to themselves",
            vec![("tsconfig.json", r#"{"references": [{"path": "./tsconfig.json"}]}"#)],
        ),
        (
            "paths that go round",
            vec![("tsconfig.json", r#"{"compilerOptions": {"baseUrl": ".", "paths": {"pkg": ["pkg"], "*": ["*"]}}}"#)],
        ),
    ] {
        let project = Project::new(&[("index.ts", &format!("import x from 'pkg';\n{HANDLER}"))]);
        files.into_iter().for_each(|(path, text)| project.write(path, text));
        let began = Instant::now();
        answer(&project, "index.ts");
        assert!(began.elapsed() < PATIENCE, "{name}: {:?}", began.elapsed());
    }
    let project = Project::new(&[("index.ts", &format!("import x from './loop.js';\n{HANDLER}"))]);
    symlink("loop.js", project.path("loop.js")).unwrap();
    told(&project, "index.ts", &["is not there"]);
}

#[test]
fn strange_files_do_not_hold_it_up() {
    let project = Project::new(&[("index.ts", &format!("import x from './pipe.js';\n{HANDLER}"))]);
    rustix::fs::mkfifoat(rustix::fs::CWD, project.path("pipe.js"), rustix::fs::Mode::RUSR).unwrap();
    fs::create_dir(project.path("folder.js")).unwrap();
    let began = Instant::now();
    told(&project, "index.ts", &["pipe.js"]);
    told(&project, "pipe.js", &["is no file"]);
    project.write("index.ts", format!("import x from './folder.js';\n{HANDLER}"));
    told(&project, "index.ts", &["folder.js"]);
    project.write("index.ts", format!("import x from './bytes.js';\n{HANDLER}"));
    project.write("bytes.js", [0xff, 0xfe, 0x00]);
    told(&project, "index.ts", &["not UTF-8"]);
    for settings in ["tsconfig.json", "package.json"] {
        let project = Project::new(&[("index.ts", &format!("const x = 1;\n{HANDLER}"))]);
        rustix::fs::mkfifoat(rustix::fs::CWD, project.path(settings), rustix::fs::Mode::RUSR).unwrap();
        answer(&project, "index.ts");
    }
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}

#[test]
fn what_grows_without_end_is_stopped() {
    // Constants that the optimizer could fold into gigabytes.
    let doubled: String = (0..60).map(|n| format!("const s{} = s{n} + s{n};\n", n + 1)).collect();
    let project =
        Project::new(&[("index.ts", &format!("const s0 = 'xxxxxxxxxxxxxxxx';\n{doubled}const x = s60;\n{HANDLER}"))]);
    answer(&project, "index.ts");
    let project = Project::new(&[(
        "index.ts",
        &format!(
            "enum E {{ a0 = 'xxxxxxxxxxxxxxxx', {} }}\nconst x = E.a40;\n{HANDLER}",
            (0..40).map(|n| format!("a{} = a{n} + a{n},", n + 1)).collect::<String>()
        ),
    )]);
    answer(&project, "index.ts");
}

/// While it works, the kernel says of the process that reads the sources: no new privileges, and a filter on all its threads.
#[test]
fn the_process_that_reads_is_closed_before_its_threads_are_born() {
    let project = Project::new(&[]);
    let imports: String = (0..4_000).map(|n| format!("import './m{n}';\n")).collect();
    project.write("index.ts", format!("{imports}const x = 1;\n{HANDLER}"));
    for n in 0..4_000 {
        project.write(&format!("m{n}.ts"), "globalThis.x = (globalThis.x ?? 0) + 1;\n".repeat(50));
    }
    let mut outer = Command::new(executable())
        .args([project.path("").to_str().unwrap(), "index.ts"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let threads = loop {
        assert!(Instant::now() < until, "its threads were never seen");
        assert!(outer.try_wait().unwrap().is_none(), "it was done too soon");
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", outer.id())).unwrap_or_default();
        let Some(inner) = children.split_whitespace().next() else { continue };
        let Ok(tasks) = fs::read_dir(format!("/proc/{inner}/task")) else { continue };
        let threads: Vec<String> =
            tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok()).collect();
        if threads.len() >= 4 {
            break threads;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    for status in &threads {
        let field = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).unwrap_or_default().to_owned()
        };
        assert_eq!((field("Seccomp:"), field("NoNewPrivs:")), ("2".to_owned(), "1".to_owned()), "{status}");
    }
    assert!(outer.wait().unwrap().success());
}
