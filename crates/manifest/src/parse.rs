//! Text -> manifest.
use std::collections::HashSet;

use toml::de::DeTable;
use types::{AppName, FunctionName, GroupName};

use crate::{
    Build, Function, Manifest, ManifestError,
    bounds::{COMMAND_BYTES_MAX, PATH_BYTES_MAX, TEXT_BYTES_MAX},
    findings::{At, Findings, quote},
    function::{self, Draft},
    keys::Section,
    limits::LimitTable,
    path, routes,
    sheet::Sheet,
};

impl Manifest {
    /// Reads the text of a manifest.
    ///
    /// Errors: everything that is wrong, in the order of the text, at most [`crate::ERRORS_MAX`]. While the text is not TOML,
    /// only the first place where it is not is reported: what the rest means would be a guess, and so would a second mistake.
    pub fn parse(text: &str) -> Result<Self, Vec<ManifestError>> {
        if text.len() > TEXT_BYTES_MAX {
            let mut findings = Findings::new("");
            let problem = format!("the manifest is {} bytes long", text.len());
            findings.report(&(0..0), "", problem, format!("write at most {TEXT_BYTES_MAX} bytes"));
            return findings.close(None);
        }
        let mut findings = Findings::new(text);
        let (document, syntax) = DeTable::parse_recoverable(text);
        let place = |error: &toml::de::Error| error.span().unwrap_or(text.len()..text.len());
        if let Some(error) = syntax.iter().min_by_key(|error| place(error).start) {
            findings.report(&place(error), "", error.message(), "correct the TOML here (https://toml.io)");
        }
        if !findings.is_clean() {
            return findings.close(None);
        }
        let manifest = read(&Sheet::top(&document), &mut findings);
        findings.close(manifest)
    }
}

fn read(top: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<Manifest> {
    top.check_keys(Section::Top, findings);
    let name = read_name(top, findings);
    let build = read_build(top, findings);
    let limits = LimitTable::read(top, "limits", findings);
    let policy = read_policy(top, findings);
    let groups = read_groups(top, findings);
    let drafts = function::read_all(top, findings);
    routes::check(drafts.iter().flatten(), findings);
    let functions = name_all(drafts.into_iter().flatten().collect(), findings);
    let name = name?;
    Some(Manifest { name: name.value, build, functions, groups, policy, name_place: name.place, limits })
}

fn read_name(top: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<At<AppName>> {
    let Some(entry) = top.entry("name") else {
        findings.report(&(0..0), "name", "the app has no name", "add a first line such as `name = \"coffee\"`");
        return None;
    };
    let text = top.text("name", 1_024, findings)?;
    match AppName::parse(&text.value) {
        Ok(value) => Some(At { value, place: text.place }),
        Err(e) => {
            findings.report(&entry.span(), "name", e.to_string(), "write a name such as `coffee` or `shop-2`");
            None
        }
    }
}

fn read_build(top: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<Build> {
    let sheet = Sheet::of(top.entry("build")?, "build".into(), findings)?;
    sheet.check_keys(Section::Build, findings);
    let command = sheet.text("command", COMMAND_BYTES_MAX, findings);
    if let (Some(at), Some(entry)) = (&command, sheet.entry("command"))
        && at.value.trim().is_empty()
    {
        findings.report(&entry.span(), "build.command", "the command is empty", "write a command or remove the key");
    }
    let watch = sheet.texts("watch", PATH_BYTES_MAX, findings);
    for (index, at) in watch.iter().enumerate() {
        let Some((what, instead)) = path::problem(&at.value) else { continue };
        let item = sheet.entry("watch").and_then(|e| e.get_ref().get(index));
        let span = item.map_or(sheet.span().clone(), toml::Spanned::span);
        let problem = format!("the path {} {what}", quote(&at.value));
        findings.report(&span, &format!("build.watch[{index}]"), problem, instead);
    }
    Some(Build { command: command.map(|c| c.value), watch: watch.into_iter().map(|w| w.value).collect() })
}

/// Names of groups, each once.
fn read_groups(top: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Vec<GroupName> {
    let mut groups: Vec<GroupName> = Vec::new();
    for (index, at) in top.texts("groups", GroupName::MAX_BYTES, findings).iter().enumerate() {
        let item = top.entry("groups").and_then(|entry| entry.get_ref().get(index));
        let span = item.map_or(top.span().clone(), toml::Spanned::span);
        let key = format!("groups[{index}]");
        match GroupName::parse(&at.value) {
            Ok(name) if groups.contains(&name) => {
                findings.report(&span, &key, format!("the group `{name}` is there twice"), "remove one of them");
            }
            Ok(name) => groups.push(name),
            Err(e) => findings.report(&span, &key, e.to_string(), "write a name such as `baristas`"),
        }
    }
    groups.sort();
    groups
}

fn read_policy(top: &Sheet<'_, '_>, findings: &mut Findings<'_>) -> Option<String> {
    let sheet = Sheet::of(top.entry("policy")?, "policy".into(), findings)?;
    sheet.check_keys(Section::Policy, findings);
    if sheet.entry("file").is_none() {
        // SECURITY: an empty `[policy]` would look like protection and be none.
        let instead = "add `file = \"app.cedar\"`, or remove the table";
        findings.report(sheet.span(), "policy.file", "the table names no file", instead);
    }
    path::read(&sheet, "file", findings).map(|at| at.value)
}

/// Gives each function its name: the written ones first, then made-up ones that clash with nothing.
fn name_all(drafts: Vec<Draft>, findings: &mut Findings<'_>) -> Vec<Function> {
    let mut taken: HashSet<FunctionName> = HashSet::new();
    for draft in &drafts {
        if let Some(name) = &draft.name
            && !taken.insert(name.value.clone())
        {
            let problem = format!("another function is named {} too", quote(name.value.as_str()));
            findings.report(&draft.span, &format!("{}.name", draft.key), problem, "give each function its own name");
        }
    }
    let mut functions = Vec::new();
    for mut draft in drafts {
        match draft.name.take().map(|at| at.value).or_else(|| free_name(&draft, &mut taken)) {
            Some(name) => functions.push(draft.named(name)),
            None => findings.report(
                &draft.span,
                &format!("{}.name", draft.key),
                "no free name follows from the route or the file",
                "add a line such as `name = \"menu\"`",
            ),
        }
    }
    functions
}

fn free_name(draft: &Draft, taken: &mut HashSet<FunctionName>) -> Option<FunctionName> {
    let plain = draft.default_name()?;
    let with_method = draft.route.method().map(|m| format!("{plain}-{}", m.as_str().to_ascii_lowercase()));
    let second = with_method.and_then(|name| FunctionName::parse(&name).ok());
    std::iter::once(plain).chain(second).find(|name| taken.insert(name.clone()))
}
