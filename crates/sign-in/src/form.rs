//! What came with a request: the query of an address, or a form (`application/x-www-form-urlencoded`). Bounded, each name once.
use bytes::BytesMut;
use gateway::{Body, Refusal};
use http::{header, request::Parts};
use http_body_util::BodyExt;
use types::Code;

/// The largest form that is read: a password of 512 bytes and a sealed attempt fit many times.
const BYTES_MAX: usize = 16 << 10;
const FIELDS_MAX: usize = 32;

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

    fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for pair in bytes.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            let (name, value) = (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default());
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                return Err(malformed("it is not well encoded"));
            };
            // SECURITY: of two values, this room and another reader could take different ones.
            if fields.len() == FIELDS_MAX || fields.iter().any(|(known, _)| *known == name) {
                return Err(malformed("it has too many fields, or one twice"));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The value; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

fn malformed(reason: &str) -> Refusal {
    Refusal::new(Code::DOOR_MALFORMED, format!("form: {reason}"))
}

/// Undoes the encoding of forms; `None` when it is malformed, not UTF-8, or holds a null.
fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        let digit = |b: Option<&u8>| char::from(*b?).to_digit(16);
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?,
            0 => return None,
            other => *other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_once_and_well_encoded() {
        let form = Form::parse(b"email=a%40b.example&password=+%2B%C3%A9&empty=&bare").unwrap();
        assert_eq!((form.get("email"), form.get("password")), ("a@b.example", " +\u{e9}"));
        assert_eq!((form.get("empty"), form.get("bare"), form.get("none")), ("", "", ""));
        let many = (0..40).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&");
        for bad in ["a=%", "a=%2", "a=%zz", "a=%ff", "a=%00", "a=1&a=2", "a=1&%61=2", "%=1", &many] {
            assert!(Form::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
