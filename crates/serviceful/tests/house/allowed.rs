//! `allowed`: functions in Rust and JavaScript ask what their caller may do, by the rules in the app's own Cedar file.
use std::fs;

use serde_json::json;

use crate::{
    javascript,
    platform::{Platform, Setup, guest},
};

const CEDAR: &str = r#"
@id("refund")
permit (principal in Sf::Group::"till/admins", action == App::Action::"refund", resource)
when { resource.id like "order-*" };

@id("careful")
permit (principal is Sf::User, action == App::Action::"void", resource) when { context.assurance >= 2 };

@id("look")
permit (principal, action == App::Action::"look", resource);
"#;

async fn lines(platform: &Platform, app: &str, word: &str) -> Vec<String> {
    for _ in 0..100 {
        let ran = platform.cli(&["logs", app]);
        let found: Vec<String> = ran.out.lines().filter(|line| line.contains(word)).map(str::to_owned).collect();
        if !found.is_empty() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nothing in the log of `{app}` says `{word}`: {}", platform.cli(&["logs", app]).out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_asks_and_the_apps_rules_answer() {
    let platform = javascript::platform(&Setup::default()).await;
    for (app, echo) in [("till", "echo-p2"), ("newer", "echo-p3")] {
        let manifest = "[[function]]\nname = \"main\"\nroute = \"/*\"\ncomponent = \"app.wasm\"\naccess = \"public\"\nreason = \"a test\"\n[policy]\nfile = \"app.cedar\"\n";
        let cedar = CEDAR.replace("till/", &format!("{app}/"));
        let folder = javascript::project(&platform, app, manifest, &[("app.cedar", &cedar)]);
        fs::copy(guest(echo), folder.join("app.wasm")).unwrap();
        javascript::deploy(&platform, &folder);
        let nina = javascript::call_token(&platform, app);
        let ask = async |token: Option<&str>, query: &str| {
            platform.app(app, "GET", &format!("/allowed?{query}"), token, "").await.text()
        };
        assert_eq!(ask(Some(&nina), "action=refund&resource=order-7").await, "{\"allowed\":true}");
        assert_eq!(ask(Some(&nina), "action=refund&resource=menu").await, "{\"allowed\":false}");
        assert_eq!(ask(Some(&nina), "action=void&resource=order-7").await, "{\"allowed\":false}", "one factor");
        assert_eq!(ask(None, "action=refund&resource=order-7").await, "{\"allowed\":false}", "a stranger");
        assert_eq!(ask(None, "action=look").await, "{\"allowed\":true}");
        let mistake = ask(Some(&nina), "action=refnd").await;
        assert!(
            mistake.contains("denied: `refnd` is no action of this app") && mistake.contains("`refund`"),
            "{mistake}"
        );
        assert_eq!(ask(None, "action=look&times=100").await, "{\"allowed\":true}");
        let many = ask(None, "action=look&times=101").await;
        assert!(many.contains("one request may ask 100 times"), "{many}");
        let long = "x".repeat(600);
        for (query, says) in
            [(format!("action=look&resource={long}"), "at most 512"), (format!("action={}", &long[..65]), "at most 64")]
        {
            let answer = ask(None, &query).await;
            assert!(answer.contains(says), "{answer}");
        }
        // Answers stand in the app's log, and what was refused in the audit log.
        let said = lines(&platform, app, "allowed: may p-").await;
        assert!(said.iter().any(|line| line.contains("`refund` `order-7`? yes, by `app:refund`")), "{said:?}");
        let events = platform.audit(&format!("app={app}&limit=100")).await;
        let denied = events.iter().find(|e| e["action"] == "hatch-denied").unwrap_or_else(|| panic!("{events:?}"));
        assert_eq!(denied["note"], "allowed: more than 100 questions in one request");
        assert_eq!(denied["outcome"]["reason"], "limit-allowed", "no grant was missing");
        assert!(!events.iter().any(|e| e["action"] == "worker-lied"), "{events:?}");
        // Out of the group, and at once out of the answers: with the same token, in the same worker.
        let (_, identity) = platform.api("GET", &format!("/api/v1/apps/{app}/members"), None).await;
        let nina_id =
            identity["members"].as_array().unwrap().iter().find(|m| m["name"] == "Nina").unwrap()["person"].clone();
        let path = format!("/api/v1/apps/{app}/members/{}", nina_id.as_str().unwrap());
        let (status, said) = platform.api("PUT", &path, Some(&json!({"role": "member"}))).await;
        assert!(status.is_success(), "{said}");
        assert_eq!(ask(Some(&nina), "action=refund&resource=order-7").await, "{\"allowed\":false}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_in_javascript_asks_in_a_line() {
    let platform = javascript::platform(&Setup::default()).await;
    let source = r#"export default {
  async fetch(request, env, ctx) {
    const { searchParams, pathname } = new URL(request.url);
    if (pathname === "/odd") {
      return Response.json([1, null, {}, undefined].map((odd) => {
        try { return ctx.allowed(odd); } catch (error) { return `${error.name}: ${error.message}`; }
      }));
    }
    // Two at once, as code with promises does it.
    const [one, two] = await Promise.all([
      (async () => ctx.allowed(searchParams.get("action"), searchParams.get("resource") ?? ""))(),
      (async () => { await null; return ctx.allowed("look"); })(),
    ]);
    return Response.json({ one, two, type: typeof one });
  },
};
"#;
    let manifest = "[[function]]\nroute = \"/*\"\nsource = \"till.js\"\naccess = \"public\"\nreason = \"a test\"\n[policy]\nfile = \"app.cedar\"\n";
    let folder = javascript::project(&platform, "till", manifest, &[("till.js", source), ("app.cedar", CEDAR)]);
    javascript::deploy(&platform, &folder);
    let nina = javascript::call_token(&platform, "till");
    let ask =
        async |token: Option<&str>, query: &str| platform.app("till", "GET", &format!("/?{query}"), token, "").await;
    let yes = ask(Some(&nina), "action=refund&resource=order-7").await;
    assert_eq!(yes.json(), json!({"one": true, "two": true, "type": "boolean"}), "{}", yes.text());
    assert_eq!(ask(Some(&nina), "action=refund&resource=menu").await.json()["one"], false);
    assert_eq!(
        ask(None, "action=refund&resource=order-7").await.json(),
        json!({"one": false, "two": true, "type": "boolean"})
    );
    let mistake = ask(Some(&nina), "action=refnd").await;
    assert_eq!((mistake.status.as_u16(), &mistake.json()["code"]), (500, &json!("RUN-001")), "{}", mistake.text());
    let told = lines(&platform, "till", "ctx.allowed: `refnd` is no action of this app").await;
    assert!(told.iter().any(|line| line.contains("till.js")) || told.len() > 1, "with its place: {told:?}");
    let odd = platform.app("till", "GET", "/odd", Some(&nina), "").await;
    for said in odd.json().as_array().unwrap() {
        assert_eq!(said, "TypeError: ctx.allowed(action, resource) wants two texts", "{}", odd.text());
    }
    assert_eq!(platform.cli_in(&folder, &["types"]).code, 0);
    let types = fs::read_to_string(folder.join("serviceful.d.ts")).unwrap();
    assert!(types.contains("allowed(action: string, resource?: string): boolean;"), "{types}");

    // A misspelt `forbid` is found before anything is sent.
    let wrong = format!("{CEDAR}\nforbid (principal, action == App::Action::\"refnd\", resource);\n");
    fs::write(folder.join("app.cedar"), wrong).unwrap();
    let ran = platform.cli_in(&folder, &["deploy", "--yes"]);
    assert!(ran.code != 0 && ran.err.contains("no rule permits `refnd` to anybody"), "{} {}", ran.out, ran.err);
}
