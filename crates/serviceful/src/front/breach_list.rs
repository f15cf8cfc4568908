//! The list of passwords that got out, as a file in the platform's folder and in the front's memory.
//!
//! It comes in through the control API like everything else: by an owner, or by the host's own user on the host's socket. The file
//! lies in a folder that the front may write, so nothing has to be opened for it; the keeper neither has it nor judges passwords by it.
//! If this is wrong: a list that was damaged is an open door that nobody sees. So a damaged one is told in the log, in an event, and
//! by `posture` and `doctor` until somebody imports another or removes it.
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::UNIX_EPOCH,
};

use bytes::Bytes;
use gateway::{BREACH_LIST_BYTES_MAX, BreachListError, BreachListFacts, BreachListPort, BreachListState, Fut};
use sign_in::breach_list::List;
use types::{Clock, Secret, UnixMillis};

const FILE: &str = "breach-list";
const FRESH: &str = "breach-list.new";
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

enum Held {
    Nothing,
    List { list: List, imported_at: UnixMillis },
    Damaged { reason: String },
}

/// The file, and what was read of it.
pub(super) struct BreachList {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    held: RwLock<Arc<Held>>,
    /// One change at a time.
    changing: Arc<tokio::sync::Mutex<()>>,
}

fn facts(list: &List, imported_at: UnixMillis) -> BreachListFacts {
    BreachListFacts {
        entries: list.entries(),
        min_count: list.min_count(),
        bytes: list.bytes(),
        digest: list.digest(),
        imported_at,
    }
}

fn read(folder: &Path) -> Held {
    let damaged = |reason: String| Held::Damaged { reason };
    let file = match OpenOptions::new().read(true).custom_flags(NOFOLLOW).open(folder.join(FILE)) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Held::Nothing,
        Err(e) => return damaged(e.to_string()),
    };
    let known = match file.metadata() {
        Ok(known) if known.is_file() => known,
        Ok(_) => return damaged("it is not a file".to_owned()),
        Err(e) => return damaged(e.to_string()),
    };
    let mut bytes = Vec::new();
    if let Err(e) = file.take(BREACH_LIST_BYTES_MAX as u64 + 1).read_to_end(&mut bytes) {
        return damaged(e.to_string());
    }
    let since = known.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let imported_at = UnixMillis(u64::try_from(since.as_millis()).unwrap_or_default());
    match List::read(&bytes) {
        Ok(list) => Held::List { list, imported_at },
        Err(e) => damaged(e.to_string()),
    }
}

/// Whole and durable, or not at all.
fn write(folder: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = folder.join(FRESH);
    remove(&fresh)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(NOFOLLOW).open(&fresh)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(e) = written {
        // A disk that is full must not stay so because of it.
        let _ = remove(&fresh);
        return Err(e);
    }
    fs::rename(&fresh, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}

/// `false`: there was none.
fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

fn failed(error: impl std::fmt::Display) -> BreachListError {
    BreachListError::Failed(error.to_string())
}

impl BreachList {
    /// Reads the file, if there is one. Blocks.
    pub(super) fn open(folder: &Path, clock: Arc<dyn Clock>) -> Self {
        let held = RwLock::new(Arc::new(read(folder)));
        Self { folder: folder.to_owned(), clock, held, changing: Arc::default() }
    }

    fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: Held) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(held);
    }

    /// What is wrong with the file.
    pub(super) fn damage(&self) -> Option<String> {
        match &*self.held() {
            Held::Damaged { reason } => Some(reason.clone()),
            Held::Nothing | Held::List { .. } => None,
        }
    }

    /// For `posture`: whether all is well, and how it stands.
    pub(super) fn check(&self) -> (bool, String) {
        match &*self.held() {
            Held::Nothing => {
                (true, "none was imported; new passwords are held against words and patterns only".to_owned())
            }
            Held::List { list, .. } => {
                (true, format!("new passwords are held against {} that got out", list.entries()))
            }
            Held::Damaged { reason } => {
                (false, format!("its file cannot be used, so new passwords are not held against it: {reason}"))
            }
        }
    }
}

impl BreachListPort for BreachList {
    fn knows(&self, password: &Secret) -> bool {
        match &*self.held() {
            Held::List { list, .. } => list.knows(password.reveal()),
            Held::Nothing | Held::Damaged { .. } => false,
        }
    }

    fn state(&self) -> BreachListState {
        match &*self.held() {
            Held::Nothing => BreachListState::Absent,
            Held::List { list, imported_at } => BreachListState::Present(facts(list, *imported_at)),
            Held::Damaged { reason } => BreachListState::Damaged { reason: reason.clone() },
        }
    }

    fn put(&self, file: Bytes) -> Fut<'_, Result<BreachListFacts, BreachListError>> {
        Box::pin(async move {
            let one = self.changing.clone().lock_owned().await;
            let (folder, imported_at) = (self.folder.clone(), self.clock.now());
            let written = tokio::task::spawn_blocking(move || {
                // Kept until the file is in its place, even if whoever asked has gone.
                let _one = one;
                let list = List::read(&file).map_err(|e| BreachListError::Unfit(e.to_string()))?;
                write(&folder, &file).map_err(failed)?;
                Ok(list)
            });
            let list = written.await.map_err(failed)??;
            let facts = facts(&list, imported_at);
            self.hold(Held::List { list, imported_at });
            Ok(facts)
        })
    }

    fn remove(&self) -> Fut<'_, Result<bool, BreachListError>> {
        Box::pin(async move {
            let _one = self.changing.lock().await;
            let file = self.folder.join(FILE);
            let removed = tokio::task::spawn_blocking(move || remove(&file)).await.map_err(failed)?;
            let removed = removed.map_err(failed)?;
            self.hold(Held::Nothing);
            Ok(removed)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use sign_in::breach_list::Selection;

    use super::*;
    use crate::system::SystemClock;

    /// Made up: SHA-1 of "password" and of "letmein".
    fn file() -> Bytes {
        let mut selection = Selection::new(1, 10);
        selection.line(b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:3").unwrap();
        selection.line(b"B7A875FC1EA228B9061041B7CEC4BD3C52AB3CE3:2").unwrap();
        selection.finish().unwrap().into()
    }

    fn open(folder: &Path) -> BreachList {
        BreachList::open(folder, Arc::new(SystemClock::new()))
    }

    fn knows(list: &BreachList) -> bool {
        list.knows(&Secret::new("password".to_owned()))
    }

    #[tokio::test]
    async fn a_list_is_kept_replaced_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let list = open(folder.path());
        assert!(!knows(&list) && list.state() == BreachListState::Absent && list.check().0);
        let put = list.put(file()).await.unwrap();
        assert!(knows(&list) && put.entries == 2 && put.min_count == 2);
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(list.put(Bytes::from_static(b"no list")).await, Err(BreachListError::Unfit(_))));
        assert!(knows(&list), "the one before still counts");

        let again = open(folder.path());
        assert!(knows(&again), "it outlives the process");
        assert!(matches!(again.state(), BreachListState::Present(facts) if facts.digest == put.digest));
        assert!(again.remove().await.unwrap() && !knows(&again));
        assert!(!again.remove().await.unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[tokio::test]
    async fn a_damaged_file_is_said_and_can_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        open(folder.path()).put(file()).await.unwrap();
        let good = fs::read(&path).unwrap();
        let (cut, mut changed) = (good[..good.len() / 2].to_vec(), good.clone());
        changed[40] ^= 1;
        for bad in [Vec::new(), cut, changed] {
            fs::write(&path, bad).unwrap();
            let list = open(folder.path());
            assert!(!list.check().0 && list.damage().is_some() && !knows(&list));
            assert!(matches!(list.state(), BreachListState::Damaged { .. }));
        }
        let list = open(folder.path());
        list.put(file()).await.unwrap();
        assert!(list.check().0 && list.damage().is_none() && knows(&list));

        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert!(open(folder.path()).damage().is_some(), "no way leads out of the folder");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(open(folder.path()).damage().is_some());
    }
}
