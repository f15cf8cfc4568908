//! supervisor: opens the listeners, starts the other processes, restarts those that die.
//! Guarantees: a dead keeper or front is back within the back-off; no child outlives its supervisor; children share nothing but the channels they are given.
//! Does not: parse a byte from the network; it reads only the framed words of its own children.
//! Called by: the command line. Calls: front, keeper, engine processes.
//! If this is wrong: a broken process stays down, or a child gets a descriptor that was not meant for it. docs/security/threats.md#supervisor
mod children;
mod engine;
mod memory;
mod sockets;
mod state;

use std::path::PathBuf;

use anyhow::Context;

use crate::config::Config;

/// Runs the platform until it is told to end.
pub(crate) fn run(mut config: Config) -> anyhow::Result<()> {
    config.data = absolute(&config.data)?;
    // Whatever is made from here on, by any role, is its owner's alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    raise_descriptor_limit();
    sockets::prepare_folders(&config)?;
    let _lock = sockets::lock(&config.data)?;
    let engines = engine::find()?;
    let opened = sockets::open(&config)?;
    let plan = jail::Plan { role: jail::Role::Supervisor, read: Vec::new(), write: Vec::new() };
    let posture = jail::apply(&plan, config.jail_mode()).context("the supervisor's jail")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let config_for_end = config.clone();
    let result = runtime.block_on(state::Supervisor::new(config, engines, opened, posture)?.run());
    let _ = std::fs::remove_file(config_for_end.host_socket());
    let _ = std::fs::remove_file(config_for_end.data.join("platform.json"));
    result
}

fn absolute(path: &std::path::Path) -> anyhow::Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot make `{}` absolute", path.display()))
}

/// Takes what the system allows: each connection is a descriptor, and the usual soft limit is for interactive programs.
fn raise_descriptor_limit() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = rustix::process::setrlimit(rustix::process::Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
