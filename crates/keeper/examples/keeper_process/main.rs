//! The keeper as the supervisor starts it, with the real clock and the kernel's randomness. For tests.
//! Argument: the keeper's folder. Standard input: the channel to the supervisor.
use std::{
    fs::File,
    io::Read as _,
    process::ExitCode,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use keeper::{Setting, Strength};
use types::{Clock, Instant, Rng, UnixMillis};

struct Real {
    randomness: File,
}

impl Clock for Real {
    fn now(&self) -> UnixMillis {
        #[expect(clippy::disallowed_methods, reason = "this is a process's outermost place")]
        let now = SystemTime::now();
        UnixMillis(now.duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)))
    }

    fn instant(&self) -> Instant {
        Instant(self.now().0.saturating_mul(1_000_000))
    }
}

impl Rng for Real {
    fn fill(&self, bytes: &mut [u8]) {
        assert!((&self.randomness).read_exact(bytes).is_ok(), "no randomness");
    }
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else { return ExitCode::from(2) };
    // Opened before the jail closes the file system.
    let Ok(randomness) = File::open("/dev/urandom") else { return ExitCode::from(3) };
    let real = Arc::new(Real { randomness });
    let (mode, passwords) = (|_: &_| jail::Mode::BestEffort, Strength::FLOOR);
    let setting = Setting { clock: real.clone(), rng: real, mode, passwords };
    let ended = wire::inherited().map_err(|e| e.to_string()).and_then(|channel| {
        keeper::run(channel, folder.into(), setting).map_err(|e| {
            use std::error::Error as _;
            e.source().map_or(e.to_string(), |source| format!("{e}: {source}"))
        })
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}
