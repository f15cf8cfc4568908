//! Text work that the engine leaves to the host: URLs and queries, by the parser that follows the WHATWG standard; patterns of
//! URLs; encodings other than UTF-8; time zones. Nothing is kept from one call to the next.
use encoding_rs::{CoderResult, Encoding};
use url::{Url, form_urlencoded, quirks};

use super::{
    list::{Items, push},
    pattern, zone,
};

/// Longest input; longer ones have no answer. A URL on the wire is far shorter.
const INPUT_BYTES_MAX: usize = 1 << 20;

const PARSE: u32 = 0;
const SET: u32 = 1;
const QUERY_PARSE: u32 = 2;
const QUERY_TEXT: u32 = 3;
const LABEL: u32 = 4;
const DECODE: u32 = 5;
const PATTERN: u32 = 6;
const PATTERN_INPUT: u32 = 7;
// 8 is `EARLY`.
const ZONE: u32 = 9;

/// Does the work that `what` names on a list; `None`: there is no answer.
pub(crate) fn answer(what: u32, input: &[u8]) -> Option<Vec<u8>> {
    if input.len() > INPUT_BYTES_MAX {
        return None;
    }
    if what == DECODE {
        return decode(input);
    }
    let mut items = Items(input).map(|item| str::from_utf8(item).ok());
    match what {
        LABEL => {
            let encoding = Encoding::for_label_no_replacement(items.next()??.as_bytes())?;
            let mut list = Vec::new();
            push(&mut list, encoding.name().to_ascii_lowercase().as_bytes());
            Some(list)
        }
        PATTERN => Some(pattern::compile(&mut items.flatten())),
        PATTERN_INPUT => pattern::take_apart(&mut items.flatten()),
        ZONE => zone::at(items.next()??, items.next()??.parse().ok()?),
        PARSE => {
            let text = items.next()??;
            let url = match items.next() {
                Some(base) => Url::parse(base?).ok()?.join(text).ok()?,
                None => Url::parse(text).ok()?,
            };
            Some(parts(&url))
        }
        SET => {
            let (href, which, value) = (items.next()??, items.next()??, items.next()??);
            let mut url = Url::parse(href).ok()?;
            set(&mut url, which, value);
            Some(parts(&url))
        }
        QUERY_PARSE => {
            let mut list = Vec::new();
            for (name, value) in form_urlencoded::parse(items.next()??.as_bytes()) {
                push(&mut list, name.as_bytes());
                push(&mut list, value.as_bytes());
            }
            Some(list)
        }
        QUERY_TEXT => {
            let mut text = form_urlencoded::Serializer::new(String::new());
            while let Some(name) = items.next() {
                text.append_pair(name?, items.next()??);
            }
            let mut list = Vec::new();
            push(&mut list, text.finish().as_bytes());
            Some(list)
        }
        _ => None,
    }
}

/// `(label, flags, bytes)`, `f`: what is broken has no answer; `m`: there is more. Gives the text, and how many bytes at the end
/// belong to what comes.
fn decode(input: &[u8]) -> Option<Vec<u8>> {
    let mut items = Items(input);
    let encoding = Encoding::for_label_no_replacement(items.next()?)?;
    let (flags, bytes) = (items.next()?, items.next()?);
    let (fatal, more) = (flags.contains(&b'f'), flags.contains(&b'm'));
    // What is cut off at the end of a piece shows as what the end adds: at most three bytes.
    const HELD_MAX: usize = 3;
    let held = match more && !encoding.is_single_byte() {
        false => 0,
        true => (0..=HELD_MAX.min(bytes.len())).find(|held| is_whole(encoding, bytes.get(..bytes.len() - held)))?,
    };
    let (text, broken) = encoding.decode_without_bom_handling(bytes.get(..bytes.len() - held)?);
    if broken && fatal {
        return None;
    }
    let mut list = Vec::with_capacity(text.len() + 16);
    push(&mut list, text.as_bytes());
    push(&mut list, held.to_string().as_bytes());
    Some(list)
}

/// Whether no character is cut off at the end.
fn is_whole(encoding: &'static Encoding, bytes: Option<&[u8]>) -> bool {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = [0; 1_024];
    let mut rest = bytes.unwrap_or_default();
    loop {
        let (result, read, _, _) = decoder.decode_to_utf8(rest, &mut text, false);
        rest = rest.get(read..).unwrap_or_default();
        if result == CoderResult::InputEmpty {
            break;
        }
    }
    let (_, _, written, _) = decoder.decode_to_utf8(&[], &mut text, true);
    written == 0
}

/// In the order that `prelude/url.js` names.
fn parts(url: &Url) -> Vec<u8> {
    let mut list = Vec::with_capacity(url.as_str().len() * 2 + 64);
    push(&mut list, quirks::href(url).as_bytes());
    push(&mut list, quirks::origin(url).as_bytes());
    for part in [
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ] {
        push(&mut list, part.as_bytes());
    }
    list
}

/// As the standard has it: what cannot be set is left as it is.
fn set(url: &mut Url, which: &str, value: &str) {
    let _ = match which {
        "2" => quirks::set_protocol(url, value),
        "3" => quirks::set_username(url, value),
        "4" => quirks::set_password(url, value),
        "5" => quirks::set_host(url, value),
        "6" => quirks::set_hostname(url, value),
        "7" => quirks::set_port(url, value),
        "8" => {
            quirks::set_pathname(url, value);
            Ok(())
        }
        "9" => {
            quirks::set_search(url, value);
            Ok(())
        }
        "10" => {
            quirks::set_hash(url, value);
            Ok(())
        }
        _ => Ok(()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(what: u32, input: &[&str]) -> Option<Vec<String>> {
        let mut list = Vec::new();
        for item in input {
            push(&mut list, item.as_bytes());
        }
        let answer = answer(what, &list)?;
        Some(Items(&answer).map(|item| String::from_utf8(item.to_vec()).unwrap()).collect())
    }

    #[test]
    fn urls_are_taken_apart_joined_and_changed() {
        let parts = ask(PARSE, &["../b?x=1#y", "http://u:p@Example.COM:80/a/c"]).unwrap();
        let wanted =
            ["http://u:p@example.com/b?x=1#y", "http://example.com", "http:", "u", "p", "example.com", "example.com"];
        assert_eq!(parts[..7], wanted);
        assert_eq!(parts[7..], ["", "/b", "?x=1", "#y"]);
        assert_eq!(ask(PARSE, &["/relative"]), None);
        assert_eq!(ask(SET, &["http://a/", "7", "8080"]).unwrap()[0], "http://a:8080/");
        assert_eq!(ask(SET, &["http://a/", "7", "no"]).unwrap()[0], "http://a/");
    }

    #[test]
    fn queries_go_both_ways() {
        assert_eq!(ask(QUERY_PARSE, &["a=1&b=%C3%A4+x&a="]).unwrap(), ["a", "1", "b", "ä x", "a", ""]);
        assert_eq!(ask(QUERY_TEXT, &["a", "1 2", "ä", "&"]).unwrap(), ["a=1+2&%C3%A4=%26"]);
    }

    #[test]
    fn other_encodings_are_read_in_pieces() {
        let decode = |label: &str, flags: &str, bytes: &[u8]| {
            let mut list = Vec::new();
            for item in [label.as_bytes(), flags.as_bytes(), bytes] {
                push(&mut list, item);
            }
            let answer = answer(DECODE, &list)?;
            Some(Items(&answer).map(|item| String::from_utf8(item.to_vec()).unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(ask(LABEL, &[" Latin1 "]).unwrap(), ["windows-1252"]);
        assert_eq!((ask(LABEL, &["klingon"]), ask(LABEL, &["replacement"])), (None, None));
        assert_eq!(decode("latin1", "m", b"\x80\xe4").unwrap(), ["€ä", "0"]);
        assert_eq!(decode("gbk", "m", b"A\xc4").unwrap(), ["A", "1"]);
        assert_eq!(decode("gbk", "", b"A\xc4").unwrap(), ["A\u{fffd}", "0"]);
        assert_eq!(decode("gb18030", "m", b"\x81\x30\x81").unwrap(), ["", "3"]);
        assert_eq!(decode("utf-16le", "m", b"a\0\x3d\xd8\0").unwrap(), ["a", "3"]);
        assert_eq!(
            (decode("big5", "f", b"\x81"), decode("shift_jis", "f", b"\x83\x52").unwrap()[0].as_str()),
            (None, "コ")
        );
    }

    #[test]
    fn nonsense_has_no_answer() {
        assert_eq!(answer(99, &[]), None);
        assert_eq!(answer(PARSE, &[]), None);
        assert_eq!(answer(PARSE, &[4, 0, 0, 0, 0xff, 0xfe, 0xfd, 0xfc]), None);
        assert_eq!(answer(QUERY_PARSE, &vec![0; INPUT_BYTES_MAX + 1]), None);
    }
}
