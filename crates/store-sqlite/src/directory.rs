//! `store::Directory` in SQL.
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};
use store::{Answer, Audience, Claim, Credential, Directory, Known, Principal, PrincipalKind};
use types::{AppName, CredentialId, Digest, PrincipalId, UnixMillis};

use crate::{
    fault::{Fault, Label},
    logins::{self, LOGIN},
    open::SqliteStore,
    rows::{self, CREDENTIAL, CREDENTIAL_COLUMNS, PRINCIPAL, PRINCIPAL_COLUMNS, millis, number, time},
};

/// Where the columns of the principal, of `shown_at` and of the login start.
const KNOWN_AT: (usize, usize, usize) = {
    let principal = CREDENTIAL_COLUMNS;
    (principal, principal + PRINCIPAL_COLUMNS, principal + PRINCIPAL_COLUMNS + 1)
};

/// `first` is the credential that this one was made with, or itself.
static KNOWN: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {CREDENTIAL}, {PRINCIPAL}, coalesce(shown.authenticated_at, first.created_at, 0), {LOGIN}
         FROM credential c JOIN principal p ON p.id = c.principal
         LEFT JOIN credential first ON first.id = coalesce(c.parent, c.id)
         LEFT JOIN login shown ON shown.credential = first.id
         LEFT JOIN login l ON l.credential = c.id WHERE c.secret_hash = ?1"
    )
});

fn known(row: &Row<'_>) -> Result<Known, rusqlite::Error> {
    let (principal, shown_at, login) = KNOWN_AT;
    let has_login = row.get_ref(login)? != ValueRef::Null;
    Ok(Known {
        credential: rows::credential(row)?,
        principal: rows::principal(row, principal)?,
        login: has_login.then(|| logins::login(row, login)).transpose()?,
        shown_at: time(row, shown_at)?,
    })
}

impl Directory for SqliteStore {
    fn principal(&self, id: PrincipalId) -> Answer<'_, Option<Principal>> {
        self.read("looked a principal up", move |db| {
            let sql = format!("SELECT {PRINCIPAL} FROM principal p WHERE id = ?1");
            Ok(db.prepare_cached(&sql)?.query_row([id.as_bytes()], |row| rows::principal(row, 0)).optional()?)
        })
    }

    fn principals(&self, app: Option<AppName>) -> Answer<'_, Vec<Principal>> {
        self.read("listed principals", move |db| {
            let narrow = if app.is_some() { "WHERE app = ?1" } else { "WHERE ?1 IS NULL" };
            let sql = format!("SELECT {PRINCIPAL} FROM principal p {narrow} ORDER BY created_at, id");
            let app = app.as_ref().map(AppName::as_str);
            let mut read = db.prepare_cached(&sql)?;
            let found: Result<_, _> = read.query_map([app], |row| rows::principal(row, 0))?.collect();
            Ok(found?)
        })
    }

    fn add_principal(&self, principal: Principal) -> Answer<'_, ()> {
        let label = Label { doing: "added a principal", what: "the principal" };
        self.write(label, move |db| insert_principal(db, &principal))
    }

    fn set_disabled(&self, id: PrincipalId, disabled: bool) -> Answer<'_, bool> {
        let label = Label { doing: "disabled or enabled a principal", what: "the principal" };
        self.write(label, move |db| {
            if disabled {
                db.prepare_cached("DELETE FROM session WHERE person = ?1")?.execute([id.as_bytes()])?;
            }
            let sql = "UPDATE principal SET disabled = ?2, version = version + 1 WHERE id = ?1";
            Ok(db.prepare_cached(sql)?.execute((id.as_bytes(), disabled))? == 1)
        })
    }

    fn add_credential(&self, credential: Credential) -> Answer<'_, ()> {
        let label = Label { doing: "added a credential", what: "the credential" };
        self.write(label, move |db| insert_credential(db, &credential))
    }

    fn credential(&self, secret_hash: Digest) -> Answer<'_, Option<Known>> {
        self.read("looked a credential up", move |db| {
            Ok(db.prepare_cached(&KNOWN)?.query_row([secret_hash.as_bytes()], known).optional()?)
        })
    }

    fn credentials(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<Credential>> {
        self.read("listed credentials", move |db| {
            let narrow = if of.is_some() { "WHERE principal = ?1" } else { "WHERE ?1 IS NULL" };
            let sql = format!("SELECT {CREDENTIAL} FROM credential c {narrow} ORDER BY created_at DESC, id DESC");
            let of = of.as_ref().map(PrincipalId::as_bytes);
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([of], rows::credential)?.collect();
            Ok(found?)
        })
    }

    fn revoke_credential(&self, id: CredentialId, at: UnixMillis) -> Answer<'_, Option<Credential>> {
        let label = Label { doing: "revoked a credential", what: "the credential" };
        self.write(label, move |db| {
            let sql = "UPDATE credential SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1 OR parent = ?1";
            db.prepare_cached(sql)?.execute((id.as_bytes(), millis(at)?))?;
            let sql = format!("SELECT {CREDENTIAL} FROM credential c WHERE id = ?1");
            Ok(db.prepare_cached(&sql)?.query_row([id.as_bytes()], rows::credential).optional()?)
        })
    }

    fn purge_credentials(&self, before: UnixMillis) -> Answer<'_, usize> {
        let label = Label { doing: "purged credentials", what: "the credentials" };
        self.write(label, move |db| {
            let before = millis(before)?;
            let mut purged = 0;
            for sql in [
                // First, because those that go along with a parent are not counted.
                "DELETE FROM credential WHERE parent IS NOT NULL AND (expires_at < ?1 OR revoked_at < ?1)",
                "DELETE FROM credential WHERE expires_at < ?1 OR revoked_at < ?1",
                "DELETE FROM claim WHERE expires_at < ?1",
            ] {
                purged += db.prepare_cached(sql)?.execute([before])?;
            }
            Ok(purged)
        })
    }

    fn has_owner(&self) -> Answer<'_, bool> {
        self.read("looked for an owner", |db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM principal WHERE kind = 'person' AND owner = 1 AND disabled = 0)";
            Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
        })
    }

    fn claim(&self) -> Answer<'_, Option<Claim>> {
        self.read("looked at the claim", |db| {
            let mut read = db.prepare_cached("SELECT code_hash, expires_at FROM claim")?;
            Ok(read.query_row([], rows::claim).optional()?)
        })
    }

    fn put_claim(&self, code_hash: Digest, expires_at: UnixMillis) -> Answer<'_, ()> {
        let label = Label { doing: "opened a claim", what: "the claim" };
        self.write(label, move |db| {
            let sql = "INSERT INTO claim (one, code_hash, expires_at) VALUES (1, ?1, ?2)
                       ON CONFLICT (one) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at";
            db.prepare_cached(sql)?.execute((code_hash.as_bytes(), millis(expires_at)?))?;
            Ok(())
        })
    }

    fn redeem_claim(
        &self,
        code_hash: Digest,
        now: UnixMillis,
        owner: Principal,
        credential: Credential,
    ) -> Answer<'_, bool> {
        let label = Label { doing: "redeemed a claim", what: "the new owner or their first credential" };
        self.write(label, move |db| {
            let sql = "DELETE FROM claim WHERE code_hash = ?1 AND expires_at > ?2";
            if db.prepare_cached(sql)?.execute((code_hash.as_bytes(), millis(now)?))? == 0 {
                return Ok(false);
            }
            insert_principal(db, &owner)?;
            insert_credential(db, &credential)?;
            Ok(true)
        })
    }
}

pub(crate) fn insert_principal(db: &Connection, new: &Principal) -> Result<(), Fault> {
    let (kind, owner, app) = match &new.kind {
        PrincipalKind::Person { owner } => ("person", *owner, None),
        PrincipalKind::Service { app } => ("service", false, Some(app.as_str())),
    };
    let sql = "INSERT INTO principal (id, kind, owner, app, name, disabled, created_at, version)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (created_at, version) = (millis(new.created_at)?, number(new.version)?);
    let row = (new.id.as_bytes(), kind, owner, app, &*new.name, new.disabled, created_at, version);
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

pub(crate) fn insert_credential(db: &Connection, new: &Credential) -> Result<(), Fault> {
    if let Some(parent) = &new.parent {
        // In the same transaction: what is made while its parent is being revoked either is not made, or is revoked along.
        let sql = "SELECT EXISTS (SELECT 1 FROM credential WHERE id = ?1 AND revoked_at IS NULL)";
        if !db.prepare_cached(sql)?.query_row([parent.as_bytes()], |row| row.get::<_, bool>(0))? {
            return Err(Fault::Conflict("the credential of a parent that is revoked"));
        }
    }
    let audience = match &new.audience {
        Audience::Platform => None,
        Audience::App(app) => Some(app.as_str()),
    };
    let sql =
        "INSERT INTO credential (id, principal, kind, audience, secret_hash, label, created_at, expires_at, revoked_at, parent)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let row = (
        new.id.as_bytes(),
        new.principal.as_bytes(),
        rows::kind_word(new.kind),
        audience,
        new.secret_hash.as_bytes(),
        &*new.label,
        millis(new.created_at)?,
        millis(new.expires_at)?,
        new.revoked_at.map(millis).transpose()?,
        new.parent.as_ref().map(CredentialId::as_bytes),
    );
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}
