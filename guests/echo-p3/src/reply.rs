//! Responses of wasi:http 0.3.

use wasip3::http::types::{ErrorCode, Fields, Response, Trailers};
use wasip3::wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamWriter};
use wasip3::{spawn_local, wit_future, wit_stream};

/// What ends a body: trailers, none, or an error.
pub(crate) type End = Result<Option<Trailers>, ErrorCode>;

/// The writing side of a body.
pub(crate) struct Body {
    pub(crate) stream: StreamWriter<u8>,
    end: FutureWriter<End>,
}

impl Body {
    /// Writes all, as fast as the host takes it. `Err` when the client has left.
    pub(crate) async fn write(&mut self, bytes: Vec<u8>) -> Result<(), ()> {
        if self.stream.write_all(bytes).await.is_empty() { Ok(()) } else { Err(()) }
    }

    pub(crate) async fn finish(self, end: End) {
        drop(self.stream);
        let _ = self.end.write(end).await;
    }
}

/// A response and the body to write; whoever writes it does so in a task of its own.
pub(crate) fn begin(status: u16, fields: Fields) -> (Response, Body) {
    let (stream, contents): (StreamWriter<u8>, StreamReader<u8>) = wit_stream::new();
    let (end, trailers): (FutureWriter<End>, FutureReader<End>) = wit_future::new(|| Ok(None));
    let (response, sent) = Response::new(fields, Some(contents), trailers);
    response.set_status_code(status).expect("a status of ours is valid");
    drop(sent);
    (response, Body { stream, end })
}

pub(crate) fn plain(status: u16, text: String) -> Response {
    whole(status, "text/plain; charset=utf-8", text)
}

pub(crate) fn json_text(text: String) -> Response {
    whole(200, "application/json", text)
}

fn whole(status: u16, kind: &str, text: String) -> Response {
    let (response, mut body) = begin(status, with_type(kind));
    spawn_local(async move {
        if body.write(text.into_bytes()).await.is_ok() {
            body.finish(Ok(None)).await;
        }
    });
    response
}

pub(crate) fn with_type(kind: &str) -> Fields {
    Fields::from_list(&[("content-type".to_owned(), kind.as_bytes().to_vec())]).expect("a header of ours is valid")
}
