//! Drives one guest: gives it the thread, moves what it answers, stops it, and has the last word on its stream.
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use tokio::runtime::Handle;
use wire::work::{Failure, Loaded, LogStream, to_front};

use super::{
    call::{Call, Stop},
    calls::Calls,
    failure,
    outbox::Outbox,
    response::Response,
    ticker::Running,
};

/// Turns between guest and response before other calls get the thread.
const ROUNDS: usize = 16;

/// What drives a guest needs.
pub(crate) struct Driver {
    pub(crate) call: Arc<Call>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) outbox: Arc<Outbox>,
    /// Keeps epochs passing.
    pub(crate) running: Running,
}

impl Driver {
    /// Runs a guest that answers a request.
    pub(crate) async fn request(self, guest: impl Future<Output = wasmtime::Result<()>>) {
        let mut farewell = Farewell { driver: self, response: Response::Awaited, failure: None };
        let mut guest = pin!(Some(guest));
        let failure = poll_fn(|cx| {
            let Farewell { driver, response, .. } = &mut farewell;
            driver.call.task.register(cx.waker());
            let outcome = driver.turn(guest.as_mut(), response, cx);
            driver.send();
            outcome
        })
        .await;
        // The instance ends before its last frame is sent.
        guest.set(None);
        farewell.failure = Some(failure);
    }

    /// Runs a guest that is only made.
    pub(crate) async fn probe(self, guest: impl Future<Output = wasmtime::Result<()>>) {
        let Self { call, calls, outbox, running } = &self;
        let mut guest = pin!(Some(guest));
        let loaded = poll_fn(|cx| {
            call.task.register(cx.waker());
            if let Some(stop) = call.stopped() {
                return Poll::Ready(broken(&failure::of_stop(call, stop)));
            }
            let Some(running) = guest.as_mut().as_pin_mut() else { return Poll::Ready(Loaded::Ready) };
            call.meter.begin();
            let polled = running.poll(cx);
            call.meter.end();
            polled.map(|made| made.map_or_else(|error| broken(&failure::of_error(call, &error)), |()| Loaded::Ready))
        })
        .await;
        guest.set(None);
        let _ = running;
        calls.remove(call.stream);
        call.tell(to_front::LOADED, &loaded);
        outbox.put(call.take_out());
    }

    /// One turn. Ready when the call is over, with what went wrong.
    fn turn<F: Future<Output = wasmtime::Result<()>>>(
        &self,
        mut guest: Pin<&mut Option<F>>,
        response: &mut Response,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Failure>> {
        let call = &self.call;
        for _ in 0..ROUNDS {
            if let Some(stop) = call.stopped() {
                let said = self.last_word(guest.as_mut(), stop, cx);
                return Poll::Ready(Some(said.unwrap_or_else(|| failure::of_stop(call, stop))));
            }
            if let Some(running) = guest.as_mut().as_pin_mut() {
                call.meter.begin();
                let polled = running.poll(cx);
                call.meter.end();
                match polled {
                    Poll::Ready(Ok(())) => guest.set(None),
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(failure::of_error(call, &error))),
                    Poll::Pending => {}
                }
            }
            let moved = match response.pump(call, cx) {
                Ok(moved) => moved,
                Err(failure) => return Poll::Ready(Some(failure)),
            };
            if guest.is_none() {
                return match response {
                    Response::Awaited => Poll::Ready(Some(Failure::NoResponse)),
                    Response::Streaming(_) => Poll::Pending,
                    Response::Complete => Poll::Ready(None),
                };
            }
            if !moved {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// A guest that waits may say where it does when its time is over. It has this one turn.
    fn last_word<F: Future<Output = wasmtime::Result<()>>>(
        &self,
        guest: Pin<&mut Option<F>>,
        stop: Stop,
        cx: &mut Context<'_>,
    ) -> Option<Failure> {
        let running = guest.as_pin_mut().filter(|_| stop == Stop::WallTime)?;
        self.call.meter.begin();
        let polled = running.poll(cx);
        self.call.meter.end();
        let Poll::Ready(Err(error)) = polled else { return None };
        failure::late(&self.call, &error)
    }

    fn send(&self) {
        let frames = self.call.take_out();
        if !frames.is_empty() {
            self.outbox.put(frames);
        }
    }
}

fn broken(failure: &Failure) -> Loaded {
    let reason = match failure {
        Failure::Limit { limit, reason } => format!("limit `{limit}`: {reason}"),
        Failure::Trap { reason } | Failure::BadResponse { reason } | Failure::Engine { reason } => reason.clone(),
        Failure::NoResponse | Failure::NotLoaded | Failure::StepUp(_) => "it did not start".into(),
    };
    Loaded::Broken { reason }
}

/// The failure without the secrets that the guest has read: an error that it threw may say them.
fn quiet(call: &Call, failure: Failure) -> Failure {
    match failure {
        Failure::Trap { reason } => Failure::Trap { reason: call.redacted_text(reason) },
        Failure::BadResponse { reason } => Failure::BadResponse { reason: call.redacted_text(reason) },
        Failure::Limit { limit, reason } => Failure::Limit { limit, reason: call.redacted_text(reason) },
        Failure::Engine { reason } => Failure::Engine { reason: call.redacted_text(reason) },
        other @ (Failure::NoResponse | Failure::NotLoaded | Failure::StepUp(_)) => other,
    }
}

/// The last frames of a stream. They are sent however the task ends, even by a panic in the engine.
struct Farewell {
    driver: Driver,
    response: Response,
    /// `None` until the call is over; then what went wrong, if anything did.
    failure: Option<Option<Failure>>,
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let Driver { call, calls, .. } = &self.driver;
        let panicked = || Some(Failure::Engine { reason: "the engine failed while the function ran".into() });
        match self.failure.take().unwrap_or_else(panicked).map(|failure| quiet(call, failure)) {
            Some(failure) if self.response.is_complete() => {
                // The answer has gone out; only the log can still say that its guest ended badly.
                call.log(LogStream::Platform, format!("after its response: {failure}"));
            }
            Some(failure) => call.tell(to_front::FAILED, &failure),
            None => {}
        }
        calls.remove(call.stream);
        call.tell(to_front::ENDED, &call.ended());
        self.driver.send();
    }
}

/// A task that leaves the dispatching thread when its guest turns out to need much of it.
pub(crate) struct Movable {
    pub(crate) task: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    pub(crate) call: Arc<Call>,
    pub(crate) slow: Handle,
}

impl Future for Movable {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(task) = self.task.as_mut() else { return Poll::Ready(()) };
        if task.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if self.call.meter.is_greedy()
            && let Some(task) = self.task.take()
        {
            self.slow.spawn(task);
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
