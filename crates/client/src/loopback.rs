//! The port on this computer where a browser brings the answer (RFC 8252 section 7.3).
//! If this is wrong: a page, or another program on this computer, signs this command line in as somebody else.
use std::{
    convert::Infallible,
    io,
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

use crate::ClientError;

const PATH: &str = "/callback";
/// Connections at a time: a browser opens two or three.
const OPEN_MAX: usize = 16;
/// For the head of a request.
const HEAD: Duration = Duration::from_secs(10);

/// What the browser brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    Code(String),
    /// A word of RFC 6749 section 4.1.2.1.
    Error(String),
}

/// What an answer has to carry to be ours.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub state: String,
    pub issuer: String,
    /// Where the browser goes on to, with `?answer=`.
    pub done: String,
}

/// An open port.
pub struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Opens a port that the system chooses.
    #[expect(clippy::disallowed_methods, reason = "a port of this computer alone, for one answer of its own browser")]
    pub async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// What to give as the redirect.
    pub fn redirect(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the answer. Whatever else comes is told that there is nothing here, and the wait goes on.
    pub async fn answer(self, wanted: Wanted) -> Result<Brought, ClientError> {
        let failed = |source| ClientError::Unreachable { place: self.redirect(), source };
        let (told, mut answer) = oneshot::channel();
        let told = Arc::new(Mutex::new(Some(told)));
        let wanted = Arc::new(wanted);
        let mut open = JoinSet::new();
        let found = loop {
            tokio::select! {
                found = &mut answer => break found.ok(),
                _ = open.join_next(), if !open.is_empty() => {}
                accepted = self.listener.accept(), if open.len() < OPEN_MAX => {
                    let (stream, _) = accepted.map_err(failed)?;
                    let (told, wanted) = (told.clone(), wanted.clone());
                    open.spawn(async move {
                        let serve = service_fn(move |request| {
                            let response = respond(&request, &wanted, &told);
                            async move { Ok::<_, Infallible>(response) }
                        });
                        let connection = http1::Builder::new()
                            .keep_alive(false)
                            .timer(TokioTimer::new())
                            .header_read_timeout(HEAD)
                            .serve_connection(TokioIo::new(stream), serve);
                        // A browser that goes away has what it came for, or comes again.
                        let _ended = connection.await;
                    });
                }
            }
        };
        // The browser waits for the last words.
        let _late =
            tokio::time::timeout(Duration::from_secs(2), async { while open.join_next().await.is_some() {} }).await;
        found.ok_or_else(|| ClientError::Unsendable { reason: "the port was closed".to_owned() })
    }
}

type Told = Mutex<Option<oneshot::Sender<Brought>>>;

fn respond(request: &Request<Incoming>, wanted: &Wanted, told: &Told) -> Response<Full<Bytes>> {
    let brought = (request.method() == http::Method::GET && request.uri().path() == PATH)
        .then(|| read(request.uri().query().unwrap_or_default(), wanted))
        .flatten();
    let mut response = Response::new(Full::new(Bytes::new()));
    let Some(brought) = brought else {
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let word = if matches!(brought, Brought::Code(_)) { "allow" } else { "refuse" };
    if let Some(told) = told.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // Whoever waited has gone away: then nobody is there to tell.
        let _unheard = told.send(brought);
    }
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(way) = HeaderValue::from_str(&format!("{}?answer={word}", wanted.done)) {
        response.headers_mut().insert(header::LOCATION, way);
    }
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// SECURITY: only what carries this attempt's own `state` and the issuer that was asked (RFC 9207) is an answer; each name once.
fn read(query: &str, wanted: &Wanted) -> Option<Brought> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).take(16).collect();
    let one = |name: &str| {
        let mut found = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.to_string());
        found.next().filter(|value| found.next().is_none() && !value.is_empty())
    };
    let state = one("state")?;
    if verify_slices_are_equal(state.as_bytes(), wanted.state.as_bytes()).is_err() || one("iss")? != wanted.issuer {
        return None;
    }
    match (one("code"), one("error")) {
        (Some(code), None) => Some(Brought::Code(code)),
        (None, Some(error)) => Some(Brought::Error(error)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_attempts_answer_is_one() {
        let wanted = Wanted { state: "s1".into(), issuer: "http://id.localhost".into(), done: String::new() };
        let read = |query: &str| read(query, &wanted);
        let good = "code=c&state=s1&iss=http%3A%2F%2Fid.localhost";
        assert_eq!(read(good), Some(Brought::Code("c".into())));
        let no = "error=access_denied&state=s1&iss=http%3A%2F%2Fid.localhost";
        assert_eq!(read(no), Some(Brought::Error("access_denied".into())));
        for bad in [
            "",
            "code=c",
            "code=c&state=s1",
            "code=c&state=s2&iss=http%3A%2F%2Fid.localhost",
            "code=c&state=s1&iss=http%3A%2F%2Fevil.example",
            "code=&state=s1&iss=http%3A%2F%2Fid.localhost",
            "code=c&error=x&state=s1&iss=http%3A%2F%2Fid.localhost",
            "code=c&code=d&state=s1&iss=http%3A%2F%2Fid.localhost",
            "code=c&state=s1&state=s1&iss=http%3A%2F%2Fid.localhost",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
