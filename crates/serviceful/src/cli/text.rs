//! Text for people: tables, times, sizes.
use types::UnixMillis;

/// Cut to `width` characters, with a mark where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Text of others on a terminal: control characters, which could rewrite what is on it, become visible.
pub(super) fn plain(text: &str) -> String {
    let one = |c: char| match c {
        '\t' => vec![' '],
        c if c.is_control() => c.escape_default().collect(),
        c => vec![c],
    };
    text.chars().flat_map(one).collect()
}

/// Lines of a table.
pub(super) fn table(headings: &[&str], rows: &[Vec<String>], width: Option<usize>) -> Vec<String> {
    let length = |text: &str| text.chars().count();
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(at, heading)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| length(cell));
            cells.chain([length(heading)]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat((width + 2).saturating_sub(length(cell))));
        }
        let line = line.trim_end();
        width.map_or_else(|| line.to_owned(), |width| cut(line, width))
    };
    let head = line(headings.to_vec());
    std::iter::once(head).chain(rows.iter().map(|row| line(row.iter().map(String::as_str).collect()))).collect()
}

/// `2026-11-24 07:00:44Z`.
pub(super) fn moment(at: UnixMillis) -> String {
    let stamp = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    stamp.map_or_else(|| format!("{} ms", at.0), |stamp| stamp.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// `12.3 KiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut rest = bytes as f64;
    let mut units = UNITS.iter().peekable();
    while let Some(unit) = units.next() {
        if rest < 1_024.0 || units.peek().is_none() {
            return if *unit == "B" { format!("{bytes} B") } else { format!("{rest:.1} {unit}") };
        }
        rest /= 1_024.0;
    }
    format!("{bytes} B")
}

/// How long until `end`: `in 29 min`, `in 12 days`, `over`.
pub(super) fn until(now: UnixMillis, end: UnixMillis) -> String {
    let seconds = end.0.saturating_sub(now.0) / 1_000;
    match seconds {
        0 => "over".to_owned(),
        1..=119 => format!("in {seconds} s"),
        120..=7_199 => format!("in {} min", seconds / 60),
        7_200..=172_799 => format!("in {} hours", seconds / 3_600),
        _ => format!("in {} days", (seconds + 43_200) / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up_and_end_at_the_edge() {
        let rows =
            vec![vec!["a".to_owned(), "http://a.localhost".to_owned()], vec!["coffee".to_owned(), "x".to_owned()]];
        assert_eq!(table(&["NAME", "URL"], &rows, None), ["NAME    URL", "a       http://a.localhost", "coffee  x"]);
        assert!(table(&["NAME", "URL"], &rows, Some(12)).iter().all(|line| line.chars().count() <= 12));
    }

    #[test]
    fn moments_sizes_and_spans_read_well() {
        assert_eq!(moment(UnixMillis(0)), "1970-01-01 00:00:00Z");
        assert_eq!([size(0), size(1_023), size(1_536), size(3 << 20)], ["0 B", "1023 B", "1.5 KiB", "3.0 MiB"]);
        let now = UnixMillis(1_000);
        assert_eq!(until(now, UnixMillis(500)), "over");
        assert_eq!(until(now, now.plus_seconds(1_740)), "in 29 min");
        assert_eq!(until(now, now.plus_seconds(90 * 86_400)), "in 90 days");
        assert_eq!(until(now, now.plus_seconds(7 * 86_400 - 1)), "in 7 days", "what was just made for a week");
    }

    #[test]
    fn the_terminal_is_not_for_others_to_steer() {
        assert_eq!(plain("a\x1b[2Jb\tc\u{9b}d"), "a\\u{1b}[2Jb c\\u{9b}d");
    }
}
