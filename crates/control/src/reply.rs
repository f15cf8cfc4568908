//! Answers of the workroom.
use bytes::Bytes;
use gateway::{Body, Refusal, Reply};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde::Serialize;

/// `value` as JSON with `status`. Nothing here is ever cached: answers hold tokens and private names.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Result<Reply, Refusal> {
    let bytes = serde_json::to_vec(value).map_err(|e| Refusal::internal(format!("an answer is not JSON: {e}")))?;
    Ok(with_body(status, "application/json", full(bytes)).into())
}

/// 200 with `value` as JSON.
pub(crate) fn ok<T: Serialize>(value: &T) -> Result<Reply, Refusal> {
    json(StatusCode::OK, value)
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn with_body(status: StatusCode, kind: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
