use http::HeaderValue;

use super::*;

struct Sevens;
impl types::Rng for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn good() -> String {
    token::fresh(token::Prefix::Person, &Sevens).0.reveal().to_owned()
}

fn headers(fields: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(field).expect("a field that a parser lets through"));
    }
    headers
}

#[test]
fn reads_one_bearer_field() {
    let good = good();
    for scheme in ["Bearer", "bearer", "BEARER", "bEARer"] {
        let headers = headers(&[format!("{scheme} {good}").as_bytes()]);
        assert_eq!(token(&headers), Ok(Some((Scheme::Bearer, good.as_bytes()))), "{scheme}");
    }
    for scheme in ["DPoP", "dpop", "DPOP"] {
        let headers = headers(&[format!("{scheme} {good}").as_bytes()]);
        assert_eq!(token(&headers), Ok(Some((Scheme::Proof, good.as_bytes()))), "{scheme}");
    }
    assert_eq!(token(&HeaderMap::new()), Ok(None));
}

#[test]
fn nothing_but_that_field_is_read() {
    let good = good();
    let mut headers = HeaderMap::new();
    for name in ["cookie", "proxy-authorization", "x-authorization", "authorisation", "dpop", "x-api-key"] {
        headers.insert(name, format!("Bearer {good}").parse().expect("a field"));
    }
    assert_eq!(token(&headers), Ok(None));
}

#[test]
fn refuses_every_other_spelling() {
    let good = good();
    let with = |before: &str, after: &str| format!("{before}{good}{after}").into_bytes();
    let (syntax, scheme) = (Reason::Syntax, Reason::Scheme);
    let malformed = Reason::Malformed;
    for (field, why) in [
        (b"".to_vec(), &syntax),
        (b" ".to_vec(), &syntax),
        (b"Bearer".to_vec(), &syntax),
        (b"Bearer ".to_vec(), &syntax),
        (b"Bearer =".to_vec(), &syntax),
        (with("Bearer  ", ""), &syntax),
        (with("Bearer\t", ""), &syntax),
        (with("Bearer,", ""), &syntax),
        (with("Bearer:", ""), &syntax),
        (with("Bearer=", ""), &syntax),
        (with(" Bearer ", ""), &syntax),
        (with("Bearer ", " "), &syntax),
        (with("Bearer ", "\t"), &syntax),
        (with("Bearer ", ","), &syntax),
        (with("Bearer ", ", Bearer x"), &syntax),
        (with("Bearer \"", "\""), &syntax),
        (with("Bearer token=", ""), &syntax),
        (with("Bearer =", ""), &syntax),
        (with("Bearer ", "\u{e9}"), &syntax),
        (b"Bearer \xff\xfe".to_vec(), &syntax),
        (b"\xff\xfe".to_vec(), &syntax),
        (good.clone().into_bytes(), &scheme),
        (with("Token ", ""), &scheme),
        (with("BearerX ", ""), &scheme),
        (with("Bearer", ""), &scheme),
        (b"Basic c2VydmljZWZ1bDpzZXJ2aWNlZnVs".to_vec(), &scheme),
        (b"Digest username=\"a\"".to_vec(), &scheme),
        (with("DPoP  ", ""), &syntax),
        (with("DPoPX ", ""), &scheme),
        (token::fresh(token::Prefix::Refresh, &Sevens).0.reveal().as_bytes().to_vec(), &scheme),
        (
            [b"Bearer ", token::fresh(token::Prefix::Refresh, &Sevens).0.reveal().as_bytes()].concat(),
            &malformed(Malformed::Prefix),
        ),
        (with("Bearer ", "="), &malformed(Malformed::Length)),
        (b"Bearer x".to_vec(), &malformed(Malformed::Length)),
        (b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.".to_vec(), &malformed(Malformed::Parts)),
        (vec![b'A'; 64 << 10], &scheme),
        ([b"Bearer ".as_slice(), &[b'A'; 64 << 10]].concat(), &malformed(Malformed::Length)),
        ([b"Bearer ".as_slice(), &[b'A'; 53]].concat(), &malformed(Malformed::Prefix)),
        ([b"Bearer sfp_".as_slice(), &[b'A'; 49]].concat(), &malformed(Malformed::Checksum)),
        ([b"Bearer sfp_".as_slice(), &[b'~'; 49]].concat(), &malformed(Malformed::Alphabet)),
    ] {
        let shown = String::from_utf8_lossy(&field[..field.len().min(80)]).into_owned();
        assert_eq!(token(&headers(&[&field])), Err(why.clone()), "`{shown}`");
    }
}

#[test]
fn two_fields_are_refused_even_when_they_agree() {
    let field = format!("Bearer {}", good());
    let several = [field.as_bytes(), field.as_bytes()];
    assert_eq!(token(&headers(&several)), Err(Reason::SeveralFields));
    assert_eq!(token(&headers(&[b"Basic x", field.as_bytes()])), Err(Reason::SeveralFields));
    assert_eq!(token(&headers(&[field.as_bytes(), b""])), Err(Reason::SeveralFields));
}
