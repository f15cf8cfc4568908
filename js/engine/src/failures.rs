//! What goes wrong in a function: told to its own listeners, then to the host, with its place.
use core::ffi::c_void;
use std::vec::Vec;

use rquickjs_sys as js;

use crate::{
    host::{self, failure},
    pack,
    value::{self, Cx, JS_TRUE, JS_UNDEFINED, JSValue, Text},
    vm::{FILE, Phase, vm},
};

/// Tells the pending exception. Always `false`.
pub fn uncaught(cx: Cx, kind: u32) -> bool {
    let error = unsafe { js::JS_GetException(cx) };
    tell(cx, kind, error);
    false
}

/// Tells that the call has failed because of `error`, which is taken.
pub fn tell(cx: Cx, kind: u32, error: JSValue) {
    let kind = if vm().spent { failure::SPENT } else { kind };
    // What describes the error may run code of the user's; that must not fail this again without end.
    if !vm().failed {
        let message = described(cx, error);
        let stack = unsafe {
            if js::JS_IsObject(error) {
                let stack = value::property(cx, error, c"stack");
                let text = if js::JS_IsString(stack) { Text::of(cx, stack) } else { None };
                let text = text.map(|text| text.bytes().to_vec()).unwrap_or_default();
                value::free(cx, stack);
                text
            } else {
                Vec::new()
            }
        };
        clear(cx);
        fail(kind, &message, &stack);
    }
    value::free(cx, error);
}

fn described(cx: Cx, error: JSValue) -> Vec<u8> {
    if let Some(text) = Text::of(cx, error) {
        return text.bytes().to_vec();
    }
    clear(cx);
    b"something that cannot be shown".to_vec()
}

fn clear(cx: Cx) {
    let nested = unsafe { js::JS_GetException(cx) };
    value::free(cx, nested);
}

pub fn fail(kind: u32, message: &[u8], stack: &[u8]) {
    vm().failed = true;
    unsafe { host::fail(kind, message.as_ptr(), message.len(), stack.as_ptr(), stack.len()) }
}

/// `what` was used while the module was evaluated. The first such use is told with its place; evaluation goes on, so that
/// `catch` cannot hide it.
pub fn too_early(cx: Cx, what: &[u8]) -> bool {
    if vm().phase != Phase::Evaluating {
        return false;
    }
    if !vm().failed {
        let stack = whole_stack(cx);
        if !is_let_pass(what, &stack) {
            fail(failure::TOO_EARLY, what, &stack);
        }
    }
    true
}

/// Whether the host lets it pass: it knows which files are whose. Whoever asked then gets what is the same for every snapshot.
fn is_let_pass(what: &[u8], stack: &[u8]) -> bool {
    let mut list = Vec::new();
    pack::push(&mut list, what);
    pack::push(&mut list, stack);
    unsafe { host::text(host::EARLY, list.as_ptr(), list.len(), core::ptr::null_mut(), 0) >= 0 }
}

/// Where in the function's own file the code is that runs: line and column, 0 when unknown.
pub fn place(cx: Cx) -> (u32, u32) {
    let stack = here(cx);
    let file = FILE.to_bytes();
    let Some(at) = stack.windows(file.len()).position(|window| window == file) else { return (0, 0) };
    let mut numbers = stack[at + file.len()..].split(|byte| !byte.is_ascii_digit()).skip(1);
    let mut next = || numbers.next().and_then(|text| core::str::from_utf8(text).ok()?.parse().ok()).unwrap_or(0);
    (next(), next())
}

/// The present stack, as an error's `stack` has it.
fn here(cx: Cx) -> Vec<u8> {
    unsafe {
        js::JS_ThrowInternalError(cx, c"here".as_ptr());
        let error = js::JS_GetException(cx);
        let stack = value::property(cx, error, c"stack");
        let text = Text::of(cx, stack).map(|text| text.bytes().to_vec()).unwrap_or_default();
        value::free(cx, stack);
        value::free(cx, error);
        text
    }
}

/// The present stack as far as QuickJS keeps one, whatever `Error.stackTraceLimit` says: who asked stands at its end.
fn whole_stack(cx: Cx) -> Vec<u8> {
    // As large as `csd` of quickjs.c; `LINES_MAX` of the host's early.rs.
    const LINES_MAX: i32 = 64;
    unsafe extern "C" {
        fn JS_SwapStackTraceLimit(cx: Cx, limit: JSValue) -> JSValue;
    }
    unsafe {
        let before = JS_SwapStackTraceLimit(cx, value::int(LINES_MAX));
        let stack = here(cx);
        JS_SwapStackTraceLimit(cx, before);
        stack
    }
}

/// Somebody looks after this promise. `false`: it was not among the rejected.
pub fn forget(cx: Cx, promise: JSValue) -> bool {
    let Some(at) = vm().rejected.iter().position(|(rejected, _)| *rejected == promise) else { return false };
    let (rejected, reason) = vm().rejected.swap_remove(at);
    value::free(cx, rejected);
    value::free(cx, reason);
    true
}

/// Asks the function's own listeners. Only a request has them: a snapshot is not made of what went wrong.
pub fn excused(cx: Cx, kind: u32, promise: JSValue, reason: JSValue) -> bool {
    if vm().phase != Phase::Request || vm().spent {
        return false;
    }
    let mut arguments = [value::int(kind as i32), promise, reason];
    let answer = unsafe { js::JS_Call(cx, vm().on_failure, JS_UNDEFINED, 3, arguments.as_mut_ptr()) };
    if value::is_exception(answer) {
        clear(cx);
    }
    answer == JS_TRUE
}

/// As [`excused`], for the pending exception, which stays when nobody takes it.
pub fn excused_error(cx: Cx) -> bool {
    let error = unsafe { js::JS_GetException(cx) };
    let excused = excused(cx, failure::UNCAUGHT, JS_UNDEFINED, error);
    if excused {
        value::free(cx, error);
    } else {
        unsafe { js::JS_Throw(cx, error) };
    }
    excused
}

/// Called by QuickJS when a promise is rejected that nobody handles, and when somebody does after all.
pub unsafe extern "C" fn rejection(cx: Cx, promise: JSValue, reason: JSValue, handled: bool, _: *mut c_void) {
    if !handled {
        vm().rejected.push((value::dup(cx, promise), value::dup(cx, reason)));
    } else if !forget(cx, promise) {
        // Late: its listeners were told already.
        excused(cx, failure::HANDLED, promise, reason);
    }
}
