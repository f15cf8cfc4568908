//! `gateway::CredentialPort`: credentials made and ended.
use std::sync::Arc;

use gateway::{CredentialFailure, CredentialPort, Fut, NewClaim, NewCredential};
use store::{Audience, Credential, CredentialKind, Principal, PrincipalKind, StoreError};
use types::{AppName, CredentialId, PrincipalId, Secret, UnixMillis};

use crate::{Service, names, token};

impl CredentialPort for Service {
    fn create<'a>(&'a self, new: NewCredential) -> Fut<'a, Result<(Credential, Secret), CredentialFailure>> {
        Box::pin(self.add_credential(new, None))
    }

    fn revoke(&self, id: CredentialId) -> Fut<'_, Result<Option<Credential>, CredentialFailure>> {
        Box::pin(async move {
            let ended = self.store.revoke_credential(id, self.clock.now()).await?;
            if let Some(credential) = &ended {
                self.forget_credential(credential);
            }
            Ok(ended)
        })
    }

    fn service_account(&self, app: AppName, name: Arc<str>) -> Fut<'_, Result<Principal, CredentialFailure>> {
        Box::pin(self.account(app, name))
    }

    fn forget_app(&self, app: &AppName) {
        self.forget_everything_of(app);
    }

    fn issue_claim(&self, again: bool) -> Fut<'_, Result<NewClaim, CredentialFailure>> {
        Box::pin(self.open_claim(again))
    }

    fn redeem_claim<'a>(
        &'a self,
        code: &'a str,
        name: Arc<str>,
    ) -> Fut<'a, Result<(Principal, Credential, Secret), CredentialFailure>> {
        Box::pin(self.use_claim(code, name))
    }
}

impl Service {
    /// Makes a credential that is revoked along with `parent`. Conflict: the parent was revoked meanwhile.
    pub async fn create_from(
        &self,
        new: NewCredential,
        parent: CredentialId,
    ) -> Result<(Credential, Secret), CredentialFailure> {
        self.add_credential(new, Some(parent)).await
    }

    /// Removes sessions, links and invitations that are over, credentials that have been over for longer than `retention_s`, and a
    /// claim; how many those were.
    /// What happened to them stays in the audit log.
    pub async fn purge(&self) -> Result<usize, StoreError> {
        // Proofs count for about a minute; whoever sends many leaves them here for no longer than it takes to come by.
        self.used.purge(self.clock.now());
        let retention_ms = self.config.retention_s.saturating_mul(1_000);
        // No cache has to forget them: they count nowhere already.
        let (now, idle_ms) = (self.clock.now(), self.config.session_idle_s.saturating_mul(1_000));
        let sessions = self.store.purge_sessions(now, UnixMillis(now.0.saturating_sub(idle_ms))).await?;
        let credentials = self.store.purge_credentials(UnixMillis(now.0.saturating_sub(retention_ms))).await?;
        let mails = self.store.purge_mails(UnixMillis(now.0.saturating_sub(retention_ms))).await?;
        Ok(sessions + credentials + mails)
    }

    async fn add_credential(
        &self,
        new: NewCredential,
        parent: Option<CredentialId>,
    ) -> Result<(Credential, Secret), CredentialFailure> {
        names::check_display("the label", &new.label)?;
        let principal = self.store.principal(new.principal).await?;
        let principal = principal.ok_or_else(|| unknown_principal(new.principal))?;
        fit(&new, &principal)?;
        if let Audience::App(app) = &new.audience {
            self.must_exist(app).await?;
        }
        let prefix = match new.kind {
            CredentialKind::Cli | CredentialKind::Call => token::Prefix::Person,
            CredentialKind::Service => token::Prefix::Service,
        };
        let now = self.clock.now();
        let (secret, secret_hash) = token::fresh(prefix, &*self.rng);
        let credential = Credential {
            id: CredentialId::fresh(now, &*self.rng),
            principal: principal.id,
            parent,
            kind: new.kind,
            audience: new.audience,
            secret_hash,
            label: new.label,
            created_at: now,
            expires_at: now.plus_seconds(self.config.life_s(new.kind, new.life_s)),
            revoked_at: None,
        };
        self.store.add_credential(credential.clone()).await?;
        Ok((credential, secret))
    }

    async fn account(&self, app: AppName, name: Arc<str>) -> Result<Principal, CredentialFailure> {
        names::check_account(&name)?;
        self.must_exist(&app).await?;
        if let Some(found) = self.find_account(&app, &name).await? {
            return Ok(found);
        }
        let now = self.clock.now();
        let id = PrincipalId::fresh(now, &*self.rng);
        let kind = PrincipalKind::Service { app: app.clone() };
        let new = Principal { id, kind, name: name.clone(), disabled: false, created_at: now, version: 1 };
        match self.store.add_principal(new.clone()).await {
            Ok(()) => Ok(new),
            // Somebody else added it between the look and the write; theirs is as good.
            Err(conflict @ StoreError::Conflict { .. }) => {
                self.find_account(&app, &name).await?.ok_or(CredentialFailure::Store(conflict))
            }
            Err(e) => Err(e.into()),
        }
    }

    async fn find_account(&self, app: &AppName, name: &str) -> Result<Option<Principal>, CredentialFailure> {
        let all = self.store.principals(Some(app.clone())).await?;
        Ok(all.into_iter().find(|account| &*account.name == name))
    }

    async fn must_exist(&self, app: &AppName) -> Result<(), CredentialFailure> {
        match self.store.app(app.clone()).await? {
            Some(_) => Ok(()),
            None => Err(CredentialFailure::Unknown { what: format!("app `{app}`") }),
        }
    }
}

fn unknown_principal(id: PrincipalId) -> CredentialFailure {
    CredentialFailure::Unknown { what: format!("principal `{id}`") }
}

/// A kind of credential, whom it is for and where it counts go together; anything else would be a way around the audience rule.
fn fit(new: &NewCredential, principal: &Principal) -> Result<(), CredentialFailure> {
    let unfit = |why: &str| Err(CredentialFailure::Unfit { what: "the token", why: why.to_owned() });
    if principal.disabled {
        return unfit("its account is disabled; enable the account first");
    }
    match (new.kind, &principal.kind, &new.audience) {
        (CredentialKind::Cli, PrincipalKind::Person { .. }, Audience::Platform)
        | (CredentialKind::Call, PrincipalKind::Person { .. }, Audience::App(_)) => Ok(()),
        (CredentialKind::Service, PrincipalKind::Service { app }, Audience::App(audience)) if app == audience => Ok(()),
        (CredentialKind::Cli, ..) => unfit("a command-line token is a person's and counts for the platform"),
        (CredentialKind::Call, ..) => unfit("a call token is a person's and counts for one app"),
        (CredentialKind::Service, ..) => {
            unfit("a service token is a service account's and counts for that account's app")
        }
    }
}
