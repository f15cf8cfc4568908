//! `logs`: what functions wrote.
use clap::Args;
use control_api::{LOG_TAIL_MAX, LogEntry};
use types::AppName;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    numbers::within,
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
    #[arg(short = 'n', long = "lines", alias = "tail", default_value_t = 100, value_name = "LINES", allow_negative_numbers = true, value_parser = within(0..=LOG_TAIL_MAX))]
    tail: usize,
}

pub(super) async fn run(desk: &Desk, args: LogsArgs) -> Result<Exit, Failure> {
    let client = desk.client()?;
    let (mut tail, mut shown) = (args.tail, false);
    loop {
        let mut lines = client.logs(&args.app, tail, args.follow).await?;
        while let Some(entry) = lines.next().await? {
            show(&desk.out, &entry)?;
            shown = true;
        }
        if !args.follow {
            if args.tail == 0 {
                desk.out.note("`-n 0` shows none of the lines that there are; with `-f` it shows those to come");
            } else if !shown {
                desk.out.note(&format!(
                    "`{}` has written nothing; what its functions print comes here, with the request's id",
                    args.app
                ));
            }
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
    let place = entry.place.as_deref().map(|place| format!(" {}", text::plain(place))).unwrap_or_default();
    out.line(&format!(
        "{} {}{} {}",
        out.tone(Tone::Quiet, &head),
        out.tone(tone, &entry.stream),
        out.tone(Tone::Quiet, &place),
        text::plain(&entry.text)
    ))
}
