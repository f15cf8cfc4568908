//! What to do about names that people expect and that are not there.

/// Behind the message of an error that nobody caught; empty when there is nothing to say.
pub(crate) fn hint(message: &str) -> &'static str {
    let Some((before, _)) = message.split_once(" is not defined") else { return "" };
    match before.rsplit(' ').next().unwrap_or_default() {
        "WebAssembly" => "; JavaScript functions do not load WebAssembly, deploy a component instead",
        "require" | "module" | "exports" => "; a function is an ES module, use `import` and `export`",
        "process" => {
            "; configuration is in `env`, the second argument of `fetch`, or import it: `import process from \"node:process\"`"
        }
        "Buffer" => "; import it: `import { Buffer } from \"node:buffer\"`",
        "window" | "document" => "; there is no page here",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_names_are_meant() {
        assert!(hint("ReferenceError: WebAssembly is not defined").contains("deploy a component"));
        assert!(hint("require is not defined").contains("ES module"));
        for other in ["ReferenceError: mymodule is not defined", "Error: WebAssembly", "", " is not defined"] {
            assert_eq!(hint(other), "", "{other}");
        }
    }
}
