//! Whatever command the platform, its help and its documents tell somebody to run can be run: the verb is there, and so is each option.
use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{CommandFactory, error::ErrorKind};

use crate::cli::Cli;

/// Where commands are recommended.
const PLACES: [&str; 8] =
    ["crates", "docs", "examples", "packaging", "policies", "README.md", "SECURITY.md", "CONTRIBUTING.md"];
/// What a placeholder may stand for, one after the other.
const VALUES: [&str; 9] = [
    "coffee",
    "KEY",
    "coffee/orders",
    "c-aibagbafaydqqcikbmga2dqpca",
    "r-aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "m-aaaaaaaaaaaaaaaaaaaaaaaaaa",
    "7",
    "bash",
    "deploy",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    let skipped = ["target", "node_modules", "tests", "decisions", "snapshots"];
    if path.file_name().is_some_and(|name| skipped.iter().any(|skip| name == *skip)) {
        return;
    }
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a folder").flatten();
        entries.for_each(|entry| files(&entry.path(), found));
    } else if path.extension().is_some_and(|e| ["rs", "md", "ts", "toml", "cedar", "service"].iter().any(|x| e == *x)) {
        found.push(path.to_owned());
    }
}

/// Commands of a text: in backticks or typographic quotes, in examples of help pages, and lines of code blocks.
fn commands(path: &Path, text: &str) -> Vec<String> {
    // One line where the source breaks a long text.
    let joined = text.split("\\\n").map(str::trim_start).collect::<String>();
    let mut found = Vec::new();
    for (begin, end) in [("`serviceful ", '`'), ("\u{201c}serviceful ", '\u{201d}'), ("$(serviceful ", ')')] {
        for (at, _) in joined.match_indices(begin) {
            let rest = joined.get(at + begin.len()..).unwrap_or_default();
            let line = rest.lines().next().unwrap_or_default();
            found.extend(line.split_once(end).map(|(command, _)| command.to_owned()));
        }
    }
    if path.extension().is_some_and(|e| e == "rs") {
        for (at, begin) in joined.match_indices("\\n  serviceful ") {
            let rest = joined.get(at + begin.len()..).unwrap_or_default();
            let end = rest.find("\\n").into_iter().chain(rest.find('"')).chain(rest.find('\n')).min();
            // Behind two spaces it says what the example does.
            let example = end.and_then(|end| rest.get(..end)).and_then(|line| line.split("  ").next());
            found.extend(example.map(str::to_owned));
        }
    } else {
        let mut code = false;
        for line in text.lines() {
            if line.trim_start().starts_with("```") {
                code = !code;
            } else if code {
                let line = line.trim_start_matches("$ ");
                let parts = line.split("&&").map(str::trim);
                found.extend(parts.filter_map(|part| part.strip_prefix("serviceful ")).map(str::to_owned));
            }
        }
    }
    found
}

/// The words of a command as a shell parts them, up to what is another command, a file to write to, or a remark.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    for c in command.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, c) if c.is_whitespace() => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, c) => word.push(c),
        }
    }
    if begun || !word.is_empty() {
        words.push(word);
    }
    let end = words.iter().position(|word| ["#", "|", ">", "&&", ";"].contains(&word.as_str()));
    words.truncate(end.unwrap_or(words.len()));
    words
}

/// Whether a word stands for something that whoever reads it knows.
fn is_placeholder(word: &str) -> bool {
    if word.starts_with('-') {
        return false;
    }
    let capitals = word.chars().any(|c| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || "-_|/….+".contains(c));
    capitals || word.contains(['{', '<', '…', '['])
}

/// Why a command cannot be run; `None`: it can, once its placeholders are filled in. A verb alone, without what it needs, is a
/// mention of it.
fn wrong(words: &[String]) -> Option<String> {
    let holes: Vec<usize> = (0..words.len()).filter(|at| words.get(*at).is_some_and(|w| is_placeholder(w))).collect();
    let mut first = None;
    let tries = VALUES.len().pow(u32::try_from(holes.len().min(3)).unwrap_or(0));
    for number in 0..tries {
        let mut filled = words.to_vec();
        let mut rest = number;
        for at in &holes {
            if let (Some(word), Some(value)) = (filled.get_mut(*at), VALUES.get(rest % VALUES.len())) {
                *word = value.to_string();
            }
            rest /= VALUES.len();
        }
        let error = match Cli::command().try_get_matches_from(std::iter::once("serviceful".to_owned()).chain(filled)) {
            Ok(_) => return None,
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return None,
            ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                if is_mention(words) =>
            {
                return None;
            }
            // An option without its value, as one speaks of it.
            ErrorKind::InvalidValue if is_mention(words) && words.last().is_some_and(|w| w.starts_with("--")) => {
                return None;
            }
            _ => first = first.or(Some(error.to_string())),
        }
    }
    first
}

/// Words of verbs alone.
fn is_mention(words: &[String]) -> bool {
    let mut command = Cli::command();
    command.build();
    let mut at = &command;
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        match at.find_subcommand(word) {
            Some(verb) => at = verb,
            None => return false,
        }
    }
    true
}

#[test]
fn every_command_that_a_text_recommends_can_be_run() {
    let mut all = Vec::new();
    PLACES.iter().for_each(|place| files(&root().join(place), &mut all));
    let (mut seen, mut bad) = (0, Vec::new());
    for path in all {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for command in commands(&path, &text) {
            let words = words(&command);
            seen += 1;
            if let Some(why) = wrong(&words) {
                let name = path.strip_prefix(root()).unwrap_or(&path).display();
                bad.push(format!("{name}: `serviceful {command}`: {}", why.lines().next().unwrap_or_default()));
            }
        }
    }
    assert!(seen > 250, "the search finds what is there: {seen}");
    assert!(
        bad.is_empty(),
        "If you are here because you changed a verb: say so wherever it is recommended\n{}",
        bad.join("\n")
    );
}

/// Commands in the tables of verbs of the reference page.
fn reference() -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("docs/reference/cli.md")).expect("the reference");
    let (mut found, mut verbs) = (Vec::new(), false);
    for line in text.lines() {
        if !line.starts_with('|') {
            verbs = false;
        } else if line.starts_with("| Verb |") {
            verbs = true;
        } else if verbs {
            let cell = line.replace("\\|", "/");
            let cell = cell.split('|').nth(1).unwrap_or_default().to_owned();
            found.extend(cell.split('`').skip(1).step_by(2).map(words));
        }
    }
    found
}

/// The verbs of a command, without what is given to them.
fn path(words: &[String]) -> String {
    let mut command = Cli::command();
    command.build();
    let (mut at, mut path) = (&command, Vec::new());
    for word in words {
        if let Some(verb) = at.find_subcommand(word) {
            (at, path) = (verb, [path, vec![verb.get_name().to_owned()]].concat());
        }
    }
    path.join(" ")
}

#[test]
fn the_reference_has_every_verb_and_no_other() {
    let listed = reference();
    let wrong: Vec<_> =
        listed.iter().filter_map(|words| wrong(words).map(|why| format!("{}: {why}", words.join(" ")))).collect();
    assert!(wrong.is_empty(), "docs/reference/cli.md:\n{}", wrong.join("\n"));
    let listed: std::collections::BTreeSet<String> = listed.iter().map(|words| path(words)).collect();
    let mut missing = Vec::new();
    let mut command = Cli::command();
    command.build();
    let mut open: Vec<(String, &clap::Command)> =
        command.get_subcommands().map(|verb| (verb.get_name().to_owned(), verb)).collect();
    open.retain(|(name, _)| name != "help");
    while let Some((name, verb)) = open.pop() {
        let more: Vec<_> = verb.get_subcommands().filter(|v| v.get_name() != "help" && !v.is_hide_set()).collect();
        // What stands for the verb alone needs no row of its own.
        let is_default = name.ends_with(" list") && listed.contains(name.trim_end_matches(" list"));
        if more.is_empty() && !is_default && !listed.contains(&name) {
            missing.push(name.clone());
        }
        open.extend(more.into_iter().map(|v| (format!("{name} {}", v.get_name()), v)));
    }
    assert!(missing.is_empty(), "docs/reference/cli.md has no row for: {}", missing.join(", "));
}

#[test]
fn a_wrong_recommendation_is_seen() {
    let wrong_of = |command: &str| wrong(&words(command));
    for good in [
        "members {app} add {who} --role admin",
        "sessions end --everybody",
        "sessions end",
        "audit verify --dir",
        "secrets set coffee STRIPE_KEY",
        "up --as",
        "token revoke {id}",
        "why REQUEST --rules",
        "claim 'http://console.localhost:8080/claim#CODE' --name Ada   # once",
        "policy test --help",
        "openapi > docs/reference/openapi.json",
    ] {
        assert_eq!(wrong_of(good), None, "{good}");
    }
    for bad in [
        "member coffee add Ada",
        "members coffee invite Ada",
        "sessions end Ada --all",
        "logout --everywhere",
        "people disable",
        "people disable Ada Bob",
        "groups list baristas",
        "token revoke nonsense",
        "keys rotate --now",
    ] {
        let is_mention = bad == "people disable";
        assert_eq!(wrong_of(bad).is_none(), is_mention, "{bad}");
    }
    let text = "a `serviceful x y` and\n```\n$ serviceful new a && serviceful deploy\n```\n“serviceful claim” $(serviceful token ls)";
    assert_eq!(commands(Path::new("a.md"), text), ["x y", "claim", "token ls", "new a", "deploy"]);
    let help = "after_help = \"Example:\\n  serviceful apps\\n  serviceful apps \\\n      coffee --json\")";
    assert_eq!(commands(Path::new("a.rs"), help), ["apps", "apps coffee --json"]);
}
