//! The heap: size classes with free lists over memory that only grows; and for a request's large blocks one list, by address,
//! that splits and merges: classes alone would leave the room of each size unused by every other.
//!
//! Made for snapshots. Before one is taken, [`seal`] zeroes what is free and draws a line: afterwards nothing below the line
//! is given out or taken back again. So what a request allocates lies together in fresh pages behind the snapshot, and what
//! it frees of the snapshot's own objects does not dirty their pages.
use core::{alloc::GlobalAlloc, alloc::Layout, ptr};

/// Before each block: its class, or that it has none and its length. Eight bytes, so that blocks are aligned to eight.
const HEADER: usize = 8;
const PAGE: usize = 64 << 10;
/// Classes: multiples of 8 up to 512, then four a doubling.
const LINEAR: usize = 64;
const CLASSES: usize = LINEAR + 4 * 22;
/// Blocks of a request that are larger than this have no class.
const LARGE: usize = 64 << 10;
/// In the place of a class; the block's length follows it.
const NO_CLASS: u32 = u32::MAX;
/// Fresh memory that a snapshot brings along, so that an ordinary request need not grow its memory.
const SPARE: usize = 16 * PAGE;
/// Kept back until memory runs out.
const RESERVE: usize = PAGE;

struct Heap {
    free: [*mut u8; CLASSES],
    /// Free large blocks, by address.
    large: *mut u8,
    next: usize,
    end: usize,
    /// Blocks below it are of the snapshot.
    line: usize,
    /// Memory has run out once: what was kept back is given out, so that the error can say where.
    ran_out: bool,
}

static mut HEAP: Heap =
    Heap { free: [ptr::null_mut(); CLASSES], large: ptr::null_mut(), next: 0, end: 0, line: 0, ran_out: false };

unsafe extern "C" {
    static __heap_base: u8;
}

const fn class_of(size: usize) -> usize {
    if size <= 512 {
        return if size == 0 { 0 } else { (size - 1) / 8 };
    }
    // 513.. : `log` is 9 for 513 to 1024
    let log = (usize::BITS - 1 - (size - 1).leading_zeros()) as usize;
    let step = 1 << (log - 2);
    LINEAR + (log - 9) * 4 + (size - 1 - (1 << log)) / step
}

const fn size_of_class(class: usize) -> usize {
    if class < LINEAR {
        return (class + 1) * 8;
    }
    let above = class - LINEAR;
    let log = above / 4 + 9;
    (1 << log) + (above % 4 + 1) * (1 << (log - 2))
}

fn heap() -> &'static mut Heap {
    // SAFETY: one thread, and no function here calls back into anything that allocates.
    unsafe { &mut *ptr::addr_of_mut!(HEAP) }
}

impl Heap {
    fn reserve(&mut self, end: usize) -> bool {
        if self.end == 0 {
            self.next = (ptr::addr_of!(__heap_base) as usize + 7) & !7;
            self.end = core::arch::wasm32::memory_size(0) * PAGE;
        }
        let reserve = if self.ran_out { 0 } else { RESERVE };
        if end + reserve <= self.end {
            return true;
        }
        let pages = (end + reserve - self.end).div_ceil(PAGE);
        if core::arch::wasm32::memory_grow(0, pages) == usize::MAX {
            self.ran_out = true;
            return false;
        }
        self.end += pages * PAGE;
        true
    }

    /// A block cut out of a larger free one. Only before the snapshot: what compiling leaves behind must not be stored as holes.
    unsafe fn carve(&mut self, class: usize) -> Option<*mut u8> {
        let larger = (class + 1..CLASSES).find(|larger| !self.free[*larger].is_null())?;
        let block = self.free[larger];
        unsafe {
            self.free[larger] = *(block as *mut *mut u8);
            let (start, length) = (block as usize - HEADER, HEADER + size_of_class(larger));
            *(start as *mut u32) = class as u32;
            let used = HEADER + size_of_class(class);
            self.give(start + used, length - used);
        }
        Some(block)
    }

    /// A large block: the first that is long enough, or the last one, made longer, or fresh memory.
    unsafe fn alloc_large(&mut self, size: usize) -> *mut u8 {
        let want = large(size);
        unsafe {
            let mut link: *mut *mut u8 = &mut self.large;
            while !(*link).is_null() {
                let block = *link;
                let (has, next) = (length(block), *(block as *mut *mut u8));
                if has >= want {
                    if has - want >= HEADER + LARGE {
                        let rest = block.add(want + HEADER);
                        mark(rest, has - want - HEADER);
                        *(rest as *mut *mut u8) = next;
                        *link = rest;
                        mark(block, want);
                    } else {
                        *link = next;
                    }
                    return block;
                }
                if block as usize + has == self.next {
                    if !self.reserve(block as usize + want) {
                        return ptr::null_mut();
                    }
                    *link = next;
                    self.next = block as usize + want;
                    mark(block, want);
                    return block;
                }
                link = block as *mut *mut u8;
            }
            let block = self.next + HEADER;
            if !self.reserve(block + want) {
                return ptr::null_mut();
            }
            self.next = block + want;
            mark(block as *mut u8, want);
            block as *mut u8
        }
    }

    /// Takes a large block back, and joins it with what is free beside it.
    unsafe fn free_large(&mut self, block: *mut u8) {
        unsafe {
            let (mut before, mut after) = (ptr::null_mut::<u8>(), self.large);
            while !after.is_null() && after < block {
                (before, after) = (after, *(after as *mut *mut u8));
            }
            if !after.is_null() && block.add(length(block) + HEADER) == after {
                mark(block, length(block) + HEADER + length(after));
                after = *(after as *mut *mut u8);
            }
            if !before.is_null() && before.add(length(before) + HEADER) == block {
                mark(before, length(before) + HEADER + length(block));
                *(before as *mut *mut u8) = after;
                return;
            }
            *(block as *mut *mut u8) = after;
            if before.is_null() {
                self.large = block;
            } else {
                *(before as *mut *mut u8) = block;
            }
        }
    }

    /// Makes free blocks of a piece of memory that starts at a multiple of eight.
    unsafe fn give(&mut self, mut start: usize, mut length: usize) {
        while length >= HEADER + 8 {
            let mut class = class_of(length - HEADER);
            if size_of_class(class) + HEADER > length {
                class -= 1;
            }
            let (block, used) = ((start + HEADER) as *mut u8, HEADER + size_of_class(class));
            unsafe {
                *(start as *mut u32) = class as u32;
                *(block as *mut *mut u8) = self.free[class];
            }
            self.free[class] = block;
            start += used;
            length -= used;
        }
        // What is too small to be a block stays as zeros.
        unsafe { ptr::write_bytes(start as *mut u8, 0, length) };
    }
}

/// Takes over memory that nobody reads any more, and that is not the heap's so far.
pub unsafe fn give(start: *mut u8, length: usize) {
    let skip = start.align_offset(8).min(length);
    unsafe {
        ptr::write_bytes(start, 0, length);
        heap().give(start as usize + skip, (length - skip) & !7);
    }
}

/// A block of at least `size` bytes, aligned to eight; null when there is no memory.
pub unsafe fn alloc(size: usize) -> *mut u8 {
    if size > (1 << 30) {
        // Asked for, so that the host's limit is what ends the request and not an error that names none.
        if heap().line > 0 {
            core::arch::wasm32::memory_grow(0, size / PAGE);
        }
        return ptr::null_mut();
    }
    let heap = heap();
    if heap.line > 0 && size > LARGE {
        return unsafe { heap.alloc_large(size) };
    }
    let class = class_of(size);
    let head = heap.free[class];
    if !head.is_null() {
        // SAFETY: a free block holds the next one in its first bytes.
        heap.free[class] = unsafe { *(head as *mut *mut u8) };
        return head;
    }
    if heap.line == 0
        && let Some(block) = unsafe { heap.carve(class) }
    {
        return block;
    }
    if heap.next == 0 && !heap.reserve(0) {
        return ptr::null_mut();
    }
    let block = heap.next + HEADER;
    let end = block + size_of_class(class);
    if !heap.reserve(end) {
        return ptr::null_mut();
    }
    heap.next = end;
    // SAFETY: inside the memory just reserved.
    unsafe { *((block - HEADER) as *mut u32) = class as u32 };
    block as *mut u8
}

/// Takes a block back.
pub unsafe fn free(block: *mut u8) {
    let heap = heap();
    if block.is_null() || (block as usize) < heap.line {
        return;
    }
    unsafe {
        let Some(class) = class(block) else { return heap.free_large(block) };
        *(block as *mut *mut u8) = heap.free[class];
        heap.free[class] = block;
    }
}

/// `None` for a large block.
unsafe fn class(block: *const u8) -> Option<usize> {
    let class = unsafe { *(block.sub(HEADER) as *const u32) };
    (class != NO_CLASS).then_some(class as usize)
}

/// Of a large block.
unsafe fn length(block: *const u8) -> usize {
    unsafe { *(block.sub(HEADER / 2) as *const u32) as usize }
}

/// Makes a large block of this length.
unsafe fn mark(block: *mut u8, length: usize) {
    unsafe {
        *(block.sub(HEADER) as *mut u32) = NO_CLASS;
        *(block.sub(HEADER / 2) as *mut u32) = length as u32;
    }
}

/// The length of a large block that holds `size` bytes: whole pages of the host, with the header.
const fn large(size: usize) -> usize {
    (size + HEADER).next_multiple_of(4096) - HEADER
}

/// How many bytes a block has.
pub unsafe fn usable(block: *const u8) -> usize {
    if block.is_null() {
        return 0;
    }
    unsafe { class(block).map_or_else(|| length(block), size_of_class) }
}

/// A block of another size with the same beginning.
pub unsafe fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    unsafe {
        if block.is_null() {
            return alloc(size);
        }
        let old = usable(block);
        if size <= old && (size > old / 2 || old <= 64) {
            return block;
        }
        let heap = heap();
        // The last block grows where it is.
        if block as usize + old == heap.next && block as usize >= heap.line && size > old && size <= (1 << 30) {
            let without_class = heap.line > 0 && size > LARGE;
            let class = class_of(size);
            let length = if without_class { large(size) } else { size_of_class(class) };
            let end = block as usize + length;
            if !heap.reserve(end) {
                return ptr::null_mut();
            }
            heap.next = end;
            if without_class {
                mark(block, length);
            } else {
                *((block as usize - HEADER) as *mut u32) = class as u32;
            }
            return block;
        }
        let new = alloc(size);
        if !new.is_null() {
            ptr::copy_nonoverlapping(block, new, old.min(size));
            free(block);
        }
        new
    }
}

/// Zeroes what is free, and draws the line. What is allocated from here on lies behind everything that is there.
pub fn seal() -> bool {
    let heap = heap();
    for class in 0..CLASSES {
        let mut block = heap.free[class];
        while !block.is_null() {
            // SAFETY: a free block, as in `alloc`.
            unsafe {
                let next = *(block as *mut *mut u8);
                ptr::write_bytes(block.sub(HEADER), 0, size_of_class(class) + HEADER);
                block = next;
            }
        }
        heap.free[class] = ptr::null_mut();
    }
    // Requests begin on a page of their own.
    heap.next = (heap.next + 4095) & !4095;
    heap.line = heap.next;
    heap.reserve(heap.next + SPARE)
}

struct Global;

#[global_allocator]
static GLOBAL: Global = Global;

// SAFETY: blocks are as `alloc` says; more alignment than eight is not asked for in this program.
unsafe impl GlobalAlloc for Global {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > 8 { ptr::null_mut() } else { unsafe { alloc(layout.size()) } }
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        unsafe { free(block) }
    }

    unsafe fn realloc(&self, block: *mut u8, _: Layout, size: usize) -> *mut u8 {
        unsafe { realloc(block, size) }
    }
}

/// For C.
mod c {
    use core::{ffi::c_void, ptr};

    #[unsafe(no_mangle)]
    unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
        unsafe { super::alloc(size).cast() }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
        let Some(bytes) = count.checked_mul(size) else { return ptr::null_mut() };
        unsafe {
            let block = super::alloc(bytes);
            if !block.is_null() {
                ptr::write_bytes(block, 0, bytes);
            }
            block.cast()
        }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
        unsafe { super::realloc(block.cast(), size).cast() }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn free(block: *mut c_void) {
        unsafe { super::free(block.cast()) }
    }
}

/// For QuickJS.
pub mod js {
    use core::ffi::c_void;

    pub unsafe extern "C" fn calloc(_: *mut c_void, count: u32, size: u32) -> *mut c_void {
        let Some(bytes) = (count as usize).checked_mul(size as usize) else { return core::ptr::null_mut() };
        unsafe {
            let block = super::alloc(bytes);
            if !block.is_null() {
                core::ptr::write_bytes(block, 0, bytes);
            }
            block.cast()
        }
    }

    pub unsafe extern "C" fn malloc(_: *mut c_void, size: u32) -> *mut c_void {
        unsafe { super::alloc(size as usize).cast() }
    }

    pub unsafe extern "C" fn free(_: *mut c_void, block: *mut c_void) {
        unsafe { super::free(block.cast()) }
    }

    pub unsafe extern "C" fn realloc(_: *mut c_void, block: *mut c_void, size: u32) -> *mut c_void {
        unsafe {
            if size == 0 {
                super::free(block.cast());
                return core::ptr::null_mut();
            }
            super::realloc(block.cast(), size as usize).cast()
        }
    }

    pub unsafe extern "C" fn usable(block: *const c_void) -> u32 {
        unsafe { super::usable(block.cast()) as u32 }
    }
}
