//! Cryptography of JavaScript functions, through the real processes: known answers, a peer, bounds, and attacks on keys.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod harness;

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use harness::{Worker, get};
use wire::work::Failure;

const CHECKS: &str =
    concat!(include_str!("js/crypto.js"), include_str!("js/crypto_keys.js"), include_str!("js/crypto_end.js"));

#[tokio::test]
async fn the_standards_answers_and_errors_hold() {
    let worker = Worker::start().await;
    let component = worker.bring_js(CHECKS).await;
    let mut request = get(component, "/");
    request.limits.cpu_ms = 20_000;
    let answer = worker.call(&request).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    assert!(answer.text().starts_with("all "), "{}", answer.text());
}

#[tokio::test]
async fn what_node_makes_is_understood_and_the_other_way_round() {
    understood(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/js/crypto_peer.mjs")).await;
}

#[tokio::test]
async fn keys_and_signatures_of_nodes_module_are_those_of_node() {
    let peer = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/js/node_keys_peer.mjs");
    let worker = Worker::start().await;
    let component = worker.bring_js(&module(peer)).await;
    let answer = worker.call(&get(component, "/alone")).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    assert_eq!(
        answer.text(),
        r#"[true,"secret",3,"key",{"kty":"oct","k":"a2V5"},"x25519","-----BEGIN PUBLIC KEY-----",["public","private"],true,true,"[object KeyObject]",[],true,false,["ERR_OSSL_UNSUPPORTED","ERR_OSSL_UNSUPPORTED","ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE","ERR_INVALID_ARG_TYPE","ERR_CRYPTO_INVALID_DIGEST","ERR_INVALID_ARG_TYPE","ERR_INVALID_ARG_VALUE","ERR_INVALID_ARG_TYPE","ERR_OSSL_UNSUPPORTED","ERR_OSSL_UNSUPPORTED","ERR_INVALID_ARG_VALUE","ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS"]]"#
    );
    understood(peer).await;
}

/// The peer's text as a function.
fn module(peer: &str) -> String {
    std::fs::read_to_string(peer).unwrap().replace("if (typeof process", "if (false && typeof process")
}

/// Two that make and check: this file in Node, and as a function.
async fn understood(peer: &str) {
    let node = |mode: &str, input: &str| {
        let mut child =
            Command::new("node").args([peer, mode]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{mode}");
        Some(String::from_utf8(done.stdout).unwrap())
    };
    let Some(theirs) = node("make", "") else {
        eprintln!("there is no `node` here: not compared with it");
        return;
    };
    let worker = Worker::start().await;
    let component = worker.bring_js(&module(peer)).await;
    let mut request = get(component, "/check");
    (request.method, request.has_body) = ("POST".into(), true);
    (request.limits.cpu_ms, request.limits.request_kib) = (10_000, 1_024);
    let exchange = worker.invoke(&request);
    for piece in theirs.as_bytes().chunks(16 << 10) {
        exchange.body(piece);
    }
    exchange.end(&[]);
    let answer = exchange.finish().await;
    assert_eq!(answer.failure, None, "{answer:?}");
    assert_eq!(answer.text(), "all hold");
    let mut request = get(component, "/make");
    request.limits.cpu_ms = 10_000;
    let ours = worker.call(&request).await;
    assert_eq!(ours.failure, None, "{ours:?}");
    assert_eq!(node("check", &ours.text()).unwrap().trim(), "all hold");
}

/// Everything that a function may replace, replaced by something that looks for the key.
#[tokio::test]
async fn a_key_that_is_not_extractable_cannot_be_read() {
    let worker = Worker::start().await;
    let component = worker.bring_js(include_str!("js/crypto_thief.js")).await;
    let mut request = get(component, "/");
    request.limits.cpu_ms = 20_000;
    let answer = worker.call(&request).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    assert_eq!(answer.text(), "tried 7 ways, found by control: true, stolen: ");
}

/// What looks into keys must not be among what a replaced `Map.prototype.has` is called on.
#[tokio::test]
async fn built_ins_that_are_looked_up_later_give_no_way_into_keys() {
    let worker = Worker::start().await;
    let component = worker
        .bring_js(
            "import { createHash } from 'node:crypto';
             export default { async fetch() {
               const seen = new Set(), { has } = Map.prototype;
               Map.prototype.has = function (key) { seen.add(this); return has.call(this, key); };
               await import('node:ev' + 'ents'); crypto.subtle; createHash('sha256').update('x').digest();
               Map.prototype.has = has;
               const names = [...seen].flatMap((map) => [...map.keys()]).filter((name) => typeof name === 'string');
               return Response.json([names.includes('web:crypto'), names.includes('web:crypto_key'),
                 Object.keys([...seen].find((map) => map.has('web:crypto')).get('web:crypto')).sort()]); } };",
        )
        .await;
    let answer = worker.call(&get(component, "/")).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    // None of these looks into a CryptoKey: `pairs` knows the keys of node:crypto, which can all be exported.
    assert_eq!(answer.text(), r#"[true,false,["CryptoKey","SubtleCrypto","hashes","pairs","subtle"]]"#);
}

/// It takes what it needs of the globals before they can be replaced, or it is not there.
#[tokio::test]
async fn cryptography_that_the_source_does_not_name_is_not_made_late() {
    let worker = Worker::start().await;
    let component = worker
        .bring_js(
            "const found = (make) => { try { return `${make()}`; } catch (error) { return error.message; } };
             export default { async fetch() {
               const late = await import('node:cry' + 'pto').catch((error) => error.message);
               return Response.json([found(() => crypto['sub' + 'tle']), late, typeof globalThis['Crypto' + 'Key'], typeof crypto.randomUUID()]); } };",
        )
        .await;
    let answer = worker.call(&get(component, "/")).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    let text = answer.text();
    assert_eq!(text.matches("does not name `subtle` or import `crypto`").count(), 2, "{text}");
    assert!(text.ends_with(r#""undefined","string"]"#), "{text}");
}

#[tokio::test]
async fn keys_of_one_request_are_not_in_another() {
    let worker = Worker::start().await;
    let component = worker
        .bring_js(
            "let kept; const secret = await crypto.subtle.importKey('raw', new Uint8Array(32), 'AES-GCM', false, ['encrypt']);
             export default { async fetch() {
               const before = kept === undefined;
               kept = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])).privateKey;
               const { d } = await crypto.subtle.exportKey('jwk', kept);
               const tag = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, secret, new Uint8Array(1)));
               return new Response([before, d, tag.join()].join(' '));
             } };",
        )
        .await;
    let mut seen = Vec::new();
    for _ in 0..20 {
        let answer = worker.call(&get(component, "/")).await;
        assert_eq!(answer.failure, None, "{answer:?}");
        let text = answer.text();
        let words: Vec<_> = text.split(' ').map(str::to_owned).collect();
        assert_eq!(words[0], "true");
        assert!(!seen.contains(&words[1]), "a private key came twice");
        // The key of the top level is in each snapshot, and the same.
        assert!(words[2].starts_with("206,"), "{}", words[2]);
        seen.push(words[1].clone());
    }
}

const HEAVY: &str = "
const { subtle } = crypto;
const derive = async (iterations, hash = 'SHA-512') => {
  const key = await subtle.importKey('raw', new Uint8Array(8), 'PBKDF2', false, ['deriveBits']);
  return subtle.deriveBits({ name: 'PBKDF2', hash, salt: new Uint8Array(8), iterations }, key, 512);
};
const ways = {
  async pbkdf2() { await derive(10000000); },
  first() { return subtle.digest('SHA-512', new Uint8Array(64 << 20)); },
  async caught() { for (;;) { try { await derive(10000000); } catch {} } },
  async digests() { const data = new Uint8Array(16 << 20); for (;;) await subtle.digest('SHA-512', data); },
  async small() { const data = new Uint8Array(1); for (;;) await subtle.digest('SHA-1', data); },
  async signs() {
    const { privateKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-521' }, false, ['sign']);
    for (;;) await subtle.sign({ name: 'ECDSA', hash: 'SHA-512' }, privateKey, new Uint8Array(1));
  },
  async makes() { for (;;) await subtle.generateKey({ name: 'ECDH', namedCurve: 'P-384' }, false, ['deriveBits']); },
  async ciphers() {
    const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-CTR', false, ['encrypt']), data = new Uint8Array(8 << 20);
    for (;;) await subtle.encrypt({ name: 'AES-CTR', counter: new Uint8Array(16), length: 64 }, key, data);
  },
  async memory() {
    const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt']), all = [];
    for (;;) all.push(await subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array(1 << 20)));
  },
  async large() {
    const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt']);
    const wrong = await subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array((16 << 20) + 1)).catch((error) => error);
    const right = await subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array(16 << 20));
    return `${wrong} ${right.byteLength}`;
  },
};
export default { async fetch(request) { return new Response(await ways[new URL(request.url).pathname.slice(1)]()); } };";

#[tokio::test]
async fn heavy_work_counts_and_nobody_waits_for_it() {
    let worker = Worker::start().await;
    let heavy = worker.bring_js(HEAVY).await;
    let calm = worker.bring_js("export default { fetch() { return new Response('calm'); } };").await;
    // The first draw from chance on a thread takes a while; that is not what is measured.
    for way in ["pbkdf2", "caught", "digests", "small", "signs", "makes", "ciphers"] {
        let mut request = get(heavy, &format!("/{way}"));
        (request.limits.cpu_ms, request.limits.memory_mib) = (300, 128);
        let busy = worker.invoke(&request);
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            let began = Instant::now();
            assert_eq!(worker.call(&get(calm, "/")).await.text(), "calm");
            slowest = slowest.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let answer = busy.finish().await;
        assert_eq!(answer.limit(), "cpu_ms", "{way}: {answer:?}");
        let used = Duration::from_micros(answer.ended.unwrap().cpu_us);
        assert!(used >= Duration::from_millis(290) && used < Duration::from_millis(400), "{way}: {used:?}");
        assert!(slowest < Duration::from_millis(100), "{way}: another request waited {slowest:?}");
    }
    // The place is told where the engine was asked.
    let mut request = get(heavy, "/pbkdf2");
    request.limits.cpu_ms = 50;
    let Some(Failure::Limit { reason, .. }) = worker.call(&request).await.failure else { unreachable!() };
    assert!(reason.contains("50 ms of CPU time at main.js:5:"), "{reason}");
    // Also before the function has waited for anything.
    let mut request = get(heavy, "/first");
    (request.limits.cpu_ms, request.limits.memory_mib) = (20, 128);
    assert_eq!(worker.call(&request).await.limit(), "cpu_ms");
    // Wall time ends it in the middle, too.
    let mut request = get(heavy, "/pbkdf2");
    (request.limits.cpu_ms, request.limits.wall_ms) = (20_000, 200);
    let answer = worker.call(&request).await;
    assert_eq!(answer.limit(), "wall_ms");
    assert!(answer.took < Duration::from_millis(400), "{:?}", answer.took);
}

#[tokio::test]
async fn memory_of_cryptography_is_the_requests() {
    let worker = Worker::start().await;
    let heavy = worker.bring_js(HEAVY).await;
    let mut request = get(heavy, "/memory");
    (request.limits.cpu_ms, request.limits.memory_mib) = (5_000, 32);
    let answer = worker.call(&request).await;
    assert_eq!(answer.limit(), "memory_mib", "{answer:?}");
    let mut request = get(heavy, "/large");
    (request.limits.cpu_ms, request.limits.memory_mib) = (5_000, 256);
    let answer = worker.call(&request).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    assert!(answer.text().contains("16 MiB") && answer.text().ends_with(" 16777232"), "{}", answer.text());
    assert!(worker.resident_kib() < 256 << 10, "{} KiB", worker.resident_kib());
}

#[tokio::test]
async fn the_top_level_may_compute_but_not_draw_from_chance() {
    const FETCH: &str = "export default { fetch() { return new Response(text); } };";
    let worker = Worker::start().await;
    let source = format!(
        "const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'));
         const key = await crypto.subtle.importKey('raw', new Uint8Array(4), {{ name: 'HMAC', hash: 'SHA-256' }}, false, ['sign']);
         const text = [...new Uint8Array(digest)].slice(0, 4).join() + key.type; {FETCH}"
    );
    let component = worker.bring_js(&source).await;
    assert_eq!(worker.call(&get(component, "/")).await.text(), "186,120,22,191secret");
    for code in [
        "await crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']);",
        "await crypto.subtle.generateKey('Ed25519', true, ['sign']).catch(() => {});",
        "try { await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']); } catch {}",
    ] {
        let refused = harness::refused(&format!("// first\nconst text = '';\n{code}\n{FETCH}")).await;
        assert!(refused.starts_with("randomness was used") && refused.contains("main.js:3:"), "{code}: {refused}");
    }
}
