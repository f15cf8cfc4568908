//! The origin gate: what a browser's own words say about who made it send this request.
//! A pure function over a closed question; `read.rs` makes the question from a head. The table is section 5 of the chapter:
//! first match wins. Rows 3 and 11 (CORS lists of a route) are not here: no route can list an origin yet.
mod read;

use gateway::{Ambient, Sender};

pub(crate) use read::question;

/// `Sec-Fetch-Site` (W3C Fetch Metadata).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FetchSite {
    Absent,
    SameOrigin,
    /// The user typed it, or opened a bookmark.
    None,
    /// `same-site`, `cross-site`, or a word that is not known: a sibling is not trusted either.
    Foreign,
}

/// `Origin` (RFC 6454), compared with our whole tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Absent,
    Own,
    Null,
    Other,
}

/// What the method promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// GET, HEAD.
    Read,
    /// OPTIONS that is no preflight.
    Options,
    /// OPTIONS with `Access-Control-Request-Method` and an `Origin` (Fetch standard, CORS preflight).
    Preflight,
    Unsafe,
}

/// Where the browser wants to put the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A navigation of the whole tab.
    Document,
    /// A navigation inside another page: iframe, frame, embed, object.
    Framed,
    Other,
}

/// All that the gate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    pub site: FetchSite,
    pub origin: Origin,
    pub verb: Verb,
    pub purpose: Purpose,
    pub upgrade: bool,
    /// A preflight into a private or local network.
    pub local_network: bool,
    /// A bearer token or a DPoP proof.
    pub explicit_credential: bool,
    /// One of the platform's own cookies.
    pub session_cookie: bool,
}

/// Why another site's request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abuse {
    /// A page reached for a server in the user's own network.
    LocalNetwork,
    /// A page asked for permission that no route gives.
    Preflight,
    /// Cross-site request forgery.
    Forgery,
    /// Cross-site WebSocket hijacking.
    Socket,
    /// An upgrade by something that is no browser, and shows no credential of its own.
    BareSocket,
    /// The answer would be shown inside another site's page.
    Framing,
}

impl Abuse {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::LocalNetwork => "a page of another network asked for access (local network access)",
            Self::Preflight => "a preflight for an origin that no route lists",
            Self::Forgery => "an unsafe method from another site (request forgery)",
            Self::Socket => "an upgrade from another site (websocket hijacking)",
            Self::BareSocket => "an upgrade without an origin and without a token",
            Self::Framing => "another site wants to show this in a frame",
        }
    }
}

/// What the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admit(Ambient),
    Refuse(Abuse),
    /// No browser says this.
    Impossible,
}

/// Who made the browser send it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    Own,
    User,
    Foreign,
    /// No browser, or a very old one.
    Silent,
}

fn relation(site: FetchSite, origin: Origin) -> Option<Relation> {
    Some(match (site, origin) {
        (FetchSite::SameOrigin, Origin::Other) => return None,
        (FetchSite::SameOrigin, _) => Relation::Own,
        (FetchSite::None, _) => Relation::User,
        (FetchSite::Foreign, _) => Relation::Foreign,
        (FetchSite::Absent, Origin::Own) => Relation::Own,
        (FetchSite::Absent, Origin::Absent) => Relation::Silent,
        (FetchSite::Absent, Origin::Null | Origin::Other) => Relation::Foreign,
    })
}

/// Who sent it, for whoever treats a developer's own requests apart. A contradiction counts as another site.
pub(crate) fn sender(q: &Question) -> Sender {
    match relation(q.site, q.origin) {
        Some(Relation::Own | Relation::User) => Sender::Here,
        Some(Relation::Silent) => Sender::Silent,
        Some(Relation::Foreign) | None => Sender::Elsewhere,
    }
}

/// Answers the question. Rows are numbered as in the chapter.
pub(crate) fn judge(q: Question) -> Verdict {
    let Some(relation) = relation(q.site, q.origin) else { return Verdict::Impossible };
    if q.local_network && matches!(q.verb, Verb::Options | Verb::Preflight) {
        return Verdict::Refuse(Abuse::LocalNetwork); // 2
    }
    if q.verb == Verb::Preflight {
        return Verdict::Refuse(Abuse::Preflight); // 4
    }
    if q.upgrade {
        return upgrade(q, relation); // 5, 6, 7
    }
    match relation {
        Relation::Own | Relation::User => Verdict::Admit(Ambient::Attach), // 8
        Relation::Foreign => foreign(q),
        Relation::Silent => silent(q),
    }
}

fn upgrade(q: Question, relation: Relation) -> Verdict {
    match q.origin {
        // A site that contradicts its own `Origin` is not believed.
        Origin::Own if relation == Relation::Own => Verdict::Admit(Ambient::Attach), // 5
        Origin::Absent if q.explicit_credential => Verdict::Admit(Ambient::Withhold), // 6
        // 7. Every browser names the origin of a WebSocket, so this is none, unless its other words say so.
        Origin::Absent if relation != Relation::Foreign => Verdict::Refuse(Abuse::BareSocket),
        _ => Verdict::Refuse(Abuse::Socket),
    }
}

fn foreign(q: Question) -> Verdict {
    match (q.purpose, q.verb) {
        (Purpose::Document, Verb::Read) => Verdict::Admit(Ambient::ReadOnly), // 9
        (Purpose::Framed, _) => Verdict::Refuse(Abuse::Framing),              // 10
        (_, Verb::Read | Verb::Options) => Verdict::Admit(Ambient::Withhold), // 12
        (_, Verb::Unsafe | Verb::Preflight) => Verdict::Refuse(Abuse::Forgery), // 13
    }
}

const fn silent(q: Question) -> Verdict {
    match q.verb {
        Verb::Read | Verb::Options => Verdict::Admit(Ambient::ReadOnly), // 14
        _ if q.session_cookie => Verdict::Refuse(Abuse::Forgery),        // 15
        _ => Verdict::Admit(Ambient::Withhold),                          // 16
    }
}

#[cfg(test)]
mod tests;
