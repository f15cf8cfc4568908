//! A bounded queue of work and the threads that take from it. SQLite blocks, so it never runs on an async thread.
use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use store::StoreError;
use tokio::sync::Semaphore;

/// Work that waits at most; a caller beyond that waits for a place.
const QUEUE_MAX: usize = 1_024;

/// What callers and threads share. Each piece of work wakes one thread and no other: with a channel behind a lock, the thread that
/// waited for the lock was woken too, for nothing.
struct Shared<J> {
    queue: Mutex<Queue<J>>,
    more: Condvar,
    places: Semaphore,
}

struct Queue<J> {
    work: VecDeque<J>,
    closed: bool,
    /// Threads that still take from it.
    takers: usize,
}

impl<J> Shared<J> {
    fn lock(&self) -> MutexGuard<'_, Queue<J>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One end of the queue for the threads; several threads share it.
pub(crate) struct Intake<J>(Arc<Shared<J>>);

impl<J> Intake<J> {
    /// The next piece of work; `None` once the lane is closed and empty. Blocks.
    pub(crate) fn next(&self) -> Option<J> {
        let waits = |queue: &mut Queue<J>| queue.work.is_empty() && !queue.closed;
        let queue = self.0.more.wait_while(self.0.lock(), waits);
        self.taken(queue.unwrap_or_else(PoisonError::into_inner).work.pop_front())
    }

    /// The next piece of work if one is waiting.
    pub(crate) fn next_now(&self) -> Option<J> {
        self.taken(self.0.lock().work.pop_front())
    }

    fn taken(&self, work: Option<J>) -> Option<J> {
        work.inspect(|_| self.0.places.add_permits(1))
    }
}

impl<J> Drop for Intake<J> {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.takers -= 1;
        // Nobody is left, because all panicked: what waits would wait for ever.
        if queue.takers == 0 {
            queue.closed = true;
            self.0.places.close();
            let left = std::mem::take(&mut queue.work);
            drop(queue);
            drop(left);
        }
    }
}

/// The queue as callers see it.
pub(crate) struct Lane<J> {
    shared: Arc<Shared<J>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl<J: Send + 'static> Lane<J> {
    /// Starts one thread for each of `bodies`.
    pub(crate) fn start<F>(name: &str, bodies: Vec<F>) -> std::io::Result<Self>
    where
        F: FnOnce(Intake<J>) + Send + 'static,
    {
        let queue = Mutex::new(Queue { work: VecDeque::new(), closed: false, takers: 0 });
        let shared = Arc::new(Shared { queue, more: Condvar::new(), places: Semaphore::new(QUEUE_MAX) });
        let lane = Self { shared, threads: Mutex::default() };
        for body in bodies {
            lane.shared.lock().takers += 1;
            let intake = Intake(lane.shared.clone());
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || body(intake));
            // Those that run already end, should this one not start.
            let thread = thread.inspect_err(|_| lane.close())?;
            lane.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(lane)
    }

    /// Queues the work, waiting for a place. A caller that goes away before that withdraws it; afterwards it will be done.
    pub(crate) async fn send(&self, work: J) -> Result<(), StoreError> {
        let place = self.shared.places.acquire().await.map_err(|_| StoreError::Closed)?;
        {
            let mut queue = self.shared.lock();
            if queue.closed {
                return Err(StoreError::Closed);
            }
            queue.work.push_back(work);
        }
        // Whoever takes the work gives the place back.
        place.forget();
        self.shared.more.notify_one();
        Ok(())
    }

    /// Takes no more work, finishes what is queued, and waits for the threads. Blocks; closing twice is nothing new.
    pub(crate) fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.places.close();
        self.shared.more.notify_all();
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
