//! The audit log: list, check, hand out for checking elsewhere.
use control_api::{AUDIT_PAGE_MAX, AuditQuery};
use gateway::{Refusal, Reply};
use http::StatusCode;
use types::UnixMillis;

use crate::{
    input::{self, Query},
    refuse, reply,
    service::{Asked, Shared},
};

const PAGE: usize = 50;

pub(crate) async fn list(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    let query = Query::parse(&asked.head, &AuditQuery::PARAMETERS)?;
    let wanted = AuditQuery {
        limit: Some(query.count("limit", PAGE, 1..=AUDIT_PAGE_MAX)?),
        before: query.value("before")?,
        kind: query.text("kind").map(str::to_owned),
        app: query.value("app")?,
        action: query.text("action").map(str::to_owned),
        principal: query.value("principal")?,
        result: query.text("result").map(str::to_owned),
        request: query.value("request")?,
        since: query.value("since")?.map(UnixMillis),
    };

    known("kind", wanted.kind.as_deref(), &AuditQuery::KINDS)?;
    known("result", wanted.result.as_deref(), &AuditQuery::RESULTS)?;

    let page = shared.ports.audit.query(wanted).await.map_err(Refusal::internal)?;

    reply::ok(&page)
}

fn known(key: &str, word: Option<&str>, words: &[&str]) -> Result<(), Refusal> {
    match word.filter(|word| !words.contains(word)) {
        Some(word) => {
            let word = input::short(word);
            Err(refuse::bad_input(format!("`{key}={word}` is not known; it is one of {}", words.join(", "))))
        }
        None => Ok(()),
    }
}

pub(crate) async fn verify(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;

    let verdict = shared.ports.audit.verify().await.map_err(Refusal::internal)?;

    reply::ok(&verdict)
}

pub(crate) async fn file(shared: &Shared, asked: Asked) -> Result<Reply, Refusal> {
    Query::parse(&asked.head, &[])?;
    let prefix = control_api::Op::AuditFile.row().path.trim_end_matches('*');
    let path = asked.head.uri.path().strip_prefix(prefix).unwrap_or_default();

    // SECURITY: only names that tlog-tiles knows; nothing that could climb out of the log's folder.
    if !is_log_path(path) {
        return Err(refuse::not_found(format!("file `{}` of the audit log", input::short(path))));
    }

    let bytes = shared.ports.audit.file(path).await.map_err(Refusal::internal)?;
    let bytes = bytes.ok_or_else(|| refuse::not_found(format!("file `{path}` of the audit log")))?;

    Ok(reply::with_body(StatusCode::OK, "application/octet-stream", reply::full(bytes)).into())
}

/// `checkpoint`, or `tile/<level or "entries">/<index in threes>[.p/<width>]` (C2SP tlog-tiles).
fn is_log_path(path: &str) -> bool {
    const SEGMENTS_MAX: usize = 10;
    if path == "checkpoint" {
        return true;
    }
    let Some(rest) = path.strip_prefix("tile/") else { return false };
    let segments: Vec<&str> = rest.split('/').collect();
    let known = |segment: &&str| {
        let digits = segment.trim_start_matches('x').trim_end_matches(".p");
        **segment == *"entries"
            || (!digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    (2..=SEGMENTS_MAX).contains(&segments.len()) && segments.iter().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_logs_own_files_have_paths() {
        for good in ["checkpoint", "tile/0/000", "tile/entries/x001/234", "tile/1/000.p/7", "tile/entries/000.p/255"] {
            assert!(is_log_path(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "tile",
            "tile/",
            "tile/0",
            "tile/../../keeper/key",
            "checkpoint/..",
            "tile/0/",
            "tile/0/abc",
            "tile/0/0000",
            "tile//0",
        ] {
            assert!(!is_log_path(bad), "{bad}");
        }
    }
}
