//! The virtual machine of this instance: made and filled for the snapshot, then used for one request.
use core::{
    ffi::{c_int, c_void},
    ptr,
};
use std::vec::Vec;

use rquickjs_sys as js;

use crate::{
    builtin,
    failures::{excused, excused_error, fail, forget, rejection, spent, tell, too_early, uncaught},
    heap,
    host::{self, failure},
    natives,
    value::{self, Cx, JS_UNDEFINED, JSValue, Text},
    zip::Codec,
};

/// How deep the C stack may go; `-zstack-size` gives more. The machine's own stack (4 MiB, `WASM_STACK_BYTES` in the host's
/// config.rs) must not end first: it takes up to four times as much.
const STACK_BYTES: u32 = 1_024 << 10;
/// A request that allocates less than this beyond the snapshot never runs the collector, which would dirty every page.
const COLLECT_BYTES: u32 = 24 << 20;
/// After so many promise jobs the host is asked whether the CPU time is used up.
const JOBS_BETWEEN: u32 = 256;
/// What the file of a function is called in its traces; the host maps it to the user's files.
pub const FILE: &core::ffi::CStr = c"main.js";

/// A part of the prelude. Its text is memory like any other: once it is compiled, the heap gets it.
type Source = core::cell::UnsafeCell<[u8]>;
struct Shared<T: ?Sized>(T);
// SAFETY: one thread.
unsafe impl<T: ?Sized> Sync for Shared<T> {}

macro_rules! text {
    ($file:literal) => {{
        static TEXT: Shared<core::cell::UnsafeCell<[u8; include_bytes!($file).len()]>> =
            Shared(core::cell::UnsafeCell::new(*include_bytes!($file)));
        &TEXT
    }};
}

static PRELUDE: &[(&core::ffi::CStr, &Shared<Source>)] = &[
    (c"serviceful:base", text!("../prelude/base.js")),
    (c"serviceful:events", text!("../prelude/events.js")),
    (c"serviceful:console", text!("../prelude/console.js")),
    (c"serviceful:performance", text!("../prelude/performance.js")),
    (c"serviceful:clone", text!("../prelude/clone.js")),
    (c"serviceful:text", text!("../prelude/text.js")),
    (c"serviceful:url", text!("../prelude/url.js")),
    (c"serviceful:readable", text!("../prelude/readable.js")),
    (c"serviceful:bytes", text!("../prelude/bytes.js")),
    (c"serviceful:writable", text!("../prelude/writable.js")),
    (c"serviceful:transform", text!("../prelude/transform.js")),
    (c"serviceful:http", text!("../prelude/http.js")),
    (c"serviceful:serve", text!("../prelude/serve.js")),
    (c"serviceful:lazy", text!("../prelude/lazy.js")),
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
    /// `(module, name, method, url, hasBody, caller, config, given, fields)`, `(kind, id)` and `(module)`, of the prelude.
    on_request: JSValue,
    on_event: JSValue,
    on_module: JSValue,
    /// `(kind, promise, error)`: whether the function's own listeners take care of what went wrong.
    pub on_failure: JSValue,
    /// `(error)`: what was thrown, as text.
    pub on_thrown: JSValue,
    /// What the module exports.
    module: JSValue,
    /// What the prelude and the built-ins share; no user code sees either.
    natives: JSValue,
    pub shared: JSValue,
    /// Rejected promises that nobody has handled yet, with their reasons.
    pub rejected: Vec<(JSValue, JSValue)>,
    /// What is being evaluated.
    pub source: &'static [u8],
    pub codecs: Vec<Option<Codec>>,
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
    on_module: JS_UNDEFINED,
    on_failure: JS_UNDEFINED,
    on_thrown: JS_UNDEFINED,
    module: JS_UNDEFINED,
    natives: JS_UNDEFINED,
    shared: JS_UNDEFINED,
    rejected: Vec::new(),
    source: &[],
    codecs: Vec::new(),
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
        js::JS_SetModuleLoaderFunc(runtime, Some(builtin::normalize), Some(builtin::load), ptr::null_mut());
        let cx = js::JS_NewContext(runtime);
        vm().runtime = runtime;
        vm().cx = cx;
        swap_context(JS_UNDEFINED);
        // INVARIANT: `source` outlives this function, whose caller has it; nothing asks for it later.
        vm().source = core::slice::from_raw_parts(source.as_ptr(), source.len());
        if !prelude(cx) {
            return false;
        }
        vm().source = &[];
        // Only now: what the prelude does is known to settle.
        js::JS_SetHostPromiseRejectionTracker(runtime, Some(rejection), ptr::null_mut());
        vm().phase = Phase::Evaluating;
        let ready = module(cx, source);
        vm().phase = Phase::Request;
        // INVARIANT: no request draws its numbers from what the snapshot had.
        vm().chance = None;
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
    (vm().natives, vm().shared) = (natives, shared);
    for (name, text) in PRELUDE {
        unsafe {
            let text = text.0.get();
            let function = builtin::compile(cx, name, &*text);
            // SAFETY: read this once only; a prelude is made once an instance.
            heap::give(text.cast(), text.len());
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
    vm().on_module = value::property(cx, shared, c"handlers");
    vm().on_failure = value::property(cx, shared, c"failure");
    vm().on_thrown = value::property(cx, shared, c"thrown");
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
        let mut arguments = [namespace];
        let names = js::JS_Call(cx, vm().on_module, JS_UNDEFINED, 1, arguments.as_mut_ptr());
        let told = if value::is_exception(names) { None } else { Text::of(cx, names) };
        let Some(names) = told else { return uncaught(cx, failure::UNCAUGHT) };
        if names.bytes().is_empty() {
            fail(failure::SHAPE, shape(cx, namespace), b"");
            return false;
        }
        host::handlers(names.bytes().as_ptr(), names.bytes().len());
        vm().module = namespace;
        true
    }
}

/// Why a module that exports nothing that could answer is no function.
unsafe fn shape(cx: Cx, namespace: JSValue) -> &'static [u8] {
    let handler = value::property(cx, namespace, c"default");
    if unsafe { js::JS_IsUndefined(handler) } {
        b"it has no default export"
    } else if unsafe { js::JS_IsObject(handler) } {
        b"its default export has no method `fetch`, and none for other events (`scheduled`, `queue`)"
    } else {
        b"its default export is no object"
    }
}

// ---------------------------------------------------------------- the request

pub unsafe fn request(list: &[u8]) {
    let cx = vm().cx;
    unsafe { js::JS_UpdateStackTop(vm().runtime) };
    let mut items = crate::pack::Items(list);
    let mut next = || items.next().unwrap_or_default();
    let (name, method, url, body) = (next(), next(), next(), next() == b"1");
    let (caller, config, given) = (next(), next(), next());
    let fields = items.0;
    let mut arguments = [
        vm().module,
        value::string(cx, name),
        value::string(cx, method),
        value::string(cx, url),
        value::bool(body),
        value::string(cx, caller),
        value::string(cx, config),
        value::string(cx, given),
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
        value::free(cx, swap_context(JS_UNDEFINED));
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
        if !jobs(cx) {
            return false;
        }
        forget(cx, promise);
        let Some((rejected, reason)) = vm().rejected.pop() else { return !vm().failed };
        let excused = excused(cx, failure::UNHANDLED, rejected, reason);
        value::free(cx, rejected);
        if !excused {
            tell(cx, failure::UNHANDLED, reason);
            return false;
        }
        // Its listeners may have left jobs behind.
        value::free(cx, reason);
    }
}

/// Runs what there is to run. `false`: something failed, and was told.
fn jobs(cx: Cx) -> bool {
    for count in 1_u32.. {
        // A job that waits again at once takes long, and QuickJS itself asks seldom.
        if count.is_multiple_of(JOBS_BETWEEN) && unsafe { host::spent() } != 0 {
            vm().spent = true;
            spent(cx);
            return false;
        }
        let mut whose = ptr::null_mut();
        match unsafe { js::JS_ExecutePendingJob(vm().runtime, &mut whose) } {
            0 => return true,
            n if n < 0 && !excused_error(cx) => return uncaught(cx, failure::UNCAUGHT),
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
    true
}

/// Puts what belongs to the code that runs in its place, and gives what was there.
pub fn swap_context(next: JSValue) -> JSValue {
    unsafe extern "C" {
        // quickjs.patch
        fn JS_SwapAsyncContext(runtime: *mut js::JSRuntime, context: JSValue) -> JSValue;
    }
    unsafe { JS_SwapAsyncContext(vm().runtime, next) }
}

// ---------------------------------------------------------------- what QuickJS calls

/// Asked now and then by everything that loops. What it ends cannot be caught; it is told where it arrives, with its trace.
unsafe extern "C" fn interrupt(_: *mut js::JSRuntime, _: *mut c_void) -> c_int {
    let spent = unsafe { host::spent() } != 0;
    vm().spent |= spent;
    c_int::from(spent)
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
