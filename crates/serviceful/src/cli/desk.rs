//! What every verb has at hand: how to print, where it is, who it is, what time it is.
use std::{ffi::OsString, path::PathBuf, sync::Arc};

use client::{Address, Client};
use types::{Clock, Rng, UnixMillis};

use super::{
    args::Global,
    credentials::{Keyring, Stored},
    failure::{Exit, Failure},
    holder::Held,
    out::Out,
    place::{Place, Target},
};
use crate::system::{SystemClock, SystemRng};

/// The desk of one run.
pub(super) struct Desk {
    pub(super) out: Out,
    pub(super) folder: PathBuf,
    pub(super) platform: Option<String>,
    pub(super) host: bool,
    pub(super) keyring: Result<Keyring, Failure>,
    pub(super) user: Option<String>,
    clock: Arc<SystemClock>,
}

#[expect(clippy::disallowed_methods, reason = "the command line reads its environment here and nowhere else")]
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

impl Desk {
    pub(super) fn open(global: &Global) -> Self {
        let path = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = path("XDG_CONFIG_HOME").or_else(|| path("HOME").map(|home| home.join(".config")));
        let no_home =
            || Failure::new("there is no home folder to keep credentials in").next("set HOME or XDG_CONFIG_HOME");
        Self {
            out: Out::new(global.json, global.color, environment("NO_COLOR").is_some()),
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            // An empty variable is none, as for the others.
            platform: global.platform.clone().filter(|platform| !platform.is_empty()),
            host: global.host,
            keyring: config.map(|folder| Keyring::at(&folder.join("serviceful"))).ok_or_else(no_home),
            user: environment("USER").and_then(|name| name.into_string().ok()),
            clock: Arc::new(SystemClock::new()),
        }
    }

    pub(super) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub(super) fn rng(&self) -> Arc<dyn Rng> {
        Arc::new(SystemRng)
    }

    /// The platform as whoever this stored credential says.
    pub(super) fn client_of(&self, console: &str, stored: &Stored) -> Result<Client, Failure> {
        let address: Address = console.parse().map_err(|e: client::AddressError| Failure::usage(e.to_string()))?;
        if stored.login.is_none() {
            return Ok(Client::new(address, Some(stored.secret())));
        }
        let held = Held {
            keyring: self.keyring()?.clone(),
            console: console.to_owned(),
            clock: self.clock(),
            rng: self.rng(),
        };
        Ok(Client::of_login(address, Arc::new(held)))
    }

    pub(super) fn keyring(&self) -> Result<&Keyring, Failure> {
        self.keyring.as_ref().map_err(Clone::clone)
    }

    /// The platform that is meant: named, nearest, or the only one known.
    pub(super) fn target(&self) -> Result<Target, Failure> {
        self.find(self.host)
    }

    /// `on_host`: the service of this machine counts as nearest when no project's platform does.
    fn find(&self, on_host: bool) -> Result<Target, Failure> {
        let known = match &self.keyring {
            Ok(keyring) => keyring.platforms()?,
            Err(_) => Vec::new(),
        };
        let mut place = Place::nearest(&self.folder)?;
        if place.is_none() && (on_host || known.is_empty()) {
            place = Place::of_service()?;
        }
        Target::resolve(self.platform.as_deref(), place, &known)
    }

    /// What to do about a failure that came of who asks. Who only ever claimed the platform has no account to sign in to.
    pub(super) fn advised(&self, failure: Failure) -> Failure {
        if !failure.signed_out || failure.next.is_some() {
            return failure;
        }
        let claimed = self.target().ok().zip(self.keyring.as_ref().ok()).is_some_and(|(target, keyring)| {
            let stored = keyring.find(&target.console).ok().flatten();
            stored.is_some_and(|stored| stored.login.is_none())
        });
        failure.next(if claimed {
            "this credential came of a claim link: forget it with `serviceful logout`, and use a new link, which `serviceful claim --again` makes on the platform's host; who has an account to sign in to runs `serviceful login`"
        } else {
            "run `serviceful login`, or forget the stored credential with `serviceful logout`"
        })
    }

    /// The platform through its socket on this host.
    pub(super) fn operator(&self) -> Result<Client, Failure> {
        let target = self.find(true)?;
        let socket = target.socket().ok_or_else(|| {
            Failure::new(format!("the host socket of {} is not known here", target.console))
                .next("run this on the platform's host, in its project's folder or beside its `platform.json`")
        })?;
        Ok(Client::new(socket, None))
    }

    /// The platform, as whoever the stored credential says; without one, as the operator where that is possible.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        if self.host {
            return self.operator();
        }
        let target = self.target()?;
        let stored = match &self.keyring {
            Ok(keyring) => keyring.find(&target.console)?,
            Err(_) => None,
        };
        match stored {
            Some(stored) if stored.expires_at > self.now() => self.client_of(&target.console, &stored),
            Some(_) => {
                let mut failure = Failure::new(format!("the stored credential for {} is over", target.console));
                failure.signed_out = true;
                Err(self.advised(failure.exit(Exit::Refused)))
            }
            None => match target.socket() {
                Some(socket) => {
                    self.out.note("no credential is stored, so this goes through the host socket as the operator");
                    Ok(Client::new(socket, None))
                }
                None => Err(Failure::new(format!("no credential is stored for {}", target.console))
                    .exit(Exit::Refused)
                    .next("run `serviceful login`; on a new platform, `serviceful claim LINK` with the link that it printed")),
            },
        }
    }
}
