//! Where the files are. Tiles and bundles: C2SP tlog-tiles; the append file is ours.
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Hashes in a full tile, records in a full bundle.
pub(crate) const TILE_WIDTH: u64 = 256;

/// The log's folder.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    dir: PathBuf,
}

/// `1234067` becomes `x001/x234/067`: three digits a folder.
fn number(n: u64) -> String {
    let mut text = format!("{:03}", n % 1_000);
    let mut rest = n / 1_000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1_000);
        rest /= 1_000;
    }
    text
}

impl Layout {
    pub(crate) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.dir.join("checkpoint")
    }

    pub(crate) fn tiles(&self) -> PathBuf {
        self.dir.join("tile")
    }

    pub(crate) fn append(&self) -> PathBuf {
        self.dir.join("append")
    }

    /// The segment of the append file that begins with record `first`.
    pub(crate) fn segment(&self, first: u64) -> PathBuf {
        self.dir.join(format!("append/{first:020}.log"))
    }

    /// What a torn write left, kept for whoever wants to look.
    pub(crate) fn torn(&self) -> PathBuf {
        self.dir.join("torn")
    }

    pub(crate) fn tile(&self, level: u8, n: u64) -> PathBuf {
        self.dir.join(format!("tile/{level}/{}", number(n)))
    }

    pub(crate) fn bundle(&self, n: u64) -> PathBuf {
        self.dir.join(format!("tile/entries/{}", number(n)))
    }

    /// The segments of the append file as (first record, path), in order.
    pub(crate) fn segments(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let mut found = Vec::new();
        let listing = match fs::read_dir(self.append()) {
            Ok(listing) => listing,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(e) => return Err(e),
        };
        for file in listing {
            let path = file?.path();
            let first = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".log"));
            if let Some(first) = first.filter(|n| n.len() == 20).and_then(|n| n.parse().ok()) {
                found.push((first, path));
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

/// The path of a tile or bundle that is not full: `067` becomes `067.p/12`.
pub(crate) fn partial(full: &Path, width: u64) -> PathBuf {
    let mut folder = full.as_os_str().to_owned();
    folder.push(".p");
    PathBuf::from(folder).join(width.to_string())
}

/// Reads a whole file; `None` when there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        // A folder in the way counts as absent, as does a file where a folder should be.
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Puts a file in place: readers see all of it or nothing. It is not on disk yet.
pub(crate) fn place(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let create = || File::create(&fresh);
    let mut file = match create() {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            create()?
        }
        other => other?,
    };
    file.write_all(bytes)?;
    fs::rename(&fresh, path)?;
    Ok(file)
}

/// Makes a folder's list of names durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        assert_eq!(number(0), "000");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_067), "x001/x234/067");
        let layout = Layout::new(Path::new("a"));
        assert_eq!(layout.tile(1, 5), Path::new("a/tile/1/005"));
        assert_eq!(partial(&layout.bundle(1_000), 12), Path::new("a/tile/entries/x001/000.p/12"));
    }
}
