//! Secrets of apps.
use types::{SECRETS_MAX, SecretName};

use super::{AnyStore, conflicts, ok, samples::*};
use crate::{NewSecret, SealedSecret, SecretEntry};

fn name(text: &str) -> SecretName {
    SecretName::parse(text).unwrap_or_else(|e| panic!("{e}"))
}

#[expect(clippy::disallowed_methods, reason = "the store keeps whatever it is given")]
fn sealed(bytes: &[u8]) -> SealedSecret {
    SealedSecret::new(bytes.to_vec())
}

fn new(of: &str, called: &str, value: &[u8], seconds: u64) -> NewSecret {
    let by = Some(person(1, true).id);
    NewSecret { app: app(of), name: name(called), sealed: sealed(value), at: at(seconds), by }
}

/// The newest value counts; what is known of it is told, and it goes with its app.
pub async fn check_secrets(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    conflicts(store.put_secret(new("tea", "KEY", b"1", 1)).await);
    ok(store.add_app(app("tea"), at(1), None).await);
    assert_eq!(ok(store.put_secret(new("coffee", "KEY", b"1", 1)).await), Some(1));
    assert_eq!(ok(store.put_secret(new("tea", "KEY", b"other", 2)).await), Some(1));
    assert!(ok(store.secret_used(app("coffee"), name("KEY"), at(5)).await));
    assert!(ok(store.secret_used(app("coffee"), name("KEY"), at(4)).await));
    let operator = NewSecret { by: None, ..new("coffee", "KEY", b"2", 3) };
    assert_eq!(ok(store.put_secret(operator).await), Some(2));
    assert_eq!(ok(store.put_secret(new("coffee", "A", b"3", 4)).await), Some(1));
    assert_eq!(ok(store.secret(app("coffee"), name("KEY")).await), Some(sealed(b"2")));
    assert_eq!(ok(store.secret(app("tea"), name("KEY")).await), Some(sealed(b"other")));
    assert_eq!(ok(store.secret(app("tea"), name("A")).await), None);
    let by = Some(person(1, true).id);
    let entries = [
        SecretEntry { name: name("A"), version: 1, changed_at: at(4), changed_by: by, used_at: None },
        SecretEntry { name: name("KEY"), version: 2, changed_at: at(3), changed_by: None, used_at: Some(at(5)) },
    ];
    assert_eq!(ok(store.secrets(app("coffee")).await), entries);

    assert!(ok(store.remove_secret(app("coffee"), name("A")).await));
    assert!(!ok(store.remove_secret(app("coffee"), name("A")).await));
    assert!(!ok(store.secret_used(app("coffee"), name("A"), at(9)).await));
    assert!(ok(store.remove_app(app("coffee")).await));
    assert_eq!(ok(store.secret(app("coffee"), name("KEY")).await), None);
    ok(store.add_app(app("coffee"), at(9), None).await);
    assert_eq!(ok(store.secrets(app("coffee")).await), [], "a later app of the same name inherits nothing");
    assert_eq!(ok(store.secret(app("tea"), name("KEY")).await), Some(sealed(b"other")));
}

/// Bounded for each app; a new value of one that is there always has room.
pub async fn check_secrets_are_bounded(make: impl Fn() -> AnyStore) {
    let store = coffee(&make).await;
    ok(store.add_app(app("tea"), at(1), None).await);
    for n in 0..SECRETS_MAX {
        assert_eq!(ok(store.put_secret(new("coffee", &format!("K{n}"), b"v", 1)).await), Some(1));
    }
    assert_eq!(ok(store.put_secret(new("coffee", "ONE_MORE", b"v", 1)).await), None);
    assert_eq!(ok(store.put_secret(new("coffee", "K0", b"w", 1)).await), Some(2));
    assert_eq!(ok(store.put_secret(new("tea", "K0", b"w", 1)).await), Some(1));
    assert!(ok(store.remove_secret(app("coffee"), name("K1")).await));
    assert_eq!(ok(store.put_secret(new("coffee", "ONE_MORE", b"v", 1)).await), Some(1));
}
