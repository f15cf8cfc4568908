//! `store::Sessions` in SQL.
use rusqlite::{Connection, OptionalExtension, Row, types::Type};
use store::{Answer, Link, LinkPurpose, OpenedBy, Principal, Session, Sessions, Use};
use types::{AppName, Assurance, CredentialId, Digest, PrincipalId, UnixMillis};

use crate::{
    fault::{Fault, Label},
    open::SqliteStore,
    rows::{self, PRINCIPAL, app_name, bad, digest, millis, principal_id, time, unsigned},
};

const SESSION: &str = "s.id, s.person, s.parent, s.app, s.secret_hash, s.former_hash, s.former_until, s.created_at, s.used_at, \
                       s.rotated_at, s.expires_at, s.assurance, s.authenticated_at, s.device";
const SESSION_COLUMNS: usize = 14;

const ASSURANCES: [Assurance; 4] =
    [Assurance::None, Assurance::SingleFactor, Assurance::MultiFactor, Assurance::PhishingResistant];

pub(crate) const fn assurance_number(assurance: Assurance) -> i64 {
    match assurance {
        Assurance::None => 0,
        Assurance::SingleFactor => 1,
        Assurance::MultiFactor => 2,
        Assurance::PhishingResistant => 3,
    }
}

pub(crate) fn assurance(row: &Row<'_>, column: usize) -> Result<Assurance, rusqlite::Error> {
    let number = usize::try_from(unsigned(row, column)?).unwrap_or(usize::MAX);
    ASSURANCES.get(number).copied().ok_or_else(|| bad(column, Type::Integer, "an unknown assurance"))
}

const fn purpose_word(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::Code => "code",
        LinkPurpose::Reset => "reset",
        LinkPurpose::VerifyEmail => "verify-email",
    }
}

fn session(row: &Row<'_>) -> Result<Session, rusqlite::Error> {
    let former: Option<[u8; 32]> = row.get(5)?;
    Ok(Session {
        id: row.get(0).map(CredentialId::from_bytes)?,
        person: principal_id(row, 1)?,
        parent: row.get::<_, Option<[u8; 16]>>(2)?.map(CredentialId::from_bytes),
        app: row.get::<_, Option<String>>(3)?.map(|app| app_name(3, &app)).transpose()?,
        secret_hash: digest(row, 4)?,
        former: match former {
            Some(hash) => Some((Digest::from_bytes(hash), time(row, 6)?)),
            None => None,
        },
        created_at: time(row, 7)?,
        used_at: time(row, 8)?,
        rotated_at: time(row, 9)?,
        expires_at: time(row, 10)?,
        assurance: assurance(row, 11)?,
        authenticated_at: time(row, 12)?,
        device: row.get(13)?,
    })
}

fn count(row: &Row<'_>) -> Result<usize, rusqlite::Error> {
    unsigned(row, 0).map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

fn insert_session(db: &Connection, new: &Session, by: OpenedBy) -> Result<(), Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM principal WHERE id = ?1 AND disabled = 0)";
    if !db.prepare_cached(sql)?.query_row([new.person.as_bytes()], |row| row.get::<_, bool>(0))? {
        return Err(Fault::Conflict("the session of nobody, or of somebody disabled"));
    }
    // In the same transaction: what stopped counting while it was looked at opens nothing.
    match by {
        OpenedBy::Other => {}
        OpenedBy::Password { set_at } => {
            let sql = "SELECT EXISTS (SELECT 1 FROM account WHERE person = ?1 AND password_at = ?2)";
            let row = (new.person.as_bytes(), millis(set_at)?);
            if !db.prepare_cached(sql)?.query_row(row, |row| row.get::<_, bool>(0))? {
                return Err(Fault::Conflict("the session by a password that was changed since"));
            }
        }
        OpenedBy::Code(code) if is_used_code(db, code, new.person)? => {}
        OpenedBy::Code(_) => return Err(Fault::Conflict("the session of a code that came twice, or was taken back")),
    }
    if let Some(parent) = &new.parent {
        // In the same transaction: what is made while its parent is being ended is not made, or ends with it.
        let sql = "SELECT EXISTS (SELECT 1 FROM session WHERE id = ?1 AND person = ?2 AND parent IS NULL)";
        let row = (parent.as_bytes(), new.person.as_bytes());
        if !db.prepare_cached(sql)?.query_row(row, |row| row.get::<_, bool>(0))? {
            return Err(Fault::Conflict("the session's parent"));
        }
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM session WHERE former_hash = ?1)";
    if db.prepare_cached(sql)?.query_row([new.secret_hash.as_bytes()], |row| row.get::<_, bool>(0))? {
        return Err(Fault::Conflict("the session's secret"));
    }
    let sql =
        "INSERT INTO session (id, person, parent, app, secret_hash, former_hash, former_until, created_at, used_at,
                                    rotated_at, expires_at, assurance, authenticated_at, device)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    let row = (
        new.id.as_bytes(),
        new.person.as_bytes(),
        new.parent.as_ref().map(CredentialId::as_bytes),
        new.app.as_ref().map(AppName::as_str),
        new.secret_hash.as_bytes(),
        new.former.as_ref().map(|(hash, _)| hash.as_bytes()),
        new.former.map(|(_, until)| millis(until)).transpose()?,
        millis(new.created_at)?,
        millis(new.used_at)?,
        millis(new.rotated_at)?,
        millis(new.expires_at)?,
        assurance_number(new.assurance),
        millis(new.authenticated_at)?,
        &*new.device,
    );
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Makes a person's open links of this kind void.
pub(crate) fn use_up_links(db: &Connection, of: PrincipalId, purpose: LinkPurpose) -> Result<(), Fault> {
    let sql = "UPDATE link SET used = 1 WHERE person = ?1 AND purpose = ?2";
    db.prepare_cached(sql)?.execute((of.as_bytes(), purpose_word(purpose)))?;
    Ok(())
}

/// Whether this is a code of this person that was used once, and not taken back since.
pub(crate) fn is_used_code(db: &Connection, code: Digest, of: PrincipalId) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM link WHERE hash = ?1 AND person = ?2 AND purpose = 'code' AND used = 1)";
    Ok(db.prepare_cached(sql)?.query_row((code.as_bytes(), of.as_bytes()), |row| row.get(0))?)
}

/// Takes back what was allowed, to one person or to all: codes on their way count as used, and those that were used open nothing
/// any more.
pub(crate) fn void_codes(db: &Connection, of: Option<PrincipalId>) -> Result<(), Fault> {
    let of = of.as_ref().map(PrincipalId::as_bytes);
    for sql in [
        "DELETE FROM link WHERE purpose = 'code' AND used = 1 AND (?1 IS NULL OR person = ?1)",
        "UPDATE link SET used = 1 WHERE purpose = 'code' AND (?1 IS NULL OR person = ?1)",
    ] {
        db.prepare_cached(sql)?.execute([of])?;
    }
    Ok(())
}

/// Ends the sessions of a person but `kept` and its children; how many.
pub(crate) fn end_all_but(
    db: &Connection,
    of: PrincipalId,
    app: Option<&AppName>,
    kept: Option<CredentialId>,
) -> Result<usize, Fault> {
    let kept = kept.as_ref().map(CredentialId::as_bytes);
    let sql = "SELECT count(*) FROM session WHERE person = ?1 AND (?2 IS NULL OR app = ?2)
               AND (?3 IS NULL OR (id <> ?3 AND parent IS NOT ?3))";
    let row = (of.as_bytes(), app.map(AppName::as_str), kept);
    let count = db.prepare_cached(sql)?.query_row(row, count)?;
    let sql = "DELETE FROM session WHERE person = ?1 AND (?2 IS NULL OR app = ?2)
               AND (?3 IS NULL OR (id <> ?3 AND parent IS NOT ?3))";
    db.prepare_cached(sql)?.execute(row)?;
    Ok(count)
}

const SESSION_LABEL: Label = Label { doing: "changed a session", what: "the session" };

impl Sessions for SqliteStore {
    fn add_session(&self, new: Session, by: OpenedBy) -> Answer<'_, ()> {
        self.write(SESSION_LABEL, move |db| insert_session(db, &new, by))
    }

    fn session(&self, secret_hash: Digest) -> Answer<'_, Option<(Session, Principal)>> {
        self.read("looked a session up", move |db| {
            // Two questions, so that each finds its index.
            for column in ["secret_hash", "former_hash"] {
                let sql = format!(
                    "SELECT {SESSION}, {PRINCIPAL} FROM session s JOIN principal p ON p.id = s.person WHERE s.{column} = ?1"
                );
                let pair = |row: &Row<'_>| Ok((session(row)?, rows::principal(row, SESSION_COLUMNS)?));
                let found = db.prepare_cached(&sql)?.query_row([secret_hash.as_bytes()], pair).optional()?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            Ok(None)
        })
    }

    fn sessions(&self, of: Option<PrincipalId>) -> Answer<'_, Vec<Session>> {
        self.read("listed sessions", move |db| {
            let sql = format!(
                "SELECT {SESSION} FROM session s WHERE ?1 IS NULL OR s.person = ?1 ORDER BY s.used_at DESC, s.id DESC"
            );
            let of = of.as_ref().map(PrincipalId::as_bytes);
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([of], session)?.collect();
            Ok(found?)
        })
    }

    fn rotate_session(
        &self,
        id: CredentialId,
        from: Digest,
        to: Digest,
        at: UnixMillis,
        until: UnixMillis,
    ) -> Answer<'_, bool> {
        self.write(SESSION_LABEL, move |db| {
            let sql = "UPDATE session SET secret_hash = ?3, former_hash = ?2, former_until = ?5, rotated_at = ?4,
                       used_at = max(used_at, ?4) WHERE id = ?1 AND secret_hash = ?2";
            let row = (id.as_bytes(), from.as_bytes(), to.as_bytes(), millis(at)?, millis(until)?);
            Ok(db.prepare_cached(sql)?.execute(row)? == 1)
        })
    }

    fn raise_session(&self, id: CredentialId, to: Digest, assurance: Assurance, at: UnixMillis) -> Answer<'_, bool> {
        self.write(SESSION_LABEL, move |db| {
            let sql = "UPDATE session SET secret_hash = ?2, former_hash = NULL, former_until = NULL, rotated_at = ?4,
                       used_at = max(used_at, ?4), assurance = ?3, authenticated_at = ?4 WHERE id = ?1";
            let row = (id.as_bytes(), to.as_bytes(), assurance_number(assurance), millis(at)?);
            Ok(db.prepare_cached(sql)?.execute(row)? == 1)
        })
    }

    fn touch_session(&self, id: CredentialId, at: UnixMillis) -> Answer<'_, ()> {
        self.write(SESSION_LABEL, move |db| {
            let sql = "UPDATE session SET used_at = max(used_at, ?2)
                       WHERE id = ?1 OR id = (SELECT parent FROM session WHERE id = ?1)";
            db.prepare_cached(sql)?.execute((id.as_bytes(), millis(at)?))?;
            Ok(())
        })
    }

    fn end_session(&self, id: CredentialId) -> Answer<'_, bool> {
        self.write(SESSION_LABEL, move |db| {
            Ok(db.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id.as_bytes()])? == 1)
        })
    }

    fn end_sessions(&self, of: PrincipalId, app: Option<AppName>, kept: Option<CredentialId>) -> Answer<'_, usize> {
        self.write(SESSION_LABEL, move |db| end_all_but(db, of, app.as_ref(), kept))
    }

    fn add_link(&self, new: Link) -> Answer<'_, ()> {
        let label = Label { doing: "added a link", what: "the link" };
        self.write(label, move |db| {
            let sql = "INSERT INTO link (hash, purpose, person, note, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)";
            let word = purpose_word(new.purpose);
            let row = (new.hash.as_bytes(), word, new.person.as_bytes(), &*new.note, millis(new.expires_at)?);
            db.prepare_cached(sql)?.execute(row)?;
            Ok(())
        })
    }

    fn link(&self, purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Answer<'_, Option<Link>> {
        self.read("looked a link up", move |db| {
            let sql = "SELECT person, note, expires_at FROM link
                       WHERE hash = ?1 AND purpose = ?2 AND used = 0 AND expires_at > ?3";
            let now = millis(now).unwrap_or(i64::MAX);
            let read = |row: &Row<'_>| {
                Ok(Link { hash, purpose, person: principal_id(row, 0)?, note: row.get(1)?, expires_at: time(row, 2)? })
            };
            let row = (hash.as_bytes(), purpose_word(purpose), now);
            Ok(db.prepare_cached(sql)?.query_row(row, read).optional()?)
        })
    }

    fn use_link(&self, purpose: LinkPurpose, hash: Digest, now: UnixMillis) -> Answer<'_, Use> {
        let label = Label { doing: "used a link", what: "the link" };
        self.write(label, move |db| {
            // There is one writer: of two that come together, one is the first.
            let sql =
                "SELECT person, note, expires_at, used FROM link WHERE hash = ?1 AND purpose = ?2 AND expires_at > ?3";
            let read = |row: &Row<'_>| {
                let link =
                    Link { hash, purpose, person: principal_id(row, 0)?, note: row.get(1)?, expires_at: time(row, 2)? };
                Ok((link, row.get::<_, bool>(3)?))
            };
            let row = (hash.as_bytes(), purpose_word(purpose), millis(now)?);
            let Some((link, used)) = db.prepare_cached(sql)?.query_row(row, read).optional()? else {
                return Ok(Use::Unknown);
            };
            if used {
                return Ok(Use::Again(link));
            }
            db.prepare_cached("UPDATE link SET used = 1 WHERE hash = ?1")?.execute([hash.as_bytes()])?;
            Ok(Use::First(link))
        })
    }

    fn purge_sessions(&self, before: UnixMillis, idle: UnixMillis) -> Answer<'_, usize> {
        let label = Label { doing: "purged sessions", what: "the sessions" };
        self.write(label, move |db| {
            let (before, idle) = (millis(before)?, millis(idle)?);
            let sql = "SELECT count(*) FROM session WHERE expires_at < ?1 OR used_at < ?2";
            let mut purged = db.prepare_cached(sql)?.query_row((before, idle), count)?;
            db.prepare_cached("DELETE FROM session WHERE expires_at < ?1 OR used_at < ?2")?.execute((before, idle))?;
            for sql in ["DELETE FROM link WHERE expires_at < ?1", "DELETE FROM invitation WHERE expires_at < ?1"] {
                purged += db.prepare_cached(sql)?.execute([before])?;
            }
            Ok(purged)
        })
    }
}
