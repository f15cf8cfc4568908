//! `store::Secrets` in SQL.
use rusqlite::{Connection, OptionalExtension, Row, types::Type};
use store::{Answer, NewSecret, SealedSecret, SecretEntry, Secrets};
use types::{AppName, PrincipalId, SECRETS_MAX, SecretName, UnixMillis};

use crate::{
    fault::{Fault, Label},
    open::SqliteStore,
    rows::{bad, millis, time, unsigned},
};

fn entry(row: &Row<'_>) -> Result<SecretEntry, rusqlite::Error> {
    let name: String = row.get(0)?;
    let used = row.get::<_, Option<i64>>(4)?.is_some();
    Ok(SecretEntry {
        name: SecretName::parse(&name).map_err(|e| bad(0, Type::Text, e))?,
        version: unsigned(row, 1)?,
        changed_at: time(row, 2)?,
        changed_by: row.get::<_, Option<[u8; 16]>>(3)?.map(PrincipalId::from_bytes),
        used_at: if used { Some(time(row, 4)?) } else { None },
    })
}

#[expect(clippy::disallowed_methods, reason = "gives back what the keeper sealed before it was kept here")]
fn sealed(row: &Row<'_>) -> Result<SealedSecret, rusqlite::Error> {
    row.get(0).map(SealedSecret::new)
}

fn put(db: &Connection, new: &NewSecret) -> Result<Option<u64>, Fault> {
    let (app, name) = (new.app.as_str(), new.name.as_str());
    let sql = "SELECT (SELECT count(*) FROM secret WHERE app = ?1), (SELECT version FROM secret WHERE app = ?1 AND name = ?2)";
    let row = |row: &Row<'_>| Ok((unsigned(row, 0)?, row.get::<_, Option<i64>>(1)?));
    let (count, before) = db.prepare_cached(sql)?.query_row((app, name), row)?;
    if before.is_none() && count >= SECRETS_MAX as u64 {
        return Ok(None);
    }
    let sql = "INSERT INTO secret (app, name, sealed, version, changed_at, changed_by) VALUES (?1, ?2, ?3, 1, ?4, ?5)
               ON CONFLICT (app, name) DO UPDATE SET sealed = excluded.sealed, version = version + 1,
               changed_at = excluded.changed_at, changed_by = excluded.changed_by RETURNING version";
    let by = new.by.as_ref().map(PrincipalId::as_bytes);
    let values = (app, name, new.sealed.as_bytes(), millis(new.at)?, by);
    Ok(Some(db.prepare_cached(sql)?.query_row(values, |row| unsigned(row, 0))?))
}

impl Secrets for SqliteStore {
    fn put_secret(&self, new: NewSecret) -> Answer<'_, Option<u64>> {
        let label = Label { doing: "set a secret", what: "the secret of an unknown app" };
        self.write(label, move |db| put(db, &new))
    }

    fn secret(&self, app: AppName, name: SecretName) -> Answer<'_, Option<SealedSecret>> {
        self.read("looked a secret up", move |db| {
            let sql = "SELECT sealed FROM secret WHERE app = ?1 AND name = ?2";
            Ok(db.prepare_cached(sql)?.query_row((app.as_str(), name.as_str()), sealed).optional()?)
        })
    }

    fn secrets(&self, app: AppName) -> Answer<'_, Vec<SecretEntry>> {
        self.read("listed secrets", move |db| {
            let sql = "SELECT name, version, changed_at, changed_by, used_at FROM secret WHERE app = ?1 ORDER BY name";
            let found: Result<_, _> = db.prepare_cached(sql)?.query_map([app.as_str()], entry)?.collect();
            Ok(found?)
        })
    }

    fn remove_secret(&self, app: AppName, name: SecretName) -> Answer<'_, bool> {
        let label = Label { doing: "removed a secret", what: "the secret" };
        self.write(label, move |db| {
            let sql = "DELETE FROM secret WHERE app = ?1 AND name = ?2";
            Ok(db.prepare_cached(sql)?.execute((app.as_str(), name.as_str()))? == 1)
        })
    }

    fn secret_used(&self, app: AppName, name: SecretName, at: UnixMillis) -> Answer<'_, bool> {
        let label = Label { doing: "remembered the use of a secret", what: "the secret" };
        self.write(label, move |db| {
            let sql = "UPDATE secret SET used_at = max(coalesce(used_at, 0), ?3) WHERE app = ?1 AND name = ?2";
            Ok(db.prepare_cached(sql)?.execute((app.as_str(), name.as_str(), millis(at)?))? == 1)
        })
    }
}
