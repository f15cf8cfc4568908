//! CPU per request of a hello loop, in the worker alone: `cargo bench -p serviceful-engine --bench invoke_loop [COMPONENT]`.
//!
//! Prints user and system time of the worker process, divided by the requests, for several depths of pipelining.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, clippy::indexing_slicing, reason = "a benchmark")]

#[path = "../tests/harness/mod.rs"]
mod harness;

use std::time::Instant;

use harness::{Worker, get, guest};

const ROUNDS: usize = 9;
const REQUESTS: usize = 20_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let names: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let names = if names.is_empty() { vec!["bench-hello".to_owned()] } else { names };
    for name in names {
        let (name, path) = name.split_once(':').map_or((&*name, "/"), |(name, path)| (name, path));
        let worker = Worker::start().await;
        let component = worker.bring(&guest(name)).await;
        let request = get(component, path);
        let first = worker.call(&request).await;
        println!("{name}{path}: status {}, {} bytes, {:?}", first.status(), first.body.len(), first.ended);
        for depth in [1, 8, 64] {
            measure(&worker, &request, depth).await;
        }
        println!("  resident {} KiB", worker.resident_kib());
    }
}

async fn measure(worker: &Worker, request: &wire::work::Invoke, depth: usize) {
    let mut costs = Vec::new();
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let (before, began) = (cpu_us(worker), Instant::now());
        let mut waiting = std::collections::VecDeque::new();
        for _ in 0..REQUESTS {
            waiting.push_back(worker.invoke(request));
            if waiting.len() >= depth {
                assert_eq!(waiting.pop_front().unwrap().finish().await.status(), 200);
            }
        }
        for exchange in waiting {
            assert_eq!(exchange.finish().await.status(), 200);
        }
        costs.push((cpu_us(worker) - before) / REQUESTS as f64);
        rates.push(REQUESTS as f64 / began.elapsed().as_secs_f64());
    }
    costs.sort_by(f64::total_cmp);
    rates.sort_by(f64::total_cmp);
    println!(
        "  depth {depth:>2}: p50 {:.1} us CPU a request (best {:.1}, worst {:.1}), {:.0} requests a second",
        costs[ROUNDS / 2],
        costs[0],
        costs[ROUNDS - 1],
        rates[ROUNDS / 2],
    );
}

/// CPU time of all threads of the worker, in microseconds: nanoseconds on the run queue, as the scheduler counts them.
fn cpu_us(worker: &Worker) -> f64 {
    let tasks = format!("/proc/{}/task", worker.process.0.id());
    let mut total = 0.0;
    for task in std::fs::read_dir(tasks).unwrap() {
        let Ok(text) = std::fs::read_to_string(task.unwrap().path().join("schedstat")) else { continue };
        total += text.split_whitespace().next().unwrap().parse::<f64>().unwrap();
    }
    total / 1_000.0
}
