use std::collections::BTreeSet;

use super::*;

/// Whole names that products use for an identity, and ours.
const NAMES: [&str; 62] = [
    "sf-caller",
    "sf-request",
    "sf-",
    "x-sf-caller",
    "x-sf-user-id",
    "x-ms-client-principal",
    "x-ms-client-principal-id",
    "x-ms-client-principal-idp",
    "x-ms-client-principal-name",
    "x-ms-token-aad-id-token",
    "x-ms-token-aad-access-token",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-user-name",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-forwarded-client-cert",
    "x-forwarded-tls-client-cert",
    "x-forwarded-tls-client-cert-info",
    "x-auth-request-user",
    "x-auth-request-email",
    "x-auth-request-groups",
    "x-auth-request-access-token",
    "x-auth-user",
    "x-auth-username",
    "x-authenticated-user",
    "x-authenticated-userid",
    "x-authenticated-groups",
    "x-authentik-username",
    "x-consumer-id",
    "x-consumer-username",
    "x-credential-identifier",
    "x-pomerium-jwt-assertion",
    "x-vouch-user",
    "x-webauth-user",
    "x-webauth-email",
    "x-remote-user",
    "x-remote-group",
    "x-remote-extra-scopes",
    "cf-access-jwt-assertion",
    "cf-access-authenticated-user-email",
    "x-amzn-oidc-data",
    "x-amzn-oidc-identity",
    "x-amzn-oidc-accesstoken",
    "x-amzn-mtls-clientcert-subject",
    "x-goog-authenticated-user-email",
    "x-goog-authenticated-user-id",
    "x-goog-iap-jwt-assertion",
    "x-appengine-user-email",
    "tailscale-user-login",
    "remote-user",
    "remote-user-id",
    "remote-email",
    "remote-groups",
    "remote-name",
    "client-cert",
    "client-cert-chain",
    "x-client-cert",
    "x-client-cert-dn",
    "ssl-client-verify",
    "x-ssl-client-s-dn",
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
fn no_prefix_is_without_a_name_that_shows_it() {
    for prefix in IDENTITY {
        let shown =
            NAMES.iter().any(|name| begins(name, prefix)) || ["cf-client-cert", "x-arr-clientcert"].contains(&prefix);
        assert!(shown, "`{prefix}` has no row in the table above");
        assert_eq!(misnomer(&prefix.replace('-', "_")), Some(Misnomer::Identity), "`{prefix}` with underscores");
    }
    for (prefixes, kind) in [(&FORWARDING[..], Misnomer::Forwarding), (&SUBSTITUTE[..], Misnomer::Substitute)] {
        for prefix in prefixes {
            assert_eq!(misnomer(&prefix.replace('-', "_")), Some(kind), "`{prefix}` with underscores");
            assert_eq!(misnomer(&prefix.to_uppercase()), Some(kind), "`{prefix}` in capitals");
        }
    }
}

#[test]
fn proxies_are_not_believed() {
    for name in [
        "forwarded",
        "x-forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-real-ip",
        "true-client-ip",
        "client-ip",
        "cf-connecting-ip",
        "cf-connecting-ipv6",
        "fastly-client-ip",
        "x-azure-clientip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-originating-ip",
        "x-remote-addr",
        "x-remote-ip",
    ] {
        for spelling in spellings(name) {
            assert_eq!(misnomer(&spelling), Some(Misnomer::Forwarding), "`{spelling}`");
        }
    }
}

#[test]
fn no_other_request_is_read_in_place_of_this_one() {
    for name in [
        "x-original-url",
        "x-original-uri",
        "x-original-host",
        "x-original-method",
        "x-original-forwarded-for",
        "x-rewrite-url",
        "x-envoy-original-path",
        "x-host",
        "x-http-host-override",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-accel-redirect",
        "x-accel-internal",
        "x-sendfile",
        "proxy",
    ] {
        for spelling in spellings(name) {
            assert_eq!(misnomer(&spelling), Some(Misnomer::Substitute), "`{spelling}`");
        }
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
        "proxy-authorization",
        "proxy-status",
        "proxying",
        "x-remote",
        "x-authority",
        "x-authorization",
        "x-auth-key",
        "x-http-version",
        "x-hostess-id",
        "x-original",
        "x-goog-api-key",
        "x-goog-api-client",
        "x-amz-date",
        "x-ms-version",
        "x-client-version",
        "client-id",
        "ssl-version",
        "remote-control",
        "tailscale-headers-info",
        "fastly-debug",
        "x-csrf-token",
        "x-accelerated",
    ] {
        assert_eq!(misnomer(name), None, "`{name}`");
    }
    assert_eq!(misnomer("my_header"), Some(Misnomer::Underscore));
}
