//! Which imported interfaces there is something, or deliberately nothing, behind.

/// What stands behind an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backing {
    /// It works.
    Served,
    /// It links, because plain WASI builds import it whether they use it or not; each use finds nothing or is refused.
    Nothing,
}

use Backing::{Nothing, Served};

/// A version as components name it: one of a compatible series, or exactly this one (drafts match only themselves).
#[derive(Debug, Clone, Copy)]
enum Version {
    /// `0.2` stands for any `0.2.x`.
    Series(&'static str),
    Exactly(&'static str),
}

use Version::{Exactly, Series};

const P2: Version = Series("0.2");
const P3: Version = Series("0.3");

/// Package, version, interfaces. The worker links exactly these (`work/link.rs`); a test instantiates each.
const SERVED: &[(&str, Version, Backing, &[&str])] = &[
    ("wasi:io", P2, Served, &["error", "poll", "streams"]),
    ("wasi:clocks", P2, Served, &["monotonic-clock", "wall-clock"]),
    ("wasi:clocks", P3, Served, &["monotonic-clock", "system-clock", "types"]),
    ("wasi:random", P2, Served, &["insecure", "insecure-seed", "random"]),
    ("wasi:random", P3, Served, &["insecure", "insecure-seed", "random"]),
    ("wasi:cli", P2, Served, &["exit", "stderr", "stdout"]),
    ("wasi:cli", P3, Served, &["exit", "stderr", "stdout", "types"]),
    ("wasi:cli", P2, Nothing, CLI_NOTHING),
    ("wasi:cli", P3, Nothing, CLI_NOTHING),
    ("wasi:filesystem", P2, Nothing, &["preopens", "types"]),
    ("wasi:filesystem", P3, Nothing, &["preopens", "types"]),
    (
        "wasi:sockets",
        P2,
        Nothing,
        &["instance-network", "ip-name-lookup", "network", "tcp", "tcp-create-socket", "udp", "udp-create-socket"],
    ),
    ("wasi:sockets", P3, Nothing, &["ip-name-lookup", "types"]),
    ("wasi:http", P2, Served, &["types"]),
    ("wasi:http", P3, Served, &["types"]),
    ("wasi:http", P2, Nothing, &["outgoing-handler"]),
    ("wasi:http", P3, Nothing, &["client"]),
    ("wasi:config", Exactly("0.2.0-rc.1"), Served, &["store"]),
    ("wasi:config", Exactly("0.2.0-draft-2024-09-27"), Served, &["store"]),
    ("wasi:keyvalue", Exactly("0.2.0-draft2"), Served, &["atomics", "batch", "store"]),
    ("serviceful:identity", Exactly("0.1.0"), Served, &["caller", "types"]),
    ("serviceful:secrets", Exactly("0.1.0"), Served, &["reveal", "store"]),
];

const CLI_NOTHING: &[&str] = &[
    "environment",
    "stdin",
    "terminal-input",
    "terminal-output",
    "terminal-stderr",
    "terminal-stdin",
    "terminal-stdout",
];

/// What stands behind an import such as `wasi:http/types@0.2.3`; `None` when nothing links it.
pub(super) fn backing(import: &str) -> Option<Backing> {
    let (package, rest) = import.split_once('/')?;
    let (interface, version) = rest.split_once('@')?;
    SERVED
        .iter()
        .find(|(name, served, _, interfaces)| {
            *name == package && matches(*served, version) && interfaces.contains(&interface)
        })
        .map(|(_, _, backing, _)| *backing)
}

/// The handler interface, if `export` is one that can be served.
pub(super) fn is_handler(export: &str) -> bool {
    let handler = |prefix, series| export.strip_prefix(prefix).is_some_and(|version| matches(series, version));
    handler("wasi:http/incoming-handler@", P2) || handler("wasi:http/handler@", P3)
}

fn matches(served: Version, version: &str) -> bool {
    match served {
        Exactly(exact) => version == exact,
        Series(series) => {
            let patch = version.strip_prefix(series).and_then(|rest| rest.strip_prefix('.'));
            patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

/// All that is served, for the message that refuses an import.
pub(super) fn list() -> String {
    let mut names: Vec<String> = SERVED
        .iter()
        .map(|(package, version, _, interfaces)| {
            let version = match version {
                Exactly(exact) => (*exact).to_owned(),
                Series(series) => format!("{series}.x"),
            };
            format!("{package}/{{{}}}@{version}", interfaces.join(","))
        })
        .collect();
    names.sort();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_patch_of_a_series_and_only_the_named_draft() {
        assert_eq!(backing("wasi:http/types@0.2.0"), Some(Served));
        assert_eq!(backing("wasi:http/types@0.2.99"), Some(Served));
        assert_eq!(backing("wasi:http/types@0.3.0"), Some(Served));
        assert_eq!(backing("wasi:cli/environment@0.2.6"), Some(Nothing));
        assert_eq!(backing("wasi:config/store@0.2.0-rc.1"), Some(Served));
        for unknown in [
            "wasi:http/types@0.2.0-rc-2023-12-05",
            "wasi:http/types@0.20.1",
            "wasi:http/types@0.2.",
            "wasi:http/types@0.2",
            "wasi:http/types",
            "wasi:config/store@0.2.0-rc.2",
            "wasi:nn/graph@0.2.0",
            "wasi:keyvalue/store@0.2.0-draft",
            "wasi:keyvalue/watcher@0.2.0-draft2",
            "serviceful:identity/caller@0.2.0",
            "",
        ] {
            assert_eq!(backing(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn handlers_are_recognised_by_series() {
        assert!(is_handler("wasi:http/incoming-handler@0.2.3") && is_handler("wasi:http/handler@0.3.0"));
        for other in ["wasi:http/handler@0.2.0", "wasi:http/incoming-handler@0.3.0", "wasi:cli/run@0.2.0"] {
            assert!(!is_handler(other), "{other}");
        }
    }
}
