//! What a function can see and reach when the manifest grants nothing.

use std::collections::HashMap;

use kit::json;
use wasip3::http::client;
use wasip3::http::types::{Fields, Request, Scheme};
use wasip3::wit_future;

use crate::reply::End;

/// Randomness of all three kinds, and the order of a hash map, which std seeds for itself.
pub(crate) fn seed() -> String {
    let (low, high) = wasip3::random::insecure_seed::get_insecure_seed();
    let map: HashMap<u32, ()> = (0..32).map(|key| (key, ())).collect();
    let order: Vec<String> = map.keys().map(u32::to_string).collect();
    format!(
        "{{\"random\":\"{:016x}\",\"insecure\":\"{:016x}\",\"seed\":\"{low:016x}{high:016x}\",\"map_order\":\"{}\"}}",
        wasip3::random::random::get_random_u64(),
        wasip3::random::insecure::get_insecure_random_u64(),
        order.join(" "),
    )
}

pub(crate) fn say(text: &str) {
    println!("{text} on stdout");
    eprintln!("{text} on stderr");
}

/// An outgoing request to `authority`; says how it failed, with the typed error.
pub(crate) async fn outgoing(authority: &str) -> String {
    let (end, trailers) = wit_future::new::<End>(|| Ok(None));
    let (request, sent) = Request::new(Fields::new(), None, trailers, None);
    drop((end, sent));
    // without a path it would fail for that, and never reach the check
    let _ = request.set_path_with_query(Some("/"));
    if request.set_scheme(Some(&Scheme::Http)).is_err() || request.set_authority(Some(authority)).is_err() {
        return json::attempt::<(), _>("outgoing", Err("the authority is not valid"));
    }
    json::attempt("outgoing", client::send(request).await.map(|response| response.get_status_code()))
}
