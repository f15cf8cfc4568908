//! What comes from the street as it is on the wire: trailers, TLS, HTTP/2.
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    time::Duration,
};

use crate::platform::{Platform, Setup, guest, programs};

/// Sends bytes on a connection of its own and reads until the other side closes it.
fn raw(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn chunked(port: u16, token: &str, fields: &str, trailers: &str) -> String {
    raw(
        port,
        &format!(
            "POST /echo HTTP/1.1\r\nHost: echo.localhost:{port}\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n{fields}\r\n3\r\nabc\r\n0\r\n{trailers}\r\n"
        ),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_cross_the_house_and_credentials_in_them_do_not() {
    let platform = Platform::claimed(&Setup::default()).await;
    for name in ["echo-p2", "echo-p3"] {
        let token = platform.deploy("echo", &guest(name), "").await;
        let announce = "TE: trailers\r\nConnection: TE\r\nTrailer: x-sum, authorization, cookie, dpop\r\n";
        let answer = chunked(platform.port, &token, announce, "x-sum: 42\r\n");
        assert!(answer.contains("abc") && answer.contains("x-sum: 42"), "{name}: {answer}");
        let secrets = "x-sum: 43\r\nauthorization: Bearer stolen\r\ncookie: a=stolen\r\ndpop: stolen\r\n";
        let answer = chunked(platform.port, &token, announce, secrets);
        assert!(answer.contains("x-sum: 43") && !answer.contains("stolen"), "{name}: {answer}");
        for reserved in ["x-forwarded-user: root\r\n", "Sf-Caller: root\r\n", "X_Forwarded_User: root\r\n"] {
            let answer = chunked(platform.port, &token, "", reserved);
            assert!(answer.starts_with("HTTP/1.1 400 "), "{name} {reserved}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_for_this_hop_alone_do_not_reach_the_function() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("echo", &guest("echo-p2"), "").await;
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers.insert("connection", "x-only-here, x-kept-not".parse().unwrap());
    headers.insert("x-only-here", "1".parse().unwrap());
    headers.insert("x-for-all", "1".parse().unwrap());
    let seen = platform.send("echo.localhost", "GET", "/headers", headers, bytes::Bytes::new()).await.unwrap().text();
    assert!(seen.contains("x-for-all") && !seen.contains("x-only-here"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_became_a_request_is_shown_and_recorded() {
    let mut platform = Platform::claimed(&Setup::default()).await;
    let seen = |posture: &serde_json::Value| posture["broken_connections"]["total"].as_u64().unwrap();
    assert_eq!(seen(&platform.api("GET", "/api/v1/posture", None).await.1), 0);
    for broken in ["GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1} no plain request", "GET / HTTP/1.1\nHost: a\n\n"] {
        raw(platform.port, broken);
    }
    let posture = platform.api("GET", "/api/v1/posture", None).await.1;
    assert_eq!(seen(&posture), 3, "{}", posture["broken_connections"]);
    assert_eq!(posture["broken_connections"]["causes"]["parse_errors"], 3);
    let said = platform.cli_in(&platform.data(), &["--host", "posture"]);
    assert!(said.out.contains("3 broken connections refused since"), "{}", said.out);
    platform.stop();
    platform.restart();
    let events = platform.audit("action=connections-refused").await;
    assert_eq!(events.len(), 1, "one for all of them: {events:?}");
    let outcome = events[0]["outcome"].to_string();
    assert!(outcome.contains("refused 3 broken connections") && outcome.contains("3 parse errors"), "{outcome}");
}

/// A certificate for the names, as the two files that the operator's file names.
fn certificate(folder: &Path, stem: &str) -> rcgen::CertifiedKey<rcgen::KeyPair> {
    let names = ["console.localhost", "hello.localhost", "other.localhost"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    fs::write(folder.join(format!("{stem}.crt")), made.cert.pem()).unwrap();
    let key = folder.join(format!("{stem}.key"));
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    made
}

fn tls(folder: &Path, chain: &str, key: &str) -> Setup {
    let (chain, key) = (folder.join(chain), folder.join(key));
    let names = "[\"console.localhost\", \"hello.localhost\"]";
    let config = format!("[[tls.certificates]]\nnames = {names}\nchain = {chain:?}\nkey = {key:?}\n");
    Setup { config, ..Setup::default() }
}

/// What curl says: status and version, then the body.
fn curl(platform: &Platform, ca: &Path, name: &str, extra: &[&str], path: &str) -> String {
    let place = format!("{name}:{}", platform.port);
    let ran = Command::new("curl")
        .args(["-sS", "--max-time", "10", "-w", "\n%{http_code} %{http_version}", "--noproxy", "*"])
        .args(["--resolve", &format!("{place}:127.0.0.1"), "--cacert"])
        .arg(ca)
        .args(extra)
        .arg(format!("https://{place}{path}"))
        .output()
        .unwrap();
    format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_the_platform_speaks_tls_on_both_versions_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path(), "own");
    let ca = folder.path().join("own.crt");
    let platform = Platform::start(&tls(folder.path(), "own.crt", "own.key"));
    let data = platform.data();
    let console = format!("https://console.localhost:{}", platform.port);
    let ran = platform.cli_in(&data, &["--host", "--platform", &console, "audit"]);
    assert_eq!(ran.code, 0, "the host socket needs no certificate: {} {}", ran.out, ran.err);
    for (version, shown) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let answer = curl(&platform, &ca, "console.localhost", &[version], "/api/v1/self");
        assert!(answer.ends_with(&format!("401 {shown}")), "{version}: {answer}");
        assert!(answer.contains("ID-001") || answer.contains("\"code\""), "{answer}");
        // A connection that was made for one name does not serve another.
        let port = platform.port;
        let other = curl(
            &platform,
            &ca,
            "console.localhost",
            &[version, "-H", &format!("Host: hello.localhost:{port}")],
            "/api/v1/self",
        );
        assert!(other.contains(&format!("421 {shown}")), "{version}: {other}");
    }
    let plain = raw(platform.port, "GET / HTTP/1.1\r\nHost: console.localhost\r\n\r\n");
    assert!(!plain.starts_with("HTTP/1.1 2") && !plain.contains("serviceful"), "{plain}");
}

/// Runs `serve` with this configuration and waits for its end.
fn refused(config: &str, folder: &Path) -> (Option<i32>, String) {
    let file = folder.join("refused.toml");
    fs::write(&file, config).unwrap();
    let mut child = Command::new(programs().join("serviceful"))
        .args(["serve", "--config"])
        .arg(&file)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..300 {
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = child.kill();
    let ended = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    (ended.status.code(), text)
}

#[test]
fn a_configuration_that_cannot_work_is_refused_in_words_before_anything_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    certificate(path, "one");
    certificate(path, "two");
    fs::copy(path.join("one.key"), path.join("open.key")).unwrap();
    fs::set_permissions(path.join("open.key"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let head = "data = \"data\"\n[listen]\naddresses = [\"127.0.0.1:0\"]\n";
    let pair = |chain: &str, key: &str| {
        format!("{head}[[tls.certificates]]\nnames = [\"a.localhost\"]\nchain = \"{chain}\"\nkey = \"{key}\"\n")
    };
    for (config, word) in [
        (pair("one.crt", "two.key"), "certificate"),
        (pair("none.crt", "one.key"), "none.crt"),
        (pair("one.crt", "open.key"), "chmod"),
        (pair("one.crt", "one.key"), "holds console.localhost, hello.localhost, other.localhost"),
        (
            pair("one.crt", "one.key").replace("a.localhost", "a.example.org"),
            "answers as console.localhost, id.localhost and *.localhost",
        ),
        (format!("{head}[names]\napps_domain = \"Bad Domain\"\n"), "host name"),
        (format!("{head}[names]\nconsole = \"https://x\"\n"), "host name"),
        (format!("{head}[tls]\ncertificates = []\n"), "certificate"),
        ("data = \"data\"\n[listen]\naddresses = [\"0.0.0.0:0\"]\n".to_owned(), "loopback"),
        (format!("{head}[listne]\n"), "listne"),
    ] {
        let (code, text) = refused(&config, path);
        assert_eq!(code, Some(1), "{config}: {text}");
        assert!(text.contains(word), "{config}: {text}");
        assert!(!text.contains("\"ready\""), "{config}: {text}");
    }
}
