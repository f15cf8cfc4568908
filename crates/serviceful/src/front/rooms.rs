//! The rooms, opened in order: store, audit, runtime, policy, identity, control, gateway, front door.
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use audit::{Event, Kind, Record};
use gateway::{House, ReleasePort, Routes};
use store::Directory as _;
use tokio::sync::{mpsc, watch};
use types::{Clock, Limits, Rng};
use wire::supervisor::{Note, Start};

use super::{
    Listeners,
    audit_link::AuditLink,
    breach_list::BreachList,
    broken::Broken,
    carrier::Carrier,
    keeper_link::{Checkpoints, KeeperLink},
    post_office::PostOffice,
    posture::Walls,
    secrets_link::SecretsLink,
    supervisor_link::SupervisorLink,
    token_link::TokenLink,
    upkeep::{Cache, People, TokenKeys, Upkeep},
    vault_link::VaultLink,
};
use crate::{
    config::Config,
    development::{Development, Somebody},
    system::{SystemClock, SystemRng},
};

pub(super) struct Parts {
    pub(super) config: Config,
    pub(super) start: Start,
    pub(super) report: jail::Report,
    pub(super) supervisor: Arc<SupervisorLink>,
    pub(super) keeper: Arc<KeeperLink>,
    pub(super) clock: Arc<SystemClock>,
    pub(super) port: u16,
}

/// Everything that is open.
pub(super) struct Rooms {
    config: Config,
    clock: Arc<SystemClock>,
    audit: Arc<audit::Log>,
    store: Arc<store_sqlite::SqliteStore>,
    key_values: Arc<store_sqlite::SqliteKeyValues>,
    runtime: Arc<runtime::Service>,
    control: control::Service,
    identity: Arc<identity::Service>,
    keys: Arc<TokenKeys>,
    sign_in: Arc<sign_in::Service>,
    office: Arc<PostOffice>,
    breach_list: Arc<BreachList>,
    supervisor: Arc<SupervisorLink>,
    upkeep: OnceLock<tokio::task::AbortHandle>,
    mail: OnceLock<[tokio::task::AbortHandle; 2]>,
    house: Arc<House>,
    walls: Arc<Walls>,
    recovered: audit::Recovered,
}

/// Routes as a part that is told of releases; the last in the order.
struct RoutesPort(Arc<Routes>);

impl ReleasePort for RoutesPort {
    fn publish(&self, release: &Arc<gateway::Release>) -> Result<(), String> {
        self.0.put(&release.app, &release.functions).map_err(|e| e.to_string())
    }

    fn withdraw(&self, app: &types::AppName) {
        self.0.remove(app);
    }

    fn under_way(&self, app: &types::AppName, begins: bool) {
        self.0.under_way(app, begins);
    }
}

fn act(person: &Somebody) -> identity::Act {
    let Somebody { id, name, assurance, .. } = person;
    identity::Act { id: *id, display_name: name.as_str().into(), assurance: *assurance, mark: person.mark() }
}

impl Rooms {
    pub(super) async fn open(parts: Parts) -> anyhow::Result<Self> {
        let Parts { config, start, report, supervisor, keeper, clock, port } = parts;
        let folders = config.folders();
        let rng: Arc<dyn Rng> = Arc::new(SystemRng);
        let engine = start.engines.first().context("no engine is installed")?.clone();
        let facts = keeper
            .facts(engine.build.clone())
            .await
            .map_err(anyhow::Error::msg)
            .context("the keeper does not answer")?;

        let store = Arc::new(store_sqlite::SqliteStore::open(&folders.platform).context("the platform's store")?);
        let signer = Checkpoints {
            link: keeper.clone(),
            build: engine.build.clone(),
            runtime: tokio::runtime::Handle::current(),
        };
        let (folder, options) = (folders.audit.clone(), audit::LogOptions::default());
        let opened = tokio::task::spawn_blocking(move || audit::Log::open(&folder, Arc::new(signer), options)).await?;
        let (log, recovered) = opened.context("the audit log")?;
        // The sequencer would find this out in a second; by then requests would have been answered.
        if let Some((signed, _)) = facts.signed
            && recovered.records < signed
        {
            anyhow::bail!(
                "the audit log `{}` holds {} records, and {signed} were signed: it was removed, or an older copy was put in its place. Look with `serviceful audit verify --dir FOLDER --key KEY`, and restore the folder; how to begin a new one is in docs/reference/audit-log.md",
                folders.audit.display(),
                recovered.records,
            );
        }
        let log = Arc::new(log);
        let record: Arc<dyn Record> = log.clone();

        let contents: Arc<dyn store::Contents> = Arc::new(
            store_sqlite::Folder::open(&folders.contents, config.caps.compile.component_kib.saturating_mul(1_024))
                .context("the folder of components")?,
        );
        let key_values = Arc::new(
            store_sqlite::SqliteKeyValues::open(&folders.kv, config.kv.app_bytes())
                .context("the apps' keys and values")?,
        );
        let secrets = Arc::new(SecretsLink::new(keeper.clone(), store.clone(), clock.clone()));
        let logs = Arc::new(runtime::Logs::new(&folders.logs, config.runtime.log_lines, config.runtime.log_kib));
        let artefacts = runtime::Artefacts::new(&folders.artefacts);
        let policy = Arc::new(
            policy::Service::new(policy::PolicyConfig { dev_operator: config.dev })
                .context("the platform's policies")?,
        );
        let runtime = Arc::new(runtime::Service::new(runtime::Parts {
            config: config.runtime.clone(),
            build: engine.build.clone(),
            javascript: engine.javascript,
            processes: supervisor.clone(),
            keeper: keeper.clone(),
            contents: contents.clone(),
            artefacts: artefacts.clone(),
            logs: logs.clone(),
            audit: record.clone(),
            policy: policy.clone(),
            clock: clock.clone(),
            compile_caps: config.caps.compile,
            secrets: secrets.clone(),
            key_values: key_values.clone(),
        }));

        let names = config.names(port);
        let routes = Routes::new(names.clone(), &control::routes()?).context("the control API's routes clash")?;
        let routes = Arc::new(routes.with_sign_in(&sign_in::routes()?).context("the sign-in pages' routes clash")?);
        let mut settings = config.identity.clone();
        settings.owner_uid = Some(rustix::process::getuid().as_raw());
        let identity = Arc::new(identity::Service::new(
            settings,
            identity::Ports {
                store: store.clone(),
                tokens: Arc::new(TokenLink(keeper.clone())),
                names: names.clone(),
                clock: clock.clone(),
                rng: rng.clone(),
                // Every start leaves a record: without one nobody has judged a proof here.
                first: recovered.records == 0,
            },
        ));
        identity.refresh_keys().await.map_err(anyhow::Error::msg).context("the keys of access tokens")?;

        let development = config.development()?;
        let acting = development.and_then(Development::acting);
        let vault = Arc::new(VaultLink(keeper.clone()));
        let office = Arc::new(PostOffice {
            store: store.clone(),
            vault: vault.clone(),
            record: record.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            names: names.clone(),
            on: config.mail.is_some(),
            bell: tokio::sync::Notify::new(),
            health: std::sync::Mutex::default(),
        });

        let (folder, own) = (folders.platform.clone(), clock.clone());
        let breach_list = tokio::task::spawn_blocking(move || BreachList::open(&folder, own)).await?;
        let breach_list = Arc::new(breach_list);

        let walls = Arc::new(Walls {
            config: config.clone(),
            engine_build: engine.build.to_string(),
            supervisor: start.supervisor_posture,
            front: report,
            keeper: keeper.clone(),
            office: office.clone(),
            breach_list: breach_list.clone(),
            identity: identity.clone(),
            runtime: OnceLock::from(runtime.clone()),
            audit: OnceLock::from(log.clone()),
            broken: OnceLock::new(),
            audit_key: facts.audit_key.clone(),
        });
        let releases: Vec<Arc<dyn ReleasePort>> =
            vec![policy.clone(), runtime.clone(), Arc::new(RoutesPort(routes.clone()))];
        let keys = Arc::new(TokenKeys { identity: identity.clone(), audit: record.clone(), clock: clock.clone() });
        let control = control::Service::new(control::Ports {
            config: config.control.clone(),
            store: store.clone(),
            contents,
            key_values: key_values.clone(),
            secrets,
            artefacts: Arc::new(Cache { artefacts, build: engine.build.clone(), javascript: engine.javascript }),
            components: runtime.clone(),
            policy: policy.clone(),
            review: policy.clone(),
            releases,
            credentials: identity.clone(),
            people: Arc::new(People(identity.clone())),
            keys: keys.clone(),
            sessions: identity.clone(),
            mail: office.clone(),
            breach_list: breach_list.clone(),
            invitations: config.sign_up.invites(),
            logs,
            posture: walls.clone(),
            audit: Arc::new(AuditLink::new(folders.audit, facts.audit_key, keeper.clone(), engine.build, log.clone())),
            record: record.clone(),
            names: names.clone(),
            caps: Limits { run: config.caps.run, compile: config.caps.compile },
            clock: clock.clone(),
        });
        let sign_in = Arc::new(sign_in::Service::new(sign_in::Ports {
            store: store.clone(),
            vault,
            sessions: identity.clone(),
            logins: identity.clone(),
            membership: Arc::new(control.clone()),
            mail: office.clone(),
            sign_up: config.sign_up.clone(),
            strangers_hourly_max: config.mail.as_ref().map_or(0, |mail| mail.hourly_max),
            record: record.clone(),
            breach_list: breach_list.clone(),
            names,
            development: acting.map(|person| person.key.as_str().into()),
            clock: clock.clone(),
            rng: rng.clone(),
        }));
        let door = front_door::Door::new(config.front_door.clone(), routes.clone());
        let house = Arc::new(House {
            front_door: Arc::new(door),
            routes,
            identity: match acting {
                Some(person) => Arc::new(identity::Acting::new(identity.clone(), act(person))),
                None => identity.clone(),
            },
            policy,
            runtime: runtime.clone(),
            control: Arc::new(control.clone()),
            sign_in: sign_in.clone(),
            reception: sign_in.clone(),
            audit: record,
            clock: clock.clone(),
            rng,
        });
        Ok(Self {
            config,
            clock,
            audit: log,
            store,
            key_values,
            runtime,
            control,
            identity,
            keys,
            sign_in,
            office,
            breach_list,
            supervisor,
            upkeep: OnceLock::new(),
            mail: OnceLock::new(),
            house,
            walls,
            recovered,
        })
    }

    fn note(&self, kind: Kind, action: &str, text: String) {
        let _ = self.audit.record(&Event::platform(self.clock.now(), kind, action, text));
    }

    /// Adds the people for development to the directory: without any way to sign in.
    async fn seed(&self) -> anyhow::Result<()> {
        let Some(development) = self.config.development()? else { return Ok(()) };
        for person in development.people() {
            if self.store.principal(person.id).await?.is_none() {
                let principal = store::Principal {
                    id: person.id,
                    kind: store::PrincipalKind::Person { owner: false },
                    name: person.directory_name(),
                    disabled: false,
                    created_at: self.clock.now(),
                    version: 1,
                };
                self.store.add_principal(principal).await?;
                self.note(Kind::Platform, "development-person", format!("{} is {}", person.id, person.key));
            }
        }
        let text = match development.acting() {
            Some(person) => {
                format!("whoever opens an app is {} ({}), by `serviceful up --as`", person.id, person.mark())
            }
            None => "people for development are there, and nobody acts as one of them".to_owned(),
        };
        tracing::warn!("development: {text}");
        self.note(Kind::Platform, "development", text);
        Ok(())
    }

    /// Publishes what is deployed and starts what runs beside requests.
    pub(super) async fn start(&self, mut notes: mpsc::Receiver<Note>) -> anyhow::Result<()> {
        self.seed().await.context("the people for development")?;
        let restored = self.control.restore().await.context("the deployed apps cannot be restored")?;
        let text = format!("version {}, engine {}, {restored}", env!("CARGO_PKG_VERSION"), self.walls.engine_build);
        self.note(Kind::Platform, "started", text);
        let audit::Recovered { torn_bytes, repaired_files, .. } = self.recovered;
        if torn_bytes > 0 || repaired_files > 0 {
            let text = format!(
                "a crash had left {torn_bytes} bytes of an unfinished write and {repaired_files} files to write again"
            );
            self.note(Kind::Platform, "audit-recovered", text);
        }
        if let Some(reason) = self.breach_list.damage() {
            tracing::error!("the breach list cannot be used, so new passwords are not held against it: {reason}");
            self.note(Kind::Security, "breach-list-damaged", reason);
        }
        self.runtime.start();
        let (audit, clock) = (self.audit.clone(), self.clock.clone());
        tokio::spawn(async move {
            while let Some(Note { action, text }) = notes.recv().await {
                let kind = if action == "jail-violation" { Kind::Security } else { Kind::Process };
                let _ = audit.record(&Event::platform(clock.now(), kind, &action, text));
            }
        });
        let upkeep = Upkeep {
            every: std::time::Duration::from_secs(self.config.control.collect_every_s),
            control: self.control.clone(),
            identity: self.identity.clone(),
            key_values: self.key_values.clone(),
            keys: self.keys.clone(),
            audit: self.audit.clone(),
            clock: self.clock.clone(),
        };
        if self.office.on {
            let (office, supervisor) = (self.office.clone(), self.supervisor.clone());
            let carrier = tokio::spawn(Carrier { office, supervisor, audit: self.audit.clone() }.run());
            let sign_in = self.sign_in.clone();
            let errands = tokio::spawn(async move { sign_in.run_errands().await });
            let _ = self.mail.set([carrier.abort_handle(), errands.abort_handle()]);
        }
        // Started once; a second start would find the place taken and leave its task to the runtime's end.
        let _ = self.upkeep.set(tokio::spawn(upkeep.run(restored.components)).abort_handle());
        Ok(())
    }

    /// What answers on the listeners. Asked for before the platform says that it is ready: a certificate that cannot be used
    /// is a reason not to start.
    pub(super) fn door(&self) -> anyhow::Result<front_door::Service> {
        let certificates: Option<Arc<dyn front_door::Certificates>> = match &self.config.tls {
            Some(tls) => {
                Some(Arc::new(front_door::FileCertificates::read(&tls.certificates).context("the TLS certificates")?))
            }
            None => None,
        };
        let nameless = self.config.names_without_certificate();
        if !nameless.is_empty() {
            tracing::warn!("no certificate is for {}: nobody can connect there", nameless.join(" and "));
        }
        let mut settings = self.config.front_door.clone();
        // Half of the descriptors are for what the platform itself opens.
        let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
        settings.connections_max = settings.connections_max.min(descriptors / 2).max(1);
        let service = front_door::Service::new(settings, self.house.clone(), certificates)?;
        let broken = Arc::new(Broken::new(service.counters().clone(), self.audit.clone(), self.clock.clone()));
        // Asked for once; a second door would find the place taken, and its counts would not be told.
        let _ = self.walls.broken.set(broken);
        Ok(service)
    }

    /// Serves until told to drain and what was under way has ended.
    pub(super) async fn serve(
        &self,
        service: front_door::Service,
        listeners: Listeners,
        draining: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let mut tasks = tokio::task::JoinSet::new();
        for listener in listeners.tcp {
            let (service, draining) = (service.clone(), draining.clone());
            tasks.spawn(async move { service.serve(listener, draining).await });
        }
        let host = listeners.host;
        tasks.spawn(async move { service.serve_host(host, draining).await });
        let telling = self.walls.broken.get().cloned().map(|broken| tokio::spawn(async move { broken.run().await }));
        while let Some(ended) = tasks.join_next().await {
            ended?.context("a listener failed")?;
        }
        if let Some(telling) = telling {
            telling.abort();
        }
        Ok(())
    }

    /// Ends what is open, in the other order.
    pub(super) async fn stop(&self) {
        self.upkeep.get().into_iter().for_each(tokio::task::AbortHandle::abort);
        self.mail.get().into_iter().flatten().for_each(tokio::task::AbortHandle::abort);
        self.control.drain().await;
        self.runtime.drain();
        if let Some(broken) = self.walls.broken.get() {
            broken.tell();
        }
        self.note(Kind::Platform, "stopped", "asked to end".to_owned());
        if let Err(error) = self.audit.close().await {
            tracing::error!(%error, "the audit log did not close cleanly; the next start makes it whole");
        }
        self.key_values.close();
        self.store.close();
    }
}
