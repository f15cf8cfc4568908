//! The keeper's own log: what keys were made, used and refused, where the front cannot reach it.
use std::sync::Arc;

use audit::{Event, Kind, Log, Outcome, Record as _, RecordError};
use types::Clock;

use crate::throttle::Throttle;

pub(crate) struct Journal {
    log: Log,
    pub(crate) clock: Arc<dyn Clock>,
    throttle: Throttle,
}

impl Journal {
    pub(crate) fn new(log: Log, clock: Arc<dyn Clock>) -> Self {
        Self { log, clock, throttle: Throttle::default() }
    }

    /// Whether one more question may leave a record now.
    pub(crate) fn admits(&mut self) -> bool {
        self.throttle.admits(self.clock.instant())
    }

    /// Writes down what is about to be done; returns when it is on disk. An error means: do not do it.
    pub(crate) async fn done(&mut self, action: &str, note: String) -> Result<(), RecordError> {
        let event = Event::platform(self.clock.now(), Kind::Key, action, note);
        self.log.record(&event)?.durable().await
    }

    /// Writes down a refusal, within its rate; returns when it is on disk. The refusal stands in any case.
    pub(crate) async fn refused(&mut self, kind: Kind, action: &str, reason: &str) {
        if !self.admits() {
            return;
        }
        let others = match self.throttle.turned_away() {
            0 => String::new(),
            count => format!("; {count} more since the last record were not written down"),
        };
        let mut event = Event::platform(self.clock.now(), kind, action, format!("asked by the front{others}"));
        event.outcome = Outcome::Refused { status: 403, code: "KEEPER".into(), reason: reason.into() };
        let written = match self.log.record(&event) {
            Ok(receipt) => receipt.durable().await,
            Err(e) => Err(e),
        };
        if let Err(e) = written {
            tracing::error!(action, reason, error = %e, "the keeper refused something and cannot write it down");
        }
    }

    pub(crate) async fn close(&self) {
        if let Err(e) = self.log.close().await {
            tracing::warn!(error = %e, "the keeper's own log did not end well");
        }
    }
}
