//! Lists of people and members as files: CSV (RFC 4180) or one JSON document a line. Export holds no secret; import is read whole
//! before anything is sent.
use std::{collections::BTreeMap, path::Path};

use clap::ValueEnum;
use control_api::{ImportedMember, MemberList, PeopleList, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{failure::Failure, out::Out, project, text};

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

const PEOPLE: [&str; 7] = ["person", "name", "email", "owner", "disabled", "second_factor", "created_at"];
const MEMBERS: [&str; 5] = ["person", "name", "role", "disabled", "added_at"];

/// Prints everybody.
pub(super) fn people(out: &Out, list: &PeopleList, format: Format) -> Result<(), Failure> {
    let rows = list.people.iter().map(|person| {
        json!({
            "person": person.person, "name": person.name, "email": person.email, "owner": person.owner,
            "disabled": person.disabled, "second_factor": person.second_factor, "created_at": text::moment(person.created_at),
        })
    });
    out.bytes(&written(&PEOPLE, rows.collect(), format)?)
}

/// Prints the members of an app.
pub(super) fn members(out: &Out, list: &MemberList, format: Format) -> Result<(), Failure> {
    let rows = list.members.iter().map(|member| {
        json!({
            "person": member.person, "name": member.name, "role": member.role, "disabled": member.disabled,
            "added_at": text::moment(member.added_at),
        })
    });
    out.bytes(&written(&MEMBERS, rows.collect(), format)?)
}

fn written(columns: &[&str], rows: Vec<Value>, format: Format) -> Result<Vec<u8>, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::new(format!("the list cannot be written: {e}"));
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

/// One member as a line of JSON. Columns that an export has beside are passed over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    person: String,
    role: Role,
    #[serde(default, rename = "name")]
    _name: Option<String>,
    #[serde(default, rename = "disabled")]
    _disabled: Option<bool>,
    #[serde(default, rename = "added_at")]
    _added_at: Option<String>,
}

/// The members that a file lists. Every mistake is named with its line; with one of them, nothing is read.
pub(super) fn read(file: &Path, format: Option<Format>) -> Result<Vec<ImportedMember>, Failure> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let format = format.or(match ending {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    });
    let format = format.ok_or_else(|| {
        Failure::usage(format!("`{}` ends with neither `.csv` nor `.jsonl`", file.display()))
            .next("add `--format csv|jsonl`")
    })?;
    let content = project::read_text(file, TEXT_BYTES_MAX)?;
    let rows = match format {
        Format::Csv => of_csv(&content),
        Format::Jsonl => of_lines(&content),
    };
    let mut problems = Vec::new();
    let mut members = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        match row {
            Ok(member) => {
                if let Some(first) = seen.insert(member.person.clone(), member.line) {
                    problems.push(format!(
                        "line {}: `{}` is in line {first}, too",
                        member.line,
                        text::plain(&member.person)
                    ));
                }
                members.push(member);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if members.is_empty() && problems.is_empty() {
        problems.push("there is nobody in it".to_owned());
    }
    if problems.is_empty() {
        return Ok(members);
    }
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    problems.truncate(PROBLEMS_MAX);
    if more > 0 {
        problems.push(format!("and {more} more"));
    }
    Err(Failure::new(format!("`{}` was not imported:\n{}", file.display(), problems.join("\n")))
        .next("correct it; nothing was changed"))
}

type Row = Result<ImportedMember, String>;

fn of_csv(content: &str) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().from_reader(content.trim_start_matches('\u{feff}').as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(e) => return vec![Err(format!("line 1: {e}"))],
    };
    if let Some(unknown) = headers.iter().find(|name| !MEMBERS.contains(name)) {
        let unknown = text::plain(&text::cut(unknown, 60));
        return vec![Err(format!("line 1: there is no column `{unknown}`; known are {}", MEMBERS.join(", ")))];
    }
    let at = |name: &str| headers.iter().position(|header| header == name);
    let (Some(person), Some(role)) = (at("person"), at("role")) else {
        return vec![Err("line 1: the first line names the columns, `person` and `role` among them".to_owned())];
    };
    let one = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            format!("line {line}: it has not as many values as there are columns, or is not CSV")
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| meant(record.get(at).unwrap_or_default()).trim().to_owned();
        let role = match cell(role).as_str() {
            "member" => Role::Member,
            "admin" => Role::Admin,
            other => {
                return Err(format!(
                    "line {line}: `{}` is no role; write `member` or `admin`",
                    text::plain(&text::cut(other, 60))
                ));
            }
        };
        let person = cell(person);
        if person.is_empty() {
            Err(format!("line {line}: `person` is empty"))
        } else {
            Ok(ImportedMember { line, person, role })
        }
    };
    reader.records().map(one).collect()
}

fn of_lines(content: &str) -> Vec<Row> {
    let one = |(number, text): (u64, &str)| {
        let Line { person, role, .. } = serde_json::from_str(text).map_err(|e| format!("line {number}: {e}"))?;
        if person.trim().is_empty() {
            Err(format!("line {number}: `person` is empty"))
        } else {
            Ok(ImportedMember { line: number, person, role })
        }
    };
    (1..).zip(content.lines()).filter(|(_, text)| !text.trim().is_empty()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use types::{PrincipalId, UnixMillis};

    use super::*;

    fn member(n: u8, name: &str, role: Role) -> control_api::Member {
        let person = PrincipalId::from_bytes([n; 16]);
        control_api::Member { person, name: name.to_owned(), role, disabled: false, added_at: UnixMillis(0) }
    }

    fn import(name: &str, content: &str) -> Result<Vec<ImportedMember>, Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        std::fs::write(&file, content).expect("a file");
        read(&file, None)
    }

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
        let rows = vec![json!({ "person": "p", "name": "=1+1", "role": "member", "disabled": false, "added_at": "x" })];
        let csv = String::from_utf8(written(&MEMBERS, rows, Format::Csv).expect("CSV")).expect("text");
        assert_eq!(csv, "person,name,role,disabled,added_at\np,'=1+1,member,false,x\n");
    }

    #[test]
    fn what_is_exported_can_be_imported() {
        let list = MemberList {
            members: vec![member(1, "=cmd|' /C calc'!A0", Role::Admin), member(2, "Bob, \"B\"", Role::Member)],
        };
        let rows = |list: &MemberList| {
            list.members.iter().map(|m| json!({ "person": m.person, "name": m.name, "role": m.role, "disabled": m.disabled, "added_at": "x" })).collect::<Vec<_>>()
        };
        for (name, format) in [("m.csv", Format::Csv), ("m.jsonl", Format::Jsonl)] {
            let text = String::from_utf8(written(&MEMBERS, rows(&list), format).expect("written")).expect("text");
            let back = import(name, &text).expect("read");
            let back: Vec<_> = back.iter().map(|m| (m.person.clone(), m.role)).collect();
            let expected: Vec<_> = list.members.iter().map(|m| (m.person.to_string(), m.role)).collect();
            assert_eq!(back, expected, "{name}: {text}");
        }
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_nothing_is_taken() {
        for (name, content, said) in [
            (
                "m.csv",
                "person,role\nAda,member\nBob,boss\n,member\nAda,admin\n",
                &["line 3: `boss`", "line 4: `person` is empty", "line 5: `Ada` is in line 2"][..],
            ),
            ("m.csv", "person,rolle\nAda,member\n", &["no column `rolle`"]),
            ("m.csv", "person\nAda\n", &["`person` and `role`"]),
            ("m.csv", "person,role\nAda\n", &["line 2:"]),
            ("m.csv", "", &["first line names the columns"]),
            ("m.csv", "person,role\n", &["nobody in it"]),
            (
                "m.jsonl",
                "{\"person\":\"Ada\",\"role\":\"member\"}\n\n{\"person\":\"Bob\"}\nx\n",
                &["line 3: missing field `role`", "line 4:"],
            ),
            (
                "m.jsonl",
                "{\"person\":\"Ada\",\"role\":\"member\",\"owner\":true}\n",
                &["line 1: unknown field `owner`"],
            ),
            ("m.txt", "", &["neither `.csv` nor `.jsonl`"]),
        ] {
            let failure = import(name, content).expect_err(content);
            for part in said {
                assert!(failure.what.contains(part), "`{part}` is not in: {}", failure.what);
            }
        }
    }
}
