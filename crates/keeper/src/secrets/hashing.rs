//! The queue before the hash: the one expensive step of a sign-in. Without it, whoever sends passwords in numbers takes all
//! memory and all cores, and signing stands still.
//!
//! So many threads work; so many questions wait; one more is told to come back. One that waited too long is told the same,
//! because whoever asked has given up. The threads get what others leave of the processors: hashes that a flood of strangers asks for
//! must not be in the way of signing, or of requests.
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc;
use types::{Clock, Instant, Rng};
use wire::{
    Frame, Sender,
    keeper::{Answer, Typed, kind},
};

use super::{
    password::{self, PasswordError, Strength, Verdict},
    ring::Ring,
};
use crate::KeeperError;

/// Questions that may wait.
pub(crate) const WAITING_MAX: usize = 64;
/// How long one may wait before its work begins.
const PATIENCE_US: u64 = 10_000_000;

/// What to do with a password.
pub(crate) enum Task {
    Hash(Typed),
    Verify(Typed, Option<String>),
}

struct Job {
    task: Task,
    stream: u32,
    to: Sender,
    since: Instant,
}

/// What the threads share.
struct Shop {
    peppers: Ring,
    strength: Strength,
    rng: Arc<dyn Rng>,
    clock: Arc<dyn Clock>,
}

/// The queue's near end. Dropping it ends the threads.
pub(crate) struct Hashing {
    jobs: mpsc::Sender<Job>,
    clock: Arc<dyn Clock>,
}

/// So many threads for this machine: one core stays for everything else.
pub(crate) fn threads_of_this_machine() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1)
}

impl Hashing {
    /// Starts the threads. Called after the jail is shut, so that they are inside.
    pub(crate) fn start(
        peppers: Ring,
        strength: Strength,
        threads: usize,
        rng: Arc<dyn Rng>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeeperError> {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        let shop = Arc::new(Shop { peppers, strength: strength.within_bounds(), rng, clock: clock.clone() });
        for _ in 0..threads {
            let (shop, waiting) = (shop.clone(), waiting.clone());
            let body = move || {
                if let Err(error) = jail::step_back() {
                    tracing::warn!(%error, "passwords are hashed at the priority of everything else");
                }
                shop.work(&waiting);
            };
            std::thread::Builder::new().name("hash".into()).spawn(body).map_err(KeeperError::Runtime)?;
        }
        Ok(Self { jobs, clock })
    }

    /// Queues the task; its answer goes to `to`. `false`: there is no place.
    pub(crate) fn queue(&self, task: Task, stream: u32, to: Sender) -> bool {
        self.jobs.try_send(Job { task, stream, to, since: self.clock.instant() }).is_ok()
    }
}

impl Shop {
    fn work(&self, waiting: &Mutex<mpsc::Receiver<Job>>) {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(Job { task, stream, to, since }) = next else { return };
            let late = self.clock.instant().micros_since(since) > PATIENCE_US;
            // A defect must cost one answer, not a thread.
            let answer = if late || to.is_gone() {
                Answer::Busy
            } else {
                catch_unwind(AssertUnwindSafe(|| self.answer(&task))).unwrap_or(Answer::Busy)
            };
            if let Ok(payload) = wire::encode(&answer) {
                // A front that went away asks again.
                let _ = to.send(vec![Frame::new(kind::ANSWER, stream, payload)]);
            }
        }
    }

    fn answer(&self, task: &Task) -> Answer {
        let done = match task {
            Task::Hash(new) => match password::check(new.reveal()) {
                Ok(()) => self.hash(new).map(Answer::PasswordHash),
                Err(flaw) => Ok(Answer::PasswordUnfit(flaw)),
            },
            Task::Verify(tried, stored) => self.verify(tried, stored.as_deref()),
        };
        done.unwrap_or_else(|error| Answer::NotNow { reason: error.to_string() })
    }

    fn hash(&self, new: &Typed) -> Result<String, PasswordError> {
        password::hash(&self.peppers, &*self.rng, self.strength, new.reveal())
    }

    fn verify(&self, tried: &Typed, stored: Option<&str>) -> Result<Answer, PasswordError> {
        let no = Answer::PasswordVerdict { matches: false, better: None };
        if !password::is_possible(tried.reveal()) {
            return Ok(no);
        }
        let verdict = match stored {
            Some(stored) => password::verify(&self.peppers, self.strength, tried.reveal(), stored)?,
            None => password::decoy(&self.peppers, &*self.rng, self.strength, tried.reveal())?,
        };
        Ok(match verdict {
            Verdict::No => no,
            Verdict::Yes => Answer::PasswordVerdict { matches: true, better: None },
            Verdict::Outdated => Answer::PasswordVerdict { matches: true, better: Some(self.hash(tried)?) },
        })
    }
}
