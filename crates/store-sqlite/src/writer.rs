//! Group commit: whoever arrived while the last commit was being flushed shares the next one.
//! There is no timer: an idle store commits a lone caller at once, a busy one forms larger groups by itself.
use rusqlite::Connection;
use store::StoreError;
use tokio::sync::oneshot;

use crate::{
    fault::{Fault, Label},
    lane::Intake,
};

/// Callers that share one commit, at most: bounds how long the first of them waits for the last.
const GROUP_MAX: usize = 256;

/// One caller's work, whatever its type.
pub(crate) trait Job: Send {
    /// Does the work inside a savepoint. `false`: undo it.
    fn run(&mut self, db: &Connection) -> bool;
    /// Tells the caller, after the commit. `lost`: the group was not committed, for this reason.
    fn finish(self: Box<Self>, lost: Option<&str>);
}

/// Work that gives back a `T`.
pub(crate) struct Write<T, F> {
    label: Label,
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Write<T, F> {
    pub(crate) fn new(label: Label, work: F) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (Self { label, work: Some(work), result: None, reply }, answer)
    }
}

/// The commit that several callers shared did not happen.
#[derive(Debug, thiserror::Error)]
#[error("the shared commit failed: {0}")]
struct Lost(String);

impl<T, F> Job for Write<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, Fault> + Send,
{
    fn run(&mut self, db: &Connection) -> bool {
        let Some(work) = self.work.take() else { return false };
        let result = work(db).map_err(|fault| self.label.explain(fault));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn finish(self: Box<Self>, lost: Option<&str>) {
        let failed = |why: &str| StoreError::Failed { doing: self.label.doing, source: Box::new(Lost(why.to_owned())) };
        let answer = match (self.result, lost) {
            // Its own error says more than the group's.
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(value)), None) => Ok(value),
            (_, why) => Err(failed(why.unwrap_or("the work was not reached"))),
        };
        // A caller that went away does not want the answer; the write stands.
        drop(self.reply.send(answer));
    }
}

/// The writer thread: takes groups until the lane is closed, then empties the write-ahead log into the file.
pub(crate) fn run(db: &Connection, intake: &Intake<Box<dyn Job>>) {
    let mut group: Vec<Box<dyn Job>> = Vec::new();
    while let Some(first) = intake.next() {
        group.push(first);
        while group.len() < GROUP_MAX
            && let Some(more) = intake.next_now()
        {
            group.push(more);
        }
        let lost = commit(db, &mut group).err().map(|e| e.to_string());
        if let Some(why) = &lost {
            tracing::error!(reason = %why, callers = group.len(), "a group of writes could not be committed");
        }
        for job in group.drain(..) {
            job.finish(lost.as_deref());
        }
    }
    if let Err(e) = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        // Nothing is lost: the next start reads the log.
        tracing::warn!(reason = %e, "the write-ahead log was not emptied on closing");
    }
}

fn commit(db: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), rusqlite::Error> {
    let result = attempt(db, group);
    if result.is_err() && !db.is_autocommit() {
        db.execute_batch("ROLLBACK")?;
    }
    result
}

fn attempt(db: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), rusqlite::Error> {
    step(db, "BEGIN IMMEDIATE")?;
    for job in group {
        step(db, "SAVEPOINT caller")?;
        if !job.run(db) {
            // A full disk or an I/O error makes SQLite roll back everything by itself; then this statement fails,
            // and with it the group: nobody is told of a success that was undone.
            step(db, "ROLLBACK TO caller")?;
        }
        step(db, "RELEASE caller")?;
    }
    step(db, "COMMIT")
}

fn step(db: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}

#[cfg(test)]
mod tests;
