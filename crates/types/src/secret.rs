//! A value that must never reach a log line.
use std::fmt;

/// Longest value of an app's secret, in bytes of UTF-8.
pub const SECRET_BYTES_MAX: usize = 64 << 10;
/// Most secrets of one app.
pub const SECRETS_MAX: usize = 64;

/// Holds a credential; `Debug` and `Display` redact it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub const fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself. Every call is a place for a reviewer to look at.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
