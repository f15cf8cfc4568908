use std::{
    fs::File,
    io::{Read, Seek, Write},
    os::fd::OwnedFd,
};

use bytes::Bytes;

use super::*;

fn two() -> (Channel, Channel) {
    let (a, b) = pair().unwrap();
    (Channel::new(a).unwrap(), Channel::new(b).unwrap())
}

fn file(text: &str) -> OwnedFd {
    let fd = rustix::fs::memfd_create("t", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
    let mut file = File::from(fd);
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    file.into()
}

#[tokio::test]
async fn frames_arrive_whole_and_in_order() {
    let (a, mut b) = two();
    let frames = (0..100).map(|i| Frame::new(1, i, Bytes::from(vec![i as u8; i as usize * 700]))).collect();
    a.sender.send(frames).unwrap();
    for i in 0..100u32 {
        let frame = b.receiver.next().await.unwrap();
        assert_eq!((frame.stream, frame.payload.len()), (i, i as usize * 700));
        assert!(frame.payload.iter().all(|byte| *byte == i as u8));
    }
}

#[tokio::test]
async fn descriptors_stay_with_their_frame() {
    let (a, mut b) = two();
    for round in 0..20u32 {
        let mut with = Frame::new(2, round, Bytes::from_static(b"x"));
        with.fds.push(file(&format!("file {round}")));
        a.sender
            .send(vec![Frame::new(1, round, Bytes::from(vec![0; 50_000])), with, Frame::new(3, round, Bytes::new())])
            .unwrap();
    }
    for round in 0..20u32 {
        assert!(b.receiver.next().await.unwrap().fds.is_empty());
        let mut frame = b.receiver.next().await.unwrap();
        let mut text = String::new();
        File::from(frame.take_fd().unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!((frame.stream, text), (round, format!("file {round}")));
        assert!(b.receiver.next().await.unwrap().fds.is_empty());
    }
}

#[tokio::test]
async fn a_slow_reader_holds_the_writer_back_and_loses_nothing() {
    let (a, mut b) = two();
    let writer = tokio::spawn(async move {
        for i in 0..400u32 {
            a.sender.ready().await.unwrap();
            a.sender.send(vec![Frame::new(1, i, Bytes::from(vec![7; CHUNK]))]).unwrap();
        }
        a
    });
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!writer.is_finished(), "24 MiB do not fit anywhere");
    for i in 0..400u32 {
        let frame = b.receiver.next().await.unwrap();
        assert_eq!((frame.stream, frame.payload.len()), (i, CHUNK));
    }
    writer.await.unwrap();
}
const CHUNK: usize = 60_000;

#[tokio::test]
async fn what_ready_tasks_post_leaves_together_and_in_order() {
    let (a, mut b) = two();
    for i in 0..50u32 {
        a.sender.post(vec![Frame::new(1, i, Bytes::from_static(b"posted"))]).unwrap();
    }
    let peek = |b: &Channel| {
        let mut byte = [0u8; 1];
        rustix::net::recv(b.receiver.socket.as_fd(), &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT)
    };
    assert!(peek(&b).is_err(), "a post made a system call of its own");
    // What is sent after a post comes after it.
    a.sender.send(vec![Frame::new(2, 50, Bytes::new())]).unwrap();
    for i in 0..=50u32 {
        assert_eq!(b.receiver.next().await.unwrap().stream, i);
    }
    a.sender.flushed().await.unwrap();
}

#[tokio::test]
async fn a_post_to_a_peer_that_is_gone_is_found_out() {
    let (a, b) = two();
    drop(b);
    a.sender.post(vec![Frame::new(1, 1, Bytes::from_static(b"x"))]).unwrap();
    assert!(matches!(a.sender.flushed().await, Err(ChannelError::Gone)));
    assert!(matches!(a.sender.post(Vec::new()), Err(ChannelError::Gone)));
}

#[tokio::test]
async fn the_end_of_the_peer_is_noticed_by_both_sides() {
    let (a, mut b) = two();
    a.sender.send(vec![Frame::new(1, 1, Bytes::from_static(b"last"))]).unwrap();
    drop(a);
    assert_eq!(&b.receiver.next().await.unwrap().payload[..], b"last");
    assert!(matches!(b.receiver.next().await, Err(ChannelError::Gone)));
    assert!(b.sender.send(vec![Frame::new(1, 1, Bytes::new())]).is_err() && b.sender.is_gone());
    assert!(matches!(b.sender.ready().await, Err(ChannelError::Gone)));
}

async fn raw(bytes: &[u8]) -> Result<Frame, ChannelError> {
    let (a, b) = pair().unwrap();
    let mut b = Channel::new(b).unwrap();
    std::os::unix::net::UnixStream::from(a).write_all(bytes).unwrap();
    b.receiver.next().await
}

#[tokio::test]
async fn lies_about_sizes_and_descriptors_end_the_channel() {
    let long = raw(&[0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0]).await;
    assert!(matches!(long, Err(ChannelError::Protocol(FrameError::TooLong { .. }))));
    let fds = raw(&[0, 0, 0, 0, 1, 200, 0, 0, 0, 0, 0, 0]).await;
    assert!(matches!(fds, Err(ChannelError::Protocol(FrameError::TooManyFds { .. }))));
    let absent = raw(&[0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]).await;
    assert!(matches!(absent, Err(ChannelError::Protocol(FrameError::MissingFd { .. }))));
    assert!(matches!(raw(&[5, 0, 0, 0, 1, 0]).await, Err(ChannelError::Gone)));
}

#[test]
fn messages_refuse_trailing_and_missing_bytes() {
    let bytes = crate::encode(&("text", 7u32)).unwrap();
    assert_eq!(crate::decode::<(String, u32)>(1, &bytes).unwrap(), ("text".to_owned(), 7));
    let longer = [&bytes[..], &[0]].concat();
    assert!(crate::decode::<(String, u32)>(1, &longer).is_err());
    assert!(crate::decode::<(String, u32)>(1, &bytes[..bytes.len() - 1]).is_err());
}
