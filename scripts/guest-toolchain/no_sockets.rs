//! no_sockets: the client socket calls that the libc of WASI preview 1 lacks, each answering "not supported".
//! Guarantees: code that names `std::net` links, and fails when run with a plain error.
//! Does not: reach any network.
//! Called by: std, through libc. Calls: nothing.
//! If this is wrong: guests with `std::net` in their dependencies do not link. Used by scripts/guest-toolchain.sh only.
#![no_std]
#![feature(thread_local)]

use core::ffi::{c_char, c_int, c_void};

type Pointer = *const c_void;

/// `ENOSYS` as wasi-libc numbers it.
const NOT_SUPPORTED: c_int = 52;
/// `EAI_FAIL`: name resolution failed for good.
const RESOLVE_FAILED: c_int = -4;

unsafe extern "C" {
    #[thread_local]
    static mut errno: c_int;
}

fn refuse() -> c_int {
    // SAFETY: errno belongs to the one thread a guest has.
    unsafe { errno = NOT_SUPPORTED };
    -1
}

#[unsafe(no_mangle)]
pub extern "C" fn socket(_domain: c_int, _kind: c_int, _protocol: c_int) -> c_int {
    refuse()
}

#[unsafe(no_mangle)]
pub extern "C" fn bind(_socket: c_int, _address: Pointer, _length: u32) -> c_int {
    refuse()
}

#[unsafe(no_mangle)]
pub extern "C" fn connect(_socket: c_int, _address: Pointer, _length: u32) -> c_int {
    refuse()
}

#[unsafe(no_mangle)]
pub extern "C" fn listen(_socket: c_int, _backlog: c_int) -> c_int {
    refuse()
}

#[unsafe(no_mangle)]
pub extern "C" fn getsockname(_socket: c_int, _address: Pointer, _length: Pointer) -> c_int {
    refuse()
}

#[unsafe(no_mangle)]
pub extern "C" fn getpeername(_socket: c_int, _address: Pointer, _length: Pointer) -> c_int {
    refuse()
}

#[unsafe(no_mangle)]
pub extern "C" fn setsockopt(_socket: c_int, _level: c_int, _name: c_int, _value: Pointer, _length: u32) -> c_int {
    refuse()
}

#[unsafe(no_mangle)]
pub extern "C" fn recvfrom(
    _socket: c_int,
    _into: Pointer,
    _length: usize,
    _flags: c_int,
    _address: Pointer,
    _address_length: Pointer,
) -> isize {
    refuse() as isize
}

#[unsafe(no_mangle)]
pub extern "C" fn sendto(
    _socket: c_int,
    _from: Pointer,
    _length: usize,
    _flags: c_int,
    _address: Pointer,
    _address_length: u32,
) -> isize {
    refuse() as isize
}

#[unsafe(no_mangle)]
pub extern "C" fn getaddrinfo(_name: Pointer, _service: Pointer, _hints: Pointer, _found: Pointer) -> c_int {
    RESOLVE_FAILED
}

#[unsafe(no_mangle)]
pub extern "C" fn freeaddrinfo(_found: Pointer) {}

#[unsafe(no_mangle)]
pub extern "C" fn gai_strerror(_code: c_int) -> *const c_char {
    c"name resolution is not available to this component".as_ptr()
}
