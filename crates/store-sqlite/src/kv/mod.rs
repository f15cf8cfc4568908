//! Keys and values of apps: a file for each app, beside the platform's own and apart from it.
//!
//! A few threads share the apps among them, each app with one: a question waits for those of its own app, and for a few others,
//! never for an async thread. Whoever asks while a commit is being flushed shares the next one, as in `writer.rs`.
mod file;
mod lane;
mod questions;

use std::{
    collections::HashSet,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use store::{Answer, KeyValues, StoreError};
use tokio::sync::oneshot;
use types::{AppName, KvAnswer, KvQuestion, UnixMillis};

use crate::{
    folder,
    lane::{Intake, Lane},
};
use lane::{Files, Job, Work};

/// Threads, and with them writes that can wait for the disk at the same time.
const LANES: usize = 4;

/// Why the folder of key-value stores could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum KvOpenError {
    #[error(
        "the folder `{path}` cannot be used for the apps' keys and values; make sure that you own it and that the disk is writable"
    )]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "another process is using the apps' keys and values in `{path}`; stop it first, or choose another data directory"
    )]
    InUse { path: PathBuf },
    #[error("the threads of the apps' keys and values cannot be started")]
    Threads(#[source] io::Error),
}

/// See the module.
pub struct SqliteKeyValues {
    folder: PathBuf,
    lanes: Vec<Lane<Job>>,
    // INVARIANT: fields drop after `Drop::drop`, so the lock outlives every connection.
    _lock: File,
}

impl SqliteKeyValues {
    /// Opens the folder, making it if need be (0700, files 0600), with room for so many bytes of each app. Blocks.
    pub fn open(folder: &Path, bytes_max: u64) -> Result<Self, KvOpenError> {
        let unusable = |source| KvOpenError::Folder { path: folder.to_owned(), source };
        folder::private(folder).map_err(unusable)?;
        let lock = folder::lock(&folder.join("kv.lock")).map_err(unusable)?;
        let lock = lock.ok_or_else(|| KvOpenError::InUse { path: folder.to_owned() })?;
        let mut lanes = Vec::new();
        for _ in 0..LANES {
            let files = Files::new(folder.to_owned(), bytes_max);
            lanes.push(
                Lane::start("kv", vec![move |intake: Intake<Job>| files.run(&intake)]).map_err(KvOpenError::Threads)?,
            );
        }
        Ok(Self { folder: folder.to_owned(), lanes, _lock: lock })
    }

    /// Finishes what is queued and closes the files; later questions answer [`StoreError::Closed`]. Blocks.
    pub fn close(&self) {
        for lane in &self.lanes {
            lane.close();
        }
    }

    async fn work<T: Send>(
        &self,
        app: AppName,
        work: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Work + Send,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        // Any spread will do, as long as an app keeps to its thread.
        let at = app.as_str().bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        let lane = self.lanes.get(at % LANES).ok_or(StoreError::Closed)?;
        lane.send(Job { app, work: work(reply) }).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Apps that have a file.
    async fn kept(&self) -> Result<Vec<AppName>, StoreError> {
        let folder = self.folder.clone();
        let failed = |source: io::Error| StoreError::Failed {
            doing: "listed the apps' keys and values",
            source: Box::new(source),
        };
        let listed = tokio::task::spawn_blocking(move || file::apps(&folder)).await.map_err(|_| StoreError::Closed)?;
        listed.map_err(failed)
    }
}

impl KeyValues for SqliteKeyValues {
    fn ask(&self, app: AppName, question: KvQuestion, now: UnixMillis) -> Answer<'_, KvAnswer> {
        Box::pin(self.work(app, move |reply| Work::Ask { question, now, reply }))
    }

    fn remove(&self, app: AppName) -> Answer<'_, ()> {
        Box::pin(self.work(app, |reply| Work::Remove { gone: true, reply }))
    }

    fn begin(&self, app: AppName) -> Answer<'_, ()> {
        Box::pin(self.work(app, |reply| Work::Remove { gone: false, reply }))
    }

    fn keep_only(&self, apps: HashSet<AppName>) -> Answer<'_, usize> {
        Box::pin(async move {
            let mut removed = 0;
            for app in self.kept().await? {
                if !apps.contains(&app) {
                    self.work(app, |reply| Work::Remove { gone: false, reply }).await?;
                    removed += 1;
                }
            }
            Ok(removed)
        })
    }

    fn purge(&self, now: UnixMillis) -> Answer<'_, usize> {
        Box::pin(async move {
            let mut removed = 0;
            for app in self.kept().await? {
                removed += self.work(app, move |reply| Work::Purge { now, reply }).await?;
            }
            Ok(removed)
        })
    }
}

impl Drop for SqliteKeyValues {
    fn drop(&mut self) {
        self.close();
    }
}
