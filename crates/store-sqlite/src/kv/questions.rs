//! What is asked of one app's file.
use rusqlite::{Connection, OptionalExtension, Row};
use store::KV_ENTRY_BYTES;
use types::{Blob, KvAnswer, KvKey, KvQuestion, KvRefusal, KvValue, UnixMillis};

type Done<T> = Result<T, rusqlite::Error>;

/// A list of keys crosses in one frame between processes, which holds 1 MiB.
const LIST_BYTES: usize = 900_000;
/// Keys that are over and go with a write.
const SWEPT: usize = 100;

/// Answers all of them, and commits once. An error: nothing was changed by any.
pub(super) fn answer<A>(
    db: &Connection,
    asked: &[A],
    question: impl Fn(&A) -> (&KvQuestion, UnixMillis),
    bytes_max: u64,
) -> Done<Vec<KvAnswer>> {
    let writes = asked.iter().any(|asked| question(asked).0.writes());
    if !writes {
        return asked.iter().map(|asked| one(db, question(asked), bytes_max)).collect();
    }
    db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let answered = asked.iter().map(|asked| one(db, question(asked), bytes_max)).collect::<Done<Vec<_>>>();
    let committed = answered.and_then(|answers| {
        if let Some(asked) = asked.last() {
            sweep(db, seconds(question(asked).1)?, SWEPT)?;
        }
        db.prepare_cached("COMMIT")?.execute([])?;
        Ok(answers)
    });
    if committed.is_err() && !db.is_autocommit() {
        db.execute_batch("ROLLBACK")?;
    }
    committed
}

/// What a store without any key says.
pub(super) fn of_nothing(question: &KvQuestion) -> KvAnswer {
    if let Err(refusal) = question.check() {
        return KvAnswer::Refused(refusal);
    }
    match question {
        KvQuestion::Get { .. } => KvAnswer::Value(None),
        KvQuestion::List { .. } => KvAnswer::Keys { keys: Vec::new(), more: false },
        _ => KvAnswer::Yes(false),
    }
}

/// Removes up to `count` keys that are over; how many.
pub(super) fn purge(db: &mut Connection, now: UnixMillis, count: usize) -> Done<usize> {
    let tx = db.transaction()?;
    let removed = sweep(&tx, seconds(now)?, count)?;
    tx.commit()?;
    Ok(removed)
}

fn signed(value: u64) -> Done<i64> {
    i64::try_from(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))
}

fn seconds(at: UnixMillis) -> Done<i64> {
    signed(at.0 / 1_000)
}

fn unsigned(row: &Row<'_>, column: usize) -> Done<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

/// What a refusal leaves undone is nothing: each is found before the first change of its question.
fn one(db: &Connection, (question, now): (&KvQuestion, UnixMillis), bytes_max: u64) -> Done<KvAnswer> {
    if let Err(refusal) = question.check() {
        return Ok(KvAnswer::Refused(refusal));
    }
    let now = seconds(now)?;
    Ok(match question {
        KvQuestion::Get { key } => KvAnswer::Value(find(db, key, now)?.map(|found| found.value)),
        KvQuestion::Exists { key } => KvAnswer::Yes(exists(db, key, now)?),
        KvQuestion::Put { key, value, metadata, expires_at_s } => {
            let entry = Entry { key, value: &value.0, metadata: metadata.as_deref(), expires_at_s: *expires_at_s };
            put(db, &entry, now, bytes_max)?.map_or_else(KvAnswer::Refused, |()| KvAnswer::Done)
        }
        KvQuestion::Delete { key } => {
            let there = exists(db, key, now)?;
            remove(db, "key = ?1", key, 1)?;
            KvAnswer::Yes(there)
        }
        KvQuestion::List { prefix, after, limit } => list(db, prefix, after.as_deref(), *limit, now)?,
        KvQuestion::Add { key, delta } => add(db, key, *delta, now, bytes_max)?,
        KvQuestion::Swap { key, seen, value } => {
            let found = find(db, key, now)?;
            if found.as_ref().map(|found| found.value.version) != *seen {
                return Ok(KvAnswer::Yes(false));
            }
            again(db, key, &value.0, found, now, bytes_max)?.map_or_else(KvAnswer::Refused, |()| KvAnswer::Yes(true))
        }
    })
}

struct Found {
    value: KvValue,
    expires_at_s: Option<u64>,
}

fn expiry(row: &Row<'_>, column: usize) -> Done<Option<u64>> {
    Ok(if row.get::<_, Option<i64>>(column)?.is_some() { Some(unsigned(row, column)?) } else { None })
}

fn find(db: &Connection, key: &str, now: i64) -> Done<Option<Found>> {
    let sql = "SELECT value, metadata, version, expires_at FROM entry
               WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
    let found = |row: &Row<'_>| {
        let value = KvValue { value: Blob(row.get(0)?), metadata: row.get(1)?, version: unsigned(row, 2)? };
        Ok(Found { value, expires_at_s: expiry(row, 3)? })
    };
    db.prepare_cached(sql)?.query_row((key, now), found).optional()
}

fn exists(db: &Connection, key: &str, now: i64) -> Done<bool> {
    let sql = "SELECT 1 FROM entry WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";
    db.prepare_cached(sql)?.exists((key, now))
}

/// Removes what matches, and takes it off the sum.
fn remove<P: rusqlite::ToSql>(db: &Connection, which: &str, value: P, count: usize) -> Done<usize> {
    let sql =
        format!("DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry WHERE {which} LIMIT ?2) RETURNING size");
    let limit = i64::try_from(count).unwrap_or(i64::MAX);
    let mut removing = db.prepare_cached(&sql)?;
    let sizes: Vec<i64> = removing.query_map((value, limit), |row| row.get(0))?.collect::<Done<_>>()?;
    if !sizes.is_empty() {
        let sum: i64 = sizes.iter().sum();
        db.prepare_cached("UPDATE tally SET bytes = bytes - ?1")?.execute([sum])?;
    }
    Ok(sizes.len())
}

fn sweep(db: &Connection, now: i64, count: usize) -> Done<usize> {
    remove(db, "expires_at <= ?1", now, count)
}

struct Entry<'a> {
    key: &'a str,
    value: &'a [u8],
    metadata: Option<&'a str>,
    expires_at_s: Option<u64>,
}

impl Entry<'_> {
    fn size(&self) -> u64 {
        (self.key.len() + self.value.len() + self.metadata.map_or(0, str::len)) as u64 + KV_ENTRY_BYTES
    }
}

/// Bytes with this entry in the place of what is under its key, and the next version.
fn after(db: &Connection, entry: &Entry<'_>) -> Done<(u64, u64)> {
    let sql = "SELECT bytes - coalesce((SELECT size FROM entry WHERE key = ?1), 0), version + 1 FROM tally";
    let (others, version) =
        db.prepare_cached(sql)?.query_row([entry.key], |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)))?;
    Ok((others.saturating_add(entry.size()), version))
}

fn put(db: &Connection, entry: &Entry<'_>, now: i64, bytes_max: u64) -> Done<Result<(), KvRefusal>> {
    let (mut bytes, version) = after(db, entry)?;
    // What is over takes no room.
    while bytes > bytes_max && sweep(db, now, SWEPT)? > 0 {
        bytes = after(db, entry)?.0;
    }
    if bytes > bytes_max {
        let reason = format!("the app would keep {bytes} bytes; at most {bytes_max}");
        return Ok(Err(KvRefusal::Limit { limit: "kv_app_bytes".into(), reason }));
    }
    let sql = "INSERT INTO entry (key, value, metadata, expires_at, version, size) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (key) DO UPDATE SET value = excluded.value, metadata = excluded.metadata,
               expires_at = excluded.expires_at, version = excluded.version, size = excluded.size";
    // An end beyond every calendar is none.
    let expires_at = entry.expires_at_s.and_then(|end| i64::try_from(end).ok());
    let row = (entry.key, entry.value, entry.metadata, expires_at, signed(version)?, signed(entry.size())?);
    db.prepare_cached(sql)?.execute(row)?;
    db.prepare_cached("UPDATE tally SET bytes = ?1, version = ?2")?.execute((signed(bytes)?, signed(version)?))?;
    Ok(Ok(()))
}

/// Another value with what was beside the former one.
fn again(
    db: &Connection,
    key: &str,
    value: &[u8],
    found: Option<Found>,
    now: i64,
    bytes_max: u64,
) -> Done<Result<(), KvRefusal>> {
    let (metadata, expires_at_s) = found.map_or((None, None), |found| (found.value.metadata, found.expires_at_s));
    put(db, &Entry { key, value, metadata: metadata.as_deref(), expires_at_s }, now, bytes_max)
}

fn add(db: &Connection, key: &str, delta: i64, now: i64, bytes_max: u64) -> Done<KvAnswer> {
    let found = find(db, key, now)?;
    let before = match &found {
        None => Some(0),
        Some(found) => str::from_utf8(&found.value.value.0).ok().and_then(|text| text.parse::<i64>().ok()),
    };
    let Some(sum) = before.and_then(|before| before.checked_add(delta)) else {
        return Ok(KvAnswer::Refused(KvRefusal::NotANumber));
    };
    let done = again(db, key, sum.to_string().as_bytes(), found, now, bytes_max)?;
    Ok(done.map_or_else(KvAnswer::Refused, |()| KvAnswer::Number(sum)))
}

fn list(db: &Connection, prefix: &str, after: Option<&str>, limit: u32, now: i64) -> Done<KvAnswer> {
    // Two ends, because SQLite compares texts by their bytes and a prefix has no last one.
    let sql = "SELECT key, metadata, expires_at FROM entry
               WHERE key >= ?1 AND key > ?2 AND (expires_at IS NULL OR expires_at > ?3) ORDER BY key";
    let mut read = db.prepare_cached(sql)?;
    // A key has at least one byte, so every one comes after the empty text.
    let mut rows = read.query((prefix, after.unwrap_or_default(), now))?;
    let (mut keys, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        if !name.starts_with(prefix) {
            break;
        }
        if keys.len() >= limit as usize || bytes > LIST_BYTES {
            return Ok(KvAnswer::Keys { keys, more: true });
        }
        let metadata: Option<String> = row.get(1)?;
        bytes += name.len() + metadata.as_ref().map_or(0, String::len) + 32;
        keys.push(KvKey { name, metadata, expires_at_s: expiry(row, 2)? });
    }
    Ok(KvAnswer::Keys { keys, more: false })
}
