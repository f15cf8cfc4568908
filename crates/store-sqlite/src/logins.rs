//! `store::Logins` in SQL.
use rusqlite::{Connection, OptionalExtension, Row};
use store::{Answer, Credential, LOGINS_MAX, Login, Logins, Opening, REFRESHES_MAX, Refresh, Refreshed};
use types::{CredentialId, Digest, PrincipalId, UnixMillis};

use crate::{
    directory::insert_credential,
    fault::{Fault, Label},
    open::SqliteStore,
    rows::{self, CREDENTIAL, CREDENTIAL_COLUMNS, digest, millis, time},
    sessions,
    sessions::{assurance, assurance_number},
};

pub(crate) const LOGIN: &str =
    "l.credential, l.key, l.access_until, l.refresh_hash, l.assurance, l.authenticated_at, l.used_at";
const LOGIN_LABEL: Label = Label { doing: "changed a login", what: "the login" };

/// A login whose columns start at `at`.
pub(crate) fn login(row: &Row<'_>, at: usize) -> Result<Login, rusqlite::Error> {
    Ok(Login {
        credential: row.get(at).map(CredentialId::from_bytes)?,
        key: digest(row, at + 1)?,
        access_until: time(row, at + 2)?,
        refresh_hash: digest(row, at + 3)?,
        assurance: assurance(row, at + 4)?,
        authenticated_at: time(row, at + 5)?,
        used_at: time(row, at + 6)?,
    })
}

fn pair(row: &Row<'_>) -> Result<(Credential, Login), rusqlite::Error> {
    Ok((rows::credential(row)?, login(row, CREDENTIAL_COLUMNS)?))
}

/// The login that `which` finds, with its row, and whether its person is enabled.
fn find(db: &Connection, which: &str, by: &[u8]) -> Result<Option<(Credential, Login, bool)>, Fault> {
    let sql = format!(
        "SELECT {CREDENTIAL}, {LOGIN}, p.disabled FROM login l JOIN credential c ON c.id = l.credential
         JOIN principal p ON p.id = c.principal WHERE {which} = ?1"
    );
    let read = |row: &Row<'_>| {
        let (credential, login) = pair(row)?;
        Ok((credential, login, !row.get::<_, bool>(CREDENTIAL_COLUMNS + 7)?))
    };
    Ok(db.prepare_cached(&sql)?.query_row([by], read).optional()?)
}

fn revoke(db: &Connection, id: CredentialId, at: UnixMillis) -> Result<(), Fault> {
    let sql = "UPDATE credential SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1 OR parent = ?1";
    db.prepare_cached(sql)?.execute((id.as_bytes(), millis(at)?))?;
    Ok(())
}

/// Whose secret this was before it was used up.
fn spent(db: &Connection, hash: Digest) -> Result<Option<CredentialId>, Fault> {
    let mut read = db.prepare_cached("SELECT credential FROM spent_refresh WHERE hash = ?1")?;
    Ok(read.query_row([hash.as_bytes()], |row| row.get(0).map(CredentialId::from_bytes)).optional()?)
}

/// Revokes the logins of a person; how many.
pub(crate) fn end_all(db: &Connection, of: PrincipalId, at: UnixMillis) -> Result<usize, Fault> {
    let sql = "SELECT c.id FROM credential c JOIN login l ON l.credential = c.id
               WHERE c.principal = ?1 AND c.revoked_at IS NULL";
    let open: Result<Vec<CredentialId>, _> =
        db.prepare_cached(sql)?.query_map([of.as_bytes()], |row| row.get(0).map(CredentialId::from_bytes))?.collect();
    let open = open?;
    // What was allowed and not fetched yet would open another one.
    sessions::void_codes(db, Some(of))?;
    for id in &open {
        revoke(db, *id, at)?;
    }
    Ok(open.len())
}

/// Whether what a login is opened with is there at this very moment.
fn may_open(db: &Connection, of: PrincipalId, opening: &Opening) -> Result<(), Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM session WHERE id = ?1 AND person = ?2 AND parent IS NULL)";
    let row = (opening.session.as_bytes(), of.as_bytes());
    if !db.prepare_cached(sql)?.query_row(row, |row| row.get::<_, bool>(0))? {
        return Err(Fault::Conflict("the login of a session that has ended"));
    }
    if !sessions::is_used_code(db, opening.code, of)? {
        return Err(Fault::Conflict("the login of a code that came twice, or was taken back"));
    }
    Ok(())
}

/// Ends the logins of a person that are too many, one to come included: those that were not used for the longest time.
fn make_room(db: &Connection, of: PrincipalId, now: UnixMillis) -> Result<Vec<Credential>, Fault> {
    let sql = format!(
        "SELECT {CREDENTIAL} FROM login l JOIN credential c ON c.id = l.credential
         WHERE c.principal = ?1 AND c.revoked_at IS NULL AND c.expires_at > ?2
         ORDER BY l.used_at DESC, c.id DESC LIMIT -1 OFFSET ?3"
    );
    let kept = i64::try_from(LOGINS_MAX - 1).unwrap_or(i64::MAX);
    let row = (of.as_bytes(), millis(now)?, kept);
    let surplus: Result<Vec<Credential>, _> = db.prepare_cached(&sql)?.query_map(row, rows::credential)?.collect();
    let mut surplus = surplus?;
    for credential in &mut surplus {
        revoke(db, credential.id, now)?;
        credential.revoked_at = Some(now);
    }
    Ok(surplus)
}

fn replace(db: &Connection, new: &Refresh, credential: &Credential) -> Result<(), Fault> {
    let id = credential.id;
    db.prepare_cached("INSERT INTO spent_refresh (hash, credential) VALUES (?1, ?2)")?
        .execute((new.from.as_bytes(), id.as_bytes()))?;
    db.prepare_cached("UPDATE credential SET secret_hash = ?2 WHERE id = ?1")?
        .execute((id.as_bytes(), new.access.as_bytes()))?;
    let until = millis(new.access_until.min(credential.expires_at))?;
    let sql = "UPDATE login SET refresh_hash = ?2, access_until = ?3, used_at = ?4 WHERE credential = ?1";
    db.prepare_cached(sql)?.execute((id.as_bytes(), new.refresh.as_bytes(), until, millis(new.at)?))?;
    Ok(())
}

impl Logins for SqliteStore {
    fn add_login(&self, credential: Credential, new: Login, opening: Opening) -> Answer<'_, Vec<Credential>> {
        self.write(LOGIN_LABEL, move |db| {
            let sql = "SELECT EXISTS (SELECT 1 FROM principal WHERE id = ?1 AND disabled = 0)";
            let person = credential.principal;
            if !db.prepare_cached(sql)?.query_row([person.as_bytes()], |row| row.get::<_, bool>(0))? {
                return Err(Fault::Conflict("the login of nobody, or of somebody disabled"));
            }
            if new.credential != credential.id || spent(db, new.refresh_hash)?.is_some() {
                return Err(Fault::Conflict("the login"));
            }
            may_open(db, person, &opening)?;
            let ended = make_room(db, person, new.used_at)?;
            insert_credential(db, &credential)?;
            let sql =
                "INSERT INTO login (credential, key, access_until, refresh_hash, assurance, authenticated_at, used_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let row = (
                new.credential.as_bytes(),
                new.key.as_bytes(),
                millis(new.access_until)?,
                new.refresh_hash.as_bytes(),
                assurance_number(new.assurance),
                millis(new.authenticated_at)?,
                millis(new.used_at)?,
            );
            db.prepare_cached(sql)?.execute(row)?;
            Ok(ended)
        })
    }

    fn void_code(&self, code: Digest, login: CredentialId, at: UnixMillis) -> Answer<'_, Option<Credential>> {
        self.write(LOGIN_LABEL, move |db| {
            let sql = "DELETE FROM link WHERE hash = ?1 AND purpose = 'code'";
            db.prepare_cached(sql)?.execute([code.as_bytes()])?;
            if find(db, "c.id", login.as_bytes())?.is_none() {
                return Ok(None);
            }
            revoke(db, login, at)?;
            Ok(find(db, "c.id", login.as_bytes())?.map(|(credential, _, _)| credential))
        })
    }

    fn login_to_refresh(&self, refresh: Digest) -> Answer<'_, Option<(Credential, Login)>> {
        self.read("looked a login up", move |db| {
            let found = find(db, "l.refresh_hash", refresh.as_bytes())?;
            Ok(found.map(|(credential, login, _)| (credential, login)))
        })
    }

    fn logins(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<(Credential, Login)>> {
        self.read("listed logins", move |db| {
            let sql = format!(
                "SELECT {CREDENTIAL}, {LOGIN} FROM login l JOIN credential c ON c.id = l.credential
                 WHERE ?1 IS NULL OR c.principal = ?1 ORDER BY l.used_at DESC, c.id DESC"
            );
            let of = of.as_ref().map(PrincipalId::as_bytes);
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([of], pair)?.collect();
            Ok(found?)
        })
    }

    fn refresh_login(&self, new: Refresh) -> Answer<'_, Refreshed> {
        self.write(LOGIN_LABEL, move |db| {
            // There is one writer: of two that bring the same secret, one is the first, and the other ends the login.
            if let Some(id) = spent(db, new.from)? {
                revoke(db, id, new.at)?;
                let found = find(db, "c.id", id.as_bytes())?;
                return Ok(found.map_or(Refreshed::Unknown, |(credential, _, _)| Refreshed::Replayed(credential)));
            }
            let Some((credential, login, enabled)) = find(db, "l.refresh_hash", new.from.as_bytes())? else {
                return Ok(Refreshed::Unknown);
            };
            let refused = |why| Ok(Refreshed::Refused { credential: credential.id, why });
            if login.key != new.key {
                return refused("another key");
            }
            if credential.revoked_at.is_some() || new.at >= credential.expires_at {
                return refused("it is over");
            }
            if !enabled {
                return refused("its person is disabled");
            }
            let sql = "SELECT count(*) FROM spent_refresh WHERE credential = ?1";
            let count: u32 = db.prepare_cached(sql)?.query_row([credential.id.as_bytes()], |row| row.get(0))?;
            if count >= REFRESHES_MAX {
                return refused("it was refreshed too often");
            }
            replace(db, &new, &credential)?;
            let found = find(db, "c.id", credential.id.as_bytes())?;
            Ok(found.map_or(Refreshed::Unknown, |(credential, login, _)| Refreshed::Done(credential, login)))
        })
    }

    fn end_logins(&self, of: PrincipalId, at: UnixMillis) -> Answer<'_, usize> {
        self.write(LOGIN_LABEL, move |db| end_all(db, of, at))
    }
}
