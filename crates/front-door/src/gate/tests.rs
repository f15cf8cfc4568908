//! The whole product of what a browser can say, against an oracle written from the prose and not from the code.
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::*;
use crate::authority::Site;

const SITES: [Option<&[&str]>; 7] = [
    None,
    Some(&["same-origin"]),
    Some(&["same-site"]),
    Some(&["cross-site"]),
    Some(&["none"]),
    Some(&["novel"]),
    Some(&["same-origin", "same-origin"]),
];
const ORIGINS: [Option<&str>; 7] = [
    None,
    Some("http://coffee.localhost:8080"),
    Some("null"),
    Some("https://coffee.localhost:8080"),
    Some("http://coffee.localhost:8081"),
    Some("http://evil.example"),
    Some("http://coffee.localhost:8080.evil.example"),
];
const METHODS: [&str; 5] = ["GET", "HEAD", "OPTIONS", "POST", "DELETE"];
const PURPOSES: [(&str, &str); 7] = [
    ("navigate", "document"),
    ("navigate", "iframe"),
    ("navigate", "embed"),
    ("navigate", "object"),
    ("no-cors", "image"),
    ("cors", "empty"),
    ("", ""),
];

fn site() -> Site {
    Site { scheme: "http", host: "coffee.localhost".into(), port: 8080 }
}

#[derive(Clone, Copy, Debug)]
struct Case {
    site: usize,
    origin: usize,
    method: usize,
    purpose: usize,
    upgrade: bool,
    bearer: bool,
    cookie: bool,
    asks_method: bool,
    asks_network: bool,
}

fn headers(case: Case) -> HeaderMap {
    let mut map = HeaderMap::new();
    let mut add = |name: &'static str, value: &'static str| {
        map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    };
    for value in SITES[case.site].unwrap_or_default() {
        add("sec-fetch-site", value);
    }
    if let Some(origin) = ORIGINS[case.origin] {
        add("origin", origin);
    }
    let (mode, dest) = PURPOSES[case.purpose];
    if !mode.is_empty() {
        add("sec-fetch-mode", mode);
        add("sec-fetch-dest", dest);
    }
    for (on, name, value) in [
        (case.upgrade, "upgrade", "websocket"),
        (case.bearer, "authorization", "Bearer sfp_x"),
        (case.cookie, "cookie", "a=b; __Host-sf-session=1"),
        (case.asks_method, "access-control-request-method", "PUT"),
        (case.asks_network, "access-control-request-private-network", "true"),
    ] {
        if on {
            add(name, value);
        }
    }
    map
}

/// The answer as a person would give it: `attach`, `read-only`, `withhold`, `403` or `400`.
fn oracle(case: Case) -> &'static str {
    let word = match SITES[case.site] {
        None => "absent",
        Some([one]) if ["same-origin", "none"].contains(one) => one,
        Some(_) => "abroad",
    };
    let origin = ORIGINS[case.origin].unwrap_or("absent");
    let ours = origin == "http://coffee.localhost:8080";
    let another_tuple = !ours && origin != "absent" && origin != "null";
    if word == "same-origin" && another_tuple {
        return "400";
    }
    // Who sent it: us, the user, abroad, nobody known.
    let from = match word {
        "same-origin" => "us",
        "none" => "user",
        "abroad" => "abroad",
        _ if ours => "us",
        _ if origin == "absent" => "silent",
        _ => "abroad",
    };
    let method = METHODS[case.method];
    if method == "OPTIONS" {
        if case.asks_network {
            return "403";
        }
        if case.asks_method && origin != "absent" {
            return "403";
        }
    }
    if case.upgrade {
        if ours && from == "us" {
            return "attach";
        }
        return if origin == "absent" && case.bearer { "withhold" } else { "403" };
    }
    if from == "us" || from == "user" {
        return "attach";
    }
    let changes = method == "POST" || method == "DELETE";
    let (mode, dest) = PURPOSES[case.purpose];
    if from == "abroad" {
        if mode == "navigate" && dest == "document" && (method == "GET" || method == "HEAD") {
            return "read-only";
        }
        if mode == "navigate" && ["iframe", "embed", "object"].contains(&dest) {
            return "403";
        }
        return if changes { "403" } else { "withhold" };
    }
    if !changes {
        return "read-only";
    }
    if case.cookie { "403" } else { "withhold" }
}

fn said(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Admit(Ambient::Attach) => "attach",
        Verdict::Admit(Ambient::ReadOnly) => "read-only",
        Verdict::Admit(Ambient::Withhold) => "withhold",
        Verdict::Refuse(_) => "403",
        Verdict::Impossible => "400",
    }
}

#[test]
fn the_gate_and_the_oracle_agree_on_the_whole_product() {
    let (mut cases, mut answers) = (0, std::collections::BTreeMap::new());
    for site in 0..SITES.len() {
        for origin in 0..ORIGINS.len() {
            for method in 0..METHODS.len() {
                for purpose in 0..PURPOSES.len() {
                    for bits in 0..32_u8 {
                        let on = |bit: u8| bits & (1 << bit) != 0;
                        let case = Case {
                            site,
                            origin,
                            method,
                            purpose,
                            upgrade: on(0),
                            bearer: on(1),
                            cookie: on(2),
                            asks_method: on(3),
                            asks_network: on(4),
                        };
                        check(case);
                        *answers.entry(oracle(case)).or_insert(0) += 1;
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 7 * 7 * 5 * 7 * 32);
    // An oracle that always says the same would agree with a gate that does.
    assert_eq!(answers.len(), 5, "{answers:?}");
}

fn check(case: Case) {
    let method: Method = METHODS[case.method].parse().unwrap();
    let verdict = judge(question(&method, &headers(case), &super::tests::site()));
    assert_eq!(said(verdict), oracle(case), "{case:?}: {:?}", headers(case));
    // What is not attached to a session's cookie for reading and writing alike is no word of the user or of our own page.
    let sender = sender(&question(&method, &headers(case), &super::tests::site()));
    let (site, origin) = (SITES[case.site], ORIGINS[case.origin]);
    let expected = match (site, origin) {
        (Some(["same-origin"]), None | Some("null" | "http://coffee.localhost:8080")) => Sender::Here,
        (Some(["none"]), _) | (None, Some("http://coffee.localhost:8080")) => Sender::Here,
        (None, None) => Sender::Silent,
        _ => Sender::Elsewhere,
    };
    assert_eq!(sender, expected, "{case:?}: {:?}", headers(case));
    assert!(sender != Sender::Elsewhere || said(verdict) != "attach", "{case:?}");
}

#[test]
fn default_ports_are_the_same_origin_written_short() {
    let short = Site { scheme: "https", host: "coffee.example".into(), port: 443 };
    assert!(short.is_origin("https://coffee.example"));
    for other in [
        "http://coffee.example",
        "https://coffee.example:444",
        "https://coffee.example.",
        "https://x@coffee.example",
        "https://coffee.example/",
        "null",
        "",
    ] {
        assert!(!short.is_origin(other), "{other}");
    }
}
