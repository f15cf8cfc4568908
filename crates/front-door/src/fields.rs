//! Header fields: how many, how large, which names, and which only once.
use gateway::{Refusal, SecurityClass};
use http::{HeaderMap, header};
use types::Code;

use crate::{
    Config,
    reserved::{Misnomer, misnomer},
};

/// Fields that two readers would resolve differently when they come twice.
const ONCE: [&str; 12] = [
    "authorization",
    "content-length",
    "content-type",
    "dpop",
    "expect",
    "host",
    "origin",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "sec-fetch-user",
    "transfer-encoding",
];

/// What a field costs beside its name and value: RFC 9113 section 6.5.2, and the same for the responses of functions.
const FIELD_BYTES: usize = 32;

/// Checks names, numbers and sizes.
pub(crate) fn check(headers: &HeaderMap, config: &Config) -> Result<(), Refusal> {
    if headers.len() as u64 > config.header_fields_max {
        return Err(too_large(format!("{} header fields", headers.len()), config));
    }
    let mut bytes = 0_u64;
    for (name, value) in headers {
        check_name(name.as_str())?;
        bytes = bytes.saturating_add((name.as_str().len() + value.len() + FIELD_BYTES) as u64);
    }
    if bytes > config.header_bytes_max {
        return Err(too_large(format!("{bytes} bytes of header fields, {FIELD_BYTES} of them for each"), config));
    }
    if headers.len() != headers.keys_len() {
        check_once(headers)?;
    }
    Ok(())
}

/// Checks one name; used for trailers too.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let Some(what) = misnomer(name) else { return Ok(()) };
    let reason = format!("header name `{name}`");
    Err(match what {
        Misnomer::Identity => Refusal::new(Code::DOOR_RESERVED_HEADER, reason)
            .detail(format!("`{name}` is reserved for the platform"))
            .next("send a credential in `Authorization`; the function learns the caller from the platform")
            .security(SecurityClass::ReservedHeader),
        Misnomer::Forwarding => Refusal::new(Code::DOOR_RESERVED_HEADER, reason)
            .detail(format!("`{name}` speaks for a proxy, and none is trusted here"))
            .next("send the request without it"),
        Misnomer::Substitute => Refusal::new(Code::DOOR_RESERVED_HEADER, reason)
            .detail(format!("`{name}` asks for another method, target or handling than this request has"))
            .next("say it in the request itself, and send it without this field"),
        Misnomer::Underscore => Refusal::new(Code::DOOR_MALFORMED, reason)
            .detail(format!("the header name `{name}` has an underscore, which some software reads as another name"))
            .next("use `-` instead of `_`"),
    })
}

fn check_once(headers: &HeaderMap) -> Result<(), Refusal> {
    for name in ONCE {
        if headers.get_all(name).iter().nth(1).is_none() {
            continue;
        }
        let refusal = Refusal::new(Code::DOOR_MALFORMED, format!("`{name}` twice"))
            .detail(format!("`{name}` came more than once"));
        let framing = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::HOST].iter().any(|f| f == name);
        return Err(if framing { refusal.security(SecurityClass::Smuggling).close() } else { refusal });
    }
    Ok(())
}

fn too_large(reason: String, config: &Config) -> Refusal {
    let next = format!(
        "send at most {} header fields of {} bytes together, {FIELD_BYTES} counted for each beside name and value",
        config.header_fields_max, config.header_bytes_max
    );
    Refusal::new(Code::DOOR_HEADERS_TOO_LARGE, reason).next(next).bare()
}
