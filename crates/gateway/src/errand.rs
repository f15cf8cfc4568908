//! What a browser is doing: opening a page for somebody to look at, or fetching something for a page.
use http::{HeaderMap, Method, Uri, header, request::Parts};

use crate::{ATTEMPT_PREFIX, Cookies};

/// The part of a request that outlives its pass, for the answer to a person.
#[derive(Debug)]
pub(crate) struct Errand {
    /// A person waits for a page. Everything else gets problem+json: a script that follows a redirect to a sign-in page ends
    /// with an answer that it cannot read.
    pub(crate) opens_page: bool,
    /// A person sent a form and waits for the page that answers it. No redirect takes them elsewhere and back: what they sent
    /// would be lost without a word, or sent twice.
    pub(crate) sends_form: bool,
    /// Path and query that they come back to: of the page that opens, or of the page that the form was on. Like the attempts,
    /// only of these: programs call far more often, and nobody shows them in.
    pub(crate) target: String,
    pub(crate) method: Method,
    /// Names of the cookies of attempts to sign in that the browser has begun here.
    pub(crate) attempts: Vec<String>,
}

/// Whether somebody waits for a page, whatever becomes of the request: they open one, or sent a form.
pub(crate) fn waits(head: &Parts) -> bool {
    opens_page(head) || sends_form(head)
}

impl Errand {
    pub(crate) fn of(head: &Parts) -> Self {
        let method = head.method.clone();
        let (opens_page, sends_form) = (opens_page(head), sends_form(head));
        let target = match (opens_page, sends_form) {
            (true, _) => head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            (false, true) => form_page(head).unwrap_or_else(|| "/".to_owned()),
            (false, false) => {
                return Self { opens_page, sends_form, target: String::new(), method, attempts: Vec::new() };
            }
        };
        Self { opens_page, sends_form, target, method, attempts: attempts(&head.headers) }
    }
}

fn attempts(headers: &HeaderMap) -> Vec<String> {
    Cookies::of_platform(headers).names(ATTEMPT_PREFIX).map(str::to_owned).collect()
}

/// Fetch Metadata says it; where a browser sends none, a GET that wants HTML.
fn opens_page(head: &Parts) -> bool {
    if !matches!(head.method, Method::GET | Method::HEAD) || head.headers.contains_key(header::AUTHORIZATION) {
        return false;
    }
    let (mode, dest) = (one(&head.headers, "sec-fetch-mode"), one(&head.headers, "sec-fetch-dest"));
    match (mode, dest) {
        (None, None) => head.method == Method::GET && wants_html(&head.headers),
        (mode, dest) => mode == Some("navigate") && dest == Some("document"),
    }
}

/// Only browsers that say so: of others nobody knows whether somebody waits.
fn sends_form(head: &Parts) -> bool {
    head.method == Method::POST
        && !head.headers.contains_key(header::AUTHORIZATION)
        && one(&head.headers, "sec-fetch-mode") == Some("navigate")
        && one(&head.headers, "sec-fetch-dest") == Some("document")
}

/// Path and query of the page of this origin that a form was on, where the browser says so: by the platform's own
/// `Referrer-Policy` it names the origin alone, and an app may set another.
fn form_page(head: &Parts) -> Option<String> {
    let page: Uri = one(&head.headers, "referer")?.parse().ok()?;
    let same = page.authority()? == head.uri.authority()? && page.scheme() == head.uri.scheme();
    same.then(|| page.path_and_query().map_or("/", |target| target.as_str()).to_owned())
}

/// The value of a field; one that came twice or is no text is not absent, and fits nothing.
fn one<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(if values.next().is_some() { "" } else { first.to_str().unwrap_or_default() })
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(',')).map(|kind| kind.split(';').next().unwrap_or_default());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_somebody_who_looks_is_shown_in() {
        let says = |method: &str, fields: &[(&str, &str)]| {
            let mut request = http::Request::builder().method(method).uri("http://a.localhost/x?y=1");
            for (name, value) in fields {
                request = request.header(*name, *value);
            }
            opens_page(&request.body(()).unwrap().into_parts().0)
        };
        let (mode, dest, html) =
            (("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("accept", "text/html"));
        assert!(says("GET", &[mode, dest]) && says("HEAD", &[mode, dest]) && says("GET", &[html]));
        assert!(says("GET", &[("accept", "application/xhtml+xml, text/HTML;q=0.9, */*")]));
        for (method, fields) in [
            ("POST", &[mode, dest, html][..]),
            ("GET", &[]),
            ("HEAD", &[html]),
            ("GET", &[("accept", "*/*")]),
            ("GET", &[("accept", "text/html-ish")]),
            ("GET", &[mode, html]),
            ("GET", &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), html]),
            ("GET", &[mode, ("sec-fetch-dest", "iframe"), html]),
            ("GET", &[mode, mode, dest]),
            ("GET", &[mode, dest, ("authorization", "Bearer x")]),
        ] {
            assert!(!says(method, fields), "{method} {fields:?}");
        }
    }

    #[test]
    fn a_form_leads_back_to_the_page_of_this_origin_that_it_was_on() {
        let sent = |referer: &str, more: &[(&str, &str)]| {
            let mut request = http::Request::post("http://a.localhost:8080/pay");
            for (name, value) in [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("referer", referer)]
            {
                request = request.header(name, value);
            }
            for (name, value) in more {
                request = request.header(*name, *value);
            }
            let errand = Errand::of(&request.body(()).unwrap().into_parts().0);
            assert!(!errand.opens_page);
            (errand.sends_form, errand.target)
        };
        assert_eq!(sent("http://a.localhost:8080/cart?x=1", &[]), (true, "/cart?x=1".to_owned()));
        for elsewhere in
            ["http://b.localhost:8080/x", "https://a.localhost:8080/x", "http://a.localhost/x", "/x", "\"", ""]
        {
            assert_eq!(sent(elsewhere, &[]), (true, "/".to_owned()), "{elsewhere}");
        }
        assert!(!sent("", &[("authorization", "Bearer x")]).0, "a program");
        assert!(!sent("", &[("sec-fetch-mode", "cors")]).0, "two words for one");
    }
}
