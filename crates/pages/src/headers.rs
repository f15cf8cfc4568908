//! The headers that go with every page and every asset.
use std::sync::LazyLock;

use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

/// What a page may do: load its own style, scripts and picture, talk to its own host, send its forms there. Nothing else.
// `require-trusted-types-for` makes browsers refuse to turn text into script or markup, whatever our scripts did.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// With every page.
pub const PAGE: &[(&str, &str)] = &[
    ("content-type", "text/html; charset=utf-8"),
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    // A page may hold a form token, an address, a recovery code.
    ("cache-control", "no-store"),
    // Not `no-referrer`: with that, browsers send `Origin: null` with our own forms, and the check of the origin would refuse
    // them. This value tells other hosts nothing either.
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    // For browsers that do not know `frame-ancestors`.
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("origin-agent-cluster", "?1"),
    ("permissions-policy", PERMISSIONS),
    ("x-robots-tag", "noindex, nofollow"),
];

/// With a page that stands alone, under a host that is none of ours: in place of [`CONTENT_SECURITY_POLICY`]. Its one style sheet is
/// named by its hash; it may load nothing, send nothing and run nothing.
pub fn alone() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        let hash = BASE64.encode(&Sha256::digest(crate::assets::STYLE_SHEET));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
        )
    });
    &POLICY
}

/// With every asset. Its name changes with its content, so it may be kept for ever.
pub const ASSET: &[(&str, &str)] = &[
    ("cache-control", "public, max-age=31536000, immutable"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
];

const PERMISSIONS: &str = "publickey-credentials-create=(self), publickey-credentials-get=(self), clipboard-write=(self), \
     accelerometer=(), camera=(), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), \
     microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()";

/// The policy for a page whose form may end at an app: Chromium holds the redirects after a form to `form-action`, too, so the
/// origin of the return address has to be in it. `None` for what is not an origin: `https://coffee.apps.example.com`.
// SECURITY: the origin becomes part of a header; a `;` in it would write policy of its own.
pub fn content_security_policy_for(return_to: &str) -> Option<String> {
    let host = return_to.strip_prefix("https://").or_else(|| return_to.strip_prefix("http://"))?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]".contains(&b);
    let fits = !host.is_empty() && host.len() <= 262 && host.bytes().all(plain);
    fits.then(|| CONTENT_SECURITY_POLICY.replace("form-action 'self'", &format!("form-action 'self' {return_to}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A policy as a browser reads it: of two directives with one name, the second is ignored.
    fn directives(policy: &str) -> BTreeMap<&str, Vec<&str>> {
        let mut read = BTreeMap::new();
        for text in policy.split(';') {
            let mut words = text.split_ascii_whitespace();
            let name = words.next().unwrap();
            assert!(read.insert(name, words.collect()).is_none(), "`{name}` twice");
        }
        read
    }

    #[test]
    fn a_page_may_do_what_it_needs_and_nothing_else() {
        let policy = directives(CONTENT_SECURITY_POLICY);
        for name in ["script-src", "style-src", "img-src", "connect-src", "form-action"] {
            assert_eq!(policy[name], ["'self'"], "{name}");
        }
        for name in ["default-src", "frame-ancestors", "base-uri", "object-src", "trusted-types"] {
            assert_eq!(policy[name], ["'none'"], "{name}");
        }
        assert_eq!(policy["require-trusted-types-for"], ["'script'"]);
        assert_eq!(policy.len(), 11);
        for lax in ["unsafe", "*", "data:", "blob:", "http"] {
            assert!(!CONTENT_SECURITY_POLICY.contains(lax), "{lax}");
        }
    }

    #[test]
    fn a_return_address_widens_where_forms_may_end_only() {
        for origin in ["https://coffee.apps.example.com", "http://coffee.localhost:8080", "https://[::1]:8443"] {
            let text = content_security_policy_for(origin).unwrap();
            let (wide, narrow) = (directives(&text), directives(CONTENT_SECURITY_POLICY));
            assert_eq!(wide["form-action"], ["'self'", origin]);
            assert!(
                wide.iter().filter(|(name, _)| **name != "form-action").all(|(name, values)| narrow[name] == *values)
            );
        }
        for not_one in [
            "",
            "coffee",
            "https://",
            "javascript:alert(1)",
            "https://a; script-src *",
            "https://a b",
            "https://a/b",
            "https://*.example.com",
            "https://a,b",
            "https://a\r\nx: y",
            "https://user@a",
            "HTTPS://a",
            "https://A",
        ] {
            assert_eq!(content_security_policy_for(not_one), None, "{not_one}");
        }
        assert_eq!(content_security_policy_for(&format!("https://{}", "a".repeat(300))), None);
    }

    #[test]
    fn headers_are_well_formed_and_stand_once() {
        for list in [PAGE, ASSET] {
            let names: std::collections::BTreeSet<_> = list.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), list.len());
            for (name, value) in list {
                assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
                assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)) && !value.contains("  "), "{value}");
            }
        }
    }
}
