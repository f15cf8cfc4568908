//! Style sheet, scripts and the mark, as files with names that change with what is in them.
//!
//! They are written by hand and served as they are written. A name holds the first 16 hexadecimal digits of the content's
//! SHA-256, so that browsers may keep a file for ever and never run an old script with a new page.
use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// One file to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// `/assets/pages.0123456789abcdef.css`
    pub path: String,
    /// For the header `Content-Type`.
    pub content_type: &'static str,
    pub bytes: &'static [u8],
    /// What it is called in the source.
    source: &'static str,
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// What every page looks like.
pub(crate) const STYLE_SHEET: &str = include_str!("../assets/pages.css");

static ALL: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    vec![
        asset("pages.css", STYLE, STYLE_SHEET),
        asset("passkey.js", SCRIPT, include_str!("../assets/passkey.js")),
        asset("reveal.js", SCRIPT, include_str!("../assets/reveal.js")),
        asset("copy.js", SCRIPT, include_str!("../assets/copy.js")),
        asset("fragment.js", SCRIPT, include_str!("../assets/fragment.js")),
        asset("pow.js", SCRIPT, include_str!("../assets/pow.js")),
        asset("mark.svg", PICTURE, include_str!("../assets/mark.svg")),
    ]
});

/// Everything to serve under `/assets/`.
pub fn all() -> &'static [Asset] {
    &ALL
}

/// The file of a request's path, or `None`.
pub fn find(path: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| asset.path == path)
}

/// For templates. A name that is not there leads nowhere; a test finds it.
pub(crate) fn path_of(source: &str) -> &'static str {
    ALL.iter().find(|asset| asset.source == source).map_or("/assets/missing", |asset| asset.path.as_str())
}

fn asset(source: &'static str, content_type: &'static str, text: &'static str) -> Asset {
    Asset { path: hashed(source, text.as_bytes()), content_type, bytes: text.as_bytes(), source }
}

/// `pages.css` and its content, to `/assets/pages.<hash>.css`.
fn hashed(source: &str, bytes: &[u8]) -> String {
    let hash: String = HEXLOWER.encode(&Sha256::digest(bytes)).chars().take(16).collect();
    let (stem, kind) = source.split_once('.').unwrap_or((source, "bin"));
    format!("/assets/{stem}.{hash}.{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_changes_with_the_content_and_with_nothing_else() {
        let name = hashed("pages.css", b"a { }");
        assert_eq!(name, hashed("pages.css", b"a { }"));
        assert_ne!(name, hashed("pages.css", b"a {}"));
        assert!(name.starts_with("/assets/pages.") && name.ends_with(".css") && name.len() == 34, "{name}");
    }

    #[test]
    fn every_file_is_found_under_its_name_only() {
        for asset in all() {
            assert_eq!(find(&asset.path), Some(asset));
            assert_eq!(asset.path, hashed(asset.source, asset.bytes));
            assert!(!asset.bytes.is_empty());
        }
        assert_eq!(find("/assets/pages.css"), None);
        assert_eq!(find("/assets/pages.0000000000000000.css"), None);
    }
}
