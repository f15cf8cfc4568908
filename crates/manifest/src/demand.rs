//! `min_assurance` and `max_auth_age_s`: what a function demands of the people who call it.
use toml::de::DeValue;
use types::{Access, Assurance, Demand};

use crate::{
    findings::{Findings, quote},
    keys::nearest,
    sheet::{Sheet, list, wrong_shape},
};

const ASSURANCE: &str = "min_assurance";
const AGE: &str = "max_auth_age_s";
/// `none` is what an absent key says.
const WORDS: [Assurance; 3] = [Assurance::SingleFactor, Assurance::MultiFactor, Assurance::PhishingResistant];

/// Absent keys demand nothing.
pub(crate) fn read(sheet: &Sheet<'_, '_>, access: Option<Access>, findings: &mut Findings<'_>) -> Demand {
    for key in [ASSURANCE, AGE] {
        check_access(sheet, key, access, findings);
    }
    let assurance = read_assurance(sheet, findings).unwrap_or_default();
    Demand { assurance, max_age_s: read_age(sheet, findings) }
}

/// SECURITY: whoever writes such a key believes that it protects. Where strangers or machines call, there is nobody to ask.
fn check_access(sheet: &Sheet<'_, '_>, key: &str, access: Option<Access>, findings: &mut Findings<'_>) {
    let Some(entry) = sheet.entry(key) else { return };
    let (problem, instead) = match access {
        None | Some(Access::SignedIn | Access::Members) => return,
        Some(Access::Public) => (
            "a public function lets strangers in, who show nothing",
            "write `access = \"members\"` or `\"signed-in\"`, or remove the key; a function can ask one caller by `require`",
        ),
        Some(Access::Workloads) => ("machines show nothing of a person", "remove it; `callers` says which may call"),
        Some(Access::Closed) => ("nobody calls a closed function", "remove it, or choose another `access`"),
    };
    findings.report(&entry.span(), &sheet.path_of(key), problem, instead);
}

fn read_assurance(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<Assurance> {
    let entry = sheet.entry(ASSURANCE)?;
    let text = sheet.text(ASSURANCE, 1_024, findings)?;
    let found = WORDS.into_iter().find(|word| word.as_str() == text.value);
    if found.is_none() {
        let words = || WORDS.into_iter().map(Assurance::as_str);
        let instead = match nearest(&text.value, words()) {
            Some(near) => format!("did you mean `{near}`? the words are {}", list(words())),
            None => format!("the words are {}", list(words())),
        };
        let problem = format!("{} is no assurance", quote(&text.value));
        findings.report(&entry.span(), &sheet.path_of(ASSURANCE), problem, instead);
    }
    found
}

fn read_age(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<u32> {
    let entry = sheet.entry(AGE)?;
    let path = sheet.path_of(AGE);
    let DeValue::Integer(number) = entry.get_ref() else {
        wrong_shape(entry, &path, entry.get_ref(), "a whole number of seconds", findings);
        return None;
    };
    let value = u32::from_str_radix(number.as_str(), number.radix()).ok();
    let value = value.filter(|value| (1..=Demand::AGE_S_MAX).contains(value));
    if value.is_none() {
        let problem = format!("{} is no number of seconds that a sign-in may be old", quote(number.as_str()));
        let instead = format!("write 1 to {}; people need some 30 to confirm that it is them", Demand::AGE_S_MAX);
        findings.report(&entry.span(), &path, problem, instead);
    }
    value
}
