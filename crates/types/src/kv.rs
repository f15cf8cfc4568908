//! Questions to an app's key-value store, and what it says. One shape from the function's host functions to the store.
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether a function may use its app's key-value store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KvAccess {
    /// Every use is refused.
    #[default]
    None,
    Read,
    ReadWrite,
}

impl KvAccess {
    /// The manifest's word; empty for none.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Read => "r",
            Self::ReadWrite => "rw",
        }
    }

    /// Whether this question may be asked.
    pub const fn permits(self, question: &KvQuestion) -> bool {
        match self {
            Self::None => false,
            Self::Read => !question.writes(),
            Self::ReadWrite => true,
        }
    }
}

/// Bytes of a value. `Debug` shows how many: what an app keeps is nobody else's business.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Blob(pub Vec<u8>);

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Blob, E> {
                Ok(Blob(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// What a function may ask of its app's store. Which app's is never part of it: the one who answers knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KvQuestion {
    Get {
        key: String,
    },
    Exists {
        key: String,
    },
    /// What was there before is gone, its metadata and its end included.
    Put {
        key: String,
        value: Blob,
        /// JSON.
        metadata: Option<String>,
        /// Seconds since 1970: from then on the key is not there.
        expires_at_s: Option<u64>,
    },
    Delete {
        key: String,
    },
    /// Keys that begin with `prefix` and come after `after`, in the order of their bytes.
    List {
        prefix: String,
        after: Option<String>,
        /// 1 to [`KV_LIST_MAX`].
        limit: u32,
    },
    /// Adds to a number that is written in decimal digits; one that is not there is 0.
    Add {
        key: String,
        delta: i64,
    },
    /// Puts the value only if the key's version is still this one; `None`: only if the key is not there.
    Swap {
        key: String,
        seen: Option<u64>,
        value: Blob,
    },
}

impl KvQuestion {
    /// Whether it changes anything.
    pub const fn writes(&self) -> bool {
        matches!(self, Self::Put { .. } | Self::Delete { .. } | Self::Add { .. } | Self::Swap { .. })
    }

    /// The key that it is about; a list's is its prefix.
    pub fn key(&self) -> &str {
        match self {
            Self::Get { key }
            | Self::Exists { key }
            | Self::Put { key, .. }
            | Self::Delete { key }
            | Self::Add { key, .. }
            | Self::Swap { key, .. } => key,
            Self::List { prefix, .. } => prefix,
        }
    }

    /// What it is called in messages.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Get { .. } => "get",
            Self::Exists { .. } => "exists",
            Self::Put { .. } => "put",
            Self::Delete { .. } => "delete",
            Self::List { .. } => "list",
            Self::Add { .. } => "increment",
            Self::Swap { .. } => "swap",
        }
    }

    /// Whether its sizes are within the bounds that hold for every app.
    ///
    /// # Errors
    /// The bound that is passed, by name.
    pub fn check(&self) -> Result<(), KvRefusal> {
        let beyond = |limit: &str, reason: String| Err(KvRefusal::Limit { limit: limit.into(), reason });
        let bytes = self.key().len();
        if bytes > KV_KEY_BYTES_MAX {
            return beyond("kv_key_bytes", format!("a key of {bytes} bytes; at most {KV_KEY_BYTES_MAX}"));
        }
        match self {
            Self::List { after, limit, .. } => {
                if after.as_ref().is_some_and(|after| after.len() > KV_KEY_BYTES_MAX) {
                    return Err(KvRefusal::Malformed { reason: "the cursor is none that was given out".into() });
                }
                if !(1..=KV_LIST_MAX).contains(limit) {
                    return beyond("kv_list_keys", format!("{limit} keys in one answer; 1 to {KV_LIST_MAX}"));
                }
                return Ok(());
            }
            Self::Put { value, metadata, .. } => {
                let (value, metadata) = (value.0.len(), metadata.as_ref().map_or(0, String::len));
                if value > KV_VALUE_BYTES_MAX {
                    return beyond("kv_value_bytes", format!("a value of {value} bytes; at most {KV_VALUE_BYTES_MAX}"));
                }
                if metadata > KV_METADATA_BYTES_MAX {
                    let reason = format!("metadata of {metadata} bytes; at most {KV_METADATA_BYTES_MAX}");
                    return beyond("kv_metadata_bytes", reason);
                }
            }
            Self::Swap { value, .. } if value.0.len() > KV_VALUE_BYTES_MAX => {
                let value = value.0.len();
                return beyond("kv_value_bytes", format!("a value of {value} bytes; at most {KV_VALUE_BYTES_MAX}"));
            }
            _ => {}
        }
        if self.key().is_empty() {
            return Err(KvRefusal::Malformed { reason: "a key has at least one byte".into() });
        }
        Ok(())
    }
}

/// Longest key, in bytes of UTF-8.
pub const KV_KEY_BYTES_MAX: usize = 512;
/// Longest value. With key and metadata it fits into one frame between processes (`FRAME_BYTES_MAX` of `wire`, 1 MiB).
pub const KV_VALUE_BYTES_MAX: usize = 1_000_000;
/// Longest metadata of a key, as JSON.
pub const KV_METADATA_BYTES_MAX: usize = 1_024;
/// Most keys in one answer.
pub const KV_LIST_MAX: u32 = 1_000;

/// A value that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvValue {
    pub value: Blob,
    pub metadata: Option<String>,
    /// Another one with each change, and never one that was there before.
    pub version: u64,
}

/// A key of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KvKey {
    pub name: String,
    pub metadata: Option<String>,
    pub expires_at_s: Option<u64>,
}

/// What the store says. Which kind belongs to which question is said there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum KvAnswer {
    /// Of `Get`.
    Value(Option<KvValue>),
    /// Of `Exists`; of `Delete`, whether it was there; of `Swap`, whether it was done.
    Yes(bool),
    /// Of `Put`.
    Done,
    /// Of `List`; `more`: there are others after the last one.
    Keys {
        keys: Vec<KvKey>,
        more: bool,
    },
    /// Of `Add`: the new number.
    Number(i64),
    Refused(KvRefusal),
}

/// Why it was not done. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum KvRefusal {
    /// The function's grant does not reach so far.
    #[error("the function is not granted this; its manifest says what it may do, such as `kv = \"rw\"`")]
    Denied,
    /// A limit by its name.
    #[error("limit `{limit}`: {reason}")]
    Limit { limit: String, reason: String },
    /// `Add` found something that is no number, or would pass the range of 64 bits.
    #[error("the value under this key is no number that can be added to")]
    NotANumber,
    #[error("{reason}")]
    Malformed { reason: String },
    /// The store cannot at the moment; the function's developer cannot help it.
    #[error("the key-value store cannot be used at the moment")]
    Unavailable,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: usize, value: usize, metadata: usize) -> KvQuestion {
        KvQuestion::Put {
            key: "k".repeat(key),
            value: Blob(vec![0; value]),
            metadata: Some("m".repeat(metadata)),
            expires_at_s: None,
        }
    }

    #[test]
    fn what_is_beyond_a_bound_names_it() {
        let list = |limit| KvQuestion::List { prefix: String::new(), after: None, limit };
        for (question, limit) in [
            (put(512, 1_000_000, 1_024), None),
            (put(513, 0, 0), Some("kv_key_bytes")),
            (put(1, 1_000_001, 0), Some("kv_value_bytes")),
            (put(1, 0, 1_025), Some("kv_metadata_bytes")),
            (KvQuestion::Swap { key: "k".into(), seen: None, value: Blob(vec![0; 1_000_001]) }, Some("kv_value_bytes")),
            (list(1_000), None),
            (list(1_001), Some("kv_list_keys")),
            (list(0), Some("kv_list_keys")),
        ] {
            let found = match question.check() {
                Ok(()) => None,
                Err(KvRefusal::Limit { limit, .. }) => Some(limit),
                Err(other) => panic!("{other}"),
            };
            assert_eq!(found.as_deref(), limit);
        }
        assert!(matches!(put(0, 1, 0).check(), Err(KvRefusal::Malformed { .. })));
    }

    #[test]
    fn only_what_is_granted_may_be_asked() {
        let get = KvQuestion::Get { key: "k".into() };
        let add = KvQuestion::Add { key: "k".into(), delta: 1 };
        let may = |access: KvAccess| (access.permits(&get), access.permits(&add));
        assert_eq!(may(KvAccess::None), (false, false));
        assert_eq!(may(KvAccess::Read), (true, false));
        assert_eq!(may(KvAccess::ReadWrite), (true, true));
        assert_eq!(format!("{:?}", Blob(b"secret".to_vec())), "[6 bytes]");
    }
}
