use std::collections::BTreeSet;

use super::*;

/// Whole names that products use for an identity, and ours.
const NAMES: [&str; 22] = [
    "sf-caller",
    "sf-request",
    "sf-",
    "x-sf-caller",
    "x-sf-user-id",
    "x-ms-client-principal",
    "x-ms-client-principal-id",
    "x-ms-client-principal-name",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-user-name",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-auth-request-access-token",
    "cf-access-jwt-assertion",
    "cf-access-authenticated-user-email",
    "x-amzn-oidc-data",
    "x-amzn-oidc-identity",
    "x-amzn-oidc-accesstoken",
    "remote-user",
    "remote-user-id",
];

/// The spellings of one name: case, and every separator each parser folds.
pub(crate) fn spellings(name: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for joint in ["-", "_", ".", " "] {
        let one = name.replace('-', joint);
        all.insert(one.to_uppercase());
        all.insert(one.clone());
        // Only the first, and only the last separator.
        all.insert(name.replacen('-', joint, 1));
        if let Some((head, tail)) = name.rsplit_once('-') {
            all.insert(format!("{head}{joint}{tail}"));
        }
        let title: String = one
            .split(joint)
            .map(|w| w[..w.len().min(1)].to_uppercase() + &w[w.len().min(1)..])
            .collect::<Vec<_>>()
            .join(joint);
        all.insert(title);
    }
    all
}

#[test]
fn every_spelling_of_an_identity_is_seen() {
    let corpus: BTreeSet<String> = NAMES.iter().flat_map(|name| spellings(name)).collect();
    assert!(corpus.len() >= 200, "only {} spellings", corpus.len());
    for name in &corpus {
        assert_eq!(misnomer(name), Some(Misnomer::Identity), "`{name}`");
    }
}

#[test]
fn proxies_are_not_believed() {
    for name in [
        "forwarded",
        "Forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "X-Forwarded-Proto",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x_forwarded_for",
        "x-real-ip",
        "X_Real_IP",
        "true-client-ip",
        "cf-connecting-ip",
        "x-original-url",
        "x-rewrite-url",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-forwarded",
    ] {
        assert_eq!(misnomer(name), Some(Misnomer::Forwarding), "`{name}`");
    }
}

#[test]
fn honest_names_pass() {
    for name in [
        "host",
        "user-agent",
        "accept",
        "cookie",
        "content-type",
        "x-requested-with",
        "sec-fetch-site",
        "save-data",
        "x-api-key",
        "traceparent",
        "x-request-id",
        "range",
        "referer",
        "cache-control",
        "x-sfo",
        "safe",
        "te",
        "x-custom",
        "remote-address",
        "cf-ray",
        "x-auth-token",
        "forwarded-for-me",
        "x-ms-date",
        "sforce",
    ] {
        assert_eq!(misnomer(name), None, "`{name}`");
    }
    assert_eq!(misnomer("my_header"), Some(Misnomer::Underscore));
}
