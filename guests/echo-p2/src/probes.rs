//! What a function can see and reach when the manifest grants nothing.

use std::collections::HashMap;
use std::fs;

use kit::json;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{Fields, OutgoingRequest, Scheme};

/// Randomness of all three kinds, and the order of a hash map, which std seeds from it.
pub(crate) fn seed() -> String {
    let (low, high) = wasip2::random::insecure_seed::insecure_seed();
    let map: HashMap<u32, ()> = (0..32).map(|key| (key, ())).collect();
    let order: Vec<String> = map.keys().map(u32::to_string).collect();
    // numbers beyond 2^53 do not survive every JSON reader, so they are strings
    format!(
        "{{\"random\":\"{:016x}\",\"insecure\":\"{:016x}\",\"seed\":\"{low:016x}{high:016x}\",\"map_order\":\"{}\"}}",
        wasip2::random::random::get_random_u64(),
        wasip2::random::insecure::get_insecure_random_u64(),
        order.join(" "),
    )
}

pub(crate) fn environment() -> String {
    let preopens = wasip2::filesystem::preopens::get_directories();
    format!(
        "{{\"variables\":{},\"arguments\":{},\"preopens\":{},\"initial_cwd\":{}}}",
        std::env::vars_os().count(),
        wasip2::cli::environment::get_arguments().len(),
        preopens.len(),
        json::optional(wasip2::cli::environment::initial_cwd().as_deref()),
    )
}

pub(crate) fn files() -> String {
    [
        json::attempt("read /etc/passwd", fs::read_to_string("/etc/passwd").map(|text| text.len())),
        json::attempt("read relative", fs::read_to_string("serviceful.toml").map(|text| text.len())),
        json::attempt("read with dots", fs::read("../../../../etc/hostname").map(|bytes| bytes.len())),
        json::attempt("list /", fs::read_dir("/").map(Iterator::count)),
        json::attempt("list .", fs::read_dir(".").map(Iterator::count)),
        json::attempt("write /tmp/x", fs::write("/tmp/x", b"x")),
        json::attempt("write relative", fs::write("x", b"x")),
        json::attempt("make directory", fs::create_dir("made")),
        json::attempt("remove", fs::remove_file("/etc/hosts")),
        json::attempt("rename", fs::rename("a", "b")),
    ]
    .concat()
}

pub(crate) fn say(text: &str) {
    println!("{text} on stdout");
    eprintln!("{text} on stderr");
}

/// An outgoing request to `authority`; says at which step it failed and with which typed error.
pub(crate) fn outgoing(authority: &str) -> String {
    let request = OutgoingRequest::new(Fields::new());
    // without a path it would fail for that, and never reach the check
    let _ = request.set_path_with_query(Some("/"));
    if request.set_scheme(Some(&Scheme::Http)).is_err() || request.set_authority(Some(authority)).is_err() {
        return json::attempt::<(), _>("outgoing", Err("the authority is not valid"));
    }
    let coming = match outgoing_handler::handle(request, None) {
        Ok(coming) => coming,
        Err(code) => return json::attempt::<(), _>("outgoing", Err(code)),
    };
    coming.subscribe().block();
    match coming.get() {
        Some(Ok(outcome)) => json::attempt("outgoing", outcome.map(|response| response.status())),
        other => json::attempt::<(), _>("outgoing", Err(format!("{other:?}"))),
    }
}
