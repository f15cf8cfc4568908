//! URL patterns: their parts as regular expressions, and URLs as what these are matched against. Matching itself happens in the
//! engine, as JavaScript, within the limits of the request. `js/web/pattern.js` is the other side.
use std::borrow::Cow;

use urlpattern::{
    RegexSyntax, UrlPatternOptions,
    quirks::{self, EcmaRegexp, MatchInput, StringOrInit, UrlPatternComponent, UrlPatternInit},
    regexp::RegExp,
};

use super::list::push;

/// Longest pattern, with its base. Taking one apart takes time and memory of the host's.
const PATTERN_BYTES_MAX: usize = 16 << 10;
const TOO_LONG: &str = "it is longer than 16 KiB";

/// `(ignoreCase, what `read` reads)`: whether there are groups, and for each part its text, its expression and its groups' names.
/// One item alone says what is wrong.
pub(crate) fn compile<'a>(items: &mut impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut list = Vec::new();
    match compiled(items) {
        Ok(pattern) => {
            push(&mut list, if pattern.has_regexp_groups { b"1" } else { b"0" });
            for part in [
                pattern.protocol,
                pattern.username,
                pattern.password,
                pattern.hostname,
                pattern.port,
                pattern.pathname,
                pattern.search,
                pattern.hash,
            ] {
                push_part(&mut list, &part);
            }
        }
        Err(reason) => push(&mut list, reason.as_bytes()),
    }
    list
}

fn push_part(list: &mut Vec<u8>, part: &UrlPatternComponent) {
    push(list, part.pattern_string.as_bytes());
    push(list, part.regexp_string.as_bytes());
    push(list, part.group_name_list.len().to_string().as_bytes());
    for name in &part.group_name_list {
        push(list, name.as_bytes());
    }
}

fn compiled<'a>(items: &mut impl Iterator<Item = &'a str>) -> Result<quirks::UrlPattern, String> {
    let options = UrlPatternOptions { ignore_case: items.next() == Some("1"), ..UrlPatternOptions::default() };
    let (input, base, length) = read(items).ok_or("it is not complete")?;
    if length > PATTERN_BYTES_MAX {
        return Err(TOO_LONG.into());
    }
    let init = quirks::process_construct_pattern_input(input, base.as_deref()).map_err(|error| error.to_string())?;
    quirks::parse_pattern::<Expression>(init, options).map_err(|error| error.to_string())
}

/// An expression for the engine. Whether it is one is the engine's to say: the host's own regular expressions are of another
/// kind, without looking ahead for example, and are asked only whether a protocol is one of a few words.
struct Expression(EcmaRegexp);

impl RegExp for Expression {
    fn syntax() -> RegexSyntax {
        RegexSyntax::EcmaScript
    }

    fn parse(pattern: &str, flags: &str, _: bool) -> Result<Self, ()> {
        EcmaRegexp::parse(pattern, flags, false).map(Self)
    }

    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        self.0.matches(text)
    }

    fn pattern_string(&self) -> &str {
        self.0.pattern_string()
    }
}

/// The parts of a URL, or of an object with parts; `None`: nothing can match it.
pub(crate) fn take_apart<'a>(items: &mut impl Iterator<Item = &'a str>) -> Option<Vec<u8>> {
    let (input, base, _) = read(items)?;
    let (input, _) = quirks::process_match_input(input, base.as_deref()).ok()??;
    let MatchInput { protocol, username, password, hostname, port, pathname, search, hash } =
        quirks::parse_match_input(input)?;
    let mut list = Vec::new();
    for part in [protocol, username, password, hostname, port, pathname, search, hash] {
        push(&mut list, part.as_bytes());
    }
    Some(list)
}

/// `1`, text and base (`=` before it), or `0`, two empty items, and names with values. Also gives how long all of it is.
fn read<'a>(items: &mut impl Iterator<Item = &'a str>) -> Option<(StringOrInit<'static>, Option<String>, usize)> {
    let is_text = items.next()? == "1";
    let (text, base) = (items.next()?, items.next()?);
    if is_text {
        let length = text.len() + base.len();
        let base = base.strip_prefix('=').map(str::to_owned);
        return Some((StringOrInit::String(Cow::Owned(text.to_owned())), base, length));
    }
    let (mut init, mut length) = (UrlPatternInit::default(), 0);
    while let Some(name) = items.next() {
        let value = items.next()?;
        length += value.len();
        let part = match name {
            "protocol" => &mut init.protocol,
            "username" => &mut init.username,
            "password" => &mut init.password,
            "hostname" => &mut init.hostname,
            "port" => &mut init.port,
            "pathname" => &mut init.pathname,
            "search" => &mut init.search,
            "hash" => &mut init.hash,
            "baseURL" => &mut init.base_url,
            _ => return None,
        };
        *part = Some(value.to_owned());
    }
    Some((StringOrInit::Init(init), None, length))
}

#[cfg(test)]
mod tests {
    use super::{super::list::Items, *};

    fn texts(list: &[u8]) -> Vec<String> {
        Items(list).map(|item| String::from_utf8(item.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_pattern_becomes_expressions_and_a_url_its_parts() {
        let list = texts(&compile(&mut ["0", "0", "", "", "pathname", "/a/:id"].into_iter()));
        assert_eq!(list.len(), 1 + 8 * 3 + 8);
        assert!(list.contains(&"/a/:id".to_owned()) && list.contains(&"id".to_owned()), "{list:?}");
        let parts = take_apart(&mut ["1", "../c?q#h", "=https://u:p@h:81/a/b"].into_iter()).unwrap();
        assert_eq!(texts(&parts), ["https", "u", "p", "h", "81", "/c", "q", "h"]);
        assert_eq!(take_apart(&mut ["1", "/relative", ""].into_iter()), None);
    }

    #[test]
    fn what_is_no_pattern_says_so() {
        for (items, words) in [
            (vec!["0", "1", "/relative", ""], "base"),
            (vec!["0", "0", "", "", "pathname", "/:a/:a"], "a"),
            (vec!["0", "0", "", "", "nothing", "x"], "not complete"),
            (vec!["0"], "not complete"),
        ] {
            let list = texts(&compile(&mut items.iter().copied()));
            assert_eq!(list.len(), 1, "{items:?}: {list:?}");
            assert!(list[0].to_lowercase().contains(words), "{items:?}: {list:?}");
        }
        let long = "/:a".repeat(PATTERN_BYTES_MAX);
        assert_eq!(texts(&compile(&mut ["0", "0", "", "", "pathname", &long].into_iter())), [TOO_LONG]);
    }
}
