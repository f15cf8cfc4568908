//! Functions written in JavaScript: one shared engine, one snapshot a function, one fresh instance of both a request.
mod answer;
mod caller;
mod failure;
mod guest;
mod host;
mod machine;
#[cfg(test)]
mod pages;
mod run;
mod timers;

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use wasmtime::{Engine, InstancePre};

pub(super) use failure::of_error;
use guest::Guest;
pub(super) use machine::Machine;
pub(super) use run::run;

use super::{link::Loaded, shelf::Shelf};
use crate::{
    js::{image, installed, map::Map},
    native,
    seal::VerifiedArtefact,
};

/// A function, ready to be instantiated.
pub(super) struct Function {
    machine: Arc<Machine>,
    snapshot: InstancePre<Guest>,
    source: Option<File>,
    map: OnceLock<Option<Map>>,
}

/// Largest source that is read for its map: the cap of `component_kib`.
const SOURCE_BYTES_MAX: usize = 64 << 20;
const READ_BYTES: usize = 256 << 10;

impl Function {
    /// The map from places in the module to places in the user's files; read when something has to be named.
    fn map(&self) -> Option<&Map> {
        self.map.get_or_init(|| Map::of(&read(self.source.as_ref()?)?)).as_ref()
    }
}

/// By position: others may hold the same open file.
fn read(source: &File) -> Option<Vec<u8>> {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; READ_BYTES]);
    while bytes.len() < SOURCE_BYTES_MAX {
        match source.read_at(&mut piece, bytes.len() as u64).ok()? {
            0 => return Some(bytes),
            count => bytes.extend_from_slice(piece.get(..count)?),
        }
    }
    None
}

/// Makes a verified artefact that is a plain module ready. `None`: it was the engine itself, which is kept beside the functions.
///
/// # Errors
/// What does not fit, for the front.
pub(super) fn bring_in(
    engine: &Engine,
    shelf: &Mutex<Shelf>,
    artefact: &VerifiedArtefact,
    source: Option<File>,
) -> wasmtime::Result<Option<Loaded>> {
    let module = native::load_module(engine, artefact)?;
    let lock = || shelf.lock().unwrap_or_else(PoisonError::into_inner);
    // INVARIANT: the engine is the one whose digest is in the build id. No component of a user's can have that digest, and
    // every other module that the compiler makes is a snapshot.
    if installed::digest() == Some(artefact.component()) {
        let machine = Machine::new(engine, module)?;
        lock().machine = Some(Arc::new(machine));
        return Ok(None);
    }
    if !image::is_one(&module) {
        return Err(wasmtime::Error::msg("it is neither a component nor a snapshot"));
    }
    let machine = lock().machine.clone();
    let machine = machine.ok_or_else(|| wasmtime::Error::msg("the JavaScript engine is not loaded; load it first"))?;
    let snapshot = machine.empty.instantiate_pre(&module)?;
    Ok(Some(Loaded::Js(Function { machine, snapshot, source, map: OnceLock::new() })))
}
