//! The canary: leaves a mark in every kind of state an instance has and reports marks found from before.
//!
//! In a fresh instance each report reads the same: counter 0, no mark anywhere, clean fresh memory, the same size and the
//! same first handle.

use std::cell::RefCell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use core::arch::wasm32::{memory_grow, memory_size};

const MARK: [u8; 16] = *b"CANARY-WAS-HERE!";
const PAGE_BYTES: usize = 65_536;
const FRESH_PAGES: usize = 16;
/// How much of the stack is looked at: it keeps what earlier calls left there.
const STACK_BYTES: usize = 4_096;

static COUNTER: AtomicU64 = AtomicU64::new(0);
static BUFFER: Mutex<[u8; 4_096]> = Mutex::new([0; 4_096]);

thread_local! {
    static LOCAL: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Looks first, then marks. `handle` is the number of a handle that the guest was just given: equal in every fresh instance.
pub fn look_and_mark(handle: u32) -> String {
    let before = COUNTER.fetch_add(1, Ordering::SeqCst);
    let buffer = mark_buffer();
    let local = LOCAL.with_borrow_mut(|seen| {
        let earlier = seen.len();
        seen.extend_from_slice(&MARK);
        earlier
    });
    let stack = mark_stack();
    let pages = memory_size(0);
    let fresh = mark_fresh_memory();
    format!(
        "{{\"counter\":{before},\"buffer_bytes\":{buffer},\"local_bytes\":{local},\"stack_marks\":{stack},\
         \"pages_at_start\":{pages},\"fresh_memory_bytes\":{fresh},\"handle\":{handle}}}"
    )
}

/// How many bytes of the static buffer were not zero; afterwards all are marked.
fn mark_buffer() -> usize {
    let mut buffer = BUFFER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let seen = buffer.iter().filter(|byte| **byte != 0).count();
    for (index, byte) in buffer.iter_mut().enumerate() {
        *byte = MARK[index % MARK.len()];
    }
    seen
}

/// How many marks lie in the part of the stack that this call uses; afterwards it is full of them.
#[inline(never)]
fn mark_stack() -> usize {
    let mut frame = core::mem::MaybeUninit::<[[u8; MARK.len()]; STACK_BYTES / MARK.len()]>::uninit();
    let start = frame.as_mut_ptr().cast::<[u8; MARK.len()]>();
    let mut marks = 0;
    for index in 0..STACK_BYTES / MARK.len() {
        // SAFETY: inside `frame`; volatile, because what earlier calls left there is the very question.
        let seen = unsafe { start.add(index).read_volatile() };
        marks += usize::from(seen == MARK);
        // SAFETY: inside `frame`.
        unsafe { start.add(index).write_volatile(MARK) };
    }
    marks
}

/// How many bytes of newly grown memory were not zero; afterwards all are marked.
fn mark_fresh_memory() -> usize {
    let first = memory_grow(0, FRESH_PAGES);
    if first == usize::MAX {
        return 0;
    }
    let start = (first * PAGE_BYTES) as *mut u8;
    let mut seen = 0;
    for offset in 0..FRESH_PAGES * PAGE_BYTES {
        // SAFETY: `memory_grow` gave exactly these pages to us and to nobody else.
        unsafe {
            let byte = start.add(offset);
            seen += usize::from(byte.read_volatile() != 0);
            byte.write_volatile(MARK[offset % MARK.len()]);
        }
    }
    seen
}
