//! The passkeys of an account, as they are stored: JSON, replaced as a whole and only from what it was.
use data_encoding::HEXLOWER;
use gateway::Refusal;
use serde::{Deserialize, Serialize};
use store::Account;
use types::{PrincipalId, Rng, UnixMillis};
use webauthn_rs::prelude::{AuthenticationResult, Credential, Passkey};

use crate::service::{Shared, store};

/// As many as an account may have.
pub(crate) const KEYS_MAX: usize = 10;
/// How often a change is tried again that another one came before.
const TRIES: usize = 5;

/// One passkey.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    /// Names it on the account page; no secret, and not the id that the device knows.
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) added_at: UnixMillis,
    pub(crate) used_at: Option<UnixMillis>,
    pub(crate) passkey: Passkey,
}

impl Key {
    pub(crate) fn new(passkey: Passkey, label: String, now: UnixMillis, rng: &dyn Rng) -> Self {
        let mut id = [0; 8];
        rng.fill(&mut id);
        Self { id: HEXLOWER.encode(&id), label, added_at: now, used_at: None, passkey }
    }

    /// Whether its provider copies it between devices.
    pub(crate) fn synced(&self) -> bool {
        Credential::from(self.passkey.clone()).backup_state
    }
}

/// Whether an account has any.
pub(crate) fn any(account: &Account) -> bool {
    // What the store compares with, too.
    &*account.passkeys != "[]"
}

/// Those of an account.
pub(crate) fn of(account: &Account) -> Result<Vec<Key>, Refusal> {
    serde_json::from_str(&account.passkeys)
        .map_err(|e| Refusal::internal(format!("the passkeys of {} cannot be read: {e}", account.person)))
}

pub(crate) fn json(keys: &[Key]) -> Result<String, Refusal> {
    serde_json::to_string(keys).map_err(|e| Refusal::internal(format!("passkeys cannot be written: {e}")))
}

/// Changes them. `change` may be called again, with what somebody else changed them to meanwhile; what it answers is the answer,
/// and `Err` leaves everything as it is.
pub(crate) async fn change<T, E>(
    shared: &Shared,
    person: PrincipalId,
    mut change: impl FnMut(&mut Vec<Key>, &Account) -> Result<T, E>,
) -> Result<Result<T, E>, Refusal> {
    for _ in 0..TRIES {
        let account = shared.ports.store.account(person).await.map_err(store)?;
        let account = account.ok_or_else(|| Refusal::internal(format!("{person} has no account")))?;
        let mut keys = of(&account)?;
        let answer = match change(&mut keys, &account) {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        let to = json(&keys)?.into();
        if shared.ports.store.set_passkeys(person, account.passkeys, to).await.map_err(store)? {
            return Ok(Ok(answer));
        }
    }
    Err(Refusal::internal(format!("the passkeys of {person} change too fast")))
}

/// Notes that one was used. The library refused a counter that went back; of two answers at once, both count.
pub(crate) async fn used(
    shared: &Shared,
    person: PrincipalId,
    result: &AuthenticationResult,
    now: UnixMillis,
) -> Result<(), Refusal> {
    let noted = change(shared, person, |keys, _| {
        let key = keys.iter_mut().find(|key| key.passkey.cred_id() == result.cred_id()).ok_or(())?;
        key.passkey.update_credential(result);
        key.used_at = Some(now);
        Ok::<_, ()>(())
    });
    // One that was taken away meanwhile opens nothing.
    noted.await?.map_err(|()| Refusal::internal(format!("a passkey of {person} was removed while it was shown")))
}
