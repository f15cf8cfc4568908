//! What never became a request, as an event: at most one a minute, and none when there was nothing.
use std::sync::{Arc, Mutex, PoisonError};

use audit::{Event, Kind, Outcome, Record, Who};
use control_api::BrokenConnections;
use types::{Clock, Code, UnixMillis};

/// A flood of broken connections may not become a flood of events.
const EVERY: std::time::Duration = std::time::Duration::from_secs(60);

type Counts = Vec<(&'static str, u64)>;

/// What has been told already.
struct Told {
    counts: Counts,
    until: UnixMillis,
}

/// Tells the audit log of the door's counters.
pub(super) struct Broken {
    counters: Arc<front_door::Counters>,
    audit: Arc<audit::Log>,
    clock: Arc<dyn Clock>,
    started: UnixMillis,
    told: Mutex<Told>,
}

impl Broken {
    pub(super) fn new(counters: Arc<front_door::Counters>, audit: Arc<audit::Log>, clock: Arc<dyn Clock>) -> Self {
        let started = clock.now();
        let told = Mutex::new(Told { counts: counters.refused(), until: started });
        Self { counters, audit, clock, started, told }
    }

    /// All of them since the start, for `posture`.
    pub(super) fn view(&self) -> BrokenConnections {
        let counts = self.counters.refused();
        BrokenConnections {
            since: self.started,
            total: counts.iter().map(|(_, count)| count).sum(),
            causes: counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
        }
    }

    /// Runs for ever.
    pub(super) async fn run(&self) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.tell();
        }
    }

    /// Records what was refused since the last time. What cannot be recorded now is told the next time.
    pub(super) fn tell(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (counts, now) = (self.counters.refused(), self.clock.now());
        let Some(reason) = sentence(&told, &counts, now) else {
            told.until = now;
            return;
        };
        let mut event = Event::platform(now, Kind::Security, "connections-refused", &reason);
        event.who = Who { kind: "stranger".into(), id: None, credential: None };
        let code = Code::DOOR_MALFORMED;
        event.outcome =
            Outcome::Refused { status: code.status(), code: code.as_str().into(), reason: Event::text(&reason) };
        event.note = None;
        if self.audit.record(&event).is_ok() {
            *told = Told { counts, until: now };
        }
    }
}

/// `the front door refused 12 broken connections in 60 s: 9 parse errors, 3 handshakes failed`, unless there was none.
fn sentence(told: &Told, counts: &Counts, now: UnixMillis) -> Option<String> {
    let fresh: Vec<(&str, u64)> = counts
        .iter()
        .zip(&told.counts)
        .map(|((name, now), (_, before))| (*name, now.saturating_sub(*before)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let total: u64 = fresh.iter().map(|(_, count)| count).sum();
    let causes: Vec<String> = fresh.iter().map(|(name, count)| format!("{count} {}", name.replace('_', " "))).collect();
    let noun = if total == 1 { "connection" } else { "connections" };
    let seconds = now.0.saturating_sub(told.until.0).div_ceil(1_000);
    (total > 0).then(|| format!("the front door refused {total} broken {noun} in {seconds} s: {}", causes.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_told_and_nothing_when_there_is_nothing() {
        let told = Told { counts: vec![("parse_errors", 5), ("slow_head", 1)], until: UnixMillis(1_000) };
        let said =
            |parse, slow| sentence(&told, &vec![("parse_errors", parse), ("slow_head", slow)], UnixMillis(61_000));
        assert_eq!(said(5, 1), None);
        assert_eq!(
            said(7, 2).unwrap(),
            "the front door refused 3 broken connections in 60 s: 2 parse errors, 1 slow head"
        );
        assert!(said(5, 2).unwrap().contains("refused 1 broken connection in"));
    }
}
