use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use wire::keeper::ArtefactStatement;

use super::*;

fn build() -> EngineBuild {
    EngineBuild::new("sf1/wasmtime-48.0.8+p0/cfg-0123456789abcdef/x86_64-v3").unwrap()
}

fn load_of(key: &Ed25519KeyPair, bytes: &[u8], build: &EngineBuild) -> Load {
    let statement = ArtefactStatement {
        format: 1,
        build: build.clone(),
        component: sha256(b"component"),
        artefact: sha256(bytes),
        artefact_bytes: bytes.len() as u64,
    };
    Load { signature: key.sign(&statement.signed_bytes()).as_ref().to_vec(), statement }
}

fn public(key: &Ed25519KeyPair) -> [u8; 32] {
    key.public_key().as_ref().try_into().unwrap()
}

/// An artefact as the keeper would seal it.
pub(crate) fn sealed(key: &Ed25519KeyPair, bytes: Vec<u8>, build: &EngineBuild) -> VerifiedArtefact {
    let load = load_of(key, &bytes, build);
    verify(bytes, &load, &public(key), build).unwrap()
}

#[test]
fn honest_bytes_pass() {
    let key = Ed25519KeyPair::generate().unwrap();
    let artefact = sealed(&key, vec![1, 2, 3], &build());
    assert_eq!((artefact.bytes(), artefact.component()), (&[1, 2, 3][..], sha256(b"component")));
}

#[test]
fn every_field_that_is_bent_is_refused() {
    let key = Ed25519KeyPair::generate().unwrap();
    let honest = load_of(&key, b"code", &build());
    let check = |bytes: &[u8], load: &Load| verify(bytes.to_vec(), load, &public(&key), &build()).map(|_| ());
    assert_eq!(check(b"code", &honest), Ok(()));

    let bend = |change: fn(&mut Load)| {
        let mut load = honest.clone();
        change(&mut load);
        check(b"code", &load)
    };
    assert_eq!(bend(|load| load.statement.format = 2), Err(SealError::Format { format: 2 }));
    let other = EngineBuild::new("sf1/other").unwrap();
    assert_eq!(
        bend(|load| load.statement.build = EngineBuild::new("sf1/other").unwrap()),
        Err(SealError::Build { theirs: other, ours: build() })
    );
    assert_eq!(bend(|load| load.statement.artefact_bytes = 5), Err(SealError::Length { bytes: 4, stated: 5 }));
    assert_eq!(bend(|load| load.statement.artefact = sha256(b"other")), Err(SealError::Contents));
    assert_eq!(bend(|load| load.statement.component = sha256(b"other")), Err(SealError::Signature));
    assert_eq!(bend(|load| load.signature.clear()), Err(SealError::Unsigned));
    assert_eq!(bend(|load| load.signature.truncate(63)), Err(SealError::Signature));
    assert_eq!(bend(|load| load.signature[0] ^= 1), Err(SealError::Signature));
    assert_eq!(check(b"codf", &honest), Err(SealError::Contents));
    let stranger = Ed25519KeyPair::generate().unwrap();
    let refused = verify(b"code".to_vec(), &honest, &public(&stranger), &build());
    assert_eq!(refused.map(|_| ()), Err(SealError::Signature));
}
