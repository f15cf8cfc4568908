//! Something that asks for work, before anything about it is believed.
use http::request::Parts;

use crate::Body;

/// How a request reached us. It is evidence for the audit log and for identity on the host socket; it never grants by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A TCP listener, with or without TLS.
    Wire { tls: bool },
    /// The Unix socket in the data directory; the kernel vouches for the peer's user.
    Host { uid: u32 },
}

/// What the origin gate says about credentials that a browser attaches by itself (cookies). The front door puts it into the
/// extensions of every admitted head; identity honours it, and takes its absence for `Withhold`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ambient {
    /// The user or a page of this very origin sent it: a session cookie counts.
    Attach,
    /// A link from elsewhere, or no word from a browser: a session cookie counts for reading only.
    ReadOnly,
    /// Another site sent it: a session cookie does not count. Explicit credentials do.
    Withhold,
}

/// Who made a browser send the request, by the browser's own words. The front door puts it into the extensions of every admitted
/// head. Only `serviceful up --as` looks at it; for sessions there is [`Ambient`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A page of this very origin, or the user: an address typed in, a bookmark.
    Here,
    /// Another site, a sibling among them, or a link there.
    Elsewhere,
    /// No word from a browser.
    Silent,
}

/// A label of the network that a request came from, for counting failed attempts from one place, and for nothing else. The front
/// door makes it of the address and a key that it draws at its start: it says nothing about where that is. It comes in the extensions
/// of a head, is taken out as the request is admitted, and comes up again at the sign-in pages alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Neighbourhood(pub u64);

/// A request as the HTTP library parsed it. The front door looks at every part of it before it becomes an `Admitted`.
#[derive(Debug)]
pub struct Arrival {
    pub channel: Channel,
    pub head: Parts,
    pub body: Body,
}
