//! Section `[mail]` of the operator's file. Without it nothing is sent, and links are handed over by people.
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
};

use rustls_pki_types::ServerName;
use serde::{Deserialize, Serialize};
use types::email_address;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte (RFC 8314).
    #[default]
    Implicit,
    /// After a word in clear (RFC 3207), or not at all: a server without it gets nothing.
    StartTls,
    /// Not. Only for a server on this machine.
    None,
}

/// The operator's mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name or address of the server.
    pub host: String,
    /// Default: 465, 587 with `starttls`, 25 without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(default)]
    pub tls: Tls,
    /// The account there, with `password_file`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The file with the account's password. Never the password itself: the file that this is read from is shown by `--check`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// A PEM file of the one authority that the server's certificate must come from; otherwise those of this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// The address that mails come from.
    pub from: String,
    /// The name beside it.
    #[serde(default = "default_name")]
    pub from_name: String,
    /// Mails an hour beyond which strangers cause no more: resets and sign-ups. What people of the platform cause still goes.
    #[serde(default = "default_hourly")]
    pub hourly_max: u32,
}

fn default_name() -> String {
    "Serviceful".to_owned()
}

const fn default_hourly() -> u32 {
    500
}

/// Why the section cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("`mail.host = \"{0}\"` is neither a host name nor an address: give it without scheme and port")]
    Host(String),
    #[error("`mail.port = 0` is no port; leave it out for the usual one")]
    Port,
    #[error("`mail.from = \"{0}\"` is not an e-mail address")]
    From(String),
    #[error(
        "`mail.from_name` is empty, longer than 60 characters, or holds a character that steers text; choose a plain name"
    )]
    FromName,
    #[error("`mail.user` and `mail.password_file` belong together: give both, or neither")]
    HalfAnAccount,
    #[error("`mail.{key}` names `{path}`, which cannot be read: {reason}")]
    Unreadable { key: &'static str, path: String, reason: String },
    #[error("the password file `{0}` can be read by everybody on this machine; run `chmod 600 {0}`")]
    OpenPassword(String),
    #[error("the password file `{0}` is empty, longer than 512 bytes, or more than one line")]
    Password(String),
    #[error(
        "`mail.tls = \"none\"` sends links and passwords in clear, which only a server on this machine may get: `{0}` is not a loopback address. Use \"implicit\" or \"starttls\""
    )]
    InClear(String),
}

impl Config {
    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Tls::Implicit => 465,
            Tls::StartTls => 587,
            Tls::None => 25,
        })
    }

    /// Makes relative paths relative to `base`.
    pub fn resolve(&mut self, base: &Path) {
        for file in [&mut self.password_file, &mut self.ca].into_iter().flatten() {
            *file = base.join(&*file);
        }
    }

    /// # Errors
    /// What of it cannot work, with what to do.
    pub fn check(&self) -> Result<(), ConfigError> {
        if ServerName::try_from(self.host.as_str()).is_err() {
            return Err(ConfigError::Host(self.host.clone()));
        }
        if self.port == Some(0) {
            return Err(ConfigError::Port);
        }
        if email_address(&self.from).is_none() {
            return Err(ConfigError::From(self.from.clone()));
        }
        let characters = self.from_name.chars().count();
        if !(1..=60).contains(&characters) || self.from_name.chars().any(char::is_control) {
            return Err(ConfigError::FromName);
        }
        // Names are resolved anew each time; what `localhost` leads to is looked at then.
        if self.tls == Tls::None && !is_here(&self.host) {
            return Err(ConfigError::InClear(self.host.clone()));
        }
        match (&self.user, &self.password_file) {
            (None, None) => {}
            (Some(_), Some(file)) => drop(read_password(file)?),
            _ => return Err(ConfigError::HalfAnAccount),
        }
        match &self.ca {
            Some(file) => std::fs::read(file).map(drop).map_err(|e| unreadable("ca", file, &e)),
            None => Ok(()),
        }
    }
}

/// Whether a name or address means this machine.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(crate) fn unreadable(key: &'static str, path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError::Unreadable { key, path: path.display().to_string(), reason: error.to_string() }
}

/// The password of a file: its one line.
pub(crate) fn read_password(file: &Path) -> Result<String, ConfigError> {
    use std::{io::Read, os::unix::fs::MetadataExt};
    const BYTES_MAX: u64 = 512;
    let path = || file.display().to_string();
    let opened = std::fs::File::open(file).map_err(|e| unreadable("password_file", file, &e))?;
    let mode = opened.metadata().map_err(|e| unreadable("password_file", file, &e))?.mode();
    // SECURITY: whoever reads it sends mails in the platform's name.
    if mode & 0o007 != 0 {
        return Err(ConfigError::OpenPassword(path()));
    }
    let mut text = String::new();
    let read = opened.take(BYTES_MAX + 2).read_to_string(&mut text);
    read.map_err(|e| unreadable("password_file", file, &e))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let fits = (1..=512).contains(&line.len()) && !line.contains(['\n', '\r', '\0']);
    if fits { Ok(line.to_owned()) } else { Err(ConfigError::Password(path())) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn config(host: &str, tls: Tls) -> Config {
        Config {
            host: host.into(),
            port: None,
            tls,
            user: None,
            password_file: None,
            ca: None,
            from: "platform@example.org".into(),
            from_name: default_name(),
            hourly_max: default_hourly(),
        }
    }

    #[test]
    fn nothing_goes_in_clear_to_another_machine() {
        for here in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
            assert_eq!(config(here, Tls::None).check(), Ok(()), "{here}");
        }
        for elsewhere in ["192.0.2.1", "mail.example.org", "localhost.example.org", "0.0.0.0", "::", "10.0.0.1"] {
            let error = config(elsewhere, Tls::None).check().unwrap_err();
            assert!(error.to_string().contains("\"implicit\" or \"starttls\""), "{elsewhere}: {error}");
            for tls in [Tls::Implicit, Tls::StartTls] {
                assert_eq!(config(elsewhere, tls).check(), Ok(()), "{elsewhere}");
            }
        }
        assert_eq!([Tls::Implicit, Tls::StartTls, Tls::None].map(|tls| config("a", tls).port()), [465, 587, 25]);
    }

    #[test]
    fn what_cannot_work_is_said_at_once() {
        let good = config("mail.example.org", Tls::Implicit);
        for host in ["", "smtp://mail.example.org", "mail.example.org:465", "a b", "a\r\nb"] {
            assert!(matches!(config(host, Tls::Implicit).check(), Err(ConfigError::Host(_))), "{host:?}");
        }
        for from in ["", "platform", "a@b\r\nBcc: x@y", "A <a@b.example>"] {
            let bad = Config { from: from.into(), ..good.clone() };
            assert!(matches!(bad.check(), Err(ConfigError::From(_))), "{from:?}");
        }
        for name in ["", "a\r\nBcc: x@example.org", &"x".repeat(61)] {
            assert_eq!(Config { from_name: name.into(), ..good.clone() }.check(), Err(ConfigError::FromName));
        }
        assert_eq!(Config { port: Some(0), ..good.clone() }.check(), Err(ConfigError::Port));
        assert_eq!(Config { user: Some("u".into()), ..good }.check(), Err(ConfigError::HalfAnAccount));
    }

    #[test]
    fn a_password_is_one_line_that_others_cannot_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let write = |text: &[u8], mode: u32| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            read_password(&file)
        };
        for text in ["pass word \u{e9}", "pass word \u{e9}\n", "pass word \u{e9}\r\n"] {
            assert_eq!(write(text.as_bytes(), 0o640).as_deref(), Ok("pass word \u{e9}"));
        }
        assert!(matches!(write(b"x", 0o604), Err(ConfigError::OpenPassword(_))));
        for bad in [&b""[..], b"\n", b"one\ntwo", b"a\0b", &[b'x'; 600]] {
            assert!(matches!(write(bad, 0o600), Err(ConfigError::Password(_))), "{bad:?}");
        }
        assert!(matches!(write(&[0xff, 0xfe], 0o600), Err(ConfigError::Unreadable { .. })));
    }
}
