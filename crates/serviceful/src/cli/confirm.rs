//! A word before what cannot be undone: typed on a terminal; elsewhere `--yes` has to say it.
use std::io::{BufRead, IsTerminal};

use super::{desk::Desk, failure::Failure};

/// Goes on only where that is meant: `yes` was an option, or somebody at the terminal types `word`. `what` says what would be done.
pub(super) fn confirm(desk: &Desk, yes: bool, what: &str, word: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !somebody(desk) {
        return Err(Failure::usage(what).next("add `--yes` when that is what you want; nothing was changed"));
    }
    if typed(desk, what, word)? { Ok(()) } else { Err(Failure::new("nothing was changed")) }
}

/// Whether there is somebody to ask.
pub(super) fn somebody(desk: &Desk) -> bool {
    std::io::stdin().is_terminal() && !desk.out.json
}

/// Whether they type the word.
pub(super) fn typed(desk: &Desk, what: &str, word: &str) -> Result<bool, Failure> {
    desk.out.note(&format!("{what}; type `{word}` to go on:"));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|e| Failure::new(format!("cannot read the answer: {e}")))?;
    Ok(line.trim() == word)
}
