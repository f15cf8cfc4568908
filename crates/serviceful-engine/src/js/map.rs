//! From places in a bundle to places in the files that it was made of.
//!
//! The bundler (`serviceful-bundle`) writes the map, version 3 of the format (ECMA-426), into the bundle's last line. It came
//! from whoever deploys: it is read only in processes that hold nothing but that app, and what it says is only shown.
use oxc_sourcemap::SourceMap;

use super::place::Place;
use crate::work::harmless;

const MARK: &[u8] = b"//# sourceMappingURL=data:application/json;";
const ENCODING: &[u8] = b"base64,";
/// A larger map is not read; the largest bundle that fits is two times this.
const BYTES_MAX: usize = 24 << 20;
/// Longest file name that is shown, in characters.
const NAME_CHARS: usize = 200;

/// See the module.
pub(crate) struct Map(SourceMap<'static>);

/// The module without its map, and the map as it is written.
pub(crate) fn cut(source: &[u8]) -> (&[u8], Option<&[u8]>) {
    let body = source.trim_ascii_end();
    let start = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = body.get(start..).unwrap_or_default();
    let encoded = line.strip_prefix(MARK).and_then(|rest| {
        let at = rest.windows(ENCODING.len()).take(64).position(|window| window == ENCODING)?;
        rest.get(at + ENCODING.len()..)
    });
    match encoded {
        Some(map) => (source.get(..start).unwrap_or_default(), Some(map)),
        None => (source, None),
    }
}

impl Map {
    /// The map of a bundle; `None` when it has none, or one that cannot be read.
    pub(crate) fn of(source: &[u8]) -> Option<Self> {
        let encoded = cut(source).1.filter(|encoded| encoded.len() <= BYTES_MAX)?;
        let text = String::from_utf8(data_encoding::BASE64.decode(encoded).ok()?).ok()?;
        SourceMap::from_json_string(&text).ok().map(|map| Self(map.into_owned()))
    }

    /// Where the code at this place (both numbers from 1) came from.
    pub(crate) fn place(&self, line: u32, column: u32) -> Option<Place> {
        let (line, column) = (line.checked_sub(1)?, column.checked_sub(1)?);
        // The last token at or before it, on its line; tokens are in order.
        let count = u32::try_from(self.0.get_tokens().len()).ok()?;
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            let token = self.0.get_token(middle)?;
            if (token.get_dst_line(), token.get_dst_col()) <= (line, column) { low = middle + 1 } else { high = middle }
        }
        let on_line = |at: u32| self.0.get_token(at).filter(|token| token.get_dst_line() == line);
        let before = low.checked_sub(1).and_then(on_line);
        // The engine says column 1 of what has a line and no column; on an indented line no token is there.
        let token = before.or_else(|| if column == 0 { on_line(low) } else { None })?;
        let file = self.0.get_source(token.get_source_id()?)?;
        let file: String = file.chars().take(NAME_CHARS).collect();
        Some(Place {
            file: harmless(file.as_bytes()),
            line: token.get_src_line().saturating_add(1),
            column: token.get_src_col().saturating_add(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(map: &str) -> Vec<u8> {
        let encoded = data_encoding::BASE64.encode(map.as_bytes());
        format!("let a;\nlet b;\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,{encoded}\n")
            .into_bytes()
    }

    #[test]
    fn places_lead_to_the_users_files() {
        // Line 1, column 1 -> src/a.ts:1:1; line 2, column 1 -> src/b.ts:3:1; line 2, column 5 -> src/b.ts:3:9.
        let source =
            bundle(r#"{"version":3,"sources":["src/a.ts","src/b.ts"],"names":[],"mappings":"AAAA;ACEA,IAAQ"}"#);
        assert_eq!(cut(&source).0, b"let a;\nlet b;\n");
        let map = Map::of(&source).unwrap();
        let shown = |line, column| map.place(line, column).map(|place| place.to_string());
        assert_eq!(shown(1, 1).as_deref(), Some("src/a.ts:1:1"));
        assert_eq!(shown(1, 6).as_deref(), Some("src/a.ts:1:1"));
        assert_eq!(shown(2, 4).as_deref(), Some("src/b.ts:3:1"));
        assert_eq!(shown(2, 9).as_deref(), Some("src/b.ts:3:9"));
        assert_eq!(shown(3, 1), None);
        assert_eq!(shown(0, 1), None);
        // The only token of line 1 is at column 2: an indented line, of which the engine says column 1.
        let map = Map::of(&bundle(r#"{"version":3,"sources":["src/a.ts"],"names":[],"mappings":"CAIA;"}"#)).unwrap();
        assert_eq!(map.place(1, 1).unwrap().to_string(), "src/a.ts:5:1");
        assert_eq!(map.place(2, 1), None);
    }

    #[test]
    fn what_is_no_map_is_none() {
        for source in ["", "let a;", "//# sourceMappingURL=data:application/json;base64,", "//# sourceMappingURL=x.map"]
        {
            assert!(Map::of(source.as_bytes()).is_none(), "{source}");
        }
        for map in [
            "",
            "[]",
            "{}",
            r#"{"version":3,"sources":[],"names":[],"mappings":"!!!"}"#,
            r#"{"version":3,"sources":["a"],"names":[],"mappings":"gggggggggggggggggggA"}"#,
        ] {
            if let Some(map) = Map::of(&bundle(map)) {
                assert_eq!(map.place(1, 1), None);
            }
        }
        // A source that is not there, and one that writes to a terminal.
        let map = Map::of(&bundle(r#"{"version":3,"sources":["\u001b[2Jx"],"names":[],"mappings":"AAAA;AEAA"}"#));
        if let Some(map) = map {
            assert_eq!(map.place(1, 1).unwrap().file, "\\u{1b}[2Jx");
            assert_eq!(map.place(2, 1), None);
        }
    }
}
