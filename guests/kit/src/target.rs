//! The path and query of a request.

/// `/big?n=5` taken apart. No percent-decoding: tests send plain words.
pub struct Target {
    path: String,
    query: String,
}

impl Target {
    pub fn parse(path_with_query: &str) -> Self {
        let (path, query) = path_with_query.split_once('?').unwrap_or((path_with_query, ""));
        Self { path: path.to_owned(), query: query.to_owned() }
    }

    /// The last segment, so that a function works under whatever route it is mounted.
    pub fn verb(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or("")
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    pub fn number(&self, key: &str, otherwise: u64) -> u64 {
        self.text(key).and_then(|value| value.parse().ok()).unwrap_or(otherwise)
    }
}
