//! Why the door cannot be opened.
use crate::ConfigError;

/// What stops a service from starting or going on.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the listener cannot be used; was it handed over by the supervisor?")]
    Listener(#[source] std::io::Error),
    #[error("tls cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("`{path}` cannot be read as PEM; give a chain (leaf first) and a PKCS#8 or SEC1 key")]
    Pem {
        path: String,
        #[source]
        source: rustls_pki_types::pem::Error,
    },
    #[error("`{path}` holds no certificate")]
    Empty { path: String },
    #[error("the key in `{path}` does not fit its certificate, or is of a kind that is not served")]
    Key {
        path: String,
        #[source]
        source: rustls::Error,
    },
    #[error("the first certificate in `{path}` cannot be read")]
    Leaf {
        path: String,
        #[source]
        source: webpki::Error,
    },
    #[error(
        "the certificate in `{path}` is to be used for {missing}, and every client would refuse it there: it holds {held}. Correct its `names`, or order a certificate that holds them"
    )]
    NotForNames { path: String, missing: String, held: String },
    #[error("`{name}` is not a host name or `*.` and a host name")]
    Name { name: String },
}
