//! The audit log as the control room reads it: questions, the verifier, and the files for whoever verifies on their own.
use std::{path::PathBuf, sync::Arc};

use audit::{Filter, OutcomeWord, VerifyOptions};
use bytes::Bytes;
use control::AuditPort;
use control_api::{AuditEvent, AuditPage, AuditQuery, AuditVerdict};
use gateway::Fut;
use serde::de::{DeserializeOwned, IntoDeserializer};
use types::EngineBuild;

use super::keeper_link::KeeperLink;

/// The largest file that is handed out: an entry bundle of 256 records of 64 KiB fits.
const FILE_BYTES_MAX: u64 = 32 << 20;

pub(super) struct AuditLink {
    folder: PathBuf,
    key: String,
    keeper: Arc<KeeperLink>,
    build: EngineBuild,
    log: Arc<audit::Log>,
}

impl AuditLink {
    pub(super) fn new(
        folder: PathBuf,
        key: String,
        keeper: Arc<KeeperLink>,
        build: EngineBuild,
        log: Arc<audit::Log>,
    ) -> Self {
        Self { folder, key, keeper, build, log }
    }
}

/// A word of an enum as JSON spells it.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    T::deserialize(IntoDeserializer::<serde::de::value::Error>::into_deserializer(text))
        .map_err(|e| format!("`{text}`: {e}"))
}

fn filter(query: AuditQuery) -> Result<Filter, String> {
    let outcome = match query.result.as_deref() {
        None => None,
        Some("done") => Some(OutcomeWord::Done),
        Some("refused") => Some(OutcomeWord::Refused),
        Some("failed") => Some(OutcomeWord::Failed),
        Some(other) => return Err(format!("`{other}` is not a result; use done, refused or failed")),
    };
    Ok(Filter {
        app: query.app,
        principal: query.principal,
        kind: query.kind.as_deref().map(word).transpose()?,
        action: query.action,
        request: query.request,
        outcome,
        since: query.since,
        until: None,
        before: query.before,
        limit: query.limit.unwrap_or(50),
    })
}

/// The API shows events as they stand in the log, with their place.
fn shown(entry: audit::Entry) -> Result<AuditEvent, String> {
    let value = serde_json::to_value(&entry.event).map_err(|e| e.to_string())?;
    let mut event: AuditEvent = serde_json::from_value(value).map_err(|e| e.to_string())?;
    event.index = Some(entry.index);
    Ok(event)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())?
}

impl AuditPort for AuditLink {
    fn query(&self, query: AuditQuery) -> Fut<'_, Result<AuditPage, String>> {
        Box::pin(async move {
            self.log.settled().await.map_err(|e| e.to_string())?;
            let (folder, filter, size) = (self.folder.clone(), filter(query)?, self.log.status().durable);
            blocking(move || {
                let page = audit::query(&folder, &filter).map_err(|e| e.to_string())?;
                let events = page.entries.into_iter().map(shown).collect::<Result<_, _>>()?;
                Ok(AuditPage { events, before: page.next_before, size })
            })
            .await
        })
    }

    fn verify(&self) -> Fut<'_, Result<AuditVerdict, String>> {
        Box::pin(async move {
            let signed = self.keeper.facts(self.build.clone()).await?.signed;
            let (folder, key) = (self.folder.clone(), self.key.clone());
            blocking(move || {
                let options = VerifyOptions { keeper_signed: signed, progress: None };
                let report = audit::verify(&folder, &key, options).map_err(|e| e.to_string())?;
                Ok(AuditVerdict {
                    intact: report.is_intact(),
                    entries: report.records,
                    checkpoint: report.checkpoint.map(|head| format!("{} records, root {}", head.size, head.root)),
                    findings: report.problems.iter().map(ToString::to_string).collect(),
                })
            })
            .await
        })
    }

    fn file<'a>(&'a self, path: &'a str) -> Fut<'a, Result<Option<Bytes>, String>> {
        Box::pin(async move {
            let plain = |part: &str| {
                !part.is_empty()
                    && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
                    && !part.starts_with("..")
            };
            if !path.split('/').all(plain) {
                return Ok(None);
            }
            let file = self.folder.join(path);
            blocking(move || match std::fs::metadata(&file) {
                Ok(found) if found.is_file() && found.len() <= FILE_BYTES_MAX => {
                    std::fs::read(&file).map(|bytes| Some(Bytes::from(bytes))).map_err(|e| e.to_string())
                }
                _ => Ok(None),
            })
            .await
        })
    }
}
