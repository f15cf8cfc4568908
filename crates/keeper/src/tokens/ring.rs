//! The keys of tokens, and when each does what. What is due follows from the keys and the time alone: a keeper that was away for
//! a month, or whose clock was set, finds its way.
//!
//! ```text
//! made ── published a day ahead ──> signs for 30 days ──> what it signed runs out ──> dropped
//!          next                      active                retiring
//! ```
use types::UnixMillis;
use wire::keeper::{TokenKey, TokenKeyState, TokenStatement};

use super::{
    key::{Key, Times},
    statement,
};
use crate::{KeeperError, folder::Folder};

/// How long before its first signature a key is published: verifiers keep what they fetched for less than this.
pub(crate) const AHEAD_S: u64 = 86_400;
/// How long a key signs.
const SIGNS_S: u64 = 30 * 86_400;
/// How long it stays after its last signature: the longest life of a token, and the clocks of verifiers.
const RETIRES_S: u64 = statement::LIFE_S_MAX + 60;
/// There are two or three; a clock that jumps makes no more than this.
const KEYS_MAX: usize = 8;

pub(crate) struct Tokens {
    folder: Folder,
    /// By when they begin to sign.
    keys: Vec<Key>,
}

/// What has to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A new key, which takes over at that time.
    Make { signs_from: UnixMillis },
    /// Nothing that it signed counts any more.
    Drop { id: String },
}

impl Tokens {
    /// Reads the keys.
    pub(crate) fn open(folder: Folder) -> Result<Self, KeeperError> {
        let mut keys = Vec::new();
        for name in folder.names()?.iter().filter(|name| name.ends_with(".key")) {
            keys.push(Key::load(&folder, name)?);
        }
        let mut tokens = Self { folder, keys };
        tokens.sort();
        Ok(tokens)
    }

    fn sort(&mut self) {
        self.keys.sort_by(|one, other| (one.times.signs_from, &one.id).cmp(&(other.times.signs_from, &other.id)));
    }

    /// The key that signs now: the last that has begun. Where the clock went back behind all of them, the first.
    fn signer(&self, now: UnixMillis) -> Option<&Key> {
        self.keys.iter().rfind(|key| key.times.signs_from <= now).or_else(|| self.keys.first())
    }

    /// The key that takes over next, and when.
    pub(crate) fn next(&self, now: UnixMillis) -> Option<(&str, UnixMillis)> {
        let signer = self.signer(now)?;
        let next = self.keys.iter().find(|key| key.times.signs_from > now && key.id != signer.id)?;
        Some((&next.id, next.times.signs_from))
    }

    /// What has to be done first, if anything.
    pub(crate) fn due(&self, now: UnixMillis) -> Option<Step> {
        if let Some(over) = self.keys.iter().find(|key| now >= key.times.gone_at) {
            return Some(Step::Drop { id: over.id.clone() });
        }
        let Some(newest) = self.keys.last() else { return Some(Step::Make { signs_from: now }) };
        let until = newest.times.signs_until;
        if now >= until {
            return Some(Step::Make { signs_from: now });
        }
        let ahead = now.plus_seconds(AHEAD_S);
        let begun = newest.times.signs_from <= now;
        // The one that signs goes on for a little longer where its successor comes late.
        (begun && ahead >= until).then(|| Step::Make { signs_from: until.max(ahead) })
    }

    /// Drops a key.
    pub(crate) fn remove(&mut self, id: &str) -> Result<(), KeeperError> {
        let (gone, kept) = std::mem::take(&mut self.keys).into_iter().partition::<Vec<_>, _>(|key| key.id == id);
        self.keys = kept;
        gone.iter().try_for_each(|key| key.remove(&self.folder))
    }

    /// A new key, which counts for nothing before it is added.
    pub(crate) fn fresh(&self, signs_from: UnixMillis, now: UnixMillis) -> Result<Key, KeeperError> {
        let unmade = |what| KeeperError::Damaged { path: self.folder.path().to_owned(), what };
        if self.keys.len() >= KEYS_MAX {
            return Err(unmade("it holds too many keys; was the clock set?"));
        }
        let signs_until = signs_from.plus_seconds(SIGNS_S);
        let times = Times { made_at: now, signs_from, signs_until, gone_at: signs_until.plus_seconds(RETIRES_S) };
        Key::fresh(times).ok_or_else(|| unmade("no key could be made"))
    }

    /// Takes a new key into use. The files change in an order that leaves, wherever it ends, a ring from which `due` goes on.
    pub(crate) fn add(&mut self, new: Key, now: UnixMillis) -> Result<(), KeeperError> {
        let signs_from = new.times.signs_from;
        if let Some(former) = self.keys.last_mut().filter(|key| now < key.times.signs_until) {
            former.times.signs_until = signs_from;
            former.times.gone_at = signs_from.plus_seconds(RETIRES_S);
            former.store(&self.folder)?;
        }
        new.store(&self.folder)?;
        self.keys.push(new);
        self.sort();
        Ok(())
    }

    /// Drops every key at once. What they signed counts for nothing from here on.
    pub(crate) fn clear(&mut self) -> Result<(), KeeperError> {
        while let Some(key) = self.keys.last() {
            key.remove(&self.folder)?;
            self.keys.pop();
        }
        Ok(())
    }

    /// Their names, for a record.
    pub(crate) fn names(&self) -> String {
        self.keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// What is published.
    pub(crate) fn list(&self, now: UnixMillis) -> Vec<TokenKey> {
        let signer = self.signer(now).map(|key| key.id.as_str());
        let state = |key: &Key| match key {
            key if Some(key.id.as_str()) == signer => TokenKeyState::Active,
            key if key.times.signs_from > now => TokenKeyState::Next,
            _ => TokenKeyState::Retiring,
        };
        let view = |key: &Key| {
            let (x, y) = key.public()?;
            let Times { made_at, signs_from, signs_until, gone_at } = key.times;
            Some(TokenKey { id: key.id.clone(), x, y, state: state(key), made_at, signs_from, signs_until, gone_at })
        };
        self.keys.iter().filter_map(view).collect()
    }

    /// Token and name of the key; `None` when there is no key, or the library refuses.
    pub(crate) fn sign(&self, token: &TokenStatement, now: UnixMillis) -> Option<(String, String)> {
        let key = self.signer(now)?;
        let said = statement::signed_text(token, &key.id, now)?;
        let signature = data_encoding::BASE64URL_NOPAD.encode(&key.sign(said.as_bytes())?);
        Some((format!("{said}.{signature}"), key.id.clone()))
    }
}
