//! Evaluates a module in a fresh instance of the engine and takes the memory that is left.
use std::collections::BTreeSet;

use rustix::time::{ClockId, clock_gettime};
use types::CompileLimits;
use wasmtime::{
    Caller, Engine, Instance, Linker, Memory, MemoryType, Module, Store, StoreLimits, StoreLimitsBuilder, Trap, Val,
};
use wire::compile::{Failed, Output};

use crate::{
    js::{
        abi::{self, Kind, Told},
        builtin,
        crypto::{self, Refusal},
        hint::hint,
        list::Items,
        map::{self, Map},
        place,
        split::{Split, global},
        text, wasi,
    },
    seal::sha256,
    snapshot::early,
    work::harmless,
};

/// Most memory that evaluating may take: far more than a snapshot may have, since what is dead is not kept.
const MEMORY_BYTES_MAX: usize = 256 << 20;
/// Most lines, and bytes of one, that are kept of what the source writes to its console.
const LINES_MAX: usize = 200;
const LINE_BYTES_MAX: usize = 1_000;
/// Most exports that are told; a manifest has fewer functions.
const HANDLERS_MAX: usize = 1_000;
/// Told a little early, so that the answer can name the place.
const MARGIN_NS: u64 = 300_000_000;

/// What is left of an evaluation.
pub(crate) struct Evaluated {
    pub(crate) memory: Vec<u8>,
    pub(crate) output: Output,
    /// Exports that can answer a request.
    pub(crate) handlers: Vec<String>,
}

/// The store's data.
struct Guest {
    memory: Option<Memory>,
    limits: StoreLimits,
    cpu_ns: u64,
    output: Output,
    handlers: Vec<String>,
    told: Option<Told>,
    map: Option<Map>,
    /// What was told of packages that were let pass.
    early: BTreeSet<String>,
}

impl Guest {
    /// Whether `what` may be used by the code with this stack: see [`early`]. Told once a package.
    fn lets_pass(&mut self, list: &[u8]) -> bool {
        let mut items = Items(list).map(String::from_utf8_lossy);
        let (what, stack) = (items.next().unwrap_or_default(), items.next().unwrap_or_default());
        let Some(package) = early::package_that_loads(&what, &stack, self.map.as_ref()) else { return false };
        let told = early::told(&package, &what);
        if self.early.len() < LINES_MAX && self.early.insert(told.clone()) {
            self.write(&told);
        }
        true
    }

    fn write(&mut self, text: &str) {
        for line in text.split('\n') {
            if self.output.0.len() >= LINES_MAX {
                return;
            }
            let line = line.get(..line.floor_char_boundary(LINE_BYTES_MAX)).unwrap_or(line);
            self.output.0.push(harmless(line.as_bytes()));
        }
    }
}

/// Evaluates `source`, which may end in its map. The same source gives the same memory: no clock, no chance, nothing of this machine comes in.
pub(crate) fn evaluate(
    engine: &Engine,
    code: &Module,
    split: &Split,
    source: &[u8],
    limits: &CompileLimits,
) -> Result<Evaluated, Failed> {
    let cpu_ns = limits.compile_cpu_s.saturating_mul(1_000_000_000).saturating_sub(MARGIN_NS);
    let guest = Guest {
        memory: None,
        limits: StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).build(),
        cpu_ns,
        output: Output::default(),
        handlers: Vec::new(),
        told: None,
        map: Map::of(source),
        early: BTreeSet::new(),
    };
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| &mut guest.limits);
    // The job's watch ends what takes too long; nothing else waits for this process.
    store.set_epoch_deadline(u64::MAX / 2);
    let (module, _) = map::cut(source);
    let result = run(&mut store, engine, code, split, module);
    match (store.into_data(), result) {
        (Guest { told: Some(told), map, .. }, _) => Err(failed(&told, map.as_ref(), source, limits)),
        (Guest { output, handlers, .. }, Ok(memory)) => Ok(Evaluated { memory, output, handlers }),
        (_, Err(error)) => Err(broken(&error)),
    }
}

fn run(
    store: &mut Store<Guest>,
    engine: &Engine,
    code: &Module,
    split: &Split,
    source: &[u8],
) -> wasmtime::Result<Vec<u8>> {
    let pages = u32::try_from(split.pages).unwrap_or(u32::MAX);
    let memory = Memory::new(&mut *store, MemoryType::new(pages, None))?;
    for (at, data) in &split.data {
        memory.write(&mut *store, *at as usize, data)?;
    }
    store.data_mut().memory = Some(memory);
    let mut linker = linker(engine)?;
    linker.define(&mut *store, abi::MEMORY.0, abi::MEMORY.1, memory)?;
    // What only a request has is asked for by none before: the engine sees to it, and this stands behind it.
    linker.define_unknown_imports_as_traps(code)?;
    let instance = linker.instantiate(&mut *store, code)?;
    let before = globals(store, &instance, split)?;

    let length = u32::try_from(source.len())?;
    let at = instance.get_typed_func::<u32, u32>(&mut *store, "input")?.call(&mut *store, length)?;
    if at == 0 {
        return Err(wasmtime::Error::msg("there is no memory for the source"));
    }
    memory.write(&mut *store, at as usize, source)?;
    let mut seed = [0; 8];
    for (to, from) in seed.iter_mut().zip(sha256(source).as_bytes()) {
        *to = *from;
    }
    let evaluate = instance.get_typed_func::<(u32, u32, u64), u32>(&mut *store, "evaluate")?;
    if evaluate.call(&mut *store, (at, length, u64::from_le_bytes(seed)))? != 0 {
        return Err(wasmtime::Error::msg("the engine gave up without a word"));
    }
    // INVARIANT: the whole state is in the memory. A request's instance begins with the globals as the code defines them.
    let after = globals(store, &instance, split)?;
    if before != after {
        return Err(wasmtime::Error::msg("the engine's globals are not what they were at the start"));
    }
    let mut image = memory.data(&*store).to_vec();
    // Below the stack's start nothing lives any more.
    if let Some(Val::I32(top)) = instance.get_global(&mut *store, &global(0)).map(|global| global.get(&mut *store)) {
        let top = usize::try_from(top).unwrap_or(0).min(image.len());
        if let Some(stack) = image.get_mut(..top) {
            stack.fill(0);
        }
    }
    Ok(image)
}

fn globals(store: &mut Store<Guest>, instance: &Instance, split: &Split) -> wasmtime::Result<Vec<String>> {
    let mut values = Vec::new();
    for at in 0..split.globals {
        let value = instance.get_global(&mut *store, &global(at)).map(|global| global.get(&mut *store));
        values.push(format!("{:?}", value.ok_or_else(|| wasmtime::Error::msg("a global is missing"))?));
    }
    Ok(values)
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    wasi::add_to_linker(&mut linker)?;
    linker.func_wrap(abi::HOST, "spent", |caller: Caller<'_, Guest>| u32::from(is_spent(&caller)))?;
    linker.func_wrap(
        abi::HOST,
        "log",
        |mut caller: Caller<'_, Guest>, _: u32, at: u32, length: u32, _: u32, _: u32| {
            let text = string(&caller, at, length)?;
            caller.data_mut().write(&text);
            wasmtime::Result::Ok(())
        },
    )?;
    linker.func_wrap(abi::HOST, "handlers", |mut caller: Caller<'_, Guest>, at: u32, length: u32| {
        let names = string(&caller, at, length)?;
        caller.data_mut().handlers = names.lines().take(HANDLERS_MAX).map(str::to_owned).collect();
        wasmtime::Result::Ok(())
    })?;
    linker.func_wrap(
        abi::HOST,
        "fail",
        |mut caller: Caller<'_, Guest>, kind: u32, message: u32, message_len: u32, stack: u32, stack_len: u32| {
            let told = Told {
                kind: Kind::of(kind),
                message: string(&caller, message, message_len)?,
                stack: string(&caller, stack, stack_len)?,
            };
            caller.data_mut().told.get_or_insert(told);
            wasmtime::Result::Ok(())
        },
    )?;
    linker.func_wrap(
        abi::HOST,
        "text",
        |mut caller: Caller<'_, Guest>, what: u32, at: u32, length: u32, to: u32, room: u32| {
            if what == abi::EARLY {
                let list = bytes(&caller, at, length)?.to_vec();
                return Ok(if caller.data_mut().lets_pass(&list) { 0 } else { -1 });
            }
            let Some(answer) = text::answer(what, bytes(&caller, at, length)?) else { return Ok(-1) };
            let memory = memory(&caller)?;
            let fits = answer.len().min(room as usize);
            memory.write(&mut caller, to as usize, answer.get(..fits).unwrap_or_default())?;
            wasmtime::Result::Ok(i32::try_from(answer.len()).unwrap_or(-1))
        },
    )?;
    linker.func_wrap(
        abi::HOST,
        "builtin",
        |mut caller: Caller<'_, Guest>, at: u32, length: u32, to: u32, room: u32| {
            let name = str::from_utf8(bytes(&caller, at, length)?).ok();
            let Some(text) = name.and_then(builtin::source) else { return Ok(-1) };
            let memory = memory(&caller)?;
            let fits = text.len().min(room as usize);
            memory.write(&mut caller, to as usize, text.as_bytes().get(..fits).unwrap_or_default())?;
            wasmtime::Result::Ok(i32::try_from(text.len()).unwrap_or(-1))
        },
    )?;
    linker.func_wrap(abi::HOST, "crypto", cryptography)?;
    // Nobody is given the way to ask before there is a caller.
    linker.func_wrap(
        abi::HOST,
        "allowed",
        |_: Caller<'_, Guest>, _: u32, _: u32, _: u32, _: u32, _: u32, _: u32| -> wasmtime::Result<i32> {
            Err(wasmtime::Error::msg("only a request has a caller"))
        },
    )?;
    Ok(linker)
}

/// As in a request, but for what needs chance: the engine refuses that with its place, and this stands behind it.
#[expect(clippy::too_many_arguments, reason = "the words of an import")]
fn cryptography(
    mut caller: Caller<'_, Guest>,
    what: u32,
    params: u32,
    params_len: u32,
    input: u32,
    input_len: u32,
    to: u32,
    room: u32,
) -> wasmtime::Result<i64> {
    let memory = memory(&caller)?;
    let (mut out, mut done) = (Vec::new(), Ok(false));
    match crypto::begin(what, bytes(&caller, params, params_len)?, input_len as usize) {
        Ok(job) if job.needs_chance() => done = Err(Refusal::Operation("there is no randomness here")),
        Ok(mut job) => {
            while done == Ok(false) {
                done = job.step(bytes(&caller, input, input_len)?, &mut out);
                if is_spent(&caller) {
                    done = Err(Refusal::Spent);
                }
            }
        }
        Err(refusal) => done = Err(refusal),
    }
    let word = match done {
        Ok(_) => i64::try_from(out.len())?,
        Err(refusal) => {
            let (word, text) = refusal.word();
            out = text.into();
            word
        }
    };
    if out.len() > room as usize {
        return Err(wasmtime::Error::msg("an answer of cryptography has more bytes than there is room for"));
    }
    memory.write(&mut caller, to as usize, &out)?;
    Ok(word)
}

fn is_spent(caller: &Caller<'_, Guest>) -> bool {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let used = u64::try_from(used.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(used.tv_nsec).unwrap_or(0);
    used >= caller.data().cpu_ns
}

fn memory(caller: &Caller<'_, Guest>) -> wasmtime::Result<Memory> {
    caller.data().memory.ok_or_else(|| wasmtime::Error::msg("there is no memory yet"))
}

fn bytes<'a>(caller: &'a Caller<'_, Guest>, at: u32, length: u32) -> wasmtime::Result<&'a [u8]> {
    let memory = memory(caller)?.data(caller);
    memory.get(at as usize..(at as usize).saturating_add(length as usize)).ok_or_else(|| Trap::MemoryOutOfBounds.into())
}

fn string(caller: &Caller<'_, Guest>, at: u32, length: u32) -> wasmtime::Result<String> {
    Ok(String::from_utf8_lossy(bytes(caller, at, length)?).into_owned())
}

/// What the engine told, for the one who deploys.
fn failed(told: &Told, map: Option<&Map>, source: &[u8], limits: &CompileLimits) -> Failed {
    // All of it: the user's own line may stand far out.
    let trace: Vec<_> = place::steps(&told.stack, map).collect();
    let step = place::innermost(&trace);
    let source = String::from_utf8_lossy(source);
    let at = step.map(|step| format!(" at {}", step.place)).unwrap_or_default();
    let shown = step.and_then(|step| place::excerpt(&source, step)).map(|text| format!("\n{text}")).unwrap_or_default();
    let message = clean(&told.message);
    let reason = match told.kind {
        Kind::Spent => {
            let reason =
                format!("the module's top level took more than {} s of CPU time{at}{shown}", limits.compile_cpu_s);
            return Failed::Limit { limit: "compile_cpu_s".into(), reason };
        }
        Kind::TooEarly => {
            let way = match early::loading(&told.stack, map) {
                Some(package) => format!(
                    "the package `{package}` does so when it is loaded; load it in the handler: `await import(\"{package}\")`"
                ),
                None => "that happens once for all requests, so use it in the handler".into(),
            };
            let message = if message == early::CHANCE { "randomness" } else { message.as_str() };
            format!("{message} was used while the module was evaluated{at}; {way}{shown}")
        }
        Kind::Shape => {
            format!("{message}; a function is `export default {{ async fetch(request, env, ctx) {{ ... }} }}`")
        }
        Kind::Unhandled => {
            format!("a promise was rejected while the module was evaluated: {message}{at}{}{shown}", hint(&message))
        }
        Kind::Uncaught => format!("{message}{at}{}{shown}", hint(&message)),
        Kind::Syntax | Kind::Answer | Kind::StepUp | Kind::Stuck => format!("{message}{at}{shown}"),
    };
    Failed::Source { reason }
}

fn clean(text: &str) -> String {
    const CHARS: usize = 500;
    harmless(text.chars().take(CHARS).collect::<String>().as_bytes())
}

fn broken(error: &wasmtime::Error) -> Failed {
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => Failed::Source {
            reason: "the call stack is full while the module is evaluated: it calls itself too deep".into(),
        },
        _ => Failed::Internal { reason: format!("the JavaScript engine failed: {error:#}") },
    }
}
