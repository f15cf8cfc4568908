//! Secrets for tests: values that are none, from a file beside the manifest.
use std::{collections::BTreeMap, path::Path};

use types::{Secret, SecretName};

use crate::cli::failure::Failure;

/// Name of the file: `NAME = "value"`, a line each.
pub(super) const FILE: &str = "secrets.test.toml";
/// Longest file, in bytes.
const BYTES_MAX: u64 = 8 << 20;

/// The values for a run; none where there is no file.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<SecretName, Secret>, Failure> {
    let path = folder.join(FILE);
    let failed = |e: std::io::Error| Failure::file("read", &path, &e);
    match std::fs::metadata(&path) {
        Ok(found) if found.len() > BYTES_MAX => {
            return Err(Failure::new(format!("`{}` is longer than {BYTES_MAX} bytes", path.display())));
        }
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(failed(error)),
    }
    let text = std::fs::read_to_string(&path).map_err(failed)?;
    parse(&text).map_err(|why| {
        Failure::new(format!("`{}` is not valid: {why}", path.display()))
            .next("write a line such as `STRIPE_KEY = \"a value for tests\"` for each secret")
    })
}

fn parse(text: &str) -> Result<BTreeMap<SecretName, Secret>, String> {
    let values: BTreeMap<SecretName, String> = toml::from_str(text).map_err(|e| e.to_string())?;
    Ok(values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_values_by_name() {
        let found = parse("STRIPE_KEY = \"sk_test\"\nK2 = 'v'\n").expect("valid");
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.reveal())).collect();
        assert_eq!(found, [("K2", "v"), ("STRIPE_KEY", "sk_test")]);
        for bad in ["key = \"v\"", "KEY = 1", "[KEY]\na = 1", "KEY"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let top = tempfile::tempdir().expect("a folder");
        assert!(read(top.path()).expect("no file is no error").is_empty());
    }
}
