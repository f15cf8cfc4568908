//! A snapshot: a module that defines a memory and what is in it, and nothing else. wasmtime maps it copy-on-write.
use wasm_encoder::{ConstExpr, DataSection, ExportKind, ExportSection, MemorySection, MemoryType, Module};
use wasmtime::{Extern, ExternType, Module as Compiled};

/// Fewer zeros than this do not end a run.
const GAP_BYTES: usize = 512;
/// wasmtime maps an image up to this size whatever is in it (`memory_guaranteed_dense_image_size` in `config.rs`); a larger
/// one might be copied at each request.
pub(crate) const BYTES_MAX: usize = 16 << 20;
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
    let mut data = DataSection::new();
    for (at, run) in runs(memory) {
        let offset = ConstExpr::i32_const(i32::from_ne_bytes(u32::try_from(at).unwrap_or(u32::MAX).to_ne_bytes()));
        data.active(0, &offset, run.iter().copied());
    }
    let mut module = Module::new();
    module.section(&memories).section(&exports).section(&data);
    module.finish()
}

/// From the first byte that is not zero to the last: what wasmtime stores.
pub(crate) fn extent(memory: &[u8]) -> usize {
    let first = memory.iter().position(|byte| *byte != 0).unwrap_or(memory.len());
    let last = memory.iter().rposition(|byte| *byte != 0).map_or(first, |at| at + 1);
    last - first
}

/// The parts that are not zero, with short gaps of zeros between them.
fn runs(memory: &[u8]) -> Vec<(usize, &[u8])> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    // Eight bytes at once: most of a memory is zeros.
    for (word, bytes) in memory.chunks(8).enumerate() {
        if bytes.iter().all(|byte| *byte == 0) {
            continue;
        }
        let (start, end) = (word * 8, word * 8 + bytes.len());
        match runs.last_mut() {
            Some((_, last)) if start - *last < GAP_BYTES => *last = end,
            _ => runs.push((start, end)),
        }
    }
    runs.into_iter().filter_map(|(start, end)| Some((start, memory.get(start..end)?))).collect()
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
        memory[1_000 + GAP_BYTES / 2] = 2;
        memory[2 * PAGE_BYTES + 7] = 3;
        assert_eq!(runs(&memory).len(), 2);
        assert_eq!(extent(&memory), 2 * PAGE_BYTES + 8 - 1_000);
        assert_eq!(extent(&[0; 64]), 0);
        let bytes = module(&memory);
        wasmparser::Validator::new().validate_all(&bytes).unwrap();
        assert!(bytes.len() < 4_096);
    }
}
