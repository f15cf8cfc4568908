//! What goes wrong in a function: told to its own listeners, then to the host, with its place.
use core::ffi::{c_int, c_void};
use std::{string::String, vec::Vec};

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
    // What describes the error may run code of the user's; that must not fail this again without end.
    if !vm().failed {
        let (message, mut stack) = (described(cx, error), stack_of(cx, error));
        clear(cx);
        // Asked last: that code may have used the CPU time up.
        let kind = if vm().spent { failure::SPENT } else { kind };
        // Between two promise jobs no code runs that could have a place; what would have gone on has.
        if kind == failure::SPENT && place_in(&stack).0 == 0 {
            stack = waiting(cx);
        }
        fail(kind, &message, &stack);
    }
    value::free(cx, error);
}

/// As text; an object without one of its own is shown with its contents.
fn described(cx: Cx, error: JSValue) -> Vec<u8> {
    let mut arguments = [error];
    let shown = match vm().on_thrown {
        JS_UNDEFINED => value::dup(cx, error),
        describe => unsafe { js::JS_Call(cx, describe, JS_UNDEFINED, 1, arguments.as_mut_ptr()) },
    };
    let text = if value::is_exception(shown) { None } else { Text::of(cx, shown) };
    value::free(cx, shown);
    if let Some(text) = text {
        return text.bytes().to_vec();
    }
    clear(cx);
    b"something that cannot be shown".to_vec()
}

/// The error's stack; of what has none, the place where it was thrown.
fn stack_of(cx: Cx, error: JSValue) -> Vec<u8> {
    unsafe extern "C" {
        // quickjs.patch
        fn JS_ThrownAt(runtime: *mut js::JSRuntime, value: JSValue, column: *mut c_int) -> c_int;
    }
    unsafe {
        if js::JS_IsObject(error) {
            let stack = value::property(cx, error, c"stack");
            let text = if js::JS_IsString(stack) { Text::of(cx, stack) } else { None };
            value::free(cx, stack);
            if let Some(text) = text {
                return text.bytes().to_vec();
            }
        }
        let mut column = 0;
        match JS_ThrownAt(js::JS_GetRuntime(cx), error, &mut column) {
            line if line > 0 => {
                std::format!("    at {}:{line}:{column}\n", FILE.to_str().unwrap_or_default()).into_bytes()
            }
            _ => Vec::new(),
        }
    }
}

/// Tells that the CPU time is used up between two jobs: where the function would have gone on.
pub fn spent(cx: Cx) {
    fail(failure::SPENT, b"", &waiting(cx));
}

/// Tells that the function waits for what never comes. `handler` is a stack for one that awaits nothing.
pub fn stuck(cx: Cx, handler: &[u8]) {
    let stack = waiting(cx);
    fail(failure::STUCK, b"", if stack.is_empty() { handler } else { &stack });
}

/// Where the function waits, as a stack: its `await`s, the innermost first.
fn waiting(cx: Cx) -> Vec<u8> {
    unsafe extern "C" {
        // quickjs.patch
        fn JS_EachWaiting(cx: Cx, stack: *mut c_void, visit: unsafe extern "C" fn(*mut c_void, u32, c_int, c_int));
    }
    /// More say nothing.
    const WAITING_MAX: usize = 8;
    struct Waiting {
        cx: Cx,
        count: usize,
        stack: Vec<u8>,
    }
    unsafe extern "C" fn visit(waiting: *mut c_void, name: u32, line: c_int, column: c_int) {
        let waiting = unsafe { &mut *waiting.cast::<Waiting>() };
        if line <= 0 || waiting.count >= WAITING_MAX {
            return;
        }
        let place = std::format!("{}:{line}:{column}", FILE.to_str().unwrap_or_default());
        let line = match name_of(waiting.cx, name) {
            Some(name) => std::format!("    at {name} ({place})\n"),
            None => std::format!("    at {place}\n"),
        };
        waiting.stack.extend_from_slice(line.as_bytes());
        waiting.count += 1;
    }
    fn name_of(cx: Cx, atom: u32) -> Option<String> {
        if atom == js::JS_ATOM_NULL {
            return None;
        }
        unsafe {
            let start = js::JS_AtomToCStringLen(cx, core::ptr::null_mut(), atom);
            if start.is_null() {
                clear(cx);
                return None;
            }
            let text = core::ffi::CStr::from_ptr(start).to_string_lossy().into_owned();
            js::JS_FreeCString(cx, start);
            (!text.is_empty()).then_some(text)
        }
    }
    let mut waiting = Waiting { cx, count: 0, stack: Vec::new() };
    unsafe { JS_EachWaiting(cx, core::ptr::addr_of_mut!(waiting).cast(), visit) };
    waiting.stack
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
    place_in(&here(cx))
}

/// The same, of a stack.
pub fn place_in(stack: &[u8]) -> (u32, u32) {
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
