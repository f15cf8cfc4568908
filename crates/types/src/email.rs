//! An e-mail address in the one spelling that is compared. Not everything that RFC 5321 allows: what two readers take for two
//! addresses, or for one, is refused.
use std::sync::Arc;

/// RFC 5321 section 4.5.3.1.
const BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;

/// The address in lower case; `None` when it is none.
pub fn email_address(typed: &str) -> Option<Arc<str>> {
    let typed = typed.trim();
    if typed.len() > BYTES_MAX {
        return None;
    }
    let (local, domain) = typed.split_once('@')?;
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-.".contains(&b);
    let local_fits = (1..=LOCAL_BYTES_MAX).contains(&local.len())
        && local.bytes().all(letter)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    (local_fits && domain.split('.').all(label)).then(|| typed.to_ascii_lowercase().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_spelling() {
        for (typed, kept) in [("Ada@Example.org", "ada@example.org"), (" a+b@localhost ", "a+b@localhost")] {
            assert_eq!(email_address(typed).as_deref(), Some(kept));
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a@b@c",
            "a b@c.org",
            "a@c..org",
            "a@-c.org",
            ".a@c.org",
            "a..b@c.org",
            "a@\u{e9}.org",
            "\u{430}da@c.org",
            "a\u{200b}@c.org",
            "a@c.org\r\nx",
            "\"a b\"@c.org",
            "a@[1.2.3.4]",
            &long,
        ] {
            assert_eq!(email_address(bad), None, "{bad:?}");
        }
    }
}
