//! Projects made to take the bundler down, or to keep it busy.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wire::bundle::Document;

use crate::outside::{answer, refused};
use crate::project::{HANDLER, Project, executable};

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
        // No bracket: it takes all the CPU time there is.
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

/// A chain that nests without brackets.
fn chain(name: &str, n: usize) -> Project {
    let text = match name {
        "sums" => format!("const x = 1{};", "+y".repeat(n)),
        "negations" => format!("const x = {}1;", "!".repeat(n)),
        "news" => format!("const x = {}f;", "new ".repeat(n)),
        "members" => format!("const x = y{};", ".y".repeat(n)),
        "conditions" => format!("const x = {}1;", "y?1:".repeat(n)),
        "assignments" => format!("let y, x; x = {}1;", "y=".repeat(n)),
        "arrows" => format!("const x = {}1;", "a=>".repeat(n)),
        "powers" => format!("const x = 2{};", "**2".repeat(n)),
        "else ifs" => format!("let x; if (x) {{}}{}", " else if (x) {}".repeat(n)),
        "labels" => format!("let x; {}x = 1;", (0..n).map(|i| format!("l{i}:")).collect::<String>()),
        "blocks" => format!("let x; {}x = 1;", "if(x)".repeat(n)),
        "types" => format!("let x: {}1;", "keyof ".repeat(n)),
        "type conditions" => format!("type T<A> = {}1; const x = 1;", "A extends 1 ? 1 : ".repeat(n)),
        other => panic!("no chain `{other}`"),
    };
    Project::new(&[("index.ts", &format!("{text}\n{HANDLER}"))])
}

#[test]
fn long_chains_that_people_could_generate_are_fine() {
    let names = ["sums", "negations", "news", "members", "conditions", "assignments", "arrows", "powers", "else ifs"];
    for name in names.iter().chain(&["labels", "blocks", "types", "type conditions"]) {
        // Powers cost the optimizer their length cubed.
        let n = if *name == "powers" { 200 } else { 2_000 };
        assert!(matches!(answer(&chain(name, n), "index.ts"), Document::Bundle(_)), "{name}");
    }
}

#[test]
fn chains_that_take_the_whole_stack_are_errors_with_their_reason() {
    for (name, n) in [("negations", 4_000_000), ("members", 2_000_000), ("conditions", 1_500_000), ("types", 2_000_000)]
    {
        told(&chain(name, n), "index.ts", &["nests too deeply"]);
    }
}

#[test]
fn work_and_results_without_measure_are_stopped_by_the_name_of_their_limit() {
    told(&chain("powers", 30_000), "index.ts", &["more than 30 s of CPU time"]);
    // Each level is indented.
    told(&chain("blocks", 15_000), "index.ts", &["larger than 64 MiB"]);
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
