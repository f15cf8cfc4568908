//! Reading what a caller sent: bodies with a bound, queries with known names, values from the path.
use std::{fmt, ops::RangeInclusive};

use bytes::{Bytes, BytesMut};
use control_api::JSON_BYTES_MAX;
use gateway::{Body, BodyError, ControlCall, Refusal};
use http::{header, request::Parts};
use http_body_util::BodyExt;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use types::{AppName, Code, Resource};

use crate::refuse::{bad_input, too_large};

/// The whole body, at most `max` bytes of it.
pub(crate) async fn bytes(mut body: Body, max: u64) -> Result<Bytes, Refusal> {
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(broken)?;
        // Trailers carry nothing that an operation reads.
        let Ok(data) = frame.into_data() else { continue };
        if (all.len() as u64).saturating_add(data.len() as u64) > max {
            return Err(too_large(max));
        }
        all.extend_from_slice(&data);
    }
    Ok(all.freeze())
}

fn broken(error: BodyError) -> Refusal {
    let code = match error {
        BodyError::TooLarge { max_bytes } => return too_large(max_bytes),
        BodyError::TooSlow => Code::DOOR_TIMEOUT,
        BodyError::Gone | BodyError::Malformed | BodyError::Broken => Code::DOOR_MALFORMED,
    };
    Refusal::new(code, error.to_string())
}

/// The body as JSON of exactly this shape; an unknown field is refused by name.
pub(crate) async fn json<T: DeserializeOwned>(head: &Parts, body: Body) -> Result<T, Refusal> {
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(bad_input(format!("the body must be `application/json`, not `{}`", short(kind))));
    }
    let bytes = bytes(body, JSON_BYTES_MAX as u64).await?;
    from_json(&bytes).map_err(|words| bad_input(format!("the body does not fit: {words}")))
}

/// The same of bytes; why not, in words for the caller.
pub(crate) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err("it is not an object".to_owned());
    }
    serde_json::from_slice::<Plain>(bytes).map_err(|e| e.to_string())?;
    serde_json::from_slice(bytes).map_err(|e| in_words(&e.to_string()))
}

/// JSON without a list in a list. The library takes a list for an object whose fields it holds in order: no body of ours is so, and
/// what is one to us must be one to whoever reads it elsewhere.
struct Plain {
    list: bool,
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain, A::Error> {
        while map.next_entry::<IgnoredAny, Plain>()?.is_some() {}
        Ok(Plain { list: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Plain, A::Error> {
        while let Some(item) = items.next_element::<Plain>()? {
            if item.list {
                return Err(A::Error::custom("a list stands where an object belongs"));
            }
        }
        Ok(Plain { list: true })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Plain, E> {
        Ok(Plain { list: false })
    }

    fn visit_i64<E>(self, _: i64) -> Result<Plain, E> {
        Ok(Plain { list: false })
    }

    fn visit_u64<E>(self, _: u64) -> Result<Plain, E> {
        Ok(Plain { list: false })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Plain, E> {
        Ok(Plain { list: false })
    }

    fn visit_str<E>(self, _: &str) -> Result<Plain, E> {
        Ok(Plain { list: false })
    }

    fn visit_unit<E>(self) -> Result<Plain, E> {
        Ok(Plain { list: false })
    }
}

/// The library's words without names of our types.
fn in_words(text: &str) -> String {
    let mut text = text.to_owned();
    for (kind, word) in [("expected struct ", "expected an object"), ("expected enum ", "expected one of its words")] {
        if let Some((before, rest)) = text.split_once(kind) {
            let after = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            text = format!("{before}{word}{after}");
        }
    }
    text
}

/// Enough of a caller's words to recognise them.
pub(crate) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// The app that the call is about.
pub(crate) fn app(call: &ControlCall) -> Result<AppName, Refusal> {
    match &call.resource {
        Resource::App(app) => Ok(app.clone()),
        other => Err(Refusal::internal(format!("operation `{}` came with resource `{other}`", call.operation))),
    }
}

/// The decoded value of a segment of the path.
pub(crate) fn param(call: &ControlCall, name: &str) -> Result<String, Refusal> {
    let raw = call.param(name).unwrap_or_default();
    let value = decode(raw).ok_or_else(|| bad_input(format!("`{}` is not valid in a path", short(raw))))?;
    if value.is_empty() { Err(bad_input(format!("`{name}` is missing in the path"))) } else { Ok(value) }
}

/// The decoded value of a segment, parsed.
pub(crate) fn parsed<T>(call: &ControlCall, name: &str) -> Result<T, Refusal>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    param(call, name)?.parse().map_err(|e: T::Err| bad_input(e.to_string()))
}

/// Undoes percent-encoding (RFC 3986 section 2.1); `None` when it is malformed or not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The query string: known names only, each at most once.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(head: &Parts, known: &[&str]) -> Result<Self, Refusal> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in head.uri.query().unwrap_or_default().split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !known.contains(&name) {
                let list = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
                let list = if list.is_empty() { "none".to_owned() } else { list };
                return Err(bad_input(format!("there is no parameter `{}`; known here: {list}", short(name))));
            }
            if pairs.iter().any(|(n, _)| n == name) {
                return Err(bad_input(format!("parameter `{name}` is given twice")));
            }
            let value = decode(value).ok_or_else(|| bad_input(format!("the value of `{name}` is malformed")))?;
            pairs.push((name.to_owned(), value));
        }
        Ok(Self(pairs))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The value parsed, when there is one.
    pub(crate) fn value<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let refuse = |_| bad_input(format!("`{}` is not a valid value of `{name}`", short(text)));
        text.parse().map(Some).map_err(refuse)
    }

    /// A number of `range`; absent is `usual`. Digits and nothing else: neither a sign nor a fraction.
    pub(crate) fn count(&self, name: &str, usual: usize, range: RangeInclusive<usize>) -> Result<usize, Refusal> {
        let Some(text) = self.text(name) else { return Ok(usual) };
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && range.contains(number));
        number.ok_or_else(|| {
            bad_input(format!("`{name}` is {} to {}, not `{}`", range.start(), range.end(), short(text)))
        })
    }

    /// `true` or `false`; absent is `false`.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(bad_input(format!("`{name}` is `true` or `false`, not `{}`", short(other)))),
        }
    }
}

/// Text that people read: trimmed, 1 to `max` characters, none of them a control character.
pub(crate) fn display_text(what: &str, text: &str, max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max {
        return Err(bad_input(format!("{what} has 1 to {max} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(bad_input(format!("{what} may hold no control characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(uri: &str) -> Parts {
        http::Request::get(uri).body(()).expect("a request").into_parts().0
    }

    #[test]
    fn percent_encoding_is_undone_once_or_refused() {
        assert_eq!(decode("a%20b%2525"), Some("a b%25".to_owned()));
        for bad in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn queries_know_their_names() {
        let query = Query::parse(&head("/x?tail=5&follow=true"), &["tail", "follow"]).expect("known names");
        assert_eq!(query.value::<usize>("tail").expect("a number"), Some(5));
        assert!(query.flag("follow").expect("a flag"));
        for (bad, said) in [
            ("/x?tial=5", "there is no parameter `tial`; known here: `tail`"),
            ("/x?tail=5&tail=6", "parameter `tail` is given twice"),
            ("/x?tail=%zz", "the value of `tail` is malformed"),
        ] {
            let refusal = Query::parse(&head(bad), &["tail"]).expect_err(bad);
            assert_eq!(refusal.detail.as_deref(), Some(said));
        }
        let query = Query::parse(&head("/x?tail=-1"), &["tail"]).expect("a known name");
        assert!(query.value::<usize>("tail").is_err());
    }

    #[test]
    fn a_body_is_the_object_that_it_looks_like_and_refusals_name_no_type() {
        #[derive(Debug, Deserialize, PartialEq)]
        #[serde(deny_unknown_fields)]
        struct Row {
            line: u64,
            role: Role,
        }
        #[derive(Debug, Deserialize, PartialEq)]
        #[serde(rename_all = "kebab-case")]
        enum Role {
            Member,
        }
        #[derive(Debug, Deserialize, PartialEq)]
        #[serde(deny_unknown_fields)]
        struct Rows {
            rows: Vec<Row>,
        }
        let good = br#" {"rows": [{"line": 1, "role": "member"}]}"#;
        assert_eq!(from_json(good), Ok(Rows { rows: vec![Row { line: 1, role: Role::Member }] }));
        for (bad, said) in [
            (r#"[[{"line": 1, "role": "member"}]]"#, "it is not an object"),
            (r#""x""#, "it is not an object"),
            ("", "it is not an object"),
            (r#"{"rows": [[1, "member"]]}"#, "a list stands where an object belongs at line 1 column 24"),
            (r#"{"rows": [5]}"#, "invalid type: integer `5`, expected an object at line 1 column 11"),
            (r#"{"rows": {}}"#, "invalid type: map, expected a sequence at line 1 column 9"),
            (r#"{"rows": [{"line": 1, "role": {}}]}"#, "expected"),
            (r#"{"rows": [], "rows": []}"#, "duplicate field `rows`"),
        ] {
            let words = from_json::<Rows>(bad.as_bytes()).expect_err(bad);
            assert!(words.contains(said) && !words.contains("Row") && !words.contains("Role"), "{bad}: {words}");
        }
        let deep = format!("{{\"rows\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(from_json::<Rows>(deep.as_bytes()).is_err());
    }

    #[test]
    fn display_text_is_bounded_and_plain() {
        assert_eq!(display_text("a name", "  Ada ", 80).expect("a name"), "Ada");
        for bad in ["", "   ", "a\nb", &"x".repeat(81)] {
            assert!(display_text("a name", bad, 80).is_err(), "{bad}");
        }
    }
}
