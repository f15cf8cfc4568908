//! `serviceful up --as`: the developer is somebody in their own apps, and no page that they visit is.
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use serde_json::Value;

use crate::platform::{Answer, free_port, guest, programs, send_to};

/// `serviceful up` in a project of its own.
struct Up {
    child: Child,
    port: u16,
    data: PathBuf,
    /// What it printed until the app answered.
    out: String,
}

const MANIFEST: &str = "name = \"till\"\n[[function]]\nname = \"main\"\nroute = \"/*\"\ncomponent = \"app.wasm\"\n\
    [[function]]\nname = \"safe\"\nroute = \"/safe/*\"\ncomponent = \"app.wasm\"\nmin_assurance = \"multi-factor\"\n";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("serviceful.toml"), MANIFEST).unwrap();
    fs::copy(guest("echo-p2"), folder.path().join("app.wasm")).unwrap();
    folder
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(programs().join("serviceful"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("SERVICEFUL_LOG", "warn")
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    program(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl Up {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let port = free_port();
        let errors = folder.join("errors.txt");
        let mut child = program(folder)
            .args(["up", "--no-watch", "--listen", &format!("127.0.0.1:{port}")])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let mut out = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            out.push_str(&line);
            out.push('\n');
            if line.starts_with("app till") || line.contains("\"app till\"") {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        let mut told = String::new();
        fs::File::open(errors).unwrap().read_to_string(&mut told).unwrap();
        out.push_str(&told);
        assert!(out.contains("app till"), "{out}");
        Self { child, port, data: folder.join(".serviceful"), out }
    }

    async fn send(&self, host: &str, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let body = if method == "POST" { Bytes::from_static(b"x") } else { Bytes::new() };
        send_to(self.port, host, method, path, headers, body).await.unwrap()
    }

    async fn get(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send("till.localhost", "GET", path, fields).await
    }

    fn audit(&self, folder: &Path) -> Vec<Value> {
        let ran = program(folder)
            .env("SERVICEFUL_DATA", &self.data)
            .args(["--host", "audit", "--json", "-n", "300"])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", said(&ran));
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        match serde_json::from_str::<Value>(&text) {
            Ok(Value::Array(events)) => events,
            Ok(page) if page["events"].is_array() => page["events"].as_array().unwrap().clone(),
            _ => text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect(),
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // As a terminal ends it, so that the platform below it ends in order.
        let _ = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

const BROWSER: (&str, &str) =
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/146.0 Safari/537.36");

#[tokio::test(flavor = "multi_thread")]
async fn the_developer_is_alice_and_no_page_that_they_visit_is() {
    let folder = project();
    let up = Up::start(folder.path(), &["--as", "alice", "--assurance", "mfa"]);
    // On the terminal, in `posture`, in the answer, in what the function is told.
    let posture = run(folder.path(), &["posture", "--host"]);
    assert!(
        posture.status.code() == Some(1)
            && said(&posture).contains("not ok   development: whoever opens an app is Alice"),
        "{}",
        said(&posture)
    );
    assert!(up.out.contains("alice (admin, multi-factor)") && up.out.contains("DEVELOPMENT"), "{}", up.out);
    let answer = up.get("/caller", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["sf-development"]),
        (200, &"alice, multi-factor".parse().unwrap())
    );
    let user = answer.json()["caller"]["user"].clone();
    assert_eq!((&user["display-name"], &user["assurance"]), (&"Alice".into(), &"multi-factor".into()), "{user}");
    let alice = user["subject"].as_str().unwrap().to_owned();

    let site = |word: &'static str| ("sec-fetch-site", word);
    let navigate = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let origin = format!("http://till.localhost:{}", up.port);
    // Typed in, a page of the app itself, and programs.
    for (method, fields) in [
        ("GET", vec![BROWSER, site("none"), navigate[0], navigate[1]]),
        ("GET", vec![BROWSER, site("same-origin"), ("sec-fetch-mode", "cors")]),
        ("POST", vec![BROWSER, site("same-origin"), ("origin", origin.as_str())]),
        ("POST", vec![("user-agent", "curl/8.5.0")]),
        ("DELETE", vec![]),
    ] {
        let path = if method == "POST" { "/echo" } else { "/caller" };
        let answer = up.send("till.localhost", method, path, &fields).await;
        assert_eq!(answer.status, 200, "{method} {fields:?}: {}", answer.text());
        assert!(answer.headers.contains_key("sf-development"), "{method} {fields:?}");
    }
    // What pages of others make a browser send.
    let evil = ("origin", "http://evil.example");
    for (method, fields, status) in [
        ("GET", vec![BROWSER, site("cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")], 401),
        ("GET", vec![BROWSER, site("cross-site"), ("sec-fetch-mode", "cors"), evil], 401),
        ("GET", vec![BROWSER, site("same-site"), ("sec-fetch-mode", "cors")], 401),
        ("GET", vec![BROWSER, site("cross-site"), navigate[0], navigate[1]], 303),
        ("GET", vec![BROWSER, site("cross-site"), navigate[0], ("sec-fetch-dest", "iframe")], 403),
        ("GET", vec![BROWSER, site("novel")], 401),
        ("GET", vec![BROWSER], 401),
        ("GET", vec![("sec-fetch-mode", "no-cors")], 401),
        ("GET", vec![("sec-ch-ua", "\"x\"")], 401),
        ("GET", vec![evil], 401),
        ("POST", vec![BROWSER, site("cross-site"), evil], 403),
        ("POST", vec![BROWSER, site("same-site")], 403),
        ("POST", vec![BROWSER, evil], 403),
        ("POST", vec![BROWSER, ("origin", "null")], 403),
        ("POST", vec![BROWSER], 401),
        ("OPTIONS", vec![BROWSER, site("cross-site"), evil, ("access-control-request-method", "POST")], 403),
    ] {
        let answer = up.send("till.localhost", method, "/caller", &fields).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {fields:?}: {}", answer.text());
        assert!(!answer.headers.contains_key("sf-development"), "{method} {fields:?}");
        assert!(!answer.text().contains(&alice), "{method} {fields:?}");
    }
    // A name of somebody else's that leads here (DNS rebinding): its pages are of the same origin, and of none of ours.
    for host in ["evil.example", "till.localhost.evil.example", "127.0.0.1", "localhost"] {
        let answer = up.send(host, "GET", "/caller", &[BROWSER, site("same-origin")]).await;
        assert_eq!(answer.status, 421, "{host}");
    }
    // A token says more exactly who it is; a wrong one is not made good by being here.
    assert_eq!(up.get("/caller", &[("authorization", "Bearer sfp_nonsense")]).await.status, 401);
    // Nobody is Alice at the console, nor at the pages of accounts, and these say what is going on.
    for path in ["/api/v1/apps", "/api/v1/whoami", "/api/v1/people"] {
        let answer = up.send("console.localhost", "GET", path, &[]).await;
        assert!(matches!(answer.status.as_u16(), 401 | 404), "{path}: {}", answer.status);
    }
    let account = up.send("id.localhost", "GET", "/account", &[BROWSER, site("none"), navigate[0], navigate[1]]).await;
    assert_eq!(account.status, 303);
    let page = up.send("id.localhost", "GET", "/sign-in", &[BROWSER, site("none"), navigate[0], navigate[1]]).await;
    assert!(page.text().contains("Development mode") && page.text().contains("alice"), "{}", page.text());
    // A function cannot take the mark off, or put it on.
    assert_eq!(up.get("/status?code=500", &[]).await.headers.get_all("sf-development").iter().count(), 1);

    let events = up.audit(folder.path());
    let note = |event: &Value| event["note"].as_str().unwrap_or_default().to_owned();
    let of_alice: Vec<&Value> = events.iter().filter(|event| event["who"]["id"] == alice.as_str()).collect();
    assert!(of_alice.len() >= 6, "{events:?}");
    assert!(of_alice.iter().all(|event| note(event) == "development: alice, multi-factor"), "{of_alice:?}");
    assert!(events.iter().any(|event| event["action"] == "development" && note(event).contains("serviceful up --as")));
    assert!(
        !events.iter().any(|e| e["who"]["id"] != alice.as_str() && note(e).starts_with("development: ")),
        "{events:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_what_they_are_and_a_server_has_none_of_them() {
    let folder = project();
    let up = Up::start(folder.path(), &["--as", "bob"]);
    let bob = up.get("/caller", &[]).await;
    assert_eq!(bob.json()["caller"]["user"]["assurance"], "single-factor", "{}", bob.text());
    // More is wanted of him than he showed: no way to the sign-in pages, which could not help.
    let typed = [BROWSER, ("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    for path in ["/safe/caller", "/require?assurance=multi-factor"] {
        let why = "ou are bob, single-factor by `serviceful up --as`";
        let answer = up.get(path, &[]).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (401, &"ID-008".into()), "{}", answer.text());
        assert!(answer.text().contains(why), "{}", answer.text());
        let page = up.get(path, &typed).await;
        assert_eq!(page.status, 401);
        assert!(page.text().starts_with("<!doctype html>") && page.text().contains("ID-008"), "{}", page.text());
        assert!(page.text().contains(why) && page.text().contains("This is not allowed"), "{}", page.text());
    }
    drop(up);

    let up = Up::start(folder.path(), &["--as", "carol"]);
    let answer = up.get("/caller", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["sf-development"]),
        (403, &"carol, multi-factor".parse().unwrap())
    );
    assert!(answer.text().contains("`Carol` is not a member of `till`"), "{}", answer.text());
    let page = up.get("/caller", &typed).await;
    assert!(page.status == 403 && page.text().contains("Development mode"), "{}", page.text());
    drop(up);

    let up = Up::start(folder.path(), &["--as", "stranger"]);
    let answer = up.get("/caller", &[]).await;
    assert_eq!((answer.status.as_u16(), answer.headers.contains_key("sf-development")), (401, false));
    drop(up);

    // Others of one's own, in a file beside the manifest.
    fs::write(
        folder.path().join("people.toml"),
        "[erin]\nname = \"Erin <b>\"\nrole = \"member\"\nassurance = \"passkey\"\n",
    )
    .unwrap();
    let up = Up::start(folder.path(), &["--as", "erin", "--json"]);
    let erin = up.get("/safe/caller", &[]).await;
    assert_eq!(erin.json()["caller"]["user"]["display-name"], "Erin <b>", "{}", erin.text());
    drop(up);

    // Mistakes are told before anything starts.
    for (arguments, code, says) in [
        (&["up", "--as", "mallory"][..], 1, "nobody called `mallory`; there are `erin`, and `stranger`"),
        (&["up", "--assurance", "mfa"], 2, "--as"),
        (&["up", "--as", "erin", "--assurance", "very"], 2, "no assurance"),
        (&["up", "--as", "erin", "--listen", "0.0.0.0:0"], 1, "loopback"),
        (&["serve", "--as", "erin"], 2, "--as"),
        (&["serve", "--assurance", "mfa"], 2, "--assurance"),
    ] {
        let ran = run(folder.path(), arguments);
        assert_eq!(ran.status.code(), Some(code), "{arguments:?}: {}", said(&ran));
        assert!(said(&ran).contains(says), "{arguments:?}: {}", said(&ran));
    }

    // A server, over the very folder that had them, with everything that could tempt it.
    let port = free_port();
    let file = folder.path().join("operator.toml");
    let plain = format!("data = \".serviceful\"\n[listen]\naddresses = [\"127.0.0.1:{port}\"]\n");
    let people = "[development]\nacting = \"erin\"\n[[development.people]]\nkey = \"erin\"\nid = \"p-aaaaaaaaaaaaaaaaaaaaaaaaaa\"\nname = \"Erin\"\nrole = \"admin\"\nassurance = \"multi-factor\"\n";
    for (text, says) in [(format!("{plain}{people}"), "development"), (format!("dev = true\n{plain}"), "dev")] {
        fs::write(&file, text).unwrap();
        let ran = run(folder.path(), &["serve", "--config", "operator.toml"]);
        assert!(ran.status.code() == Some(1) && said(&ran).contains(says), "{}", said(&ran));
    }
    fs::write(&file, plain).unwrap();
    let mut child = program(folder.path())
        .args(["serve", "--config", "operator.toml"])
        .env("SERVICEFUL_AS", "erin")
        .env("SERVICEFUL_DEVELOPMENT", "erin")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let ready = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .any(|l| l.contains("\"ready\":true"));
    assert!(ready);
    let answer = send_to(port, "till.localhost", "GET", "/caller", HeaderMap::new(), Bytes::new()).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.headers.contains_key("sf-development")), (401, false));
    let _ = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status();
    let _ = child.wait();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_with_its_data_elsewhere_is_found_by_the_verbs_of_its_project() {
    let (folder, elsewhere) = (project(), tempfile::tempdir().unwrap());
    let data = elsewhere.path().join("data");
    let up = Up::start(folder.path(), &["--data", data.to_str().unwrap()]);
    fs::create_dir(folder.path().join("deep")).unwrap();
    for place in [folder.path().to_owned(), folder.path().join("deep")] {
        let ran = program(folder.path()).current_dir(&place).args(["apps", "--json"]).output().unwrap();
        assert!(ran.status.success() && said(&ran).contains("\"till\""), "{}: {}", place.display(), said(&ran));
    }
    drop(up);
    let own = folder.path().join(".serviceful");
    assert!(!own.exists(), "nothing stays behind in the project: {:?}", fs::read_dir(&own).map(Iterator::count));
    let ran = run(folder.path(), &["apps"]);
    assert!(ran.status.code() == Some(2) && said(&ran).contains("no platform is known"), "{}", said(&ran));
}
