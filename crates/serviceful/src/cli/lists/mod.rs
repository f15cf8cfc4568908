//! Lists of people and members as files: CSV (RFC 4180) or one JSON document a line. Export holds no secret; import is read whole
//! before anything is sent, and every mistake is named with its line.
mod links;
mod members;
mod people;

use std::{collections::BTreeMap, fmt::Display, path::Path};

use clap::ValueEnum;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{failure::Failure, out::Out, project, text};

pub(super) use links::{forget_file, private_file, write_links};
pub(super) use members::{members, read_members};
pub(super) use people::{people, read_people};

/// Longest file, in bytes.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Mistakes that are named.
const PROBLEMS_MAX: usize = 50;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated values, with the names of the columns in the first line
    Csv,
    /// One JSON document a line
    Jsonl,
}

impl Format {
    /// What was asked for; programs that said nothing else get JSON.
    pub(super) fn or_usual(wanted: Option<Self>, out: &Out) -> Self {
        wanted.unwrap_or(if out.json { Self::Jsonl } else { Self::Csv })
    }
}

fn written(columns: &[&str], rows: Vec<Value>, format: Format) -> Result<Vec<u8>, Failure> {
    let failed = |e: &dyn Display| Failure::new(format!("the list cannot be written: {e}"));
    if format == Format::Jsonl {
        let mut bytes = Vec::new();
        for row in rows {
            bytes.extend(serde_json::to_vec(&row).map_err(|e| failed(&e))?);
            bytes.push(b'\n');
        }
        return Ok(bytes);
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(columns).map_err(|e| failed(&e))?;
    for row in rows {
        let cell = |column: &&str| match row.get(*column) {
            Some(Value::String(text)) => harmless(text),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        csv.write_record(columns.iter().map(cell)).map_err(|e| failed(&e))?;
    }
    csv.into_inner().map_err(|e| failed(&e))
}

/// What makes a spreadsheet take a cell for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// SECURITY: people choose their names, and whoever opens the list in a spreadsheet would run `=HYPERLINK(…)` as themselves. An
/// apostrophe in front makes a text of it; a text that begins with one gets another, so that reading gives back what was there.
fn harmless(text: &str) -> String {
    if text.starts_with(FORMULA) || text.starts_with('\'') { format!("'{text}") } else { text.to_owned() }
}

/// The other way.
fn meant(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) || rest.starts_with('\'') => rest,
        _ => cell,
    }
}

/// What a kind of list looks like in CSV.
struct Shape {
    /// Names of the columns; what is of no use to an import is passed over.
    columns: &'static [&'static str],
    needed: &'static [&'static str],
}

/// A row, or what is wrong with it.
type Row<T> = Result<T, Vec<String>>;

/// One line of CSV.
struct Cells<'a> {
    headers: &'a csv::StringRecord,
    record: &'a csv::StringRecord,
    problems: Vec<String>,
}

impl Cells<'_> {
    fn text(&self, name: &str) -> String {
        let at = self.headers.iter().position(|header| header == name);
        at.and_then(|at| self.record.get(at)).map(|cell| meant(cell).trim().to_owned()).unwrap_or_default()
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_str() {
            "true" => true,
            "false" | "" => false,
            other => {
                self.problems.push(format!("`{name}` is `true` or `false`, not `{}`", shown(other)));
                false
            }
        }
    }
}

/// Enough of what stands in a file to recognise it.
fn shown(word: &str) -> String {
    text::plain(&text::cut(word, 60))
}

/// Everything that a file lists. `of_cells` and `of_line` make one of a row, and say what is wrong with it; `whom` says what names
/// somebody, who can be there once. With one mistake nothing is taken.
fn read<T, L: DeserializeOwned>(
    file: &Path,
    format: Option<Format>,
    shape: &Shape,
    of_cells: impl Fn(&mut Cells<'_>) -> L,
    of_row: impl Fn(u64, L, Vec<String>) -> Row<T>,
    whom: impl Fn(&T) -> Option<String>,
) -> Result<Vec<T>, Failure> {
    let (format, content) = content(file, format)?;
    let rows: Vec<(u64, Row<T>)> = match format {
        Format::Csv => {
            let one = |line, cells: &mut Cells<'_>| {
                let row = of_cells(cells);
                of_row(line, row, std::mem::take(&mut cells.problems))
            };
            of_csv(&content, shape, one)
        }
        Format::Jsonl => {
            let lines = (1..).zip(content.lines()).filter(|(_, text)| !text.trim().is_empty());
            let one = |(line, text): (u64, &str)| {
                let read = serde_json::from_str(text).map_err(|e| vec![json_problem(&e)]);
                (line, read.and_then(|row| of_row(line, row, Vec::new())))
            };
            lines.map(one).collect()
        }
    };
    taken(file, rows, whom)
}

/// How a file is written, and what is in it.
fn content(file: &Path, format: Option<Format>) -> Result<(Format, String), Failure> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let format = format.or(match ending {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    });
    let format = format.ok_or_else(|| {
        Failure::usage(format!("`{}` ends with neither `.csv` nor `.jsonl`", file.display()))
            .next("add `--format csv` or `--format jsonl`")
    })?;
    Ok((format, project::read_text(file, TEXT_BYTES_MAX)?))
}

/// What serde says of the one line that it saw.
fn json_problem(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let (said, at) = said.rsplit_once(" at line ").unwrap_or((&said, ""));
    match at.rsplit_once("column ") {
        Some((_, column)) if error.is_syntax() || error.is_eof() => format!("it is not JSON: {said} (column {column})"),
        _ => said.to_owned(),
    }
}

fn of_csv<T>(content: &str, shape: &Shape, of: impl Fn(u64, &mut Cells<'_>) -> Row<T>) -> Vec<(u64, Row<T>)> {
    let content = content.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().from_reader(content.as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(e) => return vec![(1, Err(vec![e.to_string()]))],
    };
    if let Some(problem) = header_problem(&headers, shape) {
        return vec![(1, Err(vec![problem]))];
    }
    let one = |record: Result<csv::StringRecord, csv::Error>| match record {
        Ok(record) => {
            let line = record.position().map_or(0, csv::Position::line);
            (line, of(line, &mut Cells { headers: &headers, record: &record, problems: Vec::new() }))
        }
        Err(e) => {
            let line = e.position().map_or(0, csv::Position::line);
            let problem = match e.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("it has {}, and there are {expected_len} columns", types::counted(*len, "value", "values"))
                }
                _ => "it is not CSV".to_owned(),
            };
            (line, Err(vec![problem]))
        }
    };
    reader.records().map(one).collect()
}

fn header_problem(headers: &csv::StringRecord, shape: &Shape) -> Option<String> {
    let known = |name: &str| shape.columns.contains(&name);
    // What spreadsheets write where the comma is for decimals.
    let only = headers.get(0).filter(|_| headers.len() == 1).unwrap_or_default();
    if let Some(separator) = [';', '\t', '|'].into_iter().find(|separator| only.contains(*separator)) {
        let name = if separator == '\t' { "tabs" } else { &format!("`{separator}`") };
        return Some(format!(
            "the columns are parted by {name}; part them by commas (a spreadsheet does that when it saves \"CSV, comma delimited\")"
        ));
    }
    // SECURITY: a list with passwords in it is a mistake that must not go unnoticed, whatever the column is called.
    if let Some(unknown) = headers.iter().find(|name| !known(name)) {
        let cased = unknown.trim().to_ascii_lowercase();
        let hint = if known(&cased) { format!("; write `{cased}`") } else { String::new() };
        return Some(format!("there is no column `{}`{hint}; known are {}", shown(unknown), shape.columns.join(", ")));
    }
    let names: Vec<String> = shape.needed.iter().map(|name| format!("`{name}`")).collect();
    let missing = shape.needed.iter().any(|name| !headers.iter().any(|header| header == *name));
    missing.then(|| format!("the first line names the columns, {} among them", names.join(" and ")))
}

/// Rows that can all be taken. Every mistake is named with its line; with one of them, nothing is.
fn taken<T>(file: &Path, rows: Vec<(u64, Row<T>)>, whom: impl Fn(&T) -> Option<String>) -> Result<Vec<T>, Failure> {
    let mut problems = Vec::new();
    let mut all = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for (line, row) in rows {
        match row {
            Ok(row) => {
                if let Some(word) = whom(&row) {
                    let name = shown(&word);
                    if let Some(first) = seen.insert(word, line) {
                        problems.push(format!("line {line}: `{name}` is in line {first}, too"));
                    }
                }
                all.push(row);
            }
            Err(more) => problems.extend(more.into_iter().map(|problem| format!("line {line}: {problem}"))),
        }
    }
    if all.is_empty() && problems.is_empty() {
        problems.push("there is nobody in it".to_owned());
    }
    if problems.is_empty() {
        return Ok(all);
    }
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    problems.truncate(PROBLEMS_MAX);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    Err(Failure::new(format!("`{}` was not imported:\n{}", file.display(), problems.join("\n")))
        .next("correct it; nothing was changed"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_no_formula_and_comes_back_as_it_was() {
        for name in [
            "=HYPERLINK(\"http://x\")",
            "+1",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "'quoted",
            "Ada, \"the\"\nLovelace",
            "plain",
        ] {
            let cell = harmless(name);
            assert!(!cell.starts_with(FORMULA), "{cell:?}");
            assert_eq!(meant(&cell), name);
        }
        let rows = vec![json!({ "person": "p", "name": "=1+1", "role": "member" })];
        let csv = String::from_utf8(written(&["person", "name", "role"], rows, Format::Csv).unwrap()).unwrap();
        assert_eq!(csv, "person,name,role\np,'=1+1,member\n");
    }

    /// What must hold for whatever a file holds: rows that name somebody, or words that say what is wrong and where.
    fn listed(file: &Path, bytes: &[u8]) {
        std::fs::write(file, String::from_utf8_lossy(bytes).as_bytes()).expect("written");
        let told = |failure: &Failure| {
            let placed = failure.what.lines().skip(1).all(|line| line.starts_with("line ") || line.starts_with("and "));
            let nobody = ["there is nobody in it", "lists nobody"].iter().any(|said| failure.what.contains(said));
            assert!(nobody || (failure.what.lines().count() > 1 && placed), "{}", failure.what);
        };
        for format in [Format::Csv, Format::Jsonl] {
            match read_people(file, Some(format)) {
                Ok(read) => assert!(read.people.iter().all(|one| !one.email.trim().is_empty() && one.line > 0)),
                Err(failure) => told(&failure),
            }
            match read_members(file, Some(format)) {
                Ok(read) => assert!(read.iter().all(|one| !one.person.trim().is_empty() && one.line > 0)),
                Err(failure) => told(&failure),
            }
        }
    }

    #[test]
    fn mangled_lists_are_read_or_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("list");
        let seeds: [&[u8]; 5] = [
            b"email,name,groups,owner\nada@example.org,\"Ada, \"\"L\"\"\",cooks waiters,true\n",
            b"person,role,name\nAda,admin,'=1+1\np-aaaaaaaaaaaaaaaaaaaaaaaaaa,member,\n",
            b"{\"email\":\"ada@example.org\",\"groups\":[\"cooks\"],\"disabled\":false}\n{\"email\":\"b@c\"}\n",
            b"{\"person\":\"Ada\",\"role\":\"member\",\"name\":null}\n\n{\"person\":\" \",\"role\":\"admin\"}\n",
            b"\xef\xbb\xbfemail;name\r\n\"a\r\nb\",,,\r\n\"unfinished",
        ];
        mangle::run(&seeds, 5_000, |bytes| listed(&file, bytes));
        for open in ["[", "{\"email\":", "{\"groups\":[", "\"", ","] {
            listed(&file, open.repeat(50_000).as_bytes());
        }
    }

    #[test]
    fn other_separators_and_spellings_of_columns_get_a_hint() {
        const SHAPE: Shape = Shape { columns: &["email", "name"], needed: &["email"] };
        let problem = |line: &str| {
            let rows = of_csv(&format!("{line}\na@example.org\n"), &SHAPE, |_, _| Ok(()));
            rows.into_iter().find_map(|(line, row)| row.err().map(|all| (line, all.join("\n"))))
        };
        for (line, said) in [
            ("email;name", "parted by `;`; part them by commas"),
            ("name\temail", "parted by tabs"),
            ("Email,name", "there is no column `Email`; write `email`"),
            ("mail", "there is no column `mail`; known are email, name"),
            ("name", "`email` among them"),
        ] {
            let (at, problem) = problem(line).unwrap_or_else(|| panic!("{line} is taken"));
            assert!(at == 1 && problem.contains(said), "{line}: {problem}");
        }
        assert_eq!(problem("\u{feff}email"), None, "what Windows puts in front is no part of the name");
    }
}
