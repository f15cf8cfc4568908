//! From a source of the project to one module: asks `serviceful-bundle`, which is installed beside this executable.
//!
//! A program of its own, because it reads what strangers wrote (`node_modules`) and closes its own jail for that.
use std::{ffi::OsStr, path::Path, process::Stdio};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use wire::bundle::{Bundle, DOCUMENT_BYTES_MAX, Document, Notice};

use super::{failure::Failure, text};

/// File name of the bundler.
pub(super) const PROGRAM: &str = "serviceful-bundle";
/// Most of what the bundler says on its standard error that is shown.
const SAID_BYTES_MAX: u64 = 4 << 10;
/// Most errors of a source that are shown.
const ERRORS_MAX: usize = 20;

/// Bundles `entry`, a path below `folder`.
pub(super) async fn bundle(folder: &Path, entry: &str) -> Result<Bundle, Failure> {
    let program = std::env::current_exe()
        .map_err(|e| Failure::new(format!("cannot tell where this executable is: {e}")))?
        .with_file_name(PROGRAM);
    let mut child = command(&program, folder, entry).spawn().map_err(|e| {
        Failure::new(format!("the bundler `{}` cannot be started: {e}", program.display()))
            .next("install the executables of one version together")
    })?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (document, said) = tokio::join!(read(out, DOCUMENT_BYTES_MAX as u64), read(err, SAID_BYTES_MAX));
    let broke = |what: &str| {
        let said = text::plain(String::from_utf8_lossy(&said).trim());
        Failure::new(format!(
            "the bundler failed on `{entry}`: {what}{}{said}",
            if said.is_empty() { "" } else { ": " }
        ))
    };
    let status = child.wait().await.map_err(|e| broke(&e.to_string()))?;
    match serde_json::from_slice(&document) {
        Ok(Document::Bundle(bundle)) => Ok(bundle),
        Ok(Document::Refused { errors }) => Err(refused(entry, &errors)),
        Err(_) => Err(broke(&format!("it gave no answer ({status})"))),
    }
}

#[expect(clippy::disallowed_methods, reason = "the platform's own bundler, on the author's machine")]
fn command(program: &Path, folder: &Path, entry: &str) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program);
    command.args([folder.as_os_str(), OsStr::new(entry)]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

async fn read(from: Option<impl AsyncRead + Unpin>, max: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // What is cut off is no document, which is told as one.
        let _ = from.take(max).read_to_end(&mut bytes).await;
    }
    bytes
}

fn refused(entry: &str, errors: &[Notice]) -> Failure {
    let mut lines: Vec<String> = errors.iter().take(ERRORS_MAX).map(shown).collect();
    if errors.len() > ERRORS_MAX {
        lines.push(format!("and {} more", errors.len() - ERRORS_MAX));
    }
    let s = if errors.len() == 1 { "" } else { "s" };
    Failure::new(format!("`{entry}` has {} error{s}\n{}", errors.len(), lines.join("\n")))
}

/// `src/menu.ts:3:7: what is wrong`, and the line with its mark.
pub(super) fn shown(notice: &Notice) -> String {
    let mut out = String::new();
    if let Some(file) = &notice.file {
        out.push_str(&text::plain(file));
        for number in [notice.line, notice.column].into_iter().flatten() {
            out.push_str(&format!(":{number}"));
        }
        out.push_str(": ");
    }
    out.push_str(&notice.message.lines().map(text::plain).collect::<Vec<_>>().join("\n"));
    for line in notice.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
        out.push_str("\n  ");
        out.push_str(&text::plain(line));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_their_place_and_steer_no_terminal() {
        let notice = Notice {
            file: Some("src/a.ts".into()),
            line: Some(3),
            column: Some(7),
            message: "unexpected \u{1b}[2J".into(),
            excerpt: Some("const a = ;\n          ^".into()),
        };
        assert_eq!(shown(&notice), "src/a.ts:3:7: unexpected \\u{1b}[2J\n  const a = ;\n            ^");
        let failure = refused("a.ts", &vec![notice; 30]);
        assert!(failure.what.starts_with("`a.ts` has 30 errors\n") && failure.what.ends_with("and 10 more"));
        let nowhere = Notice { file: None, line: None, column: None, message: "too large".into(), excerpt: None };
        assert_eq!(shown(&nowhere), "too large");
    }
}
