//! `doctor`: is this machine fit to run a platform, or to build for one?
use std::{path::Path, process::Stdio};

use serde::Serialize;
use types::UnixMillis;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    out::Tone,
};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Ok,
    /// It works without.
    Careful,
    Bad,
}

const fn finding(what: &'static str, state: State, found: String, next: &'static str) -> Finding {
    let next = if matches!(state, State::Ok) { None } else { Some(next) };
    Finding { what, state, found, next }
}

pub(super) async fn run(desk: &Desk) -> Result<Exit, Failure> {
    let mut findings = vec![
        landlock(std::fs::read_to_string("/sys/kernel/security/lsm").ok().as_deref(), &kernel()),
        seccomp(std::fs::read_to_string("/proc/sys/kernel/seccomp/actions_avail").ok().as_deref()),
        maps(std::fs::read_to_string("/proc/sys/vm/max_map_count").ok().as_deref()),
        files(),
        clock(desk.now()),
        javascript(&std::env::current_exe().ok().and_then(|program| engine_module(&program)).unwrap_or_default()),
        target().await,
    ];
    findings.push(platform(desk).await);
    desk.out.answer(&findings, |out, findings| {
        for f in findings {
            let (tone, word) = match f.state {
                State::Ok => (Tone::Good, "ok"),
                State::Careful => (Tone::Careful, "careful"),
                State::Bad => (Tone::Bad, "bad"),
            };
            out.line(&format!("{} {}: {}", out.tone(tone, &format!("{word:<8}")), f.what, f.found))?;
            if let Some(next) = f.next {
                out.line(&format!("         {next}"))?;
            }
        }
        Ok(())
    })?;
    Ok(if findings.iter().any(|f| f.state == State::Bad) { Exit::Failed } else { Exit::Done })
}

fn kernel() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

/// `6.12.3-amd64` -> (6, 12).
fn version(release: &str) -> Option<(u32, u32)> {
    let mut parts = release.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn landlock(modules: Option<&str>, release: &str) -> Finding {
    const NEXT: &str = "use Linux 6.12 or newer with `landlock` in the `lsm=` boot list; `serviceful posture` says what each process really has";
    let listed = modules.map(|list| list.trim().split(',').any(|name| name == "landlock"));
    let new_enough = |at| version(release).is_some_and(|found| found >= at);
    let (state, found) = match listed {
        Some(false) => (State::Bad, format!("not among this kernel's security modules ({release})")),
        _ if !new_enough((5, 13)) => (State::Bad, format!("this kernel ({release}) is older than Landlock")),
        _ if !new_enough((6, 12)) => {
            (State::Careful, format!("this kernel ({release}) has an early version, without scopes for signals"))
        }
        Some(true) => (State::Ok, format!("there ({release})")),
        None => {
            (State::Careful, format!("this kernel ({release}) can have it; whether it does cannot be seen from here"))
        }
    };
    finding("Landlock", state, found, NEXT)
}

fn seccomp(actions: Option<&str>) -> Finding {
    let there = actions.is_some_and(|list| list.split_whitespace().any(|word| word == "kill_process"));
    let (state, found) = if there { (State::Ok, "there") } else { (State::Bad, "not there") };
    finding("seccomp", state, found.to_owned(), "use a kernel with CONFIG_SECCOMP_FILTER")
}

fn maps(text: Option<&str>) -> Finding {
    const ENOUGH: u64 = 65_530;
    let count = text.and_then(|text| text.trim().parse::<u64>().ok());
    let (state, found) = match count {
        Some(count) if count >= ENOUGH => (State::Ok, format!("{count}")),
        Some(count) => (State::Careful, format!("{count} is less than {ENOUGH}")),
        None => (State::Careful, "cannot be read".to_owned()),
    };
    finding("memory areas (vm.max_map_count)", state, found, "run `sysctl vm.max_map_count=262144`")
}

fn files() -> Finding {
    const ENOUGH: u64 = 4_096;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let hard = limit.maximum.unwrap_or(u64::MAX);
    let state = if hard >= ENOUGH { State::Ok } else { State::Careful };
    finding("open files", state, format!("up to {hard}"), "raise the hard limit (`LimitNOFILE=` in a unit) to 65536")
}

fn clock(now: UnixMillis) -> Finding {
    // Nobody who runs this lives before it was written.
    const WRITTEN: UnixMillis = UnixMillis(1_767_225_600_000);
    let state = if now >= WRITTEN { State::Ok } else { State::Bad };
    finding("clock", state, super::text::moment(now), "set the clock; credentials would seem expired or not yet valid")
}

/// The first bytes of the JavaScript engine beside this program; `None`: it is not there.
fn engine_module(program: &Path) -> Option<Vec<u8>> {
    let file = std::fs::File::open(program.canonicalize().ok()?.with_file_name("js-engine.wasm")).ok()?;
    let mut head = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, 8), &mut head).ok()?;
    Some(head)
}

/// What it starts with tells a module from what is none; whether it can be compiled is what `posture` of the platform says.
fn javascript(head: &[u8]) -> Finding {
    const NEXT: &str = "install the `js-engine.wasm` of this version beside `serviceful` and `serviceful-engine` (`make js-engine` builds it)";
    let (state, found) = match head {
        [] => (State::Bad, "there is no `js-engine.wasm` beside this program: no function in JavaScript runs"),
        head if head == b"\0asm\x01\0\0\0" => (State::Ok, "there"),
        _ => (State::Bad, "the `js-engine.wasm` beside this program is no WebAssembly module"),
    };
    finding("JavaScript engine", state, found.to_owned(), NEXT)
}

#[expect(clippy::disallowed_methods, reason = "asks the compiler of this machine where its targets are")]
async fn target() -> Finding {
    const NEXT: &str = "run `rustup target add wasm32-wasip2`; only functions in Rust need it";
    let asked = tokio::process::Command::new("rustc").arg("--print").arg("sysroot").stdin(Stdio::null()).output().await;
    let sysroot = asked.ok().filter(|o| o.status.success()).and_then(|o| String::from_utf8(o.stdout).ok());
    let (state, found) = match sysroot {
        None => (State::Careful, "there is no Rust compiler here"),
        Some(root) if Path::new(root.trim()).join("lib/rustlib/wasm32-wasip2/lib").is_dir() => (State::Ok, "there"),
        Some(_) => (State::Careful, "not there"),
    };
    finding("Rust target wasm32-wasip2", state, found.to_owned(), NEXT)
}

/// No platform is nothing bad: this machine may be made fit for one. One that is known and does not answer is.
async fn platform(desk: &Desk) -> Finding {
    const START: &str = "start one with `serviceful up`, or name one with `--platform`";
    let target = match desk.target() {
        Ok(target) => target.console,
        Err(failure) => return finding("platform", State::Careful, failure.what, START),
    };
    let asked = match desk.client() {
        Ok(client) => client.whoami().await.map_err(Failure::from),
        // Whoever has no credential can still find out whether anybody is there.
        Err(failure) if failure.exit == Exit::Refused => match stranger(&target).await {
            Some(dead) => Err(dead),
            None => Err(failure),
        },
        Err(failure) => Err(failure),
    };
    match asked {
        Ok(identity) => answering(format!("answers; you are {}", identity.name.unwrap_or(identity.kind))),
        Err(failure) => silent(&target, &failure),
    }
}

/// Asks without a credential; what is wrong when nobody answers.
async fn stranger(console: &str) -> Option<Failure> {
    let address = console.parse::<client::Address>().ok()?;
    let failure = Failure::from(client::Client::new(address, None).whoami().await.err()?);
    (failure.exit == Exit::Unreachable).then_some(failure)
}

const fn answering(found: String) -> Finding {
    finding("platform", State::Ok, found, "")
}

fn silent(target: &str, failure: &Failure) -> Finding {
    const DEAD: &str =
        "start it again (`serviceful up` in its project, or its service), or name another with `--platform`";
    const STRANGER: &str =
        "`serviceful login` signs in through a browser; `serviceful claim` on its host makes a link for an owner";
    match failure.exit {
        Exit::Unreachable => finding("platform", State::Bad, failure.what.clone(), DEAD),
        // It is there; it does not know whoever asks.
        Exit::Refused => finding("platform", State::Careful, format!("{target}: {}", failure.what), STRANGER),
        _ => finding("platform", State::Bad, format!("{target}: {}", failure.what), DEAD),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_told_apart() {
        let state = |modules, release| landlock(modules, release).state;
        assert_eq!(state(Some("lockdown,capability,landlock"), "6.12.3-amd64"), State::Ok);
        assert_eq!(state(Some("capability,apparmor\n"), "6.12.3"), State::Bad);
        assert_eq!(state(Some("landlock"), "6.1.0-13"), State::Careful);
        assert_eq!(state(Some("landlock"), "5.10.1"), State::Bad);
        assert_eq!(state(None, "6.18.0"), State::Careful);
        assert_eq!(version("garbage"), None);
    }

    #[test]
    fn a_missing_or_broken_javascript_engine_is_bad() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("serviceful");
        std::fs::write(&program, "").expect("written");
        let state = || javascript(&engine_module(&program).unwrap_or_default()).state;
        assert_eq!(state(), State::Bad);
        for (bytes, wanted) in [
            (&b"\0asm\x01\0\0\0rest"[..], State::Ok),
            (b"garbage!", State::Bad),
            (b"\0asm", State::Bad),
            (b"", State::Bad),
        ] {
            std::fs::write(folder.path().join("js-engine.wasm"), bytes).expect("written");
            assert_eq!(state(), wanted, "{bytes:?}");
        }
    }

    #[test]
    fn a_known_platform_that_does_not_answer_is_bad() {
        let state = |exit| silent("http://console.localhost:1", &Failure::new("x").exit(exit)).state;
        assert_eq!(state(Exit::Unreachable), State::Bad);
        assert_eq!(state(Exit::Failed), State::Bad);
        assert_eq!(state(Exit::Refused), State::Careful);
        assert_eq!(answering("answers".into()).next, None);
    }

    #[test]
    fn bad_findings_say_what_to_do_and_good_ones_do_not() {
        assert!(seccomp(None).next.is_some());
        assert!(seccomp(Some("kill_process kill_thread trap")).next.is_none());
        assert_eq!(maps(Some("65530\n")).state, State::Ok);
        assert_eq!(maps(Some("1000")).state, State::Careful);
        assert_eq!(clock(UnixMillis(0)).state, State::Bad);
    }
}
