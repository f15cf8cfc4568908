//! bench-hello: the least function that any host of wasi:http 0.2 can run.
//! Guarantees: imports nothing of ours, so the same bytes run elsewhere too.
//! Does not: read the request.
//! Called by: benchmarks and tests. Calls: wasi:http.
//! If this is wrong: comparisons with other hosts compare different things.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

struct Hello;

wasip2::http::proxy::export!(Hello);

impl Guest for Hello {
    fn handle(_request: IncomingRequest, out: ResponseOutparam) {
        kit_p2::answer(out, 200, "Hello, world.\n");
    }
}
