//! The directory: groups that let in and stop doing so, lists of people, names, and the end of everything.
use std::fs;

use serde_json::{Value, json};

use crate::{
    browser::Browser,
    platform::{Platform, Ran, Setup, guest},
    sign_in::{COFFEE, ID, PASSWORD, person_of, second_owner},
};

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err))
}

#[track_caller]
fn done(ran: Ran) -> Ran {
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    ran
}

/// A platform with the app `coffee`, whose owner is signed in at the command line as Nina.
async fn house(manifest: &str, cedar: Option<&str>) -> Platform {
    let mut platform = Platform::claimed(&Setup::default()).await;
    let code = platform.claim_code(&["--again"]);
    let link = format!("http://console.localhost:{}/claim#{code}", platform.port);
    done(platform.cli(&["claim", &link, "--name", "Nina"]));
    deploy(&platform, manifest, cedar);
    platform.person = person_of(&platform, "Nina").await;
    platform
}

fn deploy(platform: &Platform, manifest: &str, cedar: Option<&str>) -> Ran {
    let folder = platform.data().parent().unwrap().join("coffee");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(guest("echo-p2"), folder.join("c.wasm")).unwrap();
    let policy = if cedar.is_some() { "[policy]\nfile = \"app.cedar\"\n" } else { "" };
    let function = "[[function]]\nname = \"main\"\nroute = \"/*\"\ncomponent = \"c.wasm\"\n";
    fs::write(folder.join("serviceful.toml"), format!("name = \"coffee\"\n{manifest}{policy}{function}")).unwrap();
    fs::write(folder.join("app.cedar"), cedar.unwrap_or_default()).unwrap();
    platform.cli_in(&folder, &["deploy", "--yes"])
}

/// Somebody who was invited and accepts; the browser is signed in.
async fn newcomer(platform: &Platform, secret: &str, name: &str) -> Browser {
    let mut browser = Browser::default();
    let form = [("secret", secret), ("name", name), ("new_password", PASSWORD)];
    let page = browser.send(platform, ID, "/invitation", &form).await;
    let page = browser.follow(platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/account"), "{}", page.text());
    browser
}

fn secret_of(link: &str) -> String {
    link.trim().split_once("secret=").unwrap_or_else(|| panic!("{link}")).1.to_owned()
}

/// What a visit of the app ends with: 200 or 403.
async fn visit(platform: &Platform, browser: &mut Browser) -> u16 {
    let page = browser.open(platform, COFFEE, "/scheme").await;
    browser.follow(platform, page).await.status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_lets_in_and_whoever_leaves_it_is_out_at_the_next_request() {
    let platform = house("", None).await;
    done(platform.cli(&["groups", "create", "baristas"]));
    let link = done(platform.cli(&["invite", "ada@example.org", "--print"])).out;
    let mut ada = newcomer(&platform, &secret_of(&link), "Ada").await;
    // A token for the app, which a change of groups does not end: so what ends access is policy.
    let token = platform.token("coffee").await;
    let calls = async || platform.app("coffee", "GET", "/scheme", Some(&token), "").await.status.as_u16();
    let both = async |ada: &mut Browser| (visit(&platform, ada).await, calls().await);
    assert_eq!(both(&mut ada).await, (403, 403));

    done(platform.cli(&["groups", "add", "baristas", "Ada", "Olga Owner"]));
    assert_eq!(both(&mut ada).await, (403, 403), "a group alone is nothing to the app");
    done(platform.cli(&["members", "coffee", "add", "group:baristas"]));
    assert_eq!(both(&mut ada).await, (200, 200));
    let list = json_of(&done(platform.cli(&["who-can", "invoke", "coffee/main", "--json"])));
    assert_eq!((&list["groups"][0]["group"], &list["groups"][0]["may"]), (&json!("baristas"), &json!("yes")), "{list}");
    let entry = list["callers"].as_array().unwrap().iter().find(|c| c["name"] == "Ada").unwrap();
    assert_eq!((&entry["groups"], &entry["role"]), (&json!(["baristas"]), &Value::Null), "{list}");
    let shown = done(platform.cli(&["who-can", "invoke", "coffee/main"])).out;
    assert!(shown.contains("group:baristas"), "{shown}");
    let shown = done(platform.cli(&["members", "coffee"])).out;
    assert!(shown.contains("group:baristas") && shown.contains("2 people"), "{shown}");

    // Out of the group, with a session that was there before: it is kept aside and brought again.
    let kept = ada.clone();
    done(platform.cli(&["groups", "take", "baristas", "Ada"]));
    let mut again = kept.clone();
    let page = again.open(&platform, COFFEE, "/scheme").await;
    assert_ne!(page.status(), 200, "the session lives no more");
    assert_eq!(both(&mut ada).await, (403, 200), "nobody else is touched");
    done(platform.cli(&["groups", "take", "baristas", "Olga Owner"]));
    assert_eq!(calls().await, 403, "a token that lives is refused by policy");

    // Why, and what would change it.
    let event = platform.audit("app=coffee&result=refused&limit=1").await.remove(0);
    let why = done(platform.cli(&["why", event["request"].as_str().unwrap()])).out;
    assert!(why.contains("they are in the group `baristas`") && why.contains("groups add baristas"), "{why}");

    // A list of the members holds the group, and brings it back as it was.
    done(platform.cli(&["members", "coffee", "add", "group:baristas", "--role", "admin"]));
    for format in ["csv", "jsonl"] {
        let file = format!("members.{format}");
        let list = done(platform.cli(&["members", "coffee", "export", "--format", format])).out;
        fs::write(platform.data().parent().unwrap().join(&file), &list).unwrap();
        done(platform.cli(&["members", "coffee", "remove", "group:baristas"]));
        let ran = done(platform.cli(&["members", "coffee", "import", &file]));
        assert!(ran.out.contains("1 added, 0 changed"), "{list}\n{}", ran.out);
        let back = json_of(&done(platform.cli(&["members", "coffee", "--json"])));
        assert_eq!((&back["groups"][0]["group"], &back["groups"][0]["role"]), (&json!("baristas"), &json!("admin")));
        assert!(done(platform.cli(&["members", "coffee", "import", &file])).out.contains("0 added, 0 changed"));
    }

    // The role, and the group itself.
    done(platform.cli(&["groups", "add", "baristas", "Ada", "Olga Owner"]));
    assert_eq!(both(&mut ada).await, (200, 200));
    done(platform.cli(&["members", "coffee", "remove", "group:baristas"]));
    assert_eq!(both(&mut ada).await, (403, 403));
    done(platform.cli(&["members", "coffee", "add", "group:baristas", "--role", "admin"]));
    assert_eq!(both(&mut ada).await, (200, 200));
    let asked = platform.cli(&["groups", "remove", "baristas"]);
    assert!(asked.code == 2 && asked.err.contains("2 people") && asked.err.contains("1 app"), "{}", asked.err);
    done(platform.cli(&["groups", "remove", "baristas", "--yes"]));
    assert_eq!(both(&mut ada).await, (403, 403));
    let gone = platform.cli(&["groups", "show", "baristas"]);
    assert!(gone.code == 4 && gone.err.contains("groups list"), "{}", gone.err);

    // A person who is removed leaves no place behind.
    done(platform.cli(&["groups", "create", "baristas"]));
    done(platform.cli(&["members", "coffee", "add", "group:baristas"]));
    done(platform.cli(&["groups", "add", "baristas", "Ada"]));
    assert_eq!(visit(&platform, &mut ada).await, 200);
    done(platform.cli(&["people", "remove", "Ada", "--yes"]));
    assert_ne!(ada.open(&platform, COFFEE, "/scheme").await.status(), 200);
    let left = json_of(&done(platform.cli(&["groups", "show", "baristas", "--json"])));
    assert_eq!((&left["size"], &left["people"]), (&json!(0), &json!([])), "{left}");
    let log = platform.audit("action=groups-manage&limit=50").await;
    let notes: Vec<&str> = log.iter().filter_map(|event| event["note"].as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("left group `baristas`")), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_may_name_a_group_that_the_manifest_declares() {
    const RULE: &str = "@id(\"bar\") permit (principal in Sf::Group::\"group:baristas\", action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/main\");";
    let platform = house("", None).await;
    let undeclared = deploy(&platform, "", Some(RULE));
    assert!(undeclared.code != 0 && undeclared.err.contains("groups = [\"baristas\"]"), "{}", undeclared.err);
    let missing = deploy(&platform, "groups = [\"baristas\"]\n", Some(RULE));
    assert!(missing.code != 0 && missing.err.contains("groups create baristas"), "{}", missing.err);
    done(platform.cli(&["groups", "create", "baristas"]));
    let ran = done(deploy(&platform, "groups = [\"baristas\"]\n", Some(RULE)));
    assert!(ran.err.contains("group:baristas may call main"), "{}", ran.err);

    let token = platform.token("coffee").await;
    let calls = async || platform.app("coffee", "GET", "/scheme", Some(&token), "").await.status.as_u16();
    assert_eq!(calls().await, 403);
    done(platform.cli(&["groups", "add", "baristas", "Olga Owner"]));
    assert_eq!(calls().await, 200, "no place in the app is needed");
    let told = platform.app("coffee", "GET", "/caller", Some(&token), "").await;
    assert!(told.text().contains("baristas"), "{}", told.text());
    done(platform.cli(&["groups", "take", "baristas", "Olga Owner"]));
    assert_eq!(calls().await, 403);
    done(platform.cli(&["groups", "add", "baristas", "Olga Owner"]));
    assert_eq!(calls().await, 200);
    done(platform.cli(&["groups", "remove", "baristas", "--yes"]));
    assert_eq!(calls().await, 403, "nobody is in a group that is not there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_people_is_taken_whole_or_not_at_all() {
    let platform = house("", None).await;
    done(platform.cli(&["groups", "create", "baristas"]));
    done(platform.cli(&["members", "coffee", "add", "group:baristas"]));
    let folder = platform.data().parent().unwrap().to_owned();
    let write = |text: &str| fs::write(folder.join("people.csv"), text).unwrap();
    let import = |more: &[&str]| platform.cli(&[&["people", "import", "people.csv"], more].concat());
    let invited = || {
        let list = json_of(&done(platform.cli(&["invite", "list", "--json"])));
        list["invitations"].as_array().unwrap().len()
    };

    write(
        "email,name,groups\nada@example.org,Ada,baristas\nnot an address,Bob,\neve@example.org,\u{202e}Eve,\nmax@example.org,Max,cooks\n",
    );
    let ran = import(&[]);
    assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
    for said in ["line 3: `not an address`", "line 4: ", "line 5: there is no group `cooks`"] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
    assert_eq!(invited(), 0, "nothing was changed");

    write("email,name,groups\nada@example.org,Ada,baristas\nbob@example.org,,\n");
    let ran = done(import(&["--dry-run"]));
    assert!(ran.out.starts_with("2 people would be invited"), "{}", ran.out);
    assert_eq!(invited(), 0);
    let ran = done(import(&["--links", "links.csv"]));
    assert!(!ran.out.contains("secret="), "{}", ran.out);
    let links = fs::read_to_string(folder.join("links.csv")).unwrap();
    let again = import(&["--links", "links.csv"]);
    assert!(again.code != 0 && again.err.contains("not there yet"), "{}", again.err);
    let ran = done(import(&["--links", "more.csv"]));
    assert!(ran.out.starts_with("0 people invited, 0 with an account already, 2 invited before"), "{}", ran.out);
    assert!(!folder.join("more.csv").exists(), "there is nothing to hand over");

    // What whoever invited them calls them stands in the form, and the group comes with the account.
    let line = links.lines().find(|line| line.contains("ada@example.org")).unwrap();
    let secret = secret_of(line.split(',').nth(2).unwrap());
    let page = Browser::default().open(&platform, ID, &format!("/invitation?secret={secret}")).await;
    assert!(page.status() == 200 && page.text().contains("value=\"Ada\""), "{}", page.text());
    let mut ada = newcomer(&platform, &secret, "Ada").await;
    assert_eq!(visit(&platform, &mut ada).await, 200, "in the group from the first request on");

    // Taken back: the link leads nowhere.
    let bob = links.lines().find(|line| line.contains("bob@example.org")).unwrap();
    let secret = secret_of(bob.split(',').nth(2).unwrap());
    done(platform.cli(&["invite", "revoke", "bob@example.org"]));
    let twice = platform.cli(&["invite", "revoke", "bob@example.org"]);
    assert!(twice.code == 4 && twice.err.contains("invite list"), "{}", twice.err);
    assert_eq!(Browser::default().open(&platform, ID, &format!("/invitation?secret={secret}")).await.status(), 410);

    // What is exported can be imported; whoever has an account is put into their groups, and is not invited.
    let exported = done(platform.cli(&["people", "export"])).out;
    assert!(exported.contains("ada@example.org,baristas"), "{exported}");
    done(platform.cli(&["groups", "take", "baristas", "Ada"]));
    assert_eq!(visit(&platform, &mut ada).await, 403);
    write("email,groups\nada@example.org,baristas\n");
    let ran = done(import(&[]));
    assert!(
        ran.out.starts_with("0 people invited, 1 with an account already")
            && ran.out.contains("1 place in a group filled"),
        "{}",
        ran.out
    );
    assert_eq!(visit(&platform, &mut ada).await, 200);
    let found = done(platform.cli(&["people", "list", "--find", "ADA@"])).out;
    assert!(found.contains("ada@example.org") && !found.contains("Nina"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_by_a_name_that_deceives() {
    let platform = house("", None).await;
    let (mut olga, _) = second_owner(&platform).await;
    let rename = async |browser: &mut Browser, name: &str| {
        browser.send(&platform, ID, "/account/profile", &[("name", name)]).await
    };
    let page = olga.open(&platform, ID, "/account").await;
    assert!(page.text().contains("action=\"/account/profile\""), "{}", page.text());
    for (name, said) in [
        ("", "Enter your name"),
        ("Olga\u{202e}renwO", "name"),
        ("Ol\u{200b}ga", "name"),
        ("Olga\nOwner", "name"),
        ("Nina", "Somebody else here has this name"),
        ("nina", "Somebody else here has this name"),
        ("N\u{456}na", "Somebody else here has this name"),
        ("Olga 0wner", "Somebody else here has this name"),
    ] {
        let page = rename(&mut olga, name).await;
        assert!(page.status() == 422 && page.text().contains(said), "{name:?}: {} {}", page.status(), page.text());
    }
    assert!(person_of(&platform, "Olga").await.starts_with("p-"), "nothing was changed");
    let markup = "<b>Olga</b> \"Vogel\"";
    let page = rename(&mut olga, markup).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    let page = olga.follow(&platform, page).await;
    let text = page.text();
    assert!(text.contains("&#60;b&#62;Olga") && !text.contains("<b>Olga"), "{text}");
    let id = person_of(&platform, markup).await;
    // The app is told the new name at the next request.
    let page = olga.open(&platform, COFFEE, "/caller").await;
    let page = olga.follow(&platform, page).await;
    assert!(page.status() == 200 && page.text().contains("Vogel"), "{}", page.text());

    // By whoever looks after the directory: any name that is one, and nobody is asked whether others have it.
    let bad = platform.cli(&["people", "rename", &id, "Olga\u{202e}"]);
    assert!(bad.code == 1 && bad.err.contains("U+202E"), "{}", bad.err);
    done(platform.cli(&["people", "rename", &id, "Olga Vogel"]));
    assert_eq!(person_of(&platform, "Olga Vogel").await, id);
    let notes: Vec<Value> =
        platform.audit("action=people-manage&limit=5").await.iter().map(|e| e["note"].clone()).collect();
    assert!(notes.contains(&json!(format!("{id} was renamed"))), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_ends_everything_of_everybody_and_nobody_else_can() {
    let mut platform = house("", None).await;
    let (mut olga, _) = second_owner(&platform).await;
    let till = done(platform.cli(&["token", "create", "coffee", "till", "--json"]));
    let till = json_of(&till)["secret"].as_str().unwrap().to_owned();
    done(platform.cli(&["members", "coffee", "add", "service:till"]));
    let calls = async |token: &str| platform.app("coffee", "GET", "/scheme", Some(token), "").await.status.as_u16();
    assert_eq!((visit(&platform, &mut olga).await, calls(&till).await), (200, 200));

    let (status, said) = platform.api("DELETE", "/api/v1/sessions", None).await;
    assert_eq!(status, 403, "an owner is not the host: {said}");
    assert!(said["next"].as_str().unwrap().contains("on the host"), "{said}");
    assert_eq!(platform.cli_in(&platform.data(), &["sessions", "end", "--everybody"]).code, 2, "asks first");
    assert_eq!(calls(&till).await, 200);

    let ran = done(platform.cli_in(&platform.data(), &["sessions", "end", "--everybody", "--yes"]));
    assert!(
        ran.out.contains("sessions and") && ran.err.contains("`serviceful claim --again`"),
        "{} {}",
        ran.out,
        ran.err
    );
    assert_eq!(platform.api("GET", "/api/v1/apps", None).await.0, 401, "the owner's token");
    assert_eq!(calls(&till).await, 401);
    // Nina only ever claimed: there is no account for her to sign in to.
    let nina = platform.cli(&["apps"]);
    assert!(nina.code == 3 && nina.err.contains("`serviceful claim --again`"), "{} {}", nina.code, nina.err);
    assert_eq!(olga.open(&platform, ID, "/account").await.status(), 303, "the browser is signed out");
    assert_ne!(olga.open(&platform, COFFEE, "/scheme").await.status(), 200);
    let log =
        json_of(&done(platform.cli_in(&platform.data(), &["audit", "--host", "--action", "everything-end", "--json"])));
    let events = log["events"].as_array().unwrap();
    let by: Vec<_> =
        events.iter().map(|e| (e["who"]["kind"].as_str().unwrap(), e["outcome"]["result"].as_str().unwrap())).collect();
    assert!(by.contains(&("operator", "done")) && by.contains(&("person", "refused")), "{by:?}");
    // And people go on from there.
    let code = platform.claim_code(&["--again"]);
    platform.owner.clear();
    let (status, said) = platform.api("POST", "/api/v1/claim", Some(&json!({"code": code, "name": "Nora"}))).await;
    assert!(status.is_success(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_401_says_where_a_person_signs_in() {
    let platform = house("", None).await;
    let problem = platform.app("coffee", "GET", "/scheme", None, "").await;
    assert_eq!(problem.status, 401);
    let url = format!("http://coffee.localhost:{}/.sf/sign-in", platform.port);
    assert_eq!(problem.json()["login_url"], url, "{}", problem.text());
    let bad = platform.app("coffee", "GET", "/scheme", Some("sfp_nonsense"), "").await;
    assert_eq!((bad.status.as_u16(), bad.json()["login_url"].as_str()), (401, Some(url.as_str())));
    let mut stranger = Browser::default();
    let page = stranger.open(&platform, COFFEE, "/.sf/sign-in").await;
    let page = stranger.follow(&platform, page).await;
    assert!(page.status() == 200 && page.host == ID, "{} {}", page.host, page.text());
    let headers = http::HeaderMap::new();
    let console =
        platform.send("console.localhost", "GET", "/api/v1/apps", headers, bytes::Bytes::new()).await.unwrap();
    assert_eq!(console.json()["login_url"], format!("http://id.localhost:{}/sign-in", platform.port));
    let denied = platform.app("coffee", "GET", "/scheme", Some(&platform.token("coffee").await), "").await;
    assert_eq!((denied.status.as_u16(), denied.json().get("login_url")), (403, None));
}
