//! Where the platform of a project keeps its data, when that is not the project's own `.serviceful`: a line in that folder for as
//! long as `serviceful up --data` runs, so that every verb that is run in the project finds it.
//! If this is wrong: a verb speaks to another platform than the one that runs for the project.
use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Read, Write},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{DirBuilderExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

/// The folder of a project in which its platform keeps its data.
pub(crate) const FOLDER: &str = ".serviceful";
/// Holds one path and nothing else.
const FILE: &str = "data-folder";
/// The longest path that Linux takes.
const BYTES_MAX: u64 = 4_096;

/// The data folder that is written down in `folder`, a project's `.serviceful`. What the platform says of itself is in there and
/// nowhere else, so a line that outlived a crash says nothing wrong.
pub(crate) fn data_of(folder: &Path) -> Option<PathBuf> {
    let file = fs::File::open(folder.join(FILE)).ok()?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    let path = PathBuf::from(std::ffi::OsString::from_vec(bytes));
    (path.is_absolute() && path.as_os_str().len() as u64 <= BYTES_MAX).then_some(path)
}

/// The line, taken away again when this is dropped.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    folder: PathBuf,
    data: PathBuf,
    /// The folder was not there before.
    made: bool,
}

impl Elsewhere {
    /// Writes down where the data of the project's platform is; nothing where it is in the project's own folder.
    pub(crate) fn remember(project: &Path, data: &Path) -> io::Result<Option<Self>> {
        let folder = project.join(FOLDER);
        if fs::canonicalize(&folder).is_ok_and(|own| fs::canonicalize(data).is_ok_and(|data| own == data)) {
            return Ok(None);
        }
        let made = !folder.exists();
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let this = Self { folder, data: data.to_owned(), made };
        // A project's own affairs must not end up in its repository.
        let ignore = this.folder.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*\n")?;
        }
        let temporary = this.folder.join(format!("{FILE}.{}", std::process::id()));
        let _ = fs::remove_file(&temporary);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(data.as_os_str().as_bytes())?;
        fs::rename(&temporary, this.folder.join(FILE))?;
        Ok(Some(this))
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // A later `up` of the project may have written another one.
        if data_of(&self.folder).is_some_and(|data| data == self.data) {
            let _ = fs::remove_file(self.folder.join(FILE));
        }
        if self.made {
            let _ = fs::remove_file(self.folder.join(".gitignore"));
            // It stays when there is anything else in it.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_elsewhere_is_written_down_for_its_owner_alone_and_gone_in_the_end() {
        let (project, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = project.path().join(FOLDER);
        let line = Elsewhere::remember(project.path(), data.path()).unwrap().unwrap();
        assert_eq!(data_of(&folder).as_deref(), Some(data.path()));
        assert_eq!((mode(&folder), mode(&folder.join(FILE))), (0o700, 0o600));
        drop(line);
        assert!(!folder.exists(), "nothing of it is left");
    }

    #[test]
    fn the_last_line_counts_and_only_its_writer_takes_it_away() {
        let (project, one, two) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = project.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        let first = Elsewhere::remember(project.path(), one.path()).unwrap();
        let second = Elsewhere::remember(project.path(), two.path()).unwrap();
        drop(first);
        assert_eq!(data_of(&folder).as_deref(), Some(two.path()));
        drop(second);
        assert_eq!(data_of(&folder), None);
        assert!(folder.exists(), "it was there before");
    }

    #[test]
    fn the_projects_own_folder_needs_no_line_and_a_bad_line_is_none() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        assert!(Elsewhere::remember(project.path(), &folder).unwrap().is_none());
        for bad in ["", "relative/folder", &format!("/{}", "x".repeat(5_000))] {
            fs::write(folder.join(FILE), bad).unwrap();
            assert_eq!(data_of(&folder), None, "{} bytes", bad.len());
        }
    }
}
