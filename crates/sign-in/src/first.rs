//! The first step: who are you? The answer leads to the same next page whoever it names.
use pages::{Fault, Faults, PasswordStep, Puzzle, SignIn};
use types::{Code, email_address};

use crate::{
    answer::{Answer, frame, refuse, show},
    ask::Ask,
    finish,
    service::Shared,
    slow_down,
};

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    if let Some(person) = ask.person() {
        return finish::go_on(shared, ask, person).await;
    }
    show(shared, ask, view(shared, ask, Faults::none()).render(&frame(shared, ask)))
}

pub(crate) fn view(shared: &Shared, ask: &Ask, faults: Faults) -> SignIn {
    let (email, sign_up) = (ask.form.get("email").into(), shared.ports.sign_up.needs_mail());
    SignIn { hidden: ask.hidden(), email, passwords: true, sign_up, faults }
}

pub(crate) fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let typed = ask.form.get("email");
    if email_address(typed).is_none() {
        let fault = if typed.trim().is_empty() { Fault::EmailMissing } else { Fault::EmailMalformed };
        let page = view(shared, ask, fault.into()).render(&frame(shared, ask));
        return Err(refuse(shared, ask, Code::ID_FORM, "sign-in: no address", page));
    }
    let puzzle = email_address(typed).and_then(|email| slow_down::in_advance(shared, ask, &email));
    show(shared, ask, step(ask, puzzle, Faults::none()).render(&frame(shared, ask)))
}

/// The second step, for this address; with a puzzle where one is asked for.
pub(crate) fn step(ask: &Ask, puzzle: Option<Puzzle>, faults: Faults) -> PasswordStep {
    PasswordStep { hidden: ask.hidden(), email: ask.form.get("email").trim().into(), keep: false, puzzle, faults }
}
