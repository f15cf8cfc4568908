//! Cryptography in a request: piece by piece, counted, and out of the way of others.
use std::cell::Cell;

use tokio::task::yield_now;
use wasmtime::{Caller, Error, Result};

use super::{
    guest::Guest,
    host::{bytes, memory},
};
use crate::{
    js::crypto::{self, Job, PIECE_BYTES, Refusal},
    work::{failure::CpuSpent, meter::Verdict},
};

/// Where in the guest's memory a call's bytes lie.
pub(super) struct Places {
    /// `(at, length)`
    pub(super) params: (u32, u32),
    pub(super) input: (u32, u32),
    pub(super) to: (u32, u32),
}

/// The length of the answer, or a refusal as [`Refusal::word`] has it.
pub(super) async fn answer(mut host: Caller<'_, Guest>, what: u32, places: Places) -> Result<i64> {
    let (at, length) = places.params;
    let params = bytes(&host, at, length)?;
    let job = crypto::begin(what, params, places.input.1 as usize);
    let done = match job {
        Ok(job) => work(&mut host, job, &places).await?,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(length) => Ok(length),
        Err(refusal) => {
            let (word, text) = refusal.word();
            write(&mut host, &places, 0, text.as_bytes())?;
            Ok(word)
        }
    }
}

async fn work(host: &mut Caller<'_, Guest>, mut job: Job, places: &Places) -> Result<Result<i64, Refusal>> {
    // Others do not wait for what takes long: from here it goes on elsewhere.
    if job.is_long() && host.data().call.meter.make_way() {
        yield_now().await;
    }
    if job.needs_chance() {
        host.data().call.meter.uncounted(seed);
    }
    let mut out = Vec::with_capacity(PIECE_BYTES.min(places.to.1 as usize));
    let mut written = 0;
    loop {
        let input = bytes(host, places.input.0, places.input.1)?;
        let done = match job.step(input, &mut out) {
            Ok(done) => done,
            Err(refusal) => return Ok(Err(refusal)),
        };
        write(host, places, written, &out)?;
        written += out.len();
        out.clear();
        if done {
            return Ok(Ok(i64::try_from(written)?));
        }
        match host.data_mut().at_tick() {
            // The engine is asked to say where it was.
            Verdict::GoOn if host.data().spent => return Ok(Err(Refusal::Spent)),
            Verdict::GoOn => {}
            Verdict::GiveWay => yield_now().await,
            Verdict::Spent => return Err(Error::new(CpuSpent)),
        }
    }
}

/// What does not fit is the engine's mistake: it knows how long answers are.
fn write(host: &mut Caller<'_, Guest>, places: &Places, from: usize, piece: &[u8]) -> Result<()> {
    let (to, room) = places.to;
    if piece.len() > (room as usize).saturating_sub(from) {
        return Err(Error::msg("an answer of cryptography has more bytes than there is room for"));
    }
    let memory = memory(host)?;
    Ok(memory.write(host, (to as usize).saturating_add(from), piece)?)
}

/// A thread's generator is seeded at its first use, which takes some tens of milliseconds: the worker's, not the request's.
fn seed() {
    thread_local!(static SEEDED: Cell<bool> = const { Cell::new(false) });
    if !SEEDED.replace(true) {
        // Were it not to work, what needs it would be refused.
        let _ = aws_lc_rs::rand::fill(&mut [0; 32]);
    }
}
