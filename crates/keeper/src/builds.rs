//! One artefact key for each engine build: made when the build is new, dropped when it retires, so that what a retired
//! build's key signed can never be loaded again.
use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use types::{Digest, EngineBuild};

use crate::{KeeperError, folder::Folder, key::Key, seen::Seen};

/// Builds that can be in use at once.
pub(crate) const BUILDS_MAX: usize = 32;

/// A build's key and what it signed.
pub(crate) struct Build {
    pub(crate) key: Key,
    pub(crate) seen: Seen,
}

pub(crate) struct Builds {
    folder: Folder,
    open: HashMap<EngineBuild, Build>,
}

/// The name of a build's files: its text is not fit for one.
fn stem(build: &EngineBuild) -> String {
    Digest::from_bytes(Sha256::digest(build.as_str()).into()).hex()
}

impl Builds {
    /// Checks each file, so that wrong permissions are told at the start and not at the first question.
    pub(crate) fn open(folder: Folder) -> Result<Self, KeeperError> {
        for name in folder.names()? {
            if name.ends_with(".key") {
                Key::load(&folder, &name)?;
            } else if name.ends_with(".seen") {
                folder.read(&name)?;
            }
        }
        Ok(Self { folder, open: HashMap::new() })
    }

    /// The build, if it has a key.
    pub(crate) fn known(&mut self, build: &EngineBuild) -> Result<Option<&mut Build>, KeeperError> {
        if !self.open.contains_key(build) {
            let Some(key) = Key::load(&self.folder, &format!("{}.key", stem(build)))? else { return Ok(None) };
            self.keep(build, key)?;
        }
        Ok(self.open.get_mut(build))
    }

    /// Whether there is room for one more.
    pub(crate) fn has_room(&self) -> Result<bool, KeeperError> {
        Ok(self.folder.names()?.iter().filter(|name| name.ends_with(".key")).count() < BUILDS_MAX)
    }

    /// Stores a fresh key for a build that has none.
    pub(crate) fn add(&mut self, build: &EngineBuild, key: Key) -> Result<(), KeeperError> {
        key.store(&self.folder, &format!("{}.key", stem(build)))?;
        self.keep(build, key)
    }

    fn keep(&mut self, build: &EngineBuild, key: Key) -> Result<(), KeeperError> {
        let seen = Seen::open(self.folder.clone(), format!("{}.seen", stem(build)))?;
        self.open.insert(build.clone(), Build { key, seen });
        Ok(())
    }

    pub(crate) fn retire(&mut self, build: &EngineBuild) -> Result<(), KeeperError> {
        self.open.remove(build);
        self.folder.remove(&format!("{}.key", stem(build)))?;
        self.folder.remove(&format!("{}.seen", stem(build)))
    }
}
