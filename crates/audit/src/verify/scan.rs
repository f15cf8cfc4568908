//! The append file by itself: seals, and that each segment begins where the last one ended.
use std::{io, path::Path, time::Duration};

use super::{
    problem,
    report::{Fault, Report},
};
use crate::{
    append::{Broken, Segment},
    checkpoint::Checkpoint,
    layout::{self, Layout},
};

/// A writer at work may be in the middle of a write; it is given this long to end it.
const WRITE_WITHIN: Duration = Duration::from_millis(100);

/// A log's first records get their checkpoint within a second or so, and what the keeper signed is written a moment later;
/// until then an older checkpoint, or none, proves nothing.
const CHECKPOINT_TRIES: u32 = 20;

/// Waits for the checkpoint of a log that has just begun, or for the one that the keeper has just signed.
pub(super) fn fresh_checkpoint(layout: &Layout, kept: u64) -> io::Result<()> {
    for _ in 0..CHECKPOINT_TRIES {
        match Checkpoint::load(&layout.checkpoint())? {
            Some(Ok(checkpoint)) if checkpoint.head.size < kept => {}
            Some(_) => break,
            None if layout.segments()?.is_empty() => break,
            None => {}
        }
        std::thread::sleep(WRITE_WITHIN);
    }
    Ok(())
}

pub(super) fn append_file(layout: &Layout, signed: u64, report: &mut Report) -> io::Result<()> {
    let segments = layout.segments()?;
    let mut next = None;
    for (at, (first, path)) in segments.iter().enumerate() {
        if let Some(missing) = next.filter(|next| next != first) {
            let what = format!("the append file lacks the records from {missing} on; the next it has is {first}");
            report.problem(problem(Fault::Missing, missing, Some(path.clone()), what));
        }
        // A segment that is gone meanwhile was spent.
        let Some(bytes) = layout::read(path)? else { continue };
        let segment = Segment::parse(*first, bytes, true);
        report.count("append batches", segment.batches);
        next = Some(segment.end());
        if let Some(broken) = segment.broken {
            let last = at + 1 == segments.len();
            if !last || is_lasting(*first, path, broken)? {
                name(broken, last, signed, path, report);
            }
            // Where this segment ends is not known any more.
            next = None;
        }
    }
    Ok(())
}

fn is_lasting(first: u64, path: &Path, broken: Broken) -> io::Result<bool> {
    std::thread::sleep(WRITE_WITHIN);
    let Some(bytes) = layout::read(path)? else { return Ok(false) };
    Ok(Segment::parse(first, bytes, true).broken.is_some_and(|now| now.at == broken.at))
}

fn name(broken: Broken, last: bool, signed: u64, path: &Path, report: &mut Report) {
    let Broken { at, bytes, inside } = broken;
    let (fault, what) = if last && !inside && at >= signed {
        let what = format!(
            "the last {bytes} bytes of the append file, behind record {at}, are no whole write: a crash tore it, which the next start repairs, or somebody changed the end"
        );
        (Fault::Torn, what)
    } else {
        (Fault::Changed, format!("a write that begins with record {at} was changed: its seal does not hold"))
    };
    report.problem(problem(fault, at, Some(path.to_owned()), what));
}
