//! One connection from its first byte to its last.
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use gateway::Channel;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{Instant, MissedTickBehavior},
};

use crate::{
    Config,
    census::Place,
    counters::Counters,
    flow::Flow,
    lane::Lane,
    node::{Node, Tasks},
    stream::Guarded,
    watch::{Ruling, Slow, Watch},
};

/// How a connection came about.
pub(crate) struct Origin {
    pub channel: Channel,
    pub h2: bool,
    pub sni: Option<Arc<str>>,
    pub place: Arc<Place>,
}

/// What every connection is given.
#[derive(Clone)]
pub(crate) struct Duty {
    pub node: Arc<Node>,
    pub tasks: Tasks,
    pub drain: watch::Receiver<bool>,
}

type Io<S> = TokioIo<Guarded<S>>;

/// A connection that can be asked to end well.
trait Retire: Future<Output = hyper::Result<()>> {
    /// Finishes what it has begun and takes nothing new: `Connection: close`, or GOAWAY.
    fn retire(self: Pin<&mut Self>);
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Retire for http1::Connection<Io<S>, Lane> {
    fn retire(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Retire for http2::Connection<Io<S>, Lane, Tasks> {
    fn retire(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Serves one stream until it ends.
pub(crate) async fn serve<S>(stream: S, origin: Origin, duty: Duty)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Duty { node, tasks, drain } = duty;
    let flow = Arc::new(Flow::new(origin.h2));
    let config = &node.config;
    // Half a second's worth may come at once; the watch judges the rate.
    let frames_per_look_max =
        config.h2_control_frames_per_second_max.saturating_mul(config.watch_ms.max(1_000)) / 1_000;
    let io = TokioIo::new(Guarded::new(stream, flow.clone(), node.counters.clone(), frames_per_look_max));
    let lane = Lane {
        node: node.clone(),
        flow: flow.clone(),
        channel: origin.channel,
        sni: origin.sni,
        place: origin.place,
        tasks: tasks.clone(),
    };
    let watch = Watch::new(flow, config, Instant::now());
    if origin.h2 {
        let connection = http2_builder(config, tasks).serve_connection(io, lane);
        drive(connection, watch, config, &node.counters, drain).await;
    } else {
        let connection = http1_builder(config).serve_connection(io, lane);
        drive(connection, watch, config, &node.counters, drain).await;
    }
}

/// HTTP/1.1. The library's own header timer is off: it restarts for every request, also counts idle time, and our watch
/// keeps both apart without a timer a request. Its limits stand above ours, so that a refusal is ours and is recorded.
fn http1_builder(config: &Config) -> http1::Builder {
    let mut builder = http1::Builder::new();
    let head = config.header_bytes_max.saturating_add(config.uri_bytes_max).saturating_add(8_192);
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .keep_alive(true)
        .half_close(false)
        .max_buf_size(usize::try_from(head).unwrap_or(usize::MAX).max(65_536));
    builder
}

fn http2_builder(config: &Config, tasks: Tasks) -> http2::Builder<Tasks> {
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let mut builder = http2::Builder::new(tasks);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(small(config.h2_streams_max))
        .initial_stream_window_size(small(config.h2_stream_window_bytes))
        .initial_connection_window_size(small(config.h2_connection_window_bytes))
        .adaptive_window(false)
        .max_frame_size(16_384)
        .max_send_buf_size(usize::try_from(config.h2_send_buffer_bytes).unwrap_or(usize::MAX))
        // The library also counts the pseudo-fields. What is above our own bound and below this is refused by us, and recorded.
        .max_header_list_size(small(config.header_bytes_max.saturating_add(32 * config.header_fields_max)))
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(256)
        .keep_alive_interval(Duration::from_millis(config.h2_ping_interval_ms))
        .keep_alive_timeout(Duration::from_millis(config.h2_ping_timeout_ms));
    builder
}

/// Counts an error that the client caused with what it sent, and none that is only its going away.
fn note(error: &hyper::Error, counters: &Counters) {
    let cause = std::error::Error::source(error);
    if error.is_timeout() {
        counters.add(&counters.pings_unanswered);
    } else if error.is_parse() || cause.is_some_and(|cause| cause.is::<h2::Error>()) {
        counters.add(&counters.parse_errors);
    }
}

/// Runs the connection, and ends it when its watch says so.
async fn drive(
    connection: impl Retire,
    mut watch: Watch,
    config: &Config,
    counters: &Counters,
    mut drain: watch::Receiver<bool>,
) {
    let mut connection = std::pin::pin!(connection);
    let mut looks = tokio::time::interval(Duration::from_millis(config.watch_ms));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut draining, mut retired) = (false, false);
    loop {
        let ruling = tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    note(&error, counters);
                }
                return;
            }
            _ = looks.tick() => watch.look(Instant::now()),
            // A supervisor that is gone is a reason to stop, too.
            _ = drain.wait_for(|stop| *stop), if !draining => {
                draining = true;
                Ruling::Retire
            }
        };
        match ruling {
            Ruling::Keep => {}
            Ruling::Retire | Ruling::End(Slow::Idle) if !retired => {
                retired = true;
                connection.as_mut().retire();
                if let Ruling::End(slow) = ruling {
                    counters.slow(slow);
                }
            }
            Ruling::Retire => {}
            Ruling::End(slow) => {
                if slow != Slow::Idle {
                    counters.slow(slow);
                }
                return;
            }
        }
    }
}
