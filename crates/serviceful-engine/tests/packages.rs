//! Popular npm packages: each program of `js/packages/cases` is bundled, snapshotted and called, as a user's function is.
//! The table in `docs/reference/javascript.md` is made of the same list.
#![expect(clippy::disallowed_methods, reason = "tests")]

mod bundler;
mod harness;

use std::collections::BTreeMap;

use bundler::Project;
use harness::{NotCompiled, Worker, get, js_machine, snapshot};
use serde::Deserialize;
use wire::bundle::Document;

/// One program; `xtask` reads the same file.
#[derive(Deserialize)]
struct Case {
    fails: Option<Fails>,
}

/// What does not run today. It is an error when it does, so that the list says the truth.
#[derive(Deserialize)]
struct Fails {
    because: String,
    saying: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packages_run_as_the_table_says() {
    let cases: BTreeMap<String, Case> = serde_json::from_str(include_str!("../../../js/packages/cases.json")).unwrap();
    assert!(cases.len() >= 42, "{}", cases.len());
    let only = std::env::var("PACKAGES_ONLY").ok();
    js_machine().await;
    let project = Project::of_packages();
    let mut wrong = Vec::new();
    for (name, case) in &cases {
        if only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let outcome = run(&project, name).await;
        match (&case.fails, outcome) {
            (None, Ok(())) => {}
            (None, Err(failure)) => wrong.push(format!("{name} does not run: {failure}")),
            (Some(fails), Ok(())) => wrong.push(format!(
                "{name} runs, but the list says that it does not ({}): take `fails` out of js/packages/cases.json",
                fails.because
            )),
            (Some(fails), Err(failure)) if failure.contains(&fails.saying) => {}
            (Some(fails), Err(failure)) => {
                wrong.push(format!("{name} fails in another way than by `{}`: {failure}", fails.saying));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "If you are here because of a change of the engine: correct js/packages/cases.json, then `cargo run -p xtask -- packages`\n\n{}",
        wrong.join("\n\n")
    );
}

/// Bundles, snapshots and calls one program; the failure in words.
async fn run(project: &Project, name: &str) -> Result<(), String> {
    let bundle = match project.bundle(&project.entry(name)) {
        Document::Bundle(bundle) => bundle,
        Document::Refused { errors } => return Err(format!("bundling: {errors:#?}")),
    };
    let (artefact, _) = match snapshot(&bundle.module).await {
        Ok(made) => made,
        Err(NotCompiled::Failed(failed)) => return Err(format!("snapshot: {failed:?}")),
        Err(NotCompiled::Died(status)) => return Err(format!("the snapshot process died: {status}")),
    };
    let worker = Worker::start().await;
    for loaded in [worker.load(js_machine().await).await, worker.load(&artefact).await] {
        if loaded != wire::work::Loaded::Ready {
            return Err(format!("loading: {loaded:?}"));
        }
    }
    let mut request = get(artefact.component, "/");
    request.limits.cpu_ms = 10_000;
    let answer = worker.call(&request).await;
    match (&answer.failure, &answer.head) {
        (None, Some(head)) if head.status == 200 && answer.text() == "ok\n" => Ok(()),
        (None, Some(head)) => Err(format!("{}: {}", head.status, answer.text())),
        _ => Err(format!("{:?} {:?}", answer.failure, answer.logs)),
    }
}
