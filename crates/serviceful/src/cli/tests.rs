//! The command line as a whole: its shape, its promises to scripts.
mod remedies;

use clap::{CommandFactory, Parser};
use types::{Code, Problem};

use super::{Cli, Command, Exit, Failure, Hand, failure::exit_of};

#[test]
fn the_definition_holds_and_every_verb_shows_an_example() {
    let mut command = Cli::command();
    command.build();
    command.clone().debug_assert();
    for verb in command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
        let help = verb.clone().render_long_help().to_string();
        assert!(help.contains("Example:\n  serviceful "), "`{}` has no example", verb.get_name());
        assert!(verb.get_about().is_some(), "`{}` does not say what it does", verb.get_name());
        assert!(help.contains("--json"), "`{}` cannot speak to programs", verb.get_name());
    }
}

fn hand(words: &[&str]) -> Result<Hand, clap::Error> {
    let words = std::iter::once("serviceful").chain(words.iter().copied());
    match Cli::try_parse_from(words)?.command {
        Command::Hand(hand) => Ok(hand),
        other => panic!("{other:?}"),
    }
}

#[test]
fn examples_of_the_help_pages_can_be_typed() {
    for words in [
        &["apps", "coffee", "--json"][..],
        &["rollback", "coffee", "--to", "3fa29c11"],
        &["invoke", "coffee", "/orders", "-X", "POST", "-H", "content-type: application/json", "-d", "@order.json"],
        &["logs", "coffee", "-f"],
        &["members", "coffee"],
        &["members", "coffee", "add", "Ada", "--role", "admin"],
        &["members", "coffee", "add", "service:till"],
        &["token", "create", "coffee", "till", "--days", "30"],
        &["token", "create", "coffee", "--quiet"],
        &["token", "create", "coffee", "--minutes", "5"],
        &["token", "revoke", "c-aibagbafaydqqcikbmga2dqpca"],
        &["audit", "--app", "coffee", "--result", "refused"],
        &["audit", "verify", "--dir", "/backup/audit", "--key", "NAME+HASH+KEY"],
        &["audit", "list", "--since", "2026-11-24T07:00:00Z"],
        &["claim", "--accept", "--again"],
        &["completions", "bash"],
    ] {
        assert!(hand(words).is_ok(), "{words:?}: {:?}", hand(words).err());
    }
}

#[test]
fn wrong_usage_is_refused_by_name() {
    for (words, said) in [
        (&["apps", "Coffee"][..], "may hold only"),
        (&["token", "revoke", "p-1"], "is not a credential id"),
        (&["audit", "--since", "yesterday"], "2026-11-24T07:00:00Z"),
        (&["audit", "verify", "--dir", "x"], "--key"),
        (&["claim", "http://c/claim#x", "--accept"], "cannot be used with"),
        (&["token", "create", "coffee", "till", "--minutes", "5"], "cannot be used with"),
        (&["token", "create", "coffee", "--days", "5"], "SERVICE"),
        (&["deplyo"], "deploy"),
        (&["logs", "coffee", "-n", "-1"], "write a number from 0 to 10000"),
        (&["logs", "coffee", "-n", "1e9"], "write a number from 0 to 10000"),
        (&["audit", "-n", "0"], "write a number from 1 to 100000"),
        (&["audit", "-n", "-5"], "write a number from 1 to 100000"),
        (&["audit", "-n", "99999999999999999999"], "write a number from 1 to 100000"),
        (&["audit", "--before", "-1"], "--before"),
        (&["who-can", "invoke", "coffee/orders", "--page", "0"], "write a number from 1 to 1000"),
        (&["who-can", "invoke", "coffee/orders", "--page", "many"], "write a number from 1 to 1000"),
        (&["token", "create", "coffee", "--minutes", "0"], "is not in 1..=525600"),
        (&["token", "create", "coffee", "till", "--days", "-1"], "--days"),
        (&["breach-list", "import", "list", "--limit", "0"], "write a number from 1 to 50000000"),
        (&["breach-list", "import", "list", "--min-count", "-1"], "--min-count"),
        (&["sessions", "end"], "serviceful sessions end [OPTIONS] --everybody"),
    ] {
        let error = hand(words).expect_err("wrong usage").to_string();
        assert!(error.contains(said), "{words:?}: {error}");
    }
}

#[test]
fn exit_codes_tell_failures_apart() {
    for (code, exit) in [
        (Code::ID_REQUIRED, Exit::Refused),
        (Code::POL_DENIED, Exit::Refused),
        (Code::ID_THROTTLED, Exit::Refused),
        (Code::CTL_NOT_FOUND, Exit::NotFound),
        (Code::DOOR_UNKNOWN_HOST, Exit::NotFound),
        (Code::CTL_MANIFEST, Exit::Failed),
        (Code::PLT_INTERNAL, Exit::Failed),
    ] {
        assert_eq!(exit_of(code.status()), exit, "{}", code.as_str());
        let mut problem = Problem::new(code);
        problem.request = Some("r-1".into());
        let failure = Failure::from(client::ClientError::Refused(Box::new(problem)));
        assert_eq!((failure.exit, failure.code.as_deref()), (exit, Some(code.as_str())));
        assert_eq!(failure.request.as_deref(), Some("r-1"));
    }
    let source = std::io::Error::other("no route");
    let failure = Failure::from(client::ClientError::Unreachable { place: "http://x".into(), source });
    assert_eq!(failure.exit, Exit::Unreachable);
    assert!(failure.what.contains("no route"), "the cause is told: {}", failure.what);
}

#[test]
fn every_shell_gets_completions_that_know_the_verbs() {
    for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "serviceful", &mut script);
        let script = String::from_utf8(script).expect("text");
        assert!(script.contains("rollback") && script.contains("posture"), "{shell}");
    }
}
