//! The name of a deployment: a digest of all that it consists of.
use aws_lc_rs::digest::{Context, SHA256};
use types::{AppName, DeploymentId, Digest};

/// SHA-256 over a domain line and each part with its length (64 bits, big-endian), so that no two contents share a text.
/// `components` may come in any order.
pub(crate) fn deployment_id(
    app: &AppName,
    manifest: &str,
    policy: Option<&str>,
    components: &[(&str, Digest)],
) -> DeploymentId {
    let mut sorted = components.to_vec();
    sorted.sort_unstable();
    let mut hash = Context::new(&SHA256);
    hash.update(b"serviceful deployment v1\n");
    let mut part = |bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(app.as_str().as_bytes());
    part(manifest.as_bytes());
    // No policy and an empty one are two things.
    part(if policy.is_some() { b"policy" } else { b"" });
    part(policy.unwrap_or_default().as_bytes());
    for (path, digest) in sorted {
        part(path.as_bytes());
        part(digest.as_bytes());
    }
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(hash.finish().as_ref()) {
        *to = *from;
    }
    DeploymentId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(manifest: &str, policy: Option<&str>, components: &[(&str, u8)]) -> DeploymentId {
        let app = AppName::parse("coffee").expect("a name");
        let components: Vec<_> = components.iter().map(|(p, d)| (*p, Digest::from_bytes([*d; 32]))).collect();
        deployment_id(&app, manifest, policy, &components)
    }

    #[test]
    fn every_part_counts_and_order_does_not() {
        let one = id("m", Some("p"), &[("a", 1), ("b", 2)]);
        assert_eq!(one, id("m", Some("p"), &[("b", 2), ("a", 1)]));
        let others = [
            id("mp", Some(""), &[("a", 1), ("b", 2)]),
            id("m", None, &[("a", 1), ("b", 2)]),
            id("m", Some(""), &[("a", 1), ("b", 2)]),
            id("m", Some("p"), &[("a", 2), ("b", 1)]),
            id("m", Some("p"), &[("a", 1)]),
            id("m", Some("p"), &[("ab", 1), ("", 2)]),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(one, *other, "{at}");
            assert!(!others.iter().skip(at + 1).any(|o| o == other), "{at}");
        }
    }
}
