//! `policy`: an app's access rules, asked without a platform by the engine that decides on one.
mod cast;
mod table;

use std::{path::PathBuf, sync::Arc};

use clap::{Args, Subcommand};
use gateway::{
    Answered, AppRoutes, Ask as _, ControlCall, Decision, Denial, Intent, Question, Release, ReleasePort as _,
};
use serde::Serialize;
use types::{CompileLimits, Digest, FunctionTarget, Limits, Method, Resource, RunLimits};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::{Out, Tone},
    project::Project,
    text,
};
use cast::Cast;
use table::{Expected, Row, Table, Wanted};

/// The rules that decided.
type Policies = Arc<[Arc<str>]>;

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    verb: PolicyVerb,
}

#[derive(Debug, Subcommand)]
enum PolicyVerb {
    /// Ask the rules every question of a table, and compare the answers
    #[command(
        after_help = "Example:\n  serviceful policy test\n  serviceful policy test shop --file shop/night.toml\n\npolicy-tests.toml:\n  [[test]]\n  who    = \"stranger\"\n  call   = \"GET /menu\"\n  expect = \"allow\"\n  by     = [\"public\"]"
    )]
    Test {
        /// The project's folder, or its manifest
        #[arg(default_value = ".", value_name = "FOLDER")]
        project: PathBuf,
        /// The table, in TOML or JSON [default: policy-tests.toml or policy-tests.json in the project's folder]
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// One answer beside what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Answer {
    who: String,
    asks: String,
    expected: String,
    found: String,
    /// Rules that decided.
    by: Vec<String>,
    passed: bool,
    /// What is wrong, when something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// The result of a whole table.
#[derive(Debug, Serialize)]
struct Report {
    app: String,
    table: PathBuf,
    passed: usize,
    failed: usize,
    /// Functions that no question leads to.
    untested: Vec<String>,
    tests: Vec<Answer>,
}

pub(super) fn run(desk: &Desk, args: &PolicyArgs) -> Result<Exit, Failure> {
    let PolicyVerb::Test { project, file } = &args.verb;
    let project = Project::load(project)?;
    let file = table::find(&project, file.as_deref())?;
    let report = answer(&project, &Table::read(&file)?, file)?;
    let failed = report.failed;
    desk.out.answer(&report, show)?;
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}

/// Asks everything.
fn answer(project: &Project, table: &Table, file: PathBuf) -> Result<Report, Failure> {
    let questions = Questions::new(project, table)?;
    let mut tests = Vec::new();
    let mut reached = Vec::new();
    for row in &table.tests {
        for who in row.who.split_whitespace() {
            let (answer, function) = questions.ask(who, row)?;
            reached.extend(function);
            tests.push(answer);
        }
    }
    let untested =
        questions.functions.iter().filter(|f| !reached.contains(&f.function)).map(|f| f.function.to_string());
    let failed = tests.iter().filter(|test| !test.passed).count();
    Ok(Report {
        app: project.manifest.name.to_string(),
        table: file,
        passed: tests.len() - failed,
        failed,
        untested: untested.collect(),
        tests,
    })
}

/// The rules of a project, in force in an engine of their own.
struct Questions {
    policy: policy::Service,
    routes: AppRoutes,
    functions: Vec<Arc<FunctionTarget>>,
    cast: Cast,
    project: Project,
}

impl Questions {
    fn new(project: &Project, table: &Table) -> Result<Self, Failure> {
        let app = &project.manifest.name;
        let cast = Cast::new(app, &project.manifest.groups, &table.who)?;
        let caps = Limits { run: RunLimits::CAP, compile: CompileLimits::CAP };
        // Neither contents nor deployment make a difference to any rule.
        let nothing = Digest::from_bytes([0; 32]);
        let targets = project
            .manifest
            .targets(app, nothing, |_| Some(nothing), &caps)
            .map_err(|errors| Failure::new(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
        let functions: Vec<_> = targets.into_iter().map(Arc::new).collect();
        let routes = AppRoutes::new(&functions).map_err(|e| Failure::new(e.to_string()))?;
        let policy = policy::Service::new(policy::PolicyConfig::default())
            .map_err(|e| Failure::new(format!("the platform's own policies cannot be read: {e}")))?;
        let release = Release {
            app: app.clone(),
            version: 1,
            deployment: Some(nothing),
            functions: functions.clone(),
            members: cast.members(),
            groups: cast.groups(),
            cedar: project.policy()?.map(Arc::from),
        };
        policy.publish(&Arc::new(release)).map_err(|problem| {
            Failure::new(format!("`{}`: {problem}", project.manifest.policy.as_deref().unwrap_or("the manifest")))
        })?;
        Ok(Self { policy, routes, functions, cast, project: project.clone() })
    }

    /// One question, and the function that it leads to.
    fn ask(&self, who: &str, row: &Row) -> Result<(Answer, Option<types::FunctionName>), Failure> {
        let caller = self.cast.caller(who, row.strength, row.ago_s)?;
        let wanted = row.wanted()?;
        let (intent, method, path) = match &wanted {
            Wanted::Call { method, path } => (self.intent(*method, path), *method, path.as_str()),
            Wanted::Act(action) => {
                let resource = Resource::App(self.project.manifest.name.clone());
                let call =
                    ControlCall { operation: "test", action: *action, resource, params: Vec::new(), mutates: false };
                (Intent::Control(call), Method::Get, "/")
            }
            Wanted::May { action, resource } => {
                let (found, policies) = self.may(&caller, action, resource)?;
                return Ok((judged(who, row, &wanted, found, &policies), None));
            }
        };
        let decision = self.policy.judge(&caller, method.as_str(), path, &intent, cast::NOW);
        let function = intent.target().map(|target| target.function.clone());
        Ok((compared(who, row, &wanted, &decision), function))
    }

    /// What a function would hear that asks.
    fn may(&self, caller: &types::Caller, action: &str, resource: &str) -> Result<(Expected, Policies), Failure> {
        let target = self.functions.first().ok_or_else(|| Failure::new("the app has no function that could ask"))?;
        let question = Question { target, caller, method: "GET", path: "/", at: cast::NOW, action, resource };
        match self.policy.ask(&question) {
            Answered::Allowed(policies) => Ok((Expected::Allow, policies)),
            Answered::Denied(policies) => Ok((Expected::Deny, policies)),
            Answered::Unknown { known } => {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                Err(Failure::new(format!("no rule permits `{action}` to anybody, so it is no action of this app"))
                    .next(format!(
                        "its actions are: {}",
                        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
                    )))
            }
        }
    }

    /// What the platform's router makes of it.
    fn intent(&self, method: Method, path: &str) -> Intent {
        let app = self.project.manifest.name.clone();
        if let Some(target) = self.routes.find(method, path) {
            return Intent::Invoke(target.clone());
        }
        let allowed: Vec<_> =
            Method::ALL.into_iter().filter(|other| self.routes.find(*other, path).is_some()).collect();
        if allowed.is_empty() { Intent::Unrouted { app } } else { Intent::WrongMethod { app, allowed } }
    }
}

fn compared(who: &str, row: &Row, wanted: &Wanted, decision: &Decision) -> Answer {
    let (found, policies) = match decision {
        Decision::Allow { policies } => (Expected::Allow, policies),
        Decision::Deny { policies, denial } => {
            let word = match denial {
                Denial::NeedsIdentity => Expected::SignIn,
                Denial::Forbidden { .. } => Expected::Deny,
                // The tables ask about what is to be deployed, so it always is.
                Denial::Nothing | Denial::Undeployed { .. } => Expected::Nothing,
                Denial::StepUp(_) => Expected::StepUp,
                Denial::Closed => Expected::Closed,
            };
            (word, policies)
        }
    };
    judged(who, row, wanted, found, policies)
}

fn judged(who: &str, row: &Row, wanted: &Wanted, found: Expected, policies: &[Arc<str>]) -> Answer {
    let by: Vec<String> = policies.iter().map(ToString::to_string).collect();
    // `deny` is every way of saying no; the others say which.
    let fits = found == row.expect || (row.expect == Expected::Deny && found != Expected::Allow);
    let mut rules = row.by.clone().unwrap_or_default();
    rules.sort();
    let by_fits = row.by.is_none() || rules == by;
    let problem = match (fits, by_fits) {
        (true, true) => None,
        (false, _) => Some(format!("expected {}, and the rules say {}", row.expect.word(), found.word())),
        (true, false) if by.is_empty() => {
            Some(format!("expected to be decided by {}, and no rule decides", rules.join(", ")))
        }
        (true, false) => {
            Some(format!("expected to be decided by {}, and it is by {}", rules.join(", "), by.join(", ")))
        }
    };
    Answer {
        who: who.to_owned(),
        asks: wanted.to_string(),
        expected: row.expect.word().to_owned(),
        found: found.word().to_owned(),
        by,
        passed: problem.is_none(),
        problem,
    }
}

fn show(out: &Out, report: &Report) -> Result<(), Failure> {
    for test in report.tests.iter().filter(|test| !test.passed) {
        let problem = test.problem.as_deref().unwrap_or_default();
        out.line(&format!(
            "{} {} {}: {}",
            out.tone(Tone::Bad, "wrong"),
            text::plain(&test.who),
            text::plain(&test.asks),
            text::plain(problem)
        ))?;
    }
    if !report.untested.is_empty() {
        out.note(&format!("no question leads to {}", report.untested.join(", ")));
    }
    let tone = if report.failed == 0 { Tone::Good } else { Tone::Bad };
    out.line(&out.tone(tone, &format!("{} as expected, {} not", report.passed, report.failed)))
}

#[cfg(test)]
mod tests;
