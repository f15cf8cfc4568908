//! The members of an app as a list: people, service accounts, groups of people.
use std::path::Path;

use control_api::{ImportedMember, MemberList, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Cells, Format, Row, Shape, shown, written};
use crate::cli::{failure::Failure, groups, out::Out, text};

const SHAPE: Shape =
    Shape { columns: &["person", "name", "role", "disabled", "added_at"], needed: &["person", "role"] };

/// Prints the members of an app.
pub(in crate::cli) fn members(out: &Out, list: &MemberList, format: Format) -> Result<(), Failure> {
    out.bytes(&written(SHAPE.columns, rows(list), format)?)
}

fn rows(list: &MemberList) -> Vec<Value> {
    let members = list.members.iter().map(|member| {
        json!({
            "person": member.person, "name": member.name, "role": member.role, "disabled": member.disabled,
            "added_at": text::moment(member.added_at),
        })
    });
    let groups = list.groups.iter().map(|place| {
        json!({
            "person": groups::written(&place.group), "name": "", "role": place.role, "disabled": false,
            "added_at": text::moment(place.added_at),
        })
    });
    members.chain(groups).collect()
}

/// One member as a line of JSON, or of CSV. What an export has beside is passed over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    person: String,
    role: String,
    #[serde(default, rename = "name")]
    _name: Option<String>,
    #[serde(default, rename = "disabled")]
    _disabled: Option<bool>,
    #[serde(default, rename = "added_at")]
    _added_at: Option<String>,
}

fn of_cells(cells: &mut Cells<'_>) -> Line {
    let (person, role) = (cells.text("person"), cells.text("role"));
    Line { person, role, _name: None, _disabled: None, _added_at: None }
}

fn of_row(line: u64, row: Line, mut problems: Vec<String>) -> Row<ImportedMember> {
    let role = match row.role.as_str() {
        "member" => Some(Role::Member),
        "admin" => Some(Role::Admin),
        other => {
            problems.push(format!("`{}` is no role; write `member` or `admin`", shown(other)));
            None
        }
    };
    let person = row.person.trim().to_owned();
    if person.is_empty() {
        problems.push("`person` is empty".to_owned());
    }
    if let Some(Err(failure)) = groups::named(&person) {
        problems.push(failure.what);
    }
    match role {
        Some(role) if problems.is_empty() => Ok(ImportedMember { line, person, role }),
        _ => Err(problems),
    }
}

/// The members that a file lists.
pub(in crate::cli) fn read_members(file: &Path, format: Option<Format>) -> Result<Vec<ImportedMember>, Failure> {
    super::read(file, format, &SHAPE, of_cells, of_row, |member| Some(member.person.clone()))
}

#[cfg(test)]
mod tests {
    use types::{GroupName, PrincipalId, UnixMillis};

    use super::*;

    fn member(n: u8, name: &str, role: Role) -> control_api::Member {
        let person = PrincipalId::from_bytes([n; 16]);
        control_api::Member { person, name: name.to_owned(), role, disabled: false, added_at: UnixMillis(0) }
    }

    fn import(name: &str, content: &str) -> Result<Vec<ImportedMember>, Failure> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(name);
        std::fs::write(&file, content).expect("a file");
        read_members(&file, None)
    }

    #[test]
    fn what_is_exported_can_be_imported_with_its_groups() {
        let group = |name: &str, role| control_api::MemberGroup {
            group: GroupName::parse(name).expect("a name"),
            role,
            people: 3,
            added_at: UnixMillis(0),
        };
        let list = MemberList {
            members: vec![member(1, "=cmd|' /C calc'!A0", Role::Admin), member(2, "Bob, \"B\"", Role::Member)],
            groups: vec![group("baristas", Role::Member), group("owners-2", Role::Admin)],
        };
        let expected = [
            (PrincipalId::from_bytes([1; 16]).to_string(), Role::Admin),
            (PrincipalId::from_bytes([2; 16]).to_string(), Role::Member),
            ("group:baristas".to_owned(), Role::Member),
            ("group:owners-2".to_owned(), Role::Admin),
        ];
        for (name, format) in [("m.csv", Format::Csv), ("m.jsonl", Format::Jsonl)] {
            let text = String::from_utf8(written(SHAPE.columns, rows(&list), format).expect("written")).expect("text");
            let back = import(name, &text).expect("read");
            let back: Vec<_> = back.iter().map(|m| (m.person.clone(), m.role)).collect();
            assert_eq!(back, expected, "{name}: {text}");
        }
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_nothing_is_taken() {
        for (name, content, said) in [
            (
                "m.csv",
                "person,role\nAda,member\nBob,boss\n,chief\nAda,admin\n",
                &[
                    "line 3: `boss`",
                    "line 4: `chief` is no role",
                    "line 4: `person` is empty",
                    "line 5: `Ada` is in line 2",
                ][..],
            ),
            ("m.csv", "person,role\ngroup:Baristas,member\n", &["line 2: `group:Baristas` is no group"]),
            ("m.csv", "person,rolle\nAda,member\n", &["line 1: there is no column `rolle`"]),
            ("m.csv", "person;role\nAda;member\n", &["line 1: the columns are parted by `;`"]),
            ("m.csv", "person\nAda\n", &["`person` and `role`"]),
            ("m.csv", "person,role\nAda\nBob,member,x\n", &["line 2: it has 1 value, and there are 2", "line 3:"]),
            ("m.csv", "", &["first line names the columns"]),
            ("m.csv", "person,role\n", &["nobody in it"]),
            (
                "m.jsonl",
                "{\"person\":\"Ada\",\"role\":\"member\"}\n\n{\"person\":\"Bob\"}\nx\n",
                &["line 3: missing field `role`", "line 4: it is not JSON: expected value (column 1)"],
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
            assert!(!failure.what.contains("at line 1 column"), "{}", failure.what);
        }
    }
}
