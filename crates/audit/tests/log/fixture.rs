//! A log in a temporary folder.
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use audit::{Event, Kind, Log, LogOptions, OpenError, Record as _, Recovered, Report, VerifyOptions, verify};
use types::UnixMillis;

use crate::signer::{NAME, TestSigner};

pub(crate) struct Fixture {
    folder: tempfile::TempDir,
    pub(crate) signer: Arc<TestSigner>,
    pub(crate) options: LogOptions,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let signer = Arc::new(TestSigner::new(folder.path().join("signed")));
        let options = LogOptions { checkpoint_every: Duration::from_millis(5), ..LogOptions::default() };
        Self { folder, signer, options }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("audit")
    }

    pub(crate) fn open(&self) -> Result<(Log, Recovered), OpenError> {
        Log::open(&self.dir(), self.signer.clone(), self.options)
    }

    /// Adds `count` records and closes the log, all of it signed.
    pub(crate) async fn write(&self, count: u64) {
        let (log, recovered) = self.open().unwrap();
        let first = recovered.records;
        for n in first..first + count {
            assert_eq!(log.record(&event(n)).unwrap().index(), n);
        }
        log.close().await.unwrap();
    }

    /// The public half of the signer's key.
    pub(crate) fn verifier(&self) -> String {
        signed_note::new_ed25519_verifier_key(NAME, &self.signer.key.verifying_key())
    }

    pub(crate) fn verify(&self) -> Report {
        let keeper_signed = self.signer.signed().map(|h| (h.size, h.root));
        verify(&self.dir(), &self.verifier(), VerifyOptions { keeper_signed, progress: None }).unwrap()
    }

    /// The same without asking the keeper.
    pub(crate) fn verify_files(&self) -> Report {
        verify(&self.dir(), &self.verifier(), VerifyOptions::default()).unwrap()
    }

    pub(crate) fn intact(&self) -> Report {
        let report = self.verify();
        assert!(report.is_intact(), "{:#?}", report.problems);
        report
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let mut found: Vec<_> = fs::read_dir(self.path("append")).unwrap().map(|f| f.unwrap().path()).collect();
        found.sort();
        found
    }

    /// A copy to damage.
    pub(crate) fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        let signer = Arc::new(TestSigner::new(folder.path().join("signed")));
        Self { folder, signer, options: self.options }
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

/// All files below a folder.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

pub(crate) fn event(n: u64) -> Event {
    Event::platform(UnixMillis(1_000 + n), Kind::Platform, "test", format!("record {n}"))
}
