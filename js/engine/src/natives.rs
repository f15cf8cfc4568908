//! What the prelude can ask of the engine: one object of functions, which no user code ever sees.
use core::ffi::{CStr, c_int};
use std::vec::Vec;

use rquickjs_sys as js;

use crate::{
    builtin,
    crypto::{self, crypto},
    failures, host,
    pack::{self, Items},
    room,
    value::{self, Cx, JS_EXCEPTION, JS_FALSE, JS_NULL, JS_TRUE, JS_UNDEFINED, JSValue, Text},
    vm::{self, Phase, vm},
    zip::{Codec, Step},
};

type Native = unsafe extern "C" fn(Cx, JSValue, c_int, *mut JSValue) -> JSValue;

const NATIVES: &[(&CStr, c_int, Native)] = &[
    (c"respond", 4, respond),
    (c"bodyWrite", 1, body_write),
    (c"bodyEnd", 0, body_end),
    (c"bodyRead", 0, body_read),
    (c"timerSet", 2, timer_set),
    (c"timerClear", 1, timer_clear),
    (c"log", 3, log),
    (c"now", 0, now),
    (c"elapsed", 0, elapsed),
    (c"random", 1, random),
    (c"chance", 0, chance),
    (c"text", 2, text),
    (c"crypto", 4, crypto),
    (c"utf8", 1, utf8),
    (c"utf8Into", 2, utf8_into),
    (c"fromUtf8", 2, from_utf8),
    (c"fieldName", 1, field_name),
    (c"fieldValue", 1, field_value),
    (c"fields", 1, fields),
    (c"fail", 2, fail),
    (c"deny", 2, deny),
    (c"allowed", 2, allowed),
    (c"secret", 1, secret),
    (c"kvAsk", 1, kv_ask),
    (c"kvTake", 1, kv_take),
    (c"stuck", 1, stuck),
    (c"hold", 1, hold),
    (c"tooEarly", 1, too_early),
    (c"builtin", 1, builtin::function),
    (c"early", 0, early),
    (c"mentions", 1, mentions),
    (c"context", 1, context),
    (c"zipNew", 3, zip_new),
    (c"zipStep", 3, zip_step),
    (c"promiseState", 1, promise_state),
    (c"proxyTarget", 1, proxy_target),
    (c"detach", 1, detach),
];

/// The object that holds all of them.
pub fn object(cx: Cx) -> JSValue {
    unsafe {
        let object = js::JS_NewObject(cx);
        for (name, length, native) in NATIVES {
            let function = js::JS_NewCFunction2(
                cx,
                Some(*native),
                name.as_ptr(),
                *length,
                js::JSCFunctionEnum_JS_CFUNC_generic,
                0,
            );
            js::JS_SetPropertyStr(cx, object, name.as_ptr(), function);
        }
        object
    }
}

pub unsafe fn arguments<'a>(count: c_int, first: *mut JSValue) -> &'a [JSValue] {
    unsafe { core::slice::from_raw_parts(first, usize::try_from(count).unwrap_or(0)) }
}

pub fn at(arguments: &[JSValue], at: usize) -> JSValue {
    arguments.get(at).copied().unwrap_or(JS_UNDEFINED)
}

pub fn number(cx: Cx, value: JSValue) -> f64 {
    let mut number = 0.0;
    unsafe { js::JS_ToFloat64(cx, &mut number, value) };
    number
}

/// A body or a piece of one: text or a `Uint8Array`.
enum Piece<'a> {
    Text(Text),
    Bytes(&'a [u8]),
}

impl Piece<'_> {
    fn of(cx: Cx, value: JSValue) -> Option<Self> {
        if unsafe { js::JS_IsString(value) } {
            return Text::of(cx, value).map(Piece::Text);
        }
        value::bytes_or_throw(cx, value).map(|bytes| Piece::Bytes(bytes))
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Piece::Text(text) => text.bytes(),
            Piece::Bytes(bytes) => bytes,
        }
    }
}

/// `(status, fields, body, more)`: fields as a flat array of names and values.
unsafe extern "C" fn respond(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(fields) = list(cx, at(arguments, 1), true) else { return JS_EXCEPTION };
    let body = at(arguments, 2);
    let body = if unsafe { js::JS_IsUndefined(body) || js::JS_IsNull(body) } {
        Piece::Bytes(&[])
    } else {
        let Some(body) = Piece::of(cx, body) else { return JS_EXCEPTION };
        body
    };
    let (status, more) = (number(cx, at(arguments, 0)) as u32, u32::from(at(arguments, 3) == JS_TRUE));
    let body = body.bytes();
    unsafe { host::respond(status, fields.as_ptr(), fields.len(), body.as_ptr(), body.len(), more) };
    JS_UNDEFINED
}

/// A flat array of strings and of bytes as a list; `latin`: strings have one byte a character.
fn list(cx: Cx, array: JSValue, latin: bool) -> Option<Vec<u8>> {
    let mut length = 0;
    if unsafe { js::JS_GetLength(cx, array, &mut length) } < 0 {
        return None;
    }
    let mut list = Vec::with_capacity(64);
    for index in 0..length {
        let item = unsafe { js::JS_GetPropertyInt64(cx, array, index) };
        if let Some(bytes) = value::bytes(cx, item) {
            pack::push(&mut list, bytes);
            value::free(cx, item);
            continue;
        }
        let text = Text::of(cx, item);
        value::free(cx, item);
        let text = text?;
        if !latin || text.bytes().is_ascii() {
            pack::push(&mut list, text.bytes());
        } else {
            pack::push(&mut list, &text.latin().unwrap_or_default());
        }
    }
    Some(list)
}

/// A list as an array of strings.
fn array(cx: Cx, list: &[u8], latin: bool) -> JSValue {
    let array = unsafe { js::JS_NewArray(cx) };
    for (index, item) in Items(list).enumerate() {
        let item = if latin { value::latin(cx, item) } else { value::string(cx, item) };
        unsafe { js::JS_SetPropertyUint32(cx, array, index as u32, item) };
    }
    array
}

unsafe extern "C" fn body_write(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(piece) = Piece::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    let piece = piece.bytes();
    value::bool(unsafe { host::body_write(piece.as_ptr(), piece.len()) } == 0)
}

unsafe extern "C" fn body_end(_: Cx, _: JSValue, _: c_int, _: *mut JSValue) -> JSValue {
    unsafe { host::body_end() };
    JS_UNDEFINED
}

/// A piece of the request's body; `null` at its end, `undefined` when an event will say that there is more.
unsafe extern "C" fn body_read(cx: Cx, _: JSValue, _: c_int, _: *mut JSValue) -> JSValue {
    let mut piece = room(64 << 10);
    match unsafe { host::body_read(piece.as_mut_ptr(), piece.len()) } {
        0 => JS_NULL,
        -1 => JS_UNDEFINED,
        length if length > 0 => {
            let length = (length as usize).min(piece.len());
            value::array(cx, &piece[..length])
        }
        _ => value::type_error(cx, c"the request's body broke off"),
    }
}

unsafe extern "C" fn timer_set(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    unsafe { host::timer_set(number(cx, at(arguments, 0)) as u32, number(cx, at(arguments, 1))) };
    JS_UNDEFINED
}

unsafe extern "C" fn timer_clear(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    unsafe { host::timer_clear(number(cx, at(arguments, 0)) as u32) };
    JS_UNDEFINED
}

/// `(level, text, stack)`: the place is the caller's, or where `stack` begins when there is one.
unsafe extern "C" fn log(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(text) = Text::of(cx, at(arguments, 1)) else { return JS_EXCEPTION };
    let (line, column) = match at(arguments, 2) {
        stack if unsafe { js::JS_IsString(stack) } => {
            let Some(stack) = Text::of(cx, stack) else { return JS_EXCEPTION };
            failures::place_in(stack.bytes())
        }
        _ => failures::place(cx),
    };
    let text = text.bytes();
    unsafe { host::log(number(cx, at(arguments, 0)) as u32, text.as_ptr(), text.len(), line, column) };
    JS_UNDEFINED
}

unsafe extern "C" fn now(cx: Cx, _: JSValue, _: c_int, _: *mut JSValue) -> JSValue {
    if failures::too_early(cx, b"the clock") {
        return value::int(0);
    }
    value::number(unsafe { host::now() })
}

unsafe extern "C" fn elapsed(cx: Cx, _: JSValue, _: c_int, _: *mut JSValue) -> JSValue {
    if failures::too_early(cx, b"the clock") {
        return value::int(0);
    }
    value::number(unsafe { host::elapsed() })
}

/// Fills a `Uint8Array`.
unsafe extern "C" fn random(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(bytes) = value::bytes_or_throw(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    if !failures::too_early(cx, b"randomness") {
        unsafe { host::random(bytes.as_mut_ptr(), bytes.len()) };
    }
    JS_UNDEFINED
}

/// `Math.random`: xorshift128+, seeded by the host for each request. A package that is let pass while it is loaded gets numbers
/// that its source alone decides; `evaluate` forgets them.
unsafe extern "C" fn chance(cx: Cx, _: JSValue, _: c_int, _: *mut JSValue) -> JSValue {
    let early = failures::too_early(cx, b"chance");
    let state = vm().chance.get_or_insert_with(|| {
        let mut seed = [vm().seed; 2];
        if !early {
            unsafe { host::random(seed.as_mut_ptr().cast(), 16) };
        }
        // All zeros would stay zeros.
        seed[0] |= 1;
        seed
    });
    let [mut a, b] = *state;
    a ^= a << 23;
    let next = a ^ b ^ (a >> 18) ^ (b >> 5);
    *state = [b, next];
    value::number((next.wrapping_add(b) >> 11) as f64 / (1_u64 << 53) as f64)
}

/// `(what, strings)`: text work of the host. An array of strings, or `undefined`.
unsafe extern "C" fn text(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(input) = list(cx, at(arguments, 1), false) else { return JS_EXCEPTION };
    let what = number(cx, at(arguments, 0)) as u32;
    let mut answer = room(input.len() * 2 + 256);
    loop {
        let length = unsafe { host::text(what, input.as_ptr(), input.len(), answer.as_mut_ptr(), answer.len()) };
        let Ok(length) = usize::try_from(length) else { return JS_UNDEFINED };
        if let Some(answer) = answer.get(..length) {
            return array(cx, answer, false);
        }
        answer = room(length);
    }
}

unsafe extern "C" fn utf8(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    match Text::of(cx, at(arguments, 0)) {
        Some(text) => value::array(cx, text.bytes()),
        None => JS_EXCEPTION,
    }
}

/// `(text, to)`: writes what fits of whole characters; gives bytes written and UTF-16 units read.
unsafe extern "C" fn utf8_into(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(text) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    let Some(to) = value::bytes_or_throw(cx, at(arguments, 1)) else { return JS_EXCEPTION };
    let whole = unsafe { core::str::from_utf8_unchecked(text.bytes()) };
    let mut end = whole.len().min(to.len());
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    to[..end].copy_from_slice(&whole.as_bytes()[..end]);
    let read: usize = whole[..end].chars().map(char::len_utf16).sum();
    let mut pair = Vec::new();
    for number in [read, end] {
        pair.push(value::int(number as i32));
    }
    let array = unsafe { js::JS_NewArray(cx) };
    for (index, item) in pair.into_iter().enumerate() {
        unsafe { js::JS_SetPropertyUint32(cx, array, index as u32, item) };
    }
    array
}

/// `(bytes, fatal)`: text, with U+FFFD for what is wrong; `undefined` when something is wrong and `fatal`.
unsafe extern "C" fn from_utf8(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(bytes) = value::bytes_or_throw(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    match core::str::from_utf8(bytes) {
        Ok(_) => value::string(cx, bytes),
        Err(_) if at(arguments, 1) == JS_TRUE => JS_UNDEFINED,
        Err(_) => {
            let mut text = std::string::String::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                if !chunk.invalid().is_empty() {
                    text.push('\u{fffd}');
                }
            }
            value::string(cx, text.as_bytes())
        }
    }
}

const fn is_token(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
    ) || byte.is_ascii_alphanumeric()
}

/// A header field's name in lower case; `undefined` when it is none.
unsafe extern "C" fn field_name(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(text) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    let name = text.bytes();
    if name.is_empty() || !name.iter().copied().all(is_token) {
        return JS_UNDEFINED;
    }
    if name.iter().any(u8::is_ascii_uppercase) {
        return value::string(cx, &name.to_ascii_lowercase());
    }
    if unsafe { js::JS_IsString(at(arguments, 0)) } {
        value::dup(cx, at(arguments, 0))
    } else {
        value::string(cx, name)
    }
}

/// A header field's value without the white space around it; `undefined` when it is none.
unsafe extern "C" fn field_value(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(text) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    let white = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let whole = unsafe { core::str::from_utf8_unchecked(text.bytes()) };
    let value = whole.trim_matches(white);
    if value.chars().any(|c| matches!(c, '\0' | '\r' | '\n') || u32::from(c) > 0xff) {
        return JS_UNDEFINED;
    }
    if value.len() == whole.len() && unsafe { js::JS_IsString(at(arguments, 0)) } {
        return value::dup(cx, at(arguments, 0));
    }
    value::string(cx, value.as_bytes())
}

/// The packed fields of a request, one character a byte, as a flat array of names and values.
unsafe extern "C" fn fields(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(text) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    match text.latin() {
        Some(packed) => array(cx, &packed, true),
        None => JS_UNDEFINED,
    }
}

/// `(kind, error)`
unsafe extern "C" fn fail(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let kind = number(cx, at(arguments, 0)) as u32;
    failures::tell(cx, kind, value::dup(cx, at(arguments, 1)));
    JS_UNDEFINED
}

unsafe extern "C" fn deny(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(hatch) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    let Some(wanted) = Text::of(cx, at(arguments, 1)) else { return JS_EXCEPTION };
    let (hatch, wanted) = (hatch.bytes(), wanted.bytes());
    unsafe { host::deny(hatch.as_ptr(), hatch.len(), wanted.as_ptr(), wanted.len()) };
    JS_UNDEFINED
}

/// `(action, resource)`: whether the caller may, or a text why there is no answer.
unsafe extern "C" fn allowed(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    const WORDS: usize = 2_048;
    let arguments = unsafe { arguments(count, first) };
    let Some(action) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    let Some(resource) = Text::of(cx, at(arguments, 1)) else { return JS_EXCEPTION };
    let (action, resource) = (action.bytes(), resource.bytes());
    let mut to = room(WORDS);
    let answer = unsafe {
        let (action, resource) = ((action.as_ptr(), action.len()), (resource.as_ptr(), resource.len()));
        host::allowed(action.0, action.1, resource.0, resource.1, to.as_mut_ptr(), to.len())
    };
    match usize::try_from(answer) {
        Ok(allowed) => value::bool(allowed == 1),
        Err(_) => value::string(cx, &to[..(answer.unsigned_abs() as usize).min(WORDS)]),
    }
}

/// `(name)`: the value of a secret, or a negative number that says why there is none.
unsafe extern "C" fn secret(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    if failures::too_early(cx, b"a secret") {
        return value::int(-3);
    }
    let Some(name) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    let name = name.bytes();
    let mut to = room(1 << 10);
    loop {
        let length = unsafe { host::secret(name.as_ptr(), name.len(), to.as_mut_ptr(), to.len()) };
        let Ok(length) = usize::try_from(length) else { return value::int(length) };
        if let Some(found) = to.get(..length) {
            return value::string(cx, found);
        }
        to = room(length);
    }
}

/// `(items)`: asks the key-value store; the number of the answer.
unsafe extern "C" fn kv_ask(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    if failures::too_early(cx, b"the key-value store") {
        return value::int(0);
    }
    let Some(question) = list(cx, at(arguments, 0), false) else { return JS_EXCEPTION };
    value::number(f64::from(unsafe { host::kv_ask(question.as_ptr(), question.len()) }))
}

/// `(number)`: the answer as an array of `Uint8Array`s; `undefined` when there is none.
unsafe extern "C" fn kv_take(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let number = number(cx, at(arguments, 0)) as u32;
    let mut to = room(4 << 10);
    loop {
        let length = unsafe { host::kv_take(number, to.as_mut_ptr(), to.len()) };
        let Ok(length) = usize::try_from(length) else { return JS_UNDEFINED };
        if let Some(answer) = to.get(..length) {
            return crypto::list(cx, answer);
        }
        to = room(length);
    }
}

/// `(stack)`: of the handler.
unsafe extern "C" fn stuck(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(handler) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    failures::stuck(cx, handler.bytes());
    JS_UNDEFINED
}

/// `true`: one more promise that the request waits for; `false`: one less.
unsafe extern "C" fn hold(_: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let held = &mut vm().held;
    *held = if at(arguments, 0) == JS_TRUE { held.saturating_add(1) } else { held.saturating_sub(1) };
    JS_UNDEFINED
}

/// `(what)`: whether the module is still being evaluated; the use is told if it is.
unsafe extern "C" fn too_early(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    if vm().phase == Phase::Request {
        return JS_FALSE;
    }
    let arguments = unsafe { arguments(count, first) };
    let Some(what) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    value::bool(failures::too_early(cx, what.bytes()))
}

/// Whether the module is still being evaluated.
unsafe extern "C" fn early(_: Cx, _: JSValue, _: c_int, _: *mut JSValue) -> JSValue {
    value::bool(vm().phase != Phase::Request)
}

/// `(word)`: whether the source that is about to be evaluated has this word in it.
unsafe extern "C" fn mentions(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let Some(word) = Text::of(cx, at(arguments, 0)) else { return JS_EXCEPTION };
    let word = word.bytes();
    value::bool(!word.is_empty() && vm().source.windows(word.len()).any(|window| window == word))
}

/// Gives what belongs to the code that runs, and puts the argument in its place when there is one. Jobs get it back (`quickjs.patch`).
unsafe extern "C" fn context(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    match unsafe { arguments(count, first) } {
        [] => {
            let present = vm::swap_context(JS_UNDEFINED);
            vm::swap_context(value::dup(cx, present));
            present
        }
        [next, ..] => vm::swap_context(value::dup(cx, *next)),
    }
}

/// `(format, pack, level)`: the number of a new codec.
unsafe extern "C" fn zip_new(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let (format, level) = (number(cx, at(arguments, 0)) as u32, number(cx, at(arguments, 2)) as u32);
    let codec = Codec::new(format, at(arguments, 1) == JS_TRUE, level);
    let codecs = &mut vm().codecs;
    // The place of one that has ended, so that many short ones take no more room than one.
    let free = codecs.iter().position(Option::is_none).unwrap_or_else(|| {
        codecs.push(None);
        codecs.len() - 1
    });
    codecs[free] = Some(codec);
    value::int(free as i32)
}

/// `(codec, bytes, last)`: a piece; `undefined` when it needs more, `null` at the end. The codec is gone then, as after an error.
unsafe extern "C" fn zip_step(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    let slot = number(cx, at(arguments, 0)) as usize;
    let Some(codec) = vm().codecs.get_mut(slot).and_then(Option::as_mut) else {
        return value::type_error(cx, c"the stream has ended");
    };
    if let Some(bytes) = value::bytes(cx, at(arguments, 1)) {
        codec.feed(bytes);
    }
    let step = codec.step(at(arguments, 2) == JS_TRUE);
    match step {
        Ok(Step::Piece(piece)) => return value::array(cx, &piece),
        Ok(Step::Hungry) => return JS_UNDEFINED,
        Ok(Step::End) | Err(_) => vm().codecs[slot] = None,
    }
    step.map_or_else(|what| value::type_error(cx, what), |_| JS_NULL)
}

/// 0 pending, 1 fulfilled, 2 rejected.
unsafe extern "C" fn promise_state(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    value::int(unsafe { js::JS_PromiseState(cx, at(arguments, 0)) } as i32)
}

/// Whether it is a proxy: looking into one would run its code.
unsafe extern "C" fn proxy_target(_: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    value::bool(unsafe { js::JS_IsProxy(at(arguments, 0)) })
}

/// `(buffer)`: takes an `ArrayBuffer` away from its views.
unsafe extern "C" fn detach(cx: Cx, _: JSValue, count: c_int, first: *mut JSValue) -> JSValue {
    let arguments = unsafe { arguments(count, first) };
    unsafe { js::JS_DetachArrayBuffer(cx, at(arguments, 0)) };
    JS_UNDEFINED
}
