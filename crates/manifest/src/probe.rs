//! What must hold for any text that somebody deploys as a manifest. Run by the tests on mangled manifests, and by `fuzz/`.
use crate::{ERRORS_MAX, Manifest};

/// A manifest, or errors that can be shown: a bounded number of bounded sentences without control characters, each with its place.
pub fn manifest(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Err(errors) = Manifest::parse(&text) else { return };
    assert!(!errors.is_empty() && errors.len() <= ERRORS_MAX);
    for error in errors {
        assert!(error.line >= 1 && error.column >= 1);
        let words = error.to_string();
        assert!(words.len() < 4_096, "an error of {} bytes", words.len());
        assert!(!words.chars().any(char::is_control), "{words:?}");
    }
}
