//! Limits by name. A manifest may set any of them; whether the operator allows the value is asked when targets are made.
use std::collections::BTreeMap;

use toml::de::DeValue;
use types::Limits;

use crate::{
    findings::{At, Findings, Place, quote},
    keys::limit_names,
    sheet::{Sheet, unknown_key, wrong_shape},
};

/// The limits that a table sets, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LimitTable {
    pub(crate) path: String,
    pub(crate) set: BTreeMap<&'static str, At<u64>>,
}

impl LimitTable {
    /// Reads the table under `key`; absent is empty.
    pub(crate) fn read(sheet: &Sheet<'_, '_>, key: &str, findings: &mut Findings<'_>) -> Self {
        let path = sheet.path_of(key);
        let mut table = Self { path: path.clone(), set: BTreeMap::new() };
        let Some(entry) = sheet.entry(key) else { return table };
        let Some(inner) = Sheet::of(entry, path, findings) else { return table };
        let names = limit_names();
        for (name, span, entry) in inner.entries() {
            let path = inner.path_of(name);
            let Some(known) = names.iter().copied().find(|known| *known == name) else {
                unknown_key(name, &span, &path, names.iter().copied(), findings);
                continue;
            };
            let DeValue::Integer(number) = entry.get_ref() else {
                wrong_shape(entry, &path, entry.get_ref(), "a whole number", findings);
                continue;
            };
            match u64::from_str_radix(number.as_str(), number.radix()) {
                Ok(value) if value > 0 => {
                    table.set.insert(known, At { value, place: findings.place(&entry.span()) });
                }
                _ => findings.report(
                    &entry.span(),
                    &path,
                    format!("{} is not a limit", quote(number.as_str())),
                    "write a whole number above 0, or leave the key out for the default",
                ),
            }
        }
        table
    }

    /// Puts what is set over `limits`.
    pub(crate) fn apply(&self, limits: &mut Limits) {
        for (name, at) in &self.set {
            let _known = limits.run.set(name, at.value) || limits.compile.set(name, at.value);
        }
    }

    /// The limits that pass the operator's caps.
    pub(crate) fn beyond(&self, caps: &Limits) -> Vec<(&'static str, u64, u64, Place)> {
        let mut asked = *caps;
        self.apply(&mut asked);
        let over = asked.run.beyond(&caps.run).into_iter().chain(asked.compile.beyond(&caps.compile));
        over.filter_map(|(name, value, cap)| self.set.get(name).map(|at| (name, value, cap, at.place))).collect()
    }
}
