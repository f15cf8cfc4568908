//! Texts that want to crash the reader, keep it busy, or make it answer with more than it was given.
use super::{FULL, with};
use crate::{ERRORS_MAX, Manifest, TEXT_BYTES_MAX};

/// A seeded generator (xorshift64), so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides.max(1)
    }
}

fn survives(text: &str) {
    if let Err(errors) = Manifest::parse(text) {
        assert!(!errors.is_empty() && errors.len() <= ERRORS_MAX);
        for error in errors {
            assert!(error.line >= 1 && error.column >= 1);
            let words = error.to_string();
            assert!(words.len() < 4_096, "an error of {} bytes", words.len());
            assert!(!words.chars().any(|c| c.is_control()), "{words:?}");
        }
    }
}

#[test]
fn mutations_never_panic() {
    let mut dice = Dice(0x5eed_5eed_5eed_5eed);
    let alphabet: Vec<char> = "[]{}=\"'.,#\n\r\t \\-_:0aZé\u{202e}\u{0}".chars().collect();
    for _ in 0..4_000 {
        let mut chars: Vec<char> = FULL.chars().collect();
        for _ in 0..=dice.roll(8) {
            let at = dice.roll(chars.len());
            match dice.roll(4) {
                0 => drop(chars.remove(at)),
                1 => chars.insert(at, alphabet[dice.roll(alphabet.len())]),
                2 => chars[at] = alphabet[dice.roll(alphabet.len())],
                _ => {
                    let end = (at + dice.roll(60)).min(chars.len());
                    let piece: Vec<char> = chars[at..end].to_vec();
                    let to = dice.roll(chars.len());
                    chars.splice(to..to, piece);
                }
            }
        }
        survives(&chars.into_iter().collect::<String>());
    }
}

#[test]
fn random_text_never_panics() {
    let mut dice = Dice(0xfeed_beef_dead_c0de);
    for _ in 0..2_000 {
        let bytes: Vec<u8> = (0..dice.roll(400)).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect();
        survives(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_mutation_never_opens_a_function_without_a_reason() {
    let mut dice = Dice(77);
    let words = ["public", "signed-in", "members", "workloads", "closed", "Public", "", "public "];
    for _ in 0..2_000 {
        let mut lines = format!("access = \"{}\"\n", words[dice.roll(words.len())]);
        if dice.roll(2) == 0 {
            lines.push_str(&format!("reason = \"{}\"\n", ["", " ", "ok", "?!"][dice.roll(4)]));
        }
        if dice.roll(2) == 0 {
            lines.push_str(["callers = []", "callers = [\"ci\"]"][dice.roll(2)]);
        }
        let Ok(manifest) = Manifest::parse(&with(&lines)) else { continue };
        for f in manifest.functions {
            let reason = f.reason.as_deref().is_some_and(|r| r.contains("ok"));
            assert!(f.access != types::Access::Public || reason, "{lines}");
            assert_eq!(f.access == types::Access::Workloads, !f.callers.is_empty(), "{lines}");
        }
    }
}

/// Each bomb is as large as the bound allows. A quadratic reader would need minutes for one of them.
#[test]
fn bombs_are_defused() {
    let fill = |piece: &str| piece.repeat((TEXT_BYTES_MAX - 64) / piece.len());
    let numbered = |shape: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        for n in 0.. {
            let line = shape(n);
            if text.len() + line.len() > TEXT_BYTES_MAX {
                break;
            }
            text.push_str(&line);
        }
        text
    };
    for bomb in [
        format!("a = {}", fill("[")),
        format!("a = {}", fill("{a=")),
        format!("a = {}", fill("{")),
        fill("a."),
        format!("[{}", fill("a.")),
        fill("[[function]]\n"),
        fill("["),
        fill("]"),
        fill("\""),
        fill("'''"),
        fill("\"\"\""),
        fill("=\n"),
        fill("a\n"),
        fill("\u{0}"),
        fill("é"),
        fill("\r"),
        format!("a = \"{}", fill("\\u")),
        format!("a = {}", fill("9")),
        format!("a = [{}", fill("[],")),
        numbered(&|n| format!("k{n}=1\n")),
        numbered(&|n| format!("[t{n}]\n")),
        numbered(&|n| format!("a.b.k{n}=1\n")),
        numbered(&|n| format!("[a.t{n}.b.c.d.e.f]\n")),
        numbered(&|n| format!("[[function]]\nroute=\"/{n}\"\ncomponent=\"a\"\n")),
    ] {
        assert!(bomb.len() <= TEXT_BYTES_MAX);
        survives(&bomb);
        assert!(Manifest::parse(&bomb).is_err());
    }
}
