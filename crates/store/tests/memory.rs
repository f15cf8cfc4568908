//! The in-memory store keeps the contract too: otherwise tests of rooms would rest on something databases do not do.
#![cfg(feature = "test-util")]
use std::sync::Arc;

use store::{MemoryStore, Store};

store::contract_suite!(|| -> Arc<dyn Store> { Arc::new(MemoryStore::default()) });
