//! The one file with `unsafe`: telling Cranelift which CPU to compile for, and turning verified bytes into machine code.
#![expect(unsafe_code, reason = "both calls are unsafe in wasmtime; each carries its argument")]

use wasmtime::{Config, Engine, Module, component::Component};

use crate::seal::VerifiedArtefact;

/// Lets Cranelift use the named CPU features, whether or not this machine has them.
pub(crate) fn enable_cpu_features(config: &mut Config, features: &[&str]) {
    for feature in features {
        // SAFETY: the danger is machine code that the running CPU lacks, or a flag that changes what code means. The
        // callers pass names of instruction-set extensions only (`has_…`, see `Baseline::features`), and wasmtime checks
        // every one of them against the running CPU before it loads an artefact.
        unsafe { config.cranelift_flag_enable(feature) };
    }
}

/// Makes an artefact runnable.
///
/// # Errors
/// What wasmtime found wrong: another engine build, other settings, a CPU without a needed feature.
pub(crate) fn load(engine: &Engine, artefact: &VerifiedArtefact) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` runs whatever machine code the bytes hold, so they must be what this very build of the engine
    // made, unchanged.
    // * Made by our compiler: a `VerifiedArtefact` exists only after its Ed25519 signature verified under the key that
    //   `PREPARE` named. The keeper holds that key and signs only what a compile process returned for the digest that the
    //   front asked for (`seal.rs` checks digest, build and signature; its fields are private).
    // * Made by this build: the signed statement names the build, compared with ours; and wasmtime itself compares the
    //   same text again (`ModuleVersionStrategy::Custom`).
    // * Unchanged: the hash was taken over these bytes in private memory. No file is mapped, so nobody can change them
    //   between the check and here.
    // If an attacker subverted the compile process, they get to run native code in the worker of the app whose component
    // they wrote. The worker's jail is built for that case.
    unsafe { Component::deserialize(engine, artefact.bytes()) }
}

/// Makes an artefact that is a plain module runnable: the JavaScript engine, or a snapshot, which holds no code at all.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_module(engine: &Engine, artefact: &VerifiedArtefact) -> wasmtime::Result<Module> {
    // SAFETY: as in `load`; the artefact is verified in the same way.
    unsafe { Module::deserialize(engine, artefact.bytes()) }
}
