//! Logins of command lines: an access secret of minutes, bound to a key, and a refresh secret that works once.
//! If this is wrong: whoever copied a secret goes on as its owner, unseen.
use gateway::{Fut, LoginPort, LoginTokens, NewLogin, RefreshFailure};
use http::{Method, Uri};
use store::{Audience, Credential, CredentialKind, Login, Refresh, Refreshed, StoreError};
use types::{CredentialId, Digest, Secret, UnixMillis};

use crate::{
    Service, names,
    proof::{self, About, Flaw},
    token::{self, Prefix},
};

impl Service {
    async fn open(&self, new: NewLogin) -> Result<LoginTokens, StoreError> {
        names::check_display("the label", &new.label).map_err(|e| StoreError::Conflict { what: e.to_string() })?;
        let now = self.clock.now();
        let (access, secret_hash) = token::fresh(Prefix::Person, &*self.rng);
        let (refresh, refresh_hash) = token::fresh(Prefix::Refresh, &*self.rng);
        let expires_at = now.plus_seconds(self.config.login_max_s);
        let credential = Credential {
            id: new.id,
            principal: new.person,
            parent: None,
            kind: CredentialKind::Cli,
            audience: Audience::Platform,
            secret_hash,
            label: new.label,
            created_at: now,
            expires_at,
            revoked_at: None,
        };
        let login = Login {
            credential: new.id,
            key: new.key,
            access_until: now.plus_seconds(self.config.login_access_s).min(expires_at),
            refresh_hash,
            assurance: new.assurance,
            authenticated_at: new.authenticated_at,
            used_at: now,
        };
        let tokens = tokens(&credential, &login, access, refresh, now);
        self.store.add_login(credential, login).await?;
        Ok(tokens)
    }

    async fn replace(&self, brought: Secret, key: Digest) -> Result<LoginTokens, RefreshFailure> {
        let refused = |reason: String| Err(RefreshFailure::Refused(reason));
        if let Err(flaw) = token::check_refresh(brought.reveal().as_bytes()) {
            return refused(format!("refresh: not a secret of this platform (wrong {flaw})"));
        }
        let now = self.clock.now();
        let (access, access_hash) = token::fresh(Prefix::Person, &*self.rng);
        let (refresh, refresh_hash) = token::fresh(Prefix::Refresh, &*self.rng);
        let wanted = Refresh {
            from: token::hash(brought.reveal().as_bytes()),
            key,
            access: access_hash,
            refresh: refresh_hash,
            at: now,
            access_until: now.plus_seconds(self.config.login_access_s),
        };
        match self.store.refresh_login(wanted).await? {
            Refreshed::Done(credential, login) => {
                // The former secret must not outlive this in the cache.
                self.forget_credential(&credential);
                Ok(tokens(&credential, &login, access, refresh, now))
            }
            Refreshed::Replayed(credential) => {
                self.forget_credential(&credential);
                refused(format!("refresh: a secret of login {} came twice; the login has ended", credential.id))
            }
            Refreshed::Refused { credential, why } => refused(format!("refresh: login {credential}: {why}")),
            Refreshed::Unknown => refused("refresh: unknown".to_owned()),
        }
    }
}

fn tokens(credential: &Credential, login: &Login, access: Secret, refresh: Secret, now: UnixMillis) -> LoginTokens {
    let access_s = login.access_until.0.saturating_sub(now.0) / 1_000;
    LoginTokens { login: credential.id, access, access_s, refresh, ends_at: credential.expires_at }
}

impl LoginPort for Service {
    fn key_of(&self, proof: Option<&str>, method: &Method, address: &str) -> Result<Digest, String> {
        let judged = || {
            let address: Uri = address.parse().map_err(|_| Flaw::Address)?;
            let about = About { method, address: &address, token: None };
            // NOT HERE: a memory of these. What they come with, a code or a refresh secret, counts once.
            proof::judge(proof.ok_or(Flaw::Missing)?, about, self.clock.now(), self.began)
        };
        judged().map(|proof| proof.key).map_err(|flaw: Flaw| format!("the DPoP proof: {flaw}"))
    }

    fn open_login(&self, new: NewLogin) -> Fut<'_, Result<LoginTokens, StoreError>> {
        Box::pin(self.open(new))
    }

    fn refresh_login(&self, refresh: Secret, key: Digest) -> Fut<'_, Result<LoginTokens, RefreshFailure>> {
        Box::pin(self.replace(refresh, key))
    }

    fn end_login(&self, id: CredentialId) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let ended = self.store.revoke_credential(id, self.clock.now()).await?;
            if let Some(credential) = &ended {
                self.forget_credential(credential);
            }
            Ok(ended.is_some())
        })
    }
}
