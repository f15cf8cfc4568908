//! What must not be in the tree, and how what is secret may be compared.
use std::path::Path;

/// A place and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub line: usize,
    pub what: String,
}

/// Marks of keys and credentials, each with what follows the mark and how much of it there has to be.
struct Mark {
    what: &'static str,
    begins: &'static str,
    follows: fn(u8) -> bool,
    least: usize,
}

const fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

const fn word_or_dash(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')
}

const fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}

/// Of others, whose secrets land in repositories most. What is ours is told by its checksum, see [`tokens`].
const MARKS: [Mark; 9] = [
    Mark { what: "an access key of AWS", begins: "AKIA", follows: upper, least: 16 },
    Mark { what: "a token of GitHub", begins: "ghp_", follows: word, least: 36 },
    Mark { what: "a token of GitHub", begins: "gho_", follows: word, least: 36 },
    Mark { what: "a token of GitHub", begins: "github_pat_", follows: word_or_dash, least: 60 },
    Mark { what: "a token of GitLab", begins: "glpat-", follows: word_or_dash, least: 20 },
    Mark { what: "a token of npm", begins: "npm_", follows: word, least: 36 },
    Mark { what: "a token of Slack", begins: "xoxb-", follows: word_or_dash, least: 20 },
    Mark { what: "a key of Stripe", begins: "sk_live_", follows: word, least: 24 },
    Mark { what: "an API key of Google", begins: "AIza", follows: word_or_dash, least: 35 },
];

/// Keys and credentials in a text.
pub fn planted(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let mut add = |what: &str| found.push(Finding { line: at + 1, what: what.to_owned() });
        if is_private_key(line) {
            add("a private key");
        }
        for mark in &MARKS {
            let stands = |(at, _): (usize, &str)| {
                let before = line.as_bytes().get(..at).and_then(|before| before.last());
                let rest = line.as_bytes().get(at + mark.begins.len()..).unwrap_or_default();
                !before.is_some_and(|b| word(*b))
                    && rest.iter().take_while(|b| (mark.follows)(**b)).count() >= mark.least
            };
            if line.match_indices(mark.begins).any(stands) {
                add(mark.what);
            }
        }
        if tokens(line) {
            add("a token of this platform");
        }
    }
    found
}

/// The first line of a key in PEM (RFC 7468), of whatever kind.
fn is_private_key(line: &str) -> bool {
    let kind = line.split_once("-----BEGIN ").and_then(|(_, rest)| rest.split_once("-----"));
    kind.is_some_and(|(kind, _)| kind.ends_with("PRIVATE KEY"))
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a line holds a token of ours: `sfp_`, `sfs_` or `sfr_`, 43 characters, and six of a checksum that fits.
/// Agrees with `identity/src/token.rs`, which makes them; a test makes one by hand.
fn tokens(line: &str) -> bool {
    ["sfp_", "sfs_", "sfr_"].iter().flat_map(|prefix| line.match_indices(prefix)).any(|(at, _)| {
        let Some(text) = line.as_bytes().get(at..at + 53) else { return false };
        let ends = line.as_bytes().get(at + 53).is_none_or(|b| !word(*b));
        let (signed, check) = text.split_at(47);
        ends && text.iter().skip(4).all(|b| word(*b)) && check == checksum(signed)
    })
}

/// CRC-32 (IEEE) in base 62, most significant digit first.
fn checksum(bytes: &[u8]) -> [u8; 6] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let (mut rest, mut digits) = (!crc, [b'0'; 6]);
    for digit in digits.iter_mut().rev() {
        *digit = usize::try_from(rest % 62).ok().and_then(|at| ALPHABET.get(at)).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits
}

/// Source without what is compiled for tests alone.
fn product(text: &str) -> &str {
    text.split_once("#[cfg(test)]\nmod ").map_or(text, |(before, _)| before)
}

/// Types of a source file that hold a secret: those whose `Debug` hides what they hold, and those that wipe it.
pub fn secret_types(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in product(text).split("\nimpl ").skip(1) {
        let head = part.split('{').next().unwrap_or_default();
        let Some((_, name)) = head.split_once("Debug for ") else { continue };
        let body = part.split("\n}").next().unwrap_or_default();
        if body.contains("redacted]") {
            found.push(name.trim().split('<').next().unwrap_or_default().to_owned());
        }
    }
    for part in product(text).split("struct ").skip(1) {
        let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        // Up to the end of the definition: of its fields, or of the tuple.
        let end = part.find("\n}").unwrap_or(part.len()).min(part.find(";\n").unwrap_or(part.len()));
        if part.get(..end).is_some_and(|fields| fields.contains("Zeroizing<")) && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Whether such a type can be compared by `==` in a time that depends on what it holds: by a derived `PartialEq`, or by one of its
/// own that is not in constant time.
pub fn compares_in_the_open(text: &str, name: &str) -> bool {
    let text = product(text);
    for kind in ["struct", "enum"] {
        let whole = |after: &str| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let mark = format!("{kind} {name}");
        let found = text.match_indices(&mark).find(|(at, _)| text.get(at + mark.len()..).is_some_and(whole));
        let Some((at, _)) = found else { continue };
        let before = text.get(..at).unwrap_or_default();
        let lines = before.lines().rev().skip(usize::from(!before.ends_with('\n')));
        let attributes = lines.take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        if attributes
            .filter(|line| line.starts_with("#[derive"))
            .any(|line| line.contains("PartialEq") || line.contains("Ord"))
        {
            return true;
        }
    }
    let own = text
        .split("\nimpl ")
        .find(|part| part.split('{').next().is_some_and(|head| head.ends_with(&format!("PartialEq for {name} "))));
    own.is_some_and(|own| {
        let body = own.split("\n}").next().unwrap_or_default();
        !body.contains("ct_eq") && !body.contains("verify_slices_are_equal")
    })
}

/// Names that values have which nobody else may know.
const SECRET_NAMES: [&str; 9] =
    ["secret", "password", "passphrase", "verifier", "challenge", "mac", "csrf", "recovery_code", "pepper"];

/// Comparisons by `==` or `!=` of what is secret by its name, or was revealed for it.
pub fn open_comparisons(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, line) in product(text).lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for sign in [" == ", " != "] {
            for (place, _) in code.match_indices(sign) {
                let (before, after) =
                    (code.get(..place).unwrap_or_default(), code.get(place + 4..).unwrap_or_default());
                let (left, right) = (last_operand(before), first_operand(after));
                if [left, right].iter().any(|operand| is_secret(operand))
                    && !is_about_size(left)
                    && !is_about_size(right)
                {
                    found.push(Finding { line: at + 1, what: format!("`{left}{sign}{right}`") });
                }
            }
        }
    }
    found
}

fn of_operand(c: char) -> bool {
    c.is_alphanumeric() || "_.()&*?:[]".contains(c)
}

fn last_operand(text: &str) -> &str {
    let at = text.char_indices().rev().take_while(|(_, c)| of_operand(*c)).last().map_or(text.len(), |(at, _)| at);
    text.get(at..).unwrap_or_default()
}

fn first_operand(text: &str) -> &str {
    let end = text.char_indices().find(|(_, c)| !of_operand(*c)).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

fn is_secret(operand: &str) -> bool {
    let last = operand.trim_matches(['(', ')', '&', '*', '?']).rsplit(['.', ':']).next().unwrap_or_default();
    operand.contains(".reveal()") || SECRET_NAMES.contains(&last)
}

/// Lengths and kinds are no secrets.
fn is_about_size(operand: &str) -> bool {
    operand.contains("len()") || operand.contains("is_empty()") || operand.contains("::")
}

/// All source of the product below `crates/`, with its path from the root.
pub fn sources() -> anyhow::Result<Vec<(std::path::PathBuf, String)>> {
    let mut found = Vec::new();
    for path in crate::tree()? {
        let source = path.starts_with("crates") && path.components().any(|part| part.as_os_str() == "src");
        let tests = path.ends_with("tests.rs") || path.components().any(|part| part.as_os_str() == "tests");
        if source && !tests && path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(crate::root().join(Path::new(&path)))?;
            found.push((path, text));
        }
    }
    Ok(found)
}
