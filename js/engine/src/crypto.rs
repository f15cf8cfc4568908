//! The one function behind `crypto.subtle`: the host does the work.
use core::ffi::c_int;
use std::vec::Vec;

use crate::{
    host,
    natives::{arguments, at, number},
    pack::{self, Items},
    room,
    value::{self, Cx, JS_EXCEPTION, JSValue, Text, js},
    vm::vm,
};

/// Operations whose answer is a list: making, reading and writing keys (`GENERATE` of the host's `js/crypto`).
const LISTS: f64 = 6.0;
/// What a refusal's text may have.
const WORDS: usize = 256;
/// Kinds of refusals: the names of their errors.
const REFUSED: [&str; 3] = ["OperationError", "DataError", "NotSupportedError"];

/// `(what, parameters, input, room)`: the answer's bytes, or an array of them; a text `name: message` when it is refused.
pub unsafe extern "C" fn crypto(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let given = unsafe { arguments(count, first) };
    let what = number(cx, at(given, 0));
    let Some(params) = params(cx, at(given, 1)) else { return JS_EXCEPTION };
    let Some(input) = value::bytes_or_throw(cx, at(given, 2)) else { return JS_EXCEPTION };
    let mut to = room((number(cx, at(given, 3)) as usize).max(WORDS));
    let done = unsafe {
        let (input, to) = ((input.as_ptr(), input.len()), (to.as_mut_ptr(), to.len()));
        host::crypto(what as u32, params.as_ptr(), params.len(), input.0, input.1, to.0, to.1)
    };
    if done < 0 {
        let (kind, length) = ((-done >> 16) as usize, (-done & 0xffff) as usize);
        let Some(name) = kind.checked_sub(1).and_then(|kind| REFUSED.get(kind)) else { return spent(cx) };
        let mut text = Vec::from(name.as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(&to[..length.min(to.len())]);
        return value::string(cx, &text);
    }
    let answer = &to[..(done as usize).min(to.len())];
    if what < LISTS { value::array(cx, answer) } else { list(cx, answer) }
}

/// The CPU time is used up: nothing can catch that.
fn spent(cx: Cx) -> JSValue {
    vm().spent = true;
    unsafe {
        js::JS_ThrowInternalError(cx, c"interrupted".as_ptr());
        let error = js::JS_GetException(cx);
        js::JS_SetUncatchableError(cx, error);
        js::JS_Throw(cx, error)
    }
}

/// An array of texts, numbers and `Uint8Array`s as a list.
fn params(cx: Cx, array: JSValue) -> Option<Vec<u8>> {
    let mut length = 0;
    if unsafe { js::JS_GetLength(cx, array, &mut length) } < 0 {
        return None;
    }
    let mut list = Vec::with_capacity(128);
    for index in 0..length {
        let item = unsafe { js::JS_GetPropertyInt64(cx, array, index) };
        let pushed = if unsafe { js::JS_IsObject(item) } {
            value::bytes_or_throw(cx, item).map(|bytes| pack::push(&mut list, bytes))
        } else {
            Text::of(cx, item).map(|text| pack::push(&mut list, text.bytes()))
        };
        value::free(cx, item);
        pushed?;
    }
    Some(list)
}

/// A list as an array of `Uint8Array`s.
pub fn list(cx: Cx, list: &[u8]) -> JSValue {
    let array = unsafe { js::JS_NewArray(cx) };
    for (index, item) in Items(list).enumerate() {
        // Defined, not set: a setter that the user gave arrays must not see keys.
        unsafe {
            js::JS_DefinePropertyValueUint32(cx, array, index as u32, value::array(cx, item), js::JS_PROP_C_W_E as c_int);
        }
    }
    array
}
