//! Which platform is meant.
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use client::Address;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::elsewhere;

/// What a running platform writes about itself into its data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Address of the console without a final slash.
    pub(super) console: String,
    pub(super) host_socket: PathBuf,
}

/// How far up a `.serviceful` folder is looked for.
const FOLDERS_MAX: usize = 64;
const BYTES_MAX: u64 = 65_536;

impl Place {
    /// The nearest platform, from `folder` up; also that of a data folder itself.
    pub(super) fn nearest(folder: &Path) -> Result<Option<Self>, Failure> {
        for folder in folder.ancestors().take(FOLDERS_MAX) {
            let own = folder.join(elsewhere::FOLDER);
            // The project's own platform first, then one of it with its data elsewhere.
            for data in [Some(own.clone()), elsewhere::data_of(&own), Some(folder.to_owned())].into_iter().flatten() {
                if let Some(place) = Self::read(&data.join("platform.json"))? {
                    return Ok(Some(place));
                }
            }
        }
        Ok(None)
    }

    /// The platform that runs as this machine's service, in its default data folder.
    pub(super) fn of_service() -> Result<Option<Self>, Failure> {
        Self::read(Path::new("/var/lib/serviceful/platform.json"))
    }

    fn read(file: &Path) -> Result<Option<Self>, Failure> {
        match std::fs::metadata(file) {
            Ok(found) if found.is_file() && found.len() <= BYTES_MAX => {}
            _ => return Ok(None),
        }
        let text = std::fs::read_to_string(file).map_err(|e| Failure::file("read", file, &e))?;
        match serde_json::from_str(&text) {
            Ok(place) => Ok(Some(place)),
            // Another tool's `platform.json` is none of our business; one in our own folder is.
            Err(_) if !file.parent().is_some_and(|p| p.ends_with(elsewhere::FOLDER)) => Ok(None),
            Err(e) => {
                Err(Failure::new(format!("`{}` is damaged: {e}", file.display())).next("start the platform again"))
            }
        }
    }
}

/// The platform to speak to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) console: String,
    host_socket: Option<PathBuf>,
}

impl Target {
    /// `named` (option or environment) wins over the nearest place, and that over the only known platform.
    pub(super) fn resolve(named: Option<&str>, nearest: Option<Place>, known: &[String]) -> Result<Self, Failure> {
        if let Some(named) = named {
            let console = canonical(named)?;
            // The socket belongs to the nearest platform only.
            let host_socket = nearest.filter(|place| place.console == console).map(|place| place.host_socket);
            return Ok(Self { console, host_socket });
        }
        if let Some(place) = nearest {
            return Ok(Self { console: canonical(&place.console)?, host_socket: Some(place.host_socket) });
        }
        match known {
            [only] => Ok(Self { console: only.clone(), host_socket: None }),
            [] => Err(Failure::usage("no platform is known")
                .next("start one with `serviceful up`, or name one with `--platform URL` or SERVICEFUL_PLATFORM")),
            many => Err(Failure::usage(format!("several platforms are known: {}", many.join(", ")))
                .next("name one with `--platform URL` or SERVICEFUL_PLATFORM")),
        }
    }

    /// The socket on this host, if it is there.
    pub(super) fn socket(&self) -> Option<Address> {
        let path = self.host_socket.as_ref().filter(|path| path.exists())?;
        let host = self.console.split_once("://").map_or(self.console.as_str(), |(_, host)| host);
        Some(Address::Socket { path: Arc::new(path.clone()), host: host.into() })
    }
}

/// One spelling an address, because credentials are filed under it.
pub(super) fn canonical(text: &str) -> Result<String, Failure> {
    let address: Address = text.parse().map_err(|e: client::AddressError| Failure::usage(e.to_string()))?;
    Ok(address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { console: "http://console.localhost:8080".into(), host_socket: "/nowhere/host.sock".into() }
    }

    #[test]
    fn the_named_platform_wins_then_the_nearest_then_the_only_one() {
        let known = vec!["https://console.example.com".to_owned()];
        let console = |named, nearest, known: &[String]| Target::resolve(named, nearest, known).map(|t| t.console);
        assert_eq!(
            console(Some("HTTPS://Console.Example.org/"), Some(place()), &known),
            Ok("https://console.example.org".into())
        );
        assert_eq!(console(None, Some(place()), &known), Ok("http://console.localhost:8080".into()));
        assert_eq!(console(None, None, &known), Ok("https://console.example.com".into()));
        assert!(console(None, None, &[]).is_err());
        assert!(console(None, None, &["https://a".into(), "https://b".into()]).is_err());
        assert!(console(Some("not an address"), None, &known).is_err());
    }

    #[test]
    fn the_socket_belongs_to_the_nearest_platform_only() {
        let other = Target::resolve(Some("https://console.example.org"), Some(place()), &[]).expect("a target");
        assert_eq!(other.host_socket, None);
        let own = Target::resolve(Some("http://console.localhost:8080/"), Some(place()), &[]).expect("a target");
        assert!(own.host_socket.is_some());
        assert_eq!(own.socket(), None, "a socket that is not there is not offered");
    }

    #[test]
    fn the_nearest_folder_counts() {
        let top = tempfile::tempdir().expect("a folder");
        let deep = top.path().join("a/b");
        std::fs::create_dir_all(&deep).expect("folders");
        std::fs::create_dir(top.path().join(".serviceful")).expect("a folder");
        assert_eq!(Place::nearest(&deep).expect("nothing is damaged"), None);
        let file = top.path().join(".serviceful/platform.json");
        std::fs::write(&file, serde_json::to_string(&place()).expect("JSON")).expect("a file");
        assert_eq!(Place::nearest(&deep).expect("nothing is damaged"), Some(place()));
        std::fs::write(&file, "{").expect("a file");
        assert!(Place::nearest(&deep).is_err());
        std::fs::write(deep.join("platform.json"), "{}").expect("a file");
        assert!(Place::nearest(&deep).is_err(), "a foreign file is passed over, ours is still damaged");
    }

    #[test]
    fn a_platform_with_its_data_elsewhere_is_found_in_its_project() {
        let (project, data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let _line = elsewhere::Elsewhere::remember(project.path(), data.path()).expect("written");
        assert_eq!(Place::nearest(project.path()).expect("nothing is damaged"), None, "it does not run yet");
        let text = serde_json::to_string(&place()).expect("JSON");
        std::fs::write(data.path().join("platform.json"), text).expect("a file");
        let deep = project.path().join("src/more");
        std::fs::create_dir_all(&deep).expect("folders");
        assert_eq!(Place::nearest(&deep).expect("nothing is damaged"), Some(place()));
        // One with its data in the project is nearer.
        let own = Place { console: "http://console.localhost:9000".into(), ..place() };
        let text = serde_json::to_string(&own).expect("JSON");
        std::fs::write(project.path().join(".serviceful/platform.json"), text).expect("a file");
        assert_eq!(Place::nearest(&deep).expect("nothing is damaged"), Some(own));
    }
}
