//! One request of a function written in JavaScript: one store, one instance, events until nothing is left to do.
use std::{future::poll_fn, sync::Arc, task::Poll};

use http::Request;
use types::Demand;
use wasmtime::{Engine, Store, UpdateDeadline};

use super::{
    Function, caller,
    failure::{GaveUp, Late, Stuck},
    guest::{Answer, Guest},
};
use crate::{
    js::{
        abi::{Event, Kind},
        list::push,
    },
    work::{
        body::RequestBody,
        call::{Call, Stop},
        failure::CpuSpent,
        guest::is_forbidden,
        instance::Errand,
        meter::Verdict,
        require::{Asked, Required, required},
    },
};
use wire::work::LogStream;

/// Makes an instance, lets it do its errand, and drops it. The answer goes to the call.
pub(in crate::work) async fn run(
    engine: &Engine,
    function: &Function,
    call: Arc<Call>,
    errand: Errand,
) -> wasmtime::Result<()> {
    let mut store = store(engine, function, call.clone())?;
    let instance = function.machine.instantiate(&mut store, &function.snapshot).await?;
    let Errand::Request(request) = errand else { return Ok(()) };
    let list = describe(&call, &request);
    let body = request.into_body();
    store.data_mut().incoming.body = Some(body);

    let length = u32::try_from(list.len())?;
    let at = instance.input.call_async(&mut store, length).await?;
    if at == 0 {
        return Err(wasmtime::Error::msg("there is no memory for the request"));
    }
    instance.memory.write(&mut store, at as usize, &list)?;
    drop(list);
    let mut held = instance.request.call_async(&mut store, (at, length)).await?;
    loop {
        if let Some(told) = store.data_mut().told.take() {
            if told.kind == Kind::StepUp {
                return Err(step_up(&call, &told.message));
            }
            return Err(wasmtime::Error::new(GaveUp::of(told, &function.places)));
        }
        let complete = matches!(store.data().answer, Answer::Complete);
        if complete && held == 0 {
            return Ok(());
        }
        let next = poll_fn(|cx| match call.stopped() {
            Some(Stop::WallTime) => Poll::Ready(Next::Late),
            _ => store.data_mut().poll_event(cx).map(|event| event.map_or(Next::Nothing, Next::Event)),
        });
        let next = next.await;
        let Next::Event(event) = next else {
            instance.event.call_async(&mut store, Event::Stuck.words()).await?;
            let told = store.data_mut().told.take().map(|told| GaveUp::of(told, &function.places));
            if matches!(next, Next::Late) {
                return Err(wasmtime::Error::new(Late(told.and_then(|told| told.place()))));
            }
            if !complete {
                return Err(told.map_or_else(|| wasmtime::Error::new(Stuck), wasmtime::Error::new));
            }
            let place = told.and_then(|told| told.place());
            let text = "after its response: waitUntil waits for a promise that never settles";
            call.log_at(LogStream::Platform, text.into(), place);
            return Ok(());
        };
        held = instance.event.call_async(&mut store, event.words()).await?;
    }
}

/// What the guest is told next.
enum Next {
    Event(Event),
    /// Nothing is left that could come.
    Nothing,
    /// Its wall time is over.
    Late,
}

/// What `ctx.require` asked for. SECURITY: the guest's own word, compared here again: it can ask for itself only, and not for
/// what the caller has shown.
fn step_up(call: &Call, message: &str) -> wasmtime::Error {
    let (assurance, max_age_s) = message.split_once(' ').unwrap_or((message, ""));
    let max_age_s = if max_age_s.is_empty() { Some(None) } else { max_age_s.parse().ok().filter(|s| *s > 0).map(Some) };
    let demand = assurance.parse().ok().zip(max_age_s).map(|(assurance, max_age_s)| Demand { assurance, max_age_s });
    match demand {
        Some(demand) if required(call, &demand) == Required::Ends => wasmtime::Error::new(Asked(demand)),
        _ => wasmtime::Error::msg("it asked for a sign-in that the caller has shown, or that nobody can show"),
    }
}

fn store(engine: &Engine, function: &Function, call: Arc<Call>) -> wasmtime::Result<Store<Guest>> {
    let mut store = Store::try_new(engine, Guest::new(call, function.places.clone()))?;
    store.limiter(|guest| &mut guest.limiter);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| match store.data_mut().at_tick() {
        Verdict::GoOn => Ok(UpdateDeadline::Continue(1)),
        Verdict::GiveWay => Ok(UpdateDeadline::Yield(1)),
        Verdict::Spent => Err(wasmtime::Error::new(CpuSpent)),
    });
    Ok(store)
}

/// What the function finds in `env` beside its configuration, as JSON; empty when that is nothing.
fn given(grants: &types::Grants) -> String {
    if grants.secrets.is_empty() && grants.kv == types::KvAccess::None {
        return String::new();
    }
    serde_json::json!({ "secrets": grants.secrets, "kv": grants.kv.as_str() }).to_string()
}

/// The request as the engine reads it.
fn describe(call: &Call, request: &Request<RequestBody>) -> Vec<u8> {
    let has_body = !http_body::Body::is_end_stream(request.body());
    let mut list = Vec::with_capacity(1_024);
    push(&mut list, call.handler.as_deref().unwrap_or_default().as_bytes());
    push(&mut list, request.method().as_str().as_bytes());
    push(&mut list, request.uri().to_string().as_bytes());
    push(&mut list, if has_body { b"1" } else { b"0" });
    push(&mut list, caller::json(&call.caller, &call.groups).as_bytes());
    let config = match call.grants.config.is_empty() {
        true => String::new(),
        // A map of text to text always encodes.
        false => serde_json::to_string(&call.grants.config).unwrap_or_default(),
    };
    push(&mut list, config.as_bytes());
    push(&mut list, given(&call.grants).as_bytes());
    for (name, value) in request.headers() {
        if !is_forbidden(name) {
            push(&mut list, name.as_str().as_bytes());
            push(&mut list, value.as_bytes());
        }
    }
    list
}
