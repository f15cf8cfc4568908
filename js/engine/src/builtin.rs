//! Code of the platform's that is not in every snapshot: the modules `node:...`, and parts of the Web that few functions use.
//!
//! The host has their source (`crates/serviceful-engine/src/js/builtin.rs`) and gives it when a function asks. Each is a script
//! `(function (host, shared, need) { ...; return exports; })`; what it returns are the names that an `import` finds.
use core::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr,
};
use std::{ffi::CString, vec::Vec};

use rquickjs_sys as js;

use crate::{
    host, room,
    value::{self, Cx, JS_EXCEPTION, JS_UNDEFINED, JSValue, Text},
    vm::vm,
};

/// The source of a built-in; `None`: there is none of this name.
fn source(name: &[u8]) -> Option<Vec<u8>> {
    let length = unsafe { host::builtin(name.as_ptr(), name.len(), ptr::null_mut(), 0) };
    let mut text = room(usize::try_from(length).ok()?);
    unsafe { host::builtin(name.as_ptr(), name.len(), text.as_mut_ptr(), text.len()) };
    Some(text)
}

/// Compiles a script to the function that it is. What would tell its lines is left out: traces show the user's own code.
pub unsafe fn compile(cx: Cx, name: &CStr, text: &[u8]) -> JSValue {
    // JS_Eval wants a byte 0 after the text.
    let mut copy = Vec::with_capacity(text.len() + 1);
    copy.extend_from_slice(text);
    copy.push(0);
    unsafe {
        let flags = js::JS_EVAL_TYPE_GLOBAL | js::JS_EVAL_FLAG_STRICT | js::JS_EVAL_FLAG_COMPILE_ONLY;
        let whole = js::JS_Eval(cx, copy.as_ptr().cast(), text.len() as u32, name.as_ptr(), flags as c_int);
        drop(copy);
        if value::is_exception(whole) {
            return whole;
        }
        let mut length: u32 = 0;
        let flags = js::JS_WRITE_OBJ_BYTECODE | js::JS_WRITE_OBJ_STRIP_SOURCE | js::JS_WRITE_OBJ_STRIP_DEBUG;
        let written = js::JS_WriteObject(cx, &mut length, whole, flags as c_int);
        value::free(cx, whole);
        if written.is_null() {
            return JS_EXCEPTION;
        }
        let bare = js::JS_ReadObject(cx, written, length, js::JS_READ_OBJ_BYTECODE as c_int);
        js::js_free(cx, written.cast());
        if value::is_exception(bare) { bare } else { js::JS_EvalFunction(cx, bare) }
    }
}

/// `(name)`: the function that a built-in's script is; `undefined` when there is none.
pub unsafe extern "C" fn function(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    if count < 1 {
        return JS_UNDEFINED;
    }
    let Some(name) = Text::of(cx, unsafe { *first }) else { return JS_EXCEPTION };
    let (Some(text), Ok(file)) = (source(name.bytes()), CString::new(name.bytes())) else { return JS_UNDEFINED };
    unsafe { compile(cx, &file, &text) }
}

/// What `import` calls a module, as [`load`] gets it: Node's own have their prefix.
pub unsafe extern "C" fn normalize(cx: Cx, _: *const c_char, name: *const c_char, _: *mut c_void) -> *mut c_char {
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let mut whole = Vec::with_capacity(name.len() + 6);
    whole.extend_from_slice(b"node:");
    whole.extend_from_slice(name);
    let known = unsafe { host::builtin(whole.as_ptr(), whole.len(), ptr::null_mut(), 0) } >= 0;
    let name = if known { &whole[..] } else { name };
    unsafe { js::js_strndup(cx, name.as_ptr().cast(), name.len() as u32) }
}

/// Makes a module of a built-in.
pub unsafe extern "C" fn load(cx: Cx, name: *const c_char, _: *mut c_void) -> *mut js::JSModuleDef {
    let text = unsafe { CStr::from_ptr(name) }.to_bytes();
    let exports = if text.starts_with(b"node:") { exports(cx, text) } else { JS_UNDEFINED };
    if value::is_exception(exports) {
        return ptr::null_mut();
    }
    unsafe {
        if js::JS_IsUndefined(exports) {
            js::JS_ThrowReferenceError(
                cx,
                c"cannot import `%s`: it is not part of this bundle, and no built-in module".as_ptr(),
                name,
            );
            return ptr::null_mut();
        }
        let module = js::JS_NewCModule(cx, name, Some(fill));
        if !module.is_null() {
            each(cx, exports, |name, _| {
                js::JS_AddModuleExport(cx, module, name.as_ptr());
            });
            js::JS_SetModulePrivateValue(cx, module, exports);
        }
        module
    }
}

unsafe extern "C" fn fill(cx: Cx, module: *mut js::JSModuleDef) -> c_int {
    unsafe {
        let exports = js::JS_GetModulePrivateValue(cx, module);
        each(cx, exports, |name, item| {
            js::JS_SetModuleExport(cx, module, name.as_ptr(), value::dup(cx, item));
        });
        value::free(cx, exports);
        0
    }
}

/// The exports of a built-in, made once an instance (`shared.need` of the prelude).
fn exports(cx: Cx, name: &[u8]) -> JSValue {
    unsafe {
        let need = value::property(cx, vm().shared, c"need");
        let mut name = [value::string(cx, name)];
        let exports = js::JS_Call(cx, need, JS_UNDEFINED, 1, name.as_mut_ptr());
        value::free(cx, name[0]);
        value::free(cx, need);
        exports
    }
}

unsafe fn each(cx: Cx, object: JSValue, mut visit: impl FnMut(&CStr, JSValue)) {
    unsafe {
        let (mut names, mut count) = (ptr::null_mut(), 0);
        let flags = js::JS_GPN_STRING_MASK | js::JS_GPN_ENUM_ONLY;
        if js::JS_GetOwnPropertyNames(cx, &mut names, &mut count, object, flags as c_int) < 0 {
            return;
        }
        for at in 0..count as usize {
            let atom = (*names.add(at)).atom;
            let name = js::JS_AtomToCStringLen(cx, ptr::null_mut(), atom);
            let item = js::JS_GetProperty(cx, object, atom);
            if !name.is_null() && !value::is_exception(item) {
                visit(CStr::from_ptr(name), item);
            }
            value::free(cx, item);
            js::JS_FreeCString(cx, name);
        }
        js::JS_FreePropertyEnum(cx, names, count);
    }
}
