//! Keys and values in memory, for tests of rooms.
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use types::{AppName, Blob, KvAnswer, KvKey, KvQuestion, KvRefusal, KvValue, UnixMillis};

use super::answer;
use crate::{Answer, KV_ENTRY_BYTES, KeyValues};

struct Entry {
    value: KvValue,
    expires_at_s: Option<u64>,
}

#[derive(Default)]
struct App {
    entries: BTreeMap<String, Entry>,
    versions: u64,
}

#[derive(Default)]
struct Apps {
    apps: BTreeMap<AppName, App>,
    gone: HashSet<AppName>,
}

/// See the module.
pub struct MemoryKeyValues {
    bytes_max: u64,
    apps: Mutex<Apps>,
}

impl MemoryKeyValues {
    /// With room for so many bytes of each app.
    pub fn new(bytes_max: u64) -> Self {
        Self { bytes_max, apps: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Apps> {
        self.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(key: &str, value: &KvValue) -> u64 {
    (key.len() + value.value.0.len() + value.metadata.as_ref().map_or(0, String::len)) as u64 + KV_ENTRY_BYTES
}

impl App {
    fn put(
        &mut self,
        key: String,
        value: Blob,
        rest: (Option<String>, Option<u64>),
        max: u64,
    ) -> Result<(), KvRefusal> {
        let (metadata, expires_at_s) = rest;
        let value = KvValue { value, metadata, version: self.versions + 1 };
        let others: u64 = self.entries.iter().filter(|(k, _)| **k != key).map(|(k, e)| size(k, &e.value)).sum();
        let bytes = others + size(&key, &value);
        if bytes > max {
            return Err(full(bytes, max));
        }
        self.versions += 1;
        self.entries.insert(key, Entry { value, expires_at_s });
        Ok(())
    }

    fn ask(&mut self, question: KvQuestion, max: u64) -> Result<KvAnswer, KvRefusal> {
        question.check()?;
        Ok(match question {
            KvQuestion::Get { key } => KvAnswer::Value(self.entries.get(&key).map(|entry| entry.value.clone())),
            KvQuestion::Exists { key } => KvAnswer::Yes(self.entries.contains_key(&key)),
            KvQuestion::Put { key, value, metadata, expires_at_s } => {
                self.put(key, value, (metadata, expires_at_s), max)?;
                KvAnswer::Done
            }
            KvQuestion::Delete { key } => KvAnswer::Yes(self.entries.remove(&key).is_some()),
            KvQuestion::List { prefix, after, limit } => self.list(&prefix, after.as_deref(), limit),
            KvQuestion::Add { key, delta } => {
                let entry = self.entries.get(&key);
                let before =
                    entry.map_or(Ok(0), |entry| number(&entry.value.value)).map_err(|()| KvRefusal::NotANumber)?;
                let now = before.checked_add(delta).ok_or(KvRefusal::NotANumber)?;
                let rest = entry.map_or((None, None), |entry| (entry.value.metadata.clone(), entry.expires_at_s));
                self.put(key, Blob(now.to_string().into_bytes()), rest, max)?;
                KvAnswer::Number(now)
            }
            KvQuestion::Swap { key, seen, value } => {
                let entry = self.entries.get(&key);
                if entry.map(|entry| entry.value.version) != seen {
                    return Ok(KvAnswer::Yes(false));
                }
                let rest = entry.map_or((None, None), |entry| (entry.value.metadata.clone(), entry.expires_at_s));
                self.put(key, value, rest, max)?;
                KvAnswer::Yes(true)
            }
        })
    }

    fn list(&self, prefix: &str, after: Option<&str>, limit: u32) -> KvAnswer {
        let wanted = |name: &str| name.starts_with(prefix) && after.is_none_or(|after| name > after);
        let mut found = self.entries.iter().filter(|(name, _)| wanted(name));
        let key = |(name, entry): (&String, &Entry)| KvKey {
            name: name.clone(),
            metadata: entry.value.metadata.clone(),
            expires_at_s: entry.expires_at_s,
        };
        let keys = found.by_ref().take(limit as usize).map(key).collect();
        KvAnswer::Keys { keys, more: found.next().is_some() }
    }
}

fn number(value: &Blob) -> Result<i64, ()> {
    str::from_utf8(&value.0).ok().and_then(|text| text.parse().ok()).ok_or(())
}

fn full(bytes: u64, max: u64) -> KvRefusal {
    let reason = format!("the app would keep {bytes} bytes; at most {max}");
    KvRefusal::Limit { limit: "kv_app_bytes".into(), reason }
}

impl KeyValues for MemoryKeyValues {
    fn ask(&self, app: AppName, question: KvQuestion, now: UnixMillis) -> Answer<'_, KvAnswer> {
        let mut apps = self.lock();
        if apps.gone.contains(&app) {
            return answer(Ok(KvAnswer::Refused(KvRefusal::Unavailable)));
        }
        let app = apps.apps.entry(app).or_default();
        app.entries.retain(|_, entry| entry.expires_at_s.is_none_or(|end| end > now.0 / 1_000));
        answer(Ok(app.ask(question, self.bytes_max).unwrap_or_else(KvAnswer::Refused)))
    }

    fn remove(&self, app: AppName) -> Answer<'_, ()> {
        let mut apps = self.lock();
        apps.apps.remove(&app);
        apps.gone.insert(app);
        answer(Ok(()))
    }

    fn begin(&self, app: AppName) -> Answer<'_, ()> {
        let mut apps = self.lock();
        apps.apps.remove(&app);
        apps.gone.remove(&app);
        answer(Ok(()))
    }

    fn keep_only(&self, kept: HashSet<AppName>) -> Answer<'_, usize> {
        let mut apps = self.lock();
        let before = apps.apps.len();
        apps.apps.retain(|name, _| kept.contains(name));
        answer(Ok(before - apps.apps.len()))
    }

    fn purge(&self, now: UnixMillis) -> Answer<'_, usize> {
        let mut gone = 0;
        for app in self.lock().apps.values_mut() {
            let before = app.entries.len();
            app.entries.retain(|_, entry| entry.expires_at_s.is_none_or(|end| end > now.0 / 1_000));
            gone += before - app.entries.len();
        }
        answer(Ok(gone))
    }
}
