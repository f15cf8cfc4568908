//! The strict layer: a pure look at the head, before anybody asks who sent it and before a byte of the body is read.
use std::sync::Arc;

use gateway::{Admit, Ambient, Arrival, Channel, Ctx, Refusal, Routes, SecurityClass};
use http::{HeaderValue, Uri, header, request::Parts, uri};
use types::Code;

use crate::{
    Config, authority, fields, framing,
    gate::{self, Abuse, Verdict},
    target,
};

/// Put into the extensions of a head when the node has no place for the request: it is refused first thing, and recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overload;

/// Put into the extensions of a head whose target had a `#`, which the parser cuts off with what follows.
/// NOT HERE: HTTP/2. Its library cuts `:path` the same way and tells nobody; routing, policy and the function all see what is left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fragment;

/// The name that the TLS connection was made for.
#[derive(Debug, Clone)]
pub(crate) struct ServerName(pub Arc<str>);

/// Decides what may enter.
pub struct Door {
    config: Config,
    routes: Arc<Routes>,
}

impl Door {
    /// A door for the names that `routes` knows.
    pub const fn new(config: Config, routes: Arc<Routes>) -> Self {
        Self { config, routes }
    }

    fn scheme(&self, channel: Channel) -> &'static str {
        match channel {
            Channel::Wire { tls: true } => "https",
            Channel::Wire { tls: false } => "http",
            // The socket of the host speaks for the public address, whichever that is.
            Channel::Host { .. } => self.routes.names().scheme,
        }
    }
}

impl Admit for Door {
    fn admit(&self, cx: &Ctx, mut arrival: Arrival) -> Result<Arrival, Refusal> {
        let head = &mut arrival.head;
        if head.extensions.get::<Overload>().is_some() {
            return Err(busy(cx));
        }
        fields::check(&head.headers, &self.config)?;
        framing::check(&head.method, &head.headers, &arrival.body, &self.config)?;
        target::check(&head.uri, head.extensions.get::<Fragment>().is_some(), &self.config)?;
        let sni = head.extensions.get::<ServerName>().map(|name| name.0.clone());
        let scheme = self.scheme(arrival.channel);
        let site = authority::check(&head.uri, &head.headers, &self.routes, scheme, sni.as_deref())?;
        let question = gate::question(&head.method, &head.headers, &site);
        let ambient = ambient(question)?;
        make_canonical(head, &site)?;
        head.extensions.insert(ambient);
        head.extensions.insert(gate::sender(&question));
        Ok(arrival)
    }
}

fn ambient(question: gate::Question) -> Result<Ambient, Refusal> {
    match gate::judge(question) {
        Verdict::Admit(ambient) => Ok(ambient),
        Verdict::Impossible => Err(Refusal::new(Code::DOOR_MALFORMED, "same-origin beside the origin of another site")
            .detail("`Sec-Fetch-Site` and `Origin` contradict each other")
            .security(SecurityClass::CrossSite)),
        Verdict::Refuse(abuse @ Abuse::BareSocket) => Err(Refusal::new(Code::DOOR_CROSS_SITE, abuse.as_str())
            .detail("an upgrade needs an `Origin` of this address, or a token in `Authorization`")
            .next("send one of the two; a function cannot answer with a WebSocket yet")),
        Verdict::Refuse(abuse) => Err(Refusal::new(Code::DOOR_CROSS_SITE, abuse.as_str())
            .next("call it from its own origin, or without a browser and with a token")
            .security(SecurityClass::CrossSite)),
    }
}

/// Makes the target absolute, with the one spelling of our name; path and query stay as they came.
/// Nothing was upgraded, so no field that asks for it goes further.
fn make_canonical(head: &mut Parts, site: &authority::Site) -> Result<(), Refusal> {
    let mut parts = uri::Parts::default();
    parts.scheme = Some(if site.scheme == "https" { uri::Scheme::HTTPS } else { uri::Scheme::HTTP });
    parts.authority = Some(site.authority()?);
    parts.path_and_query = head.uri.path_and_query().cloned();
    head.uri = Uri::from_parts(parts).map_err(|e| Refusal::internal(e.to_string()))?;
    if head.headers.contains_key(header::UPGRADE) {
        head.headers.remove(header::UPGRADE);
        head.headers.remove("http2-settings");
    }
    Ok(())
}

/// 503 with a `Retry-After` of 1 to 4 seconds, spread by the random tail of the request's id.
fn busy(cx: &Ctx) -> Refusal {
    let spread = cx.request.as_bytes().last().map_or(0, |b| b % 4);
    let refusal = Refusal::new(Code::DOOR_BUSY, "too many requests in flight").bare();
    refusal.header(header::RETRY_AFTER, HeaderValue::from(u16::from(spread) + 1))
}
