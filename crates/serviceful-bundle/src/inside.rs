//! The process that does the work: it closes its doors first, then starts threads, then reads the first byte.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use jail::{Mode, Plan, Role};
use wire::bundle::Document;

use crate::bundle::{bundle, refused};
use crate::outside::json;
use crate::roots::Roots;

/// CPU time of all threads together.
pub(crate) const CPU_S: u64 = 30;
/// What the work may take of memory beside its stacks.
pub(crate) const HEAP_BYTES: u64 = 3 << 30;
/// Stack of each thread. Parsers descend as deep as the source nests; only what is touched takes memory.
const STACK_BYTES: usize = 256 << 20;
/// More threads than this have nothing to do.
const THREADS_MAX: usize = 4;

/// Bundles the project and writes the document to the pipe.
pub(crate) fn run(project: &Path, entry: &str) -> ExitCode {
    // A thread that panics leaves others waiting for it for ever.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("serviceful-bundle: {panic}");
        std::process::exit(FAILED);
    }));
    let document = closed(project, entry).unwrap_or_else(refused);
    let code = if matches!(document, Document::Bundle(_)) { ExitCode::SUCCESS } else { ExitCode::from(1) };
    // A parent that is gone does not ask.
    let _ = std::io::stdout().lock().write_all(&json(&document));
    code
}

/// The exit code after a panic.
const FAILED: i32 = 70;

fn closed(project: &Path, entry: &str) -> Result<Document, String> {
    let roots = Roots::find(project)
        .map_err(|error| format!("the project's folder `{}` cannot be opened: {error}", project.display()))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    close(&roots, threads).map_err(|error| error.to_string())?;
    let started = |error: &dyn std::fmt::Display| format!("the bundler's threads cannot be started: {error}");
    // SECURITY: only now, so that every thread is born behind the closed doors, on every kernel.
    let work = std::thread::Builder::new().stack_size(STACK_BYTES).spawn({
        let entry = entry.to_owned();
        move || work(&roots, &entry, threads)
    });
    let work = work.map_err(|error| started(&error))?;
    match work.join() {
        Ok(document) => document.map_err(|error| started(&error)),
        Err(_) => Err("the bundler panicked".into()),
    }
}

/// Bounds this process and closes its jail.
fn close(roots: &Roots, threads: usize) -> Result<(), jail::JailError> {
    jail::die_with_parent()?;
    // The bundler's own threads, its pool's, those that read files, and the one they all wait on.
    let stacks = u64::try_from((3 * threads + 2) * STACK_BYTES).unwrap_or(u64::MAX);
    jail::limit_compile(CPU_S, HEAP_BYTES.saturating_add(stacks))?;
    let plan = Plan { role: Role::Bundle, read: roots.folders().cloned().collect(), write: Vec::new() };
    // Where the kernel lacks a lock, the other one and `Sight` hold: this runs on people's own machines.
    jail::apply(&plan, Mode::BestEffort).map(|_| ())
}

fn work(roots: &Roots, entry: &str, threads: usize) -> Result<Document, anyhow::Error> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build_global()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(threads)
        .thread_stack_size(STACK_BYTES)
        .build()?;
    let document = runtime.block_on(bundle(roots, entry));
    // Nothing is waited for: the process ends.
    runtime.shutdown_background();
    Ok(document)
}
