//! The response on its way out: the floor of security headers, nothing that belongs to one hop, and the accounts that
//! stay open until its last byte.
use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

use bytes::Bytes;
use gateway::{Body, BodyError};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body::{Frame, SizeHint};

use crate::{
    flow::{Outflow, Turn},
    node::Seat,
};

/// A response body with its accounts.
#[derive(Debug)]
pub(crate) struct Outbound {
    body: Body,
    outflow: Option<Arc<Outflow>>,
    _turn: Turn,
    _seat: Option<Seat>,
}

impl Outbound {
    pub(crate) const fn new(body: Body, outflow: Option<Arc<Outflow>>, turn: Turn, seat: Option<Seat>) -> Self {
        Self { body, outflow, _turn: turn, _seat: seat }
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        if let Some(outflow) = &self.outflow {
            outflow.ended.store(true, Relaxed);
        }
    }
}

impl http_body::Body for Outbound {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if let Some(outflow) = &this.outflow {
            outflow.waits_for_us.store(polled.is_pending(), Relaxed);
            if let Poll::Ready(Some(Ok(frame))) = &polled {
                outflow.bytes.fetch_add(frame.data_ref().map_or(0, Bytes::len) as u64, Relaxed);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Fields that belong to one hop (RFC 9110 section 7.6.1); a function has no say about our connection.
const HOP: [HeaderName; 6] = [
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Brings the head of a response to the floor (ASVS 3.4). `last`: the connection ends after it.
pub(crate) fn finish(headers: &mut HeaderMap, tls: bool, last: bool) {
    for name in &HOP {
        headers.remove(name);
    }
    // Only `close` is left standing: it is what refusals of ambiguous framing ask for, and harms nobody when a function says it.
    let close = last || headers.get(header::CONNECTION).is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"close"));
    headers.remove(header::CONNECTION);
    if close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(CORP).or_insert(HeaderValue::from_static("same-origin"));
    if tls {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static("max-age=31536000"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_there_and_hop_fields_are_not() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, x-secret"),
            ("keep-alive", "timeout=9"),
            ("transfer-encoding", "gzip"),
            ("upgrade", "h2c"),
            ("te", "trailers"),
            ("x-content-type-options", "sniff"),
            ("referrer-policy", "origin"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        finish(&mut headers, true, false);
        let mut seen: Vec<_> = headers.iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
        seen.sort();
        assert_eq!(
            seen,
            [
                "cross-origin-resource-policy: same-origin",
                "referrer-policy: origin",
                "strict-transport-security: max-age=31536000",
                "x-content-type-options: nosniff",
            ]
        );
        finish(&mut headers, false, true);
        assert_eq!(headers.get(header::CONNECTION).unwrap(), "close");
    }
}
