//! echo-p2: shows what reached a function of wasi:http 0.2, and what it could reach in turn. The last path segment chooses.
//! Guarantees: one instance, one answer; nothing here misbehaves but `panic`, `trap` and `exit`.
//! Does not: touch the network (probe-net does), attack anything (hostile-p2 does).
//! Called by: tests, through the platform. Calls: whatever it is asked to try.
//! If this is wrong: tests of the runtime see less than they believe.

mod probes;
mod streams;

use kit::{Target, json};
use kit_p2::{answer, answer_json};
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{ErrorCode, Fields, IncomingRequest, Method, ResponseOutparam, Scheme};

struct Echo;

wasip2::http::proxy::export!(Echo);

impl Guest for Echo {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = Target::parse(&request.path_with_query().unwrap_or_default());
        match target.verb() {
            "echo" => streams::echo(&request, out),
            "big" => streams::big(out, target.number("n", 1_048_576)),
            "slow-body" => streams::slow_body(out, target.number("chunks", 5), target.number("ms", 100)),
            "headers" => answer(out, 200, &json::field_lines(&request.headers().entries())),
            "scheme" => answer_json(out, &request_line(&request)),
            "caller" => answer_json(out, &kit::caller_json()),
            "allowed" => answer_json(out, &kit::allowed_json(&target)),
            "require" => answer_json(out, &kit::require_json(&target)),
            "require-late" => streams::require_late(out, &target),
            "state" => answer_json(out, &state()),
            "seed" => answer_json(out, &probes::seed()),
            "env" => answer_json(out, &probes::environment()),
            "fs" => answer(out, 200, &probes::files()),
            "outgoing" => answer(out, 200, &probes::outgoing(target.text("to").unwrap_or("127.0.0.1:1"))),
            "stdout" => {
                probes::say(target.text("text").unwrap_or("hello"));
                answer(out, 200, "said\n");
            }
            "slow" => {
                wasip2::clocks::monotonic_clock::subscribe_duration(target.number("ms", 100) * 1_000_000).block();
                answer(out, 200, "slept\n");
            }
            "status" => answer(out, u16::try_from(target.number("code", 200)).unwrap_or(200), "as asked\n"),
            "error" => ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some("asked to fail".to_owned())))),
            "panic" => panic!("asked to panic"),
            "trap" => core::arch::wasm32::unreachable(),
            "exit" => std::process::exit(3),
            _ => answer(
                out,
                404,
                "echo-p2 knows echo big slow-body headers scheme caller allowed require require-late state seed env fs outgoing stdout slow status error panic trap exit\n",
            ),
        }
    }
}

fn request_line(request: &IncomingRequest) -> String {
    let method = match request.method() {
        Method::Get => "GET".to_owned(),
        Method::Head => "HEAD".to_owned(),
        Method::Post => "POST".to_owned(),
        Method::Put => "PUT".to_owned(),
        Method::Delete => "DELETE".to_owned(),
        Method::Connect => "CONNECT".to_owned(),
        Method::Options => "OPTIONS".to_owned(),
        Method::Trace => "TRACE".to_owned(),
        Method::Patch => "PATCH".to_owned(),
        Method::Other(name) => name,
    };
    let scheme = request.scheme().map(|scheme| match scheme {
        Scheme::Http => "http".to_owned(),
        Scheme::Https => "https".to_owned(),
        Scheme::Other(name) => name,
    });
    format!(
        "{{\"method\":{},\"scheme\":{},\"authority\":{},\"path\":{}}}",
        json::string(&method),
        json::optional(scheme.as_deref()),
        json::optional(request.authority().as_deref()),
        json::optional(request.path_with_query().as_deref()),
    )
}

/// Handles count as state too: one is kept for ever, and its number tells how many came before it.
fn state() -> String {
    let kept = Fields::new();
    let report = kit::canary::look_and_mark(kept.handle());
    std::mem::forget(kept);
    report
}
