//! Threads for guests that compute for long, so that short ones never wait behind them.
use tokio::runtime::{Builder, Handle, Runtime};

use crate::door::StartError;

/// Started when first needed: most functions never do.
pub(crate) struct Slow {
    threads: usize,
    runtime: Option<Runtime>,
}

impl Slow {
    pub(crate) const fn new(threads: usize) -> Self {
        Self { threads, runtime: None }
    }

    /// Where to put a long one.
    pub(crate) fn handle(&mut self) -> Result<Handle, StartError> {
        if let Some(runtime) = &self.runtime {
            return Ok(runtime.handle().clone());
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(self.threads)
            .thread_name("guests")
            .enable_io()
            .enable_time()
            .build()
            .map_err(|source| StartError::Runtime { source })?;
        Ok(self.runtime.insert(runtime).handle().clone())
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The worker ends, inside another runtime: do not wait for guests that nobody listens to.
            runtime.shutdown_background();
        }
    }
}
