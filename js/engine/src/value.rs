//! Short words for QuickJS values. Everything is `unsafe` beneath; what is wrong here harms one instance, which is the guest's own.
use core::{ffi::c_char, ptr};
use std::vec::Vec;

pub use rquickjs_sys::{self as js, JS_EXCEPTION, JS_FALSE, JS_NULL, JS_TRUE, JS_UNDEFINED, JSContext, JSValue};

pub type Cx = *mut JSContext;

/// A string from UTF-8.
pub fn string(cx: Cx, text: &[u8]) -> JSValue {
    unsafe { js::JS_NewStringLen(cx, text.as_ptr().cast(), text.len() as u32) }
}

/// A string from bytes, one character each.
pub fn latin(cx: Cx, bytes: &[u8]) -> JSValue {
    if bytes.is_ascii() {
        return string(cx, bytes);
    }
    let wide: Vec<u16> = bytes.iter().map(|byte| u16::from(*byte)).collect();
    unsafe { js::JS_NewStringUTF16(cx, wide.as_ptr(), wide.len() as u32) }
}

pub fn number(value: f64) -> JSValue {
    js::JS_NewFloat64(value)
}

pub const fn int(value: i32) -> JSValue {
    js::JS_MKVAL(js::JS_TAG_INT, value)
}

pub const fn bool(value: bool) -> JSValue {
    if value { JS_TRUE } else { JS_FALSE }
}

pub fn free(cx: Cx, value: JSValue) {
    unsafe { js::JS_FreeValue(cx, value) }
}

pub fn dup(cx: Cx, value: JSValue) -> JSValue {
    unsafe { js::JS_DupValue(cx, value) }
}

pub fn is_exception(value: JSValue) -> bool {
    unsafe { js::JS_IsException(value) }
}

/// A property by name; the caller frees it.
pub fn property(cx: Cx, object: JSValue, name: &core::ffi::CStr) -> JSValue {
    unsafe { js::JS_GetPropertyStr(cx, object, name.as_ptr()) }
}

/// A `TypeError` with this text, thrown.
pub fn type_error(cx: Cx, text: &core::ffi::CStr) -> JSValue {
    unsafe { js::JS_ThrowTypeError(cx, c"%s".as_ptr(), text.as_ptr()) }
}

/// The bytes of a `Uint8Array`; `None` when it is none. No exception is pending in either case: asked first, because QuickJS
/// throws for everything else, and whoever takes the value for something else would leave that behind for the next who looks.
pub fn bytes<'a>(cx: Cx, value: JSValue) -> Option<&'a mut [u8]> {
    const BYTES: [i32; 2] =
        [js::JSTypedArrayEnum_JS_TYPED_ARRAY_UINT8 as i32, js::JSTypedArrayEnum_JS_TYPED_ARRAY_UINT8C as i32];
    if !BYTES.contains(&unsafe { js::JS_GetTypedArrayType(value) }) {
        return None;
    }
    let mut length = 0;
    let start = unsafe { js::JS_GetUint8Array(cx, &mut length, value) };
    if start.is_null() {
        // Its buffer is empty, or was taken away.
        free(cx, unsafe { js::JS_GetException(cx) });
        return Some(&mut []);
    }
    Some(unsafe { core::slice::from_raw_parts_mut(start, length as usize) })
}

/// As [`bytes`]; `None`: a `TypeError` is pending.
pub fn bytes_or_throw<'a>(cx: Cx, value: JSValue) -> Option<&'a mut [u8]> {
    let bytes = bytes(cx, value);
    if bytes.is_none() {
        type_error(cx, c"not a Uint8Array");
    }
    bytes
}

/// A new `Uint8Array` with these bytes.
pub fn array(cx: Cx, bytes: &[u8]) -> JSValue {
    unsafe { js::JS_NewUint8ArrayCopy(cx, bytes.as_ptr(), bytes.len() as u32) }
}

/// A value as UTF-8 text, freed with it. Lone surrogates become U+FFFD, as the Web's `USVString` wants.
pub struct Text {
    cx: Cx,
    start: *const c_char,
    length: usize,
}

impl Text {
    /// `None`: the value does not turn into text, and an exception is pending.
    pub fn of(cx: Cx, value: JSValue) -> Option<Self> {
        let mut length: u32 = 0;
        let start = unsafe { js::JS_ToCStringLen2(cx, ptr::addr_of_mut!(length), value, false) };
        if start.is_null() {
            return None;
        }
        let text = Self { cx, start, length: length as usize };
        text.repair();
        Some(text)
    }

    /// QuickJS writes a lone surrogate as three bytes, `ED A0..BF xx`; U+FFFD has three bytes too.
    fn repair(&self) {
        let bytes = unsafe { core::slice::from_raw_parts_mut(self.start.cast_mut().cast::<u8>(), self.length) };
        let mut at = 0;
        while at + 2 < bytes.len() {
            if bytes[at] == 0xed && bytes[at + 1] >= 0xa0 {
                bytes[at..at + 3].copy_from_slice("\u{fffd}".as_bytes());
                at += 2;
            }
            at += 1;
        }
    }

    pub fn bytes(&self) -> &[u8] {
        unsafe { core::slice::from_raw_parts(self.start.cast(), self.length) }
    }

    /// One byte a character; `None` when one is above U+00FF.
    pub fn latin(&self) -> Option<Vec<u8>> {
        let text = unsafe { core::str::from_utf8_unchecked(self.bytes()) };
        text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        unsafe { js::JS_FreeCString(self.cx, self.start) }
    }
}
