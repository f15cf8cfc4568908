//! `test`: runs an app's own tests in the engine that runs the app: each test in an engine of its own, within the app's limits.
//!
//! The tests are deployed like an app, to a platform that lives for the run. Its data stays in the project's `.serviceful`, so
//! that the engine is compiled once.
mod files;
mod secrets;
mod suite;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use client::{Address, Client, Outgoing};
use control_api::{Claim, CreateCallToken};
use http::Method;
use serde::{Deserialize, Serialize};
use types::{AppName, Secret, SecretName};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::Tone,
    project::Project,
    ship::ship,
    text,
};
use crate::{config::Config, local::Platform};

/// Largest answer of a test that is read.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Lines of the log that are looked through for those of a test.
const LOG_LINES: usize = 500;
/// How often the log is asked: a line may come a moment after the answer.
const LOG_TRIES: usize = 20;

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The project's folder, or its manifest
    #[arg(default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
    /// Run only tests whose file or name holds this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// A test as its module names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    skip: bool,
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Outcome {
    file: String,
    name: String,
    result: Verdict,
    ms: u64,
    /// What it wrote, and why it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Passed,
    Failed,
    Skipped,
}

pub(super) async fn run(desk: &Desk, args: TestArgs) -> Result<Exit, Failure> {
    let project = Project::load(&args.project)?;
    let files = files::find(&project.folder)?;
    if files.is_empty() {
        return Err(Failure::new(format!("there are no tests in `{}`", project.folder.display()))
            .next("write some in files named `*.test.ts` or `*.test.js`, with `import { test } from \"node:test\"`"));
    }
    let folder = std::path::absolute(&project.folder).map_err(|e| Failure::file("find", &project.folder, &e))?;
    let ours = |error: anyhow::Error| Failure::new(format!("{error:#}"));
    let mut config = Config::for_project(&folder, ([127, 0, 0, 1], 0).into()).map_err(ours)?;
    config.data = folder.join(suite::FOLDER).join("data");
    let values = secrets::read(&folder)?;
    // What the last run left: tests begin with nothing. The platform that had it open has ended.
    let kept = config.folders().kv;
    match std::fs::remove_dir_all(&kept) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::file("remove", &kept, &error));
        }
        _ => {}
    }
    // What is wrong with a test is told with it; the platform's own lines would only say it again.
    let platform = Platform::start(&config, "error").map_err(ours)?;
    let tested = perform(desk, &args, &files, (&project, &values), &platform.operator).await;
    platform.end().await;
    let outcomes = tested?;

    let count = |verdict| outcomes.iter().filter(|outcome| outcome.result == verdict).count();
    let (passed, failed, skipped) = (count(Verdict::Passed), count(Verdict::Failed), count(Verdict::Skipped));
    if desk.out.json {
        desk.out.value(&outcomes)?;
    } else {
        let tone = if failed == 0 { Tone::Good } else { Tone::Bad };
        desk.out.line(&desk.out.tone(tone, &format!("{passed} passed, {failed} failed, {skipped} skipped")))?;
    }
    Ok(if failed == 0 && passed > 0 { Exit::Done } else { Exit::Failed })
}

async fn perform(
    desk: &Desk,
    args: &TestArgs,
    files: &[String],
    (project, values): (&Project, &BTreeMap<SecretName, Secret>),
    operator: &Client,
) -> Result<Vec<Outcome>, Failure> {
    let owner = owner(operator).await?;
    let Err(failure) = set_up(desk, &owner, project, files, values).await else {
        return listed(desk, args, files, &Caller::of(owner, project).await?).await;
    };
    let mut outcomes = Vec::new();
    if let [file] = files {
        outcomes.push(unloadable(desk, file, &failure)?);
        return Ok(outcomes);
    }
    // One file that cannot be loaded keeps all from being deployed together: now each for itself.
    for file in files {
        let one = std::slice::from_ref(file);
        match set_up(desk, &owner, project, one, values).await {
            Ok(()) => outcomes.extend(listed(desk, args, one, &Caller::of(owner.clone(), project).await?).await?),
            Err(failure) => outcomes.push(unloadable(desk, file, &failure)?),
        }
    }
    Ok(outcomes)
}

/// Deploys the tests, with the secrets that they are given.
async fn set_up(
    desk: &Desk,
    owner: &Client,
    project: &Project,
    files: &[String],
    values: &BTreeMap<SecretName, Secret>,
) -> Result<(), Failure> {
    let suite = suite::make(project, files)?;
    ship(owner, &suite, &mut |_| {}, &mut |_| Ok(())).await?;
    let app = &project.manifest.name;
    let wanted: BTreeSet<_> = suite.manifest.functions.iter().flat_map(|function| &function.secrets).collect();
    for name in &wanted {
        match values.get(*name) {
            Some(value) => owner.put_secret(app, name, value).await.map(drop)?,
            None => desk.out.note(&format!("the tests have no secret {name}; write one into `{}`", secrets::FILE)),
        }
    }
    // What an earlier run had and this file has not is not there either.
    for secret in owner.secrets(app).await?.secrets {
        if !values.contains_key(&secret.name) || !wanted.contains(&secret.name) {
            owner.remove_secret(app, &secret.name).await?;
        }
    }
    Ok(())
}

/// A file whose module cannot be bundled, or throws while it is evaluated.
fn unloadable(desk: &Desk, file: &str, failure: &Failure) -> Result<Outcome, Failure> {
    let outcome = Outcome {
        file: file.to_owned(),
        name: "it cannot be loaded".into(),
        result: Verdict::Failed,
        ms: 0,
        lines: failure.what.lines().map(str::to_owned).collect(),
    };
    show(desk, &outcome)?;
    Ok(outcome)
}

async fn listed(desk: &Desk, args: &TestArgs, files: &[String], caller: &Caller) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let path = suite::route(at);
        let answer = caller.get(&path).await?;
        let tests: Vec<Named> = match serde_json::from_slice(&answer.body) {
            Ok(tests) if answer.ok => tests,
            _ => {
                let lines = caller.lines(&answer).await?;
                let outcome = Outcome {
                    file: file.clone(),
                    name: "its tests cannot be listed".into(),
                    result: Verdict::Failed,
                    ms: 0,
                    lines,
                };
                show(desk, &outcome)?;
                outcomes.push(outcome);
                continue;
            }
        };
        for (number, test) in tests.into_iter().enumerate() {
            let wanted = |text: &String| file.contains(text.as_str()) || test.name.contains(text.as_str());
            if !args.only.as_ref().is_none_or(wanted) {
                continue;
            }
            let mut outcome =
                Outcome { file: file.clone(), name: test.name, result: Verdict::Skipped, ms: 0, lines: Vec::new() };
            if !test.skip {
                let began = desk.now();
                let answer = caller.get(&format!("{path}?test={number}")).await?;
                outcome.ms = desk.now().0.saturating_sub(began.0);
                outcome.result = if answer.ok { Verdict::Passed } else { Verdict::Failed };
                outcome.lines = caller.lines(&answer).await?;
            }
            show(desk, &outcome)?;
            outcomes.push(outcome);
        }
    }
    Ok(outcomes)
}

fn show(desk: &Desk, outcome: &Outcome) -> Result<(), Failure> {
    if desk.out.json {
        return Ok(());
    }
    let (tone, word) = match outcome.result {
        Verdict::Passed => (Tone::Good, "ok  "),
        Verdict::Failed => (Tone::Bad, "FAIL"),
        Verdict::Skipped => (Tone::Quiet, "skip"),
    };
    let name = text::plain(&outcome.name);
    desk.out.line(&format!("{} {}: {name} ({} ms)", desk.out.tone(tone, word), outcome.file, outcome.ms))?;
    for line in &outcome.lines {
        desk.out.line(&format!("       {}", text::plain(line)))?;
    }
    Ok(())
}

/// Who calls the tests: an owner of the platform of this run, with a token for its one app.
struct Caller {
    owner: Client,
    app: AppName,
    address: Address,
    token: Secret,
}

/// An answer of a function.
struct Answered {
    ok: bool,
    body: bytes::Bytes,
    /// The request's id.
    request: String,
}

/// Whoever deploys is a member; the owner of the last run is not this one.
async fn owner(operator: &Client) -> Result<Client, Failure> {
    let link = operator.issue_claim(true).await?.link;
    let code = link.split_once('#').map_or("", |(_, code)| code).to_owned();
    let claimed = operator.redeem_claim(&Claim { code, name: "Tests".into() }).await?;
    Ok(Client::new(operator.address().clone(), Some(Secret::new(claimed.token.clone()))))
}

impl Caller {
    async fn of(owner: Client, project: &Project) -> Result<Self, Failure> {
        let app = &project.manifest.name;
        let made = owner.create_call_token(&CreateCallToken { app: app.clone(), life_s: None }).await?;
        let address = made.url.parse().map_err(|e: client::AddressError| Failure::new(e.to_string()))?;
        Ok(Self { owner, app: app.clone(), address, token: Secret::new(made.secret) })
    }

    async fn get(&self, path: &str) -> Result<Answered, Failure> {
        let mut call = Outgoing::new(Method::GET, path.to_owned());
        call.credential = Some(self.token.clone());
        let mut answer = call.send(&self.address).await?;
        let request = answer.headers.get("sf-request").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Answered { ok: answer.status.is_success(), body: answer.bytes(ANSWER_BYTES_MAX).await?, request })
    }

    /// What was written for a request. Of one that failed the platform says why, and that is waited for.
    async fn lines(&self, answer: &Answered) -> Result<Vec<String>, Failure> {
        let request = answer.request.as_str();
        let mut found = Vec::new();
        for _ in 0..LOG_TRIES {
            found.clear();
            let mut failed = answer.ok;
            let mut lines = self.owner.logs(&self.app, LOG_LINES, false).await?;
            while let Some(entry) = lines.next().await? {
                if entry.request.is_some_and(|id| id.to_string() == request) {
                    failed |= entry.stream == "platform";
                    found.push(entry.text);
                }
            }
            if failed {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Ok(found)
    }
}
