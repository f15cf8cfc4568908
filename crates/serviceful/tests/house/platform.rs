//! A whole platform of its own: real executables, own data directory, a free port.
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

/// What a platform is started with.
pub(crate) struct Setup {
    /// Extra lines of the operator's file.
    pub(crate) config: String,
    /// Executables in place of the installed ones.
    pub(crate) programs: Option<PathBuf>,
}

impl Default for Setup {
    fn default() -> Self {
        Self { config: "[runtime]\nworker_idle_s = 60\n".to_owned(), programs: None }
    }
}

pub(crate) struct Platform {
    folder: tempfile::TempDir,
    child: Child,
    pub(crate) port: u16,
    program: PathBuf,
    /// The owner's token and id, once claimed.
    pub(crate) owner: String,
    pub(crate) person: String,
}

/// The folder of the executables under test.
pub(crate) fn programs() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_serviceful")).parent().unwrap().to_owned()
}

/// A guest or example that `make guests` built.
pub(crate) fn guest(name: &str) -> PathBuf {
    let folder = std::env::var_os("SERVICEFUL_GUESTS")
        .map_or_else(|| programs().parent().unwrap().join("guests"), PathBuf::from);
    let path = folder.join(format!("{name}.wasm"));
    assert!(path.exists(), "{} is missing; run `make guests`", path.display());
    path
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Platform {
    pub(crate) fn start(setup: &Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = setup.programs.clone().unwrap_or_else(programs).join("serviceful");
        assert!(program.with_file_name("serviceful-engine").exists(), "the engine is missing; run `make build`");
        let port = free_port();
        let text = format!("data = \"data\"\n[listen]\naddresses = [\"127.0.0.1:{port}\"]\n{}", setup.config);
        fs::write(folder.path().join("serviceful.toml"), text).unwrap();
        let child = Self::spawn(&program, folder.path());
        let mut platform = Self { folder, child, port, program, owner: String::new(), person: String::new() };
        platform.wait_until_ready();
        platform
    }

    fn spawn(program: &Path, folder: &Path) -> Child {
        Command::new(program)
            .args(["serve", "--config"])
            .arg(folder.join("serviceful.toml"))
            .env("SERVICEFUL_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap()
    }

    fn wait_until_ready(&mut self) {
        let out = self.child.stdout.take().unwrap();
        let mut lines = BufReader::new(out).lines();
        let line = lines.find(|line| line.as_ref().is_ok_and(|l| l.contains("\"ready\":true")));
        assert!(line.is_some(), "the platform ended before it was ready");
        // Keep reading, so that the platform never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
    }

    /// A platform with an owner.
    pub(crate) async fn claimed(setup: &Setup) -> Self {
        let mut platform = Self::start(setup);
        let code = platform.claim_code(&[]);
        let body = serde_json::json!({"code": code, "name": "Olga Owner"});
        let (status, answer) = platform.api("POST", "/api/v1/claim", Some(&body)).await;
        assert!(status.is_success(), "{status} {answer}");
        platform.owner = answer["token"].as_str().unwrap().to_owned();
        platform.person = answer["person"].as_str().unwrap().to_owned();
        platform
    }

    /// The secret of a fresh claim link, made on the host.
    pub(crate) fn claim_code(&self, extra: &[&str]) -> String {
        let ran = self.cli_in(&self.data(), &[&["claim", "--json"], extra].concat());
        let link: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err));
        link["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills everything at once, as a power cut would, and starts again.
    pub(crate) fn crash_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.restart();
    }

    pub(crate) fn stop(&mut self) {
        self.signal(self.pid(), "TERM");
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the platform did not end when asked to");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn restart(&mut self) {
        self.child = Self::spawn(&self.program, self.folder.path());
        self.wait_until_ready();
    }

    /// Starts it where it may refuse to; gives back what it printed before it ended, or became ready.
    pub(crate) fn try_restart(&mut self) -> String {
        self.child = Self::spawn(&self.program, self.folder.path());
        let out = self.child.stdout.take().unwrap();
        let mut text = String::new();
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            text.push_str(&line);
            if text.contains("\"ready\"") {
                break;
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        text
    }

    pub(crate) fn signal(&self, pid: u32, signal: &str) {
        assert!(Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status().unwrap().success());
    }

    /// Pids of children of the supervisor whose command line holds `word`.
    pub(crate) fn children(&self, word: &str) -> Vec<u32> {
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
            let parent = fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|stat| {
                stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok())
            });
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if parent == Some(self.pid()) && line.split('\0').nth(1) == Some(word) {
                found.push(pid);
            }
        }
        found.sort_unstable();
        found
    }

    /// Runs the hand tool against this platform.
    pub(crate) fn cli(&self, arguments: &[&str]) -> Ran {
        self.cli_in(self.folder.path(), arguments)
    }

    pub(crate) fn cli_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let output = Command::new(&self.program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("SERVICEFUL_DATA", self.data())
            .env("SERVICEFUL_PLATFORM", format!("http://console.localhost:{}", self.port))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// A request to an app's origin.
    pub(crate) async fn app(
        &self,
        app: &str,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        self.send(&format!("{app}.localhost"), method, path, headers, body.into()).await.unwrap()
    }

    /// A call of the control API as the owner; JSON both ways.
    pub(crate) async fn api(&self, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let mut headers = HeaderMap::new();
        if !self.owner.is_empty() {
            headers.insert("authorization", format!("Bearer {}", self.owner).parse().unwrap());
        }
        headers.insert("content-type", "application/json".parse().unwrap());
        let bytes = body.map_or_else(Bytes::new, |value| Bytes::from(value.to_string()));
        let answer = self.send("console.localhost", method, path, headers, bytes).await.unwrap();
        let value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        (answer.status, value)
    }

    pub(crate) async fn send(
        &self,
        host: &str,
        method: &str,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, String> {
        send_to(self.port, host, method, path, headers, body).await
    }

    /// Deploys one component as the owner. `extra` is added to the function's table and after it. Gives back a token that may call it.
    pub(crate) async fn deploy(&self, app: &str, component: &Path, extra: &str) -> String {
        let (state, view) = self.try_deploy(app, &fs::read(component).unwrap(), extra).await;
        assert_eq!(state, "ready", "{view}");
        self.token(app).await
    }

    /// Uploads and deploys; gives back the phase it ended in, and what the platform says of it.
    pub(crate) async fn try_deploy(&self, app: &str, component: &[u8], extra: &str) -> (String, Value) {
        let digest =
            format!("sha256:{}", hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, component).as_ref()));
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {}", self.owner).parse().unwrap());
        let path = format!("/api/v1/components/{digest}");
        let put =
            self.send("console.localhost", "PUT", &path, headers, Bytes::copy_from_slice(component)).await.unwrap();
        if !put.status.is_success() {
            return ("refused".to_owned(), put.json());
        }
        let manifest = format!(
            "name = \"{app}\"\n[[function]]\nname = \"main\"\nroute = \"/*\"\ncomponent = \"app.wasm\"\n{extra}\n"
        );
        let new = serde_json::json!({"manifest": manifest, "components": {"app.wasm": digest}});
        let (status, mut view) = self.api("POST", &format!("/api/v1/apps/{app}/deployments"), Some(&new)).await;
        if !status.is_success() {
            return ("refused".to_owned(), view);
        }
        let id = view["id"].as_str().unwrap().to_owned();
        let deadline = Instant::now() + Duration::from_secs(180);
        while view["phase"] == "preparing" {
            assert!(Instant::now() < deadline, "{view}");
            tokio::time::sleep(Duration::from_millis(20)).await;
            view = self.api("GET", &format!("/api/v1/apps/{app}/deployments/{id}"), None).await.1;
        }
        (view["phase"].as_str().unwrap_or_default().to_owned(), view)
    }

    /// A token with which the owner calls an app.
    pub(crate) async fn token(&self, app: &str) -> String {
        let (status, made) =
            self.api("POST", "/api/v1/tokens/call", Some(&serde_json::json!({"app": app, "life_s": 3600}))).await;
        assert!(status.is_success(), "{status} {made}");
        made["secret"].as_str().unwrap().to_owned()
    }

    /// The newest audit events that match a query string.
    pub(crate) async fn audit(&self, query: &str) -> Vec<Value> {
        let (status, page) = self.api("GET", &format!("/api/v1/audit?{query}"), None).await;
        assert_eq!(status, 200, "{page}");
        page["events"].as_array().unwrap().clone()
    }
}

/// A request to this port of this computer, for that host.
pub(crate) async fn send_to(
    port: u16,
    host: &str,
    method: &str,
    path: &str,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, String> {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.map_err(|e| e.to_string())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
    let driver = tokio::spawn(connection);
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    request = request.header("host", format!("{host}:{}", port));
    let mut request = request.body(Full::new(body)).unwrap();
    request.headers_mut().extend(headers);
    let response: Response<hyper::body::Incoming> = sender.send_request(request).await.map_err(|e| e.to_string())?;
    let (head, body) = response.into_parts();
    let collected = body.collect().await.map_err(|e| e.to_string())?;
    drop(sender);
    driver.abort();
    Ok(Answer { status: head.status, headers: head.headers, body: collected.to_bytes() })
}

impl Drop for Platform {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
