//! Does a certificate hold the names that it is to be used for? Otherwise every client would end the handshake, and the
//! operator would learn of it from them.
use rustls_pki_types::{CertificateDer, ServerName};
use webpki::EndEntityCert;

use crate::error::CertificateError;

/// Refuses names, in lower case, that no client would accept from this certificate.
/// A name with a star is fine when the certificate holds it, or at least one name of that kind.
pub(super) fn check(path: &str, leaf: &CertificateDer<'_>, names: &[String]) -> Result<(), CertificateError> {
    let leaf =
        EndEntityCert::try_from(leaf).map_err(|source| CertificateError::Leaf { path: path.to_owned(), source })?;
    let held: Vec<String> = leaf.valid_dns_names().map(str::to_ascii_lowercase).collect();
    let covered = |name: &str| match name.strip_prefix("*.") {
        Some(rest) => held.iter().any(|held| held.split_once('.').is_some_and(|(_, below)| below == rest)),
        None => ServerName::try_from(name).is_ok_and(|name| leaf.verify_is_valid_for_subject_name(&name).is_ok()),
    };
    let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| !covered(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let held = if held.is_empty() { "no host name".to_owned() } else { held.join(", ") };
    Err(CertificateError::NotForNames { path: path.to_owned(), missing: missing.join(", "), held })
}
