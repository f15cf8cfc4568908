//! The in-memory store keeps the contract too: otherwise tests of rooms would rest on something databases do not do.
#![cfg(feature = "test-util")]
use std::sync::Arc;

use store::{MemoryStore, Store};

store::contract_suite!(|| -> Arc<dyn Store> { Arc::new(MemoryStore::default()) });

mod key_values {
    store::kv_contract_suite!(|bytes_max| std::sync::Arc::new(store::MemoryKeyValues::new(bytes_max)) as _);
}
