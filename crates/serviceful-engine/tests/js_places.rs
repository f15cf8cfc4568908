//! Whatever goes wrong in a JavaScript function is told with the line of the expression, the call or the loop that it was in.

mod harness;

use harness::{Answer, Worker, get};
use wire::work::Failure;

/// Each way: its name, what is said, and its code. The place is where `/*!*/` stands, which is the code's last line otherwise.
const ERRORS: &[(&str, &str, &str)] = &[
    (
        "a property of what is not there",
        "cannot read property 'c' of undefined",
        "const x = 1;\nreturn x +\n  {}.b\n  ./*!*/c.d;",
    ),
    (
        "a method that is not there",
        "app.db.nope is not a function",
        "const app = { db: {} };\nMath.abs(1);\napp.db./*!*/nope(\n  1,\n  [2,\n  3],\n);",
    ),
    (
        "a call inside of calls",
        "app.two is not a function",
        "const h = (...all) => all;\nconst app = {};\nreturn h(\"ul\", null,\n  h(\"li\", null, app.one),\n  h(\"li\", null,\n    app./*!*/two(\n      3,\n    )),\n  h(\"li\", null, 4));",
    ),
    ("a name that is no function", "nope is not a function", "let nope;\nreturn 1 +\n  /*!*/nope(3);"),
    ("behind brackets", "nope is not a function", "const app = [{}];\nMath.abs(1);\nreturn app[0]./*!*/nope(1);"),
    (
        "new of what is not there",
        "app.Thing is not a constructor",
        "const app = {};\nMath.abs(1);\nreturn new app./*!*/Thing(\n  2);",
    ),
    (
        "used too early",
        "later is not initialized",
        "Math.abs(1);\nconst sum = 1\n  + /*!*/later;\nlet later = 5;\nreturn sum + later;",
    ),
    ("not defined", "nowhere is not defined", "Math.abs(1);\nreturn 1\n  + /*!*/nowhere;"),
    ("a constant", "'fixed' is read-only", "const fixed = 2;\nMath.abs(1);\nconst more = 3;\nfixed = /*!*/more;"),
    (
        "taken apart",
        "Cannot convert undefined or null to object",
        "const app = {};\nMath.abs(1);\nconst more = 3;\nconst /*!*/{ q } = app.none;\nreturn q + more;",
    ),
    (
        "a list taken apart",
        "cannot read property 'Symbol.iterator' of undefined",
        "const app = {};\nMath.abs(1);\nconst more = 3;\nconst /*!*/[q] = app.none;\nreturn q + more;",
    ),
    (
        "a parameter taken apart",
        "Cannot convert undefined or null to object",
        "Math.abs(1);\nconst f = (\n  /*!*/{ a }) => a;\nreturn f();",
    ),
    (
        "a loop over nothing",
        "cannot read property 'Symbol.iterator' of undefined",
        "const app = {};\nMath.abs(1);\nfor (const x of app./*!*/none) {\n  Math.abs(x);\n}",
    ),
    (
        "an iterator that throws",
        "in next",
        "const list = { [Symbol.iterator]: () => ({ next() {\n  throw new /*!*/Error(\"in next\");\n} }) };\nfor (const x of list) {\n  Math.abs(x);\n}",
    ),
    ("set on nothing", "cannot set property 'c' of undefined", "const app = {};\nMath.abs(1);\napp.b\n  ./*!*/c = 5;"),
    (
        "of a name that is computed",
        "cannot read property 'x' of undefined",
        "const app = {}, key = \"x\";\nMath.abs(1);\nreturn 1 +\n  app./*!*/b[key];",
    ),
    (
        "numbers of two kinds",
        "cannot convert BigInt to number",
        "const n = 2n, m = 1;\nMath.abs(1);\nreturn n\n  + /*!*/m;",
    ),
    (
        "behind an await",
        "cannot read property 'c' of undefined",
        "const app = {};\nawait null;\nreturn 1 +\n  (await app.b)./*!*/c;",
    ),
    (
        "awaits a call",
        "next is not a function",
        "const app = {};\nawait null;\nreturn await app.\n  /*!*/next(\n    1);",
    ),
    (
        "in a callback",
        "cannot read property 'c' of undefined",
        "const app = {};\nreturn [1]\n  .map((x) => x + 1)\n  .map(() => app.b./*!*/c);",
    ),
    ("frozen", "'b' is read-only", "const app = Object.freeze({ b: 1 });\nMath.abs(1);\napp./*!*/b = 2;"),
    (
        "a function throws",
        "on purpose",
        "const f = () => {\n  Math.abs(1);\n  throw new /*!*/Error(\"on purpose\");\n};\nreturn f(\n  1,\n  2);",
    ),
];

/// Loops that never end, with the places that may be named: those of the loop's own lines.
const LOOPS: &[(&str, &str)] = &[
    ("while", "let i = 0;\ni++;\n/*!*/while (true) {\n  i++;\n  i = i * 2;\n}"),
    ("while with a condition", "let i = 1;\n/*!*/while (i !== -1) {\n  i = i * 2 + 1;\n  i %= 1001;\n}"),
    ("do", "let i = 0;\n/*!*/do {\n  i ^= 1;\n} while (true);"),
    ("for", "let n = 1;\nconst f = (x) => x;\nf(1);\n/*!*/for (let i = 0; ; i++) {\n  const b = i % 7;\n  n ^= b;\n}"),
    ("for with everything", "let n = 1;\n/*!*/for (let i = 0; i >= 0; i = i & 7) {\n  n ^= i;\n}"),
    (
        "for of",
        "const list = (function* () { /*!*/while (true) yield 1; })();\nlet n = 1;\n/*!*/for (const x of list) {\n  n ^= x;\n}",
    ),
    ("continue", "let n = 1;\n/*!*/for (;;) {\n  n ^= 1;\n  if (n > -1) /*!*/continue;\n  n ^= 2;\n}"),
    (
        "in a callback",
        "return [1].map((x) => {\n  let n = x;\n  /*!*/for (;;) {\n    n = n * 2 + 1;\n    n %= 1000;\n  }\n});",
    ),
    ("await", "let n = 0;\n/*!*/while (true) {\n  /*!*/await null;\n  n++;\n}"),
    (
        "await of an async function",
        "const step = async (n) => n + 1;\nlet n = 0;\nfor (;;) {\n  n = /*!*/await /*!*/step(n);\n}",
    ),
];

const MARK: &str = "/*!*/";

/// A module with a handler for each code; and for each, the places that are marked in it.
fn module<'a>(codes: impl Iterator<Item = &'a str>) -> (String, Vec<Vec<(usize, usize)>>) {
    let (mut module, mut places) = (String::new(), Vec::new());
    for (number, code) in codes.enumerate() {
        module.push_str(&format!("export async function way{number}() {{\n"));
        let before = module.lines().count();
        let mut marked = Vec::new();
        for (at, line) in code.lines().enumerate() {
            // The column of each mark, without the marks before it.
            marked.extend(
                line.match_indices(MARK)
                    .enumerate()
                    .map(|(n, (column, _))| (before + at + 1, column + 1 - n * MARK.len())),
            );
        }
        assert!(!marked.is_empty(), "{code}");
        places.push(marked);
        module.push_str(&code.replace(MARK, ""));
        module.push_str("\n}\n");
    }
    module.push_str("export default { fetch() {} };\n");
    (module, places)
}

async fn call(worker: &Worker, component: types::Digest, number: usize) -> Answer {
    let mut request = get(component, "/");
    request.handler = Some(format!("way{number}"));
    request.limits.cpu_ms = 100;
    worker.call(&request).await
}

#[tokio::test]
async fn errors_that_the_engine_raises_name_the_expression() {
    let worker = Worker::start().await;
    let (source, places) = module(ERRORS.iter().map(|(_, _, code)| *code));
    let component = worker.bring_js(&source).await;
    let mut wrong = Vec::new();
    for (number, ((way, words, _), places)) in ERRORS.iter().zip(places).enumerate() {
        let answer = call(&worker, component, number).await;
        let (line, column) = places[0];
        let Some(Failure::Trap { reason }) = &answer.failure else { panic!("{way}: {answer:?}") };
        if !reason.contains(words) || !reason.ends_with(&format!(" at main.js:{line}:{column}")) {
            wrong.push(format!("{way}: wanted `{words}` at {line}:{column}: {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_loop_without_end_is_told_with_its_line() {
    let worker = Worker::start().await;
    let (source, places) = module(LOOPS.iter().map(|(_, code)| *code));
    let component = worker.bring_js(&source).await;
    let mut wrong = Vec::new();
    for (number, ((way, _), places)) in LOOPS.iter().zip(places).enumerate() {
        // Where it is found depends on the moment.
        for _ in 0..3 {
            let answer = call(&worker, component, number).await;
            let Some(Failure::Limit { limit, reason }) = &answer.failure else { panic!("{way}: {answer:?}") };
            assert_eq!(limit, "cpu_ms", "{way}");
            if !places.iter().any(|(line, _)| reason.contains(&format!(" at main.js:{line}:"))) {
                wrong.push(format!("{way}: wanted one of {places:?}: {reason}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
