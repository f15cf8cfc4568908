//! `store::Accounts` in SQL.
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};
use store::{Account, Accounts, Answer, AppMember, Invitation, Link, LinkPurpose, MemberRole, Principal, Totp};
use types::{CredentialId, Digest, PrincipalId, UnixMillis};

use crate::{
    apps::{grow, upsert_member},
    directory::insert_principal,
    fault::{Fault, Label},
    groups, logins,
    open::SqliteStore,
    rows::{self, PRINCIPAL, app_name, bad, digest, millis, number, principal_id, time, unsigned},
    sessions,
};

pub(crate) const ACCOUNT: &str =
    "a.person, a.email, a.email_verified, a.password, a.password_at, a.totp, a.totp_at, a.totp_step, a.passkeys";
pub(crate) const ACCOUNT_COLUMNS: usize = 9;
const INVITATION: &str = "i.id, i.code_hash, i.email, i.app, i.role, i.invited_by, i.created_at, i.expires_at, i.mailed, i.sign_up, i.name, \
     (SELECT json_group_array(g.name ORDER BY g.name) FROM invitation_group g WHERE g.invitation = i.id)";

pub(crate) fn account(row: &Row<'_>) -> Result<Account, rusqlite::Error> {
    let password: Option<Arc<str>> = row.get(3)?;
    let sealed: Option<Vec<u8>> = row.get(5)?;
    Ok(Account {
        person: principal_id(row, 0)?,
        email: row.get(1)?,
        email_verified: row.get(2)?,
        password_at: if password.is_some() { Some(time(row, 4)?) } else { None },
        password,
        totp: match sealed {
            Some(sealed) => Some(Totp { sealed, added_at: time(row, 6)?, last_step: unsigned(row, 7)? }),
            None => None,
        },
        passkeys: row.get(8)?,
    })
}

fn invitation(row: &Row<'_>) -> Result<Invitation, rusqlite::Error> {
    let app = match (row.get::<_, Option<String>>(3)?, row.get::<_, Option<String>>(4)?.as_deref()) {
        (None, None) => None,
        (Some(app), Some("member")) => Some((app_name(3, &app)?, MemberRole::Member)),
        (Some(app), Some("admin")) => Some((app_name(3, &app)?, MemberRole::Admin)),
        _ => return Err(bad(4, rusqlite::types::Type::Text, "an unknown role")),
    };
    Ok(Invitation {
        id: row.get(0).map(CredentialId::from_bytes)?,
        code_hash: digest(row, 1)?,
        email: row.get(2)?,
        app,
        invited_by: row.get::<_, Option<[u8; 16]>>(5)?.map(PrincipalId::from_bytes),
        created_at: time(row, 6)?,
        expires_at: time(row, 7)?,
        mailed: row.get(8)?,
        sign_up: row.get(9)?,
        name: row.get(10)?,
        groups: serde_json::from_str(&row.get::<_, String>(11)?)
            .map_err(|e| bad(11, rusqlite::types::Type::Text, e))?,
    })
}

fn insert_account(db: &Connection, person: &Principal, new: &Account) -> Result<(), Fault> {
    if person.id != new.person {
        return Err(Fault::Conflict("the account of somebody else"));
    }
    insert_principal(db, person)?;
    let sql =
        "INSERT INTO account (person, email, email_verified, password, password_at, totp, totp_at, totp_step, passkeys)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let row = (
        new.person.as_bytes(),
        &*new.email,
        new.email_verified,
        new.password.as_deref(),
        new.password_at.map(millis).transpose()?,
        new.totp.as_ref().map(|totp| &totp.sealed),
        new.totp.as_ref().map(|totp| millis(totp.added_at)).transpose()?,
        new.totp.as_ref().map(|totp| number(totp.last_step)).transpose()?,
        &*new.passkeys,
    );
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

pub(crate) fn insert_invitation(db: &Connection, new: &Invitation) -> Result<(), Fault> {
    if new.sign_up {
        let sql = "SELECT EXISTS (SELECT 1 FROM invitation WHERE email = ?1 AND sign_up = 0 AND expires_at > ?2)";
        let row = (&*new.email, millis(new.created_at)?);
        if db.prepare_cached(sql)?.query_row(row, |row| row.get::<_, bool>(0))? {
            return Err(Fault::Conflict("the sign-up of somebody who is invited"));
        }
    }
    db.prepare_cached("DELETE FROM invitation WHERE email = ?1")?.execute([&*new.email])?;
    let sql = "INSERT INTO invitation (id, code_hash, email, app, role, invited_by, created_at, expires_at, mailed, sign_up, name)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let row = (
        new.id.as_bytes(),
        new.code_hash.as_bytes(),
        &*new.email,
        new.app.as_ref().map(|(app, _)| app.as_str()),
        new.app.as_ref().map(|(_, role)| rows::role_word(*role)),
        new.invited_by.as_ref().map(PrincipalId::as_bytes),
        millis(new.created_at)?,
        millis(new.expires_at)?,
        new.mailed,
        new.sign_up,
        new.name.as_deref(),
    );
    db.prepare_cached(sql)?.execute(row)?;
    for group in &new.groups {
        let sql = "INSERT INTO invitation_group (invitation, name) VALUES (?1, ?2)";
        db.prepare_cached(sql)?.execute((new.id.as_bytes(), group.as_str()))?;
    }
    Ok(())
}

const ACCOUNT_LABEL: Label = Label { doing: "changed an account", what: "the account" };

fn replace_codes(db: &Connection, person: PrincipalId, codes: &[Digest]) -> Result<(), Fault> {
    db.prepare_cached("DELETE FROM recovery_code WHERE person = ?1")?.execute([person.as_bytes()])?;
    let mut insert = db.prepare_cached("INSERT INTO recovery_code (person, hash) VALUES (?1, ?2)")?;
    for code in codes {
        insert.execute((person.as_bytes(), code.as_bytes()))?;
    }
    Ok(())
}

impl Accounts for SqliteStore {
    fn account(&self, person: PrincipalId) -> Answer<'_, Option<Account>> {
        self.read("looked an account up", move |db| {
            let sql = format!("SELECT {ACCOUNT} FROM account a WHERE a.person = ?1");
            Ok(db.prepare_cached(&sql)?.query_row([person.as_bytes()], account).optional()?)
        })
    }

    fn account_of(&self, email: Arc<str>) -> Answer<'_, Option<(Account, Principal)>> {
        self.read("looked an address up", move |db| {
            let sql = format!(
                "SELECT {ACCOUNT}, {PRINCIPAL} FROM account a JOIN principal p ON p.id = a.person WHERE a.email = ?1"
            );
            let pair = |row: &Row<'_>| Ok((account(row)?, rows::principal(row, ACCOUNT_COLUMNS)?));
            Ok(db.prepare_cached(&sql)?.query_row([&*email], pair).optional()?)
        })
    }

    fn accounts(&self) -> Answer<'_, Vec<Account>> {
        self.read("listed accounts", |db| {
            let sql = format!("SELECT {ACCOUNT} FROM account a ORDER BY a.person");
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([], account)?.collect();
            Ok(found?)
        })
    }

    fn claim_account(&self, code_hash: Digest, now: UnixMillis, owner: Principal, new: Account) -> Answer<'_, bool> {
        let label = Label { doing: "redeemed a claim", what: "the new owner or their account" };
        self.write(label, move |db| {
            let sql = "DELETE FROM claim WHERE code_hash = ?1 AND expires_at > ?2";
            if db.prepare_cached(sql)?.execute((code_hash.as_bytes(), millis(now)?))? == 0 {
                return Ok(false);
            }
            insert_account(db, &owner, &new)?;
            Ok(true)
        })
    }

    fn add_invitation(&self, new: Invitation) -> Answer<'_, ()> {
        let label = Label { doing: "added an invitation", what: "the invitation" };
        self.write(label, move |db| insert_invitation(db, &new))
    }

    fn invitation(&self, code_hash: Digest) -> Answer<'_, Option<Invitation>> {
        self.read("looked an invitation up", move |db| {
            let sql = format!("SELECT {INVITATION} FROM invitation i WHERE i.code_hash = ?1");
            Ok(db.prepare_cached(&sql)?.query_row([code_hash.as_bytes()], invitation).optional()?)
        })
    }

    fn invitations(&self) -> Answer<'_, Vec<Invitation>> {
        self.read("listed invitations", |db| {
            let sql = format!("SELECT {INVITATION} FROM invitation i ORDER BY created_at DESC, id DESC");
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([], invitation)?.collect();
            Ok(found?)
        })
    }

    fn remove_invitation(&self, id: CredentialId) -> Answer<'_, bool> {
        let label = Label { doing: "removed an invitation", what: "the invitation" };
        self.write(label, move |db| {
            Ok(db.prepare_cached("DELETE FROM invitation WHERE id = ?1")?.execute([id.as_bytes()])? == 1)
        })
    }

    fn accept_invitation(
        &self,
        code_hash: Digest,
        now: UnixMillis,
        person: Principal,
        new: Account,
    ) -> Answer<'_, Option<Invitation>> {
        let label = Label { doing: "accepted an invitation", what: "the new person or their account" };
        self.write(label, move |db| {
            let sql = format!(
                "SELECT {INVITATION} FROM invitation i WHERE i.code_hash = ?1 AND i.expires_at > ?2 AND NOT EXISTS
                 (SELECT 1 FROM principal p WHERE p.id = i.invited_by AND p.disabled = 1)"
            );
            let mut read = db.prepare_cached(&sql)?;
            let Some(found) = read.query_row((code_hash.as_bytes(), millis(now)?), invitation).optional()? else {
                return Ok(None);
            };
            db.prepare_cached("DELETE FROM invitation WHERE id = ?1")?.execute([found.id.as_bytes()])?;
            insert_account(db, &person, &new)?;
            if let Some((app, role)) = &found.app {
                upsert_member(db, app, &AppMember { principal: person.id, role: *role, added_at: now })?;
                grow(db, app)?;
            }
            for group in &found.groups {
                groups::insert_person(db, group, person.id, now)?;
                groups::grow_apps_of(db, group)?;
            }
            Ok(Some(found))
        })
    }

    fn set_password(
        &self,
        person: PrincipalId,
        hash: Arc<str>,
        at: UnixMillis,
        kept: Option<CredentialId>,
    ) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql = "UPDATE account SET password = ?2, password_at = ?3 WHERE person = ?1";
            if db.prepare_cached(sql)?.execute((person.as_bytes(), &*hash, millis(at)?))? == 0 {
                return Ok(false);
            }
            sessions::use_up_links(db, person, LinkPurpose::Reset)?;
            sessions::end_all_but(db, person, None, kept)?;
            logins::end_all(db, person, at)?;
            Ok(true)
        })
    }

    fn reset_password(&self, link: Digest, now: UnixMillis, hash: Arc<str>) -> Answer<'_, Option<PrincipalId>> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql =
                "SELECT l.person, l.note = ?3 FROM link l JOIN principal p ON p.id = l.person JOIN account a ON a.person = l.person
                       WHERE l.hash = ?1 AND l.purpose = 'reset' AND l.used = 0 AND l.expires_at > ?2
                       AND p.disabled = 0 AND a.password IS NOT NULL";
            let row = (link.as_bytes(), millis(now)?, Link::MAILED);
            let read = |row: &Row<'_>| Ok((principal_id(row, 0)?, row.get::<_, bool>(1)?));
            let found = db.prepare_cached(sql)?.query_row(row, read).optional()?;
            let Some((person, mailed)) = found else { return Ok(None) };
            let sql = "UPDATE account SET password = ?2, password_at = ?3 WHERE person = ?1";
            db.prepare_cached(sql)?.execute((person.as_bytes(), &*hash, millis(now)?))?;
            if mailed {
                let sql =
                    "UPDATE account SET email_verified = 1, passkeys = '[]' WHERE person = ?1 AND email_verified = 0";
                db.prepare_cached(sql)?.execute([person.as_bytes()])?;
            }
            sessions::use_up_links(db, person, LinkPurpose::Reset)?;
            sessions::end_all_but(db, person, None, None)?;
            logins::end_all(db, person, now)?;
            Ok(Some(person))
        })
    }

    fn verify_email(&self, link: Digest, now: UnixMillis, person: PrincipalId) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql = "UPDATE account SET email_verified = 1 WHERE person = ?3 AND email =
                       (SELECT note FROM link WHERE hash = ?1 AND purpose = 'verify-email' AND used = 0
                        AND expires_at > ?2 AND person = ?3)";
            let row = (link.as_bytes(), millis(now)?, person.as_bytes());
            if db.prepare_cached(sql)?.execute(row)? == 0 {
                return Ok(false);
            }
            db.prepare_cached("UPDATE link SET used = 1 WHERE hash = ?1")?.execute([link.as_bytes()])?;
            Ok(true)
        })
    }

    fn improve_password(&self, person: PrincipalId, from: Arc<str>, to: Arc<str>) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql = "UPDATE account SET password = ?3 WHERE person = ?1 AND password = ?2";
            Ok(db.prepare_cached(sql)?.execute((person.as_bytes(), &*from, &*to))? == 1)
        })
    }

    fn set_totp(&self, person: PrincipalId, totp: Option<Totp>, codes: Option<Vec<Digest>>) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql = "UPDATE account SET totp = ?2, totp_at = ?3, totp_step = ?4
                       WHERE person = ?1 AND (?2 IS NULL OR totp IS NULL)";
            let row = (
                person.as_bytes(),
                totp.as_ref().map(|totp| &totp.sealed),
                totp.as_ref().map(|totp| millis(totp.added_at)).transpose()?,
                totp.as_ref().map(|totp| number(totp.last_step)).transpose()?,
            );
            if db.prepare_cached(sql)?.execute(row)? == 0 {
                return Ok(false);
            }
            if let Some(codes) = codes {
                replace_codes(db, person, &codes)?;
            }
            Ok(true)
        })
    }

    fn remove_password(&self, person: PrincipalId) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql =
                "UPDATE account SET password = NULL, password_at = NULL, totp = NULL, totp_at = NULL, totp_step = NULL
                       WHERE person = ?1 AND passkeys <> '[]'";
            let removed = db.prepare_cached(sql)?.execute([person.as_bytes()])? == 1;
            if removed {
                sessions::use_up_links(db, person, LinkPurpose::Reset)?;
            }
            Ok(removed)
        })
    }

    fn set_recovery_codes(&self, person: PrincipalId, codes: Vec<Digest>) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM account WHERE person = ?1)";
            if !db.prepare_cached(sql)?.query_row([person.as_bytes()], |row| row.get::<_, bool>(0))? {
                return Ok(false);
            }
            replace_codes(db, person, &codes)?;
            Ok(true)
        })
    }

    fn use_totp_step(&self, person: PrincipalId, step: u64) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql = "UPDATE account SET totp_step = ?2 WHERE person = ?1 AND totp_step < ?2";
            Ok(db.prepare_cached(sql)?.execute((person.as_bytes(), number(step)?))? == 1)
        })
    }

    fn use_recovery_code(&self, person: PrincipalId, code_hash: Digest) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql = "DELETE FROM recovery_code WHERE person = ?1 AND hash = ?2";
            Ok(db.prepare_cached(sql)?.execute((person.as_bytes(), code_hash.as_bytes()))? == 1)
        })
    }

    fn recovery_codes_left(&self, person: PrincipalId) -> Answer<'_, u32> {
        self.read("counted recovery codes", move |db| {
            let sql = "SELECT count(*) FROM recovery_code WHERE person = ?1";
            Ok(db.prepare_cached(sql)?.query_row([person.as_bytes()], |row| row.get(0))?)
        })
    }

    fn set_passkeys(&self, person: PrincipalId, from: Arc<str>, to: Arc<str>) -> Answer<'_, bool> {
        self.write(ACCOUNT_LABEL, move |db| {
            let sql = "UPDATE account SET passkeys = ?3
                       WHERE person = ?1 AND passkeys = ?2 AND (?3 <> '[]' OR password IS NOT NULL)";
            Ok(db.prepare_cached(sql)?.execute((person.as_bytes(), &*from, &*to))? == 1)
        })
    }

    fn remove_person(&self, person: PrincipalId) -> Answer<'_, bool> {
        let label = Label { doing: "removed a person", what: "the person" };
        self.write(label, move |db| {
            let apps = groups::apps_of(db, person)?;
            // Everything that hangs on them goes along through ON DELETE CASCADE.
            let sql = "DELETE FROM principal WHERE id = ?1 AND kind = 'person'";
            if db.prepare_cached(sql)?.execute([person.as_bytes()])? == 0 {
                return Ok(false);
            }
            // What they began does not go on without them.
            db.prepare_cached("DELETE FROM invitation WHERE invited_by = ?1")?.execute([person.as_bytes()])?;
            for app in &apps {
                grow(db, app)?;
            }
            Ok(true)
        })
    }
}
