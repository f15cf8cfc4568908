//! Stack traces come from the module and are read in the sources.

use crate::project::{Project, code};
use crate::source_map::{Original, SourceMap, position};

const TYPESCRIPT: &str = r#"import { explode, type Kind } from "./explode";

interface Options {
  name: string;
}

enum Color { Red, Green }

/** Said to be é and 🦀. */
abstract class Base<T extends object> {
  protected constructor(private readonly value: T, public kind?: Kind) {}
  describe(this: Base<T>): string {
    const label = "é🦀"; if (!this.value) throw new RangeError("marker-in-class");
    return (label as string) + marker_property(this.value!, { deep: [1, 2, marker_in_array()] });
  }
}

class Real extends Base<Options> { constructor() { super({ name: "x" }); } }
declare function marker_property(value: object, other: object): string;
declare function marker_in_array(): number;

export default {
  async fetch(request: Request): Promise<Response> {
    const real = new Real();
    try { explode<Color>(Color.Green); } catch (error: unknown) { await marker_awaited(error as Error); }
    return new Response(real.describe() satisfies string);
  },
};
declare function marker_awaited(error: Error): Promise<void>;
"#;

const EXPLODE: &str = "export type Kind = 'a' | 'b';\n\n\nexport function explode<T>(color: T): never {\n\tconst inner = (depth: number): never => depth > 2 ? marker_deep(`${depth}`) : inner(depth + 1);\n\treturn inner(0);\n}\ndeclare function marker_deep(text: string): never;\n";

const PAGE: &str = r#"import { Fragment } from "react";

type Props = { title: string };

export function Page({ title }: Props) {
  return (
    <main className="x">
      {/* a comment that goes */}
      <Fragment><h1 title={marker_attribute(title)}>{title}</h1></Fragment>
      {[1, 2].map((n) => <li key={n}>{marker_child(n)}</li>)}
    </main>
  );
}
declare function marker_attribute(title: string): string;
declare function marker_child(n: number): string;

export default { fetch: () => new Response(String(Page({ title: marker_handler() }))) };
declare function marker_handler(): string;
"#;

/// Every call of a marker in the module leads to the same call in its source.
fn check(map: &SourceMap, module: &str, file: &str, source: &str, markers: &[&str]) {
    for marker in markers {
        let (line, column) = position(module, marker);
        let (source_line, source_column) = position(source, marker);
        let expected = Original { source: file.to_owned(), line: source_line, column: source_column };
        assert_eq!(map.lookup(line, column), Some(expected), "{marker} in:\n{module}");
    }
}

#[test]
fn lines_and_columns_of_typescript_come_back() {
    let project = Project::new(&[("src/index.ts", TYPESCRIPT), ("src/explode.ts", EXPLODE)]);
    let bundle = project.bundle("src/index.ts");
    let map = SourceMap::of(&bundle);
    let markers = [
        "new RangeError(\"marker-in-class\")",
        "marker_property(this",
        "marker_in_array()",
        "marker_awaited(error",
        "new Real()",
        "real.describe()",
    ];
    // Types between call and arguments are gone from the module, so the needles stop before them.
    let (needles, module) =
        (markers.map(|marker| marker.trim_end_matches("this").trim_end_matches("error")), code(&bundle));
    let source = TYPESCRIPT.replace("declare function marker_property(", "declare function m_______property(");
    let source = source.replace("declare function marker_in_array(", "declare function m_______in_array(");
    let source = source.replace("declare function marker_awaited(", "declare function m_______awaited(");
    check(&map, module, "src/index.ts", &source, &needles);
    let source = EXPLODE.replace("declare function marker_deep(", "declare function m_______deep(");
    check(&map, module, "src/explode.ts", &source, &["marker_deep(", "inner(depth + 1)", "inner(0)"]);
}

#[test]
fn lines_and_columns_of_jsx_come_back() {
    let react = [
        (
            "node_modules/react/package.json",
            r#"{"name":"react","exports":{".":"./index.js","./jsx-runtime":"./jsx.js"}}"#,
        ),
        ("node_modules/react/index.js", "export const Fragment = 'f';"),
        (
            "node_modules/react/jsx.js",
            "export const jsx = (...all) => all; export const jsxs = jsx; export const Fragment = 'f';",
        ),
    ];
    let project = Project::new(&react);
    project.write("src/page.tsx", PAGE);
    let bundle = project.bundle("src/page.tsx");
    let source = PAGE.replace("declare function marker_", "declare function m______");
    let markers = ["marker_attribute(", "marker_child(", "marker_handler(", "[1, 2].map("];
    check(&SourceMap::of(&bundle), code(&bundle), "src/page.tsx", &source, &markers);
}

#[test]
fn a_map_names_its_sources_from_the_project_and_holds_none_of_them() {
    let project = Project::new(&[
        (
            "src/index.js",
            "import { far } from 'far'; import near from 'near';\nexport default { fetch() { return far(near()); } };",
        ),
        ("../node_modules/far/index.js", "export function far() { return far_away(); }"),
        ("node_modules/near/index.js", "module.exports = function near() { return near_by(); };"),
    ]);
    let bundle = project.bundle("src/index.js");
    let map = SourceMap::of(&bundle);
    let mut sources = map.sources.clone();
    sources.retain(|source| !source.contains("rolldown"));
    sources.sort();
    assert_eq!(sources, ["../node_modules/far/index.js", "node_modules/near/index.js", "src/index.js"]);
    assert!(
        map.json
            .get("sourcesContent")
            .is_none_or(|content| content.is_null() || content.as_array().unwrap().iter().all(|one| one.is_null())),
        "{}",
        map.json
    );
    assert!(map.json.get("sourceRoot").is_none_or(serde_json::Value::is_null), "{}", map.json);
    let (line, column) = position(code(&bundle), "far_away()");
    assert_eq!(map.lookup(line, column).unwrap().source, "../node_modules/far/index.js");
    let (line, column) = position(code(&bundle), "near_by()");
    assert_eq!(
        map.lookup(line, column).unwrap(),
        Original { source: "node_modules/near/index.js".into(), line: 0, column: 42 }
    );
}

#[test]
fn the_map_is_the_last_line_whatever_a_source_says() {
    let project = Project::new(&[(
        "index.js",
        "export default { fetch() { return `\n//# sourceMappingURL=data:application/json;base64,AAAA\n`; } };\n//# sourceMappingURL=other.map\n",
    )]);
    let bundle = project.bundle("index.js");
    assert!(bundle.module.lines().last().unwrap().starts_with(wire::bundle::SOURCE_MAP_LINE));
    assert!(SourceMap::of(&bundle).sources.iter().any(|source| source == "index.js"));
}
