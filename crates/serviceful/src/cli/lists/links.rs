//! Links of invitations in a file of their own.
use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use control_api::ImportedLink;
use serde_json::json;

use super::{Format, written};
use crate::cli::{failure::Failure, text};

/// A new file that nobody else can read. SECURITY: whoever has a link of it takes the account; one that is there already may be
/// somebody else's.
pub(in crate::cli) fn private_file(path: &Path) -> Result<File, Failure> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|e| {
        Failure::file("make", path, &e).next("name a file that is not there yet, in a folder that is yours")
    })
}

/// Takes the file away again, which is empty: nothing was done.
pub(in crate::cli) fn forget_file(path: &Path) {
    // What cannot be removed is empty, and nobody is worse off.
    let _ = std::fs::remove_file(path);
}

/// Writes links as CSV.
pub(in crate::cli) fn write_links(mut file: File, path: &Path, links: &[ImportedLink]) -> Result<(), Failure> {
    let rows = links.iter().map(|link| {
        json!({ "line": link.line, "email": link.email, "link": link.link, "expires_at": text::moment(link.expires_at) })
    });
    let bytes = written(&["line", "email", "link", "expires_at"], rows.collect(), Format::Csv)?;
    let failed = |e| {
        Failure::file("write", path, &e)
            .next("the links are lost; `serviceful invite revoke` takes an invitation back, and importing again makes another")
    };
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use types::UnixMillis;

    use super::*;

    #[test]
    fn links_go_into_a_new_file_that_nobody_else_reads() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("links.csv");
        let link =
            ImportedLink { line: 2, email: "a@example.org".into(), link: "http://x".into(), expires_at: UnixMillis(0) };
        write_links(private_file(&path).expect("a file"), &path, &[link]).expect("written");
        assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.starts_with("line,email,link,expires_at\n2,a@example.org,http://x,"), "{text}");
        assert!(private_file(&path).is_err(), "another's file is not written to");
    }
}
