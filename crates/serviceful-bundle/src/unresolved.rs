//! What to do about an import that leads nowhere.

use std::path::Path;

use wire::bundle::Notice;

use crate::excerpt::{Place, notice as placed};
use crate::findings::plain;
use crate::jsx;
use crate::sight::Sight;
use crate::specifier::{Specifier, is_no_module, package};

/// A notice about `specifier` in the file `importer`. Without a place it is looked for in the text.
pub(crate) fn notice(sight: &Sight, importer: Option<&str>, specifier: &str, place: Option<Place>) -> Notice {
    let message = advice(sight, importer, specifier);
    let Some(importer) = importer.map(Path::new) else { return plain(message) };
    let file = sight.roots().relative(importer);
    let source = sight.again(importer);
    let found = || {
        let source = source.as_deref()?;
        let named = ['\'', '"', '`'].iter().find_map(|quote| source.find(&format!("{quote}{specifier}{quote}")));
        let written = || jsx::package(specifier).and_then(|_| jsx::first(source, importer));
        Some(Place::of_byte(source, named.or_else(written)?))
    };
    match place.or_else(found) {
        Some(place) => placed(file, source.as_deref(), place, message),
        None => Notice { file: Some(file), ..plain(message) },
    }
}

fn advice(sight: &Sight, importer: Option<&str>, specifier: &str) -> String {
    match Specifier::read(specifier) {
        Specifier::Address => {
            format!(
                "`{specifier}` is an address, and nothing is fetched while bundling; install the package with npm and import it by its name"
            )
        }
        Specifier::Foreign(scheme) => {
            format!(
                "`{specifier}` belongs to another platform (`{scheme}:`); import what is in npm, a file, or a `node:` module"
            )
        }
        Specifier::Engine(name) if is_no_module(&name) => {
            format!("there is no module `{name}`, in Node or here; correct the name")
        }
        Specifier::Engine(_) | Specifier::Files => match package(specifier) {
            Some(name) => of_package(sight, importer, specifier, name),
            None => of_file(sight, importer, specifier),
        },
    }
}

fn of_file(sight: &Sight, importer: Option<&str>, specifier: &str) -> String {
    if specifier.starts_with('#') {
        return format!(
            "`{specifier}` is not among the `imports` of the nearest package.json; add it there, or correct the name"
        );
    }
    let folder = importer.and_then(|importer| Path::new(importer).parent()).unwrap_or_else(|| Path::new("/"));
    let path = folder.join(specifier);
    // Only that it is outside is told, not whether something is there.
    let outside = match sight.locate(&path) {
        Ok(inside) => inside.is_none(),
        Err(_) => !sight.roots().hold(&lexical(&path)),
    };
    if outside {
        format!(
            "`{specifier}` lies outside of the project, which is all that is read (and the `node_modules` of the folders above); copy it into the project"
        )
    } else {
        format!("`{specifier}` is not there; correct the name, which counts from this file's folder, or create it")
    }
}

fn of_package(sight: &Sight, importer: Option<&str>, specifier: &str, name: &str) -> String {
    let start = importer.map_or_else(|| sight.roots().project(), Path::new);
    let mut linked_out = false;
    for above in start.ancestors() {
        let folder = above.join("node_modules").join(name);
        match sight.locate(&folder) {
            Ok(Some(_)) if specifier == name => {
                return format!(
                    "the package `{name}` is installed and says no file for `import`; see `exports` and `main` in its package.json, or import a file of it by its path"
                );
            }
            Ok(Some(_)) => {
                return format!(
                    "the package `{name}` is installed and has no `{specifier}`; see `exports` in its package.json"
                );
            }
            Ok(None) => linked_out = true,
            Err(_) => {}
        }
    }
    if linked_out {
        return format!(
            "the package `{name}` is a link that leads out of the project, where nothing is read; install a copy, or make the folder that holds both the project"
        );
    }
    match jsx::package(specifier) {
        Some(package) => format!(
            "JSX becomes calls of the package `{package}`, and `{name}` is not installed: run `npm install {name}` in the project; or name another one as `jsxImportSource` in tsconfig.json, or a function of your own as `jsxFactory` with `\"jsx\": \"react\"`"
        ),
        None => format!("the package `{name}` is not installed: run `npm install {name}` in the project"),
    }
}

/// The path without `.` and `..`, as written.
fn lexical(path: &Path) -> std::path::PathBuf {
    let mut plain = std::path::PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}
