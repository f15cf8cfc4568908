//! Where a platform or an app answers.
use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use http::Uri;

/// An origin to send requests to, or the platform's socket on this host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    Origin(Origin),
    /// The host socket; `host` is what the platform calls its console (with the port, where one is typed).
    Socket {
        path: Arc<PathBuf>,
        host: Arc<str>,
    },
}

/// `scheme://host:port` and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    pub(crate) tls: bool,
    /// Lower case; an IPv6 address with its brackets.
    pub(crate) host: Arc<str>,
    pub(crate) port: Option<u16>,
}

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("`{text}` is not an address; write `https://console.example.com`")]
    Malformed { text: String },
    #[error("`{text}` has more than scheme, host and port; write only `{origin}`")]
    TooMuch { text: String, origin: String },
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let shown = || text.chars().take(100).collect::<String>();
        let malformed = || AddressError::Malformed { text: shown() };
        let uri: Uri = text.trim().parse().map_err(|_| malformed())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(malformed()),
        };
        let authority = uri.authority().ok_or_else(malformed)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(malformed());
        }
        // The parser lets a port pass that does not fit 16 bits, and an empty one.
        let bare = authority.as_str().len() == authority.host().len();
        if !bare && authority.port_u16().is_none() {
            return Err(malformed());
        }
        let origin = Origin { tls, host: authority.host().to_ascii_lowercase().into(), port: authority.port_u16() };
        if uri.path() != "/" || uri.query().is_some() {
            return Err(AddressError::TooMuch { text: shown(), origin: origin.to_string() });
        }
        Ok(Self::Origin(origin))
    }
}

impl Address {
    /// The origin that the platform knows itself under, as far as that can be told from here.
    pub(crate) fn origin(&self) -> String {
        match self {
            Self::Origin(origin) => origin.to_string(),
            // Nobody proves a key there: the kernel vouches for the user.
            Self::Socket { host, .. } => format!("http://{host}"),
        }
    }
}

impl Origin {
    pub(crate) fn port_or_default(&self) -> u16 {
        self.port.unwrap_or(if self.tls { 443 } else { 80 })
    }

    /// The host without the brackets of an IPv6 address.
    pub(crate) fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// A name that means this machine, by definition (RFC 6761 section 6.3), whatever a resolver says.
    pub(crate) fn is_localhost(&self) -> bool {
        &*self.host == "localhost" || self.host.ends_with(".localhost")
    }

    /// Nothing between here and there can listen.
    pub(crate) fn is_confidential(&self) -> bool {
        let loopback = || self.bare_host().parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        self.tls || self.is_localhost() || loopback()
    }

    /// The value of the `Host` field.
    pub(crate) fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => origin.fmt(f),
            Self::Socket { path, .. } => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        match text.parse() {
            Ok(Address::Origin(origin)) => origin,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_address_is_scheme_host_and_port() {
        assert_eq!(origin("HTTP://Console.Localhost:8080/").to_string(), "http://console.localhost:8080");
        assert_eq!(origin("https://console.example.com").port_or_default(), 443);
        assert_eq!(origin("http://[::1]:8080").bare_host(), "::1");
        for bad in [
            "",
            "console",
            "ftp://x",
            "http://",
            "http://a@b",
            "//x",
            "http://x/y",
            "http://x?y",
            "http://x:99999",
            "http://x:",
        ] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_tls_and_this_machine_are_confidential() {
        for yes in ["https://a.example", "http://coffee.localhost:8080", "http://127.0.0.1", "http://[::1]:1"] {
            assert!(origin(yes).is_confidential(), "{yes}");
        }
        for no in ["http://a.example", "http://10.0.0.1", "http://localhost.example", "http://notlocalhost"] {
            assert!(!origin(no).is_confidential(), "{no}");
        }
    }
}
