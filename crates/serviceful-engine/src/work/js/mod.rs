//! Functions written in JavaScript: one shared engine, one snapshot a function, one fresh instance of both a request.
mod answer;
mod asks;
mod caller;
mod crypto;
mod failure;
mod guest;
mod host;
mod machine;
#[cfg(test)]
mod pages;
mod places;
mod run;
mod timers;

use std::{
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

use wasmtime::{Engine, InstancePre};

pub(super) use failure::{late, of_error};
use guest::Guest;
pub(super) use machine::Machine;
use places::Places;
pub(super) use run::run;

use super::{link::Loaded, shelf::Shelf};
use crate::{
    js::{image, installed},
    native,
    seal::VerifiedArtefact,
};

/// A function, ready to be instantiated.
pub(super) struct Function {
    machine: Arc<Machine>,
    snapshot: InstancePre<Guest>,
    places: Arc<Places>,
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
    Ok(Some(Loaded::Js(Function { machine, snapshot, places: Arc::new(Places::new(source)) })))
}
