//! From words to a message (RFC 5322, MIME): by the library, from structured fields, so that no text becomes a field.
use std::time::{Duration, UNIX_EPOCH};

use lettre::{
    Address, Message,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};
use wire::mail::Letter;

use crate::Config;

/// RFC 3834 section 5: nobody's holiday notice answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// A message with its envelope.
pub(crate) struct Made {
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) bytes: Vec<u8>,
}

/// Makes the message. Fails for what is no address, which the platform does not send.
pub(crate) fn make(config: &Config, letter: &Letter) -> Result<Made, String> {
    let address = |text: &str| text.parse::<Address>().map_err(|e| e.to_string());
    let (from, to) = (address(&config.from)?, address(&letter.to)?);
    let id = format!("<{}@{}>", letter.id, from.domain());
    let message = Message::builder()
        .from(Mailbox::new(Some(config.from_name.clone()), from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(letter.subject.clone())
        .date(UNIX_EPOCH + Duration::from_millis(letter.at_ms))
        .message_id(Some(id))
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text.clone())
        .map_err(|e| e.to_string())?;
    Ok(Made { from, to, bytes: message.formatted() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tls;

    fn config() -> Config {
        Config {
            host: "mail.example.org".into(),
            port: None,
            tls: Tls::Implicit,
            user: None,
            password_file: None,
            ca: None,
            from: "platform@example.org".into(),
            from_name: "Plat, \"form\"".into(),
            hourly_max: 1,
        }
    }

    #[test]
    fn no_text_becomes_a_field_or_ends_the_message() {
        let evil = "x\r\nBcc: victim@example.org\r\n\r\nbody";
        let letter = Letter {
            id: "m-1".into(),
            to: "ada@example.org".into(),
            subject: format!("Hello {evil}"),
            text: "one\n.\nQUIT\nBcc: victim@example.org\ncaf\u{e9}\n".into(),
            at_ms: 1_790_000_000_000,
        };
        let made = make(&config(), &letter).unwrap();
        let text = String::from_utf8(made.bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head.lines().filter_map(|line| line.split_once(": ")).map(|(name, _)| name).collect();
        assert!(!names.iter().any(|name| name.eq_ignore_ascii_case("bcc")), "{head}");
        for wanted in ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type"] {
            assert_eq!(names.iter().filter(|name| **name == wanted).count(), 1, "{wanted}: {head}");
        }
        assert!(head.contains("Message-ID: <m-1@example.org>"), "{head}");
        assert!(text.bytes().all(|b| b.is_ascii()), "{text}");
        assert!(body.contains("QUIT"), "{body}");
        for bad in ["", "ada", "ada@example.org\r\nRCPT TO:<x@y>", "ada@example.org> SIZE=1"] {
            assert!(make(&config(), &Letter { to: bad.into(), ..letter.clone() }).is_err(), "{bad:?}");
        }
    }
}
