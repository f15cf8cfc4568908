//! A decoder of source maps (version 3), by the specification and not by the crate that wrote them.

use data_encoding::BASE64;
use wire::bundle::Bundle;

/// One segment that names a place of a source. All counted from 0; columns in UTF-16 units.
#[derive(Clone, Copy, Debug)]
struct Segment {
    line: usize,
    column: i64,
    source: i64,
    source_line: i64,
    source_column: i64,
}

pub(crate) struct SourceMap {
    pub(crate) json: serde_json::Value,
    pub(crate) sources: Vec<String>,
    segments: Vec<Segment>,
}

/// A place in a source, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Original {
    pub(crate) source: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl SourceMap {
    pub(crate) fn of(bundle: &Bundle) -> Self {
        let json = BASE64.decode(bundle.parts().1.unwrap().as_bytes()).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["version"], 3);
        let sources = json["sources"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
        let segments = decode(json["mappings"].as_str().unwrap());
        Self { sources, segments, json }
    }

    /// Where a place of the module comes from: the last segment of its line at or before it.
    pub(crate) fn lookup(&self, line: usize, column: usize) -> Option<Original> {
        let column = i64::try_from(column).unwrap();
        let before = self.segments.iter().filter(|segment| segment.line == line && segment.column <= column);
        let segment = before.max_by_key(|segment| segment.column)?;
        let number = |number: i64| usize::try_from(number).unwrap();
        Some(Original {
            source: self.sources[number(segment.source)].clone(),
            line: number(segment.source_line),
            column: number(segment.source_column),
        })
    }
}

fn decode(mappings: &str) -> Vec<Segment> {
    let (mut segments, mut source, mut source_line, mut source_column) = (Vec::new(), 0, 0, 0);
    for (line, text) in mappings.split(';').enumerate() {
        let mut column = 0;
        for segment in text.split(',').filter(|segment| !segment.is_empty()) {
            let fields = numbers(segment);
            column += fields[0];
            if fields.len() >= 4 {
                source += fields[1];
                source_line += fields[2];
                source_column += fields[3];
                segments.push(Segment { line, column, source, source_line, source_column });
            }
        }
    }
    segments
}

/// Numbers of variable length: six bits a letter, the highest says that more follow, the lowest of all is the sign.
fn numbers(text: &str) -> Vec<i64> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut numbers, mut value, mut shift) = (Vec::new(), 0_i64, 0);
    for letter in text.bytes() {
        let bits = i64::try_from(LETTERS.iter().position(|one| *one == letter).unwrap()).unwrap();
        value |= (bits & 31) << shift;
        if bits & 32 != 0 {
            shift += 5;
            continue;
        }
        numbers.push(if value & 1 == 1 { -(value >> 1) } else { value >> 1 });
        (value, shift) = (0, 0);
    }
    numbers
}

/// Line and column of `needle`, from 0; it must stand once.
pub(crate) fn position(text: &str, needle: &str) -> (usize, usize) {
    assert_eq!(text.matches(needle).count(), 1, "`{needle}` in:\n{text}");
    let before = &text[..text.find(needle).unwrap()];
    let line = before.rsplit('\n').next().unwrap();
    (before.matches('\n').count(), line.encode_utf16().count())
}
