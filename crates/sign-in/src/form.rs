//! What came with a request: the query of an address, or a form (`application/x-www-form-urlencoded`). Bounded, each name once.
use bytes::BytesMut;
use gateway::{Body, Refusal};
use http::{header, request::Parts};
use http_body_util::BodyExt;
use types::Code;

/// The largest form that is read: a password of 512 bytes and a sealed attempt fit many times.
const BYTES_MAX: usize = 16 << 10;
pub(crate) const FIELDS_MAX: usize = 32;

/// Names and values.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// The query of the address.
    pub(crate) fn of_query(head: &Parts) -> Result<Self, Refusal> {
        Self::parse(head.uri.query().unwrap_or_default().as_bytes())
    }

    /// The body.
    pub(crate) async fn of_body(head: &Parts, mut body: Body) -> Result<Self, Refusal> {
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(malformed("it is no form"));
        }
        let mut all = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|e| Refusal::new(Code::DOOR_MALFORMED, e.to_string()))?;
            let Ok(data) = frame.into_data() else { continue };
            if all.len() + data.len() > BYTES_MAX {
                return Err(Refusal::new(Code::DOOR_BODY_TOO_LARGE, "the form is too long"));
            }
            all.extend_from_slice(&data);
        }
        Self::parse(&all)
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            // The parser puts U+FFFD where bytes are not UTF-8: no password and no name may be something else than was sent.
            if [&name, &value].iter().any(|text| text.contains(['\0', char::REPLACEMENT_CHARACTER])) {
                return Err(malformed("it is not UTF-8, or holds a null"));
            }
            // SECURITY: of two values, this room and another reader could take different ones.
            if fields.len() == FIELDS_MAX || fields.iter().any(|(known, _)| **known == *name) {
                return Err(malformed("it has too many fields, or one twice"));
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(fields))
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// Whether the field came at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// The value; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

fn malformed(reason: &str) -> Refusal {
    Refusal::new(Code::DOOR_MALFORMED, format!("form: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_once_and_in_utf_8() {
        let form = Form::parse(b"email=a%40b.example&password=+%2B%C3%A9&empty=&bare").unwrap();
        assert_eq!((form.get("email"), form.get("password")), ("a@b.example", " +\u{e9}"));
        assert_eq!((form.get("empty"), form.get("bare"), form.get("none")), ("", "", ""));
        let literal = Form::parse(b"a=100%&b=%zz").unwrap();
        assert_eq!((literal.get("a"), literal.get("b")), ("100%", "%zz"), "as the URL standard reads it");
        let many = (0..40).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&");
        for bad in ["a=%ff", "a=%c0%80", "%ff=1", "a=%00", "a=1&a=2", "a=1&%61=2", "a&a", &many] {
            assert!(Form::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    async fn body(kind: &str, bytes: Vec<u8>) -> Result<Form, Refusal> {
        let request = http::Request::post("http://id.localhost/x").header("content-type", kind).body(()).unwrap();
        let body = http_body_util::Full::new(bytes::Bytes::from(bytes)).map_err(|never| match never {});
        Form::of_body(&request.into_parts().0, body.boxed_unsync()).await
    }

    #[tokio::test]
    async fn a_body_is_a_form_of_bounded_length() {
        let kind = "application/x-www-form-urlencoded";
        let long = |over: usize| format!("a={}", "x".repeat(BYTES_MAX - 2 + over)).into_bytes();
        assert_eq!(body(kind, long(0)).await.unwrap().get("a").len(), BYTES_MAX - 2);
        assert_eq!(body(kind, long(1)).await.err().unwrap().code, Code::DOOR_BODY_TOO_LARGE);
        assert!(body("Application/X-WWW-Form-Urlencoded; charset=utf-8", b"a=1".to_vec()).await.is_ok());
        for other in ["", "text/plain", "application/json", "multipart/form-data; boundary=x"] {
            assert_eq!(body(other, b"a=1".to_vec()).await.err().unwrap().code, Code::DOOR_MALFORMED, "{other}");
        }
    }
}
