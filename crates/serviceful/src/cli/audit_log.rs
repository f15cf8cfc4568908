//! `audit`: list events, and verify that none was touched.
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use control_api::{AUDIT_PAGE_MAX, AuditEvent, AuditPage, AuditQuery, AuditVerdict};
use types::{AppName, PrincipalId, RequestId, UnixMillis, counted};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    numbers::within,
    out::{Out, Tone},
    text,
};

/// Events that are listed at most; whoever wants more takes the log's files.
const EVENTS_MAX: usize = 100_000;

/// Arguments of `audit`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    verb: Option<AuditVerb>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum AuditVerb {
    /// List events, newest first (this is the default)
    #[command(visible_alias = "ls", after_help = "Example:\n  serviceful audit list --app coffee --result refused")]
    List(ListArgs),
    /// Check that no event was changed, removed, reordered or cut off
    #[command(
        after_help = "Example:\n  serviceful audit verify\n  serviceful audit verify --dir /backup/audit --key 'NAME+HASH+KEY'"
    )]
    Verify(VerifyArgs),
}

#[derive(Debug, Clone, Default, Args)]
struct ListArgs {
    /// Only of this app
    #[arg(long)]
    app: Option<AppName>,
    /// Only of this kind
    #[arg(long, value_parser = PossibleValuesParser::new(AuditQuery::KINDS))]
    kind: Option<String>,
    /// Only this action, such as `invoke` or `app-deploy`
    #[arg(long)]
    action: Option<String>,
    /// Only by this person or service account
    #[arg(long, value_name = "ID")]
    principal: Option<PrincipalId>,
    /// Only with this result
    #[arg(long, value_parser = PossibleValuesParser::new(AuditQuery::RESULTS))]
    result: Option<String>,
    /// Only of this request
    #[arg(long, value_name = "ID")]
    request: Option<RequestId>,
    /// Not before: `2026-11-24T07:00:00Z`
    #[arg(long, value_name = "MOMENT", value_parser = since)]
    since: Option<UnixMillis>,
    /// Only entries before this place in the log
    #[arg(long, value_name = "INDEX", allow_negative_numbers = true)]
    before: Option<u64>,
    /// How many at most
    #[arg(long, short = 'n', default_value_t = 50, allow_negative_numbers = true, value_parser = within(1..=EVENTS_MAX))]
    limit: usize,
}

#[derive(Debug, Args)]
struct VerifyArgs {
    /// Verify the files in this folder, without any platform
    #[arg(long, value_name = "FOLDER", requires = "key")]
    dir: Option<PathBuf>,
    /// The log's public key (`name+hash+key`), or a file that holds it
    #[arg(long)]
    key: Option<String>,
}

fn since(text: &str) -> Result<UnixMillis, String> {
    let at: jiff::Timestamp = text.parse().map_err(|_| "write a moment like 2026-11-24T07:00:00Z".to_owned())?;
    u64::try_from(at.as_millisecond()).map(UnixMillis).map_err(|_| "the moment is before 1970".to_owned())
}

pub(super) async fn run(desk: &Desk, args: AuditArgs) -> Result<Exit, Failure> {
    match args.verb {
        None => list(desk, args.list).await,
        Some(AuditVerb::List(more)) => list(desk, more).await,
        Some(AuditVerb::Verify(VerifyArgs { dir: Some(dir), key: Some(key) })) => verdict(desk, &offline(&dir, &key)?),
        Some(AuditVerb::Verify(_)) => {
            let found = desk.client()?.verify_audit().await?;
            verdict(desk, &found)
        }
    }
}

async fn list(desk: &Desk, args: ListArgs) -> Result<Exit, Failure> {
    let mut query = AuditQuery {
        limit: Some(args.limit.min(AUDIT_PAGE_MAX)),
        before: args.before,
        kind: args.kind,
        app: args.app,
        action: args.action,
        principal: args.principal,
        result: args.result,
        request: args.request,
        since: args.since,
    };
    let client = desk.client()?;
    let mut page = client.audit(&query).await?;
    // A page ends when the platform has looked through as much as it does at once, found or not: the question is how many events
    // there are, not how many lie in the newest part of the log.
    while page.events.len() < args.limit
        && let Some(before) = page.before
    {
        (query.before, query.limit) = (Some(before), Some((args.limit - page.events.len()).min(AUDIT_PAGE_MAX)));
        let older = client.audit(&query).await?;
        page.events.extend(older.events);
        page.before = older.before;
    }
    desk.out.answer(&page, show)?;
    Ok(Exit::Done)
}

fn who(event: &AuditEvent) -> String {
    event.who.id.map_or_else(|| event.who.kind.clone(), |id| id.to_string())
}

fn outcome(event: &AuditEvent) -> String {
    let status = event.outcome.status.map_or_else(String::new, |status| format!(" {status}"));
    let code = event.outcome.code.as_ref().map_or_else(String::new, |code| format!(" {code}"));
    // Whoever is somebody for development is not who they seem: that comes first, and is not cut off.
    let (first, last) = match &event.note {
        Some(note) if note.starts_with("development:") => (event.note.as_ref(), event.outcome.reason.as_ref()),
        note => (event.outcome.reason.as_ref(), note.as_ref()),
    };
    let said: Vec<String> = first.into_iter().chain(last).map(|words| text::plain(words)).collect();
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
    format!("{}{status}{code}{said}", event.outcome.result)
}

fn show(out: &Out, page: &AuditPage) -> Result<(), Failure> {
    let rows = page.events.iter().map(|event| {
        let index = event.index.map_or_else(String::new, |index| index.to_string());
        let what = format!("{} {}", event.action, event.resource);
        vec![index, text::moment(event.at), event.kind.clone(), who(event), text::plain(&what), outcome(event)]
    });
    out.table(&["INDEX", "AT", "KIND", "WHO", "WHAT", "OUTCOME"], &rows.collect::<Vec<_>>())?;
    if let Some(before) = page.before {
        out.note(&format!("older ones: add `--before {before}`"));
    }
    Ok(())
}

/// The files alone, with the public key: no platform is asked, so none can lie.
fn offline(dir: &Path, key: &str) -> Result<AuditVerdict, Failure> {
    let key = if Path::new(key).is_file() {
        let read = std::fs::read_to_string(key);
        read.map_err(|e| Failure::file("read", Path::new(key), &e))?.trim().to_owned()
    } else {
        key.to_owned()
    };
    // An empty folder holds nothing that could be wrong, and is what remains when somebody removed the log.
    if !dir.join("append").is_dir() && !dir.join("checkpoint").exists() {
        return Err(Failure::new(format!("there is no audit log in `{}`", dir.display()))
            .next("name the folder that holds `checkpoint`, `tile` and `append`: `audit` in the platform's data folder, or a copy of it"));
    }
    let report = audit::verify(dir, &key, audit::VerifyOptions::default()).map_err(|e| Failure::new(e.to_string()))?;
    if report.records == 0 {
        return Err(Failure::new(format!("the audit log in `{}` holds no record", dir.display())).next(
            "a platform records its start before anything else, so its log is never empty: find out who removed it",
        ));
    }
    Ok(AuditVerdict {
        intact: report.is_intact(),
        entries: report.records,
        checkpoint: report
            .checkpoint
            .map(|head| format!("{}, root {}", counted(head.size, "record", "records"), head.root)),
        findings: report.problems.iter().map(ToString::to_string).collect(),
    })
}

fn verdict(desk: &Desk, found: &AuditVerdict) -> Result<Exit, Failure> {
    desk.out.answer(found, |out, found| {
        let (tone, word) = if found.intact { (Tone::Good, "intact") } else { (Tone::Bad, "NOT intact") };
        out.line(&format!(
            "the audit log is {}: {}",
            out.tone(tone, word),
            counted(found.entries, "record", "records")
        ))?;
        if let Some(checkpoint) = &found.checkpoint {
            out.line(&format!("signed checkpoint: {}", checkpoint.trim()))?;
        }
        for finding in &found.findings {
            out.line(&format!("  {}", text::plain(finding)))?;
        }
        Ok(())
    })?;
    Ok(if found.intact { Exit::Done } else { Exit::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(result: &str, reason: Option<&str>, note: Option<&str>) -> AuditEvent {
        let mut value = serde_json::json!({
            "at": 0, "kind": "request", "who": { "kind": "person" }, "action": "invoke", "resource": "till/main",
            "outcome": { "result": result, "status": 403, "code": "POL-001" },
        });
        if let Some(reason) = reason {
            value["outcome"]["reason"] = reason.into();
        }
        let mut event: AuditEvent = serde_json::from_value(value).expect("an event");
        event.note = note.map(str::to_owned);
        event
    }

    #[test]
    fn a_reason_does_not_hide_a_note_and_development_comes_first() {
        for (reason, note, said) in [
            (Some("no-grant"), Some("kv: get"), "refused 403 POL-001: no-grant; kv: get"),
            (
                Some("bob is no member"),
                Some("development: bob, single-factor"),
                "refused 403 POL-001: development: bob, single-factor; bob is no member",
            ),
            (None, Some("development: bob, single-factor"), "refused 403 POL-001: development: bob, single-factor"),
            (None, None, "refused 403 POL-001"),
        ] {
            assert_eq!(outcome(&event("refused", reason, note)), said);
        }
    }
}
