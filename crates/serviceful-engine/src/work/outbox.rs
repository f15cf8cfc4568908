//! What goes to the front next. Calls put frames in; the task that reads the channel sends all of them at once, so that
//! ten answers that are ready together cost one system call and one wake-up of the front.
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;
use wire::{ChannelError, Frame, Sender};

/// Frames in the order of their coming; those of one stream keep theirs. Bounded by the credit of each stream.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: Mutex<Vec<Frame>>,
    filled: Notify,
}

impl Outbox {
    /// Adds frames that belong together.
    pub(crate) fn put(&self, mut frames: Vec<Frame>) {
        let first = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let first = waiting.is_empty();
            waiting.append(&mut frames);
            first
        };
        if first {
            self.filled.notify_one();
        }
    }

    /// Waits until there may be something.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Sends everything.
    pub(crate) fn empty(&self, sender: &Sender) -> Result<(), ChannelError> {
        let frames = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if frames.is_empty() { Ok(()) } else { sender.send(frames) }
    }
}
