//! What must hold for whatever a stranger sends to a sign-in page. Run by the tests on mangled forms, and by `fuzz/`.
use types::email_address;

use crate::{answer, claim, form, secret, trip};

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
    if let Ok(name) = claim::name(value) {
        assert!(!name.is_empty() && name.chars().count() <= 80 && !name.chars().any(char::is_control));
    }
    let encoded = answer::encode(value).to_string();
    assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
    let _ = secret::recovery_hash(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mangled_forms_are_refused_or_plain() {
        let seeds: [&[u8]; 4] = [
            b"tx=AAAA&email=ada%40example.org&password=correct+horse",
            b"name=Ada+Lovelace&email=a@b.example&new_password=%C3%A9&secret=x",
            b"code=123+456&recovery_code=abcd-efgh-ijkl-mnop-qrst-uvwx&target=%2Forders%3Fx%3D1",
            b"a=1&a=2&%00=%ff&=&&",
        ];
        mangle::run(&seeds, 20_000, form);
    }
}
