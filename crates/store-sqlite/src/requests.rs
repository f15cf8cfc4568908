//! `store::AccessRequests` in SQL.
use rusqlite::{Connection, OptionalExtension, Row};
use store::{AccessRequest, AccessRequests, Answer, AppMember, Asked};
use types::{AppName, PrincipalId, UnixMillis};

use crate::{
    apps::{grow, upsert_member},
    fault::{Fault, Label},
    open::SqliteStore,
    rows::{app_name, millis, principal_id, time, unsigned},
};

fn request(row: &Row<'_>) -> Result<AccessRequest, rusqlite::Error> {
    let app: String = row.get(0)?;
    Ok(AccessRequest {
        app: app_name(0, &app)?,
        person: principal_id(row, 1)?,
        message: row.get(2)?,
        asked_at: time(row, 3)?,
    })
}

/// How many are open, of a person or at an app.
fn open(db: &Connection, new: &AccessRequest) -> Result<(u64, u64), Fault> {
    let sql = "SELECT (SELECT count(*) FROM access_request WHERE person = ?1 AND denied_at IS NULL),
                      (SELECT count(*) FROM access_request WHERE app = ?2 AND denied_at IS NULL)";
    let row = |row: &Row<'_>| Ok((unsigned(row, 0)?, unsigned(row, 1)?));
    Ok(db.prepare_cached(sql)?.query_row((new.person.as_bytes(), new.app.as_str()), row)?)
}

fn ask(db: &Connection, new: &AccessRequest, again: UnixMillis) -> Result<Asked, Fault> {
    let (app, person) = (new.app.as_str(), new.person.as_bytes());
    let member = "SELECT 1 FROM member WHERE app = ?1 AND principal = ?2
                  UNION ALL SELECT 1 FROM member_group m JOIN group_person g ON g.name = m.name WHERE m.app = ?1 AND g.person = ?2";
    if db.prepare_cached(member)?.exists((app, person))? {
        return Ok(Asked::Member);
    }
    let known = "SELECT asked_at, denied_at FROM access_request WHERE app = ?1 AND person = ?2";
    let times = |row: &Row<'_>| {
        let denied = row.get::<_, Option<i64>>(1)?.is_some();
        Ok((time(row, 0)?, if denied { Some(time(row, 1)?) } else { None }))
    };
    match db.prepare_cached(known)?.query_row((app, person), times).optional()? {
        Some((asked_at, None)) => return Ok(Asked::Open(asked_at)),
        Some((asked_at, Some(denied_at))) if denied_at >= again => return Ok(Asked::Denied(asked_at)),
        _ => {}
    }
    let (of_person, of_app) = open(db, new)?;
    if of_person >= AccessRequest::OF_PERSON_MAX as u64 || of_app >= AccessRequest::OF_APP_MAX as u64 {
        return Ok(Asked::Full);
    }
    let insert = "INSERT OR REPLACE INTO access_request (app, person, message, asked_at) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(insert)?.execute((app, person, &*new.message, millis(new.asked_at)?))?;
    Ok(Asked::New)
}

impl AccessRequests for SqliteStore {
    fn ask_access(&self, new: AccessRequest, again: UnixMillis) -> Answer<'_, Asked> {
        let label = Label { doing: "kept a request for access", what: "the request for access" };
        self.write(label, move |db| ask(db, &new, again))
    }

    fn access_requests(&self, app: AppName) -> Answer<'_, Vec<AccessRequest>> {
        self.read("listed requests for access", move |db| {
            let sql = "SELECT app, person, message, asked_at FROM access_request
                       WHERE app = ?1 AND denied_at IS NULL ORDER BY asked_at, person";
            let found: Result<_, _> = db.prepare_cached(sql)?.query_map([app.as_str()], request)?.collect();
            Ok(found?)
        })
    }

    fn approve_access(&self, app: AppName, member: AppMember) -> Answer<'_, bool> {
        let label = Label { doing: "approved a request for access", what: "the membership" };
        self.write(label, move |db| {
            let (name, person) = (app.as_str(), member.principal.as_bytes());
            let sql = "DELETE FROM access_request WHERE app = ?1 AND person = ?2 AND denied_at IS NULL";
            if db.prepare_cached(sql)?.execute((name, person))? == 0 {
                return Ok(false);
            }
            upsert_member(db, &app, &member)?;
            grow(db, &app)?;
            Ok(true)
        })
    }

    fn deny_access(&self, app: AppName, person: PrincipalId, at: UnixMillis) -> Answer<'_, bool> {
        let label = Label { doing: "denied a request for access", what: "the request for access" };
        self.write(label, move |db| {
            let sql = "UPDATE access_request SET denied_at = ?3 WHERE app = ?1 AND person = ?2 AND denied_at IS NULL";
            Ok(db.prepare_cached(sql)?.execute((app.as_str(), person.as_bytes(), millis(at)?))? == 1)
        })
    }
}
