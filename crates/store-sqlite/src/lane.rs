//! A bounded queue of work and the threads that take from it. SQLite blocks, so it never runs on an async thread.
use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    thread::JoinHandle,
};

use store::StoreError;
use tokio::sync::mpsc;

/// Work that waits at most; a caller beyond that waits for a place.
const QUEUE_MAX: usize = 1_024;

/// One end of the queue for the threads; several threads share it.
pub(crate) struct Intake<J>(Arc<Mutex<mpsc::Receiver<J>>>);

impl<J> Intake<J> {
    /// The next piece of work; `None` once the lane is closed and empty. Blocks.
    pub(crate) fn next(&self) -> Option<J> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
    }

    /// The next piece of work if one is waiting.
    pub(crate) fn next_now(&self) -> Option<J> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()
    }
}

/// The queue as callers see it.
pub(crate) struct Lane<J> {
    sender: RwLock<Option<mpsc::Sender<J>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<J: Send + 'static> Lane<J> {
    /// Starts one thread for each of `bodies`.
    pub(crate) fn start<F>(name: &str, bodies: Vec<F>) -> std::io::Result<Self>
    where
        F: FnOnce(Intake<J>) + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let intake = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for body in bodies {
            let intake = Intake(intake.clone());
            threads.push(std::thread::Builder::new().name(name.to_owned()).spawn(move || body(intake))?);
        }
        Ok(Self { sender: RwLock::new(Some(sender)), threads: Mutex::new(threads) })
    }

    /// Queues the work, waiting for a place. A caller that goes away before that withdraws it; afterwards it will be done.
    pub(crate) async fn send(&self, work: J) -> Result<(), StoreError> {
        let sender = self.sender.read().unwrap_or_else(PoisonError::into_inner).clone();
        let sender = sender.ok_or(StoreError::Closed)?;
        sender.send(work).await.map_err(|_| StoreError::Closed)
    }

    /// Takes no more work, finishes what is queued, and waits for the threads. Blocks; closing twice is nothing new.
    pub(crate) fn close(&self) {
        drop(self.sender.write().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!(
                    "a thread of the store panicked; unanswered callers were told that the store is closed"
                );
            }
        }
    }
}
