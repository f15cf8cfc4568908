//! The passes: proof that a step of the path was taken. Fields are private and `mint` is private to this crate,
//! so outside code can hold a pass but never make, copy or change one.
use std::sync::Arc;

use http::{HeaderMap, HeaderName, header, request::Parts};
use types::{Caller, FunctionTarget, RequestId};

use crate::{Arrival, Body, Channel, ControlCall, Cookies, Intent, Neighbourhood, SignInCall, body};

/// The front door let it in: bounds, host, framing, reserved names and origin hold.
#[derive(Debug)]
pub struct Admitted {
    channel: Channel,
    head: Parts,
    body: Body,
    /// Kept apart from the head, with no way to read it: neither identity nor policy can know it.
    neighbourhood: Neighbourhood,
}

impl Admitted {
    pub(crate) fn mint(arrival: Arrival) -> Self {
        let Arrival { channel, mut head, body } = arrival;
        let neighbourhood = head.extensions.remove().unwrap_or_default();
        Self { channel, head, body, neighbourhood }
    }

    /// A pass without a front door and with an empty body, for tests of identity and policy.
    #[cfg(feature = "test-util")]
    pub fn for_test(channel: Channel, head: Parts) -> Self {
        Self::mint(Arrival { channel, head, body: body::empty() })
    }

    /// The request's head, credentials included: only identity has business with those.
    pub const fn head(&self) -> &Parts {
        &self.head
    }

    pub const fn channel(&self) -> Channel {
        self.channel
    }
}

/// Identity said who is calling; a stranger is a caller too.
#[derive(Debug)]
pub struct Identified {
    admitted: Admitted,
    caller: Arc<Caller>,
}

impl Identified {
    pub(crate) const fn mint(admitted: Admitted, caller: Arc<Caller>) -> Self {
        Self { admitted, caller }
    }

    pub const fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    pub const fn head(&self) -> &Parts {
        self.admitted.head()
    }
}

/// Policy allowed exactly this. Used up by the work it allows; never cloned, stored or sent to a worker.
#[derive(Debug)]
pub struct Permit {
    request: RequestId,
    head: Parts,
    body: Body,
    caller: Arc<Caller>,
    intent: Intent,
    policies: Arc<[Arc<str>]>,
    /// For sign-in pages only.
    cookies: Cookies,
    /// For sign-in pages only.
    neighbourhood: Neighbourhood,
    proof: Option<Box<str>>,
}

/// Header fields and trailers that prove an identity or belong to one hop; none of them reaches a guest.
static STRIPPED: [HeaderName; 9] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    PROOF,
    HeaderName::from_static("keep-alive"),
];

/// RFC 9449 section 4.1.
const PROOF: HeaderName = HeaderName::from_static("dpop");

/// The value of the field `DPoP`. One that came twice, or is no text, is none.
fn proof(headers: &HeaderMap) -> Option<Box<str>> {
    let mut values = headers.get_all(PROOF).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| first.into())
}

/// Removes the fields that `Connection` names: they were meant for this hop alone (RFC 9110 section 7.6.1).
fn strip_hop(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CONNECTION) {
        return;
    }
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|b| *b == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
}

impl Permit {
    pub(crate) fn mint(request: RequestId, identified: Identified, intent: Intent, policies: Arc<[Arc<str>]>) -> Self {
        let Identified { admitted: Admitted { mut head, body, neighbourhood, .. }, caller } = identified;
        // Only sign-in pages have business with what was in those cookies, and only where tokens are given out is a proof looked
        // at after identity.
        let (cookies, proof) = match &intent {
            Intent::SignIn(_) => (Cookies::of_platform(&head.headers), proof(&head.headers)),
            _ => (Cookies::default(), None),
        };
        // SECURITY: a guest that saw a credential could use it elsewhere; it is gone before a workroom sees the head.
        strip_hop(&mut head.headers);
        for name in &STRIPPED {
            head.headers.remove(name);
        }
        let body = body::without_trailers(body, &STRIPPED);
        Self { request, head, body, caller, intent, policies, cookies, neighbourhood, proof }
    }

    /// A permit without a walk, for tests of rooms.
    #[cfg(feature = "test-util")]
    pub fn for_test(request: RequestId, head: Parts, body: Body, caller: Caller, intent: Intent) -> Self {
        let arrival = Arrival { channel: Channel::Wire { tls: false }, head, body };
        let identified = Identified::mint(Admitted::mint(arrival), Arc::new(caller));
        Self::mint(request, identified, intent, Arc::from([]))
    }

    pub const fn intent(&self) -> &Intent {
        &self.intent
    }

    pub const fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    /// Ids of the policies that allowed it.
    pub const fn policies(&self) -> &Arc<[Arc<str>]> {
        &self.policies
    }

    /// Uses the permit up for a call of a function; gives it back when it is for something else.
    pub fn into_invocation(self) -> Result<Invocation, Box<Self>> {
        match self.intent {
            Intent::Invoke(target) => {
                Ok(Invocation { request: self.request, head: self.head, body: self.body, caller: self.caller, target })
            }
            _ => Err(Box::new(self)),
        }
    }

    /// Uses the permit up for a sign-in page; gives it back when it is for something else.
    pub fn into_visit(self) -> Result<Visit, Box<Self>> {
        match self.intent {
            Intent::SignIn(call) => {
                let Self { caller, head, body, cookies, neighbourhood, proof, .. } = self;
                Ok(Visit { call, caller, head, body, cookies, neighbourhood, proof })
            }
            _ => Err(Box::new(self)),
        }
    }

    /// Uses the permit up for a control action; gives it back when it is for something else.
    pub fn into_control(self) -> Result<(ControlCall, Arc<Caller>, Parts, Body), Box<Self>> {
        match self.intent {
            Intent::Control(call) => Ok((call, self.caller, self.head, self.body)),
            _ => Err(Box::new(self)),
        }
    }
}

/// A permitted use of a sign-in page. Made only from a [`Permit`].
#[derive(Debug)]
pub struct Visit {
    pub call: SignInCall,
    pub caller: Arc<Caller>,
    pub head: Parts,
    pub body: Body,
    pub cookies: Cookies,
    pub neighbourhood: Neighbourhood,
    /// The proof of possession of a key that came along (RFC 9449).
    pub proof: Option<Box<str>>,
}

/// A permitted call of a function: what the runtime sends to a worker. Made only from a [`Permit`].
#[derive(Debug)]
pub struct Invocation {
    request: RequestId,
    head: Parts,
    body: Body,
    caller: Arc<Caller>,
    target: Arc<FunctionTarget>,
}

impl Invocation {
    pub const fn request(&self) -> RequestId {
        self.request
    }

    /// The head without any credential.
    pub const fn head(&self) -> &Parts {
        &self.head
    }

    pub const fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    pub const fn target(&self) -> &Arc<FunctionTarget> {
        &self.target
    }

    /// Takes the body; what is left behind is empty.
    pub fn take_body(&mut self) -> Body {
        std::mem::replace(&mut self.body, body::empty())
    }
}
