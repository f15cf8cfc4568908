//! A project on disk: its manifest, what that names, and how it is built.
use std::{
    io::Read,
    path::{Path, PathBuf},
    process::Stdio,
};

use bytes::Bytes;
use gateway::PolicyPort as _;
use manifest::{Manifest, ManifestError};
use types::{CompileLimits, Digest, Limits, RunLimits};
use wire::bundle::Notice;

use super::{bundle::bundle, failure::Failure};

/// File name of a manifest.
pub(super) const MANIFEST: &str = "serviceful.toml";
/// Longest Cedar file, in bytes; the platform takes 1 MiB of JSON.
const POLICY_BYTES_MAX: u64 = 262_144;
/// The longest line of a manifest that is shown beside an error in it.
const LINE_CHARS_MAX: u32 = 200;

/// A project whose manifest is valid.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    /// The manifest as written.
    pub(crate) text: String,
    pub(crate) manifest: Manifest,
}

/// A component as built, or a source as bundled.
pub(super) struct Built {
    pub(super) path: String,
    pub(super) digest: Digest,
    pub(super) bytes: Bytes,
    /// Files that a bundle was made of, relative to the project.
    pub(super) inputs: Vec<String>,
    /// What may go wrong with a bundle.
    pub(super) warnings: Vec<Notice>,
}

/// The manifest that `path` means: a file, or the one in a folder.
pub(super) fn manifest_file(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(MANIFEST) } else { path.to_owned() }
}

/// Reads a file of at most `max` bytes.
fn read(path: &Path, max: u64) -> Result<Vec<u8>, Failure> {
    let failed = |e: std::io::Error| Failure::file("read", path, &e);
    let mut bytes = Vec::new();
    // A pipe or a device would be waited for without end.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Failure::new(format!("`{}` is not a file", path.display())));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max {
        return Err(Failure::new(format!("`{}` is larger than {max} bytes", path.display())));
    }
    Ok(bytes)
}

pub(super) fn read_text(path: &Path, max: u64) -> Result<String, Failure> {
    let bytes = read(path, max)?;
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("`{}` is not UTF-8 text", path.display())))
}

/// The text of a manifest.
pub(super) fn manifest_text(file: &Path) -> Result<String, Failure> {
    let text = read_text(file, manifest::TEXT_BYTES_MAX as u64);
    if !file.exists() {
        let failure = Failure::new(format!("there is no `{}`", file.display()));
        return Err(failure.next("go to a project's folder, or make one with `serviceful new NAME`"));
    }
    text
}

/// Every error with its line and a mark under the place.
pub(super) fn pointed(file: &Path, text: &str, errors: &[ManifestError]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    for error in errors {
        let key = if error.key.is_empty() { String::new() } else { format!("`{}`: ", error.key) };
        out.push_str(&format!("{}:{}:{}: {key}{}\n", file.display(), error.line, error.column, error.problem));
        let at = usize::try_from(error.line).unwrap_or(0).checked_sub(1);
        if let Some(line) = at.and_then(|at| lines.get(at)) {
            let number = error.line.to_string();
            let margin = " ".repeat(number.len());
            let before = line.chars().take(usize::try_from(error.column).unwrap_or(1).saturating_sub(1));
            // Tabs stay tabs, so that the mark stands under what it means.
            let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            if error.column > LINE_CHARS_MAX || line.chars().nth(LINE_CHARS_MAX as usize).is_some() {
                out.push_str(&format!(" {number} | (a line of {} characters)\n", line.chars().count()));
            } else {
                out.push_str(&format!(" {number} | {line}\n {margin} | {indent}^\n"));
            }
        }
        out.push_str(&format!("   {}\n", error.instead));
    }
    out.truncate(out.trim_end().len());
    out
}

/// The manifest, if no platform could refuse it: limits beyond the built-in caps are beyond every operator's.
pub(super) fn parse(text: &str) -> Result<Manifest, Vec<ManifestError>> {
    let manifest = Manifest::parse(text)?;
    let errors = manifest.beyond(&Limits { run: RunLimits::CAP, compile: CompileLimits::CAP });
    if errors.is_empty() { Ok(manifest) } else { Err(errors) }
}

impl Project {
    /// Reads and checks the manifest in `path` (a folder or a file).
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let file = manifest_file(path);
        let text = manifest_text(&file)?;
        let manifest = parse(&text).map_err(|errors| {
            let count = errors.len();
            let s = if count == 1 { "" } else { "s" };
            Failure::new(format!("the manifest has {count} error{s}\n{}", pointed(&file, &text, &errors)))
        })?;
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Ok(Self { folder, text, manifest })
    }

    /// Runs the build command of the manifest, when there is one. What it prints goes to standard error.
    pub(crate) async fn build(&self) -> Result<(), Failure> {
        let Some(command) = self.manifest.build.as_ref().and_then(|build| build.command.as_deref()) else {
            return Ok(());
        };
        let output = |e: std::io::Error| Failure::new(format!("the build command cannot be started: {e}"));
        // Standard output is for the answer of this command line alone.
        let stderr = rustix::io::dup(rustix::stdio::stderr()).map_err(|e| output(e.into()))?;
        let status = shell(command).current_dir(&self.folder).stdin(Stdio::null()).stdout(stderr).status().await;
        let status = status.map_err(output)?;
        if status.success() {
            return Ok(());
        }
        let how =
            status.code().map_or_else(|| "was stopped by a signal".to_owned(), |code| format!("ended with {code}"));
        Err(Failure::new(format!("the build command `{command}` {how}")).next("its messages are above"))
    }

    /// Files and folders whose change calls for another build, relative to the project.
    pub(crate) fn watched(&self) -> Vec<PathBuf> {
        let mut paths = vec![PathBuf::from(MANIFEST)];
        paths.extend(self.manifest.policy.iter().map(PathBuf::from));
        match &self.manifest.build {
            Some(build) => paths.extend(build.watch.iter().map(PathBuf::from)),
            None => paths.extend(self.manifest.functions.iter().map(|f| PathBuf::from(f.code.path()))),
        }
        paths
    }

    /// The app's Cedar file, when the manifest names one.
    pub(super) fn policy(&self) -> Result<Option<String>, Failure> {
        let path = self.manifest.policy.as_ref();
        path.map(|path| read_text(&self.folder.join(path), POLICY_BYTES_MAX)).transpose()
    }

    /// Checks the app's Cedar file as the platform will.
    pub(super) fn check_policy(&self) -> Result<(), Failure> {
        let Some(cedar) = self.policy()? else { return Ok(()) };
        let rules = policy::Service::new(policy::PolicyConfig::default());
        let rules = rules.map_err(|e| Failure::new(format!("the platform's own policies cannot be read: {e}")))?;
        let functions: Vec<_> = self.manifest.functions.iter().map(|f| f.name.clone()).collect();
        let declared = gateway::Declared { functions: &functions, groups: &self.manifest.groups };
        rules.check(&self.manifest.name, &cedar, Some(declared)).map_err(|problem| {
            let file = self.manifest.policy.as_deref().unwrap_or_default();
            Failure::new(format!("`{file}`: {problem}"))
        })
    }

    /// The components and bundled sources that the manifest names, each once.
    pub(super) async fn files(&self) -> Result<Vec<Built>, Failure> {
        let mut codes: Vec<_> = self.manifest.functions.iter().map(|f| &f.code).collect();
        codes.sort_unstable_by_key(|code| code.path());
        codes.dedup_by_key(|code| code.path());
        let mut built = Vec::new();
        for code in codes {
            built.push(if code.is_source() { self.source(code.path()).await? } else { self.component(code.path())? });
        }
        Ok(built)
    }

    /// What is wrong with the sources: what cannot be bundled.
    pub(super) async fn check_sources(&self) -> Vec<Failure> {
        let mut paths: Vec<_> =
            self.manifest.functions.iter().map(|f| &f.code).filter(|code| code.is_source()).collect();
        paths.sort_unstable_by_key(|code| code.path());
        paths.dedup_by_key(|code| code.path());
        let mut found = Vec::new();
        for code in paths {
            found.extend(self.source(code.path()).await.err());
        }
        found
    }

    async fn source(&self, path: &str) -> Result<Built, Failure> {
        if !self.folder.join(path).exists() {
            return Err(Failure::new(format!("source `{path}` is not there")).next("correct `source` in the manifest"));
        }
        let wire::bundle::Bundle { module, inputs, warnings, .. } = bundle(&self.folder, path).await?;
        let max = CompileLimits::CAP.component_kib * 1_024;
        if module.len() as u64 > max {
            return Err(Failure::new(format!("`{path}` with all that it imports has more than {max} bytes"))
                .next("import less; the largest packages can often be replaced by a part of them"));
        }
        let bytes = Bytes::from(module);
        Ok(Built { path: path.to_owned(), digest: digest_of(&bytes), bytes, inputs, warnings })
    }

    fn component(&self, path: &str) -> Result<Built, Failure> {
        let file = self.folder.join(path);
        if !file.exists() {
            let failure = Failure::new(format!("component `{path}` is not there"));
            return Err(failure.next("build it first, or give the manifest a `[build] command`"));
        }
        let bytes = read(&file, CompileLimits::CAP.component_kib * 1_024)?;
        // SECURITY: a project from elsewhere may name a link to a file that is none of its business. What is no WebAssembly
        // does not leave this machine.
        if !bytes.starts_with(b"\0asm") {
            return Err(Failure::new(format!("component `{path}` is not WebAssembly"))
                .next("name the `.wasm` file that the build makes"));
        }
        let digest = digest_of(&bytes);
        Ok(Built { path: path.to_owned(), digest, bytes: bytes.into(), inputs: Vec::new(), warnings: Vec::new() })
    }
}

/// SHA-256 of some bytes.
fn digest_of(bytes: &[u8]) -> Digest {
    let mut digest = [0; 32];
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    for (to, from) in digest.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    Digest::from_bytes(digest)
}

#[expect(clippy::disallowed_methods, reason = "the project's own build command, on its author's machine")]
fn shell(command: &str) -> tokio::process::Command {
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    shell
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = \"tea\"\n[[function]]\nroute = \"/\"\ncomponent = \"tea.wasm\"\n";

    fn project(text: &str) -> (tempfile::TempDir, Result<Project, Failure>) {
        let top = tempfile::tempdir().expect("a folder");
        std::fs::write(top.path().join(MANIFEST), text).expect("a file");
        let project = Project::load(top.path());
        (top, project)
    }

    #[test]
    fn errors_point_at_their_place() {
        let (top, project) =
            project("name = \"tea\"\n[[function]]\nroute = \"/\"\ncomponent = \"tea.wasm\"\nacess = \"public\"\n");
        let failure = project.expect_err("a typo");
        let file = top.path().join(MANIFEST);
        assert!(failure.what.contains(&format!("{}:5:1", file.display())), "{}", failure.what);
        assert!(failure.what.contains(" 5 | acess = \"public\"\n   | ^"), "{}", failure.what);
        assert!(failure.what.contains("access"), "the nearest key is named: {}", failure.what);
    }

    #[tokio::test]
    async fn a_missing_manifest_or_component_says_what_to_do() {
        let top = tempfile::tempdir().expect("a folder");
        let failure = Project::load(top.path()).expect_err("nothing there");
        assert!(failure.next.expect("advice").contains("serviceful new"));
        let (_top, project) = project(GOOD);
        let failure = project.expect("valid").files().await.err().expect("nothing built");
        assert!(failure.what.contains("`tea.wasm` is not there"), "{}", failure.what);
    }

    #[tokio::test]
    async fn builds_run_in_the_projects_folder_and_their_failure_is_told() {
        let (top, project) = project(&format!("{GOOD}[build]\ncommand = \"printf '\\\\000asm' > tea.wasm\"\n"));
        let project = project.expect("valid");
        project.build().await.expect("the command works");
        let built = project.files().await.expect("built");
        assert_eq!(built.len(), 1);
        assert_eq!(
            built[0].digest.to_string(),
            "sha256:cd5d4935a48c0672cb06407bb443bc0087aff947c6b864bac886982c73b3027f"
        );
        // A link to something else of this machine's, and a pipe that nobody writes to.
        let file = top.path().join("tea.wasm");
        std::fs::remove_file(&file).expect("it was there");
        std::os::unix::fs::symlink("/etc/passwd", &file).expect("a link");
        let failure = project.files().await.err().expect("not WebAssembly");
        assert!(failure.what.contains("is not WebAssembly"), "{}", failure.what);
        std::fs::remove_file(&file).expect("it was there");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &file, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
        let failure = project.files().await.err().expect("nobody writes");
        assert!(failure.what.contains("is not a file"), "{}", failure.what);
        std::fs::write(top.path().join(MANIFEST), format!("{GOOD}[build]\ncommand = \"exit 3\"\n")).expect("a file");
        let failure = Project::load(top.path()).expect("valid").build().await.expect_err("it fails");
        assert!(failure.what.contains("ended with 3"), "{}", failure.what);
    }
}
