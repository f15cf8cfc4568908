//! What must hold for any bytes from another process. Run by the tests on mangled messages, and by `fuzz/`.
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    FDS_MAX, FRAME_BYTES_MAX, compile, decode, encode,
    frame::{HEADER_BYTES, Header},
    keeper, mail, supervisor, work,
};

/// A stream of frames: no header reserves more than a frame may have, and each payload is read as every message.
pub fn frames(mut bytes: &[u8]) {
    while let Ok(Some(header)) = Header::read(bytes) {
        assert!(header.payload <= FRAME_BYTES_MAX && header.fds <= FDS_MAX);
        let Some((frame, rest)) = bytes.split_at_checked(HEADER_BYTES + header.payload) else { break };
        messages(frame.get(HEADER_BYTES..).unwrap_or_default());
        bytes = rest;
    }
}

/// What is read as a message is that message again when it was written: two processes cannot understand it differently.
fn same<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(payload: &[u8]) {
    let Ok(message) = decode::<T>(0, payload) else { return };
    let Ok(written) = encode(&message) else { panic!("{message:?} cannot be written") };
    match decode::<T>(0, &written) {
        Ok(again) => assert_eq!(again, message),
        Err(error) => panic!("{message:?} cannot be read again: {error}"),
    }
}

/// A payload, as every message that a less trusted process may send, and as those that it is sent.
pub fn messages(payload: &[u8]) {
    same::<work::Hello>(payload);
    same::<work::Loaded>(payload);
    same::<work::Head>(payload);
    same::<work::Fields>(payload);
    same::<work::Failure>(payload);
    same::<work::Credit>(payload);
    same::<work::Log>(payload);
    same::<work::DeniedHatch>(payload);
    same::<work::Ended>(payload);
    same::<work::Ask>(payload);
    same::<work::Told>(payload);
    same::<work::Prepare>(payload);
    same::<work::Assign>(payload);
    same::<work::Load>(payload);
    same::<work::Probe>(payload);
    same::<work::Invoke>(payload);
    same::<compile::Report>(payload);
    same::<compile::Progress>(payload);
    same::<compile::Done>(payload);
    same::<compile::Failed>(payload);
    same::<compile::Job>(payload);
    same::<keeper::Question>(payload);
    same::<keeper::Answer>(payload);
    same::<mail::Hello>(payload);
    same::<mail::Letter>(payload);
    same::<mail::Outcome>(payload);
    same::<supervisor::Start>(payload);
    same::<supervisor::Ready>(payload);
    same::<supervisor::Spawn>(payload);
    same::<supervisor::Kill>(payload);
    same::<supervisor::Exited>(payload);
    same::<supervisor::Note>(payload);
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use types::{Digest, EngineBuild};

    use super::*;
    use crate::Frame;

    #[test]
    fn mangled_frames_and_messages_are_refused_or_understood() {
        let build = EngineBuild::new("sf1/wasmtime-48.0.8+p0/cfg-0123456789abcdef/x86_64-v3").unwrap();
        let head = work::Head { status: 200, fields: work::Fields(vec![("a".into(), b"b".to_vec())]) };
        let failed = work::Failure::Limit { limit: "cpu_ms".into(), reason: "1,000".into() };
        let ask = keeper::Question::SignCheckpoint {
            size: 7,
            root: Digest::from_bytes([1; 32]),
            consistency: vec![Digest::from_bytes([2; 32])],
        };
        let statement = keeper::ArtefactStatement {
            format: 1,
            build: build.clone(),
            component: Digest::from_bytes([3; 32]),
            artefact: Digest::from_bytes([4; 32]),
            artefact_bytes: 9,
        };
        let load = work::Load { statement, signature: vec![5; 64] };
        let payloads = [
            encode(&head).unwrap(),
            encode(&failed).unwrap(),
            encode(&ask).unwrap(),
            encode(&load).unwrap(),
            encode(&work::Ask { number: 7, question: work::Question::Secret("STRIPE_KEY".parse().unwrap()) }).unwrap(),
            encode(&work::Ask {
                number: 8,
                question: work::Question::Kv(types::KvQuestion::Put {
                    key: "k".into(),
                    value: types::Blob(b"v".to_vec()),
                    metadata: Some("{}".into()),
                    expires_at_s: Some(9),
                }),
            })
            .unwrap(),
            encode(&work::Hello { build, posture: "{}".into() }).unwrap(),
            encode(&supervisor::Note { action: "worker-lost".into(), text: "gone".into() }).unwrap(),
        ];
        let mut stream = BytesMut::new();
        for (kind, payload) in (101..).zip(&payloads) {
            Frame::new(kind, 1, payload.clone()).write_to(&mut stream).unwrap();
        }
        let mut seeds: Vec<&[u8]> = payloads.iter().map(|payload| &payload[..]).collect();
        mangle::run(&seeds, 20_000, messages);
        seeds.push(&stream);
        mangle::run(&seeds, 10_000, frames);
    }
}
