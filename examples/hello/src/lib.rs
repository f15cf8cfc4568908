//! Says hello to whoever calls. There is no login in here: the platform has asked before this code runs, and tells the answer.

use serviceful::identity::caller;
use serviceful::identity::types::{Assurance, Caller, Principal, UserInfo};
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

wit_bindgen::generate!({ path: "wit", world: "imports" });

/// What one blocking write may carry, by the definition of wasi:io.
const WRITE_BYTES_MAX: usize = 4_096;

struct Hello;

wasip2::http::proxy::export!(Hello);

impl Guest for Hello {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        // `/?safe` is only for people who showed two factors, five minutes ago at most. Everybody else is asked to by the platform,
        // and this code ends here.
        if request.path_with_query().is_some_and(|target| target.ends_with("?safe"))
            && let Err(error) = caller::require(Assurance::MultiFactor, Some(300))
        {
            return answer(out, 403, &format!("Not now: {error:?}\n"));
        }
        // `/?cancel=7`: may this caller cancel that order? The app's own rules say (`app.cedar`), not this code.
        if let Some((_, order)) = request.path_with_query().as_deref().and_then(|target| target.split_once("?cancel=")) {
            return match caller::allowed("cancel", &format!("order-{order}")) {
                Ok(true) => answer(out, 200, "Cancelled.\n"),
                Ok(false) => answer(out, 403, "You may not cancel this order.\n"),
                Err(error) => answer(out, 500, &format!("No answer: {error:?}\n")),
            };
        }
        match caller::get() {
            Ok(principal) => answer(out, 200, &format!("Hello, {}.\n", name(&principal))),
            Err(error) => answer(out, 503, &format!("I cannot tell who you are: {error:?}\n")),
        }
    }
}

fn name(principal: &Principal) -> String {
    let caller = match &principal.caller {
        Caller::Anonymous => "stranger".to_owned(),
        Caller::User(user) => person(user),
        Caller::Workload(workload) => workload.id.clone(),
    };
    match &principal.on_behalf_of {
        Some(user) => format!("{caller}, acting for {}", person(user)),
        None => caller,
    }
}

/// The name that people gave themselves, or else the key that never changes.
fn person(user: &UserInfo) -> String {
    user.display_name.clone().or_else(|| user.email.clone()).unwrap_or_else(|| user.subject.clone())
}

fn answer(out: ResponseOutparam, status: u16, text: &str) {
    let headers = Fields::from_list(&[("content-type".to_owned(), b"text/plain; charset=utf-8".to_vec())])
        .expect("a plain header is valid");
    let response = OutgoingResponse::new(headers);
    response.set_status_code(status).expect("the status is a valid one");
    let body = response.body().expect("the body is taken once");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("the stream is taken once");
    // A caller who has gone away meanwhile is no reason to fail.
    let sent = text.as_bytes().chunks(WRITE_BYTES_MAX).all(|chunk| stream.blocking_write_and_flush(chunk).is_ok());
    if sent {
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
    }
}
