//! Compiled code on disk, named by component and exact engine build. A cache: anything wrong with an entry means "compile again".
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use aws_lc_rs::{digest, signature};
use serde::{Deserialize, Serialize};
use types::{Digest, EngineBuild, UnixMillis};
use wire::keeper::ArtefactStatement;

/// What stands beside the code: what the keeper said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label {
    pub(crate) statement: ArtefactStatement,
    pub(crate) signature: Vec<u8>,
    /// What the compiler saw, for `deploy` to show again without compiling.
    pub(crate) seen: wire::compile::Done,
    /// What a JavaScript module wrote to its console while it was evaluated.
    pub(crate) output: Vec<String>,
}

/// An entry: what is said of it, and its code.
pub(crate) type Artefact = (Label, File);

/// Why an entry does not count.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("its label is malformed")]
    Label,
    #[error("it is labelled for another component or build")]
    Other,
    #[error("its signature is not the keeper's")]
    Signature,
    #[error("it cannot be read")]
    Io(#[source] io::Error),
}

/// The folder of artefacts.
#[derive(Debug, Clone)]
pub struct Artefacts {
    folder: PathBuf,
}

const LABEL_BYTES_MAX: u64 = 256 << 10;
/// Bytes that are hashed at a time.
const HASH_BYTES: usize = 1 << 20;

/// SHA-256 of some bytes.
pub(crate) fn hash(bytes: &[u8]) -> Digest {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()) {
        *to = *from;
    }
    Digest::from_bytes(out)
}

impl Artefacts {
    /// Uses `folder`, which exists.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn place(&self, build: &EngineBuild, component: &Digest) -> (PathBuf, PathBuf) {
        // A build's text holds `/`; its digest is a plain folder name.
        let folder = self.folder.join(hash(build.as_str().as_bytes()).short());
        (folder.join(format!("{}.code", component.hex())), folder.join(format!("{}.label", component.hex())))
    }

    /// The entry's label and an open descriptor of its code, or `None` when there is no entry.
    /// The label is checked against what is asked for and the keeper's key; the code itself is checked by the worker that loads it.
    pub(crate) fn open(
        &self,
        build: &EngineBuild,
        component: &Digest,
        key: &[u8; 32],
    ) -> Result<Option<Artefact>, Unusable> {
        let (code, label) = self.place(build, component);
        let absent = |e: io::Error| if e.kind() == io::ErrorKind::NotFound { Ok(None) } else { Err(Unusable::Io(e)) };
        let mut bytes = Vec::new();
        match File::open(&label) {
            Ok(file) => file.take(LABEL_BYTES_MAX).read_to_end(&mut bytes).map_err(Unusable::Io)?,
            Err(e) => return absent(e),
        };
        let label: Label = wire::decode(0, &bytes).map_err(|_| Unusable::Label)?;
        check(&label, build, component, key)?;
        match File::open(&code) {
            Ok(file) => Ok(Some((label, file))),
            Err(e) => absent(e),
        }
    }

    /// Whether there is an entry.
    pub(crate) fn has(&self, build: &EngineBuild, component: &Digest) -> bool {
        self.place(build, component).1.exists()
    }

    /// Stores an entry: code first, label last, so that a label never stands without its code.
    pub(crate) fn put(&self, label: &Label, code: &[u8]) -> io::Result<()> {
        let (code_path, label_path) = self.place(&label.statement.build, &label.statement.component);
        if let Some(folder) = code_path.parent() {
            fs::create_dir_all(folder)?;
        }
        let bytes = wire::encode(label).map_err(io::Error::other)?;
        write_whole(&code_path, code)?;
        write_whole(&label_path, &bytes)
    }

    /// Drops an entry that a worker refused.
    pub(crate) fn remove(&self, build: &EngineBuild, component: &Digest) {
        let (code, label) = self.place(build, component);
        let _ = fs::remove_file(label);
        let _ = fs::remove_file(code);
    }
}

impl Artefacts {
    /// Removes what was written before `before` and is of no use: entries of components that are not `wanted`, everything of
    /// other builds than `build`, and what a crash left. Gives the number of files and their bytes.
    pub fn collect(
        &self,
        build: &EngineBuild,
        wanted: impl Fn(&Digest) -> bool,
        before: UnixMillis,
    ) -> io::Result<(u64, u64)> {
        let ours = hash(build.as_str().as_bytes()).short();
        let (mut files, mut bytes) = (0, 0);
        for folder in fs::read_dir(&self.folder)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            let installed = folder.file_name().to_str() == Some(ours.as_str());
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                if installed && component_of(&file.path()).is_some_and(|component| wanted(&component)) {
                    continue;
                }
                match removed_if_older(&file, before) {
                    Ok(None) => {}
                    Ok(Some(length)) => (files, bytes) = (files + 1, bytes + length),
                    // A compiler that replaces an entry at this moment, or `remove`.
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
            if !installed {
                // Stays while it is not empty; whoever compiles for that build again makes it again.
                let _ = fs::remove_dir(folder.path());
            }
        }
        Ok((files, bytes))
    }
}

/// The component that a whole entry's file belongs to.
fn component_of(path: &Path) -> Option<Digest> {
    let entry = path.extension().is_some_and(|word| word == "code" || word == "label");
    let stem = path.file_stem().filter(|_| entry)?.to_str()?;
    format!("sha256:{stem}").parse().ok()
}

fn removed_if_older(file: &fs::DirEntry, before: UnixMillis) -> io::Result<Option<u64>> {
    let data = file.metadata()?;
    let age = data.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    if age.as_millis() >= u128::from(before.0) || !data.is_file() {
        return Ok(None);
    }
    fs::remove_file(file.path())?;
    Ok(Some(data.len()))
}

/// Whether the file holds what the statement says. Reads by position: a worker may hold the same open file.
pub(crate) fn is_intact(code: &File, statement: &ArtefactStatement) -> bool {
    let mut context = digest::Context::new(&digest::SHA256);
    let (mut piece, mut at) = (vec![0; HASH_BYTES], 0);
    while at < statement.artefact_bytes {
        // A statement is bounded by what a compiler may make; the file may have been cut.
        let Some(read) = code.read_at(&mut piece, at).ok().and_then(|count| piece.get(..count)) else { return false };
        let rest = usize::try_from(statement.artefact_bytes - at).unwrap_or(usize::MAX);
        let read = read.get(..rest).unwrap_or(read);
        if read.is_empty() {
            return false;
        }
        context.update(read);
        at += read.len() as u64;
    }
    context.finish().as_ref() == statement.artefact.as_bytes()
}

fn check(label: &Label, build: &EngineBuild, component: &Digest, key: &[u8; 32]) -> Result<(), Unusable> {
    if label.statement.build != *build || label.statement.component != *component {
        return Err(Unusable::Other);
    }
    signature::UnparsedPublicKey::new(&signature::ED25519, key)
        .verify(&label.statement.signed_bytes(), &label.signature)
        .map_err(|_| Unusable::Signature)
}

/// Under another name first: a reader sees the old file or the new one, never half of one.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests;
