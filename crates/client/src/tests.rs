//! The client against a peer that says exactly what a test wants.
use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
    task::JoinHandle,
};
use types::{AppName, Secret};

use crate::{Address, Client, ClientError};

/// Answers one request with `answer`; gives back what was asked.
fn peer(folder: &tempfile::TempDir, answer: &'static str) -> (Address, JoinHandle<String>) {
    let path = folder.path().join("host.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        let mut piece = [0; 4_096];
        while !asked.windows(4).any(|w| w == b"\r\n\r\n") {
            let read = stream.read(&mut piece).await.unwrap();
            assert_ne!(read, 0, "the client went away");
            asked.extend_from_slice(&piece[..read]);
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(asked).unwrap()
    });
    (Address::Socket { path: Arc::new(path), host: "console.localhost:8080".into() }, asked)
}

fn coffee() -> AppName {
    AppName::parse("coffee").unwrap()
}

#[tokio::test]
async fn a_call_is_one_plain_request_with_the_credential_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (address, asked) = peer(&folder, "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"apps\":[]}");
    let apps = Client::new(address, Some(Secret::new("sfp_x".into()))).apps().await.unwrap();
    assert!(apps.apps.is_empty());
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("GET /api/v1/apps HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("host: console.localhost:8080\r\n"), "{asked}");
    assert!(asked.contains("authorization: Bearer sfp_x\r\n"), "{asked}");
}

#[tokio::test]
async fn names_in_a_path_cannot_leave_their_segment() {
    let folder = tempfile::tempdir().unwrap();
    let (address, asked) = peer(&folder, "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"removed\":\"x\"}");
    Client::new(address, None).remove_member(&coffee(), "../a b?c#d").await.unwrap();
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("DELETE /api/v1/apps/coffee/members/..%2Fa%20b%3Fc%23d HTTP/1.1"), "{asked}");
}

#[tokio::test]
async fn a_refusal_is_told_whole() {
    let folder = tempfile::tempdir().unwrap();
    let answer = "HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\nconnection: close\r\n\r\n\
        {\"type\":\"/errors/POL-001\",\"status\":403,\"code\":\"POL-001\",\"title\":\"policy does not allow this\",\
        \"detail\":\"only admins deploy\",\"next\":\"ask one\",\"request\":\"r-1\"}";
    let (address, _asked) = peer(&folder, answer);
    let error = Client::new(address, None).components_missing(vec![]).await.unwrap_err();
    assert_eq!(error.to_string(), "policy does not allow this: only admins deploy");
    assert_eq!(error.problem().unwrap().next.as_deref(), Some("ask one"));
}

#[tokio::test]
async fn what_is_not_ours_is_said_to_be_so() {
    for (answer, what) in [
        ("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\n\r\noops", "502"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "shape"),
        ("HTTP/1.1 302 Found\r\nlocation: http://elsewhere/\r\ncontent-length: 0\r\n\r\n", "302"),
        ("SSH-2.0-OpenSSH\r\n", "broke"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (address, _asked) = peer(&folder, answer);
        let error = Client::new(address, None).apps().await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[tokio::test]
async fn lines_of_a_log_arrive_whole_whatever_the_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let answer = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
        1d\r\n{\"at\":5,\"function\":\"menu\",\"re\r\n\
        30\r\nquest\":null,\"stream\":\"stdout\",\"text\":\"hello\"}\n\n\n\r\n0\r\n\r\n";
    let (address, _asked) = peer(&folder, answer);
    let mut lines = Client::new(address, None).logs(&coffee(), 5, true).await.unwrap();
    assert_eq!(lines.next().await.unwrap().unwrap().text, "hello");
    assert!(lines.next().await.unwrap().is_none());
}

#[tokio::test]
async fn no_credential_crosses_a_network_in_clear() {
    // 192.0.2.0/24 is for documentation (RFC 5737): were it dialled, this would hang and not be refused at once.
    let address: Address = "http://192.0.2.1".parse().unwrap();
    let error = Client::new(address, Some(Secret::new("sfp_x".into()))).whoami().await.unwrap_err();
    assert!(matches!(error, ClientError::InClear { .. }), "{error}");
    assert!(!format!("{error:?}").contains("sfp_x"));
}

#[tokio::test]
async fn nobody_there_is_unreachable_not_broken() {
    let path = Arc::new(std::path::PathBuf::from("/no/such/socket"));
    let client = Client::new(Address::Socket { path, host: "console".into() }, None);
    assert!(matches!(client.whoami().await, Err(ClientError::Unreachable { .. })));
    let malformed = Client::new("http://127.0.0.1:1".parse().unwrap(), Some(Secret::new("a\nb".into())));
    assert!(matches!(malformed.whoami().await, Err(ClientError::Unsendable { .. })));
}
