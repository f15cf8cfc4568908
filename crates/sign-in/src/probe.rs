//! What must hold for whatever a stranger sends to a sign-in page. Run by the tests on mangled forms, and by `fuzz/`.
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;
use types::email_address;
use webauthn_rs::prelude::{
    DiscoverableKey, PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder,
};

use crate::{
    answer,
    breach_list::{List, Selection},
    client, form, newcomer, secret, trip,
};

/// A form, and each of its values as everything that a field can be.
pub fn form(bytes: &[u8]) {
    let Ok(form) = form::Form::parse(bytes) else { return };
    let fields = form.fields();
    assert!(fields.len() <= form::FIELDS_MAX);
    for (at, (name, value)) in fields.iter().enumerate() {
        assert!(!fields.iter().skip(at + 1).any(|(other, _)| other == name), "each name once");
        assert!(!value.contains('\0') && form.get(name) == value);
        field(value);
    }
}

fn field(value: &str) {
    let target = trip::safe_target(value);
    assert!(target.starts_with('/') && !target.starts_with("//") && target.is_ascii() && !target.contains('\\'));
    if let Some(email) = email_address(value) {
        assert!(email.contains('@') && !email.chars().any(|c| c.is_control() || c.is_whitespace()));
        assert_eq!(email_address(&email).as_ref(), Some(&email), "an address stays what it is");
    }
    if let Ok(name) = newcomer::name(value) {
        assert!(!name.is_empty() && name.chars().count() <= 80 && !name.chars().any(char::is_control));
    }
    let encoded = answer::encode(value).to_string();
    assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
    let _ = secret::recovery_hash(value);
    if let Some(redirect) = client::Redirect::parse(value) {
        assert_eq!(redirect.to_text(), value, "a redirect has one spelling");
    }
    if let Some(name) = client::computer(value) {
        assert!(!name.is_empty() && name.chars().count() <= 40 && !name.contains(['<', ' ', '\n']));
    }
}

/// A file of a breach list, and a downloaded list that one is made of. With a checksum that fits, too: what stands behind it is
/// not read otherwise.
pub fn breach_list(bytes: &[u8]) {
    let summed = [bytes, digest(&SHA256, bytes).as_ref()].concat();
    for file in [bytes, &summed] {
        if let Ok(list) = List::read(file) {
            assert!(list.entries() > 0 && list.bytes() == file.len() as u64);
            let known = (0..64).filter(|n| list.knows(&format!("{n} some password"))).count();
            assert!(known <= 64);
        }
    }
    let mut selection = Selection::new(2, 100);
    for line in bytes.split(|b| *b == b'\n') {
        let _ = selection.line(line);
    }
    assert!(selection.len() <= 100);
    if let Ok(file) = selection.finish() {
        assert!(List::read(&file).is_ok_and(|list| list.min_count() >= 2), "what is made is read");
    }
}

struct Known {
    library: Webauthn,
    /// A passkey that it knows.
    key: DiscoverableKey,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| known().unwrap_or_else(|e| panic!("no passkey to try with: {e}")));

fn known() -> Result<Known, Box<dyn std::error::Error>> {
    let library = WebauthnBuilder::new("id.localhost", &Url::parse(ORIGIN)?)?.build()?;
    let (asked, open) = library.start_passkey_registration(Uuid::nil(), "a@b.example", "A", None)?;
    let asked = serde_json::to_value(&asked.public_key)?;
    let challenge = asked.get("challenge").and_then(serde_json::Value::as_str).ok_or("no challenge")?;
    let answer: RegisterPublicKeyCredential = serde_json::from_slice(&made(challenge, &attestation()?))?;
    let key = DiscoverableKey::from(&library.finish_passkey_registration(&answer, &open)?);
    Ok(Known { library, key })
}

/// The answer of a device, as one that makes a passkey and as one that shows one. None answers a question that was asked just now.
pub fn credential(bytes: &[u8]) {
    let Known { library, key } = &*KNOWN;
    if let Ok(made) = serde_json::from_slice::<RegisterPublicKeyCredential>(bytes) {
        let asked = library.start_passkey_registration(Uuid::nil(), "a@b.example", "A", None);
        assert!(asked.is_ok_and(|(_, open)| library.finish_passkey_registration(&made, &open).is_err()));
    }
    if let Ok(shown) = serde_json::from_slice::<PublicKeyCredential>(bytes) {
        if let Ok((_, id)) = library.identify_discoverable_authentication(&shown) {
            assert_eq!(id, shown.get_credential_id());
        }
        let asked = library.start_discoverable_authentication();
        assert!(
            asked.is_ok_and(|(_, open)| { library.finish_discoverable_authentication_v2(&shown, open, key).is_err() })
        );
    }
}

const ORIGIN: &str = "http://id.localhost:1";
const ID: [u8; 4] = [1, 2, 3, 4];
/// A point on P-256: its generator (SEC 2 section 2.4.2).
const POINT: &[u8] = b"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                       4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// What a device says of itself: somebody was there, and it looked who.
fn authenticator(flags: u8) -> Vec<u8> {
    let mut data = digest(&SHA256, b"id.localhost").as_ref().to_vec();
    data.extend([0x1d | flags, 0, 0, 0, 1]);
    data
}

/// What it says of a new passkey, attested by nobody.
fn attestation() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut data = authenticator(0x40);
    data.extend([0; 16]);
    data.extend([0, 4]);
    data.extend(ID);
    let point = HEXLOWER.decode(POINT)?;
    let (x, y) = point.split_at(32);
    data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
    data.extend(x);
    data.extend([0x22, 0x58, 0x20]);
    data.extend(y);
    let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
    object.push(u8::try_from(data.len())?);
    object.extend(data);
    Ok(object)
}

fn made(challenge: &str, attestation: &[u8]) -> Vec<u8> {
    let said = json!({"type": "webauthn.create", "challenge": challenge, "origin": ORIGIN}).to_string();
    answer(&json!({"clientDataJSON": text(said.as_bytes()), "attestationObject": text(attestation)}))
}

fn answer(response: &serde_json::Value) -> Vec<u8> {
    let id = text(&ID);
    json!({"id": id, "rawId": id, "type": "public-key", "response": response}).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mangled_forms_are_refused_or_plain() {
        let seeds: [&[u8]; 5] = [
            b"tx=AAAA&email=ada%40example.org&password=correct+horse",
            b"name=Ada+Lovelace&email=a@b.example&new_password=%C3%A9&secret=x",
            b"code=123+456&recovery_code=abcd-efgh-ijkl-mnop-qrst-uvwx&target=%2Forders%3Fx%3D1",
            b"a=1&a=2&%00=%ff&=&&",
            b"client_id=serviceful-cli&redirect_uri=http%3A%2F%2F127.0.0.1%3A8081%2Fcallback&computer=build-3",
        ];
        mangle::run(&seeds, 20_000, form);
    }

    #[test]
    fn mangled_breach_lists_are_refused_or_answer() {
        let line = |n: u32| format!("{:040X}:{n}\r\n", u128::from(n) * 0x1234_5678_9ABC_DEF0_1234_5678);
        let list: String = (1..40).map(line).collect();
        let mut selection = Selection::new(1, 40);
        for line in list.lines() {
            selection.line(line.as_bytes()).unwrap();
        }
        let file = selection.finish().unwrap();
        assert!(List::read(&file).is_ok());
        let body = &file[..file.len() - 32];
        mangle::run(&[list.as_bytes(), &file, body], 20_000, breach_list);
    }

    #[test]
    fn mangled_answers_of_devices_are_refused() {
        let attestation = attestation().unwrap();
        let said = json!({"type": "webauthn.get", "challenge": "AAAA", "origin": ORIGIN}).to_string();
        let shown = |data: &[u8], signature: &[u8]| {
            answer(&json!({
                "clientDataJSON": text(said.as_bytes()),
                "authenticatorData": text(data),
                "signature": text(signature),
                "userHandle": text(&[7; 16]),
            }))
        };
        let seeds = [made("AAAA", &attestation), shown(&authenticator(0), &[0x30, 0])];
        assert!(serde_json::from_slice::<RegisterPublicKeyCredential>(&seeds[0]).is_ok());
        assert!(serde_json::from_slice::<PublicKeyCredential>(&seeds[1]).is_ok());
        mangle::run(&[&seeds[0], &seeds[1]], 10_000, credential);
        // What is mangled inside its base64 still is an answer, and gets further.
        mangle::run(&[&attestation], 5_000, |object| credential(&made("AAAA", object)));
        mangle::run(&[&authenticator(0)], 5_000, |data| credential(&shown(data, data)));
    }
}
