//! People for development: who they are, and who everybody is by `serviceful up --as`.
//!
//! NOT HERE: a way for a server to have them. `Config::read`, by which `serve` gets its configuration, refuses the section, and
//! [`Development::check`] refuses it beside anything but loopback, plain HTTP and `localhost`, whoever wrote it.
use std::{collections::BTreeMap, path::Path, sync::Arc};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use types::{Assurance, PrincipalId};

use crate::config::Config;

/// The file beside the manifest. It is not deployed.
pub(crate) const FILE: &str = "people.toml";
/// People in it.
const PEOPLE_MAX: usize = 50;
/// Bytes of it.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// What `--as` says for nobody.
pub(crate) const NOBODY: [&str; 2] = ["stranger", "nobody"];

/// What somebody is in the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    Admin,
    Member,
    #[default]
    None,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
            Self::None => "not a member",
        }
    }
}

/// One person of the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    name: Option<String>,
    role: Role,
    /// One of the words of [`assurance`].
    assurance: String,
}

impl Default for Entry {
    fn default() -> Self {
        Self { name: None, role: Role::None, assurance: "single-factor".to_owned() }
    }
}

/// A person for development.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Somebody {
    /// What `--as` says.
    pub(crate) key: String,
    pub(crate) id: PrincipalId,
    /// As functions see it.
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) assurance: Assurance,
}

/// Everybody, and who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Development {
    /// The key of the one who everybody is; `None`: strangers stay strangers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acting: Option<String>,
    people: Vec<Somebody>,
}

/// The platform's words, and shorter ones that people type.
pub(crate) fn assurance(word: &str) -> Result<Assurance, String> {
    Ok(match word {
        "password" | "1fa" => Assurance::SingleFactor,
        "mfa" | "2fa" => Assurance::MultiFactor,
        "passkey" | "phr" => Assurance::PhishingResistant,
        word => word.parse().map_err(|()| {
            format!(
                "`{word}` is no assurance; write `none`, `single-factor` (or `password`), `multi-factor` (or `mfa`) or `phishing-resistant` (or `passkey`)"
            )
        })?,
    })
}

/// Who is there without a file: somebody for each way in which most apps differ.
fn usual() -> BTreeMap<String, Entry> {
    let entry = |role, assurance: &str| Entry { name: None, role, assurance: assurance.to_owned() };
    BTreeMap::from([
        ("alice".to_owned(), entry(Role::Admin, "phishing-resistant")),
        ("bob".to_owned(), entry(Role::Member, "single-factor")),
        ("carol".to_owned(), entry(Role::None, "multi-factor")),
    ])
}

impl Development {
    /// The people of a project, with everybody acting as `who`.
    ///
    /// # Errors
    /// What is wrong with the file, or that it has nobody of this name.
    pub(crate) fn of_project(folder: &Path, who: &str, shown: Option<Assurance>) -> anyhow::Result<Self> {
        let file = folder.join(FILE);
        let entries = if file.exists() { read(&file)? } else { usual() };
        let mut people = Vec::new();
        for (key, entry) in entries {
            people.push(somebody(key, entry).with_context(|| format!("`{}`", file.display()))?);
        }
        let acting = if NOBODY.contains(&who) {
            if shown.is_some() {
                bail!("a stranger shows nothing; leave `--assurance` out, or name somebody with `--as`");
            }
            None
        } else {
            let keys: Vec<String> = people.iter().map(|person| format!("`{}`", person.key)).collect();
            let Some(person) = people.iter_mut().find(|person| person.key == who) else {
                bail!(
                    "there is nobody called `{who}`; there are {}, and `stranger`. Others are written into `{}`",
                    keys.join(", "),
                    file.display()
                );
            };
            person.assurance = shown.unwrap_or(person.assurance);
            Some(who.to_owned())
        };
        Ok(Self { acting, people })
    }

    pub(crate) fn people(&self) -> &[Somebody] {
        &self.people
    }

    /// Who everybody is.
    pub(crate) fn acting(&self) -> Option<&Somebody> {
        let key = self.acting.as_ref()?;
        self.people.iter().find(|person| person.key == *key)
    }

    /// SECURITY: asked by whoever wrote the configuration and once more by the process that would act on it. Beyond this computer, or
    /// under a name that others resolve, everybody would be this person for everybody.
    pub(crate) fn check(&self, config: &Config) -> anyhow::Result<()> {
        let names = config.names(0);
        let local = config.listen.addresses.iter().all(|address| address.ip().is_loopback());
        if !config.dev || !local || config.tls.is_some() || names.apps_domain != "localhost" {
            bail!(
                "people for development are there with `serviceful up` alone: on a loopback address, without TLS, below `localhost`"
            );
        }
        if self.acting.is_some() && self.acting().is_none() {
            bail!("nobody for development is called like the one who acts");
        }
        Ok(())
    }
}

impl Somebody {
    /// For answers, events and the terminal.
    pub(crate) fn mark(&self) -> Arc<str> {
        format!("{}, {}", self.key, self.assurance).into()
    }

    /// In the directory, where others read it too.
    pub(crate) fn directory_name(&self) -> Arc<str> {
        format!("{} (development)", self.name).into()
    }
}

fn read(file: &Path) -> anyhow::Result<BTreeMap<String, Entry>> {
    let what = || format!("`{}`", file.display());
    let bytes = std::fs::metadata(file).with_context(what)?.len();
    if bytes > FILE_BYTES_MAX {
        bail!("`{}` has {bytes} bytes; write at most {FILE_BYTES_MAX}", file.display());
    }
    let text = std::fs::read_to_string(file).with_context(what)?;
    let people: BTreeMap<String, Entry> = toml::from_str(&text).with_context(|| {
        format!("`{}` is not understood; a person is `[alice]` with `name`, `role` (`admin`, `member`, `none`) and `assurance`", file.display())
    })?;
    if people.is_empty() || people.len() > PEOPLE_MAX {
        bail!("`{}` has {} people; write 1 to {PEOPLE_MAX}", file.display(), people.len());
    }
    Ok(people)
}

fn somebody(key: String, entry: Entry) -> anyhow::Result<Somebody> {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if key.is_empty() || key.len() > 32 || !key.bytes().all(word) || NOBODY.contains(&key.as_str()) {
        bail!(
            "`{key}` is no name for `--as`; write 1 to 32 lower-case letters, digits or `-`, and not {}",
            NOBODY.join(" or ")
        );
    }
    let name = entry.name.unwrap_or_else(|| {
        let mut letters = key.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    });
    if name.trim().is_empty() || name.chars().count() > 60 || name.contains(char::is_control) {
        bail!("the `name` of `{key}` has to have 1 to 60 characters, on one line");
    }
    let assurance = assurance(&entry.assurance).map_err(|why| anyhow::anyhow!("`{key}`: {why}"))?;
    Ok(Somebody { id: id_of(&key), key, name, role: entry.role, assurance })
}

/// The same each time, so that what an app keeps of somebody is theirs after a restart.
fn id_of(key: &str) -> PrincipalId {
    let text = format!("serviceful, a person for development: {key}");
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    PrincipalId::from_bytes(bytes)
}

#[cfg(test)]
mod tests;
