//! What the door saw that never became a request, and therefore no audit event of its own. Numbers without labels: nobody can
//! grow them in number. What the parser itself refuses (400, 431 or GOAWAY before a service is called) is only counted here;
//! `serviceful posture` shows the counts, and an event sums them up once a minute.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::watch::Slow;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        /// Counts since the process started.
        #[derive(Debug, Default)]
        pub struct Counters { $($(#[$doc])* pub(crate) $name: AtomicU64),+ }

        impl Counters {
            /// Name and value of each.
            pub fn entries(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($name), self.$name.load(Relaxed))),+]
            }
        }
    };
}

counters! {
    /// Connections accepted.
    connections;
    /// Closed at once: the node holds as many as it may.
    refused_node_full;
    /// Closed at once: the address holds as many as it may.
    refused_prefix_full;
    /// Errors of accept, such as a lack of descriptors.
    accept_errors;
    /// TLS handshakes that failed or took too long.
    handshakes_failed;
    /// Connections that ended with an error of the parser: broken or oversized heads, broken HTTP/2.
    parse_errors;
    /// Of these: HTTP/1 heads spoilt by the scanner for LF without CR, or for two framings.
    heads_spoilt;
    /// HTTP/2 connections that did not answer a ping in time.
    pings_unanswered;
    slow_first_byte;
    slow_head;
    slow_body;
    slow_reader;
    idle;
    frame_floods;
    /// Requests shed because the node had no place.
    shed;
    /// Requests whose client went away before the answer; they were finished and recorded.
    finished_alone;
    /// Connections cut off when a drain ran out of time.
    cut_off;
}

impl Counters {
    /// Connections that ended because the door would not go on with them, each once, by cause. Not among them: those that were
    /// idle or cut off by a drain, and requests, which leave events.
    pub fn refused(&self) -> Vec<(&'static str, u64)> {
        const OTHERS: [&str; 7] =
            ["connections", "accept_errors", "heads_spoilt", "idle", "shed", "finished_alone", "cut_off"];
        self.entries().into_iter().filter(|(name, _)| !OTHERS.contains(name)).collect()
    }

    pub(crate) fn add(&self, counter: &AtomicU64) {
        counter.fetch_add(1, Relaxed);
    }

    pub(crate) fn slow(&self, why: Slow) {
        self.add(match why {
            Slow::FirstByte => &self.slow_first_byte,
            Slow::Head => &self.slow_head,
            Slow::Body => &self.slow_body,
            Slow::Reader => &self.slow_reader,
            Slow::Idle => &self.idle,
            Slow::Frames => &self.frame_floods,
        });
    }
}
