//! One `[[function]]` table.
use std::collections::{BTreeMap, BTreeSet, HashSet};

use toml::de::DeValue;
use types::{Access, Demand, FunctionName, KvAccess, RoutePattern, SecretName};

use crate::{
    Code, Function,
    bounds::{CONFIG_MAX, CONFIG_VALUE_BYTES_MAX, HANDLER_BYTES_MAX, REASON_BYTES_MAX},
    demand,
    findings::{At, Findings, quote},
    keys::{Section, nearest},
    limits::LimitTable,
    model::FunctionPlace,
    path,
    sheet::{Sheet, list, wrong_shape},
};

/// What a source's file name may end in.
const SOURCE_ENDINGS: [&str; 8] = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"];

/// A function whose name may still have to be made up.
pub(crate) struct Draft {
    pub(crate) name: Option<At<FunctionName>>,
    pub(crate) route: RoutePattern,
    pub(crate) span: std::ops::Range<usize>,
    pub(crate) route_span: std::ops::Range<usize>,
    code: At<Code>,
    access: Access,
    reason: Option<String>,
    callers: Vec<String>,
    demand: Demand,
    config: BTreeMap<String, String>,
    secrets: BTreeSet<SecretName>,
    kv: KvAccess,
    limits: LimitTable,
    pub(crate) key: String,
}

impl Draft {
    /// Reads the table whole, so that all its errors are found; `None` when a part is missing.
    pub(crate) fn read(sheet: &Sheet<'_, '_>, key: String, findings: &mut Findings<'_>) -> Option<Self> {
        sheet.check_keys(Section::Function, findings);
        let name = read_name(sheet, findings);
        let route = read_route(sheet, findings);
        let code = read_code(sheet, findings);
        let access = read_access(sheet, findings);
        let reason = read_reason(sheet, access, findings);
        let callers = read_callers(sheet, access, findings);
        let demand = demand::read(sheet, access, findings);
        let config = read_config(sheet, findings);
        let secrets = read_secrets(sheet, findings);
        let kv = read_kv(sheet, findings);
        let limits = LimitTable::read(sheet, "limits", findings);
        let route_span = sheet.entry("route").map_or(sheet.span().clone(), toml::Spanned::span);
        Some(Self {
            name,
            route: route?,
            span: sheet.span().clone(),
            route_span,
            code: code?,
            access: access?,
            reason,
            callers,
            demand,
            config,
            secrets,
            kv,
            limits,
            key,
        })
    }

    pub(crate) fn named(self, name: FunctionName) -> Function {
        Function {
            name,
            route: self.route,
            code: self.code.value,
            access: self.access,
            reason: self.reason,
            callers: self.callers,
            demand: self.demand,
            config: self.config,
            secrets: self.secrets,
            kv: self.kv,
            limits: self.limits,
            place: FunctionPlace { key: self.key, code: self.code.place },
        }
    }

    /// A name from the route's words, else from the file: `GET /menu/today` -> `menu-today`, `/` of `shop.wasm` -> `shop`.
    pub(crate) fn default_name(&self) -> Option<FunctionName> {
        let words = self.route.path().split('/').filter(|s| !s.is_empty() && *s != "*" && !s.starts_with(':'));
        let from_route = slug(&words.collect::<Vec<_>>().join("-"));
        let file = self.code.value.path().rsplit('/').next().unwrap_or_default();
        let stem = file.trim_start_matches('.').split('.').next().unwrap_or_default();
        FunctionName::parse(&from_route).or_else(|_| FunctionName::parse(&slug(stem))).ok()
    }
}

/// Lower case, with everything that a name may not hold turned into single dashes.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        if c != '-' || !(out.is_empty() || out.ends_with('-')) {
            out.push(c);
        }
    }
    out.trim_end_matches('-').to_owned()
}

fn read_name(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<At<FunctionName>> {
    let text = sheet.text("name", 1_024, findings)?;
    match FunctionName::parse(&text.value) {
        Ok(value) => Some(At { value, place: text.place }),
        Err(e) => {
            let span = sheet.entry("name")?.span();
            findings.report(
                &span,
                &sheet.path_of("name"),
                e.to_string(),
                "write a name such as `menu` or `order-list`",
            );
            None
        }
    }
}

fn read_route(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<RoutePattern> {
    let path = sheet.path_of("route");
    let Some(entry) = sheet.entry("route") else {
        findings.report(sheet.span(), &path, "the function has no route", "add a line such as `route = \"GET /menu\"`");
        return None;
    };
    let text = sheet.text("route", 4 * RoutePattern::MAX_BYTES, findings)?;
    match text.value.parse() {
        Ok(route) if is_platforms(&route) => {
            let problem = format!("`{}` is answered by the platform itself", route.path());
            findings.report(&entry.span(), &path, problem, "choose another path");
            None
        }
        Ok(route) => Some(route),
        Err(e) => {
            let e: types::RouteError = e;
            findings.report(
                &entry.span(),
                &path,
                e.to_string(),
                "write a route such as `GET /menu`, `/orders/*` or `/users/:id`",
            );
            None
        }
    }
}

/// Paths that say how to sign in (RFC 9728), on every app's origin.
fn is_platforms(route: &RoutePattern) -> bool {
    route.path() == "/.well-known/oauth-protected-resource"
}

/// The component or the source, exactly one of them.
fn read_code(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<At<Code>> {
    let handler = read_handler(sheet, findings);
    match (sheet.entry("component"), sheet.entry("source")) {
        (Some(entry), None) => {
            let path = path::read(sheet, "component", findings)?;
            if is_script(&path.value) {
                let problem = format!("{} is a source, not a component", quote(&path.value));
                let instead = "write `source` instead of `component`";
                findings.report(&entry.span(), &sheet.path_of("component"), problem, instead);
                return None;
            }
            Some(At { value: Code::Component { path: path.value }, place: path.place })
        }
        (None, Some(entry)) => {
            let path = path::read(sheet, "source", findings)?;
            if !is_script(&path.value) {
                let problem = format!("{} is no JavaScript or TypeScript file", quote(&path.value));
                let instead = if path.value.ends_with(".wasm") {
                    "write `component` instead of `source`".to_owned()
                } else {
                    format!("the endings are {}", list(SOURCE_ENDINGS.into_iter()))
                };
                findings.report(&entry.span(), &sheet.path_of("source"), problem, instead);
                return None;
            }
            Some(At { value: Code::Source { path: path.value, handler }, place: path.place })
        }
        (Some(_), Some(source)) => {
            findings.report(
                &source.span(),
                &sheet.path_of("source"),
                "the function has a component and a source",
                "keep the one that answers",
            );
            None
        }
        (None, None) => {
            findings.report(
                sheet.span(),
                &sheet.path_of("source"),
                "the function has neither a source nor a component",
                "add a line such as `source = \"menu.js\"` or `component = \"menu.wasm\"`",
            );
            None
        }
    }
}

fn is_script(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').is_some_and(|(_, ending)| SOURCE_ENDINGS.contains(&ending))
}

/// The export of a source that answers.
fn read_handler(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<String> {
    let entry = sheet.entry("handler")?;
    let path = sheet.path_of("handler");
    let text = sheet.text("handler", HANDLER_BYTES_MAX, findings)?;
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    let goes_on = |c: char| begins(c) || c.is_ascii_digit();
    if !text.value.starts_with(begins) || !text.value.chars().all(goes_on) {
        let problem = format!("{} is not the name of an export", quote(&text.value));
        findings.report(&entry.span(), &path, problem, "write a name such as `menu`, for `export function menu() {}`");
        return None;
    }
    if sheet.entry("source").is_none() {
        let instead = "remove it, or write `source` instead of `component`";
        findings.report(&entry.span(), &path, "only a source has handlers to choose from", instead);
    }
    Some(text.value).filter(|name| name != "default")
}

/// `None` when a word is there and means nothing: then nothing that depends on it is checked.
fn read_access(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<Access> {
    let Some(entry) = sheet.entry("access") else { return Some(Access::default()) };
    let text = sheet.text("access", 1_024, findings)?;
    let Ok(access) = text.value.parse() else {
        let words = || Access::ALL.into_iter().map(Access::as_str);
        let instead = match nearest(&text.value, words()) {
            Some(near) => format!("did you mean `{near}`? the words are {}", list(words())),
            None => format!("the words are {}", list(words())),
        };
        let problem = format!("{} is not an access word", quote(&text.value));
        findings.report(&entry.span(), &sheet.path_of("access"), problem, instead);
        return None;
    };
    Some(access)
}

fn read_reason(sheet: &Sheet<'_, '_>, access: Option<Access>, findings: &mut Findings<'_>) -> Option<String> {
    let reason = sheet.text("reason", REASON_BYTES_MAX, findings);
    let says_something = reason.as_ref().is_some_and(|r| r.value.chars().any(char::is_alphanumeric));
    if access == Some(Access::Public) && !says_something {
        let span = sheet.entry("access").map_or(sheet.span().clone(), toml::Spanned::span);
        findings.report(
            &span,
            &sheet.path_of("reason"),
            "a public function must say why it is public",
            "add a line such as `reason = \"the menu hangs in the window anyway\"`, or choose another `access`",
        );
    }
    reason.map(|r| r.value)
}

fn read_callers(sheet: &Sheet<'_, '_>, access: Option<Access>, findings: &mut Findings<'_>) -> Vec<String> {
    let path = sheet.path_of("callers");
    let callers = sheet.texts("callers", 1_024, findings);
    let entry = sheet.entry("callers");
    let span = entry.map_or(sheet.span().clone(), toml::Spanned::span);
    match access {
        Some(Access::Workloads) if entry.is_none_or(|e| e.get_ref().as_array().is_some_and(|a| a.is_empty())) => {
            findings.report(
                &span,
                &path,
                "`access = \"workloads\"` without callers lets nobody in",
                "add a line such as `callers = [\"ci\"]`, or write `access = \"closed\"`",
            );
        }
        Some(Access::Workloads) | None => {}
        // SECURITY: whoever writes callers believes that only those may call; no other access word means that.
        Some(other) if entry.is_some() => findings.report(
            &span,
            &path,
            format!("callers count only with `access = \"workloads\"`, and this function is `{other}`"),
            "write `access = \"workloads\"`, or remove `callers`",
        ),
        Some(_) => {}
    }
    let mut seen = HashSet::new();
    for (index, caller) in callers.iter().enumerate() {
        let (problem, instead) = match FunctionName::parse(&caller.value) {
            Err(e) => (e.to_string(), "write the name of a service account, such as `till`, without a prefix"),
            Ok(_) if !seen.insert(caller.value.clone()) => {
                (format!("{} is listed twice", quote(&caller.value)), "write each service account's name once")
            }
            Ok(_) => continue,
        };
        let item = entry.and_then(|e| e.get_ref().get(index)).map_or(span.clone(), toml::Spanned::span);
        findings.report(&item, &format!("{path}[{index}]"), problem, instead);
    }
    callers.into_iter().map(|c| c.value).collect()
}

fn read_config(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> BTreeMap<String, String> {
    let mut config = BTreeMap::new();
    let path = sheet.path_of("config");
    let Some(entry) = sheet.entry("config") else { return config };
    let Some(inner) = Sheet::of(entry, path.clone(), findings) else { return config };
    if inner.entries().count() > CONFIG_MAX {
        findings.report(&entry.span(), &path, "too many entries", format!("write at most {CONFIG_MAX}"));
        return config;
    }
    for (key, span, entry) in inner.entries() {
        let word = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if key.is_empty() || key.len() > 64 || !key.bytes().all(word) {
            let problem = format!("{} is not a config key", quote(key));
            findings.report(&span, &path, problem, "write 1 to 64 letters, digits, `-`, `_` or `.`");
            continue;
        }
        if OURS.contains(&key) {
            let problem = format!("`{key}` is what the platform gives a function as `env.{key}`");
            findings.report(&span, &inner.path_of(key), problem, "choose another name");
            continue;
        }
        if !matches!(entry.get_ref(), DeValue::String(_)) {
            wrong_shape(entry, &inner.path_of(key), entry.get_ref(), "the value as a text in quotes", findings);
        } else if let Some(value) = inner.text(key, CONFIG_VALUE_BYTES_MAX, findings) {
            config.insert(key.to_owned(), value.value);
        }
    }
    config
}

/// Names beside which a function finds what the platform gives it.
const OURS: [&str; 3] = ["DB", "KV", "SECRETS"];

fn read_secrets(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> BTreeSet<SecretName> {
    let path = sheet.path_of("secrets");
    let Some(entry) = sheet.entry("secrets") else { return BTreeSet::new() };
    let mut names = BTreeSet::new();
    for (index, text) in sheet.texts("secrets", 1_024, findings).iter().enumerate() {
        let (problem, instead) = match SecretName::parse(&text.value) {
            Err(error) => (error.to_string(), instead_of(&text.value)),
            Ok(name) => match names.insert(name) {
                true => continue,
                false => {
                    (format!("{} is listed twice", quote(&text.value)), "write each secret's name once".to_owned())
                }
            },
        };
        let item = entry.get_ref().get(index).map_or(entry.span(), toml::Spanned::span);
        findings.report(&item, &format!("{path}[{index}]"), problem, instead);
    }
    names
}

/// The secret's name that a word may have been meant as.
fn instead_of(word: &str) -> String {
    let meant = slug(word).replace('-', "_").to_ascii_uppercase();
    match SecretName::parse(&meant) {
        Ok(name) => format!("write `{name}`, and set it under that name: `serviceful secrets set APP {name}`"),
        Err(_) => "write a name such as `STRIPE_KEY`; the value is never in the manifest".to_owned(),
    }
}

fn read_kv(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> KvAccess {
    let Some(text) = sheet.text("kv", 1_024, findings) else { return KvAccess::None };
    match text.value.as_str() {
        "r" => KvAccess::Read,
        "rw" => KvAccess::ReadWrite,
        other => {
            let span = sheet.entry("kv").map_or(sheet.span().clone(), toml::Spanned::span);
            let problem = format!("{} is not what a function may do with the key-value store", quote(other));
            let instead = "write `r` to read or `rw` to read and write, or remove the key";
            findings.report(&span, &sheet.path_of("kv"), problem, instead);
            KvAccess::None
        }
    }
}

/// A function that is not a table at all, and other entries of a wrong kind.
pub(crate) fn read_all(sheet: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Vec<Option<Draft>> {
    let Some(entry) = sheet.entry("function") else {
        // `[[functions]]` is reported as an unknown key; this is about a manifest that has nothing of the kind.
        if !sheet.entries().any(|(key, ..)| nearest(key, std::iter::once("function")).is_some()) {
            findings.report(&(0..0), "function", "the app has no function", "add a `[[function]]` table");
        }
        return Vec::new();
    };
    let DeValue::Array(items) = entry.get_ref() else {
        wrong_shape(entry, "function", entry.get_ref(), "`[[function]]` with two brackets", findings);
        return Vec::new();
    };
    if items.is_empty() {
        findings.report(&entry.span(), "function", "the app has no function", "add a `[[function]]` table");
    }
    if items.len() > crate::FUNCTIONS_MAX {
        let instead = format!("write at most {}, or split the app", crate::FUNCTIONS_MAX);
        findings.report(&entry.span(), "function", format!("{} functions are too many", items.len()), instead);
        return Vec::new();
    }
    let mut drafts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let key = format!("function[{index}]");
        drafts.push(Sheet::of(item, key.clone(), findings).and_then(|sheet| Draft::read(&sheet, key, findings)));
    }
    drafts
}
