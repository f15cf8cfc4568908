//! store-p2: uses the app's secrets and its key-value store, and says what came of it. The last path segment chooses.
//! Guarantees: each verb is one use, so a test knows what was asked.
//! Does not: keep anything between requests.
//! Called by: tests, through the platform. Calls: `serviceful:secrets`, `wasi:keyvalue`.
//! If this is wrong: tests of the two interfaces prove nothing.

use bindings::wasi::keyvalue::atomics::{Cas, CasError, increment, swap};
use bindings::wasi::keyvalue::batch::{delete_many, get_many, set_many};
use bindings::wasi::keyvalue::store::{Bucket, Error, open};
use kit::{Target, json};
use kit_p2::answer;
use secrets::serviceful::secrets::{reveal::reveal, store as held};
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

mod secrets {
    wit_bindgen::generate!({ path: "../../wit/secrets", world: "imports" });
}

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "imports" });
}

struct Store;

wasip2::http::proxy::export!(Store);

impl Guest for Store {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = Target::parse(&request.path_with_query().unwrap_or_default());
        match target.verb() {
            "open" => answer(out, 200, &said(open(target.text("store").unwrap_or("default")).map(|_| "opened".to_owned()))),
            "held" => answer(out, 200, &said(held::get(target.text("name").unwrap_or_default()).map(|secret| secret.name()))),
            "secret" => answer(out, 200, &said(secret(&target))),
            _ => answer(out, 200, &said(open("default").and_then(|bucket| using(&bucket, &target)))),
        }
    }
}

/// `ok: …`, or the error by its name.
fn said<E: std::fmt::Debug>(result: Result<String, E>) -> String {
    match result {
        Ok(text) => format!("ok: {text}"),
        Err(error) => format!("error: {error:?}"),
    }
}

/// Reads a secret, and writes it into the log in several ways.
fn secret(target: &Target) -> Result<String, held::Error> {
    let secret = held::get(target.text("name").unwrap_or_default())?;
    let value = reveal(&secret)?;
    println!("plain {value}");
    eprintln!("{}{value}{}", "x".repeat(4_090), "y".repeat(4_090));
    print!("unfinished {value}");
    // Rust keeps what has no end of its line to itself.
    let _ = std::io::Write::flush(&mut std::io::stdout());
    Ok(value)
}

fn text(value: Option<Vec<u8>>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| String::from_utf8_lossy(&value).into_owned())
}

fn using(bucket: &Bucket, target: &Target) -> Result<String, Error> {
    let (key, value) = (target.text("key").unwrap_or("key"), target.text("value").unwrap_or("value"));
    match target.verb() {
        "get" => bucket.get(key).map(text),
        "set" => bucket.set(key, value.as_bytes()).map(|()| "set".to_owned()),
        "large" => bucket.set(key, &vec![7; target.number("bytes", 1_000_000) as usize]).map(|()| "set".to_owned()),
        "delete" => bucket.delete(key).map(|()| "deleted".to_owned()),
        "exists" => bucket.exists(key).map(|there| there.to_string()),
        "keys" => bucket.list_keys(target.text("cursor")).map(|page| format!("{} {:?}", page.keys.len(), page.cursor)),
        "add" => increment(bucket, key, target.text("delta").and_then(|delta| delta.parse().ok()).unwrap_or(1))
            .map(|number| number.to_string()),
        "swap" => swapped(bucket, target, key, value),
        "many" => many(bucket, target.number("n", 10)),
        "until-refused" => until_refused(bucket, target.number("n", 100_000)),
        other => Ok(format!("there is no `{other}`")),
    }
}

/// With `race`, somebody else is quicker the first time.
fn swapped(bucket: &Bucket, target: &Target, key: &str, value: &str) -> Result<String, Error> {
    let seen = Cas::new(bucket, key)?;
    let before = text(seen.current()?);
    if target.text("race").is_some() {
        bucket.set(key, b"quicker")?;
    }
    match swap(seen, value.as_bytes()) {
        Ok(()) => Ok(format!("{before} -> {value}")),
        Err(CasError::StoreError(error)) => Err(error),
        Err(CasError::CasFailed(now)) => {
            let there = text(now.current()?);
            match swap(now, value.as_bytes()) {
                Ok(()) => Ok(format!("{before}, then {there} -> {value}")),
                Err(error) => Ok(format!("again: {error:?}")),
            }
        }
    }
}

fn many(bucket: &Bucket, n: u64) -> Result<String, Error> {
    let pairs: Vec<_> = (0..n).map(|at| (format!("many-{at}"), at.to_string().into_bytes())).collect();
    set_many(bucket, &pairs)?;
    let mut keys: Vec<String> = pairs.into_iter().map(|(key, _)| key).collect();
    keys.push("absent".to_owned());
    let found = get_many(bucket, &keys)?;
    let right = found.iter().enumerate().filter(|(at, (key, value))| {
        let expected = (*at < n as usize).then(|| at.to_string().into_bytes());
        *key == keys[*at] && *value == expected
    });
    let right = right.count();
    delete_many(bucket, &keys)?;
    Ok(format!("{right} of {}, {} left", keys.len(), bucket.list_keys(None)?.keys.len()))
}

fn until_refused(bucket: &Bucket, n: u64) -> Result<String, Error> {
    for at in 0..n {
        if let Err(error) = bucket.exists("key") {
            return Ok(format!("after {at}: {}", json::string(&format!("{error:?}"))));
        }
    }
    Ok("never".to_owned())
}
