//! Paths of a manifest: always below the folder the manifest is in, one spelling a file, the same on every system.
use crate::{
    bounds::PATH_BYTES_MAX,
    findings::{At, Findings, quote},
    sheet::Sheet,
};

/// Why a text is not a path that a manifest may hold, and what to write instead.
pub(crate) fn problem(path: &str) -> Option<(&'static str, &'static str)> {
    if path.is_empty() {
        return Some(("is empty", "write a path relative to the manifest, such as `app.wasm`"));
    }
    if path.contains('\\') {
        return Some(("has a backslash", "separate folders with `/`"));
    }
    if path.starts_with('/') || path.starts_with('~') || path.contains(':') {
        return Some(("is not relative", "write a path relative to the manifest"));
    }
    if path.chars().any(char::is_control) {
        return Some(("has a control character", "remove it"));
    }
    path.split('/').find_map(|segment| match segment {
        ".." => Some(("leaves the folder", "keep the file below the manifest's folder")),
        "." => Some(("has a segment `.`", "leave the `.` out")),
        "" => Some(("has an empty segment", "write one `/` between folders and none at the end")),
        _ => None,
    })
}

/// The path under `key`, checked.
pub(crate) fn read(sheet: &Sheet<'_, '_>, key: &str, findings: &mut Findings<'_>) -> Option<At<String>> {
    let path = sheet.text(key, PATH_BYTES_MAX, findings)?;
    let span = sheet.entry(key)?.span();
    match problem(&path.value) {
        None => Some(path),
        Some((what, instead)) => {
            findings.report(&span, &sheet.path_of(key), format!("the path {} {what}", quote(&path.value)), instead);
            None
        }
    }
}
