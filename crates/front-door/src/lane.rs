//! One connection as hyper's service: makes an arrival of each request and sends it along the corridor.
use std::{convert::Infallible, sync::Arc, sync::atomic::Ordering::Relaxed};

use gateway::{Arrival, Channel, Neighbourhood};
use http::{Request, Response};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::{
    census::Place,
    door::{Fragment, Overload, ServerName},
    flow::{Flow, Framing, Turn},
    inbound::inbound,
    node::{Node, Seat, Steadfast, Tasks},
    outbound::{Outbound, finish},
};

/// What the requests of one connection share.
#[derive(Clone)]
pub(crate) struct Lane {
    pub node: Arc<Node>,
    pub flow: Arc<Flow>,
    pub channel: Channel,
    pub sni: Option<Arc<str>>,
    pub place: Arc<Place>,
    pub tasks: Tasks,
}

impl hyper::service::Service<Request<Incoming>> for Lane {
    type Response = Response<Outbound>;
    type Error = Infallible;
    type Future = Steadfast<Result<Response<Outbound>, Infallible>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let turn = Turn::begin(&self.flow);
        // The library leaves handles in here, such as one to take the connection over.
        request.extensions_mut().clear();
        let last = self.frame(&request);
        // Read before the parser asks for the next head.
        if self.flow.fragment.swap(false, Relaxed) {
            request.extensions_mut().insert(Fragment);
        }
        let seat = self.seat();
        let lane = self.clone();
        let work = async move { Ok(lane.answer(request, turn, seat, last).await) };
        Steadfast::new(work, self.tasks.clone(), self.node.counters.clone())
    }
}

impl Lane {
    /// HTTP/1: tells the scanner where the body ends. `true` when nothing may follow it on this connection.
    fn frame(&self, request: &Request<Incoming>) -> bool {
        if self.flow.h2 {
            return false;
        }
        // NOT HERE: a chunk parser of our own. A chunked request is the last of its connection, so none is needed.
        let framing = request.body().size_hint().exact().map_or(Framing::UntilClose, Framing::Length);
        self.flow.frame(framing);
        framing == Framing::UntilClose
            || self.flow.started.load(Relaxed) >= self.node.config.requests_per_connection_max
    }

    fn seat(&self) -> Option<Seat> {
        // Streams that the client reset still run to their end; a connection may not pile them up.
        let piled_up = self.flow.in_flight() > self.node.config.h2_streams_max.saturating_mul(2);
        let seat = if piled_up { None } else { self.node.seat() };
        if seat.is_none() {
            self.node.counters.add(&self.node.counters.shed);
        }
        seat
    }

    async fn answer(
        self,
        request: Request<Incoming>,
        turn: Turn,
        seat: Option<Seat>,
        last: bool,
    ) -> Response<Outbound> {
        let (mut head, body) = request.into_parts();
        if seat.is_none() {
            head.extensions.insert(Overload);
        }
        head.extensions.insert(Neighbourhood(self.place.neighbourhood()));
        if let Some(sni) = self.sni {
            head.extensions.insert(ServerName(sni));
        }
        let body = inbound(body, &self.flow, &self.node.config);
        let answer = self.node.house.answer(Arrival { channel: self.channel, head, body }).await;
        if answer.known_caller {
            self.place.is_known();
        }
        let (mut head, body) = answer.response.into_parts();
        finish(&mut head.headers, matches!(self.channel, Channel::Wire { tls: true }), last);
        let outflow = (self.flow.h2 && !body.is_end_stream()).then(|| self.flow.outflow());
        Response::from_parts(head, Outbound::new(body, outflow, turn, seat))
    }
}
