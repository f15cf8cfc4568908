//! `up`: the platform for a project, on this machine, as locked as in production; builds and deploys again on every change.
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use client::{Address, Client};
use notify::Watcher;
use tokio::sync::mpsc;

use crate::{
    cli::{self, Global, Project, Step, UpArgs},
    config::Config,
};

/// Editors save in several steps; what comes within this time is one change.
const SETTLE: Duration = Duration::from_millis(120);

/// Runs until interrupted, or until the platform ends.
pub(crate) fn run(global: &Global, args: &UpArgs) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(up(global, args))
}

/// A started supervisor, and how to speak to its platform.
struct Platform {
    child: Child,
    console: String,
    operator: Client,
}

async fn up(global: &Global, args: &UpArgs) -> anyhow::Result<()> {
    let project = std::path::absolute(&args.project)?;
    if !project.is_dir() {
        bail!("`{}` is not a folder; go to a project, or make one with `serviceful new NAME`", args.project.display());
    }
    let mut config = Config::for_project(&project, args.listen)?;
    if let Some(data) = &args.data {
        config.data = std::path::absolute(data)?;
    }
    config.jail.strict = args.strict;
    let mut platform = start(&config)?;
    let result = develop(global, args, &project, &mut platform).await;
    end(&mut platform.child).await;
    result
}

#[expect(clippy::disallowed_methods, reason = "`up` starts the supervisor")]
fn start(config: &Config) -> anyhow::Result<Platform> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("supervise")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("the supervisor cannot be started")?;
    let mut input = child.stdin.take().context("the supervisor has no standard input")?;
    input.write_all(toml::to_string(config)?.as_bytes())?;
    drop(input);
    let output = child.stdout.take().context("the supervisor has no standard output")?;
    let mut lines = BufReader::new(output).lines();
    let ready = loop {
        match lines.next() {
            Some(line) => {
                let said: serde_json::Value = serde_json::from_str(&line?).unwrap_or_default();
                if said.get("ready").and_then(serde_json::Value::as_bool) == Some(true) {
                    break said;
                }
            }
            None => {
                let _ = child.wait();
                bail!("the platform did not start; its own words stand above");
            }
        }
    };
    // Later lines (after a restart of the front) say nothing new, but the pipe must stay open.
    std::thread::spawn(move || lines.for_each(drop));
    let console = ready.get("console").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let host = console.split_once("://").map_or("", |(_, host)| host);
    let socket = Address::Socket { path: Arc::new(config.host_socket()), host: host.into() };
    Ok(Platform { child, console, operator: Client::new(socket, None) })
}

async fn develop(global: &Global, args: &UpArgs, folder: &Path, platform: &mut Platform) -> anyhow::Result<()> {
    let say = Say { json: global.json };
    say.line("console", &platform.console);
    match platform.operator.issue_claim(false).await {
        Ok(claim) => {
            say.line("claim", &claim.link);
            say.hint(
                "the first one who uses this link owns the platform (30 minutes, once): serviceful claim --accept",
            );
        }
        // There is an owner already.
        Err(error) if error.problem().is_some_and(|problem| problem.status == 409) => {}
        Err(error) => return Err(error).context("no claim link could be made"),
    }
    let has_manifest = folder.join("serviceful.toml").exists();
    // Watched from before the first build: a save during it is not lost.
    let (changed, mut changes) = mpsc::channel(1);
    let _watcher = if args.no_watch || !has_manifest { None } else { Some(watch(folder, changed)?) };
    if has_manifest {
        deploy(&say, folder, &platform.operator).await;
    } else {
        say.hint("there is no serviceful.toml here, so no app is deployed; make a project with: serviceful new NAME");
    }
    let mut interrupted = Box::pin(interrupted());
    let mut name = None;
    loop {
        let now = Project::load(folder).ok().map(|project| project.manifest.name);
        if let (Some(before), Some(now)) = (&name, &now)
            && before != now
        {
            say.hint(&format!(
                "the app is called `{now}` now; `{before}` still answers: remove it with `serviceful rm {before}`"
            ));
        }
        name = now.or(name);
        tokio::select! {
            () = &mut interrupted => return Ok(()),
            Some(()) = changes.recv() => {
                tokio::time::sleep(SETTLE).await;
                while changes.try_recv().is_ok() {}
                deploy(&say, folder, &platform.operator).await;
            }
            () = tokio::time::sleep(Duration::from_millis(500)) => {
                if let Some(status) = platform.child.try_wait()? {
                    bail!("the platform ended by itself ({status})");
                }
            }
        }
    }
}

async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Builds and deploys. A failure is said and the former deployment goes on answering: the next save is the next try.
async fn deploy(say: &Say, folder: &Path, operator: &Client) {
    let result = async {
        let project = Project::load(folder)?;
        project.build().await?;
        cli::ship(operator, &project, &mut |step: Step| say.hint(&step.sentence())).await
    };
    match result.await {
        Ok(view) => say.line(&format!("app {}", view.app), &view.url),
        Err(failure) => say.failure(&failure),
    }
}

/// Tells of changes below the project, but for what builds write.
fn watch(folder: &Path, changed: mpsc::Sender<()>) -> anyhow::Result<notify::RecommendedWatcher> {
    let project = Project::load(folder).ok();
    let watched: Vec<PathBuf> = match project {
        Some(project) => project.watched().into_iter().map(|path| folder.join(path)).collect(),
        None => vec![folder.join("serviceful.toml")],
    };
    let wanted = watched.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        let counts =
            !event.kind.is_access() && event.paths.iter().any(|path| wanted.iter().any(|w| path.starts_with(w)));
        if counts {
            // Full: a change is on its way already.
            let _ = changed.try_send(());
        }
    })?;
    for path in watched {
        // Editors replace files, so the folder is watched and its files are told apart.
        let (place, mode) = if path.is_dir() {
            (path, notify::RecursiveMode::Recursive)
        } else {
            (path.parent().unwrap_or(folder).to_owned(), notify::RecursiveMode::NonRecursive)
        };
        if place.exists() {
            watcher.watch(&place, mode).with_context(|| format!("cannot watch `{}`", place.display()))?;
        }
    }
    Ok(watcher)
}

async fn end(child: &mut Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    for _ in 0..300 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// What `up` prints: a line a fact, or a JSON object a line.
struct Say {
    json: bool,
}

impl Say {
    fn line(&self, what: &str, value: &str) {
        let text = if self.json {
            serde_json::json!({"what": what, "value": value}).to_string()
        } else {
            format!("{what:<14} {value}")
        };
        let mut out = std::io::stdout().lock();
        // A closed pipe is the reader's decision.
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }

    fn hint(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "  {text}");
    }

    fn failure(&self, failure: &cli::Failure) {
        let _ = writeln!(std::io::stderr().lock(), "error: {}", failure.what);
        if let Some(next) = &failure.next {
            let _ = writeln!(std::io::stderr().lock(), "next:  {next}");
        }
    }
}
