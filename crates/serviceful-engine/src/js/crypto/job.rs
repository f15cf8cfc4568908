//! Work that is done in pieces, so that whoever runs it can count, give way and stop in between.
use super::{Answer, Refusal};

/// Bytes of one piece: some tenths of a millisecond of hashing.
pub(crate) const PIECE_BYTES: usize = 128 << 10;
/// More than this is not begun on the thread that takes requests.
const LIGHT_BYTES: usize = 64 << 10;

/// One kind of work.
pub(super) trait Work: Send {
    /// Does one piece; what it adds to `out` is handed on before the next. `true`: that was the last one.
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<bool, Refusal>;
}

/// See the module.
pub(crate) struct Job {
    work: Box<dyn Work>,
    whole: bool,
    long: bool,
    chance: bool,
}

impl Job {
    pub(super) fn new(work: impl Work + 'static) -> Self {
        Self { work: Box::new(work), whole: false, long: false, chance: false }
    }

    /// One call on all of the input.
    pub(super) fn whole(work: impl FnOnce(&[u8], &mut Vec<u8>) -> Answer + Send + 'static) -> Self {
        Self { whole: true, ..Self::new(Whole(Some(work))) }
    }

    /// Takes more than half a millisecond, whatever the input.
    pub(super) fn long(self) -> Self {
        Self { long: true, ..self }
    }

    /// Draws from aws-lc's generator, which a thread seeds for some milliseconds at its first use.
    pub(super) fn with_chance(self) -> Self {
        Self { long: true, chance: true, ..self }
    }

    pub(super) fn weighed(self, bytes: usize) -> Self {
        Self { long: self.long || bytes > LIGHT_BYTES, ..self }
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether others should not wait for it.
    pub(crate) const fn is_long(&self) -> bool {
        self.long
    }

    /// Whether its answer differs each time: there is no such thing before the first request.
    pub(crate) const fn needs_chance(&self) -> bool {
        self.chance
    }

    pub(crate) fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<bool, Refusal> {
        self.work.step(input, out)
    }
}

struct Whole<F>(Option<F>);

impl<F: FnOnce(&[u8], &mut Vec<u8>) -> Answer + Send> Work for Whole<F> {
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<bool, Refusal> {
        if let Some(work) = self.0.take() {
            work(input, out)?;
        }
        Ok(true)
    }
}

/// Feeds the input to `state` piece by piece, then finishes.
pub(super) struct Pieces<S, U, F> {
    state: Option<(S, F)>,
    update: U,
    at: usize,
}

impl<S, U, F> Pieces<S, U, F>
where
    U: FnMut(&mut S, &[u8], &mut Vec<u8>) -> Answer,
    F: FnOnce(S, &mut Vec<u8>) -> Answer,
{
    pub(super) const fn new(state: S, update: U, finish: F) -> Self {
        Self { state: Some((state, finish)), update, at: 0 }
    }
}

impl<S, U, F> Work for Pieces<S, U, F>
where
    S: Send,
    U: FnMut(&mut S, &[u8], &mut Vec<u8>) -> Answer + Send,
    F: FnOnce(S, &mut Vec<u8>) -> Answer + Send,
{
    fn step(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<bool, Refusal> {
        let end = self.at.saturating_add(PIECE_BYTES).min(input.len());
        let Some((state, _)) = &mut self.state else { return Ok(true) };
        (self.update)(state, input.get(self.at..end).unwrap_or_default(), out)?;
        self.at = end;
        if end < input.len() {
            return Ok(false);
        }
        if let Some((state, finish)) = self.state.take() {
            finish(state, out)?;
        }
        Ok(true)
    }
}
