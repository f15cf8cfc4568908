//! The same files give the same bytes.

use crate::project::{Project, run};

#[test]
fn neither_the_place_nor_the_run_shows_in_the_result() {
    let mut files: Vec<(String, String)> = (0..60)
        .map(|n| {
            let imports: String = (n + 1..60).step_by(7).map(|m| format!("import {{ value as v{m} }} from './m{m}';\n")).collect();
            let sum: String = (n + 1..60).step_by(7).map(|m| format!(" + v{m}")).collect();
            (format!("src/m{n}.ts"), format!("{imports}import pkg from 'pkg';\nexport const value: number = pkg.count(){sum};\nconst shared = {n};\nexport const other = () => shared;\n"))
        })
        .collect();
    files.push(("src/index.ts".into(), "import * as m0 from './m0'; import { other } from './m1'; import { other as o2 } from './m2';\nexport default { fetch: () => [m0, other, o2] };".into()));
    files.push((
        "node_modules/pkg/index.js".into(),
        "const util = require('util'); exports.count = () => util.inspect(1);".into(),
    ));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (one, two) = (Project::new(&files), Project::new(&files));
    let bytes = |project: &Project| run(&[project.path("").to_str().unwrap(), "src/index.ts"]).stdout;
    let first = bytes(&one);
    assert!(first.len() > 5_000);
    for _ in 0..10 {
        assert!(bytes(&one) == first && bytes(&two) == first);
    }
    // Said differently, the place is the same.
    let relative = run(&[one.path("src/..").to_str().unwrap(), "./src/../src/index.ts"]).stdout;
    assert!(relative == first);
    // And another file is another result.
    two.write("src/m59.ts", "export const value: number = 5; export const other = 1;");
    assert!(bytes(&two) != first);
}
