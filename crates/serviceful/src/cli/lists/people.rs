//! The people of the platform as a list.
use std::path::Path;

use control_api::{ImportedPerson, PeopleList, PersonEntry};
use serde::Deserialize;
use serde_json::{Value, json};
use types::counted;

use super::{Cells, Format, Row, Shape, written};
use crate::cli::{failure::Failure, out::Out, text};

const SHAPE: Shape = Shape {
    columns: &["person", "name", "email", "groups", "owner", "disabled", "second_factor", "created_at"],
    needed: &["email"],
};

/// Prints everybody.
pub(in crate::cli) fn people(out: &Out, list: &PeopleList, format: Format) -> Result<(), Failure> {
    out.bytes(&written(SHAPE.columns, list.people.iter().map(row).collect(), format)?)
}

fn row(person: &PersonEntry) -> Value {
    json!({
        "person": person.person, "name": person.name, "email": person.email, "owner": person.owner,
        "groups": person.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        "disabled": person.disabled, "second_factor": person.second_factor, "created_at": text::moment(person.created_at),
    })
}

/// The people of a file, and what is to be said of it.
pub(in crate::cli) struct ReadPeople {
    pub(in crate::cli) people: Vec<ImportedPerson>,
    pub(in crate::cli) notes: Vec<String>,
}

/// One person as a line of JSON, or of CSV. What an export has beside is looked at, or passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Line {
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
    Disabled,
}

fn of_cells(cells: &mut Cells<'_>) -> Line {
    Line {
        name: Some(cells.text("name")),
        email: Some(cells.text("email")),
        groups: Groups::of(&cells.text("groups")),
        owner: cells.flag("owner"),
        disabled: cells.flag("disabled"),
        ..Line::default()
    }
}

fn of_row(line: u64, row: Line, mut problems: Vec<String>) -> Row<PersonRow> {
    if row.disabled && problems.is_empty() {
        return Ok(PersonRow::Disabled);
    }
    let email = row.email.map(|email| email.trim().to_owned()).unwrap_or_default();
    if email.is_empty() {
        problems.push("`email` is empty".to_owned());
    }
    // NOT HERE: whether that is an address, and which groups there are. The platform says so of every row at once.
    if !problems.is_empty() {
        return Err(problems);
    }
    let name = row.name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let person = ImportedPerson { line, email, name, groups: row.groups.0 };
    Ok(PersonRow::Person { person, owner: row.owner })
}

/// The people that a file lists.
pub(in crate::cli) fn read_people(file: &Path, format: Option<Format>) -> Result<ReadPeople, Failure> {
    let rows = super::read(file, format, &SHAPE, of_cells, of_row, |row| match row {
        PersonRow::Person { person, .. } => Some(person.email.to_lowercase()),
        PersonRow::Disabled => None,
    })?;
    let (mut people, mut notes, mut owners, mut disabled) = (Vec::new(), Vec::new(), 0_usize, 0_usize);
    for row in rows {
        match row {
            PersonRow::Person { person, owner } => {
                owners += usize::from(owner);
                people.push(person);
            }
            PersonRow::Disabled => disabled += 1,
        }
    }
    if disabled > 0 {
        notes.push(format!("passed over: {} who {} disabled", counted(disabled, "person", "people"), is(disabled)));
    }
    if owners > 0 {
        let (who, are) = (counted(owners, "person", "people"), is(owners));
        notes.push(format!("{who} {are} an owner in the list, which makes none: they are invited like the others"));
    }
    if people.is_empty() {
        return Err(Failure::new(format!("`{}` lists nobody to import", file.display())));
    }
    Ok(ReadPeople { people, notes })
}

const fn is(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use types::{GroupName, PrincipalId, UnixMillis};

    use super::*;

    fn import(name: &str, content: &str) -> Result<ReadPeople, Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        std::fs::write(&file, content).expect("a file");
        read_people(&file, None)
    }

    #[test]
    fn people_are_imported_as_they_were_exported() {
        let entry = |n: u8, name: &str, groups: &[&str], disabled| PersonEntry {
            person: PrincipalId::from_bytes([n; 16]),
            name: name.to_owned(),
            email: Some(format!("p{n}@example.org")),
            owner: n == 1,
            disabled,
            second_factor: true,
            groups: groups.iter().map(|name| GroupName::parse(name).expect("a name")).collect(),
            created_at: UnixMillis(0),
        };
        let list =
            [entry(1, "=cmd", &["a", "b-c"], false), entry(2, "Bob, \"B\"", &[], false), entry(3, "Eve", &[], true)];
        for (name, format) in [("p.csv", Format::Csv), ("p.jsonl", Format::Jsonl)] {
            let written = written(SHAPE.columns, list.iter().map(row).collect(), format).expect("written");
            let text = String::from_utf8(written).expect("text");
            let read = import(name, &text).expect("read");
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
            assert_eq!(
                read.notes,
                [
                    "passed over: 1 person who is disabled",
                    "1 person is an owner in the list, which makes none: they are invited like the others"
                ]
            );
        }
        let read = import("p.jsonl", "{\"email\":\"a@example.org\",\"groups\":[\"a\",\"b\"]}\n").expect("read");
        assert_eq!(read.people.first().map(|p| p.groups.len()), Some(2));
    }

    #[test]
    fn a_list_of_people_with_a_mistake_is_not_taken() {
        for (name, content, said) in [
            (
                "p.csv",
                "email,owner,disabled\na@example.org,yes,no\n,true,\nA@example.org,,\na@EXAMPLE.org,,\n,perhaps,\n",
                &[
                    "line 2: `owner` is `true` or `false`",
                    "line 2: `disabled` is",
                    "line 3: `email` is empty",
                    "line 5: `a@example.org` is in line 4, too",
                    "line 6: `owner` is",
                    "line 6: `email` is empty",
                ][..],
            ),
            ("p.csv", "email,password\na@example.org,hunter2\n", &["no column `password`"]),
            ("p.csv", "email;name\na@example.org;Ada\n", &["line 1: the columns are parted by `;`", "commas"]),
            ("p.csv", "name\nAda\n", &["`email` among them"]),
            ("p.csv", "email\n", &["nobody in it"]),
            ("p.csv", "email,disabled\na@example.org,true\n", &["lists nobody to import"]),
            ("p.jsonl", "{\"email\":\"a@example.org\",\"password\":\"x\"}\n", &["line 1: unknown field `password`"]),
            ("p.jsonl", "{\"email\":\"a@example.org\",\"groups\":7}\n", &["line 1: ", "names of groups"]),
        ] {
            let failure = match import(name, content) {
                Ok(_) => panic!("{content}"),
                Err(failure) => failure,
            };
            for part in said {
                assert!(failure.what.contains(part), "`{part}` is not in: {}", failure.what);
            }
        }
    }
}
