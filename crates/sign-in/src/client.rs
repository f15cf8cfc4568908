//! The one client that there is: the platform's own command line (RFC 6749 section 2.1: public, it holds no secret). And what it
//! may ask for.
//! If this is wrong: a code goes somewhere else than to the computer that asked for it.
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// Its name.
pub(crate) const ID: &str = "serviceful-cli";
/// A command line on a computer without a browser: the code is shown to the person, who types it.
const SHOWN: &str = "urn:ietf:wg:oauth:2.0:oob";
const PATH: &str = "/callback";

pub(crate) const PUSH: &str = "/oauth/par";
pub(crate) const AUTHORIZE: &str = "/oauth/authorize";
pub(crate) const TOKEN: &str = "/oauth/token";
pub(crate) const KEYS: &str = "/oauth/jwks";
pub(crate) const DONE: &str = "/cli/done";

/// Where the answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Redirect {
    /// To this computer itself, at a port that the command line listens on (RFC 8252 section 7.3).
    Loopback {
        v6: bool,
        port: u16,
    },
    Shown,
}

impl Redirect {
    /// SECURITY: a redirect is one of a handful of texts, byte by byte, with a port of the client's choice. No other host, path,
    /// query, user, or spelling of an address: whoever parses it again, a browser say, reads exactly this.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == SHOWN {
            return Some(Self::Shown);
        }
        let (v6, rest) = match text.strip_prefix("http://127.0.0.1:") {
            Some(rest) => (false, rest),
            None => (true, text.strip_prefix("http://[::1]:")?),
        };
        let port: u16 = rest.strip_suffix(PATH)?.parse().ok().filter(|port| *port != 0)?;
        let read = Self::Loopback { v6, port };
        (read.to_text() == text).then_some(read)
    }

    pub(crate) fn to_text(self) -> String {
        match self.origin() {
            Some(origin) => format!("{origin}{PATH}"),
            None => SHOWN.to_owned(),
        }
    }

    /// For the policy of the page whose form ends there.
    pub(crate) fn origin(self) -> Option<String> {
        match self {
            Self::Loopback { v6: false, port } => Some(format!("http://{}:{port}", Ipv4Addr::LOCALHOST)),
            Self::Loopback { v6: true, port } => Some(format!("http://[::1]:{port}")),
            Self::Shown => None,
        }
    }
}

/// `S256` in base64url (RFC 7636 section 4.2), a thumbprint, a `state`: nothing that means something elsewhere.
pub(crate) fn is_plain(text: &str, bytes: std::ops::RangeInclusive<usize>) -> bool {
    bytes.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// What a computer calls itself, as far as it can be shown: letters, digits, dots and dashes.
pub(crate) fn computer(said: &str) -> Option<String> {
    let fits = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = said.chars().filter(fits).take(40).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_to_this_very_computer_and_nowhere_else() {
        for good in
            ["http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback", "http://[::1]:8080/callback", SHOWN]
        {
            assert_eq!(Redirect::parse(good).map(Redirect::to_text).as_deref(), Some(good));
        }
        for bad in [
            "",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:080/callback",
            "http://127.0.0.1:+80/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:80",
            "http://127.0.0.1:80/",
            "http://127.0.0.1:80/callback/",
            "http://127.0.0.1:80/callback?x=1",
            "http://127.0.0.1:80/callback#x",
            "http://127.0.0.1:80/x/../callback",
            "http://127.0.0.1:80/%63allback",
            "http://127.0.0.1:80@evil.example/callback",
            "http://127.0.0.1:80\\@evil.example/callback",
            "http://evil.example:80/callback",
            "http://127.0.0.1.evil.example:80/callback",
            "http://127.0.0.2:80/callback",
            "http://0.0.0.0:80/callback",
            "http://2130706433:80/callback",
            "http://0x7f.1:80/callback",
            "http://localhost:80/callback",
            "http://user@127.0.0.1:80/callback",
            "http://[::ffff:127.0.0.1]:80/callback",
            "http://[0:0:0:0:0:0:0:1]:80/callback",
            "https://127.0.0.1:80/callback",
            "HTTP://127.0.0.1:80/callback",
            " http://127.0.0.1:80/callback",
            "http://127.0.0.1:80/callback ",
            "http://127.0.0.1:80\r\n/callback",
            "javascript:alert(1)//127.0.0.1:80/callback",
            "urn:ietf:wg:oauth:2.0:oob:auto",
        ] {
            assert_eq!(Redirect::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_computer_is_a_plain_name() {
        assert_eq!(computer("build-3.example").as_deref(), Some("build-3.example"));
        assert_eq!(computer("<b>\u{202e}a b\r\n\u{e9}").as_deref(), Some("bab\u{e9}"));
        assert_eq!(computer(&"x".repeat(99)).map(|name| name.len()), Some(40));
        assert_eq!(computer(" \u{200b}"), None);
    }
}
