//! One request, one store, one instance. There is no way to use any of them twice.
use std::{future::poll_fn, sync::Arc};

use http::Request;
use tokio::sync::Semaphore;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi_http::{
    WasiHttpView as _,
    p2::bindings::{ProxyPre, http::types::Scheme},
    p3::{self, bindings::ServicePre},
};

use super::{
    body::RequestBody,
    call::Call,
    failure::{CpuSpent, cut},
    guest::Guest,
    js,
    link::Loaded,
    meter::Verdict,
};

/// Most bytes that one call between guest and host may copy. Bodies move in pieces of 64 KiB, header fields are fewer.
pub(super) const HOSTCALL_BYTES: usize = 1 << 20;

/// What the engine itself needs of the table of tasks for one call, with room to spare.
const TASKS_OWN: usize = 64;

/// What an instance is made for.
pub(crate) enum Errand {
    /// To see that it can be made.
    Probe,
    /// To answer this.
    Request(Box<Request<RequestBody>>),
}

/// Makes an instance, lets it do its errand, and drops it. The answer goes to the call.
pub(crate) async fn run(
    engine: Engine,
    slots: Arc<Semaphore>,
    loaded: Arc<Loaded>,
    call: Arc<Call>,
    errand: Errand,
) -> wasmtime::Result<()> {
    // Held until the store is gone: the pool has this many slots. Closing is not done anywhere.
    let _slot = slots.acquire().await?;
    if let Loaded::Js(function) = loaded.as_ref() {
        return js::run(&engine, function, call, errand).await;
    }
    let mut store = store(&engine, call)?;
    match loaded.as_ref() {
        Loaded::P2(proxy) => run_p2(&mut store, proxy, errand).await,
        Loaded::P3(service) => run_p3(&mut store, service, errand).await,
        Loaded::Js(_) => Ok(()),
    }
}

fn store(engine: &Engine, call: Arc<Call>) -> wasmtime::Result<Store<Guest>> {
    let store_limit = call.limits.resources;
    let mut store = Store::try_new(engine, Guest::new(call))?;
    store.limiter(|guest| &mut guest.limiter);
    store.set_hostcall_fuel(HOSTCALL_BYTES);
    // Tasks, streams and futures of the component model's own async live in a table beside ours.
    if let Some(table) = store.concurrent_resource_table() {
        let resources = usize::try_from(store_limit).unwrap_or(usize::MAX);
        table.set_max_capacity(resources.saturating_add(TASKS_OWN));
    }
    store.set_epoch_deadline(1);
    // Runs inside initialisers and start functions as well, and on 0.3 as on 0.2.
    store.epoch_deadline_callback(|store| match store.data().call.meter.at_tick() {
        Verdict::GoOn => Ok(UpdateDeadline::Continue(1)),
        Verdict::GiveWay => Ok(UpdateDeadline::Yield(1)),
        Verdict::Spent => Err(wasmtime::Error::new(CpuSpent)),
    });
    Ok(store)
}

async fn run_p2(store: &mut Store<Guest>, proxy: &ProxyPre<Guest>, errand: Errand) -> wasmtime::Result<()> {
    let proxy = proxy.instantiate_async(&mut *store).await?;
    let Errand::Request(request) = errand else { return Ok(()) };
    let guest = store.data_mut();
    guest.in_request = true;
    let call = guest.call.clone();
    let scheme = match request.uri().scheme_str() {
        Some("https") => Scheme::Https,
        _ => Scheme::Http,
    };
    let mut http = guest.http();
    let request = http.new_incoming_request(scheme, *request)?;
    let answer = http.new_response_outparam_from_callback(move |answer| {
        call.answer(answer.map_err(|error| cut(&format!("{error:?}"))));
    })?;
    proxy.wasi_http_incoming_handler().call_handle(store, request, answer).await
}

async fn run_p3(store: &mut Store<Guest>, service: &ServicePre<Guest>, errand: Errand) -> wasmtime::Result<()> {
    let service = service.instantiate_async(&mut *store).await?;
    let Errand::Request(request) = errand else { return Ok(()) };
    let guest = store.data_mut();
    guest.in_request = true;
    let call = guest.call.clone();
    let (request, _received) = p3::Request::from_http(guest.http().hooks, *request);
    store
        .run_concurrent(async |accessor| {
            match service.handle(accessor, request).await? {
                Ok(response) => {
                    let response = accessor.with(|mut store| response.into_http(&mut store, async { Ok(()) }))?;
                    call.answer(Ok(response));
                }
                Err(error) => call.answer(Err(cut(&format!("{error:?}")))),
            }
            // The handler has returned; its tasks may still write the body, and then finish their own work.
            poll_fn(|cx| call.poll_answered(cx.waker())).await;
            poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
            Ok(())
        })
        .await?
}
