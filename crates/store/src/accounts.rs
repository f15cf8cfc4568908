//! How people sign in: address, password, second factor; and the invitations that let them in.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{AppName, CredentialId, Digest, GroupName, PrincipalId, UnixMillis};

use crate::{Answer, MemberRole, Principal};

/// What a person signs in with. People without one (made by a token alone) cannot use a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub person: PrincipalId,
    /// In the one spelling that is compared; no two accounts share it.
    pub email: Arc<str>,
    pub email_verified: bool,
    /// A PHC string.
    pub password: Option<Arc<str>>,
    /// When the password was set; what was begun before counts no more.
    pub password_at: Option<UnixMillis>,
    pub totp: Option<Totp>,
    /// JSON, as whoever verifies passkeys writes it. `[]` when there is none.
    pub passkeys: Arc<str>,
}

/// An authenticator app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totp {
    /// The secret, which only the keeper can open.
    pub sealed: Vec<u8>,
    pub added_at: UnixMillis,
    /// The newest time step whose code was used; older ones, and this one, count no more (RFC 6238 section 5.2).
    pub last_step: u64,
}

/// A one-time way in for somebody who has no account yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub id: CredentialId,
    /// SHA-256 of the code in its link.
    pub code_hash: Digest,
    /// Whom it is for, in the spelling of [`Account::email`].
    pub email: Arc<str>,
    /// What whoever invites them calls them; they say themselves what they are called.
    pub name: Option<Arc<str>>,
    /// The app that they become a member of.
    pub app: Option<(AppName, MemberRole)>,
    /// The groups that they come into, by name. One that is removed meanwhile is none any more.
    pub groups: Vec<GroupName>,
    /// Who invited them; `None`: the host, or they themselves.
    pub invited_by: Option<PrincipalId>,
    /// Whether its link went out by mail and nobody else has seen it: then whoever has it reads mail at that address.
    pub mailed: bool,
    /// Whether they asked for it themselves, by signing up.
    pub sign_up: bool,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
}

/// Accounts and invitations. Everything here goes along when its person is removed.
pub trait Accounts: Send + Sync {
    fn account(&self, person: PrincipalId) -> Answer<'_, Option<Account>>;
    /// The account with this address, and its person, disabled ones included.
    fn account_of(&self, email: Arc<str>) -> Answer<'_, Option<(Account, Principal)>>;
    /// All accounts, by person.
    fn accounts(&self) -> Answer<'_, Vec<Account>>;
    /// Uses up the claim and adds the owner with their account, all in one transaction; see [`crate::Directory::redeem_claim`].
    fn claim_account(&self, code_hash: Digest, now: UnixMillis, owner: Principal, account: Account)
    -> Answer<'_, bool>;

    /// Adds an invitation. An earlier one for the same address is void. Conflict: no such app or group, or the code exists; or it is a
    /// sign-up, and somebody has invited that address already: a stranger takes nobody's invitation away.
    fn add_invitation(&self, invitation: Invitation) -> Answer<'_, ()>;
    /// The invitation with this code, also when it is over.
    fn invitation(&self, code_hash: Digest) -> Answer<'_, Option<Invitation>>;
    /// All invitations, newest first.
    fn invitations(&self) -> Answer<'_, Vec<Invitation>>;
    /// Takes an invitation back; `false` when there was none.
    fn remove_invitation(&self, id: CredentialId) -> Answer<'_, bool>;
    /// Uses up an invitation: adds the person, their account, their membership and their groups (which grows the versions of the
    /// apps), all in one transaction. `None`, and nothing changed, when no invitation has this code, `now` is not before its end, or
    /// whoever made it is disabled: what they began does not go on without them.
    /// Conflict, and it stays open, when the address has an account already.
    fn accept_invitation(
        &self,
        code_hash: Digest,
        now: UnixMillis,
        person: Principal,
        account: Account,
    ) -> Answer<'_, Option<Invitation>>;

    /// Sets the password and ends every session of the person but `kept` and every login of a command line, in one transaction;
    /// `false` when there is no account.
    fn set_password(
        &self,
        person: PrincipalId,
        hash: Arc<str>,
        at: UnixMillis,
        kept: Option<CredentialId>,
    ) -> Answer<'_, bool>;
    /// Uses up a reset link: sets the password, ends every session of its person, and voids their other reset links, in one
    /// transaction. Their second factor stays. Where the link was mailed and the address was not verified before, it is now, and the
    /// passkeys go: whoever made the account never showed that the address is theirs. `None`, and nothing changed, when the link is unknown, used or over, its person is
    /// disabled, or has no password to replace: mail alone must not add a way in beside a passkey.
    fn reset_password(&self, link: Digest, now: UnixMillis, hash: Arc<str>) -> Answer<'_, Option<PrincipalId>>;
    /// Uses up a verification link of this person: the address that the link names is theirs. `false`, and nothing changed, when
    /// it is unknown, used, over or somebody else's, or their address is another by now.
    fn verify_email(&self, link: Digest, now: UnixMillis, person: PrincipalId) -> Answer<'_, bool>;
    /// Replaces the hash `from` by another of the same password; `false`, and nothing changed, when it is not `from` any more.
    fn improve_password(&self, person: PrincipalId, from: Arc<str>, to: Arc<str>) -> Answer<'_, bool>;
    /// Sets or takes away the authenticator app, and replaces all recovery codes (by their SHA-256), where there are some to replace
    /// them with; `None`: they stay. `false`, and nothing changed, when there is no account, or one would be set in the place of
    /// another: of two who race, the second must not win.
    fn set_totp(&self, person: PrincipalId, totp: Option<Totp>, codes: Option<Vec<Digest>>) -> Answer<'_, bool>;
    /// Takes the password away, and with it the authenticator app, which is asked for after a password only; recovery codes stay.
    /// `false`, and nothing changed, when there is no account, or no passkey: an account keeps a way in.
    fn remove_password(&self, person: PrincipalId) -> Answer<'_, bool>;
    /// Replaces all recovery codes (by their SHA-256); `false` when there is no account.
    fn set_recovery_codes(&self, person: PrincipalId, codes: Vec<Digest>) -> Answer<'_, bool>;
    /// Uses up a time step: `false` when it, or a later one, was used before, or there is no authenticator app.
    fn use_totp_step(&self, person: PrincipalId, step: u64) -> Answer<'_, bool>;
    /// Uses up a recovery code: `false` when it is none of theirs, or was used.
    fn use_recovery_code(&self, person: PrincipalId, code_hash: Digest) -> Answer<'_, bool>;
    /// How many recovery codes are left.
    fn recovery_codes_left(&self, person: PrincipalId) -> Answer<'_, u32>;
    /// Replaces the passkeys `from`; `false`, and nothing changed, when they are not `from` any more, or when none (`[]`) would be
    /// left and there is no password: an account keeps a way in.
    fn set_passkeys(&self, person: PrincipalId, from: Arc<str>, to: Arc<str>) -> Answer<'_, bool>;

    /// Removes a person with all that hangs on them: account, sessions, credentials, memberships, groups, links, requests, and the
    /// invitations that they made. `false` when there is no such person.
    fn remove_person(&self, person: PrincipalId) -> Answer<'_, bool>;
}
