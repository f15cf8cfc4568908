//! One TOML table being read: typed access to its keys, each failure reported where it stands.
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::{
    bounds::LIST_MAX,
    findings::{At, Findings, quote},
    keys::{Section, nearest},
};

type Entry<'a, 'i> = &'a toml::Spanned<DeValue<'i>>;

/// A table, the path of its key, and where it stands.
pub(crate) struct Sheet<'a, 'i> {
    table: &'a DeTable<'i>,
    path: String,
    span: Range<usize>,
}

impl<'a, 'i> Sheet<'a, 'i> {
    pub(crate) fn top(document: &'a toml::Spanned<DeTable<'i>>) -> Self {
        Self { table: document.get_ref(), path: String::new(), span: 0..0 }
    }

    /// A sheet over `entry` when it is a table; reported otherwise.
    pub(crate) fn of(entry: Entry<'a, 'i>, path: String, findings: &mut Findings<'_>) -> Option<Self> {
        match entry.get_ref() {
            DeValue::Table(table) => Some(Self { table, path, span: entry.span() }),
            other => {
                wrong_shape(entry, &path, other, "a table", findings);
                None
            }
        }
    }

    pub(crate) const fn span(&self) -> &Range<usize> {
        &self.span
    }

    pub(crate) fn path_of(&self, key: &str) -> String {
        const SHOWN: usize = 60;
        // A key in quotes may hold anything; the path of an error is one line of plain text.
        let plain: String = key.chars().take(SHOWN).flat_map(char::escape_debug).collect();
        if self.path.is_empty() { plain } else { format!("{}.{plain}", self.path) }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<Entry<'a, 'i>> {
        self.table.get(key)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Range<usize>, Entry<'a, 'i>)> + use<'a, 'i> {
        self.table.iter().map(|(key, entry)| (key.get_ref().as_ref(), key.span(), entry))
    }

    /// Reports every key that the section does not have.
    pub(crate) fn check_keys(&self, section: Section, findings: &mut Findings<'_>) {
        for (key, span, _) in self.entries() {
            if section.rows().iter().any(|(known, ..)| *known == key) {
                continue;
            }
            let path = self.path_of(key);
            match section.later().iter().find(|(later, _)| *later == key) {
                // It has a report of its own.
                Some((_, "")) => {}
                Some((_, instead)) => {
                    findings.report(&span, &path, "this key is not supported yet by this version", *instead);
                }
                None => unknown_key(key, &span, &path, section.rows().iter().map(|r| r.0), findings),
            }
        }
    }

    /// The text under `key`. Absent is `None`; of another shape is `None` and reported.
    pub(crate) fn text(&self, key: &str, max_bytes: usize, findings: &mut Findings<'_>) -> Option<At<String>> {
        let entry = self.entry(key)?;
        text(entry, &self.path_of(key), max_bytes, findings)
    }

    /// The texts under `key`; those of another shape are reported and left out.
    pub(crate) fn texts(&self, key: &str, max_bytes: usize, findings: &mut Findings<'_>) -> Vec<At<String>> {
        let Some(entry) = self.entry(key) else { return Vec::new() };
        let path = self.path_of(key);
        let DeValue::Array(items) = entry.get_ref() else {
            wrong_shape(entry, &path, entry.get_ref(), "a list of texts, such as `[\"a\"]`", findings);
            return Vec::new();
        };
        if items.len() > LIST_MAX {
            findings.report(
                &entry.span(),
                &path,
                format!("{} entries are too many", items.len()),
                format!("list at most {LIST_MAX}"),
            );
            return Vec::new();
        }
        let one = |(index, item)| text(item, &format!("{path}[{index}]"), max_bytes, findings);
        items.iter().enumerate().filter_map(one).collect()
    }
}

pub(crate) fn unknown_key<'k>(
    key: &str,
    span: &Range<usize>,
    path: &str,
    known: impl Iterator<Item = &'k str> + Clone,
    findings: &mut Findings<'_>,
) {
    let instead = match nearest(key, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys here are {}", list(known)),
    };
    findings.report(span, path, "there is no such key", instead);
}

/// `` `a`, `b`, `c` ``.
pub(crate) fn list<'k>(words: impl Iterator<Item = &'k str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn text(entry: Entry<'_, '_>, path: &str, max_bytes: usize, findings: &mut Findings<'_>) -> Option<At<String>> {
    let DeValue::String(value) = entry.get_ref() else {
        wrong_shape(entry, path, entry.get_ref(), "a text in quotes", findings);
        return None;
    };
    let span = entry.span();
    if value.len() > max_bytes {
        let problem = format!("{} bytes are too long", value.len());
        findings.report(&span, path, problem, format!("write at most {max_bytes} bytes"));
        return None;
    }
    if let Some(bad) = value.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t') {
        findings.report(
            &span,
            path,
            format!("the control character {} is in {}", bad.escape_debug(), quote(value)),
            "remove it",
        );
        return None;
    }
    Some(At { value: value.to_string(), place: findings.place(&span) })
}

pub(crate) fn wrong_shape(
    entry: Entry<'_, '_>,
    path: &str,
    value: &DeValue<'_>,
    wanted: &str,
    findings: &mut Findings<'_>,
) {
    findings.report(&entry.span(), path, format!("this is of kind {}", value.type_str()), format!("write {wanted}"));
}
