//! A breach list that takes everything but `damaged`.
use std::sync::Mutex;

use bytes::Bytes;
use gateway::{BreachListError, BreachListFacts, BreachListPort, BreachListState, Fut};
use types::{Digest, Secret, UnixMillis};

#[derive(Default)]
pub(in crate::tests) struct FakeBreachList(Mutex<Option<BreachListFacts>>);

impl BreachListPort for FakeBreachList {
    fn knows(&self, _: &Secret) -> bool {
        false
    }

    fn state(&self) -> BreachListState {
        self.0.lock().unwrap().map_or(BreachListState::Absent, BreachListState::Present)
    }

    fn put(&self, file: Bytes) -> Fut<'_, Result<BreachListFacts, BreachListError>> {
        if &*file == b"damaged" {
            return Box::pin(async { Err(BreachListError::Unfit("it was cut off".to_owned())) });
        }
        let (digest, imported_at) = (Digest::from_bytes([3; 32]), UnixMillis(5));
        let facts = BreachListFacts { entries: 7, min_count: 2, bytes: file.len() as u64, digest, imported_at };
        *self.0.lock().unwrap() = Some(facts);
        Box::pin(async move { Ok(facts) })
    }

    fn remove(&self) -> Fut<'_, Result<bool, BreachListError>> {
        let there = self.0.lock().unwrap().take().is_some();
        Box::pin(async move { Ok(there) })
    }
}
