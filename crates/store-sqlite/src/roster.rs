//! `store::Roster` in SQL.
use std::sync::Arc;

use rusqlite::Row;
use store::{Account, Answer, Ended, Everything, Invitation, Joined, PeoplePage, Principal, Roster};
use types::{GroupName, PrincipalId, UnixMillis};

use crate::{
    accounts::{self, ACCOUNT, ACCOUNT_COLUMNS},
    fault::{Fault, Label},
    groups::{self, at_most},
    open::SqliteStore,
    rows::{self, PRINCIPAL, millis},
    sessions,
};

/// As a pattern of LIKE, with `\` before what would be none of the text itself.
fn holding(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn listed(row: &Row<'_>) -> Result<(Principal, Option<Account>), rusqlite::Error> {
    let has_account = row.get::<_, Option<[u8; 16]>>(0)?.is_some();
    let account = if has_account { Some(accounts::account(row)?) } else { None };
    Ok((rows::principal(row, ACCOUNT_COLUMNS)?, account))
}

impl Roster for SqliteStore {
    fn people(&self, page: PeoplePage) -> Answer<'_, Vec<(Principal, Option<Account>)>> {
        self.read("listed people", move |db| {
            let sql = format!(
                "SELECT {ACCOUNT}, {PRINCIPAL} FROM principal p LEFT JOIN account a ON a.person = p.id
                 WHERE p.kind = 'person' AND (?1 IS NULL OR p.id > ?1)
                 AND (?2 IS NULL OR p.name LIKE ?2 ESCAPE '\\' OR a.email LIKE ?2 ESCAPE '\\') ORDER BY p.id LIMIT ?3"
            );
            let limit = at_most(page.limit)?;
            let row = (page.after.as_ref().map(PrincipalId::as_bytes), page.find.as_deref().map(holding), limit);
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map(row, listed)?.collect();
            Ok(found?)
        })
    }

    fn people_named(&self, name: Arc<str>, limit: usize) -> Answer<'_, Vec<Principal>> {
        self.read("looked a name up", move |db| {
            let sql =
                format!("SELECT {PRINCIPAL} FROM principal p WHERE kind = 'person' AND name = ?1 ORDER BY id LIMIT ?2");
            let row = (&*name, at_most(limit)?);
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map(row, |row| rows::principal(row, 0))?.collect();
            Ok(found?)
        })
    }

    fn rename_person(&self, person: PrincipalId, name: Arc<str>) -> Answer<'_, bool> {
        let label = Label { doing: "renamed a person", what: "the person" };
        self.write(label, move |db| {
            let sql = "UPDATE principal SET name = ?2, version = version + 1 WHERE id = ?1 AND kind = 'person'";
            Ok(db.prepare_cached(sql)?.execute((person.as_bytes(), &*name))? == 1)
        })
    }

    fn names(&self, after: Option<PrincipalId>, limit: usize) -> Answer<'_, Vec<(PrincipalId, Arc<str>)>> {
        self.read("listed names", move |db| {
            let sql =
                "SELECT id, name FROM principal WHERE kind = 'person' AND (?1 IS NULL OR id > ?1) ORDER BY id LIMIT ?2";
            let row = (after.as_ref().map(PrincipalId::as_bytes), at_most(limit)?);
            let pair = |row: &Row<'_>| Ok((rows::principal_id(row, 0)?, row.get(1)?));
            let found: Result<_, _> = db.prepare_cached(sql)?.query_map(row, pair)?.collect();
            Ok(found?)
        })
    }

    fn add_many(
        &self,
        invitations: Vec<Invitation>,
        groups: Vec<(GroupName, Vec<PrincipalId>)>,
        at: UnixMillis,
    ) -> Answer<'_, Vec<Joined>> {
        let label = Label { doing: "added many people", what: "one of the invitations or groups" };
        self.write(label, move |db| {
            for invitation in &invitations {
                accounts::insert_invitation(db, invitation)?;
            }
            groups.iter().map(|(name, people)| groups::join(db, name, people, at)).collect()
        })
    }

    fn end_everything(&self, what: Everything, at: UnixMillis) -> Answer<'_, Ended> {
        let label = Label { doing: "ended everything", what: "the sessions and tokens" };
        self.write(label, move |db| {
            let count = |sql: &str| -> Result<usize, Fault> {
                let count: u32 = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
                Ok(usize::try_from(count).unwrap_or(usize::MAX))
            };
            let sessions = count("SELECT count(*) FROM session")?;
            db.prepare_cached("DELETE FROM session")?.execute([])?;
            sessions::void_codes(db, None)?;
            // Tokens that were made with a login end with it, and are not counted.
            let (ends, counted) = match what {
                Everything::SignedIn => (
                    "AND (id IN (SELECT credential FROM login) OR parent IN (SELECT credential FROM login))",
                    "AND id IN (SELECT credential FROM login)",
                ),
                Everything::Credentials => {
                    db.prepare_cached("UPDATE link SET used = 1")?.execute([])?;
                    ("", "")
                }
            };
            let credentials = count(&format!("SELECT count(*) FROM credential WHERE revoked_at IS NULL {counted}"))?;
            let sql = format!("UPDATE credential SET revoked_at = ?1 WHERE revoked_at IS NULL {ends}");
            db.prepare_cached(&sql)?.execute([millis(at)?])?;
            Ok(Ended { sessions, credentials })
        })
    }
}
