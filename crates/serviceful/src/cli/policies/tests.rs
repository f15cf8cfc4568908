use super::*;

const MANIFEST: &str = r#"name = "coffee"

[policy]
file = "app.cedar"

[[function]]
name = "menu"
route = "GET /menu"
component = "c.wasm"
access = "public"
reason = "it hangs in the window"

[[function]]
name = "orders"
route = "/orders/*"
component = "c.wasm"

[[function]]
name = "till"
route = "POST /till"
component = "c.wasm"
access = "workloads"
callers = ["ci"]

[[function]]
name = "safe"
route = "/safe"
component = "c.wasm"
min_assurance = "multi-factor"
max_auth_age_s = 60

[[function]]
name = "cellar"
route = "/cellar"
component = "c.wasm"
access = "closed"
"#;

const RULES: &str = r#"
@id("stock") forbid (principal, action == Sf::Action::"invoke", resource == Sf::Function::"coffee/orders")
when { context.path like "/orders/stock/*" } unless { principal in Sf::Group::"coffee/admins" };
@id("strong") forbid (principal, action == Sf::Action::"invoke", resource == Sf::Function::"coffee/orders")
when { context.path == "/orders/refund" && context.assurance < 2 };
@id("refund") permit (principal in Sf::Group::"coffee/members", action == App::Action::"refund", resource)
when { resource.id like "order *" && context.assurance >= 2 };
"#;

const TABLE: &str = r#"
[who.ci]
kind = "service"

[who.dan]
role = "member"
disabled = true

[[test]]
who = "stranger signed-in member operator"
call = "GET /menu"
expect = "allow"
by = ["public"]

[[test]]
who = "stranger"
call = "GET /orders/7"
expect = "sign-in"
by = ["g-stranger"]

[[test]]
who = "member admin member-service"
call = "POST /orders/7"
expect = "allow"
by = ["members"]

[[test]]
who = "signed-in owner service dan"
call = "POST /orders/7"
expect = "deny"

[[test]]
who = "member"
call = "GET /orders/stock/1"
expect = "deny"
by = ["app:stock"]

[[test]]
who = "admin"
call = "GET /orders/stock/1"
expect = "allow"

[[test]]
who = "member"
call = "GET /orders/refund"
expect = "deny"
by = ["app:strong"]

[[test]]
who = "member"
call = "GET /orders/refund"
signed-in-by = "passkey"
expect = "allow"

[[test]]
who = "ci"
call = "POST /till"
expect = "allow"
by = ["caller"]

[[test]]
who = "member admin"
call = "GET /safe"
expect = "step-up"
by = ["g-assurance"]

[[test]]
who = "member"
call = "GET /safe"
signed-in-by = "several-factors"
signed-in-s-ago = 60
expect = "allow"
by = ["members"]

[[test]]
who = "member"
call = "GET /safe"
signed-in-by = "passkey"
signed-in-s-ago = 61
expect = "step-up"

[[test]]
who = "signed-in owner member-service"
call = "GET /safe"
signed-in-by = "passkey"
expect = "deny"

[[test]]
who = "admin"
call = "GET /cellar"
expect = "closed"

[[test]]
who = "member"
call = "GET /nowhere"
expect = "nothing"

[[test]]
who = "member admin"
may = "refund order 7"
signed-in-by = "several-factors"
expect = "allow"
by = ["app:refund"]

[[test]]
who = "member stranger signed-in dan ci operator"
may = "refund order 7"
expect = "deny"

[[test]]
who = "admin"
may = "refund"
signed-in-by = "passkey"
expect = "deny"
by = []

[[test]]
who = "admin owner"
action = "app-deploy"
expect = "allow"

[[test]]
who = "member stranger operator"
action = "app-deploy"
expect = "deny"
"#;

fn project(rules: &str, table: &str, name: &str) -> (tempfile::TempDir, Result<Report, Failure>) {
    let top = tempfile::tempdir().expect("a folder");
    std::fs::write(top.path().join("serviceful.toml"), MANIFEST).expect("a file");
    std::fs::write(top.path().join("app.cedar"), rules).expect("a file");
    let file = top.path().join(name);
    std::fs::write(&file, table).expect("a file");
    let report = Project::load(top.path()).and_then(|project| answer(&project, &Table::read(&file)?, file));
    (top, report)
}

#[test]
fn a_table_that_fits_passes_and_names_no_function_as_untested() {
    let (_top, report) = project(RULES, TABLE, "policy-tests.toml");
    let report = report.expect("a table");
    let wrong: Vec<_> = report.tests.iter().filter(|test| !test.passed).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((report.passed, report.untested.len()), (40, 0), "{:?}", report.untested);
}

#[test]
fn a_rule_that_changes_is_found_with_who_and_what() {
    let (_top, report) = project(&RULES.replace("/orders/stock/*", "/orders/stok/*"), TABLE, "policy-tests.toml");
    let report = report.expect("a table");
    let wrong: Vec<_> = report.tests.iter().filter(|test| !test.passed).collect();
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    assert_eq!((wrong[0].who.as_str(), wrong[0].asks.as_str()), ("member", "GET /orders/stock/1"));
    assert_eq!(wrong[0].problem.as_deref(), Some("expected deny, and the rules say allow"));
}

#[test]
fn the_right_answer_by_the_wrong_rule_is_wrong() {
    let table = "[[test]]\nwho = \"member\"\ncall = \"GET /orders/7\"\nexpect = \"allow\"\nby = [\"app:stock\"]\n";
    let (_top, report) = project(RULES, table, "policy-tests.toml");
    let report = report.expect("a table");
    let problem = report.tests[0].problem.clone().expect("wrong");
    assert_eq!(problem, "expected to be decided by app:stock, and it is by members");
    assert_eq!(report.untested, ["menu", "till", "safe", "cellar"]);
}

#[test]
fn json_says_the_same() {
    let table = r#"{"test": [{"who": "stranger", "call": "GET /menu", "expect": "allow", "by": ["public"]}]}"#;
    let (_top, report) = project(RULES, table, "policy-tests.json");
    assert_eq!(report.map(|report| (report.passed, report.failed)), Ok((1, 0)));
}

#[test]
fn mistakes_in_a_table_are_told_and_never_pass() {
    let table = "[[test]]\nwho = \"signed-in\"\ncall = \"GET /safe\"\nexpect = \"step-up\"\n";
    let (_top, report) = project(RULES, table, "policy-tests.toml");
    let problem = report.expect("a table").tests[0].problem.clone().expect("wrong");
    assert_eq!(
        problem, "expected step-up, and the rules say deny",
        "whoever would not be allowed is not asked for more"
    );
    for (table, said) in [
        ("", "1 to 10000 tests"),
        ("[[test]]\nwho = \"member\"\ncall = \"GET /menu\"\nexpect = \"alow\"\n", "alow"),
        ("[[test]]\nwho = \"member\"\ncall = \"GET /menu\"\nexpects = \"allow\"\n", "expects"),
        ("[[test]]\nwho = \"nobody\"\ncall = \"GET /menu\"\nexpect = \"allow\"\n", "nobody here is called `nobody`"),
        ("[[test]]\nwho = \"member\"\nexpect = \"allow\"\n", "needs one of `call`, `action` and `may`"),
        ("[[test]]\nwho = \"member\"\nmay = \"refund\"\ncall = \"GET /menu\"\nexpect = \"allow\"\n", "needs one of"),
        ("[[test]]\nwho = \"member\"\nmay = \"refnd x\"\nexpect = \"deny\"\n", "no rule permits `refnd`"),
        ("[[test]]\nwho = \"member\"\ncall = \"GET /menu?x=1\"\nexpect = \"allow\"\n", "without query"),
        ("[[test]]\nwho = \"member\"\ncall = \"GET /orders/../menu\"\nexpect = \"allow\"\n", "plain paths"),
        ("[[test]]\nwho = \"member\"\ncall = \"TRACE /menu\"\nexpect = \"allow\"\n", "not served"),
        ("[[test]]\nwho = \"member\"\naction = \"invoke\"\nexpect = \"allow\"\n", "no action"),
        ("[who.member]\n[[test]]\nwho = \"member\"\ncall = \"GET /menu\"\nexpect = \"allow\"\n", "kind of caller"),
        (
            "[who.x]\nkind = \"service\"\nrole = \"admin\"\n[[test]]\nwho = \"x\"\ncall = \"GET /menu\"\nexpect = \"allow\"\n",
            "cannot be an admin",
        ),
    ] {
        let (_top, report) = project(RULES, table, "policy-tests.toml");
        let failure = report.expect_err(table);
        assert!(failure.what.contains(said), "{table}: {}", failure.what);
    }
}
