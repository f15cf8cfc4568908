//! `allowed`: a function asks whether its caller may do something of the app's own. The front knows the rules; the question goes
//! there and says nothing about who calls.
use std::future::poll_fn;

use wire::work::{ACTION_BYTES_MAX, ASKS_MAX, RESOURCE_BYTES_MAX};

use super::call::Call;

/// The answer, or a sentence for the function's developer.
pub(crate) async fn allowed(call: &Call, action: String, resource: String) -> Result<bool, String> {
    for (what, text, max) in [("action", &action, ACTION_BYTES_MAX), ("resource", &resource, RESOURCE_BYTES_MAX)] {
        if text.len() > max {
            return Err(format!("the name of the {what} has {} bytes; at most {max} are asked about", text.len()));
        }
        if text.contains(char::is_control) {
            return Err(format!("the name of the {what} has a control character in it"));
        }
    }
    let Some(number) = call.ask(action, resource) else {
        call.deny("allowed", &format!("more than {ASKS_MAX} questions in one request"));
        return Err(format!("one request may ask {ASKS_MAX} times; ask once, and keep the answer"));
    };
    poll_fn(|cx| call.poll_asked(number, cx.waker())).await
}
