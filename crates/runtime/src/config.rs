//! What an operator can set.
use serde::{Deserialize, Serialize};

/// Section `[runtime]` of the operator's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// A worker without work for so long is stopped; its app's next call starts another. In seconds.
    pub worker_idle_s: u64,
    /// Started workers without an app, kept ready so that an app's first call need not wait for a process.
    pub spare_workers: usize,
    /// Calls under way in one worker at a time; more wait for [`Config::queue_ms`], then are refused.
    pub calls_per_worker: usize,
    /// How long a call waits for a place, in milliseconds.
    pub queue_ms: u64,
    /// Compilers at work at the same time.
    pub compilers: usize,
    /// What one worker may hold in memory, in MiB: the memories of all calls in it, and the engine's own. A worker beyond it is
    /// ended, alone.
    pub worker_memory_mib: u64,
    /// Log lines kept in memory for each app, for `logs`.
    pub log_lines: usize,
    /// Log bytes kept on disk for each app, in KiB; the older half goes when it is full.
    pub log_kib: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            worker_idle_s: 60,
            spare_workers: 1,
            calls_per_worker: 128,
            queue_ms: 1_000,
            compilers: 1,
            worker_memory_mib: 4_096,
            log_lines: 1_000,
            log_kib: 4_096,
        }
    }
}
