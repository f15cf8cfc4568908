//! probe: takes a role, closes its doors, then does one thing an attacker (or the platform) would do, and says how it went.
//!
//! `probe <role> <layers> <mode> <deed> [--read PATH] [--write PATH] [--with TEXT]`, started by `tests/`. Before the jail it
//! opens what the deeds need (inherited sockets, a second thread), because a real process would have that, too.
//! Answers on one line: `report {json}` after the jail, then `done` (it worked), `errno N` (refused), or nothing (killed).
#![expect(
    unsafe_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "an attacker's payload, used by tests only"
)]

mod attack;
mod legit;
mod tools;

use std::path::PathBuf;

use jail::{Layers, Mode, Plan, Role};
use tools::{Before, Outcome};

fn main() {
    let mut args = std::env::args().skip(1);
    let role = match args.next().as_deref() {
        Some("supervisor") => Role::Supervisor,
        Some("front") => Role::Front,
        Some("keeper") => Role::Keeper,
        Some("compile") => Role::Compile,
        Some("snapshot") => Role::Snapshot,
        Some("work") => Role::Work,
        Some("bundle") => Role::Bundle,
        Some("mailer") => Role::Mailer,
        Some("outside") => return tools::outside(args),
        other => panic!("no role `{other:?}`"),
    };
    let layers = match args.next().as_deref() {
        Some("both") => Layers { landlock: true, seccomp: true },
        Some("landlock") => Layers { landlock: true, seccomp: false },
        Some("seccomp") => Layers { landlock: false, seccomp: true },
        Some("none") => Layers { landlock: false, seccomp: false },
        // Both, on a kernel that has one of them not.
        Some("no-landlock") => tools::kernel_without(libc::SYS_landlock_create_ruleset),
        Some("no-seccomp") => tools::kernel_without(libc::SYS_seccomp),
        other => panic!("no layers `{other:?}`"),
    };
    let mode = if args.next().as_deref() == Some("strict") { Mode::Strict } else { Mode::BestEffort };
    let deed = args.next().expect("a deed");
    let mut plan = Plan { role, read: vec![], write: vec![] };
    let mut with = String::new();
    while let Some(key) = args.next() {
        let value = args.next().expect("a value");
        match key.as_str() {
            "--read" => plan.read.push(PathBuf::from(value)),
            "--write" => plan.write.push(PathBuf::from(value)),
            _ => with = value,
        }
    }
    let mut before = Before::open(&deed, with);
    match jail::apply_layers(&plan, mode, layers) {
        Ok(report) => {
            let level = format!("{:?}", report.level());
            println!("report {} {level} {}", report.missing().len(), serde_json::to_string(&report).unwrap());
        }
        Err(error) => {
            println!("refused {error}");
            return;
        }
    }
    let outcome = legit::perform(&deed, &mut before).or_else(|| attack::perform(&deed, &mut before));
    match outcome {
        Some(Outcome::Done) => println!("done"),
        Some(Outcome::Errno(number)) => println!("errno {number}"),
        None => panic!("no deed `{deed}`"),
    }
}
