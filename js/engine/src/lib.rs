//! js-engine: QuickJS-ng as the platform runs it.
//! Guarantees: a snapshot holds what the module's evaluation left and nothing of a clock, of chance or of the world; each request starts from it, with its own time and randomness. (claim C2)
//! Does not: limit itself (the host does), do anything but by an import of `host.rs`.
//! Called by: crates/serviceful-engine, which evaluates in its `snapshot` role and calls in its `work` role. Calls: QuickJS-ng.
//! If this is wrong: one request of one function goes wrong; the sandbox around it holds. docs/security/threats.md#engine
mod builtin;
mod crypto;
mod failures;
mod heap;
mod host;
mod natives;
mod pack;
mod value;
mod vm;
mod zip;

use std::vec::Vec;

/// Room for what the host writes next. It belongs to the call that follows, which frees it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn input(length: usize) -> *mut u8 {
    unsafe { heap::alloc(length) }
}

/// Evaluates a module; `seed` is a number that depends on nothing but its source. 0: ready to be a snapshot. Otherwise a failure was told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evaluate(source: *mut u8, length: usize, seed: u64) -> u32 {
    let ready = unsafe { vm::evaluate(core::slice::from_raw_parts(source, length), seed) };
    // The whole of it is zeroed: no source text in the snapshot.
    unsafe { heap::free(source) };
    u32::from(!(ready && heap::seal()))
}

/// Begins a request: name of the export that answers (empty: the default one), method, URL, whether there is a body, caller, configuration and grants as JSON, then header fields, as a list.
/// Gives the number of promises that `waitUntil` holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn request(list: *mut u8, length: usize) -> u32 {
    unsafe {
        vm::request(core::slice::from_raw_parts(list, length));
        heap::free(list);
    }
    vm::held()
}

/// Something that the guest waits for has come. As [`request`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn event(kind: u32, id: u32) -> u32 {
    unsafe { vm::event(kind, id) };
    vm::held()
}

/// Room on the heap for `length` bytes, without clearing it first.
fn room(length: usize) -> Vec<u8> {
    let mut room = Vec::with_capacity(length);
    // SAFETY: bytes need no value to be valid here, and the host writes before anything reads.
    #[allow(clippy::uninit_vec)]
    unsafe {
        room.set_len(length);
    }
    room
}
