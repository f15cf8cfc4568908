//! What must hold for any credential that a stranger sends. Run by the tests on mangled tokens, and by `fuzz/`.
use http::{HeaderMap, HeaderValue, Method, Uri, header::AUTHORIZATION};
use types::UnixMillis;

use crate::{
    bearer, names,
    proof::{self, About},
    signed, token,
};

/// The value of an `Authorization` field, and the same bytes as a claim's code and as a name.
pub fn credential(bytes: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, value.clone());
        if let Ok(found) = bearer::token(&headers) {
            let Some((_, found)) = found else { panic!("there is a field") };
            assert!(bytes.ends_with(found) && token::check(found).is_ok());
            assert!(found.len() == 53 && found.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_'));
        }
        headers.append(AUTHORIZATION, value);
        assert!(bearer::token(&headers).is_err(), "two fields are none");
    }
    let text = String::from_utf8_lossy(bytes);
    if token::is_secret(&text) {
        assert_eq!(text.len(), 43);
    }
    if names::check_display("the name", &text).is_ok() {
        assert!(!text.is_empty() && text.chars().count() <= 80 && !text.chars().any(char::is_control));
    }
}

/// A signed token of a platform with one key, which signed nothing: it is refused, whatever is in it.
pub fn signed(bytes: &[u8]) {
    let shaped = signed::has_shape(bytes);
    assert!(!shaped || (bytes.len() <= signed::BYTES_MAX && bytes.iter().filter(|b| **b == b'.').count() == 2));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // The private key of this point is 1: of what is tried here, nothing is signed with it.
    let (x, y) = (signed::PROBE_X, signed::PROBE_Y);
    let at = UnixMillis(1_790_000_000_000);
    let gone_at = UnixMillis(u64::MAX);
    let state = gateway::TokenKeyState::Active;
    let public =
        gateway::TokenKey { id: "k".into(), x, y, state, made_at: at, signs_from: at, signs_until: gone_at, gone_at };
    let keys: Vec<_> = signed::Key::of(public).into_iter().collect();
    assert_eq!(keys.len(), 1);
    let read = signed::read(text, &keys, "https://id.example.com", at);
    assert!(read.is_err(), "nobody signed this: {read:?}");
}

/// A proof of possession that did not come from the holder of a key: it is refused, whatever is in it.
pub fn proof(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let address = Uri::from_static("https://console.example.com/api/v1/whoami");
    let about = About { method: &Method::GET, address: &address, token: None };
    let judged = proof::judge(text, about, UnixMillis(1_790_000_000_000), 0);
    assert!(judged.is_err(), "nobody signed this: {judged:?}");
}

#[cfg(test)]
mod tests {
    use types::Rng;

    use super::*;

    struct Sevens;

    impl Rng for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn mangled_credentials_are_refused_or_are_tokens() {
        let (person, _) = token::fresh(token::Prefix::Person, &Sevens);
        let (service, _) = token::fresh(token::Prefix::Service, &Sevens);
        let person = format!("Bearer {}", person.reveal());
        let service = format!("bearer {}", service.reveal());
        let code = token::secret(&Sevens);
        let seeds = [person.as_bytes(), service.as_bytes(), code.as_bytes(), "Ada Lovelace".as_bytes(), b"Basic QTpC"];
        mangle::run(&seeds, 30_000, credential);
    }
}
