use types::{Access, AppName, Assurance, Demand, Digest, Limits, RouteError};

use crate::{Code, ERRORS_MAX, Manifest, ManifestError, TEXT_BYTES_MAX, known_keys};

mod hostile;

const FULL: &str = r#"
name = "coffee"

[build]
command = "cargo build --release --target wasm32-wasip2"
watch = ["src", "wit/world.wit"]

[[function]]
name = "menu"
route = "GET /menu"
component = "target/menu.wasm"
access = "public"
reason = "the menu hangs in the window anyway"
config = { greeting = "hi" }
limits = { cpu_ms = 50, functions = 10 }

[[function]]
route = "/orders/*"
component = "orders.wasm"

[[function]]
route = "POST /orders-import"
component = "target/menu.wasm"
access = "workloads"
callers = ["ci", "night-shift"]

[limits]
cpu_ms = 100
memory_mib = 32

[policy]
file = "app.cedar"
"#;

fn app(name: &str) -> AppName {
    AppName::parse(name).unwrap()
}

fn digest(_: &str) -> Option<Digest> {
    Some(Digest::from_bytes([7; 32]))
}

fn errors(text: &str) -> Vec<ManifestError> {
    Manifest::parse(text).expect_err(text)
}

/// One function with `lines` in it; the lines start at line 5.
fn with(lines: &str) -> String {
    format!("name = \"a\"\n[[function]]\nroute = \"/\"\ncomponent = \"a.wasm\"\n{lines}\n")
}

/// Exactly one error, at this place, about this key, and every part of `says` in its text.
#[track_caller]
fn check(text: &str, at: (u32, u32), key: &str, says: &[&str]) {
    let found = errors(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(((found[0].line, found[0].column), found[0].key.as_str()), (at, key), "{}", found[0]);
    let words = found[0].to_string();
    for part in says {
        assert!(words.contains(part), "`{part}` is not in: {words}");
    }
}

#[test]
fn reads_the_whole_shape() {
    let manifest = Manifest::parse(FULL).unwrap();
    assert_eq!(manifest.name, app("coffee"));
    assert_eq!(manifest.build.as_ref().unwrap().watch, ["src", "wit/world.wit"]);
    assert_eq!(manifest.policy.as_deref(), Some("app.cedar"));
    let names: Vec<_> = manifest.functions.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["menu", "orders", "orders-import"]);
    assert_eq!(manifest.functions[1].access, Access::Members, "locked until opened");

    let targets = manifest.targets(&app("coffee"), digest("").unwrap(), digest, &operator()).unwrap();
    assert_eq!(targets[0].limits.cpu_ms, 50, "the function's own limit wins");
    assert_eq!((targets[1].limits.cpu_ms, targets[1].limits.memory_mib), (100, 32), "then the app's");
    assert_eq!(targets[1].limits.wall_ms, 30_000, "then the default");
    assert_eq!(targets[0].grants.config["greeting"], "hi");
    assert_eq!(targets[2].callers.iter().map(|c| &**c).collect::<Vec<_>>(), ["ci", "night-shift"]);

    let files = manifest.components(&operator());
    assert_eq!(files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["orders.wasm", "target/menu.wasm"]);
    assert_eq!(files[1].limits.functions, 50_000, "the larger of the two functions that share the file");
}

fn operator() -> Limits {
    Limits { run: types::RunLimits::CAP, compile: types::CompileLimits::CAP }
}

#[test]
fn every_error_names_place_key_problem_and_remedy() {
    check(&with("acces = \"public\""), (5, 1), "function[0].acces", &["no such key", "did you mean `access`?"]);
    check(&with("zzzzzz = 1"), (5, 1), "function[0].zzzzzz", &["the keys here are `name`, `route`"]);
    check(&with("access = \"member\""), (5, 10), "function[0].access", &["did you mean `members`?", "`closed`"]);
    check(&with("access = \"everyone\""), (5, 10), "function[0].access", &["the words are `public`"]);
    check(&with("access = \"public\""), (5, 10), "function[0].reason", &["must say why", "reason ="]);
    check(&with("access = \"public\"\nreason = \" . \""), (5, 10), "function[0].reason", &["must say why"]);
    check(&with("access = \"workloads\""), (2, 1), "function[0].callers", &["lets nobody in", "callers = [\"ci\"]"]);
    check(&with("access = \"workloads\"\ncallers = []"), (6, 11), "function[0].callers", &["lets nobody in"]);
    check(&with("callers = [\"ci\"]"), (5, 11), "function[0].callers", &["only with", "this function is `members`"]);
    check(
        &with("access = \"workloads\"\ncallers = [\"ci\", \"ci\"]"),
        (6, 18),
        "function[0].callers[1]",
        &["listed twice"],
    );
    check(&with("limits = { cpu = 5 }"), (5, 12), "function[0].limits.cpu", &["did you mean `cpu_ms`?"]);
    check(&with("limits = { cpu_ms = 0 }"), (5, 21), "function[0].limits.cpu_ms", &["above 0"]);
    check(&with("limits = { cpu_ms = -1 }"), (5, 21), "function[0].limits.cpu_ms", &["`-1` is not a limit"]);
    check(&with("limits = { cpu_ms = 99999999999999999999 }"), (5, 21), "function[0].limits.cpu_ms", &["not a limit"]);
    check(&with("limits = { cpu_ms = \"5\" }"), (5, 21), "function[0].limits.cpu_ms", &["string", "a whole number"]);
    check(&with("config = { a = 1 }"), (5, 16), "function[0].config.a", &["integer", "text in quotes"]);
    check(&with("config = { \"a b\" = \"1\" }"), (5, 12), "function[0].config", &["`a b` is not a config key"]);
    check(&with("[policy]"), (5, 1), "policy.file", &["names no file"]);
    check(&with("[polcy]"), (5, 2), "polcy", &["did you mean `policy`?"]);
    check(&with("[build]\ncomand = \"x\""), (6, 1), "build.comand", &["did you mean `command`?"]);
    check(&with("name = \"Menu\""), (5, 8), "function[0].name", &["`Menu`", "a-z"]);
    check("name = \"coffee\"\n", (1, 1), "function", &["no function", "[[function]]"]);
    check("name = \"a\"\nfunction = 3", (2, 12), "function", &["integer", "two brackets"]);
    check("name = \"a\"\n[[functions]]\n", (2, 3), "functions", &["did you mean `function`?"]);
    let nameless = with("").replace("name = \"a\"", "");
    check(&nameless, (1, 1), "name", &["no name"]);
    check(&with("").replace("name = \"a\"", "name = \"console\""), (1, 8), "name", &["reserved"]);
    check(&with("").replace("route = \"/\"", ""), (2, 1), "function[0].route", &["no route"]);
    check(
        &with("").replace("component = \"a.wasm\"", ""),
        (2, 1),
        "function[0].source",
        &["neither a source nor a component"],
    );
    check(&with("x = "), (5, 5), "", &["toml.io"]);
    check(&with("route = \"/b\""), (5, 1), "", &["duplicate"]);
    // Columns count characters, not bytes.
    check(&with("config = { ä = 1 }"), (5, 12), "", &[]);
}

#[test]
fn keys_of_later_versions_are_refused_and_never_ignored() {
    for key in ["sign-up", "database", "egress", "secrets", "kv", "queue", "timer", "workflow"] {
        check(&with(&format!("[{key}]")), (5, 2), key, &["not supported yet by this version"]);
    }
    for key in ["sql", "egress"] {
        let path = format!("function[0].{key}");
        check(&with(&format!("{key} = \"x\"")), (5, 1), &path, &["not supported yet by this version"]);
    }
}

#[test]
fn secrets_and_keys_are_granted_by_name_and_word() {
    let grants = |lines: &str| {
        let manifest = Manifest::parse(&with(lines)).unwrap_or_else(|e| panic!("{lines}: {e:?}"));
        manifest.targets(&app("a"), digest("").unwrap(), digest, &operator()).unwrap()[0].grants.clone()
    };
    assert_eq!(grants(""), types::Grants::default());
    let granted = grants("secrets = [\"STRIPE_KEY\", \"A\"]\nkv = \"r\"");
    assert_eq!(granted.secrets.iter().map(types::SecretName::as_str).collect::<Vec<_>>(), ["A", "STRIPE_KEY"]);
    assert_eq!(granted.kv, types::KvAccess::Read);
    assert_eq!(grants("kv = \"rw\"").kv, types::KvAccess::ReadWrite);
    check(
        &with("secrets = [\"stripe\"]"),
        (5, 12),
        "function[0].secrets[0]",
        &["not the name of a secret", "write `STRIPE`"],
    );
    check(
        &with("secrets = [\"stripe-key\"]"),
        (5, 12),
        "function[0].secrets[0]",
        &["`serviceful secrets set APP STRIPE_KEY`"],
    );
    check(&with("secrets = [\"=sk_live\"]"), (5, 12), "function[0].secrets[0]", &["write `SK_LIVE`"]);
    check(&with("secrets = [\"42\"]"), (5, 12), "function[0].secrets[0]", &["such as `STRIPE_KEY`"]);
    check(&with("secrets = [\"A\", \"A\"]"), (5, 17), "function[0].secrets[1]", &["listed twice", "once"]);
    check(
        &with("access = \"workloads\"\ncallers = [\"service:till\"]"),
        (6, 12),
        "function[0].callers[0]",
        &["such as `till`"],
    );
    check(&with("secrets = \"A\""), (5, 11), "function[0].secrets", &["a list of texts"]);
    check(&with("kv = \"w\""), (5, 6), "function[0].kv", &["`r` to read or `rw`"]);
    check(&with("kv = true"), (5, 6), "function[0].kv", &["a text in quotes"]);
    check(&with("config = { KV = \"x\" }"), (5, 12), "function[0].config.KV", &["`env.KV`", "another name"]);
    check(&with("config = { SECRETS = \"x\" }"), (5, 12), "function[0].config.SECRETS", &["another name"]);
}

#[test]
fn a_function_may_demand_a_stronger_or_more_recent_sign_in() {
    let demand = |lines: &str| {
        let manifest = Manifest::parse(&with(lines)).unwrap_or_else(|e| panic!("{lines}: {e:?}"));
        manifest.targets(&app("a"), digest("").unwrap(), digest, &operator()).unwrap()[0].demand
    };
    assert!(demand("").is_none());
    let both = demand("min_assurance = \"phishing-resistant\"\nmax_auth_age_s = 300");
    assert_eq!(both, Demand { assurance: Assurance::PhishingResistant, max_age_s: Some(300) });
    assert_eq!(demand("access = \"signed-in\"\nmax_auth_age_s = 0x1_0").max_age_s, Some(16));
    assert_eq!(demand("min_assurance = \"multi-factor\"").assurance, Assurance::MultiFactor);

    let (least, age) = ("function[0].min_assurance", "function[0].max_auth_age_s");
    check(
        &with("min-assurance = \"multi-factor\""),
        (5, 1),
        "function[0].min-assurance",
        &["did you mean `min_assurance`?"],
    );
    check(&with("max_auth_age = 5"), (5, 1), "function[0].max_auth_age", &["did you mean `max_auth_age_s`?"]);
    check(&with("min_assurance = \"multifactor\""), (5, 17), least, &["did you mean `multi-factor`?", "the words are"]);
    for bad in ["\"none\"", "\"\"", "\"mfa\""] {
        check(&with(&format!("min_assurance = {bad}")), (5, 17), least, &["is no assurance", "`phishing-resistant`"]);
    }
    check(&with("min_assurance = 2"), (5, 17), least, &["integer", "text in quotes"]);
    for bad in ["0", "-1", "2592001", "99999999999999999999"] {
        check(&with(&format!("max_auth_age_s = {bad}")), (5, 18), age, &["write 1 to 2592000"]);
    }
    check(&with("max_auth_age_s = \"5m\""), (5, 18), age, &["string", "a whole number of seconds"]);
    // Where nobody could show it, it would look like protection and be none.
    for (access, says) in [
        ("access = \"public\"\nreason = \"x\"", "lets strangers in"),
        ("access = \"workloads\"\ncallers = [\"ci\"]", "machines show nothing"),
        ("access = \"closed\"\n", "nobody calls"),
    ] {
        check(&with(&format!("{access}\nmin_assurance = \"multi-factor\"")), (7, 17), least, &[says]);
        check(&with(&format!("{access}\nmax_auth_age_s = 60")), (7, 18), age, &[says]);
    }
}

#[test]
fn a_function_is_a_component_or_a_source() {
    let script = |lines: &str| format!("name = \"a\"\n[[function]]\nroute = \"/\"\n{lines}\n");
    for good in ["menu.js", "src/a.b.ts", "x.tsx", "x.mjs", "x.cts"] {
        let manifest = Manifest::parse(&script(&format!("source = \"{good}\""))).unwrap();
        assert_eq!(manifest.functions[0].code, Code::Source { path: good.into(), handler: None });
    }
    let two = script(
        "source = \"m.js\"\nhandler = \"list\"\n[[function]]\nroute = \"/b\"\nsource = \"m.js\"\nhandler = \"default\"",
    );
    let manifest = Manifest::parse(&two).unwrap();
    assert_eq!(manifest.functions[0].code.handler(), Some("list"));
    assert_eq!(manifest.functions[1].code.handler(), None, "`default` is what answers anyway");
    let files = manifest.components(&operator());
    assert_eq!(files.len(), 1, "one bundle serves both");
    assert!(files[0].is_source && files[0].handlers == ["list", "default"], "{files:?}");

    check(&with("source = \"menu.js\""), (5, 10), "function[0].source", &["a component and a source"]);
    check(&script("source = \"menu.wasm\""), (4, 10), "function[0].source", &["write `component`"]);
    check(&script("source = \"menu\""), (4, 10), "function[0].source", &["no JavaScript", "`ts`"]);
    check(&script("source = \"a.ts/b\""), (4, 10), "function[0].source", &["no JavaScript"]);
    check(&script("component = \"menu.ts\""), (4, 13), "function[0].component", &["write `source`"]);
    check(&with("handler = \"list\""), (5, 11), "function[0].handler", &["only a source"]);
    for bad in ["", "a-b", "1a", "a.b", "é", "a b"] {
        check(&script(&format!("source = \"m.js\"\nhandler = \"{bad}\"")), (5, 11), "function[0].handler", &["export"]);
    }
}

#[test]
fn paths_stay_below_the_folder() {
    for bad in [
        "",
        "/etc/passwd",
        "../a.wasm",
        "a/../../b",
        "a/..",
        "./a.wasm",
        "a//b",
        "a/",
        "~/a",
        "C:/a",
        "a\\\\b",
        "..\\\\a",
        "a\\u0000b",
        "a\\nb",
    ] {
        let text = with("").replace("a.wasm", bad);
        let found = errors(&text);
        assert_eq!(found.len(), 1, "{bad}: {found:?}");
        assert_eq!(found[0].key, "function[0].component", "{bad}");
        assert!(Manifest::parse(&with(&format!("[policy]\nfile = \"{bad}\""))).is_err(), "{bad}");
        assert!(Manifest::parse(&with(&format!("[build]\nwatch = [\"{bad}\"]"))).is_err(), "{bad}");
    }
    for good in ["a.wasm", "target/wasm32-wasip2/release/a.wasm", "..a.wasm", "a..b", "über.wasm", "a b.wasm"] {
        assert!(Manifest::parse(&with("").replace("a.wasm", good)).is_ok(), "{good}");
    }
}

fn routes(routes: &[&str]) -> String {
    let mut text = "name = \"a\"\n".to_owned();
    for (n, route) in routes.iter().enumerate() {
        text.push_str(&format!("[[function]]\nname = \"f{n}\"\nroute = \"{route}\"\ncomponent = \"a.wasm\"\n"));
    }
    text
}

#[test]
fn clashing_routes_are_named_with_both() {
    for (one, two, remedy) in [
        ("/a", "/a", "change the path"),
        ("GET /a", "GET /a", "change the path"),
        ("/a/:x", "/a/:x", "change the path"),
        ("GET /a/:x", "POST /a/:y", "the same name"),
        ("/a/*", "/a", "change the path"),
        ("/a/*", "/a/", "change the path"),
        ("/a/*", "/a/*", "change the path"),
        ("/*", "/", "change the path"),
        ("/a/*", "/a/:x", "cannot stand in the same place"),
        ("GET /a/*", "POST /a/:x/b", "cannot stand in the same place"),
    ] {
        check(&routes(&[one, two]), (8, 9), "function[1].route", &[&format!("`{one}`"), &format!("`{two}`"), remedy]);
        assert!(Manifest::parse(&routes(&[two, one])).is_err(), "the other way round: {one} {two}");
    }
    for fine in [
        ["/a", "/b"],
        ["GET /a", "POST /a"],
        ["GET /a", "/a"],
        ["/a/:x", "/a/b"],
        ["/a/*", "/a/b"],
        ["/a/:x/b", "/a/:y/c"],
        ["/a/*", "/b/:x"],
        ["/*", "/a"],
        ["/a", "/a/"],
        ["GET /a/*", "POST /a"],
    ] {
        let result = Manifest::parse(&routes(&fine));
        assert!(result.is_ok(), "{fine:?}: {result:?}");
    }
    let bad: RouteError = "TRACE /".parse::<types::RoutePattern>().unwrap_err();
    check(&routes(&["TRACE /"]), (4, 9), "function[0].route", &[&bad.to_string()]);
}

#[test]
fn names_are_made_up_only_when_they_are_free() {
    let text = "name = \"a\"\n".to_owned()
        + &["GET /menu", "POST /menu", "/", "/:id/x_y", "/API/v1/*"]
            .map(|r| format!("[[function]]\nroute = \"{r}\"\ncomponent = \"dir/My.Shop.wasm\"\n"))
            .concat();
    let manifest = Manifest::parse(&text).unwrap();
    let names: Vec<_> = manifest.functions.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["menu", "menu-post", "my", "x-y", "api-v1"]);
    // A written name is never taken by a made-up one, wherever it stands.
    let text = "name = \"a\"\n[[function]]\nroute = \"/menu\"\ncomponent = \"a\"\n[[function]]\nroute = \"/x\"\nname = \"menu\"\ncomponent = \"a\"";
    check(text, (2, 1), "function[0].name", &["no free name", "name = \"menu\""]);
    let twice = routes(&["/a", "/b"]).replace("\"f1\"", "\"f0\"");
    check(&twice, (6, 1), "function[1].name", &["named `f0` too"]);
}

#[test]
fn the_operators_caps_hold_and_are_named() {
    let text = with("limits = { cpu_ms = 501, wall_ms = 30000 }\n[limits]\nmemory_mib = 4096\ncomponent_kib = 9");
    let mut caps = operator();
    caps.run.cpu_ms = 500;
    caps.compile.component_kib = 8;
    let manifest = Manifest::parse(&text).unwrap();
    let found = manifest.targets(&app("a"), digest("").unwrap(), digest, &caps).unwrap_err();
    let said: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 3, "{said:#?}");
    assert!(
        said[0]
            .starts_with("line 5, column 21: `function[0].limits.cpu_ms`: 501 is more than the operator's cap of 500")
    );
    assert!(said[1].contains("`limits.memory_mib`: 4096 is more than the operator's cap of 512"), "{}", said[1]);
    assert!(said[2].contains("`limits.component_kib`: 9 is more than the operator's cap of 8"), "{}", said[2]);

    // A default that is over a lowered cap is lowered, never an error that the author did not cause.
    let manifest = Manifest::parse(&with("")).unwrap();
    caps.run.memory_mib = 1;
    let targets = manifest.targets(&app("a"), digest("").unwrap(), digest, &caps).unwrap();
    assert_eq!((targets[0].limits.memory_mib, targets[0].limits.cpu_ms), (1, 500));
}

#[test]
fn targets_name_missing_contents_and_another_apps_manifest() {
    let manifest = Manifest::parse(&with("")).unwrap();
    let found = manifest.targets(&app("b"), digest("").unwrap(), |_| None, &operator()).unwrap_err();
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].line, found[0].key.as_str()), (1, "name"));
    assert_eq!((found[1].line, found[1].column, found[1].key.as_str()), (4, 13, "function[0].component"));
}

#[test]
fn all_errors_come_at_once_up_to_the_bound() {
    let text = "nme = \"a\"\n[[function]]\nroute = \"nope\"\ncomponent = \"/x\"\naccess = \"all\"\n[egress]\n[limits]\ncpu = 1\n";
    let found = errors(text);
    let keys: Vec<_> = found.iter().map(|e| e.key.as_str()).collect();
    let expected =
        ["name", "nme", "function[0].route", "function[0].component", "function[0].access", "egress", "limits.cpu"];
    assert_eq!(keys, expected, "{found:#?}");
    let many: String = (0..200).map(|n| format!("wrong{n} = 1\n")).collect();
    assert_eq!(errors(&(many + &with(""))).len(), ERRORS_MAX);
}

#[test]
fn one_mistake_in_the_toml_is_one_error_at_its_place() {
    let rest = "[[function]]\nroute = \"/\"\nsource = \"a.js\"\n";
    for (text, line) in [
        (format!("name = \"coffee\n{rest}"), 1),
        (format!("name = coffee\n{rest}"), 1),
        (format!("name \"coffee\"\n{rest}"), 1),
        (format!("name: coffee\n{rest}"), 1),
        (format!("name = \u{201c}coffee\u{201d}\n{rest}"), 1),
        (format!("name = \"cof\\qfee\"\n{rest}"), 1),
        (format!("name = \"a\"\nname = \"b\"\n{rest}"), 2),
        ("name = \"a\"\n[[function]\nroute = \"/\"\nsource = \"a.js\"\n".to_owned(), 2),
        ("name = \"a\"\n[[function]]\nroute = \"/\"\nsource = 'a.js\"\n".to_owned(), 4),
        ("name = \"a\"\n[[function]]\nroute = \"/\n source = \"a.js\"\naccess = \"members\"\n".to_owned(), 3),
        ("{\n  \"name\": \"a\",\n  \"function\": []\n}\n".to_owned(), 1),
    ] {
        let found = errors(&text);
        assert_eq!(found.len(), 1, "{text}\n{found:#?}");
        assert_eq!((found[0].line, found[0].key.as_str()), (line, ""), "{text}\n{found:#?}");
        assert!(found[0].instead.contains("toml.io"), "{found:#?}");
    }
}

#[test]
fn bounds_are_reached_and_named() {
    let big = format!("{}# {}", with(""), "x".repeat(TEXT_BYTES_MAX));
    check(&big, (1, 1), "", &["bytes long", "262144"]);
    let fits = format!("{}# {}", with(""), "x".repeat(TEXT_BYTES_MAX - with("").len() - 2));
    assert!(Manifest::parse(&fits).is_ok());
    let many: Vec<String> = (0..257).map(|n| format!("/r{n}")).collect();
    check(&routes(&many.iter().map(String::as_str).collect::<Vec<_>>()), (2, 1), "function", &["257 functions", "256"]);
    let list = |n: usize| (0..n).map(|n| format!("\"c{n}\"")).collect::<Vec<_>>().join(",");
    let callers = |n| with(&format!("access = \"workloads\"\ncallers = [{}]", list(n)));
    assert!(Manifest::parse(&callers(64)).is_ok());
    check(&callers(65), (6, 11), "function[0].callers", &["65 entries"]);
    let value = |n| with(&format!("config = {{ a = \"{}\" }}", "v".repeat(n)));
    assert!(Manifest::parse(&value(4_096)).is_ok());
    check(&value(4_097), (5, 16), "function[0].config.a", &["4097 bytes"]);
}

#[test]
fn the_reference_lists_every_key_that_the_parser_takes() {
    let keys: Vec<String> = known_keys().into_iter().map(|k| k.path).collect();
    for key in ["name", "build.command", "function[].access", "policy.file", "limits.cpu_ms", "limits.items"] {
        assert!(keys.iter().any(|k| k == key), "{key}");
    }
    assert_eq!(keys.len(), 6 + 2 + 14 + 1 + 11 + 6);
}
