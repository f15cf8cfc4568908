//! Signing the command line in: the journey with the real command line and a browser, and back out.
use std::{
    io::{BufRead, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
};

use bytes::Bytes;
use serde_json::json;

use crate::{
    chromium::drive,
    oauth_client::{CONSOLE, answer, house, url},
    platform::{Platform, Ran, Setup, guest, programs},
    sign_in::{ID, person_of, second_owner},
};

/// The real command line, as somebody on another computer has it.
struct Laptop(tempfile::TempDir);

impl Laptop {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn command(&self, platform: &Platform, arguments: &[&str]) -> Command {
        let mut command = Command::new(programs().join("serviceful"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .env("SERVICEFUL_PLATFORM", url(platform, CONSOLE, ""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, platform: &Platform, arguments: &[&str]) -> Ran {
        ran(self.command(platform, arguments).stdin(Stdio::null()).spawn().unwrap())
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join(".config/serviceful/credentials.toml")
    }

    /// Starts `login`; gives back where it sends the browser, and the letters to compare.
    fn login(
        &self,
        platform: &Platform,
        more: &[&str],
    ) -> (Child, BufReader<std::process::ChildStderr>, String, String) {
        let arguments = [&["login", "--no-browser"], more].concat();
        let mut child = self.command(platform, &arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let (mut link, mut letters) = (String::new(), String::new());
        while letters.is_empty() {
            let mut line = String::new();
            assert!(err.read_line(&mut line).unwrap() > 0, "it ended: {link}");
            let line = line.trim();
            if let Some(rest) = line.strip_prefix(&url(platform, ID, "")) {
                link = rest.to_owned();
            } else if !link.is_empty() && line.len() == 9 {
                letters = line.to_owned();
            }
        }
        (child, err, link, letters)
    }
}

fn ran(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// What a browser does with a redirect to its own computer.
async fn bring(way: &str) -> (u16, String) {
    let rest = way.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    let stream = tokio::net::TcpStream::connect(authority).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(format!("/{path}")).header("host", authority);
    let request = request.body(http_body_util::Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), location.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn from_login_to_logout() {
    let (platform, mut browser) = house().await;
    let laptop = Laptop::new();
    let (child, mut err, link, letters) = laptop.login(&platform, &[]);
    let page = browser.open(&platform, ID, &link).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    assert!(page.text().contains(&letters) && page.text().contains("Olga"), "{letters} {}", page.text());
    let policy = page.answer.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:"), "{policy}");

    let way = answer(&platform, &mut browser, &page, "allow").await.location();
    let forged = way.replace("state=", "state=x");
    assert_eq!(bring(&forged).await.0, 404, "another attempt's answer is none, and the wait goes on");
    let other = way.replace("iss=http", "iss=https");
    assert_eq!(bring(&other).await.0, 404, "nor is another issuer's");
    let (status, done) = bring(&way).await;
    assert_eq!((status, done.as_str()), (303, &*url(&platform, ID, "/cli/done?answer=allow")));
    let page = browser.open(&platform, ID, "/cli/done?answer=allow").await;
    assert_eq!(page.status(), 200);
    let said = ran(child);
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut err, &mut rest).unwrap();
    assert_eq!(said.code, 0, "{} {rest}", said.out);
    assert!(said.out.contains("as Olga"), "{}", said.out);

    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&laptop.file()), 0o600);
    let who = laptop.run(&platform, &["whoami"]);
    assert!(who.code == 0 && who.out.contains("Olga"), "{} {}", who.out, who.err);
    let called = laptop.run(&platform, &["invoke", "coffee", "/caller"]);
    assert_eq!(called.code, 0, "{} {}", called.out, called.err);
    let listed = laptop.run(&platform, &["token", "ls"]);
    assert!(listed.out.contains("Command line on "), "{} {}", listed.out, listed.err);
    let sessions = laptop.run(&platform, &["sessions", "list", &person_of(&platform, "Olga").await]);
    assert!(sessions.out.contains("Command line on ") && sessions.out.contains("Firefox"), "{}", sessions.out);
    let account = browser.open(&platform, ID, "/account").await.text();
    assert!(account.contains("Command line on "), "{account}");

    let kept = std::fs::read_to_string(laptop.file()).unwrap();
    let out = laptop.run(&platform, &["logout"]);
    assert_eq!(out.code, 0, "{} {}", out.out, out.err);
    assert_eq!(laptop.run(&platform, &["whoami"]).code, 3);
    std::fs::write(laptop.file(), kept).unwrap();
    let over = laptop.run(&platform, &["whoami"]);
    assert!(over.code == 3 && over.err.contains("serviceful login"), "{} {}", over.out, over.err);
    assert!(!browser.open(&platform, ID, "/account").await.text().contains("Command line on "));
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_in_the_browser_and_carried_by_hand() {
    let (platform, mut browser) = house().await;
    let laptop = Laptop::new();
    let (child, _err, link, _) = laptop.login(&platform, &[]);
    let page = browser.open(&platform, ID, &link).await;
    let page = browser.follow(&platform, page).await;
    let way = answer(&platform, &mut browser, &page, "refuse").await.location();
    assert!(way.contains("error=access_denied"), "{way}");
    assert_eq!(bring(&way).await, (303, url(&platform, ID, "/cli/done?answer=refuse")));
    assert_eq!(ran(child).code, 3);
    assert!(!laptop.file().exists());

    let (mut child, _err, link, letters) = laptop.login(&platform, &["--paste"]);
    let page = browser.open(&platform, ID, &link).await;
    let page = browser.follow(&platform, page).await;
    assert!(page.text().contains(&letters), "{}", page.text());
    assert!(page.text().contains("Go on only if you started this yourself"), "it warns: {}", page.text());
    let page = answer(&platform, &mut browser, &page, "allow").await;
    assert_eq!(page.status(), 200, "{}", page.text());
    let text = page.text();
    let code = text.split_once("id=\"paste-code\">").unwrap().1.split_once('<').unwrap().0.to_owned();
    let typed = format!("  {}\n", code.to_lowercase().replace('-', " "));
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let said = ran(child);
    assert!(said.code == 0 && said.out.contains("as Olga"), "{} {}", said.out, said.err);
    assert_eq!(laptop.run(&platform, &["whoami"]).code, 0);

    let events = platform.audit("action=sign-in&limit=100").await;
    let notes: Vec<String> = events.iter().filter_map(|e| e["note"].as_str().map(str::to_owned)).collect();
    for wanted in ["refused a command line", "allowed Command line on", "signed in Command line on"] {
        assert!(notes.iter().any(|note| note.contains(wanted)), "{wanted}: {notes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_renews_its_token_alone_and_together() {
    let config = "[runtime]\nworker_idle_s = 60\n[identity]\nlogin_access_s = 20\n";
    let platform = Platform::claimed(&Setup { config: config.to_owned(), ..Setup::default() }).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let (mut browser, _) = second_owner(&platform).await;
    let laptop = Laptop::new();
    let (child, _err, link, _) = laptop.login(&platform, &[]);
    let page = browser.open(&platform, ID, &link).await;
    let page = browser.follow(&platform, page).await;
    let way = answer(&platform, &mut browser, &page, "allow").await.location();
    assert_eq!(bring(&way).await.0, 303);
    assert_eq!(ran(child).code, 0);

    // Its token lives for less than is asked for, so each command gets another; several at once take turns.
    let before = std::fs::read_to_string(laptop.file()).unwrap();
    let children: Vec<Child> =
        (0..4).map(|_| laptop.command(&platform, &["whoami"]).stdin(Stdio::null()).spawn().unwrap()).collect();
    for child in children {
        let said = ran(child);
        assert!(said.code == 0 && said.out.contains("Olga"), "{} {}", said.out, said.err);
    }
    let after = std::fs::read_to_string(laptop.file()).unwrap();
    assert_ne!(before, after);

    // A copy of the file from before: it uses a secret again, and that ends both.
    std::fs::write(laptop.file(), &before).unwrap();
    let thief = laptop.run(&platform, &["whoami"]);
    assert!(thief.code == 3 && thief.err.contains("serviceful login"), "{} {}", thief.out, thief.err);
    std::fs::write(laptop.file(), &after).unwrap();
    assert_eq!(laptop.run(&platform, &["whoami"]).code, 3);
    let events = platform.audit("action=sign-in&result=refused&limit=50").await;
    assert!(events.iter().any(|e| e.to_string().contains("came twice")), "{events:?}");
}

/// What Chromium makes of the redirects, the policies and the pages.
#[tokio::test(flavor = "multi_thread")]
async fn a_real_browser_signs_the_command_line_in() {
    let platform = Platform::claimed(&Setup::default()).await;
    let (status, made) = platform.api("POST", "/api/v1/invitations", Some(&json!({"email": "gus@example.org"}))).await;
    assert_eq!(status, 201, "{made}");
    let (here, elsewhere, nowhere) = (Laptop::new(), Laptop::new(), Laptop::new());
    let (child, _err, link, letters) = here.login(&platform, &[]);
    let (mut by_hand, _err, paste, paste_letters) = elsewhere.login(&platform, &["--paste"]);
    let (refused, _err, no, no_letters) = nowhere.login(&platform, &[]);
    let places = json!({
        "id": url(&platform, ID, ""),
        "invitation": made["link"],
        "here": [url(&platform, ID, &link), letters],
        "paste": [url(&platform, ID, &paste), paste_letters],
        "refused": [url(&platform, ID, &no), no_letters],
    });
    let out = drive("login.mjs", &places);
    by_hand.stdin.take().unwrap().write_all(out.as_bytes()).unwrap();
    for (child, laptop) in [(child, &here), (by_hand, &elsewhere)] {
        let said = ran(child);
        assert!(said.code == 0 && said.out.contains("as Gus"), "{}", said.out);
        assert_eq!(laptop.run(&platform, &["whoami"]).code, 0);
    }
    assert_eq!(ran(refused).code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_cannot_be_kept_is_ended() {
    let (platform, mut browser) = house().await;
    let laptop = Laptop::new();
    let (child, _err, link, _) = laptop.login(&platform, &[]);
    // The disk is full, say: here a file lies where the folder would be.
    std::fs::create_dir_all(laptop.0.path().join(".config")).unwrap();
    std::fs::write(laptop.0.path().join(".config/serviceful"), "").unwrap();
    let page = browser.open(&platform, ID, &link).await;
    let page = browser.follow(&platform, page).await;
    let way = answer(&platform, &mut browser, &page, "allow").await.location();
    assert_eq!(bring(&way).await.0, 303);
    assert_eq!(ran(child).code, 1);
    let account = browser.open(&platform, ID, "/account").await.text();
    assert!(!account.contains("Command line on "), "{account}");
    let (_, all) = platform.api("GET", "/api/v1/tokens?all=true", None).await;
    let made = all["tokens"].as_array().unwrap().iter().filter(|t| t["label"].to_string().contains("Command line on"));
    assert!(made.clone().count() == 1 && made.clone().all(|t| t["revoked_at"].is_u64()), "{all}");
}
