//! Source of what the engine asks for by name: Node's modules, and parts of the Web that few functions use.
//!
//! A function that uses none of them has none in its snapshot. The source belongs to the build (`digest`), so a new one is in
//! every function as soon as its snapshot is made anew.
use std::{borrow::Cow, sync::LazyLock};

use aws_lc_rs::digest::{Context, SHA256};
use types::Digest;

macro_rules! files {
    ($($name:literal $file:literal,)*) => { &[$(($name, include_str!(concat!("../../../../js/", $file, ".js"))),)*] };
}

const SOURCES: &[(&str, &str)] = files! {
    "web:bindings" "web/bindings",
    "web:codec" "web/codec",
    "web:compression" "web/compression",
    "web:crypto" "web/crypto",
    "web:crypto_key" "web/crypto_key",
    "web:intl" "web/intl",
    "web:intl_date" "web/intl_date",
    "web:messages" "web/messages",
    "web:pattern" "web/pattern",
    "node:_keys" "node/_keys",
    "node:_refused" "node/_refused",
    "node:assert" "node/assert",
    "node:assert/strict" "node/assert_strict",
    "node:async_hooks" "node/async_hooks",
    "node:buffer" "node/buffer",
    "node:console" "node/console",
    "node:crypto" "node/crypto",
    "node:diagnostics_channel" "node/diagnostics_channel",
    "node:events" "node/events",
    "node:module" "node/module",
    "node:os" "node/os",
    "node:path" "node/path",
    "node:path/posix" "node/path_posix",
    "node:perf_hooks" "node/perf_hooks",
    "node:process" "node/process",
    "node:querystring" "node/querystring",
    "node:stream" "node/stream",
    "node:stream/consumers" "node/stream_consumers",
    "node:stream/promises" "node/stream_promises",
    "node:stream/web" "node/stream_web",
    "node:string_decoder" "node/string_decoder",
    "node:test" "node/test",
    "node:timers" "node/timers",
    "node:timers/promises" "node/timers_promises",
    "node:tty" "node/tty",
    "node:url" "node/url",
    "node:util" "node/util",
    "node:util/types" "node/util_types",
    "node:zlib" "node/zlib",
};

/// Modules that can be imported and not used: `name: export export ...`.
const REFUSED: &str = include_str!("../../../../js/node/refused.txt");

/// The source of a built-in; `None`: there is none of this name.
pub(crate) fn source(name: &str) -> Option<Cow<'static, str>> {
    if let Some((_, source)) = SOURCES.iter().find(|(known, _)| *known == name) {
        return Some(Cow::Borrowed(source));
    }
    let wanted = name.strip_prefix("node:")?;
    let (_, exports) = REFUSED.lines().filter_map(|line| line.split_once(": ")).find(|(known, _)| *known == wanted)?;
    // Both are from our own list; quoting them is plain.
    Some(Cow::Owned(format!(
        "(function (host, shared, need) {{ return need('node:_refused').all('{name}', '{exports}'); }})"
    )))
}

/// Digest of all of it, for the build id.
pub(crate) fn digest() -> Digest {
    static DIGEST: LazyLock<Digest> = LazyLock::new(|| {
        let mut hash = Context::new(&SHA256);
        for text in SOURCES.iter().flat_map(|(name, source)| [*name, *source]).chain([REFUSED]) {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        // SHA-256 has 32 bytes.
        Digest::from_bytes(<[u8; 32]>::try_from(hash.finish().as_ref()).unwrap_or_default())
    });
    *DIGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_there_once_and_refused_ones_name_their_exports() {
        for (at, (name, source)) in SOURCES.iter().enumerate() {
            assert!(source.trim_start().starts_with("//") && source.trim_end().ends_with("})"), "{name}");
            assert!(SOURCES.iter().skip(at + 1).all(|(other, _)| other != name), "{name}");
            assert!(!REFUSED.lines().any(|line| Some(line) == name.strip_prefix("node:")), "{name}");
        }
        assert!(source("node:fs/promises").unwrap().contains("readFile"));
        assert!(source("node:fs").unwrap().contains("'node:fs'"));
        for name in ["", "fs", "node:", "node:nothing", "node:f", "web:nothing"] {
            assert_eq!(source(name), None, "{name}");
        }
    }
}
