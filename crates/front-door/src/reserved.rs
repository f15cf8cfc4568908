//! Header names that only the platform, or a proxy that we do not have, could send honestly.
//! `identity.md` section 3: folded before they are compared, refused rather than removed, so that the attempt is seen.

/// Names beginning like this claim to be an identity.
const PREFIXES: [&str; 10] = [
    "sf-",
    "x-sf-",
    "x-ms-client-principal",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-auth-request-",
    "cf-access-",
    "x-amzn-oidc-",
    "remote-user",
];

/// Names that a trusted proxy would set about the client or the original request. There is no mode with such a proxy yet,
/// so whoever sends one lies or is misconfigured; believing it or dropping it silently would hide that.
const FORWARDING: [&str; 8] = [
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "x-original-url",
    "x-rewrite-url",
];

/// What is wrong with a header name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misnomer {
    /// It would be read as an identity by somebody behind us.
    Identity,
    /// It speaks for a proxy.
    Forwarding,
    /// An underscore: gateways of the CGI kind fold it into another name.
    Underscore,
}

/// `name` without the differences that some parser somewhere ignores.
fn folded(name: &str) -> impl Iterator<Item = u8> + '_ {
    name.bytes().map(|b| match b {
        b'_' | b'.' | b' ' => b'-',
        other => other.to_ascii_lowercase(),
    })
}

fn begins(name: &str, prefix: &str) -> bool {
    let mut bytes = folded(name);
    prefix.bytes().all(|wanted| bytes.next() == Some(wanted))
}

/// Says what is wrong with a header name, if anything.
pub(crate) fn misnomer(name: &str) -> Option<Misnomer> {
    // Most names are told apart by their first letter.
    let first = name.bytes().next().map(|b| b.to_ascii_lowercase());
    if matches!(first, Some(b's' | b'x' | b'c' | b'r')) && PREFIXES.iter().any(|prefix| begins(name, prefix)) {
        return Some(Misnomer::Identity);
    }
    if matches!(first, Some(b'x' | b't' | b'c')) && FORWARDING.iter().any(|prefix| begins(name, prefix)) {
        return Some(Misnomer::Forwarding);
    }
    if name.eq_ignore_ascii_case("forwarded") {
        return Some(Misnomer::Forwarding);
    }
    name.bytes().any(|b| b == b'_').then_some(Misnomer::Underscore)
}

#[cfg(test)]
#[path = "reserved/tests.rs"]
mod tests;
