//! What the text behind `from` asks for.

use nodejs_built_in_modules::is_nodejs_builtin_module;

/// The meaning of a module's name, as far as it can be told without looking at files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Specifier<'a> {
    /// A module that the engine provides, by its full name: `node:buffer`, `serviceful:…`.
    Engine(String),
    /// An address in the network.
    Address,
    /// A name that another platform gives to its own modules, as `bun:sqlite`.
    Foreign(&'a str),
    /// Everything else: a file, or a package and a path in it.
    Files,
}

impl<'a> Specifier<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        if text.starts_with("node:") || text.starts_with("serviceful:") {
            return Self::Engine(text.to_owned());
        }
        // As in Node: these names win over a package of the same name. With a slash at the end the package is meant.
        if is_nodejs_builtin_module(text) {
            return Self::Engine(format!("node:{text}"));
        }
        if text.starts_with("//") {
            return Self::Address;
        }
        match text.split_once(':') {
            Some(("http" | "https", _)) => Self::Address,
            // Data is written in the name itself, and a file's address is a file.
            Some(("data" | "file", _)) => Self::Files,
            Some((scheme, _)) if is_scheme(scheme) => Self::Foreign(scheme),
            _ => Self::Files,
        }
    }
}

/// A name with Node's prefix that no module of Node's has: a slip, which the engine would only tell without its place.
pub(crate) fn is_no_module(name: &str) -> bool {
    name.starts_with("node:") && !is_nodejs_builtin_module(name)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || "+-.".contains(each))
}

/// The package's part of a name: `@scope/name` of `@scope/name/path`.
pub(crate) fn package(specifier: &str) -> Option<&str> {
    if specifier.starts_with(['.', '/', '#']) || specifier.is_empty() {
        return None;
    }
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
    specifier.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_engine_are_made_full() {
        for (text, full) in [
            ("buffer", "node:buffer"),
            ("node:buffer", "node:buffer"),
            ("fs/promises", "node:fs/promises"),
            ("node:anything", "node:anything"),
            ("serviceful:kv", "serviceful:kv"),
        ] {
            assert_eq!(Specifier::read(text), Specifier::Engine(full.to_owned()));
        }
    }

    #[test]
    fn slips_are_told_from_modules() {
        for (name, slip) in
            [("node:nope", true), ("node:", true), ("node:test", false), ("node:fs/promises", false), ("nope", false)]
        {
            assert_eq!(is_no_module(name), slip, "{name}");
        }
    }

    #[test]
    fn the_rest_is_told_apart() {
        for text in ["buffer/", "./buffer", "hono", "@a/b", "#internal", "/etc/passwd", "data:text/plain,x", "a/b:c"] {
            assert_eq!(Specifier::read(text), Specifier::Files, "{text}");
        }
        for text in ["https://a/b.js", "http://a", "//a/b.js"] {
            assert_eq!(Specifier::read(text), Specifier::Address, "{text}");
        }
        assert_eq!(Specifier::read("bun:sqlite"), Specifier::Foreign("bun"));
        assert_eq!(Specifier::read("cloudflare:sockets"), Specifier::Foreign("cloudflare"));
    }

    #[test]
    fn the_package_is_cut_out_of_a_name() {
        for (text, name) in
            [("hono", "hono"), ("hono/jsx", "hono"), ("@a/b", "@a/b"), ("@a/b/c/d", "@a/b"), ("@a", "@a")]
        {
            assert_eq!(package(text), Some(name));
        }
        for text in ["./a", "../a", "/a", "#a", ""] {
            assert_eq!(package(text), None, "{text}");
        }
    }
}
