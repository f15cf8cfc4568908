//! Deployments of one app happen one after the other, in the order in which they were accepted.
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::oneshot;
use types::AppName;

/// The end of each app's queue.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<AppName, Queue>>);

struct Queue {
    last: Before,
    length: Arc<AtomicUsize>,
}

/// The turn before. It closes without a word when that turn ends; a turn that is given up before it came hands on what
/// it was waiting for itself, so that nobody overtakes.
struct Before(oneshot::Receiver<Before>);

/// A place in an app's queue. It ends when it is dropped, a panic included.
pub(crate) struct Turn {
    before: Option<Before>,
    length: Arc<AtomicUsize>,
    end: Option<oneshot::Sender<Before>>,
}

/// Deployments of one app that may wait or run at once.
pub(crate) const QUEUE_MAX: usize = 8;

impl Turns {
    /// The next turn; `None` when too many wait.
    pub(crate) fn take(&self, app: &AppName) -> Option<Turn> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What nobody waits in any more is forgotten, so the map stays as small as what is under way.
        queues.retain(|_, queue| queue.length.load(Ordering::Acquire) > 0);
        let length = queues.get(app).map_or_else(Arc::default, |queue| queue.length.clone());
        if length.load(Ordering::Acquire) >= QUEUE_MAX {
            return None;
        }
        length.fetch_add(1, Ordering::AcqRel);
        let (end, last) = oneshot::channel();
        let before =
            queues.insert(app.clone(), Queue { last: Before(last), length: length.clone() }).map(|queue| queue.last);
        Some(Turn { before, length, end: Some(end) })
    }
}

impl Turn {
    /// Waits until all earlier turns have ended.
    pub(crate) async fn come(&mut self) {
        // At most `QUEUE_MAX` rounds: each is one turn that was given up.
        while let Some(Before(before)) = &mut self.before {
            self.before = before.await.ok();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let (Some(before), Some(end)) = (self.before.take(), self.end.take()) {
            // Nobody may be waiting behind; then there is nothing to hand on.
            let _nobody = end.send(before);
        }
        self.length.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_come_in_order_and_are_bounded() {
        let turns = Turns::default();
        let app = AppName::parse("coffee").expect("a name");
        let mut held: Vec<_> = (0..QUEUE_MAX).map(|_| turns.take(&app).expect("a place")).collect();
        assert!(turns.take(&app).is_none(), "the queue is full");
        assert!(turns.take(&AppName::parse("tea").expect("a name")).is_some(), "another app has a queue of its own");
        let mut third = held.remove(2);
        let second = held.remove(1);
        let mut first = held.remove(0);
        first.come().await;
        drop(second);
        let early = tokio::time::timeout(std::time::Duration::from_millis(20), third.come()).await;
        assert!(early.is_err(), "the second was given up, but the first has not ended");
        drop(first);
        third.come().await;
    }
}
