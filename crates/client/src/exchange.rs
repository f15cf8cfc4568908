//! One request and its answer, on a connection of their own.
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use types::{Problem, Secret};

use crate::{Address, ClientError, ProofKey, connect};

/// Longest description of a problem that is read, in bytes.
const PROBLEM_BYTES_MAX: usize = 1_048_576;

/// What to send.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub method: Method,
    /// Path and query, starting with `/`.
    pub target: String,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    /// Sent as `Authorization: Bearer`, or `DPoP` where there is a key.
    pub credential: Option<Secret>,
    /// The key that this is proved with.
    pub key: Option<ProofKey>,
    /// Longest wait for the head of the answer, and for each further piece of it.
    pub patience: Duration,
}

/// An answer whose body is still arriving.
pub struct Answer {
    place: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Incoming,
    patience: Duration,
    /// Drives the connection for as long as the answer is held.
    _connection: JoinSet<()>,
}

impl Outgoing {
    /// A request without a body.
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self {
            method,
            target: target.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            credential: None,
            key: None,
            patience: Duration::from_secs(60),
        }
    }

    fn request(self, address: &Address) -> Result<Request<Full<Bytes>>, ClientError> {
        let unsendable = |e: http::Error| ClientError::Unsendable { reason: e.to_string() };
        let host = match address {
            Address::Origin(origin) => origin.authority(),
            Address::Socket { host, .. } => host.to_string(),
        };
        let length = self.body.len();
        let proof = match &self.key {
            Some(key) => {
                let path = self.target.split(['?', '#']).next().unwrap_or_default();
                Some(key.prove(&self.method, &format!("{}{path}", address.origin()), self.credential.as_ref())?)
            }
            None => None,
        };
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.target)
            .header(header::HOST, host)
            .body(Full::new(self.body))
            .map_err(unsendable)?;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("serviceful/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        if let Some(secret) = &self.credential {
            let scheme = if proof.is_some() { "DPoP" } else { "Bearer" };
            let value = HeaderValue::from_str(&format!("{scheme} {}", secret.reveal()));
            let mut value =
                value.map_err(|_| ClientError::Unsendable { reason: "the credential is malformed".into() })?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(proof) = proof {
            let value = HeaderValue::from_str(&proof);
            let value = value.map_err(|_| ClientError::Unsendable { reason: "the proof is malformed".into() })?;
            headers.insert(HeaderName::from_static("dpop"), value);
        }
        Ok(request)
    }

    /// Sends it and waits for the head of the answer, whatever its status.
    pub async fn send(self, address: &Address) -> Result<Answer, ClientError> {
        let place = address.to_string();
        if let Address::Origin(origin) = address {
            // SECURITY: whoever listens on the way would be the caller from then on. A body counts as a secret too: that of a
            // claim is worth the whole platform.
            if (self.credential.is_some() || !self.body.is_empty()) && !origin.is_confidential() {
                return Err(ClientError::InClear { place });
            }
        }
        let patience = self.patience;
        let request = self.request(address)?;
        let stream = connect::open(address).await?;
        let broken = |source| ClientError::Broken { place: place.clone(), source };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // How it ended is told to whoever waits for the answer.
            let _ended = connection.await;
        });
        let slow = |_| ClientError::Slow { place: place.clone(), what: "answer", seconds: patience.as_secs() };
        let response = tokio::time::timeout(patience, sender.send_request(request)).await.map_err(slow)?;
        let (head, body) = response.map_err(broken)?.into_parts();
        Ok(Answer { place, status: head.status, headers: head.headers, body, patience, _connection: driver })
    }
}

impl Answer {
    /// The next piece of the body; `None` at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, ClientError> {
        let seconds = self.patience.as_secs();
        loop {
            let slow = |_| ClientError::Slow { place: self.place.clone(), what: "go on", seconds };
            let frame = tokio::time::timeout(self.patience, self.body.frame()).await.map_err(slow)?;
            match frame {
                None => return Ok(None),
                Some(Err(source)) => return Err(ClientError::Broken { place: self.place.clone(), source }),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// The whole body, at most `max_bytes` of it.
    pub async fn bytes(&mut self, max_bytes: usize) -> Result<Bytes, ClientError> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            if all.len() + piece.len() > max_bytes {
                return Err(ClientError::TooLarge { place: self.place.clone(), max_bytes });
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// The answer if it is a success; otherwise the problem it describes.
    pub async fn succeeded(mut self) -> Result<Self, ClientError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let unexplained = ClientError::Unexplained { place: self.place.clone(), status: self.status.as_u16() };
        let Ok(bytes) = self.bytes(PROBLEM_BYTES_MAX).await else { return Err(unexplained) };
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(unexplained),
        }
    }

    /// Where the answer came from.
    pub fn place(&self) -> &str {
        &self.place
    }
}
