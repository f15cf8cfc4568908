//! The operator's file: one section a room. An absent key is the safe value; an unknown key refuses to start.
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use types::{CompileLimits, RunLimits};

use crate::development::Development;

/// The whole effective configuration. The supervisor reads it once and hands it to its children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Where everything is kept.
    #[serde(default = "default_data")]
    pub(crate) data: PathBuf,
    #[serde(default)]
    pub(crate) listen: Listen,
    #[serde(default)]
    pub(crate) names: Names,
    /// Without it the platform speaks plain HTTP, which only a loopback address may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<Tls>,
    #[serde(default)]
    pub(crate) front_door: front_door::Config,
    #[serde(default)]
    pub(crate) identity: identity::Config,
    #[serde(default)]
    pub(crate) runtime: runtime::Config,
    #[serde(default)]
    pub(crate) control: control::Config,
    #[serde(default)]
    pub(crate) sign_up: sign_in::SignUp,
    /// The operator's mail server. Without it links are handed over by people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mail: Option<mailer::Config>,
    #[serde(default)]
    pub(crate) kv: Kv,
    #[serde(default)]
    pub(crate) caps: Caps,
    #[serde(default)]
    pub(crate) jail: Jail,
    /// `serviceful up`: the person who owns the data directory may deploy through the host socket.
    #[serde(default)]
    pub(crate) dev: bool,
    /// `serviceful up --as`: people for development. Ask [`Config::development`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) development: Option<Development>,
}

/// Section `[listen]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Listen {
    /// Addresses to accept connections on.
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Default for Listen {
    fn default() -> Self {
        Self { addresses: vec![SocketAddr::from(([127, 0, 0, 1], 8080))] }
    }
}

/// Section `[names]`: under which names the platform answers. They never come from a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Names {
    /// Apps answer at `<app>.<apps_domain>`. Default `localhost`.
    pub(crate) apps_domain: Option<String>,
    /// Host of the console and the control API. Default `console.<apps_domain>`.
    pub(crate) console: Option<String>,
    /// Host of the sign-in pages. Default `id.<apps_domain>`.
    pub(crate) id: Option<String>,
    /// The port that people type, when it is neither the listener's nor the scheme's own.
    pub(crate) port: Option<u16>,
}

/// Section `[tls]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// One entry a certificate. Names that none of them is for are not answered.
    pub(crate) certificates: Vec<front_door::CertificateFile>,
}

/// Section `[kv]`: the key-value stores of apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Kv {
    /// How much each app may keep, in MiB.
    pub(crate) app_mib: u64,
}

impl Default for Kv {
    fn default() -> Self {
        Self { app_mib: 256 }
    }
}

impl Kv {
    /// More would be a file that nobody can copy while it is used.
    const APP_MIB_MAX: u64 = 1 << 20;

    fn check(self) -> anyhow::Result<()> {
        if !(1..=Self::APP_MIB_MAX).contains(&self.app_mib) {
            bail!("`kv.app_mib = {}` is not between 1 and {}", self.app_mib, Self::APP_MIB_MAX);
        }
        Ok(())
    }

    pub(crate) const fn app_bytes(self) -> u64 {
        self.app_mib.saturating_mul(1 << 20)
    }
}

/// Section `[caps]`: what no manifest may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Caps {
    #[serde(default = "run_cap", deserialize_with = "run_caps")]
    pub(crate) run: RunLimits,
    #[serde(default = "compile_cap", deserialize_with = "compile_caps")]
    pub(crate) compile: CompileLimits,
}

/// The built-in caps with those of the file in their place: a key that is absent stays at its cap, not at its default.
fn overlay<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
    mut set: impl FnMut(&str, u64) -> bool,
) -> Result<(), D::Error> {
    for (name, value) in std::collections::BTreeMap::<String, u64>::deserialize(deserializer)? {
        if value == 0 || !set(&name, value) {
            let sentence = format!(
                "`{name} = {value}` is not a cap; names are those of the manifest's `limits`, values are above 0"
            );
            return Err(serde::de::Error::custom(sentence));
        }
    }
    Ok(())
}

fn run_caps<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<RunLimits, D::Error> {
    let mut caps = RunLimits::CAP;
    overlay(deserializer, |name, value| caps.set(name, value))?;
    Ok(caps)
}

fn compile_caps<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<CompileLimits, D::Error> {
    let mut caps = CompileLimits::CAP;
    overlay(deserializer, |name, value| caps.set(name, value))?;
    Ok(caps)
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
pub(crate) struct Jail {
    /// Refuse to start where the kernel cannot close every door.
    pub(crate) strict: bool,
}

/// RFC 1123 section 2.1, in the one spelling that requests are compared with.
fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Whether a certificate's name, perhaps with a star for one label, is for this host.
fn serves(name: &str, host: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == host || host.split_once('.').is_some_and(|(_, rest)| name.strip_prefix("*.") == Some(rest))
}

/// Whether a certificate's name is one label, perhaps a star, below this domain: then it is for an app.
fn is_below(name: &str, domain: &str) -> bool {
    name.to_ascii_lowercase().split_once('.').is_some_and(|(_, rest)| rest == domain)
}

/// Less would end a worker that does its work.
const WORKER_MEMORY_MIB_MIN: u64 = 128;

/// The key that was probably meant by one that there is not. serde names both in its message, in the order that is read here.
fn meant(error: &toml::de::Error) -> Option<String> {
    let list = error.message().strip_prefix("unknown field ")?;
    let mut words = list.split('`').skip(1).step_by(2);
    let typed = words.next()?;
    manifest::nearest(typed, words).map(str::to_owned)
}

fn default_data() -> PathBuf {
    PathBuf::from("/var/lib/serviceful")
}

impl Config {
    /// Reads the operator's file. Relative paths in it are relative to the file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let meant = meant(&error).map_or_else(String::new, |key| format!("; did you mean `{key}`?"));
            anyhow::Error::from(error).context(format!("`{}` is not a valid configuration{meant}", path.display()))
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        config.data = base.join(&config.data);
        for file in config.tls.iter_mut().flat_map(|tls| &mut tls.certificates) {
            file.chain = base.join(&file.chain);
            file.key = base.join(&file.key);
        }
        if let Some(mail) = &mut config.mail {
            mail.resolve(base);
        }
        // A file cannot turn a server into a developer's machine.
        if config.development.is_some() {
            bail!("`development` cannot be set in a configuration file; it belongs to `serviceful up --as`");
        }
        if config.dev {
            bail!("`dev` cannot be set in a configuration file; it belongs to `serviceful up`");
        }
        config.check()?;
        Ok(config)
    }

    /// The configuration of `serviceful up` for a project.
    pub(crate) fn for_project(project: &Path, listen: SocketAddr) -> anyhow::Result<Self> {
        if !listen.ip().is_loopback() {
            bail!(
                "`{listen}` is not a loopback address, and `up` has no TLS: credentials would cross the network in clear text. Listen on one such as 127.0.0.1:{}, or run a server: `serviceful serve`",
                listen.port()
            );
        }
        let config = Self {
            data: project.join(".serviceful"),
            listen: Listen { addresses: vec![listen] },
            names: Names::default(),
            tls: None,
            front_door: front_door::Config::default(),
            identity: identity::Config::default(),
            runtime: runtime::Config::default(),
            control: control::Config::default(),
            sign_up: sign_in::SignUp::default(),
            mail: None,
            kv: Kv::default(),
            caps: Caps::default(),
            jail: Jail::default(),
            dev: true,
            development: None,
        };
        config.check()?;
        Ok(config)
    }

    /// The people for development, where there may be any.
    pub(crate) fn development(&self) -> anyhow::Result<Option<&Development>> {
        self.development.as_ref().map(|development| development.check(self).map(|()| development)).transpose()
    }

    fn check(&self) -> anyhow::Result<()> {
        self.front_door.check()?;
        for (key, host) in
            [("apps_domain", &self.names.apps_domain), ("console", &self.names.console), ("id", &self.names.id)]
        {
            if let Some(host) = host
                && !is_host_name(host)
            {
                bail!(
                    "`names.{key} = \"{host}\"` is not a host name: give lower-case labels of letters, digits and `-` with dots between, without port or scheme"
                );
            }
        }
        for file in self.tls.iter().flat_map(|tls| &tls.certificates) {
            for path in [&file.chain, &file.key] {
                std::fs::File::open(path)
                    .with_context(|| format!("`tls.certificates` names `{}`, which cannot be read", path.display()))?;
            }
            // SECURITY: whoever reads the key is the platform to every browser.
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file.key)?.permissions());
            if mode & 0o007 != 0 {
                let key = file.key.display();
                bail!("the TLS key `{key}` can be read by everybody on this machine; run `chmod o= {key}`");
            }
        }
        let names = self.names(0);
        // SECURITY: whoever writes an app must not answer, or set cookies, where people type their passwords.
        if names.id == names.console || names.id == names.apps_domain {
            bail!(
                "`names.id = \"{}\"` is the console's or the apps' own name: the sign-in pages need a host of their own",
                names.id
            );
        }
        self.check_certificate_names()?;
        if self.tls.as_ref().is_some_and(|tls| tls.certificates.is_empty()) {
            bail!(
                "`tls.certificates` is empty: add a `[[tls.certificates]]` with `names`, `chain` and `key`, or take `[tls]` out"
            );
        }
        self.control.check()?;
        self.kv.check()?;
        self.sign_up.check().map_err(anyhow::Error::msg)?;
        if let Some(mail) = &self.mail {
            mail.check()?;
        } else if self.sign_up.needs_mail() {
            bail!(
                "`sign_up.mode` lets people sign up by themselves, which needs `[mail]`: nothing counts before their address is verified. Add it, or invite people"
            );
        }
        if self.runtime.worker_memory_mib < WORKER_MEMORY_MIB_MIN {
            bail!(
                "`runtime.worker_memory_mib = {}` is too small; the engine alone needs {WORKER_MEMORY_MIB_MIN}",
                self.runtime.worker_memory_mib
            );
        }
        if self.listen.addresses.is_empty() {
            bail!("`listen.addresses` is empty: give at least one address, such as \"127.0.0.1:8080\"");
        }
        if self.tls.is_none()
            && let Some(open) = self.listen.addresses.iter().find(|a| !a.ip().is_loopback())
        {
            bail!(
                "`{open}` is not a loopback address, and there is no `[[tls.certificates]]`: credentials would cross the network in clear text. Add one, or listen on 127.0.0.1 behind something that speaks TLS"
            );
        }
        Ok(())
    }

    /// A certificate for names of somebody else would never be shown.
    fn check_certificate_names(&self) -> anyhow::Result<()> {
        let names = self.names(0);
        for file in self.tls.iter().flat_map(|tls| &tls.certificates) {
            let ours = |name: &String| serves(name, &names.console) || serves(name, &names.id);
            if !file.names.iter().any(|name| ours(name) || is_below(name, &names.apps_domain)) {
                bail!(
                    "the certificate in `{}` is for {}, and this platform answers as {}, {} and *.{}: correct its `names`, or `[names]`",
                    file.chain.display(),
                    if file.names.is_empty() { "no name".to_owned() } else { file.names.join(", ") },
                    names.console,
                    names.id,
                    names.apps_domain,
                );
            }
        }
        Ok(())
    }

    /// Names of the platform that no certificate is for: over TLS they are not answered. That may be meant, so it is said and
    /// not refused.
    pub(crate) fn names_without_certificate(&self) -> Vec<String> {
        let Some(tls) = &self.tls else { return Vec::new() };
        let names = self.names(0);
        let given = || tls.certificates.iter().flat_map(|file| &file.names);
        let mut without = Vec::new();
        let own = |name: &str| [&names.console, &names.id].iter().any(|own| name.eq_ignore_ascii_case(own));
        if !given().any(|name| !own(name) && is_below(name, &names.apps_domain)) {
            without.push(format!("*.{}", names.apps_domain));
        }
        for own in [names.console, names.id] {
            if !given().any(|name| serves(name, &own)) {
                without.push(own);
            }
        }
        without
    }

    /// The names the platform answers under. `port` is the one that was bound.
    pub(crate) fn names(&self, bound: u16) -> gateway::Names {
        let apps_domain = self.names.apps_domain.clone().unwrap_or_else(|| "localhost".to_owned());
        let console = self.names.console.clone().unwrap_or_else(|| format!("console.{apps_domain}"));
        let (scheme, own) = if self.tls.is_some() { ("https", 443) } else { ("http", 80) };
        let port = Some(self.names.port.unwrap_or(bound)).filter(|port| *port != own);
        let id = self.names.id.clone().unwrap_or_else(|| format!("id.{apps_domain}"));
        gateway::Names { scheme, apps_domain, console, id, port }
    }

    /// Folders of the data directory: `(everything the front may write, the keeper's)`.
    pub(crate) fn folders(&self) -> Folders {
        Self::folders_of(&self.data)
    }

    /// Folders of a data directory.
    pub(crate) fn folders_of(data: &Path) -> Folders {
        let at = |name: &str| data.join(name);
        Folders {
            platform: at("platform"),
            audit: at("audit"),
            contents: at("contents"),
            kv: at("kv"),
            artefacts: at("artefacts"),
            logs: at("logs"),
            keeper: at("keeper"),
        }
    }

    pub(crate) fn host_socket(&self) -> PathBuf {
        self.data.join("host.sock")
    }

    pub(crate) const fn jail_mode(&self) -> jail::Mode {
        if self.jail.strict { jail::Mode::Strict } else { jail::Mode::BestEffort }
    }
}

/// What must hold for any text of the operator's file. Run by the tests on mangled files, and by `fuzz/`.
#[cfg(any(test, fuzzing))]
pub(crate) fn probe(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(config) = toml::from_str::<Config>(&text) else { return };
    // The supervisor hands it to its children as text.
    let Ok(written) = toml::to_string(&config) else { panic!("{config:?} cannot be written") };
    match toml::from_str::<Config>(&written) {
        Ok(again) => assert_eq!(again, config),
        Err(error) => panic!("{config:?} cannot be read again: {error}"),
    }
    if config.check().is_ok() {
        let open = config.listen.addresses.iter().any(|address| !address.ip().is_loopback());
        assert!(config.tls.is_some() || !open, "credentials would cross the network in clear text");
        assert!(config.front_door.entries().iter().all(|(_, value)| *value > 0), "no limit is switched off");
        let names = config.names(8080);
        assert!(is_host_name(&names.console) && is_host_name(&names.apps_domain));
    }
}

/// The folders of a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    pub(crate) platform: PathBuf,
    pub(crate) audit: PathBuf,
    pub(crate) contents: PathBuf,
    pub(crate) kv: PathBuf,
    pub(crate) artefacts: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) keeper: PathBuf,
}

impl Folders {
    /// What the front may write. The keeper's folder is not among them.
    pub(crate) fn of_front(&self) -> Vec<PathBuf> {
        vec![
            self.platform.clone(),
            self.audit.clone(),
            self.contents.clone(),
            self.kv.clone(),
            self.artefacts.clone(),
            self.logs.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_told_with_the_one_that_was_probably_meant() {
        for (text, wanted) in [
            ("[lissten]", Some("listen")),
            ("[runtime]\nworker_idel_s = 1", Some("worker_idle_s")),
            ("[identity]\nlogin_max = 1", Some("login_max_s")),
            ("[zzzzzzzzzzzz]", None),
            ("data = 1", None),
        ] {
            let error = toml::from_str::<Config>(text).err().unwrap();
            assert_eq!(meant(&error).as_deref(), wanted, "{text}: {error}");
        }
    }

    #[test]
    fn mangled_files_are_refused_or_safe() {
        let example = include_str!("../../../packaging/serviceful.toml");
        let limits =
            "[front_door]\nidle_ms = 1\n[caps.run]\ncpu_ms = 5\n[identity]\ncall = { default_s = 1, max_s = 2 }\n";
        let open = "[listen]\naddresses = [\"127.0.0.1:1\", \"[::1]:2\"]\n[names]\nconsole = \"a.b\"\nport = 1\n";
        for text in [limits, open] {
            let config: Config = toml::from_str(text).unwrap();
            config.check().unwrap();
        }
        mangle::run(&[example.as_bytes(), limits.as_bytes(), open.as_bytes()], 6_000, probe);
    }

    #[test]
    fn names_without_a_certificate_are_known() {
        let with = |names: &str| -> Config {
            let certificate = format!("[[tls.certificates]]\nnames = [{names}]\nchain = \"a\"\nkey = \"b\"\n");
            toml::from_str(&format!("[names]\napps_domain = \"apps.example.org\"\n{certificate}")).unwrap()
        };
        for (names, without) in [
            ("\"*.apps.example.org\"", vec![]),
            ("\"console.apps.example.org\"", vec!["*.apps.example.org", "id.apps.example.org"]),
            ("\"ID.apps.example.org\"", vec!["*.apps.example.org", "console.apps.example.org"]),
            ("\"Tea.Apps.Example.Org\"", vec!["console.apps.example.org", "id.apps.example.org"]),
            ("\"*.example.org\"", vec!["*.apps.example.org", "console.apps.example.org", "id.apps.example.org"]),
        ] {
            let config = with(names);
            assert_eq!(config.names_without_certificate(), without, "{names}");
            assert_eq!(config.check_certificate_names().is_err(), without.len() == 3, "{names}");
        }
    }
}
