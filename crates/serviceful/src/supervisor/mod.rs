//! supervisor: opens the listeners, starts the other processes, restarts those that die.
//! Guarantees: a dead keeper or front is back within the back-off; no child outlives its supervisor; children share nothing but the channels they are given.
//! Does not: parse a byte from the network; it reads only the framed words of its own children.
//! Called by: the command line. Calls: front, keeper, engine processes.
//! If this is wrong: a broken process stays down, or a child gets a descriptor that was not meant for it. docs/security/threats.md#supervisor
mod children;
mod engine;
mod sockets;
mod state;

use std::path::PathBuf;

use anyhow::Context;

use crate::config::Config;

/// What a supervisor starts with.
pub struct Options {
    pub config: Config,
    /// Print one line of JSON on standard output when the platform answers.
    pub announce: bool,
}

/// Runs the platform until it is told to end.
pub fn run(options: Options) -> anyhow::Result<()> {
    let Options { mut config, announce } = options;
    config.data = absolute(&config.data)?;
    sockets::prepare_folders(&config)?;
    let _lock = sockets::lock(&config.data)?;
    let engines = engine::find()?;
    let opened = sockets::open(&config)?;
    let plan = jail::Plan { role: jail::Role::Supervisor, read: Vec::new(), write: Vec::new() };
    let posture = jail::apply(&plan, config.jail_mode()).context("the supervisor's jail")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let config_for_end = config.clone();
    let result = runtime.block_on(state::Supervisor::new(config, engines, opened, posture)?.run(announce));
    let _ = std::fs::remove_file(config_for_end.host_socket());
    let _ = std::fs::remove_file(config_for_end.data.join("platform.json"));
    result
}

fn absolute(path: &std::path::Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot make `{}` absolute", path.display()))
}
