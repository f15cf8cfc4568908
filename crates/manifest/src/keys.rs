//! Every key of a manifest, with what it means. The parser and the reference page read the same list.
use types::{CompileLimits, Limits, RunLimits};

/// One row of the reference page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Such as `function[].route` or `limits.cpu_ms`.
    pub path: String,
    /// Shape of the value: `text`, `number`, `list of texts`, `table`.
    pub shape: &'static str,
    pub meaning: String,
}

/// The tables that have keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Top,
    Build,
    Policy,
    Function,
}

type Row = (&'static str, &'static str, &'static str);

impl Section {
    const ALL: [Self; 4] = [Self::Top, Self::Build, Self::Function, Self::Policy];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Top => "",
            Self::Build => "build.",
            Self::Policy => "policy.",
            Self::Function => "function[].",
        }
    }

    pub(crate) const fn rows(self) -> &'static [Row] {
        match self {
            Self::Top => &[
                ("name", "text", "name of the app: one DNS label of at most 40 characters"),
                ("build", "table", "how the CLI builds the components; the platform itself never runs it"),
                ("function", "tables", "the functions; at least one"),
                (
                    "groups",
                    "list of texts",
                    "groups of the platform that the app's rules name, and that its functions are told of their callers",
                ),
                ("limits", "table", "limits of all functions, within the operator's caps"),
                ("policy", "table", "the app's own access rules"),
            ],
            Self::Build => &[
                ("command", "text", "command that `serviceful up` and `deploy` run before they read the components"),
                ("watch", "list of texts", "folders and files whose change makes `serviceful up` build again"),
            ],
            Self::Policy => &[("file", "text", "path of a Cedar file with rules for calling this app's functions")],
            Self::Function => &[
                ("name", "text", "name of the function, unique in the app; default: from the route, else the file"),
                ("route", "text", "`GET /menu`, `/orders/*`, `/users/:id`; without a method it serves all of them"),
                ("source", "text", "path of a JavaScript or TypeScript module, relative to the manifest"),
                ("handler", "text", "the export of the source that answers; default: its default export"),
                ("component", "text", "path of a WebAssembly component, relative to the manifest; instead of `source`"),
                ("access", "text", "who may call: `public`, `signed-in`, `members` (default), `workloads` or `closed`"),
                ("reason", "text", "why the function is public; required with `access = \"public\"`"),
                (
                    "callers",
                    "list of texts",
                    "service accounts that may call; required with `access = \"workloads\"`, refused without",
                ),
                (
                    "config",
                    "table",
                    "values that the function reads as `env`, or through `wasi:config`; they are not secret",
                ),
                (
                    "secrets",
                    "list of texts",
                    "names of the app's secrets that the function may read, such as `STRIPE_KEY`",
                ),
                (
                    "kv",
                    "text",
                    "what the function may do with the app's key-value store: `r` or `rw`; default: nothing",
                ),
                ("limits", "table", "limits of this function alone"),
                (
                    "min_assurance",
                    "text",
                    "how surely a person must have shown who they are: `single-factor`, `multi-factor` or `phishing-resistant`",
                ),
                ("max_auth_age_s", "number", "how many seconds ago a person may have shown who they are, at most"),
            ],
        }
    }

    /// Keys that a later version will serve. They are refused by name: a granted wish that is silently ignored is a hole.
    pub(crate) const fn later(self) -> &'static [(&'static str, &'static str)] {
        const REMOVE: &str = "remove it";
        match self {
            Self::Top => &[
                ("sign-up", "remove it; nobody can sign up by themselves until it is served"),
                ("database", REMOVE),
                ("egress", "remove it; functions cannot call out until it is served"),
                ("secrets", "name them in a function's `secrets`, and set them with `serviceful secrets set`"),
                ("kv", "write it in the functions that use it"),
                ("queue", REMOVE),
                ("timer", REMOVE),
                ("workflow", REMOVE),
            ],
            Self::Build | Self::Policy => &[],
            Self::Function => &[("sql", REMOVE), ("egress", REMOVE)],
        }
    }
}

/// Every key, for the reference page.
pub fn known_keys() -> Vec<KnownKey> {
    let row = |prefix: &str, (key, shape, meaning): &Row| KnownKey {
        path: format!("{prefix}{key}"),
        shape,
        meaning: (*meaning).to_owned(),
    };
    let fixed = Section::ALL.iter().flat_map(|s| s.rows().iter().map(|r| row(s.prefix(), r)));
    let caps = limit_caps();
    let limits = Limits::default();
    let defaults = limits.run.entries().into_iter().chain(limits.compile.entries());
    let limits = defaults.zip(caps).map(|((name, default), (_, cap))| KnownKey {
        path: format!("limits.{name}"),
        shape: "number",
        meaning: format!("default {default}, at most {cap} unless the operator says otherwise"),
    });
    fixed.chain(limits).collect()
}

fn limit_caps() -> Vec<(&'static str, u64)> {
    RunLimits::CAP.entries().into_iter().chain(CompileLimits::CAP.entries()).collect()
}

/// Names of all limits.
pub(crate) fn limit_names() -> Vec<&'static str> {
    limit_caps().into_iter().map(|(name, _)| name).collect()
}

/// The word of `among` that was probably meant; `None` when none is like it.
pub fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing is quadratic in the length; no key is longer than this.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_ascii_lowercase().replace('_', "-");
    let score = |known: &str| {
        let known = known.replace('_', "-");
        // A unit left out (`cpu` for `cpu_ms`) is the most common slip of all.
        let begun = word.len() >= 3 && known.starts_with(&word);
        if begun { 1 } else { strsim::damerau_levenshtein(&word, &known) }
    };
    let scored = among.map(|known| (score(known), known));
    let (distance, known) = scored.min()?;
    let near = distance <= 2.max(known.len() / 3) && distance < known.len();
    near.then_some(known)
}
