//! `up`: the platform for a project, on this machine, as locked as in production; builds and deploys again on every change.
use std::{
    collections::HashSet,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, bail};
use client::Client;
use control_api::{AccessReview, PutMember};
use notify::Watcher;
use tokio::sync::mpsc;
use types::AppName;

use crate::{
    cli::{self, Global, Project, Step, UpArgs},
    config::Config,
    development::{Development, Role},
    elsewhere::Elsewhere,
    local::Platform,
};

/// Editors save in several steps: what comes in so short a time after one is the same change.
const SETTLE: Duration = Duration::from_millis(25);
/// However long it goes on.
const SETTLE_MAX: Duration = Duration::from_millis(250);

/// Runs until interrupted, or until the platform ends.
pub(crate) fn run(global: &Global, args: &UpArgs) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(up(global, args))
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
    if let Some(person) = &args.person {
        config.development = Some(Development::of_project(&project, person, args.assurance)?);
        config.development()?;
    }
    let mut platform = Platform::start(&config, "info")?;
    // Until the end: whatever verb is run in the project finds the platform by it.
    let _elsewhere = Elsewhere::remember(&project, &config.data).unwrap_or_else(|error| {
        let hint = format!(
            "where the data is cannot be written down in the project ({error}): give other commands `--platform {}`",
            platform.console
        );
        Say { json: global.json }.hint(&hint);
        None
    });
    let mut cast = Cast { people: config.development.as_ref(), joined: HashSet::new() };
    let result = develop(global, args, &project, &mut platform, &mut cast).await;
    platform.end().await;
    result
}

async fn develop(
    global: &Global,
    args: &UpArgs,
    folder: &Path,
    platform: &mut Platform,
    cast: &mut Cast<'_>,
) -> anyhow::Result<()> {
    let say = Say { json: global.json };
    say.line("console", &platform.console);
    cast.tell(&say);
    match platform.operator.issue_claim(false).await {
        Ok(claim) => {
            say.line("claim", &claim.link);
            say.hint(
                "the first one who opens this link owns the platform (30 minutes, once); for the command line: serviceful claim --accept",
            );
        }
        // There is an owner already.
        Err(error) if error.problem().is_some_and(|problem| problem.status == 409) => {}
        Err(error) => return Err(error).context("no claim link could be made"),
    }
    let has_manifest = folder.join("serviceful.toml").exists();
    // Watched from before the first build: a save during it is not lost.
    let (changed, mut changes) = mpsc::channel(1);
    let mut watch = if args.no_watch || !has_manifest { None } else { Some(Watch::new(folder, changed)?) };
    if has_manifest {
        deploy(&say, folder, &platform.operator, &mut watch, cast).await;
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
                let settled = async { while tokio::time::timeout(SETTLE, changes.recv()).await.is_ok() {} };
                let _ = tokio::time::timeout(SETTLE_MAX, settled).await;
                deploy(&say, folder, &platform.operator, &mut watch, cast).await;
            }
            () = tokio::time::sleep(Duration::from_millis(500)) => {
                platform.check()?;
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
async fn deploy(say: &Say, folder: &Path, operator: &Client, watch: &mut Option<Watch>, cast: &mut Cast<'_>) {
    let result = async {
        let project = Project::load(folder)?;
        if let Some(watch) = watch {
            watch.add(say, folder, project.watched());
        }
        project.build().await?;
        let mut told = |step: Step| match step {
            // What a source imports is known once it was bundled.
            Step::Inputs(files) => {
                if let Some(watch) = watch {
                    watch.add(say, folder, files.into_iter().map(PathBuf::from).collect());
                }
            }
            step => step.sentence().iter().for_each(|text| say.hint(text)),
        };
        // Nobody is asked here: whoever saves the file is the only one whom it opens something to, on their own machine. They see it.
        let mut agree = |review: &AccessReview| {
            cli::gains(review).iter().for_each(|text| say.hint(text));
            Ok(())
        };
        cli::ship(operator, &project, &mut told, &mut agree).await
    };
    match result.await {
        Ok(view) => {
            if let Err(failure) = cast.join(operator, &view.app).await {
                say.failure(&failure);
            }
            say.line(&format!("app {}", view.app), &view.url);
        }
        Err(failure) => say.failure(&failure),
    }
}

/// The people of `--as`.
struct Cast<'a> {
    people: Option<&'a Development>,
    /// Apps in which they are what they are.
    joined: HashSet<AppName>,
}

impl Cast<'_> {
    fn tell(&self, say: &Say) {
        let Some(development) = self.people else { return };
        match development.acting() {
            Some(person) => {
                say.line("as", &format!("{} ({}, {})", person.key, person.role.as_str(), person.assurance));
                say.hint(&format!(
                    "DEVELOPMENT: whoever opens an app on this computer is {} there, without signing in; never use it with real data",
                    person.name
                ));
            }
            None => {
                say.line("as", "stranger");
                say.hint("nobody is signed in by being here; a browser that has signed in stays so, a private window has not");
            }
        }
        let others = development.people().iter().map(|person| person.key.as_str()).collect::<Vec<_>>().join(", ");
        say.hint(&format!("there are {others} and stranger: stop, and start with `--as` somebody else"));
    }

    /// Makes everybody what they are in the app, once.
    async fn join(&mut self, operator: &Client, app: &AppName) -> Result<(), cli::Failure> {
        let Some(development) = self.people.filter(|_| !self.joined.contains(app)) else { return Ok(()) };
        let members = operator.members(app).await?;
        for person in development.people() {
            let id = person.id.to_string();
            let role = match person.role {
                Role::Admin => control_api::Role::Admin,
                Role::Member => control_api::Role::Member,
                Role::None => {
                    if members.members.iter().any(|member| member.person == person.id) {
                        operator.remove_member(app, &id).await?;
                    }
                    continue;
                }
            };
            operator.put_member(app, &id, PutMember { role }).await?;
        }
        self.joined.insert(app.clone());
        Ok(())
    }
}

/// Tells of changes of files that the app is made of.
struct Watch {
    watcher: notify::RecommendedWatcher,
    /// Files, and folders with all below them.
    wanted: Arc<Mutex<HashSet<PathBuf>>>,
    /// What the system tells about.
    places: HashSet<PathBuf>,
}

impl Watch {
    fn new(folder: &Path, changed: mpsc::Sender<()>) -> anyhow::Result<Self> {
        let wanted = Arc::new(Mutex::new(HashSet::new()));
        let counting = wanted.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            let wanted = counting.lock().unwrap_or_else(PoisonError::into_inner);
            let counts = |path: &PathBuf| path.ancestors().any(|part| wanted.contains(part));
            if !event.kind.is_access() && event.paths.iter().any(counts) {
                // Full: a change is on its way already.
                let _ = changed.try_send(());
            }
        })?;
        let mut watch = Self { watcher, wanted, places: HashSet::new() };
        // However broken the manifest is now, mending it counts.
        let first = Project::load(folder).map_or_else(|_| vec![PathBuf::from("serviceful.toml")], |p| p.watched());
        for path in first {
            watch.one(&folder.join(path))?;
        }
        Ok(watch)
    }

    /// Watches these too. What was watched once stays so: a file that is not imported any more does no harm.
    fn add(&mut self, say: &Say, folder: &Path, paths: Vec<PathBuf>) {
        // Packages change by being installed, which changes what names them as well; they are many.
        let own = paths.iter().filter(|path| !path.components().any(|part| part.as_os_str() == "node_modules"));
        for path in own {
            if let Err(error) = self.one(&folder.join(path)) {
                say.hint(&format!("changes of `{}` go unnoticed: {error:#}", path.display()));
            }
        }
    }

    fn one(&mut self, path: &Path) -> anyhow::Result<()> {
        if !self.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned()) {
            return Ok(());
        }
        // Editors replace files, so the folder is watched and its files are told apart.
        let (place, mode) = if path.is_dir() {
            (path, notify::RecursiveMode::Recursive)
        } else {
            (path.parent().unwrap_or(path), notify::RecursiveMode::NonRecursive)
        };
        if place.exists() && self.places.insert(place.to_owned()) {
            self.watcher.watch(place, mode).with_context(|| format!("cannot watch `{}`", place.display()))?;
        }
        Ok(())
    }
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
