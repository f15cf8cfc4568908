//! Text work that the engine leaves to the host: URLs and queries, by the parser that follows the WHATWG standard.
use url::{Url, form_urlencoded, quirks};

use super::list::{Items, push};

/// Longest input; longer ones have no answer. A URL on the wire is far shorter.
const INPUT_BYTES_MAX: usize = 1 << 20;

const PARSE: u32 = 0;
const SET: u32 = 1;
const QUERY_PARSE: u32 = 2;
const QUERY_TEXT: u32 = 3;

/// Does the work that `what` names on a list; `None`: there is no answer.
pub(crate) fn answer(what: u32, input: &[u8]) -> Option<Vec<u8>> {
    if input.len() > INPUT_BYTES_MAX {
        return None;
    }
    let mut items = Items(input).map(|item| str::from_utf8(item).ok());
    match what {
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
    fn nonsense_has_no_answer() {
        assert_eq!(answer(99, &[]), None);
        assert_eq!(answer(PARSE, &[]), None);
        assert_eq!(answer(PARSE, &[4, 0, 0, 0, 0xff, 0xfe, 0xfd, 0xfc]), None);
        assert_eq!(answer(QUERY_PARSE, &vec![0; INPUT_BYTES_MAX + 1]), None);
    }
}
