//! Texts that want to crash the reader, keep it busy, or make it answer with more than it was given.
use super::{FULL, with};
use crate::{Manifest, TEXT_BYTES_MAX, probe::manifest};

#[test]
fn mangled_manifests_are_refused_in_words_that_can_be_shown() {
    let strange = "name = \"\u{202e}\u{0}é\"\n[[function]]\nroute = '''\n'''\n";
    mangle::run(&[FULL.as_bytes(), strange.as_bytes()], 6_000, manifest);
}

#[test]
fn a_mutation_never_opens_a_function_without_a_reason() {
    let mut dice = mangle::Dice::new(77);
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
        manifest(bomb.as_bytes());
        assert!(Manifest::parse(&bomb).is_err());
    }
}
