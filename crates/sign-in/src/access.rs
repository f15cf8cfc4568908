//! Somebody who is signed in and no member asks to be let in, from the page that told them so.
//! If this is wrong: strangers fill the lists of those who decide, or somebody is let in whom nobody looked at.
use gateway::{Refusal, Reply};
use pages::{AccessRequest as Shown, Age, Denied, Fault, Faults};
use store::{AccessRequest, Asked};
use types::{AppName, Code, Person, UnixMillis};

use crate::{
    answer::{Answer, document, frame, noted, problem, refuse},
    ask::Ask,
    service::{Shared, store},
};

/// How long a no counts, in seconds.
const DENIED_S: u64 = 7 * 86_400;

/// Keeps the request, or says what became of the one that is there. A denial looks like an answer that is still to come.
pub(crate) async fn sent(shared: &Shared, ask: &Ask) -> Answer {
    let app = ask.app.clone().ok_or_else(|| Refusal::internal("a request for access to no app"))?;
    let Some(person) = ask.person() else {
        let kind = pages::ProblemKind::NotFound;
        return Err(problem(shared, ask, Code::POL_DENIED, "a stranger asked for access", kind));
    };
    let message = one_line(ask.form.get("message"));
    if message.chars().count() > AccessRequest::MESSAGE_CHARS_MAX {
        let fault = Fault::MessageTooLong(u16::try_from(AccessRequest::MESSAGE_CHARS_MAX).unwrap_or(u16::MAX));
        let view =
            Denied { message: message.as_str().into(), faults: fault.into(), ..view(ask, person, &app, Shown::Open) };
        let page = view.render(&frame(shared, ask));
        return Err(refuse(shared, ask, Code::ID_FORM, "request for access: the message is too long", page));
    }

    let new = AccessRequest { app: app.clone(), person: person.id, message: message.into(), asked_at: ask.now };
    let again = UnixMillis(ask.now.0.saturating_sub(DENIED_S * 1_000));
    let asked = shared.ports.store.ask_access(new, again).await.map_err(store)?;

    match asked {
        Asked::New => told(shared, ask, person, &app, ask.now, format!("{} asks for access", person.id)),
        Asked::Open(at) => {
            told(shared, ask, person, &app, at, format!("{} asks for access, and did already", person.id))
        }
        Asked::Denied(at) => {
            told(shared, ask, person, &app, at, format!("{} asks for access again after a denial; not kept", person.id))
        }
        Asked::Member => Err(no_way(shared, ask, person, &app, Code::POL_DENIED, "a member asked for access")),
        Asked::Full => {
            Err(no_way(shared, ask, person, &app, Code::ID_THROTTLED, "too many requests for access are open"))
        }
    }
}

/// A page has one line for it, and a list too.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control()).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn view(ask: &Ask, person: &Person, app: &AppName, access: Shown) -> Denied {
    Denied {
        hidden: ask.hidden(),
        name: (&*person.display_name).into(),
        app: app.as_str().into(),
        access,
        code: Code::POL_DENIED.as_str().into(),
        request: ask.cx.request.to_string().into(),
        faults: Faults::none(),
        ..Denied::default()
    }
}

fn told(
    shared: &Shared,
    ask: &Ask,
    person: &Person,
    app: &AppName,
    at: UnixMillis,
    note: String,
) -> Result<Reply, Refusal> {
    let age = Age(ask.now.0.saturating_sub(at.0) / 1_000);
    let page = view(ask, person, app, Shown::Sent { age }).render(&frame(shared, ask));
    let mut document = document(shared, ask, page);
    // The page is that of a refusal; this time, something was done.
    document.status = 200;
    noted(&document, note)
}

fn no_way(shared: &Shared, ask: &Ask, person: &Person, app: &AppName, code: Code, reason: &str) -> Refusal {
    let page = view(ask, person, app, Shown::None).render(&frame(shared, ask));
    refuse(shared, ask, code, reason, page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_without_anything_that_steers() {
        assert_eq!(one_line("  Hello\r\n\r\nI am\tthe \u{1b}[2Jcook\0 "), "Hello I am the [2Jcook");
        assert_eq!(one_line("\n\t "), "");
    }
}
