//! Keys and values of apps: on disk when they are acknowledged, the app's own, and bounded.
use crate::{
    javascript::{call_token, deploy, platform, project},
    platform::{Platform, Setup, guest},
};

const USES: &str = "export default { async fetch(request, env) {\n\
    const query = new URL(request.url).searchParams, key = query.get('key') ?? 'key';\n\
    try {\n\
      switch (new URL(request.url).pathname.split('/').pop()) {\n\
        case 'put': await env.KV.put(key, query.get('value') ?? 'x'.repeat(Number(query.get('bytes')))); return new Response('put');\n\
        case 'get': return new Response(await env.KV.get(key) ?? 'none');\n\
        case 'count': return Response.json((await env.KV.list()).keys.length);\n\
      }\n\
    } catch (error) { return Response.json({ name: error.name, limit: error.limit, message: error.message }, { status: 507 }); }\n\
  } };\n";
const WRITES: &str = "[[function]]\nroute = \"/*\"\nsource = \"a.js\"\nkv = \"rw\"\n";

async fn ask(platform: &Platform, app: &str, path: &str) -> String {
    let token = call_token(platform, app);
    platform.app(app, "GET", path, Some(&token), "").await.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_outlives_a_crash_a_deployment_and_a_rollback_and_goes_with_the_app() {
    let mut platform = platform(&Setup::default()).await;
    let folder = project(&platform, "book", WRITES, &[("a.js", USES)]);
    deploy(&platform, &folder);
    deploy(&platform, &project(&platform, "other", WRITES, &[("a.js", USES)]));
    assert_eq!(ask(&platform, "book", "/put?value=kept").await, "put");
    platform.crash_and_restart();
    assert_eq!(ask(&platform, "book", "/get").await, "kept", "acknowledged is on disk");
    assert_eq!(ask(&platform, "other", "/get").await, "none", "each app has its own");
    assert!(platform.data().join("kv/book.db").exists() && !platform.data().join("kv/other.db").exists());

    std::fs::write(folder.join("a.js"), USES.replace("'none'", "'nothing'")).unwrap();
    deploy(&platform, &folder);
    assert_eq!(ask(&platform, "book", "/get").await, "kept");
    assert_eq!(ask(&platform, "book", "/put?value=newer").await, "put");
    assert_eq!(platform.cli(&["rollback", "book"]).code, 0);
    assert_eq!(ask(&platform, "book", "/get").await, "newer", "code goes back, data does not");

    assert_eq!(platform.cli(&["rm", "book", "--yes"]).code, 0);
    assert!(!platform.data().join("kv/book.db").exists());
    deploy(&platform, &folder);
    assert_eq!(ask(&platform, "book", "/get").await, "nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_to_read_is_none_to_write_and_none_is_none() {
    let platform = platform(&Setup::default()).await;
    let manifest = "[[function]]\nroute = \"/w/*\"\nname = \"writer\"\nsource = \"a.js\"\nkv = \"rw\"\n\
        [[function]]\nroute = \"/r/*\"\nname = \"reader\"\nsource = \"a.js\"\nkv = \"r\"\n\
        [[function]]\nroute = \"/n/*\"\nname = \"neither\"\nsource = \"a.js\"\n";
    deploy(&platform, &project(&platform, "book", manifest, &[("a.js", USES)]));
    assert_eq!(ask(&platform, "book", "/w/put?value=v").await, "put");
    assert_eq!(ask(&platform, "book", "/r/get").await, "v");
    let refused = ask(&platform, "book", "/r/put?value=w").await;
    assert!(refused.contains("KvError") && refused.contains("kv = \\\"rw\\\""), "{refused}");
    let refused = ask(&platform, "book", "/n/get").await;
    assert!(refused.contains("add `kv = \\\"rw\\\"` (or `\\\"r\\\"`) to it in serviceful.toml"), "{refused}");
    assert_eq!(ask(&platform, "book", "/r/get").await, "v");
    let events = platform.audit("kind=security&action=hatch-denied&limit=10").await;
    let told: Vec<_> = events.iter().map(|e| (e["function"].as_str().unwrap(), e["note"].as_str().unwrap())).collect();
    assert_eq!(told, [("neither", "kv: open"), ("reader", "kv: put")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_bytes_are_bounded_by_the_operator() {
    let platform = platform(&Setup { config: "[kv]\napp_mib = 1\n".to_owned(), ..Setup::default() }).await;
    for app in ["book", "other"] {
        deploy(&platform, &project(&platform, app, WRITES, &[("a.js", USES)]));
    }
    assert_eq!(ask(&platform, "book", "/put?key=a&bytes=600000").await, "put");
    let full = ask(&platform, "book", "/put?key=b&bytes=600000").await;
    assert!(full.contains("\"limit\":\"kv_app_bytes\"") && full.contains("at most 1048576"), "{full}");
    assert_eq!(ask(&platform, "book", "/count").await, "1");
    assert_eq!(ask(&platform, "other", "/put?key=b&bytes=600000").await, "put");
    let large = ask(&platform, "book", "/put?key=a&bytes=1000001").await;
    assert!(large.contains("\"limit\":\"kv_value_bytes\""), "{large}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_uses_the_whole_interface() {
    let platform = platform(&Setup::default()).await;
    let token = platform.deploy("wasm", &guest("store-p2"), "kv = \"rw\"\nlimits = { kv_calls = 50 }").await;
    let ask = async |path: &str| platform.app("wasm", "GET", path, Some(&token), "").await.text();
    for (path, expected) in [
        ("/open", "ok: opened"),
        ("/open?store=other", "error: Error::NoSuchStore"),
        ("/get", "ok: none"),
        ("/set?value=one", "ok: set"),
        ("/get", "ok: one"),
        ("/exists", "ok: true"),
        ("/swap?value=two", "ok: one -> two"),
        ("/swap?value=three&race=1", "ok: two, then quicker -> three"),
        ("/add?key=n&delta=-5", "ok: -5"),
        ("/add?key=n&delta=7", "ok: 2"),
        ("/add", "error: Error::Other(\"the value under this key is no number that can be added to\")"),
        ("/keys", "ok: 2 None"),
        ("/keys?cursor=key", "ok: 1 None"),
        ("/delete", "ok: deleted"),
        ("/exists", "ok: false"),
        ("/delete?key=n", "ok: deleted"),
        ("/many?n=10", "ok: 11 of 11, 0 left"),
        ("/large?bytes=1000000", "ok: set"),
        ("/until-refused?n=50", "ok: never"),
    ] {
        assert_eq!(ask(path).await, expected, "{path}");
    }
    let large = ask("/large?bytes=1000001").await;
    assert!(large.contains("limit `kv_value_bytes`"), "{large}");
    let often = ask("/until-refused").await;
    assert!(often.starts_with("ok: after 50:") && often.contains("kv_calls"), "{often}");
    let bare = platform.deploy("bare", &guest("store-p2"), "").await;
    let refused = platform.app("bare", "GET", "/get", Some(&bare), "").await.text();
    assert_eq!(refused, "error: Error::AccessDenied");
    let reader = platform.deploy("reader", &guest("store-p2"), "kv = \"r\"").await;
    let refused = platform.app("reader", "GET", "/set", Some(&reader), "").await.text();
    assert_eq!(refused, "error: Error::AccessDenied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_shows_the_store_as_granted_only_where_it_is() {
    let platform = Platform::claimed(&Setup::default()).await;
    let component = std::fs::read(guest("store-p2")).unwrap();
    for (extra, expected) in [("", "denied"), ("kv = \"r\"", "granted"), ("secrets = [\"KEY\"]", "denied")] {
        let (state, view) = platform.try_deploy("store", &component, extra).await;
        assert_eq!(state, "ready", "{view}");
        let imports = view["components"][0]["inspected"]["imports"].as_array().unwrap();
        let kv: Vec<_> =
            imports.iter().filter(|i| i["interface"].as_str().unwrap().starts_with("wasi:keyvalue/")).collect();
        assert!(!kv.is_empty() && kv.iter().all(|import| import["state"] == expected), "{extra}: {imports:?}");
    }
}
