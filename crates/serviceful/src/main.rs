//! serviceful: the platform and its hand tool in one executable; it starts itself again in the roles of its processes.
//! Guarantees: what runs in which process is decided here and nowhere else.
//! Does not: hold an engine; that is `serviceful-engine`.
//! Called by: people, scripts, systemd, and itself. Calls: everything.
//! If this is wrong: a role runs with the doors of another. docs/security/threats.md#supervisor
#![forbid(unsafe_code)]

mod cli;
mod config;
mod development;
mod elsewhere;
mod front;
mod local;
mod roles;
mod supervisor;
mod system;
mod up;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Roles of processes come first: they are no business of the command line's parser.
    if let Some(exit) = roles::run() {
        return exit;
    }
    let cli::Cli { global, command } = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::misused(&error),
    };
    match command {
        cli::Command::Up(args) => cli::ended(&global, up::run(&global, &args)),
        cli::Command::Serve(args) => cli::ended(&global, serve(&args)),
        cli::Command::Hand(hand) => cli::run(&global, hand),
    }
}

fn serve(args: &cli::ServeArgs) -> anyhow::Result<()> {
    let config = config::Config::read(&args.config)?;
    if args.check {
        print!("{}", toml::to_string_pretty(&config)?);
        return Ok(());
    }
    roles::supervise(config)
}
