//! Misbehaviour that needs no host call.

use core::arch::wasm32::{memory_grow, memory_size};

const PAGE_BYTES: usize = 65_536;

/// Never returns and never calls the host.
pub fn spin() -> ! {
    let mut turns: u64 = 0;
    loop {
        // volatile: an endless loop without any effect could be taken for unreachable code
        turns = core::hint::black_box(turns.wrapping_add(1));
    }
}

/// Takes memory page by page, touching each, until there is no more; answers how many pages there are then.
pub fn take_all_memory() -> usize {
    loop {
        let first = memory_grow(0, 1);
        if first == usize::MAX {
            return memory_size(0);
        }
        // SAFETY: the page was just given to us.
        unsafe { ((first * PAGE_BYTES) as *mut u8).write_volatile(1) };
    }
}

/// Calls itself `depth` times with a frame that cannot be optimised away.
#[inline(never)]
pub fn recurse(depth: u64) -> u64 {
    let frame = core::hint::black_box([depth; 16]);
    if depth == 0 { frame[3] } else { recurse(depth - 1).wrapping_add(frame[5]) }
}
