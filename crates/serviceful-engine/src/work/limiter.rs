//! Memory, tables and instances of one call. The pool holds the operator's caps; this holds the function's own limits.
use std::sync::Arc;

use types::RunLimits;
use wasmtime::ResourceLimiter;

use super::call::Call;

/// Counts what one store holds, over all of its memories and tables.
pub(crate) struct Limiter {
    call: Arc<Call>,
    memory_bytes: u64,
    memory_peak: u64,
    elements: u64,
}

impl Limiter {
    pub(crate) const fn new(call: Arc<Call>) -> Self {
        Self { call, memory_bytes: 0, memory_peak: 0, elements: 0 }
    }

    /// Most linear memory that there was, in bytes.
    pub(crate) const fn memory_peak(&self) -> u64 {
        self.memory_peak
    }

    fn limits(&self) -> &RunLimits {
        &self.call.limits
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory_bytes.saturating_sub(current as u64).saturating_add(desired as u64);
        if total > self.limits().memory_mib << 20 {
            let reason = format!("it wanted more than {} MiB of memory", self.limits().memory_mib);
            self.call.reach("memory_mib", reason);
            return Ok(false);
        }
        self.memory_bytes = total;
        self.memory_peak = self.memory_peak.max(total);
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.elements.saturating_sub(current as u64).saturating_add(desired as u64);
        if total > self.limits().table_elements {
            let reason = format!("it wanted more than {} table elements", self.limits().table_elements);
            self.call.reach("table_elements", reason);
            return Ok(false);
        }
        self.elements = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        usize::try_from(self.limits().instances).unwrap_or(usize::MAX)
    }

    fn tables(&self) -> usize {
        self.instances()
    }

    fn memories(&self) -> usize {
        self.instances()
    }
}
