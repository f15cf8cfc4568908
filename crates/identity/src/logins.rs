//! Logins of command lines: an access token of minutes, signed and bound to a key, and a refresh secret that works once.
//! If this is wrong: whoever copied a secret goes on as its owner, unseen.
use data_encoding::BASE64URL_NOPAD;
use gateway::{
    Fut, LoginFailure, LoginPort, LoginTokens, NewLogin, NewToken, RefreshFailure, TOKEN_LIFE_S_MAX, TokenKey, Wanted,
};
use http::{Method, Uri};
use store::{Audience, Credential, CredentialKind, Login, Refresh, Refreshed, StoreError};
use types::{CredentialId, Digest, Secret, UnixMillis};

use crate::{
    Service, names,
    proof::{self, About, Flaw},
    token::{self, Prefix},
};

/// The name of an access token: 128 random bits. INVARIANT: a login's row has the hash of that of its present token, so each token
/// that was replaced is unknown at once.
fn fresh_id(rng: &dyn types::Rng) -> (String, Digest) {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    let id = BASE64URL_NOPAD.encode(&bytes);
    let hash = token::hash(id.as_bytes());
    (id, hash)
}

impl Service {
    /// Has the token signed that this login gets. It counts for nothing before the store has its name.
    async fn access(
        &self,
        credential: &Credential,
        login: &Login,
        wanted: &Wanted,
        id: String,
        life_s: u64,
    ) -> Result<Secret, String> {
        self.sign(NewToken {
            issuer: self.issuer.clone(),
            audience: self.place_of(&wanted.audience),
            person: credential.principal,
            client: wanted.client,
            login: credential.id,
            id,
            key: login.key,
            life_s,
            authenticated_at: login.authenticated_at,
            assurance: login.assurance,
        })
        .await
    }

    /// How long a token lives that is made now.
    fn access_s(&self, now: UnixMillis, ends_at: UnixMillis) -> u64 {
        let left_s = ends_at.0.saturating_sub(now.0) / 1_000;
        self.config.login_access_s.min(TOKEN_LIFE_S_MAX).min(left_s).max(1)
    }

    async fn open(&self, new: NewLogin) -> Result<LoginTokens, LoginFailure> {
        names::check_display("the label", &new.label).map_err(|e| StoreError::Conflict { what: e.to_string() })?;
        let now = self.clock.now();
        let (id, secret_hash) = fresh_id(&*self.rng);
        let (refresh, refresh_hash) = token::fresh(Prefix::Refresh, &*self.rng);
        let expires_at = now.plus_seconds(self.config.login_max_s);
        let life_s = self.access_s(now, expires_at);
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
            access_until: now.plus_seconds(life_s).min(expires_at),
            refresh_hash,
            assurance: new.assurance,
            authenticated_at: new.authenticated_at,
            used_at: now,
        };
        let access = self.access(&credential, &login, &new.wanted, id, life_s).await.map_err(LoginFailure::Unsigned)?;
        let mut tokens = tokens(&credential, &login, access, refresh, now);
        let ended = self.store.add_login(credential, login, new.opening).await?;
        for credential in &ended {
            self.forget_credential(credential);
        }
        tokens.ended = ended.iter().map(|credential| credential.id).collect();
        Ok(tokens)
    }

    async fn replace(&self, brought: Secret, key: Digest, wanted: Wanted) -> Result<LoginTokens, RefreshFailure> {
        let refused = |reason: String| Err(RefreshFailure::Refused(reason));
        if let Err(flaw) = token::check_refresh(brought.reveal().as_bytes()) {
            return refused(format!("refresh: not a secret of this platform (wrong {flaw})"));
        }
        let from = token::hash(brought.reveal().as_bytes());
        let now = self.clock.now();
        let (id, access_hash) = fresh_id(&*self.rng);
        let (refresh, refresh_hash) = token::fresh(Prefix::Refresh, &*self.rng);
        // Signed before the secret is used up, so that a keeper that cannot costs nobody their login; and only for its holder.
        let found = self.store.login_to_refresh(from).await?;
        let (mut life_s, mut signed) = (0, None);
        if let Some((credential, login)) = found.as_ref().filter(|(_, login)| login.key == key) {
            life_s = self.access_s(now, credential.expires_at);
            let access = self.access(credential, login, &wanted, id, life_s).await;
            signed = Some(access.map_err(RefreshFailure::Unsigned)?);
        }
        let wanted = Refresh {
            from,
            key,
            access: access_hash,
            refresh: refresh_hash,
            at: now,
            access_until: now.plus_seconds(life_s),
        };
        // The store decides, whatever was found before: of two that bring one secret, one is the first.
        match (self.store.refresh_login(wanted).await?, signed) {
            (Refreshed::Done(credential, login), Some(access)) => {
                // The former token must not outlive this in the cache.
                self.forget_credential(&credential);
                Ok(tokens(&credential, &login, access, refresh, now))
            }
            // It was unknown a moment ago, and no secret is given out twice.
            (Refreshed::Done(credential, _), None) => {
                self.forget_credential(&credential);
                Err(RefreshFailure::Unsigned(format!("login {} appeared meanwhile", credential.id)))
            }
            (Refreshed::Replayed(credential), _) => {
                self.forget_credential(&credential);
                refused(format!("refresh: a secret of login {} came twice; the login has ended", credential.id))
            }
            (Refreshed::Refused { credential, why }, _) => refused(format!("refresh: login {credential}: {why}")),
            (Refreshed::Unknown, _) => refused("refresh: unknown".to_owned()),
        }
    }
}

fn tokens(credential: &Credential, login: &Login, access: Secret, refresh: Secret, now: UnixMillis) -> LoginTokens {
    let access_s = login.access_until.0.saturating_sub(now.0) / 1_000;
    LoginTokens { login: credential.id, access, access_s, refresh, ends_at: credential.expires_at, ended: Vec::new() }
}

impl LoginPort for Service {
    fn key_of(&self, proof: Option<&str>, method: &Method, address: &str) -> Result<Digest, String> {
        let judged = || {
            let address: Uri = address.parse().map_err(|_| Flaw::Address)?;
            let about = About { method, address: &address, token: None };
            // NOT HERE: a memory of these. What they come with, a code or a refresh secret, counts once, and a request that was
            // pushed twice leads nowhere without the key.
            proof::judge(proof.ok_or(Flaw::Missing)?, about, self.clock.now(), 0)
        };
        judged().map(|proof| proof.key).map_err(|flaw: Flaw| format!("the DPoP proof: {flaw}"))
    }

    fn open_login(&self, new: NewLogin) -> Fut<'_, Result<LoginTokens, LoginFailure>> {
        Box::pin(self.open(new))
    }

    fn refresh_login(
        &self,
        refresh: Secret,
        key: Digest,
        wanted: Wanted,
    ) -> Fut<'_, Result<LoginTokens, RefreshFailure>> {
        Box::pin(self.replace(refresh, key, wanted))
    }

    fn void_code(&self, code: Digest, login: CredentialId) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let ended = self.store.void_code(code, login, self.clock.now()).await?;
            if let Some(credential) = &ended {
                self.forget_credential(credential);
            }
            Ok(ended.is_some())
        })
    }

    fn token_keys(&self) -> Vec<TokenKey> {
        self.known_keys()
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
