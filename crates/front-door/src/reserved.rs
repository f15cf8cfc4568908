//! Header names that only the platform, or a proxy that we do not have, could send honestly.
//! `identity.md` section 3: folded before they are compared, refused rather than removed, so that the attempt is seen.

/// Names beginning like this claim to be an identity, or the proof of one. Each is what some product puts in front of an
/// application, and what that application then believes.
const IDENTITY: [&str; 40] = [
    // Ours.
    "sf-",
    "x-sf-",
    // Web servers and the frameworks behind them.
    "remote-user",
    "remote-email",
    "remote-groups",
    "remote-name",
    "x-remote-user",
    "x-remote-group",
    "x-remote-extra-",
    "x-webauth-",
    "x-auth-user",
    "x-authenticated-",
    // Proxies that sign in.
    "x-auth-request-",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-authentik-",
    "x-consumer-",
    "x-credential-identifier",
    "x-pomerium-",
    "x-vouch-",
    "tailscale-user-",
    // Clouds.
    "x-amzn-oidc-",
    "x-amzn-mtls-",
    "cf-access-",
    "x-goog-authenticated-user-",
    "x-goog-iap-",
    "x-appengine-",
    "x-ms-client-principal",
    "x-ms-token-",
    // Client certificates (RFC 9440 and what was there before it).
    "client-cert",
    "cf-client-cert",
    "ssl-client-",
    "x-arr-clientcert",
    "x-client-cert",
    "x-forwarded-client-cert",
    "x-forwarded-tls-client-cert",
    "x-ssl-client-",
];

/// Names beginning like this are for a trusted proxy to set, about the client or the original request. There is no mode with
/// such a proxy yet, so whoever sends one lies or is misconfigured; believing it or dropping it silently would hide that.
const FORWARDING: [&str; 14] = [
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-proxyuser-ip",
    "x-azure-clientip",
    "x-azure-socketip",
    "client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
];

/// Names beginning like this make whoever believes them serve another request or another file than the one that was checked.
const SUBSTITUTE: [&str; 11] = [
    // Another target or host than that of the request line.
    "x-original-",
    "x-rewrite-url",
    "x-envoy-original-",
    "x-http-host-override",
    "x-url-scheme",
    // Another method.
    "x-http-method",
    "x-method-override",
    // A file or an inner location of a server.
    "x-accel-",
    "x-sendfile",
    "x-lighttpd-send-file",
    "x-reproxy-url",
];

/// Whole names; longer ones are honest. `Proxy` becomes the variable `HTTP_PROXY` where CGI is spoken.
const WHOLE: [(&str, Misnomer); 3] =
    [("forwarded", Misnomer::Forwarding), ("proxy", Misnomer::Substitute), ("x-host", Misnomer::Substitute)];

/// What is wrong with a header name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misnomer {
    /// It would be read as an identity by somebody behind us.
    Identity,
    /// It speaks for a proxy.
    Forwarding,
    /// It asks for another request, or another way to serve it, than the one that was checked.
    Substitute,
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
    if matches!(first, Some(b's' | b'x' | b'c' | b'r' | b't')) && IDENTITY.iter().any(|prefix| begins(name, prefix)) {
        return Some(Misnomer::Identity);
    }
    if matches!(first, Some(b'x' | b't' | b'c' | b'f')) && FORWARDING.iter().any(|prefix| begins(name, prefix)) {
        return Some(Misnomer::Forwarding);
    }
    if first == Some(b'x') && SUBSTITUTE.iter().any(|prefix| begins(name, prefix)) {
        return Some(Misnomer::Substitute);
    }
    if let Some((_, misnomer)) = WHOLE.iter().find(|(whole, _)| whole.len() == name.len() && begins(name, whole)) {
        return Some(*misnomer);
    }
    name.bytes().any(|b| b == b'_').then_some(Misnomer::Underscore)
}

#[cfg(test)]
#[path = "reserved/tests.rs"]
mod tests;
