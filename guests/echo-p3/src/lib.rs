//! echo-p3: what echo-p2 is, for wasi:http 0.3; and what hostile-p2 is, where 0.3 takes another path through the host.
//! Guarantees: the same routes give the same answers as in echo-p2.
//! Does not: touch files or the environment; that path is the same for both.
//! Called by: tests, through the platform. Calls: whatever it is asked to try.
//! If this is wrong: limits hold for 0.2 only, unnoticed.

mod hostile;
mod probes;
mod reply;
mod streams;

use kit::{Target, json, misbehave};
use reply::{json_text, plain};
use wasip3::clocks::monotonic_clock;
use wasip3::exports::http::handler::Guest;
use wasip3::http::types::{ErrorCode, Fields, Method, Request, Response, Scheme};

struct Echo;

wasip3::http::service::export!(Echo);

impl Guest for Echo {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let target = Target::parse(&request.get_path_with_query().unwrap_or_default());
        match target.verb() {
            "echo" => Ok(streams::echo(request)),
            "big" => Ok(streams::big(target.number("n", 1_048_576))),
            "slow-body" => Ok(streams::slow_body(target.number("chunks", 5), target.number("ms", 100))),
            "headers" => Ok(plain(200, json::field_lines(&request.get_headers().copy_all()))),
            "scheme" => Ok(json_text(request_line(&request))),
            "caller" => Ok(json_text(kit::caller_json())),
            "allowed" => Ok(json_text(kit::allowed_json(&target))),
            "require" => Ok(json_text(kit::require_json(&target))),
            "state" => Ok(json_text(state())),
            "seed" => Ok(json_text(probes::seed())),
            "outgoing" => Ok(plain(200, probes::outgoing(target.text("to").unwrap_or("127.0.0.1:1")).await)),
            "stdout" => {
                probes::say(target.text("text").unwrap_or("hello"));
                Ok(plain(200, "said\n".to_owned()))
            }
            "slow" => {
                monotonic_clock::wait_for(target.number("ms", 100) * 1_000_000).await;
                Ok(plain(200, "slept\n".to_owned()))
            }
            "status" => Ok(plain(u16::try_from(target.number("code", 200)).unwrap_or(200), "as asked\n".to_owned())),
            "error" => Err(ErrorCode::InternalError(Some("asked to fail".to_owned()))),
            "panic" => panic!("asked to panic"),
            "trap" => core::arch::wasm32::unreachable(),
            "spin" => misbehave::spin(),
            "spin-after-head" => Ok(hostile::spin_after_head()),
            "spin-async" => hostile::spin_async().await,
            "host-calls" => hostile::host_calls(),
            "recurse" => Ok(plain(200, format!("{}\n", misbehave::recurse(target.number("depth", u64::MAX))))),
            "memory" => Ok(plain(200, format!("{}\n", misbehave::take_all_memory()))),
            "never" => hostile::never().await,
            "flood" => Ok(hostile::flood()),
            "log" => Ok(plain(200, hostile::log(target.number("lines", u64::MAX)))),
            "many-headers" => Ok(hostile::many_headers(target.number("n", 100_000))),
            "fields" => Ok(plain(200, hostile::keep_fields(target.number("n", u64::MAX)))),
            "streams" => Ok(plain(200, hostile::keep_streams(target.number("n", u64::MAX)))),
            "tasks" => Ok(plain(200, hostile::start_tasks(target.number("n", 1_000_000)))),
            "linger" => Ok(hostile::linger(target.number("ms", 3_600_000))),
            _ => Ok(plain(
                404,
                "echo-p3 knows echo big slow-body headers scheme caller allowed require state seed outgoing stdout slow status error panic trap spin \
                 spin-after-head spin-async host-calls recurse memory never flood log many-headers fields streams tasks linger\n"
                    .to_owned(),
            )),
        }
    }
}

fn request_line(request: &Request) -> String {
    let method = match request.get_method() {
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
    let scheme = request.get_scheme().map(|scheme| match scheme {
        Scheme::Http => "http".to_owned(),
        Scheme::Https => "https".to_owned(),
        Scheme::Other(name) => name,
    });
    format!(
        "{{\"method\":{},\"scheme\":{},\"authority\":{},\"path\":{}}}",
        json::string(&method),
        json::optional(scheme.as_deref()),
        json::optional(request.get_authority().as_deref()),
        json::optional(request.get_path_with_query().as_deref()),
    )
}

/// Handles count as state too: one is kept for ever, and its number tells how many came before it.
fn state() -> String {
    let kept = Fields::new();
    let report = kit::canary::look_and_mark(kept.handle());
    std::mem::forget(kept);
    report
}
