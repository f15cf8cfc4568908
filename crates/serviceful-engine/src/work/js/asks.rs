//! What the engine asks the front for: secrets and what the caller may do at once, keys and values by and by.
use std::{
    collections::HashMap,
    task::{Context, Poll},
};

use futures_util::{Stream as _, stream::FuturesUnordered};
use types::{Blob, KvAnswer, KvQuestion, KvRefusal};
use wasmtime::{Caller, Error, Result};

use super::{
    guest::Guest,
    host::{bytes, memory, string},
};
use crate::{
    js::list::{Items, push},
    work::asks::{self, NoSecret},
};

/// Questions that one request may have under way; the engine's own promises wait for a place.
const WAITING_MAX: usize = 10_000;

/// As much is read of a name, so that one that is too long is seen to be.
const NAME_BYTES: usize = 1 << 10;

type Waiting = std::pin::Pin<Box<dyn Future<Output = (u32, KvAnswer)> + Send>>;

/// Questions under way, and answers that the guest has not taken yet.
#[derive(Default)]
pub(super) struct Asks {
    next: u32,
    waiting: FuturesUnordered<Waiting>,
    answers: HashMap<u32, Vec<u8>>,
}

impl Asks {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The number of a question that is answered now.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<u32> {
        match std::pin::Pin::new(&mut self.waiting).poll_next(cx) {
            Poll::Ready(Some((number, answer))) => {
                self.answers.insert(number, told(answer));
                Poll::Ready(number)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// The length of the value, of which as much as fits is at `to`; negative: there is none ([`NoSecret`]).
pub(super) async fn secret(
    mut host: Caller<'_, Guest>,
    (name, name_len): (u32, u32),
    (to, room): (u32, u32),
) -> Result<i32> {
    let name = String::from_utf8_lossy(bytes(&host, name, name_len)?).into_owned();
    let call = host.data().call.clone();
    let value = match asks::secret(&call, &name).await {
        Ok(value) => value,
        Err(NoSecret::NotGranted) => return Ok(-1),
        Err(NoSecret::NotSet) => return Ok(-2),
        Err(NoSecret::Unavailable) => return Ok(-3),
    };
    let value = value.reveal().as_bytes();
    let memory = memory(&host)?;
    let fits = value.len().min(room as usize);
    memory.write(&mut host, to as usize, value.get(..fits).unwrap_or_default())?;
    Ok(i32::try_from(value.len())?)
}

/// The number under which an event `ANSWER` will come.
pub(super) fn ask(mut host: Caller<'_, Guest>, list: u32, list_len: u32) -> Result<u32> {
    let question = question(bytes(&host, list, list_len)?).ok_or_else(|| Error::msg("a question is malformed"))?;
    let guest = host.data_mut();
    if guest.asks.waiting.len() >= WAITING_MAX {
        return Err(Error::msg("too many questions to the key-value store are under way"));
    }
    guest.asks.next = guest.asks.next.wrapping_add(1);
    let (number, call) = (guest.asks.next, guest.call.clone());
    guest.asks.waiting.push(Box::pin(async move { (number, asks::kv(&call, question).await) }));
    Ok(number)
}

/// As `text`: the length of the answer, of which as much as fits is at `to`. One that fits is forgotten.
pub(super) fn take(mut host: Caller<'_, Guest>, number: u32, to: u32, room: u32) -> Result<i32> {
    let Some(answer) = host.data_mut().asks.answers.remove(&number) else { return Ok(-1) };
    let length = i32::try_from(answer.len())?;
    if answer.len() > room as usize {
        host.data_mut().asks.answers.insert(number, answer);
        return Ok(length);
    }
    let memory = memory(&host)?;
    memory.write(&mut host, to as usize, &answer)?;
    Ok(length)
}

/// A list: what is wanted, then what belongs to it. `js/web/bindings.js` is the other side.
fn question(list: &[u8]) -> Option<KvQuestion> {
    let mut items = Items(list);
    let what = items.next()?;
    let mut text = || String::from_utf8(items.next()?.to_vec()).ok();
    let optional = |text: String| if text.is_empty() { None } else { Some(text) };
    let question = match what {
        b"get" => KvQuestion::Get { key: text()? },
        b"put" => {
            let (key, metadata, end) = (text()?, optional(text()?), optional(text()?));
            let expires_at_s = match end {
                Some(end) => Some(end.parse().ok()?),
                None => None,
            };
            KvQuestion::Put { key, value: Blob(items.next()?.to_vec()), metadata, expires_at_s }
        }
        b"delete" => KvQuestion::Delete { key: text()? },
        b"list" => {
            let (prefix, after) = (text()?, optional(text()?));
            KvQuestion::List { prefix, after, limit: text()?.parse().ok()? }
        }
        _ => return None,
    };
    Some(question)
}

/// An answer as a list; its first item says of which kind it is.
fn told(answer: KvAnswer) -> Vec<u8> {
    let mut list = Vec::new();
    match answer {
        KvAnswer::Value(None) => push(&mut list, b"none"),
        KvAnswer::Value(Some(found)) => {
            list.reserve(found.value.0.len() + 64);
            push(&mut list, b"value");
            push(&mut list, found.metadata.unwrap_or_default().as_bytes());
            push(&mut list, &found.value.0);
        }
        KvAnswer::Done | KvAnswer::Yes(_) | KvAnswer::Number(_) => push(&mut list, b"done"),
        KvAnswer::Keys { keys, more } => {
            push(&mut list, b"keys");
            push(&mut list, if more { b"more" } else { b"" });
            for key in keys {
                push(&mut list, key.name.as_bytes());
                push(&mut list, key.metadata.unwrap_or_default().as_bytes());
                push(&mut list, key.expires_at_s.map_or_else(String::new, |end| end.to_string()).as_bytes());
            }
        }
        KvAnswer::Refused(refusal) => {
            push(&mut list, b"refused");
            push(&mut list, if let KvRefusal::Limit { limit, .. } = &refusal { limit.as_bytes() } else { b"" });
            push(&mut list, refusal.to_string().as_bytes());
        }
    }
    list
}

/// 1 or 0; below 0: the length of the text that says why there is no answer.
pub(super) async fn allowed(
    mut host: Caller<'_, Guest>,
    action: (u32, u32),
    resource: (u32, u32),
    (to, room): (u32, u32),
) -> Result<i32> {
    let action = string(&host, action.0, action.1, NAME_BYTES)?;
    let resource = string(&host, resource.0, resource.1, NAME_BYTES)?;
    let call = host.data().call.clone();
    match asks::allowed(&call, action, resource).await {
        Ok(yes) => Ok(i32::from(yes)),
        Err(text) => {
            let memory = memory(&host)?;
            let text = text.as_bytes();
            let fits = text.get(..room as usize).unwrap_or(text);
            memory.write(&mut host, to as usize, fits)?;
            Ok(i32::try_from(fits.len()).map_or(i32::MIN, |length| -length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&[u8]]) -> Vec<u8> {
        let mut list = Vec::new();
        items.iter().for_each(|item| push(&mut list, item));
        list
    }

    #[test]
    fn questions_are_read_whole_or_not_at_all() {
        let put = list(&[b"put", b"k", b"{}", b"17", b"\xff\x00"]);
        let expected = KvQuestion::Put {
            key: "k".into(),
            value: Blob(vec![0xff, 0]),
            metadata: Some("{}".into()),
            expires_at_s: Some(17),
        };
        assert_eq!(question(&put), Some(expected));
        for cut in 0..put.len() {
            assert_eq!(question(&put[..cut]), None, "{cut}");
        }
        for bad in [
            list(&[b"get", b"\xff"]),
            list(&[b"drop", b"k"]),
            list(&[b"put", b"k", b"", b"-1", b"v"]),
            list(&[b"list", b"", b"", b"many"]),
            vec![],
        ] {
            assert_eq!(question(&bad), None);
        }
    }
}
