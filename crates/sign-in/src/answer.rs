//! From a page to an answer: headers, cookies, and the two readers of a refusal.
use std::fmt::{Display, Write as _};

use bytes::Bytes;
use gateway::{Document, Refusal, Reply, SecurityClass};
use http::{HeaderName, HeaderValue, header};
use pages::{Destination, Frame, Page, Problem, ProblemKind, Without};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use types::Code;

use crate::{ask::Ask, service::Shared, trip::End};

/// A page's answer to a visit.
pub(crate) type Answer = Result<Reply, Refusal>;

const CSP: HeaderName = header::CONTENT_SECURITY_POLICY;

/// Pages do not speak of what cannot be done here: passkeys without a domain, mails where no server is configured.
fn without(shared: &Shared) -> Without {
    Without {
        passkeys: shared.ceremonies.is_none(),
        mail: !shared.ports.mail.is_on(),
        renaming: false,
        new_codes: false,
    }
}

/// What stands around every page of this visit.
pub(crate) fn frame(shared: &Shared, ask: &Ask) -> Frame {
    let names = &shared.ports.names;
    let destination = ask.trip.as_ref().and_then(|trip| trip.request()).map(|request| {
        let app = &request.app;
        Destination { app: app.as_str().into(), host: format!("{app}.{}", names.apps_domain).into() }
    });
    let host = match &ask.app {
        Some(app) => format!("{app}.{}", names.apps_domain),
        None => names.id.clone(),
    };
    Frame {
        platform: "Serviceful".into(),
        host: host.into(),
        destination,
        without: without(shared),
        development: shared.ports.development.as_deref().map(Into::into),
        ..Frame::default()
    }
}

fn headers(list: &[(&'static str, &'static str)]) -> Vec<(HeaderName, HeaderValue)> {
    list.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
}

/// A page as a document. Its forms may end at the app, or the command line, that the person is on the way to.
pub(crate) fn document(shared: &Shared, ask: &Ask, page: Page) -> Document {
    let end = match (&ask.app, &ask.trip) {
        (Some(_), _) => Some(shared.ports.names.id_url()),
        (None, Some(trip)) => match &trip.end {
            End::App(request) => Some(shared.ports.names.app_url(&request.app)),
            End::CommandLine(pushed) => pushed.redirect.origin(),
        },
        (None, None) => None,
    };
    of_page(page, end.as_deref(), ask.app.is_some())
}

/// At an app's origin, everything of the platform is below `/.sf/`.
pub(crate) fn of_page(page: Page, forms_end_at: Option<&str>, at_app: bool) -> Document {
    let mut fields = headers(pages::headers::PAGE);
    if let Some(policy) = forms_end_at.and_then(pages::headers::content_security_policy_for)
        && let Ok(value) = HeaderValue::from_str(&policy)
    {
        fields.retain(|(name, _)| *name != CSP);
        fields.push((CSP, value));
    }
    // In what others chose, `"` is escaped: only our own attributes look like this.
    let html = if at_app { page.html.replace("=\"/", "=\"/.sf/") } else { page.html };
    Document { status: page.status, html: Bytes::from(html), headers: fields }
}

/// A page where none of its files can be had: with its style in it, and nothing else.
pub(crate) fn of_page_alone(page: Page) -> Document {
    let page = page.alone();
    let mut fields = headers(pages::headers::PAGE);
    fields.retain(|(name, _)| *name != CSP);
    fields.push((CSP, HeaderValue::from_static(pages::headers::alone())));
    Document { status: page.status, html: Bytes::from(page.html), headers: fields }
}

/// Adds cookies. One that could not be written is an error of ours, and nobody is told that it went well.
pub(crate) fn with_cookies(mut document: Document, cookies: Vec<Option<HeaderValue>>) -> Result<Document, Refusal> {
    for cookie in cookies {
        let cookie = cookie.ok_or_else(|| Refusal::internal("a cookie could not be written"))?;
        document.headers.push((header::SET_COOKIE, cookie));
    }
    Ok(document)
}

/// A page that is shown because all is well.
pub(crate) fn show(shared: &Shared, ask: &Ask, page: Page) -> Answer {
    Ok(document(shared, ask, page).response().into())
}

/// 303, to another page of ours or of an app.
pub(crate) fn to(location: &str) -> Result<Document, Refusal> {
    let value = HeaderValue::from_str(location).map_err(|_| Refusal::internal("an address could not be written"))?;
    let headers = vec![(header::LOCATION, value), (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))];
    Ok(Document { status: 303, headers, ..Document::default() })
}

/// The same as an answer.
pub(crate) fn go(location: &str) -> Answer {
    Ok(to(location)?.response().into())
}

/// A reply with a note for the event. INVARIANT: every reply that opens or ends a session has one: it is then on disk before
/// the answer leaves.
pub(crate) fn noted(document: &Document, note: String) -> Answer {
    let mut reply = Reply::from(document.response());
    reply.note = Some(note.into());
    Ok(reply)
}

/// A refusal with a page. `reason` is for the log alone.
pub(crate) fn refuse(shared: &Shared, ask: &Ask, code: Code, reason: impl Into<String>, page: Page) -> Refusal {
    Refusal::new(code, reason).document(document(shared, ask, page))
}

/// A refusal that says nothing more than this kind of problem.
pub(crate) fn problem(shared: &Shared, ask: &Ask, code: Code, reason: impl Into<String>, kind: ProblemKind) -> Refusal {
    let request = ask.cx.request.to_string().into();
    let page = Problem { hidden: ask.hidden(), kind, request }.render(&frame(shared, ask));
    refuse(shared, ask, code, reason, page)
}

/// The attempt is over, was never ours, or belongs to another browser: one answer for all of them.
pub(crate) fn attempt_over(shared: &Shared, ask: &Ask, reason: String) -> Refusal {
    problem(shared, ask, Code::ID_ATTEMPT, reason, ProblemKind::AttemptExpired).security(SecurityClass::Credential)
}

/// Too many attempts.
pub(crate) fn slow_down(shared: &Shared, ask: &Ask, wait_s: u64, reason: &str) -> Refusal {
    let wait = u32::try_from(wait_s).unwrap_or(u32::MAX);
    let email = ask.form.get(pages::fields::EMAIL).trim().into();
    let page = pages::SlowDown { hidden: ask.hidden(), email, wait_s: wait, ..pages::SlowDown::default() };
    too_many(shared, ask, page.render(&frame(shared, ask)), wait_s, reason)
}

/// The same with a page of its own.
pub(crate) fn too_many(shared: &Shared, ask: &Ask, page: Page, wait_s: u64, reason: &str) -> Refusal {
    let mut document = document(shared, ask, page);
    document.headers.push((header::RETRY_AFTER, HeaderValue::from(wait_s)));
    Refusal::new(Code::ID_THROTTLED, reason).document(document).security(SecurityClass::Credential)
}

/// A file of the pages.
pub(crate) fn asset(path: &str) -> Answer {
    let found = pages::assets::find(path);
    let asset = found.ok_or_else(|| Refusal::new(Code::POL_NO_ROUTE, "no such file of the sign-in pages"))?;
    let mut response = http::Response::new(body(Bytes::from_static(asset.bytes)));
    for (name, value) in headers(pages::headers::ASSET) {
        response.headers_mut().insert(name, value);
    }
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    Ok(response.into())
}

/// An answer to a script of ours.
pub(crate) fn json(text: String) -> http::Response<gateway::Body> {
    let mut response = http::Response::new(body(Bytes::from(text)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn body(bytes: Bytes) -> gateway::Body {
    use http_body_util::BodyExt as _;
    http_body_util::Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// `path?name=value&…`.
pub(crate) fn address(base: &str, pairs: &[(&str, &str)]) -> String {
    let mut text = base.to_owned();
    for (at, (name, value)) in pairs.iter().enumerate() {
        let _ = write!(text, "{}{name}={}", if at == 0 { '?' } else { '&' }, encode(value));
    }
    text
}

/// What RFC 3986 calls unreserved; everything else in percent.
pub(crate) fn encode(value: &str) -> impl Display {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(value, RESERVED)
}
