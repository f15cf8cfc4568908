//! Which artefact each component had under a build, so that a second, different one is noticed.
//!
//! Compilers of this kind mean to be reproducible but do not promise it, so a difference is written down, not refused: a
//! refusal would take an app off the air whose cache was lost.
use std::{collections::HashMap, io::Write as _};

use types::Digest;

use crate::{KeeperError, error::at, folder::Folder};

/// Component and artefact, 32 bytes each.
const RECORD_BYTES: usize = 64;
/// Components that are remembered for one build; more are signed, but not compared.
const COMPONENTS_MAX: usize = 100_000;

/// What was known of a component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known {
    New,
    Same,
    /// Another artefact was signed before.
    Differs(Digest),
}

pub(crate) struct Seen {
    folder: Folder,
    name: String,
    artefacts: HashMap<Digest, Digest>,
}

impl Seen {
    pub(crate) fn open(folder: Folder, name: String) -> Result<Self, KeeperError> {
        let bytes = folder.read(&name)?;
        let mut artefacts = HashMap::new();
        // A record that a crash tore is the last and was not answered.
        let (records, rest) = bytes.as_ref().map_or((&[][..], &[][..]), |b| b.as_chunks::<RECORD_BYTES>());
        for record in records {
            let (component, artefact) = record.split_at(32);
            if let (Some(component), Some(artefact)) = (component.first_chunk(), artefact.first_chunk()) {
                artefacts.insert(Digest::from_bytes(*component), Digest::from_bytes(*artefact));
            }
        }
        if !rest.is_empty() {
            folder.write(&name, records.as_flattened(), true)?;
        }
        Ok(Self { folder, name, artefacts })
    }

    /// Remembers durably that `artefact` is signed for `component`.
    pub(crate) fn note(&mut self, component: Digest, artefact: Digest) -> Result<Known, KeeperError> {
        let known = match self.artefacts.get(&component) {
            Some(before) if *before == artefact => return Ok(Known::Same),
            Some(before) => Known::Differs(*before),
            None if self.artefacts.len() >= COMPONENTS_MAX => return Ok(Known::New),
            None => Known::New,
        };
        let mut file = self.folder.append(&self.name)?;
        let record = [*component.as_bytes(), *artefact.as_bytes()].concat();
        file.write_all(&record).and_then(|()| file.sync_data()).map_err(at(&self.folder.file(&self.name)))?;
        self.artefacts.insert(component, artefact);
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u8) -> Digest {
        Digest::from_bytes([n; 32])
    }

    #[test]
    fn remembers_over_restarts_and_forgets_a_torn_end() {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::open(&outside.path().join("a")).unwrap();
        let open = || Seen::open(folder.clone(), "seen".into()).unwrap();
        let mut seen = open();
        assert_eq!(seen.note(digest(1), digest(2)).unwrap(), Known::New);
        assert_eq!(seen.note(digest(1), digest(2)).unwrap(), Known::Same);
        assert_eq!(seen.note(digest(1), digest(3)).unwrap(), Known::Differs(digest(2)));
        folder.append("seen").unwrap().write_all(&[9; 40]).unwrap();
        let mut seen = open();
        assert_eq!(seen.note(digest(1), digest(3)).unwrap(), Known::Same);
        assert_eq!(seen.note(digest(4), digest(5)).unwrap(), Known::New);
        assert_eq!(open().note(digest(4), digest(6)).unwrap(), Known::Differs(digest(5)));
    }
}
