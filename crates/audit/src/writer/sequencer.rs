//! The thread that builds the tree: at most once an interval it reads what became durable from the append file, extends
//! the tiles, has the new head signed, and writes the checkpoint. When nothing changed it sleeps.
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    recover::{self, Tree},
    shared::{Shared, Stage, Watch},
    tiles::Tiles,
};
use crate::{
    CheckpointSigner, Progress, SignError, TreeHead,
    batch::{self, HEADER_BYTES, PAYLOAD_BYTES_MAX},
    checkpoint::Checkpoint,
    entries::Entries,
    layout::{self, Layout},
};

/// How long one answer of the signer may take.
const SIGN_WITHIN: Duration = Duration::from_secs(3);
/// How much of the append file is in memory at once; it must hold the largest batch.
const READ_BYTES: usize = HEADER_BYTES + PAYLOAD_BYTES_MAX;

enum Failure {
    /// Ask again later.
    Later(String),
    /// The log stops.
    Fatal(String),
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        Self::Fatal(format!("its tiles cannot be written: {e}"))
    }
}

pub(crate) struct Sequencer {
    layout: Layout,
    tiles: Tiles,
    /// First record of the segment that is being read, and how far it has been.
    position: (u64, u64),
    /// The head in the checkpoint file.
    written: Option<TreeHead>,
    /// The last head that the signer signed, once it has been asked.
    signed: Option<Option<TreeHead>>,
    signer: Arc<dyn CheckpointSigner>,
    every: Duration,
    progress: watch::Receiver<Progress>,
    stage: watch::Receiver<Stage>,
}

impl Sequencer {
    pub(crate) fn new(
        layout: Layout,
        tree: Tree,
        signer: Arc<dyn CheckpointSigner>,
        every: Duration,
        shared: &Shared,
    ) -> Self {
        Self {
            layout,
            tiles: tree.tiles,
            position: tree.position,
            written: tree.checkpoint,
            signed: None,
            signer,
            every,
            progress: shared.progress.subscribe(),
            stage: shared.stage.subscribe(),
        }
    }

    /// Runs on a thread of its own, until the log ends.
    pub(crate) fn run(mut self, shared: &Shared) {
        let _watch = Watch { shared, thread: "sequencer" };
        match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime.block_on(self.work(shared)),
            Err(e) => shared.stop(format!("its sequencer cannot start: {e}")),
        }
    }

    async fn work(&mut self, shared: &Shared) {
        let mut tries = 0_u32;
        loop {
            let ending = self.wait(tries).await;
            if ending == Stage::Abandoned || self.progress.borrow().failed {
                return;
            }
            match self.round(shared).await {
                Ok(()) => tries = 0,
                Err(Failure::Later(reason)) => {
                    tries = tries.saturating_add(1);
                    // The answer may have been lost after the signer had written down what it signed.
                    self.signed = None;
                    tracing::warn!(reason = %reason, tries, "the audit log has no fresh checkpoint; records are kept, the next try follows");
                }
                Err(Failure::Fatal(reason)) => return shared.stop(reason),
            }
            if ending == Stage::Flushed && (self.is_settled() || tries > 2) {
                return;
            }
        }
    }

    /// Whether the checkpoint covers everything.
    fn is_settled(&self) -> bool {
        self.written.map_or(0, |w| w.size) >= self.progress.borrow().durable
    }

    /// Sleeps until there is work; then gives others an interval's time to add to it. Failures wait longer each time.
    async fn wait(&mut self, tries: u32) -> Stage {
        let written = self.written.map_or(0, |w| w.size);
        // The signer is asked once even when nothing is new: it may remember more than is here.
        if self.signed.is_some() {
            tokio::select! {
                _ = self.progress.wait_for(|p| p.durable > written || p.failed) => {}
                _ = self.stage.wait_for(|s| *s >= Stage::Flushed) => {}
            }
        }
        let pause = self.every.saturating_mul(1 << tries.min(3));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = self.stage.wait_for(|s| *s >= Stage::Flushed) => {}
        }
        *self.stage.borrow()
    }

    async fn round(&mut self, shared: &Shared) -> Result<(), Failure> {
        let durable = self.progress.borrow().durable;
        self.read_up_to(durable)?;
        let last = self.last_signed().await?;
        let head = self.tiles.head()?;
        if let Some(last) = last.filter(|last| last.size > head.size) {
            return Err(Failure::Fatal(format!(
                "the keeper signed a checkpoint of {} records and only {} are there; run `serviceful audit verify` and restore both folders together",
                last.size, head.size
            )));
        }
        if head.size == 0 || self.written == Some(head) {
            return Ok(());
        }
        let proof = last.map_or(Ok(Vec::new()), |last| self.tiles.proof_from(last.size))?;
        let note = self.ask(self.signer.sign(head, proof)).await?;
        self.signed = Some(Some(head));
        self.publish(head, &note)?;
        shared.signed.store(head.size, Ordering::Release);
        Ok(())
    }

    async fn last_signed(&mut self) -> Result<Option<TreeHead>, Failure> {
        if let Some(known) = self.signed {
            return Ok(known);
        }
        let last = self.ask(self.signer.last_signed()).await?;
        self.signed = Some(last);
        Ok(last)
    }

    /// Waits for the signer, but not for ever, and not once the log is abandoned.
    async fn ask<T>(&self, answer: crate::SignFuture<'_, T>) -> Result<T, Failure> {
        let mut stage = self.stage.clone();
        tokio::select! {
            answer = tokio::time::timeout(SIGN_WITHIN, answer) => match answer {
                Ok(Ok(answer)) => Ok(answer),
                Ok(Err(e @ SignError::Unavailable { .. })) => Err(Failure::Later(e.to_string())),
                Ok(Err(e @ SignError::Refused { .. })) => Err(Failure::Fatal(e.to_string())),
                Err(_) => Err(Failure::Later("the keeper does not answer".to_owned())),
            },
            _ = stage.wait_for(|s| *s == Stage::Abandoned) => Err(Failure::Later("the log is being left".to_owned())),
        }
    }

    /// Writes what the checkpoint needs, then the checkpoint, then forgets what it replaced.
    fn publish(&mut self, head: TreeHead, note: &str) -> Result<(), Failure> {
        match Checkpoint::parse(note.as_bytes()) {
            Ok(checkpoint) if checkpoint.head == head => {}
            Ok(_) => {
                return Err(Failure::Fatal("the keeper signed another checkpoint than it was asked to".to_owned()));
            }
            Err(e) => return Err(Failure::Fatal(e.to_string())),
        }
        self.tiles.write_edge()?;
        layout::place(&self.layout.checkpoint(), note.as_bytes())?.sync_all()?;
        layout::sync_folder(self.layout.dir())?;
        self.written = Some(head);
        self.tiles.clear_edge()?;
        Ok(recover::retire(&self.layout, &mut self.tiles, head.size, self.position.0)?)
    }

    /// Takes what became durable into the tree.
    fn read_up_to(&mut self, durable: u64) -> Result<(), Failure> {
        let mut buffer = Vec::new();
        while self.tiles.size() < durable {
            let (first, offset) = self.position;
            let file = File::open(self.layout.segment(first))?;
            let length = file.metadata()?.len().saturating_sub(offset);
            if length == 0 {
                // The segment is spent: the next one begins with the next record.
                self.position = (self.tiles.size(), 0);
                continue;
            }
            buffer.resize(usize::try_from(length).unwrap_or(READ_BYTES).min(READ_BYTES), 0);
            file.read_exact_at(&mut buffer, offset)?;
            let used = self.read_batches(&buffer, durable)?;
            self.position = (first, offset + used as u64);
        }
        Ok(())
    }

    fn read_batches(&mut self, bytes: &[u8], durable: u64) -> Result<usize, Failure> {
        let mut used = 0;
        while self.tiles.size() < durable {
            let Some(batch) = bytes.get(used..).and_then(|rest| batch::read(rest, true)) else { break };
            if batch.first != self.tiles.size() {
                break;
            }
            for entry in Entries::new(batch.payload) {
                let entry = entry.map_err(|_| Failure::Fatal("its append file was changed".to_owned()))?;
                self.tiles.push(entry)?;
            }
            used += batch.len();
        }
        if used == 0 {
            return Err(Failure::Fatal(format!("its append file cannot be read at record {}", self.tiles.size())));
        }
        Ok(used)
    }
}
