//! cli: the hand tool. Each verb is one file: its arguments, what it asks the platform, what it prints.
//! Guarantees: a token is printed only when it was just made; the exit code says what kind of failure it was. (claim C9)
//! Does not: decide anything; every verb is a call of the control API like any other.
//! Called by: people and scripts. Calls: client, manifest, and `audit` to verify a log without a platform.
//! If this is wrong: a credential lies where others can read it. docs/security/threats.md#cli
mod apps;
mod args;
mod audit_log;
mod breach_list;
mod bundle;
mod check;
mod claim;
mod completions;
mod confirm;
mod consent;
mod credentials;
mod deploy;
mod deployments;
mod desk;
mod doctor;
mod failure;
mod groups;
mod holder;
mod invite;
mod invoke;
mod keys;
mod lists;
mod login;
mod logs;
mod mail;
mod members;
mod new;
mod numbers;
mod openapi;
mod out;
mod own_lines;
mod people;
mod place;
mod policies;
mod posture;
mod project;
mod secrets;
mod sessions;
mod ship;
mod tester;
mod text;
mod token;
mod typings;
mod who_can;
mod whoami;
mod why;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

pub(crate) use args::{Cli, Command, Global, Hand, ServeArgs, UpArgs};
pub(crate) use consent::lines as gains;
pub(crate) use failure::{Exit, Failure};
pub(crate) use project::Project;
pub(crate) use ship::{Step, ship};

use args::Color;
use desk::Desk;
use out::Out;

/// Does what one verb asks; whatever goes wrong is printed with what to do next.
pub(crate) fn run(global: &Global, hand: Hand) -> ExitCode {
    let desk = Desk::open(global);
    match perform(&desk, hand) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let failure = desk.advised(failure);
            desk.out.failure(&failure);
            failure.exit.into()
        }
    }
}

/// How a long-running verb ended.
pub(crate) fn ended(global: &Global, result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            Desk::open(global).out.failure(&Failure::new(format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

/// A command line that cannot be understood, or a wish for help, in the form that was asked for.
pub(crate) fn misused(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().take_while(|word| word != "--").any(|word| word == "--json");
    if !json || !error.use_stderr() {
        error.exit();
    }
    let text = error.render().to_string();
    let what = text.trim_start_matches("error: ").lines().take_while(|line| !line.is_empty());
    let what = what.map(str::trim).collect::<Vec<_>>().join(" ");
    Out::new(true, Color::Never, true).failure(&Failure::usage(what).next("add `--help` to see how it is used"));
    ExitCode::from(error.exit_code() as u8)
}

fn perform(desk: &Desk, hand: Hand) -> Result<Exit, Failure> {
    // Verbs that work without a platform need no runtime.
    let hand = match hand {
        Hand::New(args) => return new::run(desk, &args),
        Hand::Types(args) => return typings::run(desk, &args),
        Hand::Openapi => return openapi::run(desk),
        Hand::Policy(args) => return policies::run(desk, &args),
        Hand::Completions(args) => return completions::run(desk, args),
        other => other,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::new(format!("the asynchronous runtime cannot start: {e}")))?;
    runtime.block_on(async {
        match hand {
            Hand::New(_) | Hand::Types(_) | Hand::Openapi | Hand::Policy(_) | Hand::Completions(_) => Ok(Exit::Done),
            Hand::Check(args) => check::run(desk, &args).await,
            Hand::Test(args) => tester::run(desk, args).await,
            Hand::Deploy(args) => deploy::run(desk, args).await,
            Hand::Apps(args) => apps::list(desk, args).await,
            Hand::Rm(args) => apps::remove(desk, args).await,
            Hand::Deployments(args) => deployments::list(desk, args).await,
            Hand::Rollback(args) => deployments::rollback(desk, args).await,
            Hand::Invoke(args) => invoke::run(desk, args).await,
            Hand::Logs(args) => logs::run(desk, args).await,
            Hand::Members(args) => members::run(desk, args).await,
            Hand::WhoCan(args) => who_can::run(desk, args).await,
            Hand::Why(args) => why::run(desk, args).await,
            Hand::People(args) => people::run(desk, args).await,
            Hand::Groups(args) => groups::run(desk, args).await,
            Hand::Sessions(args) => sessions::run(desk, args).await,
            Hand::BreachList(args) => breach_list::run(desk, args).await,
            Hand::Keys(args) => keys::run(desk, args).await,
            Hand::Mail(args) => mail::run(desk, args).await,
            Hand::Invite(args) => invite::run(desk, args).await,
            Hand::Secrets(args) => secrets::run(desk, args).await,
            Hand::Token(args) => token::run(desk, args).await,
            Hand::Audit(args) => audit_log::run(desk, args).await,
            Hand::Posture => posture::run(desk).await,
            Hand::Doctor => doctor::run(desk).await,
            Hand::Claim(args) => claim::run(desk, args).await,
            Hand::Login(args) => login::run(desk, args).await,
            Hand::Whoami => whoami::run(desk).await,
            Hand::Logout => whoami::logout(desk).await,
        }
    })
}
