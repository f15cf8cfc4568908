//! hostile-p2: a function that misbehaves in the way its last path segment names.
//! Guarantees: each way is one that a limit or a check of the platform must stop; none harms the client.
//! Does not: hold compile-time attacks (hostile-gen makes those).
//! Called by: tests. Calls: the host, far too often.
//! If this is wrong: a limit goes untested.

mod floods;
mod handles;
mod protocol;

use kit::{Target, misbehave};
use kit_p2::answer;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

struct Hostile;

wasip2::http::proxy::export!(Hostile);

impl Guest for Hostile {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = Target::parse(&request.path_with_query().unwrap_or_default());
        match target.verb() {
            // CPU
            "spin" => misbehave::spin(),
            "spin-after-head" => protocol::spin_after_head(out),
            "host-calls" => floods::host_calls(),
            "recurse" => answer(out, 200, &format!("{}\n", misbehave::recurse(target.number("depth", u64::MAX)))),
            // memory
            "memory" => answer(out, 200, &format!("{}\n", misbehave::take_all_memory())),
            "random" => floods::random(out, target.number("bytes", 1 << 30)),
            // wall time
            "never" => handles::never(),
            // floods
            "flood" => floods::response(out),
            "log" => floods::log(out, target.number("lines", u64::MAX)),
            "log-line" => floods::log_line(out, target.number("bytes", 1 << 24)),
            "many-headers" => floods::many_headers(out, target.number("n", 100_000)),
            "huge-header" => floods::huge_header(out, target.number("bytes", 1 << 24)),
            "huge-trailer" => floods::huge_trailer(out, target.number("bytes", 1 << 24)),
            // resources
            "fields" => handles::fields(out, target.number("n", u64::MAX)),
            "pollables" => handles::pollables(out, target.number("n", u64::MAX)),
            "poll-many" => handles::poll_many(out, target.number("n", 10_000)),
            // protocol
            "mute" => drop(out),
            "silent" => std::mem::forget(out),
            "twice" => protocol::twice(out),
            "too-short" => protocol::wrong_length(out, 10, 5),
            "too-long" => protocol::wrong_length(out, 5, 10),
            "unfinished" => protocol::unfinished(out),
            "split-header" => protocol::split_header(out),
            "hop-headers" => protocol::hop_headers(out),
            "foreign-handle" => protocol::foreign_handle(),
            _ => answer(
                out,
                404,
                "hostile-p2 knows spin spin-after-head host-calls recurse memory random never flood log log-line many-headers huge-header \
                 huge-trailer fields pollables poll-many mute silent twice too-short too-long unfinished split-header hop-headers foreign-handle\n",
            ),
        }
    }
}
