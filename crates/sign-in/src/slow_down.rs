//! "One moment, please": the puzzle before a password, where `stuffing.rs` asks for one. A browser with scripts has it solved while
//! the password is typed; without, its owner waits. A known browser of the account has none, a passkey needs none.
//! If this is wrong: passwords are tried in numbers, or people who did nothing are kept out.
use gateway::{
    Refusal,
    events::{Event, Kind},
};
use pages::{Fault, Faults, Puzzle, SlowDown, fields};
use types::{Digest, email_address};

use crate::{
    answer::{self, Answer, frame, show, slow_down},
    ask::Ask,
    first,
    puzzle::{BITS, Unsolved, WAIT_S},
    secret,
    service::Shared,
    stuffing::Why,
};

/// An account, whether it exists or not, as detector and puzzles know it.
pub(crate) fn account(email: &str) -> Digest {
    secret::hash(format!("account\n{email}").as_bytes())
}

fn puzzle(shared: &Shared, ask: &Ask, account: &Digest) -> Puzzle {
    let challenge = shared.puzzles.make(account, ask.now, &*shared.ports.rng);
    Puzzle { challenge, bits: BITS, solution: String::new() }
}

/// The puzzle for the form that asks for the password, if one will be asked for.
pub(crate) fn in_advance(shared: &Shared, ask: &Ask, email: &str) -> Option<Puzzle> {
    let account = account(email);
    shared.stuffing.asks(ask.neighbourhood, &account, ask.cx.started).map(|_| puzzle(shared, ask, &account))
}

/// Lets an attempt with a password on this account go on, or says what has to be done first. Before anything is looked up.
pub(crate) fn check(shared: &Shared, ask: &Ask, email: &str) -> Result<(), Refusal> {
    let account = account(email);
    let Some(why) = shared.stuffing.asks(ask.neighbourhood, &account, ask.cx.started) else { return Ok(()) };
    let (puzzle, solution) = (ask.form.get(fields::PUZZLE), ask.form.get(fields::SOLUTION));
    let now = (ask.now, ask.cx.started);
    match shared.puzzles.take(puzzle, solution, &account, ask.neighbourhood, now) {
        Ok(_) => Ok(()),
        Err(unsolved) => {
            shared.stuffing.unanswered(ask.neighbourhood, account, ask.cx.started);
            let reason = format!("sign-in: a puzzle comes first, because {}: {}", why.text(), unsolved.as_str());
            Err(page(shared, ask, &account, faults(unsolved), &reason))
        }
    }
}

/// What is said of an answer that does not count. That a puzzle was not asked for before is nobody's fault.
fn faults(unsolved: Unsolved) -> Faults {
    match unsolved {
        Unsolved::Missing | Unsolved::Foreign | Unsolved::Over => Faults::none(),
        Unsolved::Wrong | Unsolved::Crowded => Fault::PuzzleWrong.into(),
    }
}

fn page(shared: &Shared, ask: &Ask, account: &Digest, faults: Faults, reason: &str) -> Refusal {
    let email = ask.form.get(fields::EMAIL).trim().into();
    let puzzle = Some(puzzle(shared, ask, account));
    let view = SlowDown { hidden: ask.hidden(), email, wait_s: WAIT_S, puzzle, faults };
    answer::too_many(shared, ask, view.render(&frame(shared, ask)), u64::from(WAIT_S), reason)
}

/// The button, or the script: back to the form for the password, with the answer in it.
pub(crate) fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let Some(email) = email_address(ask.form.get(fields::EMAIL)) else {
        // From another page that said to wait.
        return answer::go(&ask.onward(pages::paths::SIGN_IN));
    };
    let (challenge, solution) = (ask.form.get(fields::PUZZLE), ask.form.get(fields::SOLUTION));
    let account = account(&email);
    if shared.stuffing.asks(ask.neighbourhood, &account, ask.cx.started).is_none() {
        return show(shared, ask, first::step(ask, None, Faults::none()).render(&frame(shared, ask)));
    }
    if let Err(unsolved) = shared.puzzles.look(challenge, solution, &account, ask.now) {
        let reason = format!("sign-in: a puzzle is not solved: {}", unsolved.as_str());
        return Err(page(shared, ask, &account, faults(unsolved), &reason));
    }
    let answered = Puzzle { challenge: challenge.to_owned(), bits: BITS, solution: solution.to_owned() };
    show(shared, ask, first::step(ask, Some(answered), Faults::none()).render(&frame(shared, ask)))
}

/// A password was wrong, whoever's it was to be.
pub(crate) fn failed(shared: &Shared, ask: &Ask, email: &str, breached: bool) {
    if let Some(why) = shared.stuffing.failed(ask.neighbourhood, account(email), breached, ask.cx.started) {
        tell(shared, why);
    }
}

/// The keeper takes no more passwords just now.
pub(crate) fn queue_was_full(shared: &Shared, ask: &Ask, email: &str, known: bool) -> Refusal {
    const REASON: &str = "sign-in: the queue for passwords is full";
    if let Some(why) = shared.stuffing.queue_was_full(ask.cx.started) {
        tell(shared, why);
    }
    // Whoever has no puzzle to solve has nothing but to come again.
    if known { slow_down(shared, ask, 5, REASON) } else { page(shared, ask, &account(email), Faults::none(), REASON) }
}

/// The alert: once in a window for each kind. It names no account and no place.
fn tell(shared: &Shared, why: Why) {
    let text = format!("{}; from now on a puzzle comes before a password", why.text());
    tracing::warn!("credential stuffing: {text}");
    let event = Event::platform(shared.ports.clock.now(), Kind::Security, "credential-stuffing", text);
    let _ = shared.ports.record.record(&event);
}
