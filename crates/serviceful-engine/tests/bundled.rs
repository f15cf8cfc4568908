//! Projects of several files: bundled by the real bundler, and what goes wrong is told in the files that people wrote.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bundler;
mod harness;

use bundler::Project;
use harness::{Worker, get, snapshot};
use wire::bundle::Document;
use wire::work::Failure;

const INDEX: &str = r#"import { explode, type Depth } from "./explode";
import { Page } from "./page";

interface Way {
  (depth: Depth): unknown;
}

const ways: Record<string, Way> = {
  thrown: (depth: Depth) => explode<string>(depth),
  property(depth: Depth) {
    const nothing = (depth as unknown as { missing?: { deep: number } }).missing;
    console.log(typeof nothing);
    return nothing!.deep;
  },
  page: (depth: Depth): unknown => Page({ depth, title: null }),
  async awaited(depth: Depth) {
    await null; return (depth as any).nowhere();
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    const way: Way | undefined = ways[new URL(request.url).pathname.slice(1)];
    return new Response(String(await way!(3)));
  },
};
"#;

const EXPLODE: &str = r"export type Depth = number;

/** Said with types between everything. */
export function explode<T>(depth: Depth, said?: T): T {
  if (depth > 0) return explode<T>(depth - 1, said as T);
  const reason: string = `at ${depth satisfies Depth}`; throw new RangeError(reason);
}
";

const PAGE: &str = r#"/** @jsxImportSource ./jsx */
type Props = { depth: number; title: string | null };

export function Page({ depth, title }: Props) {
  return (
    <main id="x">
      {[depth].map((n: number) => (
        <h1 key={n} title={title!.toUpperCase()}>{n}</h1>
      ))}
    </main>
  );
}
"#;

const JSX: &str = "export const jsx = (type, props) => ({ type, props });\nexport const jsxs = jsx;\n";

/// Line of `needle` and the columns that it spans, from 1.
fn place(source: &str, needle: &str) -> (usize, std::ops::RangeInclusive<usize>) {
    assert_eq!(source.matches(needle).count(), 1, "{needle}");
    let before = source.split(needle).next().unwrap();
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    (before.matches('\n').count() + 1, column..=column + needle.chars().count())
}

/// What stands behind `file:` in a text, up to two numbers.
fn told(text: &str, file: &str) -> Option<(usize, usize)> {
    let (_, rest) = text.split_once(&format!("{file}:"))?;
    let mut numbers = rest.split(|each: char| !each.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[tokio::test]
async fn errors_stand_at_the_line_and_column_that_people_wrote() {
    let project =
        Project::new(&[("index.ts", INDEX), ("explode.ts", EXPLODE), ("page.tsx", PAGE), ("jsx/jsx-runtime.js", JSX)]);
    let module = match project.bundle("index.ts") {
        Document::Bundle(bundle) => bundle.module,
        Document::Refused { errors } => panic!("{errors:#?}"),
    };
    let worker = Worker::start().await;
    let component = worker.bring_js(&module).await;
    for (path, file, source, needle) in [
        ("/thrown", "explode.ts", EXPLODE, "new RangeError(reason)"),
        ("/property", "index.ts", INDEX, "nothing!.deep"),
        ("/page", "page.tsx", PAGE, "title!.toUpperCase()"),
        ("/awaited", "index.ts", INDEX, "(depth as any).nowhere()"),
    ] {
        let answer = worker.call(&get(component, path)).await;
        let Some(Failure::Trap { reason }) = &answer.failure else { panic!("{path}: {answer:?}") };
        // The engine names a call by its last argument, a property by its name: within the expression.
        let (line, columns) = place(source, needle);
        let (told_line, told_column) =
            told(reason, file).unwrap_or_else(|| panic!("{path}: no `{file}` in `{reason}`"));
        assert_eq!(told_line, line, "{path}: {reason}");
        assert!(columns.contains(&told_column), "{path}: expected {columns:?} in `{reason}`");
    }
}

const SYNTAX: &str = r#"import page from "./page.html";
import data, { list } from "./data.json";
import notes from "./notes.graphql" with { type: "text" };
import old, { part } from "./old.cjs";

const started = await Promise.resolve("top-level await");
enum Size { Small = 1, Large = Small << 4 }
namespace Deep { export namespace Inner { export const word = "namespace"; } }
const enum Fixed { One = "one" }
abstract class Base { #hidden = 1; static made = 0; static { Base.made = 7; } get hidden(): number { return this.#hidden; } }
class Real extends Base { constructor(public readonly name: string, private n?: number) { super(); } accessor = 1; }
function marked(_: unknown, key: string) { marks.push(key); }
const marks: string[] = [];
class Decorated { @marked method() {} }
const closed: string[] = [];
const resource = (name: string) => ({ name, [Symbol.dispose]: () => closed.push(name) });
function scoped() { using one = resource("one"); using two = resource("two"); return [one.name, two.name]; }

export default {
  async fetch(): Promise<Response> {
    const { later } = await import("./later");
    const all = {
      page, notes, list, n: data.n, old: old.part === part, part, started, size: Size[Size.Large], fixed: Fixed.One, deep: Deep.Inner.word,
      real: new Real("x").name, hidden: new Real("x").hidden, made: Base.made, marks, later, scoped: scoped(), closed,
      set: /^[\p{L}--[a-z]]$/v.test("A"), named: "2026".match(/(?<year>\d+)/)?.groups?.year, last: [1, 2].at(-1), grouped: Object.groupBy([1, 2], (n) => (n > 1 ? "big" : "small")),
      self: typeof process.env, size2: Buffer.byteLength("é"),
    } satisfies object;
    return Response.json(all);
  },
};
"#;

#[tokio::test]
async fn what_the_bundler_takes_the_engine_runs() {
    let project = Project::new(&[
        ("index.ts", SYNTAX),
        ("tsconfig.json", r#"{"compilerOptions": {"experimentalDecorators": true, "target": "es2024"}}"#),
        ("page.html", "<p>text</p>"),
        ("data.json", r#"{"n": 1, "list": [2]}"#),
        ("notes.graphql", "type Query"),
        ("old.cjs", "const path = require('path'); exports.part = path.join('a', 'b');"),
        ("later.ts", "export const later: string = 'later';"),
    ]);
    let module = match project.bundle("index.ts") {
        Document::Bundle(bundle) => bundle.module,
        Document::Refused { errors } => panic!("{errors:#?}"),
    };
    let worker = Worker::start().await;
    let component = worker.bring_js(&module).await;
    let answer = worker.call(&get(component, "/")).await;
    assert_eq!(answer.failure, None, "{answer:?}\n{module}");
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let expected = serde_json::json!({
        "page": "<p>text</p>", "notes": "type Query", "list": [2], "n": 1, "old": true, "part": "a/b",
        "started": "top-level await", "size": "Large", "fixed": "one", "deep": "namespace", "real": "x", "hidden": 1, "made": 7,
        "marks": ["method"], "later": "later", "scoped": ["one", "two"], "closed": ["two", "one"], "set": true, "named": "2026",
        "last": 2, "grouped": {"small": [1], "big": [2]}, "self": "object", "size2": 2,
    });
    assert_eq!(answer, expected);
}

const INDEX_EARLY: &str = r#"import { made, ask, uid, chance as roll } from "measured";
import old from "older";
//early
export default { fetch() { return Response.json([made, old.made, ask() > 1e12, uid, roll()]); } };
"#;
const MEASURED: &str = "const now = () => Date.now();
export const made = now();
export const ask = () => now();
export const chance = () => Math.random();
export const uid = chance();
export const run = (callback) => callback();
";
/// As deep as one likes.
const DEEP: &str = "export const deep = (n) => (n ? deep(n - 1) + 0 : Date.now());\n";
const OLDER: &str =
    "const spread = (f) => f(); exports.made = spread(() => new Date().getTime() + performance.now());\n";

fn early(code: &str) -> Project {
    Project::new(&[
        ("index.ts", &INDEX_EARLY.replace("//early", code)),
        ("node_modules/measured/package.json", r#"{"name": "measured", "type": "module", "exports": "./index.js"}"#),
        ("node_modules/measured/index.js", MEASURED),
        ("node_modules/older/package.json", r#"{"name": "older", "main": "index.js"}"#),
        ("node_modules/older/index.js", OLDER),
        ("node_modules/deep/package.json", r#"{"name": "deep", "type": "module", "exports": "./index.js"}"#),
        ("node_modules/deep/index.js", DEEP),
        ("old.cjs", "const older = require('older'); exports.made = older.made;"),
    ])
}

#[tokio::test]
async fn packages_that_measure_while_they_load_see_a_clock_and_chance_that_stand_still() {
    let Document::Bundle(bundle) = early("").bundle("index.ts") else { panic!("it is refused") };
    let (_, output) = snapshot(&bundle.module).await.unwrap();
    let output = output.join("\n");
    for package in ["measured", "older"] {
        let told = format!("warning: {package} looks at the clock when it is loaded");
        assert_eq!(output.matches(&told).count(), 1, "{output}");
    }
    let worker = Worker::start().await;
    let component = worker.bring_js(&bundle.module).await;
    // Zero at load, and the time of the request after it; so it is with chance.
    let told = "warning: measured asks `Math.random` when it is loaded";
    assert_eq!(output.matches(told).count(), 1, "{output}");
    let mut seen = std::collections::BTreeSet::new();
    let mut kept = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let answer = worker.call(&get(component, "/")).await.text();
        let (before, uid, chance): (&str, f64, f64) = {
            let (rest, chance) = answer.trim_end_matches(']').rsplit_once(',').unwrap();
            let (rest, uid) = rest.rsplit_once(',').unwrap();
            (rest, uid.parse().unwrap(), chance.parse().unwrap())
        };
        assert_eq!(before, "[0,0,true");
        assert!(uid > 0.0 && uid < 1.0 && uid != chance, "{answer}");
        seen.insert(chance.to_bits());
        kept.insert(uid.to_bits());
    }
    assert_eq!((kept.len(), seen.len()), (1, 10), "a request's numbers are its own");
}

#[tokio::test]
async fn what_people_ask_a_package_at_the_top_level_is_still_too_early() {
    for (code, word) in [
        ("const at: number = ask();", "the clock was used"),
        ("import { run } from 'measured'; run(() => Date.now());", "the clock was used"),
        ("import { chance } from 'measured'; const x = chance();", "randomness was used"),
        ("globalThis.at = Date.now();", "the clock was used"),
        // Whatever their own functions are called.
        ("function init_app() { globalThis.at = ask(); } init_app();", "the clock was used"),
        ("function require_time() { globalThis.at = ask(); } require_time();", "the clock was used"),
        ("import { deep } from 'deep'; globalThis.at = deep(40);", "the clock was used"),
    ] {
        let Document::Bundle(bundle) = early(code).bundle("index.ts") else { panic!("{code}: it is refused") };
        let Err(failed) = snapshot(&bundle.module).await else { panic!("{code}: it is taken") };
        let reason = format!("{failed:?}");
        assert!(reason.contains(word) && reason.contains("index.ts:3:"), "{code}: {reason}");
    }
}

/// What stands behind the last line of a stack is not known, so it is not a package's.
#[tokio::test]
async fn a_stack_that_is_cut_short_hides_nobody() {
    for code in [
        "import { deep } from 'deep'; globalThis.at = deep(100);",
        "import { deep } from 'deep'; Error.stackTraceLimit = 1; globalThis.at = deep(5);",
    ] {
        let Document::Bundle(bundle) = early(code).bundle("index.ts") else { panic!("{code}: it is refused") };
        let Err(failed) = snapshot(&bundle.module).await else { panic!("{code}: it is taken") };
        assert!(format!("{failed:?}").contains("the clock was used"), "{code}: {failed:?}");
    }
}

/// As many projects do it: `require` in a file of one's own.
#[tokio::test]
async fn a_package_that_is_required_loads_as_one_that_is_imported() {
    let code = "import own from './old.cjs'; globalThis.own = own.made;";
    let Document::Bundle(bundle) = early(code).bundle("index.ts") else { panic!("it is refused") };
    snapshot(&bundle.module).await.unwrap();
}

/// JSX with a function of one's own, over many lines: the bundler writes it on few.
const LIST: &str = "/** @jsxRuntime classic */
/** @jsx h */
type Props = Record<string, any> | null;
const h = (type: any, props: Props, ...children: any[]): string =>
  typeof type === 'function' ? type(props ?? {}) : `<${type}>${children.join('')}</${type}>`;

const Item = ({ dish }: { dish: any }) => (
  <li class=\"dish\">
    <b>
      {dish.name}
    </b>
    {dish.price.toFixed(2)}
  </li>
);

const Loop = ({ dish }: { dish: any }) => {
  let n = 0;
  while (n >= 0) {
    n = (n + 1) % 7;
  }
  return <i>{dish}</i>;
};

export default {
  fetch(request: Request) {
    const way = new URL(request.url).pathname;
    return new Response(
      <ul>
        <Item dish={{ name: 'tea', price: 2 }} />
        {way === '/loop'
          ? <Loop dish=\"x\" />
          : way === '/called'
            ? <li>{(request as any).nothing(
                1,
              )}</li>
            : <Item dish={{ name: 'none' }} />}
      </ul>
    );
  },
};
";

#[tokio::test]
async fn errors_inside_of_jsx_name_the_line_that_was_written() {
    let project = Project::new(&[("src/page.tsx", LIST)]);
    let Document::Bundle(bundle) = project.bundle("src/page.tsx") else { panic!("it is refused") };
    let worker = Worker::start().await;
    let component = worker.bring_js(&bundle.module).await;
    for (way, words, place) in [
        ("/", "cannot read property 'toFixed' of undefined", "src/page.tsx:12:"),
        ("/called", "request.nothing is not a function", "src/page.tsx:33:"),
        ("/loop", "CPU time", "src/page.tsx:18:"),
    ] {
        let mut request = get(component, way);
        request.limits.cpu_ms = 200;
        let answer = worker.call(&request).await;
        let reason = match &answer.failure {
            Some(Failure::Trap { reason } | Failure::Limit { reason, .. }) => reason,
            other => panic!("{way}: {other:?}"),
        };
        assert!(reason.contains(words) && reason.contains(place), "{way}: {reason}");
        let log: Vec<_> = answer.logs.iter().map(|log| log.text.as_str()).collect();
        assert!(log.iter().any(|line| line.contains(place)), "{way}: {log:?}");
    }
}
