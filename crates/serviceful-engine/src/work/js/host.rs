//! What the engine imports: `js/engine/src/host.rs` is the other side.
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt as _;
use rustix::time::{ClockId, clock_gettime};
use wasmtime::{Caller, Engine, Error, Linker, Memory, Result, Trap};
use wire::work::LogStream;

use super::{
    answer::{Outgoing, Streamed, Whole},
    asks,
    crypto::{self, Places},
    guest::{Answer, Guest, Read},
};
use crate::{
    clock::monotonic_ns,
    js::{
        abi::{HOST, Kind, Told},
        builtin::source,
        list::Items,
        text, wasi,
    },
    work::{guest::is_forbidden, logs::harmless},
};

/// Longest line of the log.
const LINE_BYTES: usize = 4 << 10;
/// Longest message and stack that are kept.
const TOLD_BYTES: usize = 16 << 10;
/// A guest that ignores what it was told to wait for is broken.
const UNSENT_BYTES: usize = 8 << 20;
/// Most header fields of a response.
const FIELDS_MAX: usize = 1_000;
/// Most random bytes at once.
const RANDOM_BYTES: u32 = 64 << 10;

type Host<'a> = Caller<'a, Guest>;

/// Everything that the engine may import but its memory.
pub(super) fn linker(engine: &Engine) -> Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasi::add_to_linker(&mut linker)?;
    linker.func_wrap(HOST, "respond", respond)?;
    linker.func_wrap(HOST, "body_write", body_write)?;
    linker.func_wrap(HOST, "body_end", body_end)?;
    linker.func_wrap(HOST, "body_read", body_read)?;
    linker.func_wrap(HOST, "timer_set", timer_set)?;
    linker.func_wrap(HOST, "timer_clear", |mut host: Host<'_>, id: u32| host.data_mut().timers.clear(id))?;
    linker.func_wrap(HOST, "log", log)?;
    linker.func_wrap(HOST, "now", || milliseconds(ClockId::Realtime))?;
    linker.func_wrap(HOST, "elapsed", |host: Host<'_>| {
        // Whole microseconds: finer is of use to none but who measures the machine.
        (monotonic_ns().saturating_sub(host.data().began_ns) / 1_000) as f64 / 1_000.0
    })?;
    linker.func_wrap(HOST, "random", random)?;
    linker.func_wrap(HOST, "spent", |host: Host<'_>| u32::from(host.data().spent))?;
    linker.func_wrap(HOST, "text", text)?;
    linker.func_wrap(HOST, "handlers", |_: Host<'_>, _: u32, _: u32| -> Result<()> {
        Err(Error::msg("only a snapshot tells its handlers"))
    })?;
    linker.func_wrap(HOST, "builtin", builtin)?;
    linker.func_wrap_async(
        HOST,
        "crypto",
        |host: Host<'_>,
         (what, params, params_len, input, input_len, to, room): (u32, u32, u32, u32, u32, u32, u32)| {
            let places = Places { params: (params, params_len), input: (input, input_len), to: (to, room) };
            Box::new(crypto::answer(host, what, places))
        },
    )?;
    linker.func_wrap_async(
        HOST,
        "allowed",
        |host: Host<'_>, (action, action_len, resource, resource_len, to, room): (u32, u32, u32, u32, u32, u32)| {
            Box::new(asks::allowed(host, (action, action_len), (resource, resource_len), (to, room)))
        },
    )?;
    linker.func_wrap_async(HOST, "secret", |host: Host<'_>, (name, name_len, to, room): (u32, u32, u32, u32)| {
        Box::new(asks::secret(host, (name, name_len), (to, room)))
    })?;
    linker.func_wrap(HOST, "kv_ask", asks::ask)?;
    linker.func_wrap(HOST, "kv_take", asks::take)?;
    linker.func_wrap(HOST, "fail", fail)?;
    linker.func_wrap(HOST, "deny", deny)?;
    Ok(linker)
}

fn milliseconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1_000.0 + (time.tv_nsec / 1_000_000) as f64
}

pub(super) fn memory(host: &Host<'_>) -> Result<Memory> {
    host.data().memory.ok_or_else(|| Error::msg("there is no memory yet"))
}

pub(super) fn bytes<'a>(host: &'a Host<'_>, at: u32, length: u32) -> Result<&'a [u8]> {
    let memory = memory(host)?.data(host);
    memory.get(at as usize..(at as usize).saturating_add(length as usize)).ok_or_else(|| Trap::MemoryOutOfBounds.into())
}

pub(super) fn string(host: &Host<'_>, at: u32, length: u32, max: usize) -> Result<String> {
    let bytes = bytes(host, at, length)?;
    Ok(String::from_utf8_lossy(bytes.get(..max).unwrap_or(bytes)).into_owned())
}

fn respond(
    mut host: Host<'_>,
    status: u32,
    fields: u32,
    fields_len: u32,
    body: u32,
    body_len: u32,
    more: u32,
) -> Result<()> {
    if !matches!(host.data().answer, Answer::Awaited) {
        return Err(Error::msg("the function answered twice"));
    }
    let headers = headers(bytes(&host, fields, fields_len)?);
    let max = host.data().call.limits.response_kib << 10;
    // Looked at before it is copied.
    if u64::from(body_len) > max {
        let reason = format!("its response is larger than {} KiB", max >> 10);
        host.data().call.reach("response_kib", reason);
        return Err(Error::msg("the response is too large"));
    }
    let (next, body) = if more == 0 {
        let bytes = Bytes::copy_from_slice(bytes(&host, body, body_len)?);
        (Answer::Complete, Whole((!bytes.is_empty()).then_some(bytes)).boxed_unsync())
    } else {
        let outgoing = Arc::new(Outgoing::default());
        (Answer::Streaming(outgoing.clone()), Streamed(outgoing).boxed_unsync())
    };
    let mut response = http::Response::new(body);
    *response.status_mut() = u16::try_from(status)
        .ok()
        .and_then(|status| http::StatusCode::from_u16(status).ok())
        .ok_or_else(|| Error::msg("the response has no valid status"))?;
    *response.headers_mut() = headers;
    let guest = host.data_mut();
    guest.answer = next;
    guest.call.answer(Ok(response));
    Ok(())
}

/// The engine checks names and values; what is not HTTP is left out here, as well as what belongs to the platform.
fn headers(list: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    let mut items = Items(list);
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) else { continue };
        if !is_forbidden(&name) && map.len() < FIELDS_MAX {
            map.append(name, value);
        }
    }
    map
}

fn body_write(host: Host<'_>, at: u32, length: u32) -> Result<u32> {
    let piece = Bytes::copy_from_slice(bytes(&host, at, length)?);
    let Answer::Streaming(outgoing) = &host.data().answer else {
        return Err(Error::msg("a piece of a response came before its head"));
    };
    if outgoing.waiting().saturating_add(piece.len()) > UNSENT_BYTES.max(piece.len()) {
        return Err(Error::msg("the function does not wait for its response to be sent"));
    }
    // One large piece is as much as the limit of the whole.
    let max = host.data().call.limits.response_kib << 10;
    if piece.len() as u64 > max {
        host.data().call.reach("response_kib", format!("its response is larger than {} KiB", max >> 10));
        return Err(Error::msg("the response is too large"));
    }
    Ok(u32::from(!outgoing.write(piece)))
}

fn body_end(mut host: Host<'_>) {
    let guest = host.data_mut();
    if let Answer::Streaming(outgoing) = std::mem::replace(&mut guest.answer, Answer::Complete) {
        outgoing.end();
    }
}

fn body_read(mut host: Host<'_>, to: u32, room: u32) -> Result<i32> {
    let memory = memory(&host)?;
    Ok(match host.data_mut().incoming.read(room as usize) {
        None => -1,
        Some(Read::End) => 0,
        Some(Read::Broken) => -2,
        Some(Read::Piece(piece)) => {
            memory.write(&mut host, to as usize, &piece)?;
            i32::try_from(piece.len()).unwrap_or(-2)
        }
    })
}

fn timer_set(mut host: Host<'_>, id: u32, ms: f64) -> Result<()> {
    let guest = host.data_mut();
    let max = guest.call.limits.resources;
    if guest.timers.len() as u64 >= max {
        guest.call.reach("resources", format!("it held more than {max} timers"));
        return Err(Error::msg("too many timers"));
    }
    guest.timers.set(id, ms);
    Ok(())
}

fn log(host: Host<'_>, level: u32, at: u32, length: u32, line: u32, column: u32) -> Result<()> {
    let place = (line > 0).then(|| host.data().places.of(line, column).to_string());
    let stream = if level >= 2 { LogStream::Stderr } else { LogStream::Stdout };
    let text = bytes(&host, at, length)?;
    let call = &host.data().call;
    // Before it is cut into lines: a value may have several.
    let text = call.redacted(text);
    for line in text.split(|byte| *byte == b'\n') {
        if line.is_empty() {
            call.log_at(stream, String::new(), place.clone());
        }
        for part in host.data().places.renamed(line).chunks(LINE_BYTES) {
            call.log_at(stream, harmless(part), place.clone());
        }
    }
    Ok(())
}

fn random(mut host: Host<'_>, to: u32, length: u32) -> Result<()> {
    if length > RANDOM_BYTES {
        return Err(Error::msg("more randomness was asked for than is given at once"));
    }
    let memory = memory(&host)?;
    let range = to as usize..(to as usize).saturating_add(length as usize);
    let to = memory.data_mut(&mut host).get_mut(range).ok_or(Trap::MemoryOutOfBounds)?;
    // The kernel's own: a generator of ours would be seeded once a thread, for some 30 ms, and be one more state to share.
    getrandom::fill(to).map_err(|_| Error::msg("the system gives no randomness"))
}

fn text(mut host: Host<'_>, what: u32, at: u32, length: u32, to: u32, room: u32) -> Result<i32> {
    let Some(answer) = text::answer(what, bytes(&host, at, length)?) else { return Ok(-1) };
    let memory = memory(&host)?;
    let fits = answer.len().min(room as usize);
    memory.write(&mut host, to as usize, answer.get(..fits).unwrap_or_default())?;
    Ok(i32::try_from(answer.len()).unwrap_or(-1))
}

fn builtin(mut host: Host<'_>, at: u32, length: u32, to: u32, room: u32) -> Result<i32> {
    let Some(text) = str::from_utf8(bytes(&host, at, length)?).ok().and_then(source) else { return Ok(-1) };
    let memory = memory(&host)?;
    let fits = text.len().min(room as usize);
    memory.write(&mut host, to as usize, text.as_bytes().get(..fits).unwrap_or_default())?;
    Ok(i32::try_from(text.len()).unwrap_or(-1))
}

fn fail(mut host: Host<'_>, kind: u32, message: u32, message_len: u32, stack: u32, stack_len: u32) -> Result<()> {
    let told = Told {
        kind: Kind::of(kind),
        message: string(&host, message, message_len, TOLD_BYTES)?,
        stack: string(&host, stack, stack_len, TOLD_BYTES)?,
    };
    host.data_mut().told.get_or_insert(told);
    Ok(())
}

fn deny(host: Host<'_>, hatch: u32, hatch_len: u32, wanted: u32, wanted_len: u32) -> Result<()> {
    let (hatch, wanted) = (string(&host, hatch, hatch_len, 64)?, string(&host, wanted, wanted_len, 800)?);
    host.data().call.deny(&harmless(hatch.as_bytes()), &harmless(wanted.as_bytes()));
    Ok(())
}
