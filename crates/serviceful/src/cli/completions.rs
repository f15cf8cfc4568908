//! `completions`.
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{
    Cli,
    desk::Desk,
    failure::{Exit, Failure},
};

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    shell: Shell,
}

pub(super) fn run(desk: &Desk, args: CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "serviceful", &mut script);
    desk.out.bytes(&script)?;
    Ok(Exit::Done)
}
