//! A route of a manifest: an optional method and a path pattern.
use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// An HTTP method that a route can name (RFC 9110 section 9). CONNECT and TRACE are never served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    pub const ALL: [Self; 7] = [Self::Get, Self::Head, Self::Post, Self::Put, Self::Patch, Self::Delete, Self::Options];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether the method promises not to change anything (RFC 9110 section 9.2.1).
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options)
    }

    /// Whether sending it twice means the same as once (RFC 9110 section 9.2.2).
    pub const fn is_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Method {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|method| method.as_str() == text).ok_or(())
    }
}

/// Why a text is not a route.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    #[error(
        "`{method}` is not a method that can be served; use GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS or none for all"
    )]
    Method { method: String },
    #[error("the path of route `{route}` must start with `/`")]
    NoSlash { route: String },
    #[error("the path of route `{route}` is longer than {max} bytes")]
    TooLong { route: String, max: usize },
    #[error("segment `{segment}` of route `{route}` is not plain text, `:name`, or a last `*`")]
    Segment { route: String, segment: String },
    #[error("route `{route}` names `:{name}` twice")]
    Twice { route: String, name: String },
}

/// `GET /menu`, `/orders/*` (the folder itself and all below it), `/users/:id`. No method means every method.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoutePattern {
    method: Option<Method>,
    path: Arc<str>,
}

impl RoutePattern {
    pub const MAX_BYTES: usize = 512;

    /// The one method served, or `None` for all of them.
    pub const fn method(&self) -> Option<Method> {
        self.method
    }

    /// The path pattern as written, starting with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }
}

fn check_path(route: &str, path: &str) -> Result<(), RouteError> {
    let route = || route.to_owned();
    let Some(rest) = path.strip_prefix('/') else {
        return Err(RouteError::NoSlash { route: route() });
    };
    let mut names: Vec<&str> = Vec::new();
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        if let Some(name) = segment.strip_prefix(':') {
            let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
            if name.is_empty() || !name.bytes().all(word) {
                return Err(RouteError::Segment { route: route(), segment: segment.into() });
            }
            if names.contains(&name) {
                return Err(RouteError::Twice { route: route(), name: name.into() });
            }
            names.push(name);
            continue;
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'(),;=@+".contains(&b);
        let fits = match segment {
            // `*` and an empty segment are allowed only at the end: `/orders/*`, `/` and `/folder/`.
            "*" | "" => last,
            "." | ".." => false,
            other => other.bytes().all(plain),
        };
        if !fits {
            return Err(RouteError::Segment { route: route(), segment: segment.into() });
        }
    }
    Ok(())
}

impl FromStr for RoutePattern {
    type Err = RouteError;
    fn from_str(text: &str) -> Result<Self, RouteError> {
        if text.len() > Self::MAX_BYTES {
            return Err(RouteError::TooLong { route: text.chars().take(40).collect(), max: Self::MAX_BYTES });
        }
        let (method, path) = match text.split_once(' ') {
            Some((word, path)) => {
                let method = word.parse().map_err(|()| RouteError::Method { method: word.into() })?;
                (Some(method), path)
            }
            None => (None, text),
        };
        check_path(text, path)?;
        Ok(Self { method, path: path.into() })
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.method {
            Some(method) => write!(f, "{method} {}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

impl fmt::Debug for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for RoutePattern {
    type Error = RouteError;
    fn try_from(text: String) -> Result<Self, RouteError> {
        text.parse()
    }
}

impl From<RoutePattern> for String {
    fn from(route: RoutePattern) -> String {
        route.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_the_manifest_shows() {
        for good in ["GET /menu", "/orders/*", "/users/:id", "/", "/*", "POST /a/:b/c/:d", "/docs/"] {
            let route: RoutePattern = good.parse().unwrap_or_else(|e| panic!("{good}: {e}"));
            assert_eq!(route.to_string(), good);
        }
    }

    #[test]
    fn refuses_what_two_parsers_could_read_differently() {
        for bad in [
            "", "menu", "TRACE /", "get /", "/a//b", "/../x", "/a/./b", "/*/x", "/a*", "/:", "/:a/:a", "/%2e", "/a\\b",
            "/a?b", "/a#b", "GET  /", "/ä", "/{x}",
        ] {
            assert!(bad.parse::<RoutePattern>().is_err(), "{bad}");
        }
        assert!(format!("/{}", "a".repeat(600)).parse::<RoutePattern>().is_err());
    }
}
