//! Ends the process when a job passes its CPU or memory limit, and says which one.
//!
//! The kernel's own limits (`jail::limit_compile`) stand behind this: they hold even when the compiler was subverted,
//! but all they can do is kill without a word (`SIGXCPU`, or an abort when memory runs out).
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use types::CompileLimits;
use wire::{
    Sender,
    compile::{Failed, kind},
};

use crate::door::frame;

/// How often usage is looked at. Memory grows by at most some ten MiB in between.
const EVERY: Duration = Duration::from_millis(10);
/// Exit code of a process that was stopped by its own watch.
const STOPPED: i32 = 3;

/// What the kernel says about this process; opened before the jail closes.
pub(crate) fn open_status() -> io::Result<File> {
    File::open("/proc/self/status")
}

/// A job's limits and the channel to say so.
pub(crate) struct Watch {
    cpu_s: u64,
    memory_mib: u64,
    status: File,
    sender: Sender,
    stream: u32,
    over: AtomicBool,
}

impl Watch {
    pub(crate) fn new(limits: &CompileLimits, status: File, sender: Sender, stream: u32) -> Self {
        let (cpu_s, memory_mib) = (limits.compile_cpu_s, limits.compile_memory_mib);
        Self { cpu_s, memory_mib, status, sender, stream, over: AtomicBool::new(false) }
    }

    /// Starts looking, on a thread of its own: the compiler does not yield.
    pub(crate) fn start(self: Arc<Self>) {
        let watching = std::thread::Builder::new().name("watch".into()).spawn(move || self.look());
        if watching.is_err() {
            // Without a watch there is no limit but the kernel's. Refusing all jobs is the safe answer.
            std::process::exit(STOPPED);
        }
    }

    /// The job is done; what follows is sending.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    fn look(&self) {
        while !self.over.load(Ordering::Acquire) {
            if let Some(failed) = self.passed() {
                if let Ok(frame) = frame(kind::FAILED, self.stream, &failed) {
                    let _ = self.sender.send(vec![frame]);
                }
                std::process::exit(STOPPED);
            }
            std::thread::sleep(EVERY);
        }
    }

    fn passed(&self) -> Option<Failed> {
        let cpu = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
        if u64::try_from(cpu).unwrap_or(0) >= self.cpu_s {
            let reason = format!("compiling took more than {} seconds of CPU time", self.cpu_s);
            return Some(Failed::Limit { limit: "compile_cpu_s".into(), reason });
        }
        if peak_mib(&self.status).is_none_or(|mib| mib >= self.memory_mib) {
            let reason = format!("compiling took more than {} MiB of memory", self.memory_mib);
            return Some(Failed::Limit { limit: "compile_memory_mib".into(), reason });
        }
        None
    }
}

/// Most memory that this process ever had, in MiB; `None` when the kernel does not say.
fn peak_mib(status: &File) -> Option<u64> {
    let mut text = [0; 4096];
    let length = status.read_at(&mut text, 0).ok()?;
    let text = std::str::from_utf8(text.get(..length)?).ok()?;
    let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib >> 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_how_much_memory_there_was() {
        let status = open_status().unwrap();
        let before = peak_mib(&status).unwrap();
        let block = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(peak_mib(&status).unwrap() >= before + 32, "{}", block.len());
    }
}
