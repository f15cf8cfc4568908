//! The claim: a one-time code that makes the first owner. There is no default password and no "first visitor wins".
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use gateway::{CredentialFailure, NewClaim};
use store::{Audience, Claim, Credential, CredentialKind, Principal, PrincipalKind};
use subtle::ConstantTimeEq;
use types::{CredentialId, Instant, PrincipalId, Secret, UnixMillis};

use crate::{Service, names, token};

const MINUTE_NS: u64 = 60_000_000_000;

/// Wrong claims of the last minute.
///
/// It slows nobody who shows the right code: that is found by a read and passes, however many wrong ones are being tried. 256 bits
/// cannot be guessed anyway; what this bounds is noise, and what it adds is a word to the attacker that somebody noticed.
pub(crate) struct Attempts {
    max: usize,
    failed: Mutex<VecDeque<Instant>>,
}

impl Attempts {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, failed: Mutex::default() }
    }

    /// Notes a wrong claim. `Some(seconds)`: there were too many, and this one is not even counted.
    fn fail(&self, now: Instant) -> Option<u64> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        while failed.front().is_some_and(|first| now.0.saturating_sub(first.0) >= MINUTE_NS) {
            failed.pop_front();
        }
        match failed.front() {
            Some(first) if failed.len() >= self.max => {
                let left = MINUTE_NS.saturating_sub(now.0.saturating_sub(first.0));
                Some(left.div_ceil(1_000_000_000).max(1))
            }
            _ => {
                failed.push_back(now);
                None
            }
        }
    }
}

impl Service {
    pub(crate) async fn open_claim(&self, again: bool) -> Result<NewClaim, CredentialFailure> {
        if !again && self.store.has_owner().await? {
            return Err(CredentialFailure::Owned);
        }
        let code = token::secret(&*self.rng);
        let expires_at = self.clock.now().plus_seconds(self.config.claim_s);
        // The store keeps one: a former link is void from here on.
        self.store.put_claim(token::hash(code.as_bytes()), expires_at).await?;
        Ok(NewClaim { code: Secret::new(code), expires_at })
    }

    pub(crate) async fn use_claim(
        &self,
        code: &str,
        name: Arc<str>,
    ) -> Result<(Principal, Credential, Secret), CredentialFailure> {
        names::check_display("the name", &name)?;
        if !token::is_secret(code) {
            return Err(self.wrong("it is not a code of this platform"));
        }
        let now = self.clock.now();
        let hash = token::hash(code.as_bytes());
        match self.store.claim().await? {
            None => return Err(self.wrong("none is open")),
            Some(open) if !same(&open, &hash) => return Err(self.wrong("it is not the open one")),
            Some(open) if now >= open.expires_at => return Err(self.wrong("it is over")),
            Some(_) => {}
        }
        let (owner, credential, secret) = self.first_owner(name, now);
        if self.store.redeem_claim(hash, now, owner.clone(), credential.clone()).await? {
            return Ok((owner, credential, secret));
        }
        // Between the read and the write somebody else used it, or it was replaced.
        Err(self.wrong("it was used or replaced just now"))
    }

    fn first_owner(&self, name: Arc<str>, now: UnixMillis) -> (Principal, Credential, Secret) {
        let id = PrincipalId::fresh(now, &*self.rng);
        let kind = PrincipalKind::Person { owner: true };
        let owner = Principal { id, kind, name, disabled: false, created_at: now, version: 1 };
        let (secret, secret_hash) = token::fresh(token::Prefix::Person, &*self.rng);
        let credential = Credential {
            id: CredentialId::fresh(now, &*self.rng),
            principal: id,
            parent: None,
            kind: CredentialKind::Cli,
            audience: Audience::Platform,
            secret_hash,
            label: "made with the claim link".into(),
            created_at: now,
            expires_at: now.plus_seconds(self.config.life_s(CredentialKind::Cli, 0)),
            revoked_at: None,
        };
        (owner, credential, secret)
    }

    fn wrong(&self, reason: &str) -> CredentialFailure {
        match self.attempts.fail(self.clock.instant()) {
            Some(retry_s) => CredentialFailure::Throttled { retry_s },
            None => CredentialFailure::Claim { reason: reason.to_owned() },
        }
    }
}

/// Compared without early exit. The hash makes timing useless already (see [`token::hash`]); the rule that secrets are never
/// compared with `==` is easier to keep without exceptions.
fn same(open: &Claim, hash: &types::Digest) -> bool {
    open.code_hash.as_bytes().ct_eq(hash.as_bytes()).into()
}
