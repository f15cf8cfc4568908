//! Signing up by oneself. What is typed here counts for nothing: the account is made with the link of a mail, by whoever reads
//! mail at that address. So nobody can have an account ready for somebody else, with a password of their own (pre-hijacking).
use pages::{CheckMail, Fault, Faults, MailPurpose, SignUp, fields};
use types::{Code, email_address};

use crate::{
    answer::{Answer, document, frame, noted, refuse, show},
    ask::Ask,
    errands::Wish,
    finish, reset,
    service::Shared,
};

/// What the page says of its link; `identity.sign_up_s` has the say.
const MINUTES: u32 = 60;

fn view(shared: &Shared, ask: &Ask, faults: Faults) -> pages::Page {
    let email = ask.form.get(fields::EMAIL).into();
    SignUp { hidden: ask.hidden(), mode: shared.ports.sign_up.shown(), email, faults }.render(&frame(shared, ask))
}

pub(crate) async fn page(shared: &Shared, ask: &Ask) -> Answer {
    if let Some(person) = ask.person() {
        return finish::go_on(shared, ask, person).await;
    }
    show(shared, ask, view(shared, ask, Faults::none()))
}

/// One answer for every address that may sign up, whether it has an account, was invited, or neither.
pub(crate) fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let again = |faults| view(shared, ask, faults);
    if !shared.ports.sign_up.needs_mail() {
        let page = pages::Page { status: Code::ID_FORM.status(), ..again(Faults::none()) };
        return Err(refuse(shared, ask, Code::ID_FORM, "sign-up: nobody may by themselves", page));
    }
    let accepted = email_address(ask.form.get(fields::EMAIL)).map(|email| shared.ports.sign_up.accepts(&email));
    if accepted == Some(false) {
        let page = again(Fault::EmailNotAccepted.into());
        return Err(refuse(shared, ask, Code::ID_FORM, "sign-up: an address of another domain", page));
    }
    let email = reset::asked_for_mail(shared, ask, Wish::SignUp, again)?;
    let view =
        CheckMail { hidden: ask.hidden(), purpose: MailPurpose::Verify, email: (&*email).into(), minutes: MINUTES };
    let page = document(shared, ask, view.render(&frame(shared, ask)));
    noted(&page, "somebody asked for an account".to_owned())
}
