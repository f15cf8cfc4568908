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

/// A map in the channel's form, and its size: names and values together, in bytes.
pub(crate) fn from_map(map: &HeaderMap) -> (Fields, u64) {
    let mut size = 0;
    let fields = map.iter().map(|(name, value)| {
        size += (name.as_str().len() + value.len()) as u64;
        (name.as_str().to_owned(), value.as_bytes().to_vec())
    });
    let fields = Fields(fields.collect());
    (fields, size)
}
