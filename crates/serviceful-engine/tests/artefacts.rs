//! Only what our compiler made, the keeper signed, and this build understands is ever loaded.
#![expect(clippy::unwrap_used, reason = "tests")]

mod harness;

use harness::{Artefact, Key, Worker, compile, get, guest, sha256};
use types::EngineBuild;
use wire::work::{Failure, Load, Loaded};

async fn hello() -> Artefact {
    compile(&guest("bench-hello")).await.unwrap()
}

fn reason(loaded: Loaded) -> String {
    match loaded {
        Loaded::Refused { reason } => reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn an_honest_artefact_loads_and_says_what_it_is() {
    let artefact = hello().await;
    let build = artefact.build.as_str();
    assert!(build.starts_with("sf1/wasmtime-48.0.8+p0/cfg-"), "{build}");
    assert!(artefact.done.serves.starts_with("wasi:http/incoming-handler@0.2"), "{:?}", artefact.done);
    assert!(artefact.done.imports.iter().any(|import| import.starts_with("wasi:http/types@0.2")));
    assert!(artefact.done.imports.is_sorted());
    let worker = Worker::start().await;
    assert_eq!(worker.hello.build, artefact.build);
    assert_eq!(worker.load(&artefact).await, Loaded::Ready);
    assert_eq!(worker.call(&get(artefact.component, "/")).await.text(), "Hello, world.\n");
}

#[tokio::test]
async fn a_flipped_byte_anywhere_is_refused() {
    let (artefact, worker) = (hello().await, Worker::start().await);
    let load = worker.key.seal(&artefact);
    for at in [0, 100, artefact.bytes.len() / 2, artefact.bytes.len() - 1] {
        let mut bytes = artefact.bytes.clone();
        bytes[at] ^= 1;
        assert!(reason(worker.load_as(&bytes, load.clone()).await).contains("differ"), "byte {at}");
    }
    let cut = &artefact.bytes[..artefact.bytes.len() - 1];
    assert!(reason(worker.load_as(cut, load).await).contains("cannot be read"));
}

#[tokio::test]
async fn signatures_missing_foreign_and_bent_are_refused() {
    let (artefact, worker) = (hello().await, Worker::start().await);
    let honest = worker.key.seal(&artefact);
    let unsigned = Load { signature: Vec::new(), ..honest.clone() };
    assert!(reason(worker.load_as(&artefact.bytes, unsigned).await).contains("no signature"));
    let foreign = Key::fresh().seal(&artefact);
    assert!(reason(worker.load_as(&artefact.bytes, foreign).await).contains("signature is wrong"));
    let mut bent = honest.clone();
    bent.signature[10] ^= 1;
    assert!(reason(worker.load_as(&artefact.bytes, bent).await).contains("signature is wrong"));
    let mut other = honest;
    other.statement.component = sha256(b"another component");
    assert!(reason(worker.load_as(&artefact.bytes, other).await).contains("signature is wrong"));
    assert_eq!(worker.call(&get(artefact.component, "/")).await.failure, Some(Failure::NotLoaded));
}

#[tokio::test]
async fn another_components_artefact_answers_only_under_its_own_name() {
    let worker = Worker::start().await;
    let (hello, other) = (hello().await, compile(&guest("hostile-spin")).await.unwrap());
    // The statement is honest, so it loads, but for the component that it names.
    assert_eq!(worker.load_as(&other.bytes, worker.key.seal(&other)).await, Loaded::Ready);
    assert_eq!(worker.call(&get(hello.component, "/")).await.failure, Some(Failure::NotLoaded));
    // A statement about one and the bytes of the other.
    let refused = worker.load_as(&other.bytes, worker.key.seal(&hello)).await;
    assert!(matches!(refused, Loaded::Refused { .. }), "{refused:?}");
}

#[tokio::test]
async fn another_build_is_refused_by_us_and_by_wasmtime() {
    let (mut artefact, worker) = (hello().await, Worker::start().await);
    let ours = artefact.build.clone();
    artefact.build = EngineBuild::new("sf1/wasmtime-48.0.0+p0/cfg-0000000000000000/x86_64-v3").unwrap();
    let text = reason(worker.load(&artefact).await);
    assert!(text.contains("48.0.0") && text.contains(ours.as_str()), "{text}");
    // Signed as ours, but the compiler wrote another build into it: wasmtime's own check stands behind ours.
    let name = ours.as_str().as_bytes();
    let at = artefact.bytes.windows(name.len()).position(|window| window == name).expect("the build id is in the file");
    artefact.bytes[at + 16] ^= 1;
    artefact.build = ours;
    // Not a refusal of the cache: what the keeper signed for this build would be made the same again.
    match worker.load(&artefact).await {
        Loaded::Broken { reason } => assert!(reason.contains("incompatible version"), "{reason}"),
        other => panic!("it loads: {other:?}"),
    }
}

#[tokio::test]
async fn a_signed_file_that_is_no_artefact_does_not_load() {
    let (mut artefact, worker) = (hello().await, Worker::start().await);
    for bytes in [Vec::new(), b"\x7fELF".to_vec(), vec![0; 4096], guest("bench-hello")] {
        artefact.bytes = bytes;
        assert!(matches!(worker.load(&artefact).await, Loaded::Broken { .. }));
    }
}

#[tokio::test]
async fn compiling_twice_gives_the_same_bytes() {
    assert_eq!(sha256(&hello().await.bytes), sha256(&hello().await.bytes));
}
