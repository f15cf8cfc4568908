//! The operator's file: one section a room. An absent key is the safe value; an unknown key refuses to start.
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use types::{CompileLimits, RunLimits};

/// The whole effective configuration. The supervisor reads it once and hands it to its children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where everything is kept.
    #[serde(default = "default_data")]
    pub data: PathBuf,
    #[serde(default)]
    pub listen: Listen,
    #[serde(default)]
    pub names: Names,
    /// Without it the platform speaks plain HTTP, which only a loopback address may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    #[serde(default)]
    pub front_door: front_door::Config,
    #[serde(default)]
    pub identity: identity::Config,
    #[serde(default)]
    pub runtime: runtime::Config,
    #[serde(default)]
    pub caps: Caps,
    #[serde(default)]
    pub jail: Jail,
    /// `serviceful up`: the person who owns the data directory may deploy through the host socket.
    #[serde(default)]
    pub dev: bool,
}

/// Section `[listen]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Addresses to accept connections on.
    pub addresses: Vec<SocketAddr>,
}

impl Default for Listen {
    fn default() -> Self {
        Self { addresses: vec![SocketAddr::from(([127, 0, 0, 1], 8080))] }
    }
}

/// Section `[names]`: under which names the platform answers. They never come from a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Names {
    /// Apps answer at `<app>.<apps_domain>`. Default `localhost`.
    pub apps_domain: Option<String>,
    /// Host of the console and the control API. Default `console.<apps_domain>`.
    pub console: Option<String>,
    /// The port that people type, when it is neither the listener's nor the scheme's own.
    pub port: Option<u16>,
}

/// Section `[tls]`: PEM files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Section `[caps]`: what no manifest may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    #[serde(default = "run_cap")]
    pub run: RunLimits,
    #[serde(default = "compile_cap")]
    pub compile: CompileLimits,
}

impl Default for Caps {
    fn default() -> Self {
        Self { run: run_cap(), compile: compile_cap() }
    }
}

const fn run_cap() -> RunLimits {
    RunLimits::CAP
}

const fn compile_cap() -> CompileLimits {
    CompileLimits::CAP
}

/// Section `[jail]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jail {
    /// Refuse to start where the kernel cannot close every door.
    pub strict: bool,
}

fn default_data() -> PathBuf {
    PathBuf::from("/var/lib/serviceful")
}

impl Config {
    /// Reads the operator's file. Relative paths in it are relative to the file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let mut config: Self = toml::from_str(&text).with_context(|| format!("`{}` is not a valid configuration", path.display()))?;
        let base = path.parent().unwrap_or(Path::new("."));
        config.data = base.join(&config.data);
        if let Some(tls) = &mut config.tls {
            tls.certificate = base.join(&tls.certificate);
            tls.key = base.join(&tls.key);
        }
        // A file cannot turn a server into a developer's machine.
        if config.dev {
            bail!("`dev` cannot be set in a configuration file; it belongs to `serviceful up`");
        }
        config.check()?;
        Ok(config)
    }

    /// The configuration of `serviceful up` for a project.
    pub fn for_project(project: &Path, listen: SocketAddr) -> anyhow::Result<Self> {
        let config = Self {
            data: project.join(".serviceful"),
            listen: Listen { addresses: vec![listen] },
            names: Names::default(),
            tls: None,
            front_door: front_door::Config::default(),
            identity: identity::Config::default(),
            runtime: runtime::Config::default(),
            caps: Caps::default(),
            jail: Jail::default(),
            dev: true,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        if self.listen.addresses.is_empty() {
            bail!("`listen.addresses` is empty: give at least one address, such as \"127.0.0.1:8080\"");
        }
        if self.tls.is_none()
            && let Some(open) = self.listen.addresses.iter().find(|a| !a.ip().is_loopback())
        {
            bail!("`{open}` is not a loopback address, and there is no `[tls]` section: credentials would cross the network in clear text. Add `[tls]`, or listen on 127.0.0.1 behind something that speaks TLS");
        }
        Ok(())
    }

    /// The names the platform answers under. `port` is the one that was bound.
    pub fn names(&self, bound: u16) -> gateway::Names {
        let apps_domain = self.names.apps_domain.clone().unwrap_or_else(|| "localhost".to_owned());
        let console = self.names.console.clone().unwrap_or_else(|| format!("console.{apps_domain}"));
        let (scheme, own) = if self.tls.is_some() { ("https", 443) } else { ("http", 80) };
        let port = Some(self.names.port.unwrap_or(bound)).filter(|port| *port != own);
        gateway::Names { scheme, apps_domain, console, port }
    }

    /// Folders of the data directory: `(everything the front may write, the keeper's)`.
    pub fn folders(&self) -> Folders {
        Self::folders_of(&self.data)
    }

    /// Folders of a data directory.
    pub fn folders_of(data: &Path) -> Folders {
        let at = |name: &str| data.join(name);
        Folders {
            platform: at("platform"),
            audit: at("audit"),
            contents: at("contents"),
            artefacts: at("artefacts"),
            logs: at("logs"),
            keeper: at("keeper"),
        }
    }

    pub fn host_socket(&self) -> PathBuf {
        self.data.join("host.sock")
    }

    pub const fn jail_mode(&self) -> jail::Mode {
        if self.jail.strict { jail::Mode::Strict } else { jail::Mode::BestEffort }
    }
}

/// The folders of a data directory.
#[derive(Debug, Clone)]
pub struct Folders {
    pub platform: PathBuf,
    pub audit: PathBuf,
    pub contents: PathBuf,
    pub artefacts: PathBuf,
    pub logs: PathBuf,
    pub keeper: PathBuf,
}

impl Folders {
    /// What the front may write. The keeper's folder is not among them.
    pub fn of_front(&self) -> Vec<PathBuf> {
        vec![self.platform.clone(), self.audit.clone(), self.contents.clone(), self.artefacts.clone(), self.logs.clone()]
    }
}
