//! Header fields and trailers between the channel's form and the HTTP library's.
use http::{HeaderMap, HeaderName, HeaderValue};
use wire::work::Fields;

/// The channel's form as a map; the name of the first malformed field otherwise.
pub(crate) fn to_map(fields: Fields) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::try_with_capacity(fields.0.len()).map_err(|_| String::from("(too many)"))?;
    for (name, value) in fields.0 {
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok();
        let (Some(key), Ok(value)) = (parsed, HeaderValue::from_maybe_shared(bytes::Bytes::from(value))) else {
            return Err(name.chars().take(80).collect());
        };
        if map.try_append(key, value).is_err() {
            return Err("(too many)".into());
        }
    }
    Ok(map)
}

/// What a field costs beyond its name and value (RFC 9113 section 6.5.2). The front counts the same
/// (`FIELD_BYTES` in `runtime/src/fields.rs`): were they to differ, a response that the worker lets through would be lost there.
pub(crate) const FIELD_BYTES: usize = 32;

/// A map in the channel's form, and its size in bytes: names, values, and [`FIELD_BYTES`] for each field.
pub(crate) fn from_map(map: &HeaderMap) -> (Fields, u64) {
    let mut size = 0;
    let fields = map.iter().map(|(name, value)| {
        size += (name.as_str().len() + value.len() + FIELD_BYTES) as u64;
        (name.as_str().to_owned(), value.as_bytes().to_vec())
    });
    let fields = Fields(fields.collect());
    (fields, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_counts_its_name_its_value_and_32_bytes() {
        for (pairs, size) in [
            (&[][..], 0),
            (&[("a", "")], 33),
            (&[("a", "bc"), ("de", "")], 35 + 34),
            // Two values of one name are two fields.
            (&[("set-cookie", "a=1"), ("set-cookie", "b=2")], 2 * (10 + 3 + 32)),
        ] {
            let mut whole = HeaderMap::new();
            for (name, value) in pairs {
                whole.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let (fields, counted) = from_map(&whole);
            assert_eq!(counted, size, "{pairs:?}");
            assert_eq!(fields.0.len(), pairs.len());
            assert_eq!(to_map(fields).unwrap(), whole);
        }
    }
}
