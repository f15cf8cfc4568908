//! Why the keeper does not start, or ended.
use std::{io, path::PathBuf};

/// The keeper cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// Others may read or change the keys.
    #[error("`{}` may be read or changed by others (mode {mode:03o}); run `chmod {wanted:03o} {}` after making sure that nobody did", path.display(), path.display())]
    Permissions { path: PathBuf, mode: u32, wanted: u32 },
    #[error("`{}` belongs to user {owner}, and the keeper runs as user {own}; run `chown {own} {}`", path.display(), path.display())]
    Owner { path: PathBuf, owner: u32, own: u32 },
    #[error("`{}` is not {wanted}; move it away and restore the keeper's folder from a backup", path.display())]
    Kind { path: PathBuf, wanted: &'static str },
    #[error("`{}` is damaged: {what}; restore the keeper's folder from a backup", path.display())]
    Damaged { path: PathBuf, what: &'static str },
    #[error("cannot use `{}`; check the folder's owner and the free space", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the supervisor's channel failed")]
    Channel(#[source] wire::ChannelError),
    #[error("the supervisor's first message was not a start")]
    NoStart,
    #[error("the keeper cannot be jailed")]
    Jail(#[source] jail::JailError),
    #[error("the keeper's own log cannot be opened")]
    Log(#[source] audit::OpenError),
    #[error("the keeper cannot start its runtime")]
    Runtime(#[source] io::Error),
}

/// Names the path in an I/O error.
pub(crate) fn at(path: &std::path::Path) -> impl FnOnce(io::Error) -> KeeperError {
    let path = path.to_owned();
    move |source| KeeperError::Io { path, source }
}
