//! The `work` role: runs the functions of one app, each request in a sandbox of its own.
mod asks;
mod body;
mod call;
mod calls;
mod desk;
mod drill;
mod drive;
mod failure;
mod fields;
mod guest;
mod hatches;
mod instance;
mod js;
mod limiter;
mod link;
mod logs;
mod meter;
mod outbox;
mod redact;
mod require;
mod response;
mod serve;
mod shelf;
mod slow;
mod ticker;

use wire::{
    Channel,
    work::{Hello, to_front},
};

pub use drill::Hooks;
pub(crate) use logs::harmless;

use crate::{
    config::{self, Purpose},
    door::{self, StartError},
};
use ticker::Ticker;

/// Serves the front until it hangs up. `hooks` is [`Hooks::default`] everywhere but in the assume-breach drill.
///
/// # Errors
/// Why the process could not be set up, or how its channel ended.
pub fn run(hooks: Hooks) -> Result<(), StartError> {
    let fd = door::open()?;
    // What reads files happens before the jail closes: counting cores, probing the page map, reserving the pool.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let engine = config::engine(Purpose::Work).map_err(|source| StartError::Engine { source })?;
    let linker = link::linker(&engine).map_err(|source| StartError::Engine { source })?;
    let posture = door::close(jail::Role::Work)?;

    // Threads start only from here on, so that they are born inside the jail.
    let ticker = Ticker::start(engine.clone())?;
    let runtime = door::runtime()?;
    runtime.block_on(async {
        let Channel { sender, receiver } = Channel::new(fd).map_err(|source| StartError::Channel { source })?;
        let hello = Hello { build: config::build_id().clone(), posture };
        sender.send(vec![door::frame(to_front::HELLO, 0, &hello)?])?;
        serve::Worker::new(engine, linker, ticker, hooks, threads, sender).serve(receiver).await
    })
}
