//! Why something did not happen: one text for the caller, another for the audit log.
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use types::{Assurance, Code, Demand, EngineBuild, Problem, RequestId};

use crate::{Body, body};

/// What an attack looks like, for alerts and the security event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecurityClass {
    /// A header that tries to be an identity.
    ReservedHeader,
    /// A host name that is not ours, from a browser.
    Rebinding,
    /// Another site used somebody's browser.
    CrossSite,
    /// Framing that two parsers could read differently.
    Smuggling,
    /// A credential that was forged, stolen, or meant for somebody else.
    Credential,
    /// A worker broke the protocol of its channel.
    WorkerProtocol,
}

impl SecurityClass {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReservedHeader => "reserved-header",
            Self::Rebinding => "rebinding",
            Self::CrossSite => "cross-site",
            Self::Smuggling => "smuggling",
            Self::Credential => "credential",
            Self::WorkerProtocol => "worker-protocol",
        }
    }
}

/// An answer for people: a page, or the way to one.
#[derive(Debug, Clone, Default)]
pub struct Document {
    pub status: u16,
    /// HTML; empty for a redirect.
    pub html: Bytes,
    pub headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Document {
    /// The answer; never cached.
    pub fn response(&self) -> Response<Body> {
        let mut response = Response::new(body::full(self.html.clone()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// A refusal or a failure.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub code: Code,
    /// For the caller: what is particular to this case.
    pub detail: Option<String>,
    /// For the caller: what to do next.
    pub next: Option<String>,
    /// For the audit log and the operator only.
    pub reason: String,
    pub security: Option<SecurityClass>,
    /// Extra response fields: challenges, `Allow`, `Retry-After`.
    pub headers: Vec<(header::HeaderName, HeaderValue)>,
    /// It was allowed and then failed, rather than refused.
    pub failed: bool,
    /// The engine that ran it, when something ran.
    pub engine_build: Option<EngineBuild>,
    /// Ends the connection after the answer (ambiguous framing).
    pub close: bool,
    /// What the person has to show before it can be allowed. The answer says so (RFC 9470).
    pub demand: Option<Demand>,
    /// Where a person signs in, for a program that asks one to.
    pub login_url: Option<String>,
    /// What a person at a browser gets in place of problem+json.
    pub document: Option<Box<Document>>,
    /// The answer is its head alone: a refusal for a limit must not be held up by a client that does not read.
    pub bare: bool,
}

impl Refusal {
    /// A refusal of `code`; `reason` is private.
    pub fn new(code: Code, reason: impl Into<String>) -> Self {
        Self {
            code,
            detail: None,
            next: None,
            reason: reason.into(),
            security: None,
            headers: Vec::new(),
            failed: false,
            engine_build: None,
            close: false,
            bare: false,
            demand: None,
            login_url: None,
            document: None,
        }
    }

    /// Something of ours failed; the caller learns only that.
    pub fn internal(reason: impl Into<String>) -> Self {
        let mut refusal = Self::new(Code::PLT_INTERNAL, reason);
        refusal.failed = true;
        refusal
    }

    /// A person who has to show more, or again.
    pub fn step_up(demand: Demand) -> Self {
        let Demand { assurance, max_age_s } = demand;
        let mut wanted = Vec::new();
        if assurance > Assurance::None {
            wanted.push(format!("with assurance `{assurance}`"));
        }
        if let Some(max_age_s) = max_age_s {
            wanted.push(format!("not longer ago than {max_age_s} s"));
        }
        let wanted = wanted.join(" and ");
        let mut refusal = Self::new(Code::ID_STEP_UP, format!("needs a sign-in {wanted}"))
            .detail(format!("this needs a sign-in {wanted}"))
            .next(
                "open it in a browser: you are asked to confirm that it is you. A token cannot show more than it has",
            );
        refusal.demand = Some(demand);
        refusal
    }

    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    #[must_use]
    pub fn next(mut self, text: impl Into<String>) -> Self {
        self.next = Some(text.into());
        self
    }

    #[must_use]
    pub const fn security(mut self, class: SecurityClass) -> Self {
        self.security = Some(class);
        self
    }

    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    #[must_use]
    pub const fn failed(mut self) -> Self {
        self.failed = true;
        self
    }

    #[must_use]
    pub const fn close(mut self) -> Self {
        self.close = true;
        self
    }

    #[must_use]
    pub const fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// A person at a browser gets this in place of problem+json.
    #[must_use]
    pub fn document(mut self, document: Document) -> Self {
        self.document = Some(Box::new(document));
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> u16 {
        self.document.as_ref().map_or(self.code.status(), |document| document.status)
    }

    /// The answer: problem+json or a document, never cached, never with private text.
    pub fn response(&self, request: RequestId) -> Response<Body> {
        if let Some(document) = &self.document {
            let mut response = document.response();
            if self.close {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            return response;
        }
        let mut response = Response::new(if self.bare { body::empty() } else { self.problem(request) });
        *response.status_mut() = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        if !self.bare {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        if self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn problem(&self, request: RequestId) -> Body {
        let mut problem = Problem::new(self.code);
        problem.detail.clone_from(&self.detail);
        problem.next.clone_from(&self.next);
        problem.login_url.clone_from(&self.login_url);
        problem.request = Some(request.to_string());
        body::full(serde_json::to_vec(&problem).unwrap_or_default())
    }
}
