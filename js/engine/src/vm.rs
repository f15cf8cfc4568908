//! The virtual machine of this instance: made and filled for the snapshot, then used for one request.
use core::{
    ffi::{c_int, c_void},
    ptr,
};
use std::vec::Vec;

use rquickjs_sys as js;

use crate::{
    heap,
    host::{self, failure},
    natives,
    value::{self, Cx, JS_UNDEFINED, JSValue, Text},
};

/// How deep the C stack may go; `-zstack-size` gives more. The machine's own stack (4 MiB, `WASM_STACK_BYTES` in the host's
/// config.rs) must not end first: it takes up to four times as much.
const STACK_BYTES: u32 = 1_024 << 10;
/// A request that allocates less than this beyond the snapshot never runs the collector, which would dirty every page.
const COLLECT_BYTES: u32 = 24 << 20;
/// What the file of a function is called in its traces; the host maps it to the user's files.
pub const FILE: &core::ffi::CStr = c"main.js";

const PRELUDE: &[(&core::ffi::CStr, &str)] = &[
    (c"serviceful:base", include_str!("../prelude/base.js")),
    (c"serviceful:events", include_str!("../prelude/events.js")),
    (c"serviceful:console", include_str!("../prelude/console.js")),
    (c"serviceful:clone", include_str!("../prelude/clone.js")),
    (c"serviceful:text", include_str!("../prelude/text.js")),
    (c"serviceful:url", include_str!("../prelude/url.js")),
    (c"serviceful:streams", include_str!("../prelude/streams.js")),
    (c"serviceful:http", include_str!("../prelude/http.js")),
    (c"serviceful:crypto_key", include_str!("../prelude/crypto_key.js")),
    (c"serviceful:crypto", include_str!("../prelude/crypto.js")),
    (c"serviceful:serve", include_str!("../prelude/serve.js")),
];

/// Which part of its life an instance is in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing of the user's has run.
    Making,
    /// The module is being evaluated.
    Evaluating,
    Request,
}

pub struct Vm {
    pub phase: Phase,
    pub seed: u64,
    runtime: *mut js::JSRuntime,
    pub cx: Cx,
    /// `(method, url, hasBody, caller, config, fields)` and `(kind, id)`, of the prelude.
    on_request: JSValue,
    on_event: JSValue,
    /// What the module exports by default.
    handler: JSValue,
    /// Rejected promises that nobody has handled yet.
    rejected: Vec<(JSValue, JSValue)>,
    pub held: u32,
    pub failed: bool,
    /// The CPU time is used up: whatever fails from here on fails because of it.
    pub spent: bool,
    pub chance: Option<[u64; 2]>,
}

static mut VM: Vm = Vm {
    phase: Phase::Making,
    seed: 0,
    runtime: ptr::null_mut(),
    cx: ptr::null_mut(),
    on_request: JS_UNDEFINED,
    on_event: JS_UNDEFINED,
    handler: JS_UNDEFINED,
    rejected: Vec::new(),
    held: 0,
    failed: false,
    spent: false,
    chance: None,
};

pub fn vm() -> &'static mut Vm {
    // SAFETY: one thread; references do not live across calls into QuickJS.
    unsafe { &mut *ptr::addr_of_mut!(VM) }
}

pub fn held() -> u32 {
    vm().held
}

// ---------------------------------------------------------------- the snapshot

pub unsafe fn evaluate(source: &[u8], seed: u64) -> bool {
    vm().seed = seed;
    unsafe {
        let functions = js::JSMallocFunctions {
            js_calloc: Some(heap::js::calloc),
            js_malloc: Some(heap::js::malloc),
            js_free: Some(heap::js::free),
            js_realloc: Some(heap::js::realloc),
            js_malloc_usable_size: Some(heap::js::usable),
        };
        let runtime = js::JS_NewRuntime2(&functions, ptr::null_mut());
        js::JS_SetMaxStackSize(runtime, STACK_BYTES);
        js::JS_SetInterruptHandler(runtime, Some(interrupt), ptr::null_mut());
        js::JS_SetModuleLoaderFunc(runtime, None, Some(no_modules), ptr::null_mut());
        let cx = js::JS_NewContext(runtime);
        vm().runtime = runtime;
        vm().cx = cx;
        if !prelude(cx) {
            return false;
        }
        // Only now: what the prelude does is known to settle.
        js::JS_SetHostPromiseRejectionTracker(runtime, Some(rejection), ptr::null_mut());
        vm().phase = Phase::Evaluating;
        let ready = module(cx, source);
        vm().phase = Phase::Request;
        if !ready {
            return false;
        }
        js::JS_RunGC(runtime);
        js::JS_SetGCThreshold(runtime, used(runtime).saturating_add(COLLECT_BYTES));
        vm().rejected = Vec::new();
    }
    true
}

unsafe fn used(runtime: *mut js::JSRuntime) -> u32 {
    unsafe {
        let mut usage = core::mem::zeroed::<js::JSMemoryUsage>();
        js::JS_ComputeMemoryUsage(runtime, &mut usage);
        u32::try_from(usage.malloc_size).unwrap_or(u32::MAX / 2)
    }
}

unsafe fn prelude(cx: Cx) -> bool {
    let natives = natives::object(cx);
    let shared = unsafe { js::JS_NewObject(cx) };
    for (name, text) in PRELUDE {
        unsafe {
            let flags = js::JS_EVAL_TYPE_GLOBAL | js::JS_EVAL_FLAG_STRICT;
            // JS_Eval wants a byte 0 after the text.
            let mut copy = Vec::with_capacity(text.len() + 1);
            copy.extend_from_slice(text.as_bytes());
            copy.push(0);
            let function = js::JS_Eval(cx, copy.as_ptr().cast(), text.len() as u32, name.as_ptr(), flags as c_int);
            if value::is_exception(function) {
                return uncaught(cx, failure::SYNTAX);
            }
            let mut arguments = [natives, shared];
            let done = js::JS_Call(cx, function, JS_UNDEFINED, 2, arguments.as_mut_ptr());
            value::free(cx, function);
            if value::is_exception(done) {
                return uncaught(cx, failure::UNCAUGHT);
            }
            value::free(cx, done);
        }
    }
    vm().on_request = value::property(cx, shared, c"request");
    vm().on_event = value::property(cx, shared, c"event");
    value::free(cx, natives);
    value::free(cx, shared);
    pump(cx)
}

unsafe fn module(cx: Cx, source: &[u8]) -> bool {
    unsafe {
        let mut text = Vec::with_capacity(source.len() + 1);
        text.extend_from_slice(source);
        text.push(0);
        let flags = js::JS_EVAL_TYPE_MODULE | js::JS_EVAL_FLAG_COMPILE_ONLY;
        let compiled = js::JS_Eval(cx, text.as_ptr().cast(), source.len() as u32, FILE.as_ptr(), flags as c_int);
        drop(text);
        if value::is_exception(compiled) {
            return uncaught(cx, failure::SYNTAX);
        }
        let module = js::JS_VALUE_GET_PTR(compiled).cast::<js::JSModuleDef>();
        let promise = js::JS_EvalFunction(cx, compiled);
        if value::is_exception(promise) {
            return uncaught(cx, failure::UNCAUGHT);
        }
        if !vm().spent && !pump_but(cx, promise) {
            return false;
        }
        match js::JS_PromiseState(cx, promise) {
            js::JSPromiseStateEnum_JS_PROMISE_REJECTED => {
                let reason = js::JS_PromiseResult(cx, promise);
                tell(cx, failure::UNCAUGHT, reason);
                return false;
            }
            _ if vm().spent => return uncaught(cx, failure::SPENT),
            js::JSPromiseStateEnum_JS_PROMISE_PENDING => {
                fail(failure::SHAPE, b"the module waits at its top level for something that never comes", b"");
                return false;
            }
            _ => {}
        }
        value::free(cx, promise);
        if vm().failed {
            return false;
        }
        let namespace = js::JS_GetModuleNamespace(cx, module);
        let handler = value::property(cx, namespace, c"default");
        value::free(cx, namespace);
        if value::is_exception(handler) {
            return uncaught(cx, failure::UNCAUGHT);
        }
        shape(cx, handler)
    }
}

/// The default export is an object with `fetch`, or a function.
unsafe fn shape(cx: Cx, handler: JSValue) -> bool {
    let what: &[u8] = unsafe {
        if js::JS_IsFunction(cx, handler) {
            b""
        } else if js::JS_IsObject(handler) {
            let fetch = value::property(cx, handler, c"fetch");
            let callable = js::JS_IsFunction(cx, fetch);
            value::free(cx, fetch);
            if callable { b"" } else { b"its default export has no method `fetch`" }
        } else if js::JS_IsUndefined(handler) {
            b"it has no default export"
        } else {
            b"its default export is no object"
        }
    };
    if !what.is_empty() {
        fail(failure::SHAPE, what, b"");
        return false;
    }
    vm().handler = handler;
    true
}

// ---------------------------------------------------------------- the request

pub unsafe fn request(list: &[u8]) {
    let cx = vm().cx;
    unsafe { js::JS_UpdateStackTop(vm().runtime) };
    let mut items = crate::pack::Items(list);
    let mut next = || items.next().unwrap_or_default();
    let (method, url, body) = (next(), next(), next() == b"1");
    let (caller, config) = (next(), next());
    let fields = items.0;
    let mut arguments = [
        vm().handler,
        value::string(cx, method),
        value::string(cx, url),
        value::bool(body),
        value::string(cx, caller),
        value::string(cx, config),
        // One string, one character a byte: most functions never look at it.
        value::latin(cx, fields),
    ];
    unsafe { call(cx, vm().on_request, &mut arguments) };
}

pub unsafe fn event(kind: u32, id: u32) {
    let cx = vm().cx;
    unsafe {
        js::JS_UpdateStackTop(vm().runtime);
        call(cx, vm().on_event, &mut [value::int(kind as i32), value::int(id as i32)]);
    }
}

unsafe fn call(cx: Cx, function: JSValue, arguments: &mut [JSValue]) {
    unsafe {
        let result = js::JS_Call(cx, function, JS_UNDEFINED, arguments.len() as c_int, arguments.as_mut_ptr());
        if value::is_exception(result) {
            uncaught(cx, failure::UNCAUGHT);
            return;
        }
        value::free(cx, result);
        pump(cx);
    }
}

/// Runs promise jobs until there is none. `false`: something failed, and was told.
fn pump(cx: Cx) -> bool {
    pump_but(cx, JS_UNDEFINED)
}

/// As [`pump`]; the caller looks at `promise` itself.
fn pump_but(cx: Cx, promise: JSValue) -> bool {
    loop {
        let mut whose = ptr::null_mut();
        match unsafe { js::JS_ExecutePendingJob(vm().runtime, &mut whose) } {
            0 => break,
            n if n < 0 => return uncaught(cx, failure::UNCAUGHT),
            _ => {}
        }
        // An async function that was interrupted ends without a word; its error is still there.
        if vm().spent {
            return uncaught(cx, failure::SPENT);
        }
        if vm().failed {
            return false;
        }
    }
    vm().rejected.retain(|(rejected, _)| *rejected != promise);
    if let Some((_, reason)) = vm().rejected.pop() {
        tell(cx, failure::UNHANDLED, reason);
        return false;
    }
    !vm().failed
}

// ---------------------------------------------------------------- failures

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
        let stack = here(cx);
        fail(failure::TOO_EARLY, what, &stack);
    }
    true
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

// ---------------------------------------------------------------- what QuickJS calls

/// Asked now and then by everything that loops. What it ends cannot be caught; it is told where it arrives, with its trace.
unsafe extern "C" fn interrupt(_: *mut js::JSRuntime, _: *mut c_void) -> c_int {
    let spent = unsafe { host::spent() } != 0;
    vm().spent |= spent;
    c_int::from(spent)
}

unsafe extern "C" fn rejection(cx: Cx, promise: JSValue, reason: JSValue, handled: bool, _: *mut c_void) {
    if handled {
        vm().rejected.retain(|(rejected, _)| *rejected != promise);
    } else {
        vm().rejected.push((promise, value::dup(cx, reason)));
    }
}

unsafe extern "C" fn no_modules(cx: Cx, name: *const core::ffi::c_char, _: *mut c_void) -> *mut js::JSModuleDef {
    unsafe {
        js::JS_ThrowReferenceError(cx, c"cannot import `%s`: it is not part of this bundle".as_ptr(), name);
    }
    ptr::null_mut()
}

// ---------------------------------------------------------------- what libc would ask WASI

/// In place of libc's: the time of day, for QuickJS.
#[unsafe(no_mangle)]
unsafe extern "C" fn gettimeofday(time: *mut [i64; 2], _: *mut c_void) -> c_int {
    let us = match vm().phase {
        // QuickJS seeds its hashes from it.
        Phase::Making => (vm().seed >> 12) as i64,
        Phase::Evaluating => {
            too_early(vm().cx, b"the clock");
            0
        }
        Phase::Request => (unsafe { host::now() } * 1_000.0) as i64,
    };
    // `struct timeval` of wasi-libc: 64 bits for seconds, and a `long` in the second place.
    unsafe { *time = [us.div_euclid(1_000_000), us.rem_euclid(1_000_000)] };
    0
}

/// In place of libc's: a clock that only measures.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(_: *const c_void, time: *mut [i64; 2]) -> c_int {
    let ns = match vm().phase {
        Phase::Making => 0,
        Phase::Evaluating => {
            too_early(vm().cx, b"the clock");
            0
        }
        Phase::Request => (unsafe { host::elapsed() } * 1_000_000.0) as i64,
    };
    unsafe { *time = [ns.div_euclid(1_000_000_000), ns.rem_euclid(1_000_000_000)] };
    0
}
