//! One thread, and the files of the apps that are its own.
use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use rusqlite::Connection;
use store::StoreError;
use tokio::sync::oneshot;
use types::{AppName, KvAnswer, KvQuestion, KvRefusal, UnixMillis};

use super::{file, questions};
use crate::lane::Intake;

/// Files that one thread keeps open.
const OPEN_MAX: usize = 16;
/// Questions that share one commit, at most.
const GROUP_MAX: usize = 64;
/// Keys that one purge removes at a time.
const PURGED: usize = 10_000;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

pub(super) struct Job {
    pub(super) app: AppName,
    pub(super) work: Work,
}

pub(super) enum Work {
    Ask {
        question: KvQuestion,
        now: UnixMillis,
        reply: Reply<KvAnswer>,
    },
    /// `gone`: whatever is asked after it is refused.
    Remove {
        gone: bool,
        reply: Reply<()>,
    },
    Purge {
        now: UnixMillis,
        reply: Reply<usize>,
    },
}

/// See the module.
pub(super) struct Files {
    folder: PathBuf,
    bytes_max: u64,
    /// And when it was used last, by `uses`.
    open: HashMap<AppName, (Connection, u64)>,
    uses: u64,
    gone: HashSet<AppName>,
}

fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| StoreError::Failed { doing, source: Box::new(source) }
}

fn tell<T>(reply: Reply<T>, answer: Result<T, StoreError>) {
    // A caller that went away does not want the answer; what was done stands.
    drop(reply.send(answer));
}

/// A question with the one who asked.
type Asked = (KvQuestion, UnixMillis, Reply<KvAnswer>);

impl Files {
    pub(super) fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max, open: HashMap::new(), uses: 0, gone: HashSet::new() }
    }

    /// Takes work until the lane is closed. Closing a file empties its write-ahead log into it.
    pub(super) fn run(mut self, intake: &Intake<Job>) {
        while let Some(first) = intake.next() {
            let mut group = vec![first];
            while group.len() < GROUP_MAX
                && let Some(more) = intake.next_now()
            {
                group.push(more);
            }
            while let Some(app) = group.first().map(|job| job.app.clone()) {
                let (of_app, others): (Vec<Job>, Vec<Job>) = group.into_iter().partition(|job| job.app == app);
                self.serve(&app, of_app);
                group = others;
            }
        }
    }

    /// Work of one app, in its order; questions that follow each other go together.
    fn serve(&mut self, app: &AppName, jobs: Vec<Job>) {
        let mut asked: Vec<Asked> = Vec::new();
        for job in jobs {
            match job.work {
                Work::Ask { question, now, reply } => asked.push((question, now, reply)),
                Work::Remove { gone, reply } => {
                    self.answer(app, std::mem::take(&mut asked));
                    tell(reply, self.remove(app, gone));
                }
                Work::Purge { now, reply } => {
                    self.answer(app, std::mem::take(&mut asked));
                    tell(reply, self.purge(app, now));
                }
            }
        }
        self.answer(app, asked);
    }

    fn remove(&mut self, app: &AppName, gone: bool) -> Result<(), StoreError> {
        drop(self.open.remove(app));
        // SECURITY: before the file goes: from here on nothing of the app, however late it comes, can make it again.
        self.gone.insert(app.clone());
        let removed = file::remove(&self.folder, app);
        removed.map_err(|source| StoreError::Failed { doing: "removed an app's keys", source: Box::new(source) })?;
        if !gone {
            self.gone.remove(app);
        }
        Ok(())
    }

    fn purge(&mut self, app: &AppName, now: UnixMillis) -> Result<usize, StoreError> {
        if self.gone.contains(app) {
            return Ok(0);
        }
        let db = self.file(app).map_err(failed("opened an app's keys"))?;
        questions::purge(db, now, PURGED).map_err(failed("purged an app's keys"))
    }

    /// The app's file, opened if need be.
    fn file(&mut self, app: &AppName) -> Result<&mut Connection, rusqlite::Error> {
        self.uses += 1;
        if !self.open.contains_key(app) {
            if self.open.len() >= OPEN_MAX {
                let oldest = self.open.iter().min_by_key(|(_, (_, used))| *used).map(|(app, _)| app.clone());
                if let Some(oldest) = oldest {
                    drop(self.open.remove(&oldest));
                }
            }
            let db = file::open(&self.folder, app)?;
            self.open.insert(app.clone(), (db, 0));
        }
        let uses = self.uses;
        match self.open.get_mut(app) {
            Some((db, used)) => {
                *used = uses;
                Ok(db)
            }
            None => Err(rusqlite::Error::QueryReturnedNoRows),
        }
    }

    fn answer(&mut self, app: &AppName, asked: Vec<Asked>) {
        if asked.is_empty() {
            return;
        }
        if self.gone.contains(app) {
            return asked
                .into_iter()
                .for_each(|(.., reply)| tell(reply, Ok(KvAnswer::Refused(KvRefusal::Unavailable))));
        }
        // Whoever only looks makes no file.
        let looks = !asked.iter().any(|(question, ..)| question.writes());
        if looks && !self.open.contains_key(app) && !file::path(&self.folder, app).exists() {
            return asked
                .into_iter()
                .for_each(|(question, _, reply)| tell(reply, Ok(questions::of_nothing(&question))));
        }
        let bytes_max = self.bytes_max;
        let answered = match self.file(app) {
            Ok(db) => questions::answer(db, &asked, |(question, now, _)| (question, *now), bytes_max),
            Err(error) => Err(error),
        };
        match answered {
            Ok(answers) => {
                for ((.., reply), answer) in asked.into_iter().zip(answers) {
                    tell(reply, Ok(answer));
                }
            }
            Err(error) => {
                tracing::error!(app.name = %app, reason = %error, callers = asked.len(), "an app's keys cannot be used");
                // Whatever state the connection is in, the next question begins with a fresh one.
                drop(self.open.remove(app));
                let why = error.to_string();
                for (.., reply) in asked {
                    let source = Box::<dyn std::error::Error + Send + Sync>::from(why.clone());
                    tell(reply, Err(StoreError::Failed { doing: "asked an app's keys", source }));
                }
            }
        }
    }
}
