//! Lists of people and members as files: CSV (RFC 4180) or one JSON document a line. Export holds no secret; import is read whole
//! before anything is sent.
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use clap::ValueEnum;
use control_api::{ImportedLink, ImportedMember, ImportedPerson, MemberList, PeopleList, Role};
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

const PEOPLE: [&str; 8] = ["person", "name", "email", "groups", "owner", "disabled", "second_factor", "created_at"];
const MEMBERS: [&str; 5] = ["person", "name", "role", "disabled", "added_at"];

/// Prints everybody.
pub(super) fn people(out: &Out, list: &PeopleList, format: Format) -> Result<(), Failure> {
    let rows = list.people.iter().map(|person| {
        json!({
            "person": person.person, "name": person.name, "email": person.email, "owner": person.owner,
            "groups": person.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
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

/// How a file is written, and what is in it.
fn content(file: &Path, format: Option<Format>, bytes_max: u64) -> Result<(Format, String), Failure> {
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
    Ok((format, project::read_text(file, bytes_max)?))
}

/// Rows that can all be taken. Every mistake is named with its line; with one of them, nothing is. `of`: line, and what names
/// somebody once.
fn taken<T>(file: &Path, rows: Vec<Result<T, String>>, of: impl Fn(&T) -> (u64, String)) -> Result<Vec<T>, Failure> {
    let mut problems = Vec::new();
    let mut all = Vec::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        match row {
            Ok(row) => {
                let (line, word) = of(&row);
                let shown = text::plain(&word);
                if let Some(first) = seen.insert(word, line) {
                    problems.push(format!("line {line}: `{shown}` is in line {first}, too"));
                }
                all.push(row);
            }
            Err(problem) => problems.push(problem),
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

/// The members that a file lists.
pub(super) fn read(file: &Path, format: Option<Format>) -> Result<Vec<ImportedMember>, Failure> {
    let (format, content) = content(file, format, TEXT_BYTES_MAX)?;
    let rows = match format {
        Format::Csv => of_csv(&content),
        Format::Jsonl => of_lines(&content),
    };
    taken(file, rows, |member| (member.line, member.person.clone()))
}

/// The people of a file, and what is to be said of it.
pub(super) struct ReadPeople {
    pub(super) people: Vec<ImportedPerson>,
    pub(super) notes: Vec<String>,
}

/// One person as a line of JSON. Columns that an export has beside are looked at, or passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PersonLine {
    #[serde(rename = "person")]
    _person: Option<String>,
    name: Option<String>,
    email: Option<String>,
    groups: Groups,
    owner: bool,
    disabled: bool,
    #[serde(rename = "second_factor")]
    _second_factor: Option<bool>,
    #[serde(rename = "created_at")]
    _created_at: Option<String>,
}

/// Names of groups: a list, or one text with spaces between them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Groups(Vec<String>);

impl<'de> Deserialize<'de> for Groups {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Groups;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("names of groups: a list, or a text with spaces between them")
            }
            fn visit_unit<E>(self) -> Result<Groups, E> {
                Ok(Groups::default())
            }
            fn visit_str<E>(self, text: &str) -> Result<Groups, E> {
                Ok(Groups::of(text))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Groups, A::Error> {
                let mut all = Vec::new();
                while let Some(name) = list.next_element()? {
                    all.push(name);
                }
                Ok(Groups(all))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Groups {
    fn of(text: &str) -> Self {
        Self(text.split([' ', ',', ';']).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }
}

/// What a row is: somebody to import, or somebody who was shut out where the list comes from.
enum PersonRow {
    Person { person: ImportedPerson, owner: bool },
    Disabled { line: u64 },
}

fn person_row(line: u64, read: PersonLine) -> Result<PersonRow, String> {
    if read.disabled {
        return Ok(PersonRow::Disabled { line });
    }
    let email = read.email.map(|email| email.trim().to_owned()).filter(|email| !email.is_empty());
    let email = email.ok_or_else(|| format!("line {line}: `email` is empty"))?;
    let name = read.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let person = ImportedPerson { line, email, name, groups: read.groups.0 };
    Ok(PersonRow::Person { person, owner: read.owner })
}

/// The people that a file lists.
pub(super) fn read_people(file: &Path, format: Option<Format>) -> Result<ReadPeople, Failure> {
    let (format, content) = content(file, format, TEXT_BYTES_MAX)?;
    let rows = match format {
        Format::Csv => people_of_csv(&content),
        Format::Jsonl => people_of_lines(&content),
    };
    let rows = taken(file, rows, |row| match row {
        PersonRow::Person { person, .. } => (person.line, person.email.to_lowercase()),
        PersonRow::Disabled { line } => (*line, format!("line {line}")),
    })?;
    let (mut people, mut notes, mut owners, mut disabled) = (Vec::new(), Vec::new(), 0_usize, 0_usize);
    for row in rows {
        match row {
            PersonRow::Person { person, owner } => {
                owners += usize::from(owner);
                people.push(person);
            }
            PersonRow::Disabled { .. } => disabled += 1,
        }
    }
    if disabled > 0 {
        notes.push(format!("{disabled} rows of disabled people are passed over"));
    }
    if owners > 0 {
        notes.push(format!(
            "{owners} rows say owner, which no list makes of anybody: they are invited as people like the others"
        ));
    }
    if people.is_empty() {
        return Err(Failure::new(format!("`{}` lists nobody to import", file.display())));
    }
    Ok(ReadPeople { people, notes })
}

fn people_of_csv(content: &str) -> Vec<Result<PersonRow, String>> {
    let mut reader = csv::ReaderBuilder::new().from_reader(content.trim_start_matches('\u{feff}').as_bytes());
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(e) => return vec![Err(format!("line 1: {e}"))],
    };
    // SECURITY: a list with passwords in it is a mistake that must not go unnoticed, whatever the column is called.
    if let Some(unknown) = headers.iter().find(|name| !PEOPLE.contains(name)) {
        let unknown = text::plain(&text::cut(unknown, 60));
        return vec![Err(format!("line 1: there is no column `{unknown}`; known are {}", PEOPLE.join(", ")))];
    }
    let at = |name: &str| headers.iter().position(|header| header == name);
    if at("email").is_none() {
        return vec![Err("line 1: the first line names the columns, `email` among them".to_owned())];
    }
    let one = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            format!("line {line}: it has not as many values as there are columns, or is not CSV")
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |name: &str| at(name).and_then(|at| record.get(at)).map(|cell| meant(cell).trim().to_owned());
        let flag = |name: &str| match cell(name).unwrap_or_default().as_str() {
            "true" => Ok(true),
            "false" | "" => Ok(false),
            other => {
                Err(format!("line {line}: `{name}` is `true` or `false`, not `{}`", text::plain(&text::cut(other, 60))))
            }
        };
        let read = PersonLine {
            name: cell("name"),
            email: cell("email"),
            groups: Groups::of(&cell("groups").unwrap_or_default()),
            owner: flag("owner")?,
            disabled: flag("disabled")?,
            ..PersonLine::default()
        };
        person_row(line, read)
    };
    reader.records().map(one).collect()
}

fn people_of_lines(content: &str) -> Vec<Result<PersonRow, String>> {
    let one = |(number, text): (u64, &str)| {
        let read = serde_json::from_str(text).map_err(|e| format!("line {number}: {e}"))?;
        person_row(number, read)
    };
    (1..).zip(content.lines()).filter(|(_, text)| !text.trim().is_empty()).map(one).collect()
}

/// A new file that nobody else can read. SECURITY: whoever has a link of it takes the account; one that is there already may be
/// somebody else's.
pub(super) fn private_file(path: &Path) -> Result<File, Failure> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|e| {
        Failure::file("make", path, &e).next("name a file that is not there yet, in a folder that is yours")
    })
}

/// Takes the file away again, which is empty: nothing was done.
pub(super) fn forget_file(path: &Path) {
    // What cannot be removed is empty, and nobody is worse off.
    let _ = std::fs::remove_file(path);
}

/// Writes links as CSV.
pub(super) fn write_links(mut file: File, path: &Path, links: &[ImportedLink]) -> Result<(), Failure> {
    let rows = links.iter().map(|link| {
        json!({ "line": link.line, "email": link.email, "link": link.link, "expires_at": text::moment(link.expires_at) })
    });
    let bytes = written(&["line", "email", "link", "expires_at"], rows.collect(), Format::Csv)?;
    let failed = |e| {
        Failure::file("write", path, &e)
            .next("the links are lost; `serviceful invite revoke` takes an invitation back, and importing again makes another")
    };
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)
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

    /// What must hold for whatever a file holds.
    fn listed(bytes: &[u8]) {
        let content = String::from_utf8_lossy(bytes);
        for row in people_of_csv(&content).into_iter().chain(people_of_lines(&content)) {
            match row {
                Ok(PersonRow::Person { person, .. }) => assert!(!person.email.trim().is_empty() && person.line > 0),
                Ok(PersonRow::Disabled { .. }) => {}
                Err(words) => assert!(words.starts_with("line "), "{words}"),
            }
        }
        for row in of_csv(&content).into_iter().chain(of_lines(&content)) {
            match row {
                Ok(member) => assert!(!member.person.trim().is_empty() && member.line > 0),
                Err(words) => assert!(words.starts_with("line "), "{words}"),
            }
        }
    }

    #[test]
    fn mangled_lists_are_read_or_refused() {
        let seeds: [&[u8]; 5] = [
            b"email,name,groups,owner\nada@example.org,\"Ada, \"\"L\"\"\",cooks waiters,true\n",
            b"person,role,name\nAda,admin,'=1+1\np-aaaaaaaaaaaaaaaaaaaaaaaaaa,member,\n",
            b"{\"email\":\"ada@example.org\",\"groups\":[\"cooks\"],\"disabled\":false}\n{\"email\":\"b@c\"}\n",
            b"{\"person\":\"Ada\",\"role\":\"member\",\"name\":null}\n\n{\"person\":\" \",\"role\":\"admin\"}\n",
            b"\xef\xbb\xbfemail;name\r\n\"a\r\nb\",,,\r\n\"unfinished",
        ];
        mangle::run(&seeds, 10_000, listed);
        for open in ["[", "{\"email\":", "{\"groups\":[", "\"", ","] {
            listed(open.repeat(100_000).as_bytes());
        }
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
            groups: Vec::new(),
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

    fn people(name: &str, content: &str) -> Result<ReadPeople, Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        std::fs::write(&file, content).expect("a file");
        read_people(&file, None)
    }

    #[test]
    fn people_are_imported_as_they_were_exported() {
        let entry = |n: u8, name: &str, groups: &[&str], disabled| control_api::PersonEntry {
            person: PrincipalId::from_bytes([n; 16]),
            name: name.to_owned(),
            email: Some(format!("p{n}@example.org")),
            owner: n == 1,
            disabled,
            second_factor: true,
            groups: groups.iter().map(|name| types::GroupName::parse(name).expect("a name")).collect(),
            created_at: UnixMillis(0),
        };
        let list =
            [entry(1, "=cmd", &["a", "b-c"], false), entry(2, "Bob, \"B\"", &[], false), entry(3, "Eve", &[], true)];
        let rows = list.iter().map(|p| {
            json!({ "person": p.person, "name": p.name, "email": p.email, "owner": p.owner, "disabled": p.disabled,
                    "groups": p.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                    "second_factor": true, "created_at": "x" })
        });
        let rows: Vec<Value> = rows.collect();
        for (name, format) in [("p.csv", Format::Csv), ("p.jsonl", Format::Jsonl)] {
            let text = String::from_utf8(written(&PEOPLE, rows.clone(), format).expect("written")).expect("text");
            let read = people(name, &text).expect("read");
            let back: Vec<_> =
                read.people.iter().map(|p| (p.email.as_str(), p.name.as_deref(), p.groups.clone())).collect();
            assert_eq!(
                back,
                [
                    ("p1@example.org", Some("=cmd"), vec!["a".to_owned(), "b-c".to_owned()]),
                    ("p2@example.org", Some("Bob, \"B\""), vec![])
                ],
                "{text}"
            );
            assert_eq!(read.notes.len(), 2, "an owner and somebody disabled: {:?}", read.notes);
        }
        let read = people("p.jsonl", "{\"email\":\"a@example.org\",\"groups\":[\"a\",\"b\"]}\n").expect("read");
        assert_eq!(read.people.first().map(|p| p.groups.len()), Some(2));
    }

    #[test]
    fn a_list_of_people_with_a_mistake_is_not_taken() {
        for (name, content, said) in [
            (
                "p.csv",
                "email,owner\na@example.org,yes\n,true\nA@example.org,\na@EXAMPLE.org,\n",
                &["line 2: `owner` is `true` or `false`", "line 3: `email` is empty", "is in line 4, too"][..],
            ),
            ("p.csv", "email,password\na@example.org,hunter2\n", &["no column `password`"]),
            ("p.csv", "name\nAda\n", &["`email` among them"]),
            ("p.csv", "email\n", &["nobody in it"]),
            ("p.csv", "email,disabled\na@example.org,true\n", &["lists nobody to import"]),
            ("p.jsonl", "{\"email\":\"a@example.org\",\"password\":\"x\"}\n", &["line 1: unknown field `password`"]),
            ("p.jsonl", "{\"email\":\"a@example.org\",\"groups\":7}\n", &["line 1: ", "names of groups"]),
        ] {
            let failure = match people(name, content) {
                Ok(_) => panic!("{content}"),
                Err(failure) => failure,
            };
            for part in said {
                assert!(failure.what.contains(part), "`{part}` is not in: {}", failure.what);
            }
        }
    }

    #[test]
    fn links_go_into_a_new_file_that_nobody_else_reads() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("links.csv");
        let link =
            ImportedLink { line: 2, email: "a@example.org".into(), link: "http://x".into(), expires_at: UnixMillis(0) };
        write_links(private_file(&path).expect("a file"), &path, &[link]).expect("written");
        assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.starts_with("line,email,link,expires_at\n2,a@example.org,http://x,"), "{text}");
        assert!(private_file(&path).is_err(), "another's file is not written to");
    }
}
