//! Secrets of the store in memory.
use types::{AppName, SECRETS_MAX, SecretName, UnixMillis};

use super::{MemoryStore, answer, conflict};
use crate::{Answer, NewSecret, SealedSecret, SecretEntry, Secrets};

impl Secrets for MemoryStore {
    fn put_secret(&self, new: NewSecret) -> Answer<'_, Option<u64>> {
        let mut rooms = self.lock();
        if !rooms.apps.contains_key(&new.app) {
            return answer(conflict("the secret of an unknown app"));
        }
        let of_app = rooms.secrets.keys().filter(|(app, _)| *app == new.app).count();
        let key = (new.app, new.name.clone());
        let before = rooms.secrets.get(&key).map(|(_, entry)| (entry.version, entry.used_at));
        if before.is_none() && of_app >= SECRETS_MAX {
            return answer(Ok(None));
        }
        let (version, used_at) = before.map_or((1, None), |(version, used_at)| (version + 1, used_at));
        let entry = SecretEntry { name: new.name, version, changed_at: new.at, changed_by: new.by, used_at };
        rooms.secrets.insert(key, (new.sealed, entry));
        answer(Ok(Some(version)))
    }

    fn secret(&self, app: AppName, name: SecretName) -> Answer<'_, Option<SealedSecret>> {
        answer(Ok(self.lock().secrets.get(&(app, name)).map(|(sealed, _)| sealed.clone())))
    }

    fn secrets(&self, app: AppName) -> Answer<'_, Vec<SecretEntry>> {
        let rooms = self.lock();
        let of_app = rooms.secrets.iter().filter(|((of, _), _)| *of == app);
        answer(Ok(of_app.map(|(_, (_, entry))| entry.clone()).collect()))
    }

    fn remove_secret(&self, app: AppName, name: SecretName) -> Answer<'_, bool> {
        answer(Ok(self.lock().secrets.remove(&(app, name)).is_some()))
    }

    fn secret_used(&self, app: AppName, name: SecretName, at: UnixMillis) -> Answer<'_, bool> {
        let mut rooms = self.lock();
        let found = rooms.secrets.get_mut(&(app, name)).map(|(_, entry)| entry.used_at = entry.used_at.max(Some(at)));
        answer(Ok(found.is_some()))
    }
}
