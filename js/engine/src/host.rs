//! What the platform answers, as imports. `crates/serviceful-engine/src/js/abi.rs` is the other side.
#[link(wasm_import_module = "serviceful")]
unsafe extern "C" {
    /// Answers the request. `fields` is a list (see `pack`); `more`: the body follows in pieces.
    pub fn respond(status: u32, fields: *const u8, fields_len: usize, body: *const u8, body_len: usize, more: u32);
    /// A piece of the response body. 1: wait for the event `DRAINED` before the next.
    pub fn body_write(piece: *const u8, len: usize) -> u32;
    pub fn body_end();
    /// Reads from the request body: bytes read, 0 at its end, -1 when an event `BODY` will say that there is more, -2 broken.
    pub fn body_read(to: *mut u8, len: usize) -> i32;
    pub fn timer_set(id: u32, ms: f64);
    pub fn timer_clear(id: u32);
    /// `level`: 0 debug, 1 info, 2 warning, 3 error. Line and column of the call in the function's file; 0 when unknown.
    pub fn log(level: u32, text: *const u8, len: usize, line: u32, column: u32);
    /// Milliseconds since 1970, and since the request began.
    pub fn now() -> f64;
    pub fn elapsed() -> f64;
    pub fn random(to: *mut u8, len: usize);
    /// The call's CPU time is used up.
    pub fn spent() -> u32;
    /// Text work: `what` names it, `input` is a list. Gives the length of the answer, also a list, of which as much as fits
    /// is at `to`; -1 when there is no answer.
    pub fn text(what: u32, input: *const u8, len: usize, to: *mut u8, room: usize) -> i32;
    /// While the snapshot is made: the exports that can answer a request, one name a line.
    pub fn handlers(names: *const u8, len: usize);
    /// The source of a built-in. Gives its length, of which as much as fits is at `to`; -1 when there is none of this name.
    pub fn builtin(name: *const u8, len: usize, to: *mut u8, room: usize) -> i32;
    /// Cryptography: as `text`, on `input`. A negative answer is a refusal: its kind above 16 bits, the length of its text, which is at `to`.
    #[rustfmt::skip]
    pub fn crypto(what: u32, params: *const u8, params_len: usize, input: *const u8, len: usize, to: *mut u8, room: usize) -> i64;
    /// Whether the caller may do something of the app's own: 1 yes, 0 no; below 0: why there is no answer, a text of so many bytes at `to`.
    #[rustfmt::skip]
    pub fn allowed(action: *const u8, action_len: usize, resource: *const u8, resource_len: usize, to: *mut u8, room: usize) -> i32;
    /// The value of a secret: its length, of which as much as fits is at `to`; -1 not granted, -2 not set, -3 not at the moment.
    pub fn secret(name: *const u8, name_len: usize, to: *mut u8, room: usize) -> i32;
    /// Asks the key-value store: `question` is a list. The event `ANSWER` with this number comes when it is answered.
    pub fn kv_ask(question: *const u8, len: usize) -> u32;
    /// The answer: the length of a list, which is at `to` if it fits; -1 when there is none of this number.
    pub fn kv_take(number: u32, to: *mut u8, room: usize) -> i32;
    /// The call has failed: `message` and `stack` of the error. The host ends it as soon as it gets control.
    pub fn fail(kind: u32, message: *const u8, message_len: usize, stack: *const u8, stack_len: usize);
    /// Something was used that the function is not granted.
    pub fn deny(hatch: *const u8, hatch_len: usize, wanted: *const u8, wanted_len: usize);
}

/// `what` of [`text`], while the snapshot is made: may what the first item names be used by the code whose stack is the second?
/// There is an answer, without a byte, when it may.
pub const EARLY: u32 = 8;

/// `kind` of [`fail`].
pub mod failure {
    /// Thrown and caught by nobody.
    pub const UNCAUGHT: u32 = 0;
    /// Rejected, and handled by nobody.
    pub const UNHANDLED: u32 = 1;
    /// The CPU time is used up.
    pub const SPENT: u32 = 2;
    /// The source cannot be compiled.
    pub const SYNTAX: u32 = 3;
    /// The module is not what is served.
    pub const SHAPE: u32 = 4;
    /// Something was used while the snapshot was made that only a request has; `message` names it.
    pub const TOO_EARLY: u32 = 5;
    // 6, the answer is no `Response`, and 8, more is wanted of the caller, are told by prelude/serve.js.
    /// Handled by somebody at last; only for the function's listeners.
    pub const HANDLED: u32 = 7;
    /// It waits, and nothing is left that it could wait for; the stack says where.
    pub const STUCK: u32 = 9;
}
