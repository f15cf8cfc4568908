//! A failed deployment shows the line of the module that was evaluated; the author's own line is in the project's folder.
//!
//! The platform has only the bundle, whose map holds no source. The place that it names is right, so the line is looked up here.
use std::path::{Component, Path};

/// Largest source that is looked into.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Shown before and behind the place, in characters.
const AROUND: usize = 60;

/// The same reason with the author's line in place of the bundle's: `... at src/menu.ts:3:7`, `3 | text`, `  |  ^`.
pub(super) fn own_lines(reason: &str, folder: &Path) -> String {
    let mut lines: Vec<String> = reason.lines().map(str::to_owned).collect();
    for at in 1..lines.len().saturating_sub(1) {
        let (Some(number), Some(mark)) = (numbered(&lines, at), lines.get(at + 1)) else { continue };
        if !mark.trim_start().starts_with("| ") || !mark.ends_with('^') {
            continue;
        }
        let before = lines.get(..at).unwrap_or_default();
        let Some(own) = before.iter().rev().find_map(|line| looked_up(line, number, folder)) else { continue };
        lines.splice(at..=at + 1, own);
    }
    lines.join("\n")
}

/// The number of a line `3 | text`.
fn numbered(lines: &[String], at: usize) -> Option<u32> {
    lines.get(at)?.split_once(" | ")?.0.parse().ok()
}

/// The line and its mark, when `text` names a place in line `number` of a file of the project.
fn looked_up(text: &str, number: u32, folder: &Path) -> Option<[String; 2]> {
    let (file, column) = text.match_indices(" at ").find_map(|(start, word)| {
        let rest = text.get(start + word.len()..)?;
        let (file, rest) = rest.split_once(&format!(":{number}:"))?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        Some((Path::new(file), rest.get(..digits)?.parse::<usize>().ok()?))
    })?;
    // SECURITY: the name comes from the platform; nothing outside the project is read for it.
    if !file.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let file = folder.join(file);
    let meta = std::fs::symlink_metadata(&file).ok()?;
    if !meta.is_file() || meta.len() > FILE_BYTES_MAX {
        return None;
    }
    let source = std::fs::read_to_string(&file).ok()?;
    let line = source.lines().nth(usize::try_from(number).ok()?.checked_sub(1)?)?;
    // Columns count UTF-16 units.
    let mut units = 0;
    let before = line.chars().take_while(|c| {
        let is_before = units + 1 < column;
        units += c.len_utf16();
        is_before
    });
    let at = before.count();
    let from = at.saturating_sub(AROUND);
    let shown: String =
        line.chars().skip(from).take(2 * AROUND).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let gap = " ".repeat(number.to_string().len());
    Some([format!("{number} | {shown}"), format!("{gap} | {}^", " ".repeat(at - from))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authors_line_stands_in_place_of_the_bundles() {
        let top = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(top.path().join("src")).expect("made");
        std::fs::write(top.path().join("src/a.ts"), "import x;\nconst n: Date = new Date();\n").expect("written");
        let told = "`a`: the clock was used at src/a.ts:2:17; use it in the handler\n2 | const n = /* @__PURE__ */ new Date();\n  |                           ^\nmore";
        let own = own_lines(told, top.path());
        let wanted = "`a`: the clock was used at src/a.ts:2:17; use it in the handler\n2 | const n: Date = new Date();\n  |                 ^\nmore";
        assert_eq!(own, wanted);
        // A file that is not there, another line, a place outside, and what is no excerpt stay as they are.
        std::fs::write(top.path().join("secret"), "a\nsecret\n").expect("written");
        for told in [
            "x at src/b.ts:2:1\n2 | y\n  | ^",
            "x at src/a.ts:3:1\n3 | y\n  | ^",
            "x at ../secret:2:1\n2 | y\n  | ^",
            "x at src/../../secret:2:1\n2 | y\n  | ^",
            "x at src/a.ts:2:1\n2 | y",
            "",
            "2 | y\n  | ^",
        ] {
            assert_eq!(own_lines(told, &top.path().join("src/..")), told);
        }
        let absolute = format!("x at {}:2:1\n2 | y\n  | ^", top.path().join("secret").display());
        assert_eq!(own_lines(&absolute, &top.path().join("src")), absolute);
    }
}
