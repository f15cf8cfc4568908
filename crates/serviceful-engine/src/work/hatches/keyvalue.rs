//! `wasi:keyvalue`: the app's own store, which is called `default`. There is no other.
use std::sync::Arc;

use futures_util::future::join_all;
use types::{Blob, KV_LIST_MAX, KvAnswer, KvQuestion, KvRefusal, KvValue};
use wasmtime::component::{HasSelf, Linker, Resource};
use wire::work::ASKS_MAX;

use crate::work::{asks, call::Call, guest::Guest};

/// The app's store, opened.
#[expect(unreachable_pub, reason = "the generated bindings give it another name")]
pub struct Opened;

/// What a guest saw of a key, for a swap.
#[expect(unreachable_pub, reason = "the generated bindings give it another name")]
pub struct Seen {
    key: String,
    /// NOT HERE: the value. A guest may have many of these, and the host would hold what is in all of them.
    version: Option<u64>,
}

wasmtime::component::bindgen!({
    inline: "
        package wasi:keyvalue@0.2.0-draft2;
        interface store {
            variant error { no-such-store, access-denied, other(string) }
            record key-response { keys: list<string>, cursor: option<string> }
            open: func(identifier: string) -> result<bucket, error>;
            resource bucket {
                get: func(key: string) -> result<option<list<u8>>, error>;
                set: func(key: string, value: list<u8>) -> result<_, error>;
                delete: func(key: string) -> result<_, error>;
                exists: func(key: string) -> result<bool, error>;
                list-keys: func(cursor: option<string>) -> result<key-response, error>;
            }
        }
        interface atomics {
            use store.{bucket, error};
            variant cas-error { store-error(error), cas-failed(cas) }
            resource cas {
                new: static func(bucket: borrow<bucket>, key: string) -> result<cas, error>;
                current: func() -> result<option<list<u8>>, error>;
            }
            increment: func(bucket: borrow<bucket>, key: string, delta: s64) -> result<s64, error>;
            swap: func(cas: cas, value: list<u8>) -> result<_, cas-error>;
        }
        interface batch {
            use store.{bucket, error};
            get-many: func(bucket: borrow<bucket>, keys: list<string>) -> result<list<tuple<string, option<list<u8>>>>, error>;
            set-many: func(bucket: borrow<bucket>, key-values: list<tuple<string, list<u8>>>) -> result<_, error>;
            delete-many: func(bucket: borrow<bucket>, keys: list<string>) -> result<_, error>;
        }
        world imports { import store; import atomics; import batch; }
    ",
    imports: { default: async | trappable },
    with: {
        "wasi:keyvalue/store.bucket": Opened,
        "wasi:keyvalue/atomics.cas": Seen,
    },
});

use wasi::keyvalue::{
    atomics::{self, CasError},
    batch,
    store::{self, Error, KeyResponse},
};

/// Most bytes of values that one `get-many` gives: they are all held at a time.
const BATCH_BYTES_MAX: usize = 16 << 20;
/// The one store that there is.
const NAME: &str = "default";

pub(super) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    Imports::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)
}

/// An error that says which limit it was.
fn refused(refusal: KvRefusal) -> Error {
    match refusal {
        KvRefusal::Denied => Error::AccessDenied,
        other => Error::Other(other.to_string()),
    }
}

/// An answer of another kind than the question.
fn odd() -> Error {
    refused(KvRefusal::Unavailable)
}

/// The app's store, as one call asks it. Apart from the guest, which cannot be looked at while an answer is awaited.
struct Asking(Arc<Call>);

impl Asking {
    async fn ask(&self, question: KvQuestion) -> Result<KvAnswer, Error> {
        match asks::kv(&self.0, question).await {
            KvAnswer::Refused(refusal) => Err(refused(refusal)),
            answer => Ok(answer),
        }
    }

    async fn get(&self, key: String) -> Result<Option<KvValue>, Error> {
        match self.ask(KvQuestion::Get { key }).await? {
            KvAnswer::Value(found) => Ok(found),
            _ => Err(odd()),
        }
    }

    async fn set(&self, key: String, value: Vec<u8>) -> Result<(), Error> {
        let question = KvQuestion::Put { key, value: Blob(value), metadata: None, expires_at_s: None };
        self.ask(question).await.map(drop)
    }

    async fn delete(&self, key: String) -> Result<(), Error> {
        self.ask(KvQuestion::Delete { key }).await.map(drop)
    }
}

impl Guest {
    fn asking(&self) -> Asking {
        Asking(self.call.clone())
    }
}

impl store::Host for Guest {
    async fn open(&mut self, identifier: String) -> wasmtime::Result<Result<Resource<Opened>, Error>> {
        if !self.in_request {
            return Ok(Err(Error::Other("the store can be used while a request runs only".into())));
        }
        if !asks::may_open(&self.call) {
            return Ok(Err(Error::AccessDenied));
        }
        if identifier != NAME {
            return Ok(Err(Error::NoSuchStore));
        }
        Ok(Ok(self.table.push(Opened)?))
    }
}

impl store::HostBucket for Guest {
    async fn get(&mut self, _: Resource<Opened>, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(self.asking().get(key).await.map(|found| found.map(|found| found.value.0)))
    }

    async fn set(&mut self, _: Resource<Opened>, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.asking().set(key, value).await)
    }

    async fn delete(&mut self, _: Resource<Opened>, key: String) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.asking().delete(key).await)
    }

    async fn exists(&mut self, _: Resource<Opened>, key: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(match self.asking().ask(KvQuestion::Exists { key }).await {
            Ok(KvAnswer::Yes(there)) => Ok(there),
            Ok(_) => Err(odd()),
            Err(error) => Err(error),
        })
    }

    /// The cursor is the last key of the page before.
    async fn list_keys(
        &mut self,
        _: Resource<Opened>,
        cursor: Option<String>,
    ) -> wasmtime::Result<Result<KeyResponse, Error>> {
        let question = KvQuestion::List { prefix: String::new(), after: cursor, limit: KV_LIST_MAX };
        Ok(match self.asking().ask(question).await {
            Ok(KvAnswer::Keys { keys, more }) => {
                let keys: Vec<String> = keys.into_iter().map(|key| key.name).collect();
                let cursor = if more { keys.last().cloned() } else { None };
                Ok(KeyResponse { keys, cursor })
            }
            Ok(_) => Err(odd()),
            Err(error) => Err(error),
        })
    }

    async fn drop(&mut self, bucket: Resource<Opened>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl Guest {
    async fn look(&mut self, key: String) -> wasmtime::Result<Result<Resource<Seen>, Error>> {
        match self.asking().get(key.clone()).await {
            Ok(found) => {
                let version = found.map(|found| found.version);
                Ok(Ok(self.table.push(Seen { key, version })?))
            }
            Err(error) => Ok(Err(error)),
        }
    }
}

impl atomics::Host for Guest {
    async fn increment(
        &mut self,
        _: Resource<Opened>,
        key: String,
        delta: i64,
    ) -> wasmtime::Result<Result<i64, Error>> {
        Ok(match self.asking().ask(KvQuestion::Add { key, delta }).await {
            Ok(KvAnswer::Number(number)) => Ok(number),
            Ok(_) => Err(odd()),
            Err(error) => Err(error),
        })
    }

    async fn swap(&mut self, cas: Resource<Seen>, value: Vec<u8>) -> wasmtime::Result<Result<(), CasError>> {
        let Seen { key, version, .. } = self.table.delete(cas)?;
        let question = KvQuestion::Swap { key: key.clone(), seen: version, value: Blob(value) };
        Ok(match self.asking().ask(question).await {
            Ok(KvAnswer::Yes(true)) => Ok(()),
            // Somebody else was quicker: here is what is there now.
            Ok(KvAnswer::Yes(false)) => match self.look(key).await? {
                Ok(seen) => Err(CasError::CasFailed(seen)),
                Err(error) => Err(CasError::StoreError(error)),
            },
            Ok(_) => Err(CasError::StoreError(odd())),
            Err(error) => Err(CasError::StoreError(error)),
        })
    }
}

impl atomics::HostCas for Guest {
    async fn new(&mut self, _: Resource<Opened>, key: String) -> wasmtime::Result<Result<Resource<Seen>, Error>> {
        self.look(key).await
    }

    async fn current(&mut self, cas: Resource<Seen>) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let key = self.table.get(&cas)?.key.clone();
        match self.asking().get(key).await {
            Ok(found) => {
                // What the guest sees now is what a swap compares with.
                self.table.get_mut(&cas)?.version = found.as_ref().map(|found| found.version);
                Ok(Ok(found.map(|found| found.value.0)))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    async fn drop(&mut self, cas: Resource<Seen>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

/// Each key by itself, several on their way at a time; the first that is refused is what is told.
impl batch::Host for Guest {
    async fn get_many(
        &mut self,
        _: Resource<Opened>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<(String, Option<Vec<u8>>)>, Error>> {
        let asking = self.asking();
        let (mut all, mut bytes) = (Vec::new(), 0);
        for some in keys.chunks(ASKS_MAX) {
            for (key, found) in some.iter().zip(join_all(some.iter().map(|key| asking.get(key.clone()))).await) {
                let value = match found {
                    Ok(found) => found.map(|found| found.value.0),
                    Err(error) => return Ok(Err(error)),
                };
                bytes += value.as_ref().map_or(0, Vec::len);
                if bytes > BATCH_BYTES_MAX {
                    let reason = format!("more than {BATCH_BYTES_MAX} bytes of values at once");
                    return Ok(Err(refused(KvRefusal::Limit { limit: "kv_batch_bytes".into(), reason })));
                }
                all.push((key.clone(), value));
            }
        }
        Ok(Ok(all))
    }

    async fn set_many(
        &mut self,
        _: Resource<Opened>,
        pairs: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let asking = self.asking();
        let puts = pairs.into_iter().map(|(key, value)| asking.set(key, value));
        Ok(join_all(puts).await.into_iter().collect())
    }

    async fn delete_many(&mut self, _: Resource<Opened>, keys: Vec<String>) -> wasmtime::Result<Result<(), Error>> {
        let asking = self.asking();
        let deletes = keys.into_iter().map(|key| asking.delete(key));
        Ok(join_all(deletes).await.into_iter().collect())
    }
}
