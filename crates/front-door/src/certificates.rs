//! Certificates by name. There is no default one: a scan of addresses learns no names.
mod names;

use std::{collections::HashMap, fmt, path::PathBuf, sync::Arc};

use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde::{Deserialize, Serialize};

use crate::{DoorError, error::CertificateError};

/// Where the door gets certificates from; whoever orders them implements it.
pub trait Certificates: Send + Sync {
    /// The certificate for a server name (lower case), or `None`: then the handshake ends.
    fn for_name(&self, sni: &str) -> Option<Arc<CertifiedKey>>;
}

/// One certificate in files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFile {
    /// Names it is used for: `console.example.com`, or `*.apps.example.com` for one label more.
    pub names: Vec<String>,
    /// PEM, leaf first.
    pub chain: PathBuf,
    /// PEM, PKCS#8, SEC1 or PKCS#1.
    pub key: PathBuf,
}

/// Certificates read once from files.
pub struct FileCertificates {
    exact: HashMap<String, Arc<CertifiedKey>>,
    /// By what follows the star and its dot.
    wild: HashMap<String, Arc<CertifiedKey>>,
}

impl FileCertificates {
    /// Reads every file, and checks that keys fit their certificates, and certificates the names they are used for.
    pub fn read(files: &[CertificateFile]) -> Result<Self, CertificateError> {
        let mut certificates = Self { exact: HashMap::new(), wild: HashMap::new() };
        for file in files {
            let key = Arc::new(read_one(file)?);
            let lower: Vec<String> = file.names.iter().map(|name| name.to_ascii_lowercase()).collect();
            for (name, lower) in file.names.iter().zip(&lower) {
                let (map, host) = match lower.strip_prefix("*.") {
                    Some(rest) => (&mut certificates.wild, rest.to_owned()),
                    None => (&mut certificates.exact, lower.clone()),
                };
                let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
                if host.is_empty() || !host.bytes().all(plain) {
                    return Err(CertificateError::Name { name: name.clone() });
                }
                map.insert(host, key.clone());
            }
            if let Some(leaf) = key.cert.first() {
                names::check(&file.chain.display().to_string(), leaf, &lower)?;
            }
        }
        Ok(certificates)
    }
}

impl Certificates for FileCertificates {
    fn for_name(&self, sni: &str) -> Option<Arc<CertifiedKey>> {
        self.exact.get(sni).or_else(|| self.wild.get(sni.split_once('.')?.1)).cloned()
    }
}

fn read_one(file: &CertificateFile) -> Result<CertifiedKey, CertificateError> {
    let chain_path = file.chain.display().to_string();
    let key_path = file.key.display().to_string();
    let unreadable = |path: &str, source| CertificateError::Pem { path: path.to_owned(), source };
    let chain = CertificateDer::pem_file_iter(&file.chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| unreadable(&chain_path, e))?;
    if chain.is_empty() {
        return Err(CertificateError::Empty { path: chain_path });
    }
    let key = PrivateKeyDer::from_pem_file(&file.key).map_err(|e| unreadable(&key_path, e))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain, key, &provider).map_err(|source| CertificateError::Key { path: key_path, source })
}

/// The port, as rustls wants it.
struct Resolver(Arc<dyn Certificates>);

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.for_name(&hello.server_name()?.to_ascii_lowercase())
    }
}

/// TLS 1.2 and 1.3, `h2` or `http/1.1` by ALPN, tickets, and no 0-RTT: early data can be replayed.
pub(crate) fn server_config(certificates: Arc<dyn Certificates>) -> Result<ServerConfig, DoorError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(DoorError::Tls)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Resolver(certificates)));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(DoorError::Tls)?;
    config.max_early_data_size = 0;
    Ok(config)
}
