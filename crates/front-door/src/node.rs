//! What all connections of the node share.
use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use gateway::House;
use tokio::sync::mpsc;

use crate::{Config, census::Census, counters::Counters};

/// Shared by every connection.
pub(crate) struct Node {
    pub config: Config,
    pub house: Arc<House>,
    pub counters: Arc<Counters>,
    pub census: Arc<Census>,
    pub host_census: Arc<Census>,
    in_flight: AtomicUsize,
}

impl Node {
    pub(crate) fn new(config: Config, house: Arc<House>) -> Self {
        let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Self {
            census: Arc::new(Census::new(count(config.connections_max), count(config.connections_per_prefix_max))),
            host_census: Arc::new(Census::new(count(config.host_connections_max), usize::MAX)),
            counters: Arc::default(),
            in_flight: AtomicUsize::new(0),
            house,
            config,
        }
    }

    /// A place for one request, if there is one.
    pub(crate) fn seat(self: &Arc<Self>) -> Option<Seat> {
        if self.in_flight.fetch_add(1, Relaxed) as u64 >= self.config.requests_in_flight_max {
            self.in_flight.fetch_sub(1, Relaxed);
            return None;
        }
        Some(Seat(self.clone()))
    }
}

/// A request's place on the node, until the last byte of its answer.
pub(crate) struct Seat(Arc<Node>);

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seat")
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

/// Tasks that outlive their connection. A drain waits until the last clone is gone.
#[derive(Clone)]
pub(crate) struct Tasks {
    runtime: tokio::runtime::Handle,
    /// Never sent on: the receiver learns when all senders are dropped.
    alive: mpsc::Sender<()>,
}

impl Tasks {
    /// The tasks, and what ends when they have all ended.
    pub(crate) fn new() -> (Self, mpsc::Receiver<()>) {
        let (alive, ended) = mpsc::channel(1);
        (Self { runtime: tokio::runtime::Handle::current(), alive }, ended)
    }

    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let alive = self.alive.clone();
        self.runtime.spawn(async move {
            work.await;
            drop(alive);
        });
    }
}

/// The executor of HTTP/2 streams.
impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, future: F) {
        self.spawn(future);
    }
}

/// A walk through the house that is finished even when its client goes away.
/// SECURITY: the library drops the work of a closed connection. Dropped in the middle, a request would leave no closing event
/// in the audit log: whoever hangs up at the right moment would be unseen.
pub(crate) struct Steadfast<T: Send + 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    tasks: Tasks,
    counters: Arc<Counters>,
}

impl<T: Send + 'static> Steadfast<T> {
    pub(crate) fn new(work: impl Future<Output = T> + Send + 'static, tasks: Tasks, counters: Arc<Counters>) -> Self {
        Self { work: Some(Box::pin(work)), tasks, counters }
    }
}

impl<T: Send + 'static> Future for Steadfast<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        let Some(work) = &mut this.work else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_ready() {
            this.work = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Steadfast<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.counters.add(&self.counters.finished_alone);
            self.tasks.spawn(async move { drop(work.await) });
        }
    }
}
