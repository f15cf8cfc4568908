//! Credentials on disk: one file, readable by its owner alone, replaced whole.
use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use types::{CredentialId, PrincipalId, Secret, UnixMillis};

use super::failure::{Exit, Failure};

/// A stored credential.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    pub(super) person: PrincipalId,
    pub(super) name: String,
    pub(super) credential: CredentialId,
    token: String,
    pub(super) expires_at: UnixMillis,
    /// What a login has beside a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) login: Option<Login>,
}

/// A login: the token in [`Stored`] is short-lived and bound to the key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    key: String,
    refresh: String,
    pub(super) access_until: UnixMillis,
}

impl Login {
    pub(super) fn new(key: &Secret, refresh: &Secret, access_until: UnixMillis) -> Self {
        Self { key: key.reveal().to_owned(), refresh: refresh.reveal().to_owned(), access_until }
    }

    pub(super) fn key(&self) -> Secret {
        Secret::new(self.key.clone())
    }

    pub(super) fn refresh(&self) -> Secret {
        Secret::new(self.refresh.clone())
    }
}

impl Stored {
    pub(super) const fn new(
        person: PrincipalId,
        name: String,
        credential: CredentialId,
        token: String,
        expires_at: UnixMillis,
    ) -> Self {
        Self { person, name, credential, token, expires_at, login: None }
    }

    /// The same with other secrets.
    pub(super) fn with(mut self, token: &Secret, login: Login) -> Self {
        self.token = token.reveal().to_owned();
        self.login = Some(login);
        self
    }

    pub(super) fn secret(&self) -> Secret {
        Secret::new(self.token.clone())
    }
}

/// The file's contents: console address -> credential.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    platforms: BTreeMap<String, Stored>,
}

/// The right to refresh a login.
pub(super) enum Lock {
    Held(fs::File),
    /// Somebody else has it.
    Busy,
}

/// The file.
#[derive(Debug, Clone)]
pub(super) struct Keyring {
    path: PathBuf,
}

impl Keyring {
    /// The keyring in the folder `serviceful` of a configuration folder.
    pub(super) fn at(folder: &Path) -> Self {
        Self { path: folder.join("credentials.toml") }
    }

    fn read(&self) -> Result<File, Failure> {
        let found = match fs::symlink_metadata(&self.path) {
            Ok(found) => found,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(File::default()),
            Err(e) => return Err(Failure::file("read", &self.path, &e)),
        };
        let shown = self.path.display();
        if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() {
            return Err(Failure::new(format!("`{shown}` is not a file of yours, so it is not used"))
                .exit(Exit::Refused)
                .next("look at who put it there, then remove it"));
        }
        // SECURITY: others who could read it could be you; others who could write it could make you somebody else.
        if found.mode() & 0o077 != 0 {
            let mode = found.mode() & 0o777;
            return Err(Failure::new(format!("`{shown}` is open to others (mode {mode:04o}), so it is not used"))
                .exit(Exit::Refused)
                .next(format!(
                    "run `chmod 600 {shown}`; if others may have read it, `serviceful token revoke ID` what is in it"
                )));
        }
        let text = fs::read_to_string(&self.path).map_err(|e| Failure::file("read", &self.path, &e))?;
        // The parser's message could quote a token, so only the place is told.
        toml::from_str(&text).map_err(|e| {
            let place = e.span().map_or(0, |span| text.get(..span.start).unwrap_or_default().lines().count());
            Failure::new(format!("`{shown}` is damaged near line {place}"))
                .next("remove it and run `serviceful login` again")
        })
    }

    fn write(&self, file: &File) -> Result<(), Failure> {
        let failed = |e: std::io::Error| Failure::file("write", &self.path, &e);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let text = toml::to_string(file).map_err(|e| Failure::new(format!("credentials cannot be written: {e}")))?;
        let temporary = folder.join(format!(".credentials.{}.tmp", std::process::id()));
        // A leftover of a killed run with the same number would be in the way.
        let _absent = fs::remove_file(&temporary);
        let written = (|| {
            let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
            new.write_all(text.as_bytes())?;
            new.sync_all()?;
            fs::rename(&temporary, &self.path)?;
            fs::File::open(folder)?.sync_all()
        })();
        if written.is_err() {
            let _absent = fs::remove_file(&temporary);
        }
        written.map_err(failed)
    }

    /// Addresses that have a credential.
    pub(super) fn platforms(&self) -> Result<Vec<String>, Failure> {
        Ok(self.read()?.platforms.into_keys().collect())
    }

    pub(super) fn find(&self, console: &str) -> Result<Option<Stored>, Failure> {
        Ok(self.read()?.platforms.remove(console))
    }

    pub(super) fn put(&self, console: &str, stored: Stored) -> Result<(), Failure> {
        let mut file = self.read()?;
        file.platforms.insert(console.to_owned(), stored);
        self.write(&file)
    }

    /// Keeps other processes of this user from refreshing at the same time; until it is dropped.
    pub(super) fn lock(&self) -> Result<Lock, Failure> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let path = folder.join("credentials.lock");
        let failed = |e: std::io::Error| Failure::file("lock", &path, &e);
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Lock::Held(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(Lock::Busy),
            Err(e) => Err(failed(e.into())),
        }
    }

    /// Forgets one; `false` when there was none.
    pub(super) fn remove(&self, console: &str) -> Result<bool, Failure> {
        let mut file = self.read()?;
        let found = file.platforms.remove(console).is_some();
        if found {
            self.write(&file)?;
        }
        Ok(found)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn stored(token: &str) -> Stored {
        let (person, credential) = (PrincipalId::from_bytes([1; 16]), CredentialId::from_bytes([2; 16]));
        Stored::new(person, "Ada".into(), credential, token.into(), UnixMillis(5))
    }

    const CONSOLE: &str = "http://console.localhost:8080";

    #[test]
    fn what_is_put_is_found_and_only_the_owner_can_read_it() {
        let top = tempfile::tempdir().expect("a folder");
        let keyring = Keyring::at(&top.path().join("config/serviceful"));
        assert!(keyring.find(CONSOLE).expect("no file is no error").is_none());
        keyring.put(CONSOLE, stored("sfp_one")).expect("written");
        keyring.put("https://console.example.com", stored("sfp_two")).expect("written");
        keyring.put(CONSOLE, stored("sfp_three")).expect("written");
        let found = keyring.find(CONSOLE).expect("readable").expect("there");
        assert_eq!(found.secret().reveal(), "sfp_three");
        assert_eq!(keyring.platforms().expect("readable").len(), 2);
        let mode = |path: &Path| fs::metadata(path).expect("there").mode() & 0o777;
        assert_eq!(mode(keyring.path()), 0o600);
        assert_eq!(mode(keyring.path().parent().expect("a folder")), 0o700);
        let left: Vec<_> = fs::read_dir(keyring.path().parent().expect("a folder")).expect("listed").collect();
        assert_eq!(left.len(), 1, "no temporary file is left");
        assert!(keyring.remove(CONSOLE).expect("written") && !keyring.remove(CONSOLE).expect("written"));
    }

    #[test]
    fn a_file_that_others_can_touch_is_refused_by_name() {
        let top = tempfile::tempdir().expect("a folder");
        let keyring = Keyring::at(top.path());
        keyring.put(CONSOLE, stored("sfp_one")).expect("written");
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(keyring.path(), fs::Permissions::from_mode(mode)).expect("mode");
            let failure = keyring.find(CONSOLE).err().expect("refused");
            assert!(failure.what.contains(&format!("{mode:04o}")), "{}", failure.what);
            assert!(failure.next.expect("advice").contains("chmod 600"));
            assert_eq!(failure.exit, Exit::Refused);
            assert!(keyring.put(CONSOLE, stored("sfp_two")).is_err(), "nor is it written over");
        }
    }

    #[test]
    fn a_link_or_a_damaged_file_is_refused_without_quoting_it() {
        let top = tempfile::tempdir().expect("a folder");
        let keyring = Keyring::at(top.path());
        let other = top.path().join("other");
        fs::write(&other, "").expect("a file");
        std::os::unix::fs::symlink(&other, keyring.path()).expect("a link");
        assert!(keyring.platforms().is_err());
        fs::remove_file(keyring.path()).expect("removed");
        fs::write(keyring.path(), "[platforms.\"x\"]\ntoken = sfp_SECRET\n").expect("a file");
        fs::set_permissions(keyring.path(), fs::Permissions::from_mode(0o600)).expect("mode");
        let failure = keyring.platforms().expect_err("damaged");
        assert!(!format!("{failure:?}").contains("SECRET"));
        assert!(failure.what.contains("near line 2"), "{}", failure.what);
    }
}
