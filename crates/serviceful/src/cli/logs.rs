//! `logs`: what functions wrote.
use clap::Args;
use control_api::{LOG_TAIL_MAX, LogEntry};
use types::AppName;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::{Out, Tone},
    text,
};

/// Arguments of `logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    app: AppName,
    /// Go on with what comes
    #[arg(short, long)]
    follow: bool,
    /// How many of the newest lines to show
    #[arg(short = 'n', long, default_value_t = 100, value_name = "LINES")]
    tail: usize,
}

pub(super) async fn run(desk: &Desk, args: LogsArgs) -> Result<Exit, Failure> {
    if args.tail > LOG_TAIL_MAX {
        return Err(Failure::usage(format!("`--tail` is at most {LOG_TAIL_MAX}")));
    }
    let client = desk.client()?;
    let mut tail = args.tail;
    loop {
        let mut lines = client.logs(&args.app, tail, args.follow).await?;
        while let Some(entry) = lines.next().await? {
            show(&desk.out, &entry)?;
        }
        if !args.follow {
            return Ok(Exit::Done);
        }
        // The platform ends a long answer, so that each part is permitted anew.
        tail = 0;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

fn show(out: &Out, entry: &LogEntry) -> Result<(), Failure> {
    if out.json {
        let line = serde_json::to_string(entry).map_err(|e| Failure::new(e.to_string()))?;
        return out.line(&line);
    }
    let tone = match entry.stream.as_str() {
        "stderr" => Tone::Careful,
        "platform" => Tone::Bad,
        _ => Tone::Strong,
    };
    let request = entry.request.map(|id| id.to_string()).unwrap_or_default();
    let head = format!("{} {} {}", text::moment(entry.at), entry.function, request);
    out.line(&format!(
        "{} {} {}",
        out.tone(Tone::Quiet, &head),
        out.tone(tone, &entry.stream),
        text::plain(&entry.text)
    ))
}
