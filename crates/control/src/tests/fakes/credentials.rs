//! identity, as control sees it.
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU8, AtomicU64, Ordering},
};

use gateway::{CredentialFailure, CredentialPort, Fut, NewClaim, NewCredential};
use store::{Audience, Credential, CredentialKind, Directory as _, Principal, PrincipalKind, StoreError};
use types::{AppName, CredentialId, Digest, PrincipalId, Secret, UnixMillis};

use super::MemoryStore;
use crate::PeoplePort;

pub(in crate::tests) struct FakeCredentials {
    pub(in crate::tests) store: Arc<MemoryStore>,
    made: AtomicU64,
    /// The next number of an invitation.
    pub(super) invited: AtomicU8,
    pub(in crate::tests) forgotten: Mutex<Vec<AppName>>,
    /// Whose sessions were ended, and at which app.
    pub(in crate::tests) ended: Mutex<Vec<(PrincipalId, Option<AppName>)>>,
}

impl FakeCredentials {
    pub(in crate::tests) fn new(store: Arc<MemoryStore>) -> Self {
        Self {
            store,
            made: AtomicU64::new(1),
            invited: AtomicU8::new(9),
            forgotten: Mutex::default(),
            ended: Mutex::default(),
        }
    }

    fn id(&self) -> [u8; 16] {
        let mut bytes = [9; 16];
        bytes[..8].copy_from_slice(&self.made.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        bytes
    }

    fn credential(&self, new: NewCredential) -> Credential {
        let id = CredentialId::from_bytes(self.id());
        let credential = Credential {
            id,
            principal: new.principal,
            kind: new.kind,
            audience: new.audience,
            secret_hash: Digest::from_bytes([0; 32]),
            label: new.label,
            created_at: UnixMillis(1_000),
            expires_at: UnixMillis(1_000).plus_seconds(new.life_s),
            revoked_at: None,
            parent: None,
        };
        self.store.credentials.lock().unwrap().insert(0, credential.clone());
        credential
    }
}

impl PeoplePort for FakeCredentials {
    fn create_call(
        &self,
        new: NewCredential,
        parent: CredentialId,
    ) -> Fut<'_, Result<(Credential, Secret), CredentialFailure>> {
        Box::pin(async move {
            let made = Credential { parent: Some(parent), ..self.credential(new) };
            self.store.credentials.lock().unwrap()[0] = made.clone();
            Ok((made, Secret::new("sfp_shown-once".into())))
        })
    }
    fn set_disabled(&self, person: PrincipalId, disabled: bool) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(self.store.set_disabled(person, disabled))
    }
}

impl CredentialPort for FakeCredentials {
    fn create<'a>(&'a self, new: NewCredential) -> Fut<'a, Result<(Credential, Secret), CredentialFailure>> {
        Box::pin(async move { Ok((self.credential(new), Secret::new("sfs_shown-once".into()))) })
    }
    fn revoke(&self, id: CredentialId) -> Fut<'_, Result<Option<Credential>, CredentialFailure>> {
        Box::pin(async move { Ok(self.store.revoke_credential(id, UnixMillis(2_000)).await?) })
    }
    fn service_account(&self, app: AppName, name: Arc<str>) -> Fut<'_, Result<Principal, CredentialFailure>> {
        Box::pin(async move {
            let mut all = self.store.principals.lock().unwrap();
            let kind = PrincipalKind::Service { app };
            if let Some(known) = all.iter().find(|p| p.kind == kind && p.name == name) {
                return Ok(known.clone());
            }
            let id = PrincipalId::from_bytes(self.id());
            let account = Principal { id, kind, name, disabled: false, created_at: UnixMillis(1), version: 1 };
            all.push(account.clone());
            Ok(account)
        })
    }
    fn forget_app(&self, app: &AppName) {
        self.forgotten.lock().unwrap().push(app.clone());
    }
    fn issue_claim(&self, again: bool) -> Fut<'_, Result<NewClaim, CredentialFailure>> {
        Box::pin(async move {
            if !again {
                return Err(CredentialFailure::Owned);
            }
            Ok(NewClaim { code: Secret::new("code-1".into()), expires_at: UnixMillis(1_800_000) })
        })
    }
    fn redeem_claim<'a>(
        &'a self,
        code: &'a str,
        name: Arc<str>,
    ) -> Fut<'a, Result<(Principal, Credential, Secret), CredentialFailure>> {
        Box::pin(async move {
            match code {
                "code-1" => {}
                "often" => return Err(CredentialFailure::Throttled { retry_s: 30 }),
                _ => return Err(CredentialFailure::Claim { reason: "it was used at noon".into() }),
            }
            let kind = PrincipalKind::Person { owner: true };
            let id = PrincipalId::from_bytes([7; 16]);
            let person = Principal { id, kind, name, disabled: false, created_at: UnixMillis(1), version: 1 };
            let new = NewCredential {
                principal: id,
                kind: CredentialKind::Cli,
                audience: Audience::Platform,
                label: "cli".into(),
                life_s: 60,
            };
            Ok((person, self.credential(new), Secret::new("sfp_shown-once".into())))
        })
    }
}
