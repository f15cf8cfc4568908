//! How well the walls stand: what each process reported of its own jail, and a few checks of the whole.
use std::sync::{Arc, OnceLock};

use control_api::{Posture, PostureCheck, ProcessPosture};
use gateway::{LoginPort as _, PosturePort, TokenKeyState};
use jail::{Level, Report};
use types::counted;

use super::{breach_list::BreachList, broken::Broken, keeper_link::KeeperLink, post_office::PostOffice};
use crate::config::Config;

/// Answers the posture operation.
pub(super) struct Walls {
    pub(super) config: Config,
    pub(super) engine_build: String,
    pub(super) supervisor: String,
    pub(super) front: Report,
    /// Knows the report of the keeper that runs now.
    pub(super) keeper: Arc<KeeperLink>,
    pub(super) office: Arc<PostOffice>,
    pub(super) breach_list: Arc<BreachList>,
    /// Knows the keys of access tokens.
    pub(super) identity: Arc<identity::Service>,
    /// Set after the room was built.
    pub(super) runtime: OnceLock<Arc<runtime::Service>>,
    pub(super) audit: OnceLock<Arc<audit::Log>>,
    /// Set when the door is there.
    pub(super) broken: OnceLock<Arc<Broken>>,
    /// The key with which anybody can verify a copy of the audit log.
    pub(super) audit_key: String,
}

fn process(role: &str, app: Option<String>, json: &str) -> ProcessPosture {
    let report = serde_json::from_str::<Report>(json);
    let value = serde_json::from_str(json).unwrap_or(serde_json::Value::Null);
    match report {
        Ok(report) => described(role, app, &report, value),
        Err(_) => ProcessPosture {
            role: role.to_owned(),
            app,
            level: "none".to_owned(),
            missing: vec!["its report cannot be read".to_owned()],
            report: value,
        },
    }
}

/// A process that is being started again, or has not said yet how it is confined.
fn silent(role: &str) -> ProcessPosture {
    ProcessPosture {
        role: role.to_owned(),
        app: None,
        level: "none".to_owned(),
        missing: vec!["it has not said how it is confined; it may be starting again: ask once more".to_owned()],
        report: serde_json::Value::Null,
    }
}

fn described(role: &str, app: Option<String>, report: &Report, value: serde_json::Value) -> ProcessPosture {
    let level = match report.level() {
        Level::Full => "full",
        Level::Partial => "partial",
        Level::None => "none",
    };
    let missing = report.missing().into_iter().map(str::to_owned).collect();
    ProcessPosture { role: role.to_owned(), app, level: level.to_owned(), missing, report: value }
}

impl Walls {
    fn checks(&self) -> Vec<PostureCheck> {
        let check = |name: &str, ok: bool, detail: String, next: &str| PostureCheck {
            name: name.to_owned(),
            ok,
            detail,
            next: (!ok).then(|| next.to_owned()),
        };
        let status = self.audit.get().map(|log| log.status());
        let audit = match &status {
            Some(status) => match &status.stopped {
                None => (
                    true,
                    format!(
                        "{} on disk, {} under a signed checkpoint",
                        counted(status.durable, "event", "events"),
                        status.signed
                    ),
                ),
                Some(reason) => (false, reason.clone()),
            },
            None => (false, "not open".to_owned()),
        };
        let javascript = match self.runtime.get().map(|runtime| runtime.javascript()) {
            Some(Ok(digest)) => (true, digest.short()),
            Some(Err(reason)) => (false, reason),
            None => (false, "not known yet".to_owned()),
        };
        let development = self.development();
        let tls = self.config.tls.is_some();
        let nameless = self.config.names_without_certificate();
        let loopback = self.config.listen.addresses.iter().all(|a| a.ip().is_loopback());
        let mail = self.mail();
        let breach_list = self.breach_list.check();
        let tokens = self.token_keys();
        vec![
            check(
                "development",
                development.0,
                development.1,
                "start `serviceful up` without `--as` when that is not what you want; never use it with real data",
            ),
            check("mail", mail.0, mail.1, "look at `serviceful mail list`, and try `serviceful mail test ADDRESS`"),
            check(
                "breach list",
                breach_list.0,
                breach_list.1,
                "import it again with `serviceful breach-list import FILE`, or `serviceful breach-list remove`",
            ),
            check("audit log", audit.0, audit.1, "free disk space if it is full, then restart the platform"),
            check("audit key", true, self.audit_key.clone(), ""),
            check(
                "token keys",
                tokens.0,
                tokens.1,
                "look at the platform's log for what the keeper says, and restart the platform",
            ),
            check(
                "JavaScript engine",
                javascript.0,
                javascript.1,
                "install the `js-engine.wasm` of this version beside `serviceful-engine`, then restart the platform; no function has to be deployed again",
            ),
            check(
                "transport",
                tls || loopback,
                if tls {
                    "TLS on every listener".to_owned()
                } else {
                    "plain HTTP on loopback addresses only".to_owned()
                },
                "configure `[tls]`",
            ),
            check(
                "certificates",
                nameless.is_empty(),
                match (tls, nameless.is_empty()) {
                    (false, _) => "none are needed".to_owned(),
                    (true, true) => "there is one for the console, and one for apps".to_owned(),
                    (true, false) => format!("none is for {}, so nobody can connect there", nameless.join(" and ")),
                },
                "add a `[[tls.certificates]]` with these `names`",
            ),
        ]
    }
}

impl Walls {
    /// Whether somebody is somebody here without having signed in.
    fn development(&self) -> (bool, String) {
        match self.config.development.as_ref().and_then(|development| development.acting()) {
            Some(person) => (
                false,
                format!(
                    "whoever opens an app is {} ({}, {}), without signing in: `serviceful up --as {}`",
                    person.name,
                    person.role.as_str(),
                    person.assurance,
                    person.key
                ),
            ),
            None => (true, "nobody is signed in without having done so".to_owned()),
        }
    }

    /// Whether there is a key that access tokens are signed with.
    fn token_keys(&self) -> (bool, String) {
        let keys = self.identity.token_keys();
        let count = |state: TokenKeyState| keys.iter().filter(|key| key.state == state).count();
        let Some(active) = keys.iter().find(|key| key.state == TokenKeyState::Active) else {
            return (false, "none signs: nobody can sign a command line in".to_owned());
        };
        let (next, retiring) = (count(TokenKeyState::Next), count(TokenKeyState::Retiring));
        (true, format!("ES256 {} signs; {next} next, {retiring} retiring", active.id))
    }

    /// Whether mails go out, as far as that is known.
    fn mail(&self) -> (bool, String) {
        let Some(mail) = &self.config.mail else {
            return (true, "no server is configured: links are printed, and handed over by people".to_owned());
        };
        let health = self.office.health();
        let tls = match mail.tls {
            mailer::Tls::Implicit => "TLS",
            mailer::Tls::StartTls => "STARTTLS",
            mailer::Tls::None => "no TLS, on this machine",
        };
        let place = format!("{} port {} ({tls})", mail.host, mail.port());
        let counts = format!("{} waiting, {} failed in the last day", health.open, health.failed);
        match health.trouble {
            None => (health.failed == 0, format!("{place}: {counts}")),
            Some(trouble) => (false, format!("{place}: {counts}; {trouble}")),
        }
    }
}

impl PosturePort for Walls {
    fn posture(&self) -> serde_json::Value {
        let front = serde_json::to_value(&self.front).unwrap_or_default();
        let mut processes =
            vec![process("supervisor", None, &self.supervisor), described("front", None, &self.front, front)];
        processes.push(match self.keeper.posture() {
            Some(report) => process("keeper", None, &report),
            None => silent("keeper"),
        });
        // One lives for minutes; the last one's report stands for the next.
        processes.extend(self.office.health().posture.map(|report| process("mailer", None, &report)));
        let workers = self.runtime.get().map(|runtime| runtime.workers()).unwrap_or_default();
        processes.extend(workers.into_iter().map(|(app, _, json)| process("work", app.map(|a| a.to_string()), &json)));
        let posture = Posture {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine_build: Some(self.engine_build.clone()),
            strict: self.config.jail.strict,
            processes,
            checks: self.checks(),
            broken_connections: self.broken.get().map(|broken| broken.view()),
        };
        serde_json::to_value(posture).unwrap_or_default()
    }
}
