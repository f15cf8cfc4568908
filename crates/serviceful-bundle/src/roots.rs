//! Which folders a project may be read from.

use std::io;
use std::path::{Path, PathBuf};

/// The project's folder, and every `node_modules` beside one of the folders above it, where workspaces keep packages.
/// All of them real paths: no part is a link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    project: PathBuf,
    hoisted: Vec<PathBuf>,
}

impl Roots {
    /// The roots of the project in `folder`.
    pub(crate) fn find(folder: &Path) -> io::Result<Self> {
        let project = folder.canonicalize()?;
        if !project.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let above = project.ancestors().skip(1).map(|above| above.join("node_modules"));
        let hoisted = above.filter_map(|packages| packages.canonicalize().ok()).filter(|packages| packages.is_dir());
        Ok(Self { hoisted: hoisted.collect(), project })
    }

    /// The project's folder.
    pub(crate) fn project(&self) -> &Path {
        &self.project
    }

    /// All of them.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.project).chain(&self.hoisted)
    }

    /// Whether a real path lies in one of them.
    pub(crate) fn hold(&self, real: &Path) -> bool {
        self.folders().any(|root| real.starts_with(root))
    }

    /// Whether `path` is a folder on the way to one of them.
    pub(crate) fn lie_below(&self, path: &Path) -> bool {
        self.folders().any(|root| root != path && root.starts_with(path))
    }

    /// `path` as the project's owner would write it: from the project's folder, with `..` where it lies above.
    pub(crate) fn relative(&self, path: &Path) -> String {
        let shared = self.project.components().zip(path.components()).take_while(|(one, two)| one == two).count();
        let up = self.project.components().count().saturating_sub(shared);
        let parts = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
        let parts: Vec<String> = std::iter::repeat_n("..".to_owned(), up).chain(parts).collect();
        parts.join("/")
    }

    /// A library's words, with this machine's folders written from the project.
    pub(crate) fn relative_text(&self, text: &str) -> String {
        let named = self.project.ancestors().filter(|folder| folder.parent().is_some()).enumerate();
        named.fold(text.to_owned(), |text, (up, folder)| {
            text.replace(&format!("{}/", folder.display()), &"../".repeat(up))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_folder_of_this_machine_stays_in_a_text() {
        let roots = Roots { project: "/home/bob/shop".into(), hoisted: vec![] };
        assert_eq!(
            roots.relative_text(
                "cannot read \"/home/bob/shop/a.ts\" in /home/bob/shop, nor /home/bob/b.ts, nor /home/c"
            ),
            "cannot read \"a.ts\" in ../shop, nor ../b.ts, nor ../../c"
        );
    }

    #[test]
    fn paths_are_written_from_the_project() {
        let roots = Roots { project: "/a/b".into(), hoisted: vec!["/a/node_modules".into()] };
        for (path, relative) in [
            ("/a/b/src/x.ts", "src/x.ts"),
            ("/a/node_modules/y/z.js", "../node_modules/y/z.js"),
            ("/etc/passwd", "../../etc/passwd"),
        ] {
            assert_eq!(roots.relative(Path::new(path)), relative);
        }
    }

    #[test]
    fn neighbours_are_not_roots() {
        let roots = Roots { project: "/a/b".into(), hoisted: vec!["/a/node_modules".into()] };
        for inside in ["/a/b", "/a/b/c", "/a/node_modules/x"] {
            assert!(roots.hold(Path::new(inside)), "{inside}");
        }
        for outside in ["/", "/a", "/a/bc", "/a/c", "/a/node_modules2/x", "/etc/passwd"] {
            assert!(!roots.hold(Path::new(outside)), "{outside}");
        }
        for above in ["/", "/a"] {
            assert!(roots.lie_below(Path::new(above)), "{above}");
        }
        for beside in ["/a/b", "/a/b/c", "/etc", "/a/node_modules"] {
            assert!(!roots.lie_below(Path::new(beside)), "{beside}");
        }
    }
}
