//! "One moment, please": the puzzle before a password, where `stuffing.rs` asks for one. A browser with scripts has it solved while
//! the password is typed; without, its owner waits as long as the page says, and the button goes on with what was typed. A known
//! browser of the account has none, a passkey needs none.
//! If this is wrong: passwords are tried in numbers, or people who did nothing are kept out.
use gateway::{
    Refusal,
    events::{Event, Kind},
};
use pages::{Fault, Faults, Puzzle, SlowDown, fields};
use types::{Digest, Secret, email_address};

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

/// The password of an attempt: what was typed, or what waited with its owner. Empty: neither.
pub(crate) fn word(shared: &Shared, ask: &Ask, email: &str) -> Secret {
    let typed = ask.form.get(fields::PASSWORD);
    let waited = || shared.carrier.open(ask.form.get(fields::CARRIED), &account(email), ask.now);
    let typed = (!typed.is_empty()).then(|| Secret::new(typed.to_owned()));
    typed.or_else(waited).unwrap_or_else(|| Secret::new(String::new()))
}

/// Lets an attempt with this password on this account go on, or says what has to be done first. Before anything is looked up.
pub(crate) fn check(shared: &Shared, ask: &Ask, email: &str, word: &Secret) -> Result<(), Refusal> {
    let account = account(email);
    let Some(why) = shared.stuffing.asks(ask.neighbourhood, &account, ask.cx.started) else { return Ok(()) };
    let (puzzle, solution) = (ask.form.get(fields::PUZZLE), ask.form.get(fields::SOLUTION));
    let now = (ask.now, ask.cx.started);
    match shared.puzzles.take(puzzle, solution, &account, ask.neighbourhood, now) {
        Ok(_) => Ok(()),
        Err(unsolved) => {
            shared.stuffing.unanswered(ask.neighbourhood, account, ask.cx.started);
            let reason = format!("sign-in: a puzzle comes first, because {}: {}", why.text(), unsolved.as_str());
            Err(page(shared, ask, &account, unsolved, Some(word), &reason))
        }
    }
}

/// The page that says to wait. Whoever is waiting for a puzzle goes on waiting for that one; others get one. That a puzzle was not
/// asked for before is nobody's fault, nor that somebody pressed the button too early.
fn page(
    shared: &Shared,
    ask: &Ask,
    account: &Digest,
    unsolved: Unsolved,
    word: Option<&Secret>,
    reason: &str,
) -> Refusal {
    let (wait_s, puzzle, faults) = match unsolved {
        Unsolved::Early { left_s } | Unsolved::Crowded { left_s } => {
            let challenge = ask.form.get(fields::PUZZLE).to_owned();
            (left_s, Puzzle { challenge, bits: BITS, solution: String::new() }, Faults::none())
        }
        Unsolved::Missing | Unsolved::Foreign | Unsolved::Over => {
            (WAIT_S, puzzle(shared, ask, account), Faults::none())
        }
        Unsolved::Wrong => (WAIT_S, puzzle(shared, ask, account), Fault::PuzzleWrong.into()),
    };
    let view = SlowDown {
        hidden: ask.hidden(),
        email: ask.form.get(fields::EMAIL).trim().into(),
        wait_s,
        puzzle: Some(puzzle),
        carried: word.map_or_else(String::new, |word| carried(shared, ask, account, word)),
        faults,
    };
    answer::too_many(shared, ask, view.render(&frame(shared, ask)), u64::from(wait_s), reason)
}

/// The password as the page carries it. One that came from such a page goes on as it is, so that it waits no longer than it may.
fn carried(shared: &Shared, ask: &Ask, account: &Digest, word: &Secret) -> String {
    if ask.form.get(fields::PASSWORD).is_empty() {
        return ask.form.get(fields::CARRIED).to_owned();
    }
    shared.carrier.seal(word.reveal(), account, ask.now, &*shared.ports.rng).unwrap_or_default()
}

/// The button, or the script, where no password waits: back to the form for it, with the answer in it.
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
        return Err(page(shared, ask, &account, unsolved, None, &reason));
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
pub(crate) fn queue_was_full(shared: &Shared, ask: &Ask, email: &str, word: &Secret, known: bool) -> Refusal {
    const REASON: &str = "sign-in: the queue for passwords is full";
    if let Some(why) = shared.stuffing.queue_was_full(ask.cx.started) {
        tell(shared, why);
    }
    // Whoever has no puzzle to solve has nothing but to come again.
    if known {
        return slow_down(shared, ask, 5, REASON);
    }
    page(shared, ask, &account(email), Unsolved::Missing, Some(word), REASON)
}

/// The alert: once in a window for each kind. It names no account and no place.
fn tell(shared: &Shared, why: Why) {
    let text = format!("{}; from now on a puzzle comes before a password", why.text());
    tracing::warn!("credential stuffing: {text}");
    let event = Event::platform(shared.ports.clock.now(), Kind::Security, "credential-stuffing", text);
    let _ = shared.ports.record.record(&event);
}
