//! A keeper that turns each byte round, so that what was sealed is not what came.
use gateway::{Fut, SecretPort, VaultError};
use store::SealedSecret;
use types::{AppName, Secret, SecretName};

pub(in crate::tests) struct FakeSecrets;

impl SecretPort for FakeSecrets {
    #[expect(clippy::disallowed_methods, reason = "stands in for the keeper")]
    fn seal_secret(&self, app: AppName, name: SecretName, value: Secret) -> Fut<'_, Result<SealedSecret, VaultError>> {
        let turned = value.reveal().bytes().map(|byte| !byte);
        let sealed = format!("{app}/{name}:").into_bytes().into_iter().chain(turned).collect();
        Box::pin(async { Ok(SealedSecret::new(sealed)) })
    }

    fn reveal_secret(&self, _: AppName, _: SecretName) -> Fut<'_, Result<Option<Secret>, VaultError>> {
        unreachable!("control never reads a secret")
    }
}
