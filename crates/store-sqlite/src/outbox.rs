//! `store::Outbox` in SQL.
use std::sync::Arc;

use rusqlite::{Connection, Row, types::Type};
use store::{Answer, ClaimedMail, Mail, MailState, NewMail, Outbox, SealedLetter};
use types::{MailId, PrincipalId, UnixMillis};

use crate::{
    fault::{Fault, Label},
    open::SqliteStore,
    rows::{bad, millis, time, unsigned},
};

const MAIL: &str = "id, kind, recipient, person, state, state_at, attempts, error, created_at, expires_at";
const OPEN: &str = "state IN ('waiting', 'sending')";
const LABEL: Label = Label { doing: "changed a mail", what: "the mail" };

fn mail_id(row: &Row<'_>) -> Result<MailId, rusqlite::Error> {
    row.get(0).map(MailId::from_bytes)
}

fn person(row: &Row<'_>, column: usize) -> Result<Option<PrincipalId>, rusqlite::Error> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(PrincipalId::from_bytes))
}

fn small(row: &Row<'_>, column: usize) -> Result<u32, rusqlite::Error> {
    u32::try_from(unsigned(row, column)?).map_err(|e| bad(column, Type::Integer, e))
}

fn mail(row: &Row<'_>) -> Result<Mail, rusqlite::Error> {
    let at = time(row, 5)?;
    Ok(Mail {
        id: mail_id(row)?,
        kind: row.get(1)?,
        to: row.get(2)?,
        person: person(row, 3)?,
        state: match row.get::<_, String>(4)?.as_str() {
            "waiting" => MailState::Waiting { due_at: at },
            "sending" => MailState::Sending { until: at },
            "delivered" => MailState::Delivered { at },
            "failed" => MailState::Failed { at },
            _ => return Err(bad(4, Type::Text, "an unknown state")),
        },
        attempts: small(row, 6)?,
        error: row.get(7)?,
        created_at: time(row, 8)?,
        expires_at: time(row, 9)?,
    })
}

#[expect(clippy::disallowed_methods, reason = "gives back what the keeper sealed before it was kept here")]
fn claimed(row: &Row<'_>) -> Result<ClaimedMail, rusqlite::Error> {
    Ok(ClaimedMail {
        id: mail_id(row)?,
        kind: row.get(1)?,
        to: row.get(2)?,
        person: person(row, 3)?,
        letter: SealedLetter::new(row.get(4)?),
        attempt: small(row, 5)?,
        expires_at: time(row, 6)?,
    })
}

fn insert(db: &Connection, new: &NewMail) -> Result<(), Fault> {
    let sql = "INSERT INTO mail (id, kind, recipient, person, letter, state, state_at, created_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?6, ?7)";
    let row = (
        new.id.as_bytes(),
        &*new.kind,
        &*new.to,
        new.person.as_ref().map(PrincipalId::as_bytes),
        new.letter.as_bytes(),
        millis(new.created_at)?,
        millis(new.expires_at)?,
    );
    db.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

impl Outbox for SqliteStore {
    fn add_mail(&self, new: NewMail) -> Answer<'_, ()> {
        self.write(Label { doing: "added a mail", what: "the mail" }, move |db| insert(db, &new))
    }

    fn claim_mails(&self, now: UnixMillis, until: UnixMillis, count: u32) -> Answer<'_, Vec<ClaimedMail>> {
        self.write(LABEL, move |db| {
            // There is one writer: what this transaction takes, no other does.
            let sql = format!(
                "UPDATE mail SET state = 'sending', state_at = ?2, attempts = attempts + 1
                 WHERE id IN (SELECT id FROM mail WHERE {OPEN} AND state_at <= ?1 AND expires_at > ?1
                              ORDER BY state_at, id LIMIT ?3)
                 RETURNING id, kind, recipient, person, letter, attempts, expires_at"
            );
            let row = (millis(now)?, millis(until)?, count);
            let found: Result<Vec<_>, _> = db.prepare_cached(&sql)?.query_map(row, claimed)?.collect();
            let mut found = found?;
            found.sort_by_key(|mail| mail.id);
            Ok(found)
        })
    }

    fn mail_delivered(&self, id: MailId, attempt: u32, at: UnixMillis) -> Answer<'_, bool> {
        self.write(LABEL, move |db| {
            let sql = "UPDATE mail SET state = 'delivered', state_at = ?3, letter = NULL, error = NULL
                       WHERE id = ?1 AND attempts = ?2 AND state = 'sending'";
            Ok(db.prepare_cached(sql)?.execute((id.as_bytes(), attempt, millis(at)?))? == 1)
        })
    }

    fn mail_failed(
        &self,
        id: MailId,
        attempt: u32,
        at: UnixMillis,
        error: Arc<str>,
        again: Option<UnixMillis>,
    ) -> Answer<'_, bool> {
        self.write(LABEL, move |db| {
            let sql = "UPDATE mail SET state = ?3, state_at = ?4, error = ?5
                       WHERE id = ?1 AND attempts = ?2 AND state = 'sending'";
            let state = if again.is_some() { "waiting" } else { "failed" };
            let row = (id.as_bytes(), attempt, state, millis(again.unwrap_or(at))?, &*error);
            Ok(db.prepare_cached(sql)?.execute(row)? == 1)
        })
    }

    fn retry_mail(&self, id: MailId, now: UnixMillis) -> Answer<'_, bool> {
        self.write(LABEL, move |db| {
            let sql = "UPDATE mail SET state = 'waiting', state_at = ?2
                       WHERE id = ?1 AND state IN ('waiting', 'failed') AND letter IS NOT NULL AND expires_at > ?2";
            Ok(db.prepare_cached(sql)?.execute((id.as_bytes(), millis(now)?))? == 1)
        })
    }

    fn mails(&self, count: u32) -> Answer<'_, Vec<Mail>> {
        self.read("listed mails", move |db| {
            let sql = format!("SELECT {MAIL} FROM mail ORDER BY created_at DESC, id DESC LIMIT ?1");
            let found: Result<_, _> = db.prepare_cached(&sql)?.query_map([count], mail)?.collect();
            Ok(found?)
        })
    }

    fn mails_since(&self, to: Option<Arc<str>>, since: UnixMillis) -> Answer<'_, u32> {
        self.read("counted mails", move |db| {
            let since = millis(since).unwrap_or(i64::MAX);
            let found = |row: &Row<'_>| small(row, 0);
            Ok(match to {
                None => {
                    let sql = "SELECT count(*) FROM mail WHERE created_at >= ?1";
                    db.prepare_cached(sql)?.query_row([since], found)?
                }
                Some(to) => {
                    let sql = "SELECT count(*) FROM mail WHERE recipient = ?1 AND created_at >= ?2";
                    db.prepare_cached(sql)?.query_row((&*to, since), found)?
                }
            })
        })
    }

    fn mails_open(&self, since: UnixMillis) -> Answer<'_, (u32, u32)> {
        self.read("counted mails", move |db| {
            let since = millis(since).unwrap_or(i64::MAX);
            let sql = format!(
                "SELECT count(*) FILTER (WHERE {OPEN}), count(*) FILTER (WHERE state = 'failed' AND state_at >= ?1) FROM mail"
            );
            Ok(db.prepare_cached(&sql)?.query_row([since], |row| Ok((small(row, 0)?, small(row, 1)?)))?)
        })
    }

    fn expire_mails(&self, now: UnixMillis) -> Answer<'_, Vec<Mail>> {
        self.write(LABEL, move |db| {
            let now = millis(now)?;
            let sql = format!(
                "UPDATE mail SET state = 'failed', state_at = ?1, letter = NULL
                 WHERE expires_at <= ?1 AND (state = 'waiting' OR state = 'sending' AND state_at <= ?1) RETURNING {MAIL}"
            );
            let found: Result<Vec<_>, _> = db.prepare_cached(&sql)?.query_map([now], mail)?.collect();
            let mut found = found?;
            found.sort_by_key(|mail| mail.id);
            let sql =
                "UPDATE mail SET letter = NULL WHERE state = 'failed' AND expires_at <= ?1 AND letter IS NOT NULL";
            db.prepare_cached(sql)?.execute([now])?;
            Ok(found)
        })
    }

    fn purge_mails(&self, before: UnixMillis) -> Answer<'_, usize> {
        self.write(LABEL, move |db| {
            let sql = "DELETE FROM mail WHERE state IN ('delivered', 'failed') AND state_at < ?1";
            Ok(db.prepare_cached(sql)?.execute([millis(before)?])?)
        })
    }
}
