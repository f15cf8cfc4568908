//! How much of a snapshot a request dirties: each page is copied once a request, and put back after it.
use std::sync::Arc;

use types::{Caller, CompileLimits, Grants, RunLimits};
use wasmtime::{Linker, Module, Store};

use super::{Machine, guest::Guest, places::Places};
use crate::{
    config::{self, Purpose},
    js::{image, split::split},
    snapshot::evaluate,
    work::call::{Call, Origin},
};

const PAGE: usize = 4_096;

/// The pages that one request of `source` changes, and in how many runs.
async fn dirtied(source: &str) -> (usize, usize) {
    let path = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("js-engine.wasm");
    let split = split(&std::fs::read(path).unwrap()).unwrap();
    let engine = config::engine(Purpose::Compile).unwrap();
    let code = Module::new(&engine, &split.code).unwrap();
    let limits = CompileLimits::default();
    let evaluated = evaluate(&engine, &code, &split, source.as_bytes(), &limits).unwrap();
    let snapshot = Module::new(&engine, image::module(&evaluated.memory)).unwrap();

    let origin = Origin {
        stream: 1,
        serves: None,
        handler: None,
        limits: RunLimits::default(),
        grants: Grants::default(),
        caller: Caller::Stranger,
        groups: Vec::new(),
        desk: Arc::default(),
        wall_ms: 1_000,
        has_body: false,
    };
    let machine = Machine::new(&engine, code).unwrap();
    let snapshot = Linker::new(&engine).instantiate_pre(&snapshot).unwrap();
    let mut store = Store::new(&engine, Guest::new(Arc::new(Call::new(origin)), Arc::new(Places::new(None))));
    store.limiter(|guest| &mut guest.limiter);
    store.set_epoch_deadline(u64::MAX / 2);
    let instance = machine.instantiate(&mut store, &snapshot).await.unwrap();
    let mut list = Vec::new();
    for item in [
        "",
        "GET",
        "http://coffee.localhost:8080/menu?name=x",
        "0",
        r#"{"kind":"anonymous"}"#,
        "",
        "",
        "accept",
        "*/*",
        "user-agent",
        "test",
    ] {
        crate::js::list::push(&mut list, item.as_bytes());
    }
    let length = u32::try_from(list.len()).unwrap();
    let at = instance.input.call_async(&mut store, length).await.unwrap();
    instance.memory.write(&mut store, at as usize, &list).unwrap();
    instance.request.call_async(&mut store, (at, length)).await.unwrap();
    assert!(store.data().told.is_none(), "{:?}", store.data().told);

    let after = instance.memory.data(&store);
    let zeros = vec![0; PAGE];
    let changed: Vec<usize> = after
        .chunks(PAGE)
        .enumerate()
        .filter(|(at, page)| evaluated.memory.chunks(PAGE).nth(*at).unwrap_or(&zeros) != *page)
        .map(|(at, _)| at)
        .collect();
    let runs = changed.iter().enumerate().filter(|(at, page)| *at == 0 || changed[at - 1] + 1 != **page).count();
    println!("{} pages in {runs} runs: {changed:?}", changed.len());
    (changed.len(), runs)
}

#[tokio::test]
async fn a_request_dirties_few_pages() {
    for (source, pages) in [
        ("export default { fetch() { return new Response('Hello, world.\\n'); } };", 40),
        (
            "export default { async fetch(request) { const u = new URL(request.url);
               return Response.json({ id: crypto.randomUUID(), path: u.pathname, query: [...u.searchParams],
                 agent: request.headers.get('user-agent'), at: new Date().toISOString(), n: Math.random() }); } };",
            80,
        ),
    ] {
        let (dirtied, runs) = dirtied(source).await;
        // wasmtime puts up to 32 runs back by copying; what is behind them costs a page fault each.
        assert!(dirtied <= pages && runs <= 64, "{dirtied} pages in {runs} runs: {source}");
    }
}
