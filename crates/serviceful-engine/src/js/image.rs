//! A snapshot: a module that defines a memory and what is in it, and nothing else. wasmtime maps it copy-on-write.
use std::ops::Range;

use wasm_encoder::{ConstExpr, DataSection, ExportKind, ExportSection, MemorySection, MemoryType, Module};
use wasmtime::{Extern, ExternType, Module as Compiled};

/// Largest image. Every function of an app may have one, in the cache and in its workers.
pub(crate) const BYTES_MAX: usize = 32 << 20;
const PAGE_BYTES: usize = 64 << 10;
/// The one export.
pub(crate) const MEMORY: &str = "memory";

/// The module for a memory with these contents.
pub(crate) fn module(memory: &[u8]) -> Vec<u8> {
    let mut memories = MemorySection::new();
    let minimum = (memory.len() / PAGE_BYTES) as u64;
    memories.memory(MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export(MEMORY, ExportKind::Memory, 0);
    // One piece, with the zeros inside it: wasmtime maps a memory copy-on-write whose data is as large as its image, and only
    // this form is so by itself.
    let mut data = DataSection::new();
    let Range { start, end } = extent(memory);
    let offset = ConstExpr::i32_const(i32::from_ne_bytes(u32::try_from(start).unwrap_or(u32::MAX).to_ne_bytes()));
    data.active(0, &offset, memory.get(start..end).unwrap_or_default().iter().copied());
    let mut module = Module::new();
    module.section(&memories).section(&exports).section(&data);
    module.finish()
}

/// From the first byte that is not zero to the last: what is stored.
pub(crate) fn extent(memory: &[u8]) -> Range<usize> {
    let start = memory.iter().position(|byte| *byte != 0).unwrap_or(0);
    let end = memory.iter().rposition(|byte| *byte != 0).map_or(start, |at| at + 1);
    start..end
}

/// Whether a compiled module is a snapshot: it imports nothing and exports one memory.
pub(crate) fn is_one(module: &Compiled) -> bool {
    let mut exports = module.exports();
    let one = exports.next().is_some_and(|e| e.name() == MEMORY && matches!(e.ty(), ExternType::Memory(_)));
    one && exports.next().is_none() && module.imports().next().is_none()
}

/// The memory that an instance of a snapshot defines.
pub(crate) fn memory_of<T>(
    store: &mut wasmtime::Store<T>,
    instance: &wasmtime::Instance,
) -> wasmtime::Result<wasmtime::Memory> {
    instance
        .get_export(store, MEMORY)
        .and_then(Extern::into_memory)
        .ok_or_else(|| wasmtime::Error::msg("the snapshot defines no memory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_holds_the_memory_again() {
        let mut memory = vec![0; 3 * PAGE_BYTES];
        memory[1_000] = 1;
        memory[2 * PAGE_BYTES + 7] = 3;
        assert_eq!(extent(&memory), 1_000..2 * PAGE_BYTES + 8);
        assert_eq!(extent(&[0; 64]), 0..0);
        let bytes = module(&memory);
        wasmparser::Validator::new().validate_all(&bytes).unwrap();
        assert!(bytes.windows(extent(&memory).len()).any(|window| window == &memory[extent(&memory)]));
    }
}
