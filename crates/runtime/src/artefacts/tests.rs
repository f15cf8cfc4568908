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
            component_bytes: 1,
            artefact_bytes: code.len() as u64,
            compile_ms: 1,
        };
        Label { statement, signature, seen }
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
