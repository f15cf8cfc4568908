//! The table of questions: a file beside the manifest.
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use types::{Action, Assurance, GroupName, Method, PrincipalId};

use super::super::{
    failure::Failure,
    project::{self, Project},
};

/// Names of the file, in the project's folder.
const FILES: [&str; 2] = ["policy-tests.toml", "policy-tests.json"];
/// Longest table, in bytes.
const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Most questions in it.
const TESTS_MAX: usize = 10_000;

/// A whole table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// People and service accounts by the name that the questions use.
    #[serde(default)]
    pub(super) who: BTreeMap<String, Part>,
    #[serde(default, rename = "test")]
    pub(super) tests: Vec<Row>,
}

/// Somebody whom questions name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Part {
    /// A person; or a service account of the app, which rules know by the name it has here.
    #[serde(default)]
    pub(super) kind: Kind,
    /// What they are in the app; absent: nothing.
    pub(super) role: Option<Role>,
    /// Groups of the platform that they are in, of those that the manifest declares.
    #[serde(default)]
    pub(super) groups: Vec<GroupName>,
    /// Owner of the platform.
    #[serde(default)]
    pub(super) owner: bool,
    #[serde(default)]
    pub(super) disabled: bool,
    /// The id that rules name them by.
    pub(super) id: Option<PrincipalId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    #[default]
    Person,
    Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    Member,
    Admin,
}

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Strength {
    #[default]
    OneFactor,
    SeveralFactors,
    Passkey,
}

impl Strength {
    pub(super) const fn assurance(self) -> Assurance {
        match self {
            Self::OneFactor => Assurance::SingleFactor,
            Self::SeveralFactors => Assurance::MultiFactor,
            Self::Passkey => Assurance::PhishingResistant,
        }
    }
}

/// One question, for each of those named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// Names, or words for kinds of callers, with spaces between them.
    pub(super) who: String,
    /// `GET /menu`: a call of a function.
    call: Option<String>,
    /// An action on the app, such as `app-deploy`; in the place of `call`.
    action: Option<String>,
    /// `refund order-7`: an action of the app's own and what it is done to, as functions ask with `allowed`; in the place of both.
    may: Option<String>,
    pub(super) expect: Expected,
    /// The rules that decide, all of them; absent: whichever.
    pub(super) by: Option<Vec<String>>,
    #[serde(default, rename = "signed-in-by")]
    pub(super) strength: Strength,
    /// How many seconds ago.
    #[serde(default, rename = "signed-in-s-ago")]
    pub(super) ago_s: u32,
}

/// What the rules should say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Expected {
    Allow,
    /// Any of those below, or a plain no.
    Deny,
    /// A stranger is asked who they are.
    SignIn,
    /// They would be allowed with the sign-in that the function demands, and are asked for it.
    StepUp,
    Closed,
    /// There is nothing here, or they may not know.
    Nothing,
}

impl Expected {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::SignIn => "sign-in",
            Self::StepUp => "step-up",
            Self::Closed => "closed",
            Self::Nothing => "nothing",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Call {
        method: Method,
        path: String,
    },
    Act(Action),
    /// An action of the app's own.
    May {
        action: String,
        resource: String,
    },
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call { method, path } => write!(f, "{method} {path}"),
            Self::Act(action) => write!(f, "{action}"),
            Self::May { action, resource } if resource.is_empty() => write!(f, "{action}"),
            Self::May { action, resource } => write!(f, "{action} {resource}"),
        }
    }
}

impl Row {
    pub(super) fn wanted(&self) -> Result<Wanted, Failure> {
        match (&self.call, &self.action, &self.may) {
            (Some(call), None, None) => call_of(call),
            (None, None, Some(may)) => {
                let (action, resource) = may.split_once(' ').unwrap_or((may, ""));
                Ok(Wanted::May { action: action.to_owned(), resource: resource.to_owned() })
            }
            (None, Some(word), None) => {
                let action = Action::ALL.iter().copied().find(|action| action.as_str() == word);
                action.filter(|action| *action != Action::Invoke && !action.is_of_pages()).map(Wanted::Act).ok_or_else(
                    || {
                        Failure::new(format!("`{word}` is no action on an app")).next(
                            "write one such as `app-read`, `app-deploy` or `app-members`, or `call = \"GET /path\"`",
                        )
                    },
                )
            }
            _ => Err(Failure::new(format!("the test of `{}` needs one of `call`, `action` and `may`", self.who))),
        }
    }
}

fn call_of(text: &str) -> Result<Wanted, Failure> {
    let bad = |why: &str| Failure::new(format!("`call = \"{text}\"`: {why}")).next("write it like `GET /orders/7`");
    let (method, path) = text.split_once(' ').ok_or_else(|| bad("there is no method"))?;
    let method = method.parse().map_err(|()| bad("this method is not served"))?;
    // Rules see the path as the front door makes it: one spelling, without query.
    let plain = path.starts_with('/')
        && !path.contains(['?', '#', '%', '\\', ' '])
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && !path.contains("//");
    if plain {
        Ok(Wanted::Call { method, path: path.to_owned() })
    } else {
        Err(bad("rules see plain paths without query only"))
    }
}

/// The table of a project.
pub(super) fn find(project: &Project, named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(file) = named {
        return Ok(file.to_owned());
    }
    let mut files = FILES.iter().map(|name| project.folder.join(name)).filter(|file| file.exists());
    files.next().ok_or_else(|| {
        Failure::new(format!("there is no `{}`", project.folder.join(FILES[0]).display()))
            .next("write one; `serviceful policy test --help` shows its shape, docs/reference/policy.md the rest")
    })
}

impl Table {
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let text = project::read_text(file, TEXT_BYTES_MAX)?;
        let wrong = |why: String| Failure::new(format!("`{}`: {why}", file.display()));
        let table: Self = if file.extension().is_some_and(|ending| ending == "json") {
            serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?
        } else {
            toml::from_str(&text).map_err(|e| wrong(e.to_string()))?
        };
        if table.tests.is_empty() || table.tests.len() > TESTS_MAX {
            return Err(wrong(format!("a table has 1 to {TESTS_MAX} tests; this one has {}", table.tests.len())));
        }
        Ok(table)
    }
}
