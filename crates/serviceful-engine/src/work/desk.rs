//! Questions to the front that calls of this worker wait for: secrets, keys and values, what a caller may do.
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use wire::work::{ASKS_MAX, Answer, Ask, Question, Told, to_front};

use super::call::Call;

/// See the module. One a worker.
pub(crate) struct Desk {
    places: Arc<Semaphore>,
    next: AtomicU32,
    /// INVARIANT: a place is held until the front has answered, whatever became of the call: the front counts as we do.
    waiting: Mutex<HashMap<u32, (oneshot::Sender<Answer>, OwnedSemaphorePermit)>>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(ASKS_MAX)), next: AtomicU32::new(1), waiting: Mutex::default() }
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, (oneshot::Sender<Answer>, OwnedSemaphorePermit)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a call, once there is a place; `None` when no answer comes any more.
    pub(super) async fn ask(&self, call: &Call, question: Question) -> Option<Answer> {
        let place = self.places.clone().acquire_owned().await.ok()?;
        let (reply, answer) = oneshot::channel();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, (reply, place));
        call.tell(to_front::ASK, &Ask { number, question });
        // What waits is sent at the end of the turn; this may be none of the guest's own.
        call.task.wake();
        answer.await.ok()
    }

    /// An answer has come. Of a call that is gone it is let go.
    pub(super) fn told(&self, told: Told) {
        if let Some((reply, _)) = self.lock().remove(&told.number) {
            let _ = reply.send(told.answer);
        }
    }
}
