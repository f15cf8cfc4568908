//! A function asks whether its caller may do something of the app's own. Who calls, and whose rules are asked, is known here and
//! not believed from the worker.
//! If this is wrong: a worker that somebody took over finds out what others may do, or hears "yes" for them.
use std::sync::Arc;

use gateway::{Answered, Ask, Question};
use http::{Method, Uri};
use types::{Caller, FunctionTarget, UnixMillis};
use wire::work::{ACTION_BYTES_MAX, ALLOWED_MAX, RESOURCE_BYTES_MAX};

use crate::text::plain;

/// Answers of one call that stand in the app's log; it is told that the rest does not.
const LINES_MAX: u32 = 20;
/// Actions that are named to somebody who asked for another one.
const NAMED_MAX: usize = 20;

/// Whose request it is that a call answers.
#[derive(Debug)]
pub(crate) struct Of {
    pub(crate) caller: Arc<Caller>,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) at: UnixMillis,
}

/// Whether an honest worker asks this, after so many other questions of the call.
pub(crate) fn admit(action: &str, resource: &str, before: u32) -> Result<(), String> {
    if before >= ALLOWED_MAX {
        return Err(format!("it asked more than {ALLOWED_MAX} questions about one caller"));
    }
    let fits = |text: &str, max: usize| text.len() <= max && !text.contains(char::is_control);
    if !fits(action, ACTION_BYTES_MAX) || !fits(resource, RESOURCE_BYTES_MAX) {
        return Err("it asked a question that no function can ask".into());
    }
    Ok(())
}

/// The answer to a call's question, before which it asked `nth` others, and the line about it in the app's log.
pub(crate) fn answer(
    policy: &dyn Ask,
    target: &FunctionTarget,
    of: &Of,
    (action, resource): (&str, &str),
    nth: u32,
) -> (Result<bool, String>, Option<String>) {
    let Of { caller, method, uri, at } = of;
    let path = uri.path();
    let answered = policy.ask(&Question { target, caller, method: method.as_str(), path, at: *at, action, resource });
    let (allowed, said) = match &answered {
        Answered::Allowed(rules) => (Ok(true), format!("yes, by {}", list(rules))),
        Answered::Denied(rules) if rules.is_empty() => (Ok(false), "no: nothing permits it".to_owned()),
        Answered::Denied(rules) => (Ok(false), format!("no, by {}", list(rules))),
        Answered::Unknown { known } => {
            let sentence = unknown(action, known);
            (Err(sentence.clone()), sentence)
        }
    };
    let who = caller.principal().map_or_else(|| caller.kind().to_owned(), |id| id.to_string());
    let thing = if resource.is_empty() { String::new() } else { format!(" `{}`", plain(resource, RESOURCE_BYTES_MAX)) };
    let line = match nth {
        0..LINES_MAX => Some(format!("allowed: may {who} `{}`{thing}? {said}", plain(action, ACTION_BYTES_MAX))),
        LINES_MAX => Some("allowed: this call goes on asking; the rest of its answers is not written down".to_owned()),
        _ => None,
    };
    (allowed, line)
}

fn list(rules: &[Arc<str>]) -> String {
    let rules: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
    rules.join(" and ")
}

fn unknown(action: &str, known: &[Arc<str>]) -> String {
    let action = plain(action, ACTION_BYTES_MAX);
    let first: Vec<String> = known.iter().take(NAMED_MAX).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > first.len() { " and others" } else { "" };
    if first.is_empty() {
        return format!(
            "`{action}` is no action of this app: no rule permits it to anybody; write `permit (principal in …, action == App::Action::\"{action}\", resource);` into its Cedar file"
        );
    }
    format!("`{action}` is no action of this app: its rules permit {}{more}", first.join(", "))
}
