//! The roles in which this executable starts itself: `supervise` (for `serviceful up`), `front`, `keeper`, `mailer`.
use std::{ffi::OsString, io::Read, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context;

use crate::{
    config::Config,
    front, supervisor,
    system::{SystemClock, SystemRng},
};

/// Longest configuration that `supervise` reads from its standard input.
const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// Plays the role that the first argument names; `None` when it names none.
pub(crate) fn run() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let role = arguments.next()?;
    Some(match role.to_str()? {
        "front" => end(arguments_of(arguments).and_then(|options| {
            log();
            front::run(&options)
        })),
        "keeper" => end(arguments_of(arguments).and_then(|options| {
            log();
            keeper(options)
        })),
        "mailer" => end(mailer_setting(arguments).and_then(|setting| {
            log();
            mailer(&setting)
        })),
        "supervise" => {
            // Killed with no chance to say so, `up` must not leave a platform behind that nobody sees.
            let followed = jail::die_with_parent().context("cannot follow `serviceful up`");
            match followed.and_then(|()| config_from_input()) {
                Ok(config) => end(supervise(config)),
                Err(error) => end(Err(error)),
            }
        }
        _ => return None,
    })
}

/// Runs the supervisor in this process.
pub(crate) fn supervise(config: Config) -> anyhow::Result<()> {
    log();
    supervisor::run(config)
}

/// Says what went wrong, with its causes.
fn end(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("serviceful: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn arguments_of(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<front::Options> {
    let mut options = front::Options { data: PathBuf::new(), read: Vec::new(), strict: false };
    while let Some(argument) = arguments.next() {
        let mut path = || arguments.next().map(PathBuf::from).context("an argument lacks its value");
        match argument.to_str() {
            Some("--data") => options.data = path()?,
            Some("--read") => options.read.push(path()?),
            Some("--strict") => options.strict = true,
            _ => anyhow::bail!("this role is started by the supervisor only"),
        }
    }
    anyhow::ensure!(options.data.is_absolute(), "this role is started by the supervisor only");
    Ok(options)
}

fn config_from_input() -> anyhow::Result<Config> {
    let mut text = String::new();
    std::io::stdin().take(CONFIG_BYTES_MAX).read_to_string(&mut text).context("the configuration on standard input")?;
    toml::from_str(&text).context("the configuration on standard input")
}

fn keeper(options: front::Options) -> anyhow::Result<()> {
    jail::die_with_parent().context("cannot follow the supervisor")?;
    let fd = wire::inherited().context("this role is started by the supervisor only")?;
    // The generator opens what it needs before the doors close.
    let rng = SystemRng;
    types::Rng::fill(&rng, &mut [0; 1]);
    let mode: fn(&wire::supervisor::Start) -> jail::Mode =
        if options.strict { |_| jail::Mode::Strict } else { |_| jail::Mode::BestEffort };
    let clock = Arc::new(SystemClock::new());
    let setting = keeper::Setting { clock, rng: Arc::new(rng), mode, passwords: keeper::Strength::TARGET };
    keeper::run(fd, Config::folders_of(&options.data).keeper, setting)?;
    Ok(())
}

fn mailer_setting(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<mailer::Setting> {
    const OURS: &str = "this role is started by the supervisor only";
    let (mut config, mut hello, mut mode) = (None, None, jail::Mode::BestEffort);
    while let Some(argument) = arguments.next() {
        let mut text =
            || arguments.next().and_then(|text| text.into_string().ok()).context("an argument lacks its value");
        match argument.to_str() {
            Some("--mail") => config = Some(serde_json::from_str(&text()?).context(OURS)?),
            Some("--hello") => hello = Some(text()?),
            Some("--strict") => mode = jail::Mode::Strict,
            _ => anyhow::bail!(OURS),
        }
    }
    Ok(mailer::Setting { config: config.context(OURS)?, hello: hello.context(OURS)?, mode })
}

fn mailer(setting: &mailer::Setting) -> anyhow::Result<()> {
    jail::die_with_parent().context("cannot follow the supervisor")?;
    let fd = wire::inherited().context("this role is started by the supervisor only")?;
    // The generator opens what it needs before the doors close.
    types::Rng::fill(&SystemRng, &mut [0; 1]);
    mailer::run(fd, setting)?;
    Ok(())
}

/// Logs of our own go to standard error, which systemd and terminals collect.
#[expect(clippy::disallowed_methods, reason = "the composition root reads the environment once")]
fn log() {
    let level = std::env::var("SERVICEFUL_LOG").unwrap_or_else(|_| "info".to_owned());
    let filter =
        tracing_subscriber::EnvFilter::try_new(level).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    // A second subscriber would be a second call; there is none.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(terminal)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}
