//! Folders, the lock and the listeners: everything that is opened before any child exists.
use std::{
    fs::{self, DirBuilder, File, Permissions},
    io,
    net::{SocketAddr, TcpListener},
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt},
        net::UnixListener,
    },
    path::Path,
    time::Duration,
};

use anyhow::{Context, bail};

use crate::config::Config;

/// Open listeners and the port that people type.
pub(super) struct Opened {
    pub(super) tcp: Vec<TcpListener>,
    pub(super) host: UnixListener,
    pub(super) port: u16,
}

/// Makes the data directory and its folders, for their owner alone.
pub(super) fn prepare_folders(config: &Config) -> anyhow::Result<()> {
    let folders = config.folders();
    let mut all = vec![config.data.clone()];
    all.extend(folders.of_front());
    all.push(folders.keeper);
    for folder in all {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("cannot make folder `{}`", folder.display()))?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700))
            .with_context(|| format!("cannot set permissions of `{}`", folder.display()))?;
    }
    // A project's data must not end up in its repository.
    let ignore = config.data.join(".gitignore");
    if config.dev && !ignore.exists() {
        fs::write(&ignore, "*\n").with_context(|| format!("cannot write `{}`", ignore.display()))?;
    }
    Ok(())
}

/// One platform a data directory.
pub(super) fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot open `{}`", path.display()))?;
    if rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err() {
        bail!("another Serviceful is running on `{}`; stop it first, or use another data directory", data.display());
    }
    Ok(file)
}

/// How long the children of a platform that ended without a word may hold its listeners, and between two looks.
const PREDECESSOR: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Listens. After a crash the former front, which dies of its supervisor's death, may be there for a moment longer than it; its
/// `platform.json` says that there was a crash. Anything else on the address is told at once.
#[expect(clippy::disallowed_methods, reason = "the supervisor opens the listeners, and hands them to the front")]
fn listen(address: SocketAddr, crashed: bool) -> io::Result<TcpListener> {
    let mut waited = Duration::ZERO;
    loop {
        match TcpListener::bind(address) {
            Err(e) if e.kind() == io::ErrorKind::AddrInUse && crashed && waited < PREDECESSOR => {
                std::thread::sleep(LOOK_EVERY);
                waited += LOOK_EVERY;
            }
            other => return other,
        }
    }
}

pub(super) fn open(config: &Config) -> anyhow::Result<Opened> {
    let mut tcp = inherited()?;
    let crashed = config.data.join("platform.json").exists();
    if tcp.is_empty() {
        for address in &config.listen.addresses {
            let listener = listen(*address, crashed).with_context(|| {
                format!("cannot listen on `{address}`; is something else using it? choose another with `--listen`, or `listen.addresses`")
            })?;
            tcp.push(listener);
        }
    }
    let port = match tcp.first() {
        Some(first) => first.local_addr().context("a listener has no address")?.port(),
        None => bail!("there is no address to listen on"),
    };
    let path = config.host_socket();
    let _ = fs::remove_file(&path);
    let host =
        UnixListener::bind(&path).with_context(|| format!("cannot make the host socket `{}`", path.display()))?;
    // The folder is 0700 already; this says it once more where people look.
    fs::set_permissions(&path, Permissions::from_mode(0o600)).context("cannot protect the host socket")?;
    Ok(Opened { tcp, host, port })
}

/// Listeners from a systemd socket unit, if there are any.
fn inherited() -> anyhow::Result<Vec<TcpListener>> {
    let mut fds = listenfd::ListenFd::from_env();
    let mut listeners = Vec::new();
    for index in 0..fds.len() {
        let taken = fds
            .take_tcp_listener(index)
            .with_context(|| format!("inherited descriptor {index} is not a TCP listener"))?;
        listeners.extend(taken);
    }
    Ok(listeners)
}
