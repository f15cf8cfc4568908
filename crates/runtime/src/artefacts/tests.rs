use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

use super::*;

struct Fixture {
    folder: tempfile::TempDir,
    key: Ed25519KeyPair,
    build: EngineBuild,
}

impl Fixture {
    fn new() -> Self {
        let build = EngineBuild::new("sf1/wasmtime-48.0.8+p0/cfg-0/x86_64-v3").unwrap();
        Self { folder: tempfile::tempdir().unwrap(), key: Ed25519KeyPair::generate().unwrap(), build }
    }

    fn artefacts(&self) -> Artefacts {
        Artefacts::new(self.folder.path())
    }

    fn public(&self) -> [u8; 32] {
        self.key.public_key().as_ref().try_into().unwrap()
    }

    fn label(&self, component: Digest, code: &[u8]) -> Label {
        let statement = ArtefactStatement {
            format: 1,
            build: self.build.clone(),
            component,
            artefact: hash(code),
            artefact_bytes: code.len() as u64,
        };
        let signature = self.key.sign(&statement.signed_bytes()).as_ref().to_vec();
        let seen = wire::compile::Done {
            imports: vec!["wasi:http/types@0.2.3".into()],
            serves: "wasi:http/incoming-handler@0.2.3".into(),
            handlers: vec![],
            component_bytes: 1,
            artefact_bytes: code.len() as u64,
            compile_ms: 1,
        };
        Label { statement, signature, seen, output: vec![] }
    }
}

fn digest(byte: u8) -> Digest {
    Digest::from_bytes([byte; 32])
}

#[test]
fn what_is_put_is_found_again_and_only_under_its_own_names() {
    let fixture = Fixture::new();
    let label = fixture.label(digest(1), b"code");
    fixture.artefacts().put(&label, b"code").unwrap();
    let (found, mut file) = fixture.artefacts().open(&fixture.build, &digest(1), &fixture.public()).unwrap().unwrap();
    let mut code = Vec::new();
    file.read_to_end(&mut code).unwrap();
    assert_eq!((found, code.as_slice()), (label, &b"code"[..]));
    assert!(fixture.artefacts().open(&fixture.build, &digest(2), &fixture.public()).unwrap().is_none());
    let other = EngineBuild::new("sf1/wasmtime-48.0.0+p0/cfg-0/x86_64-v3").unwrap();
    assert!(fixture.artefacts().open(&other, &digest(1), &fixture.public()).unwrap().is_none());
}

#[test]
fn another_key_another_component_and_a_flipped_bit_are_refused() {
    let fixture = Fixture::new();
    let label = fixture.label(digest(1), b"code");
    fixture.artefacts().put(&label, b"code").unwrap();
    let stranger = Fixture::new().public();
    assert!(matches!(fixture.artefacts().open(&fixture.build, &digest(1), &stranger), Err(Unusable::Signature)));

    let (code_path, label_path) = fixture.artefacts().place(&fixture.build, &digest(1));
    let (other_code, other_label) = fixture.artefacts().place(&fixture.build, &digest(3));
    fs::copy(&code_path, other_code).unwrap();
    fs::copy(&label_path, other_label).unwrap();
    assert!(matches!(fixture.artefacts().open(&fixture.build, &digest(3), &fixture.public()), Err(Unusable::Other)));

    let bytes = fs::read(&label_path).unwrap();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fs::write(&label_path, &flipped).unwrap();
        let found = fixture.artefacts().open(&fixture.build, &digest(1), &fixture.public());
        // Only the part that the keeper did not sign (what `deploy` shows) may differ.
        if let Ok(Some((found, _))) = found {
            assert_eq!(found.statement, label.statement, "byte {at}");
        }
    }
}

#[test]
fn a_label_cut_short_is_no_label() {
    let fixture = Fixture::new();
    fixture.artefacts().put(&fixture.label(digest(1), b"code"), b"code").unwrap();
    let (_, label_path) = fixture.artefacts().place(&fixture.build, &digest(1));
    let bytes = fs::read(&label_path).unwrap();
    fs::write(&label_path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(fixture.artefacts().open(&fixture.build, &digest(1), &fixture.public()).is_err());
    fixture.artefacts().remove(&fixture.build, &digest(1));
    assert!(fixture.artefacts().open(&fixture.build, &digest(1), &fixture.public()).unwrap().is_none());
}

#[test]
fn what_is_of_no_use_is_collected_and_what_is_fresh_or_wanted_stays() {
    let f = Fixture::new();
    let artefacts = f.artefacts();
    let (wanted, orphan, fresh) =
        (Digest::from_bytes([1; 32]), Digest::from_bytes([2; 32]), Digest::from_bytes([3; 32]));
    for component in [wanted, orphan, fresh] {
        artefacts.put(&f.label(component, b"code"), b"code").unwrap();
    }
    let mut other = f.label(wanted, b"old code");
    other.statement.build = EngineBuild::new("sf1/wasmtime-47.0.0+p0/cfg-0/x86_64-v3").unwrap();
    artefacts.put(&other, b"old code").unwrap();
    let (code, label) = artefacts.place(&f.build, &fresh);
    let half = artefacts.place(&f.build, &orphan).0.with_extension("new");
    fs::write(&half, b"half").unwrap();
    let age = |path: &Path, seconds| {
        let at = UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        File::options().append(true).open(path).unwrap().set_modified(at).unwrap();
    };
    for folder in fs::read_dir(f.folder.path()).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            age(&file.unwrap().path(), 100);
        }
    }
    age(&code, 5_000);
    age(&label, 5_000);

    let collect = |before| artefacts.collect(&f.build, |component| *component == wanted, UnixMillis(before)).unwrap();
    assert_eq!(collect(100_000), (0, 0), "to the millisecond");
    let (files, bytes) = collect(100_001);
    assert_eq!(files, 5, "an orphan, what a crash left, and another build's entry");
    assert!(bytes > 4 + 4 + 8);
    let key = f.public();
    let there = |component| artefacts.open(&f.build, &component, &key).unwrap().is_some();
    assert!(there(wanted) && there(fresh) && !there(orphan) && !half.exists());
    assert_eq!(fs::read_dir(f.folder.path()).unwrap().count(), 1, "the folder of the other build is gone");
    assert_eq!(collect(9_000_000).0, 2, "the fresh one grows old");
    assert!(there(wanted) && !there(fresh));
}
