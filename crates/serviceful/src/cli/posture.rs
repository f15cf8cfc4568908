//! `posture`: how well the walls stand, and what the door refused before it was a request. Ends with 1 when something is missing.
use control_api::{BrokenConnections, Posture};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::{Out, Tone},
    text::{moment, plain},
};

pub(super) async fn run(desk: &Desk) -> Result<Exit, Failure> {
    let posture = desk.client()?.posture().await?;
    desk.out.answer(&posture, show)?;
    Ok(if posture.is_whole() { Exit::Done } else { Exit::Failed })
}

fn show(out: &Out, posture: &Posture) -> Result<(), Failure> {
    let engine = posture.engine_build.as_deref().unwrap_or("no engine yet");
    let strict = if posture.strict { "strict" } else { "best effort" };
    out.line(&format!("serviceful {}, {engine}, {strict}", posture.version))?;
    for process in &posture.processes {
        let tone = if process.missing.is_empty() { Tone::Good } else { Tone::Careful };
        let app = process.app.as_ref().map_or_else(String::new, |app| format!(" ({app})"));
        out.line(&format!("{} {}{app}", out.tone(tone, &format!("{:<8}", process.level)), process.role))?;
        for missing in &process.missing {
            out.line(&format!("         {missing}"))?;
        }
    }
    for check in &posture.checks {
        let (tone, word) = if check.ok { (Tone::Good, "ok") } else { (Tone::Bad, "not ok") };
        out.line(&format!("{} {}: {}", out.tone(tone, &format!("{word:<8}")), check.name, plain(&check.detail)))?;
        if let Some(next) = &check.next {
            out.line(&format!("         {next}"))?;
        }
    }
    match &posture.broken_connections {
        Some(seen) => out.line(&format!("         {}", broken(seen))),
        None => Ok(()),
    }
}

/// No check: the internet is never quiet.
fn broken(seen: &BrokenConnections) -> String {
    let since = moment(seen.since);
    let causes = seen.causes.iter().filter(|(_, count)| **count > 0);
    let causes: Vec<String> = causes.map(|(name, count)| format!("{count} {}", name.replace('_', " "))).collect();
    match seen.total {
        0 => format!("no broken connection since {since}"),
        1 => format!("1 broken connection refused since {since}: {}", causes.join(", ")),
        total => format!("{total} broken connections refused since {since}: {}", causes.join(", ")),
    }
}
