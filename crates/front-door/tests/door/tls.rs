//! TLS and HTTP/2, with an honest client and with frames written by hand.
use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use front_door::{CertificateFile, Certificates, Config, FileCertificates};
use http::{Request, StatusCode, Version};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    house::{Standing, hasty, open},
    raw::{closed_after, connect},
};

struct Authority {
    _folder: tempfile::TempDir,
    certificates: Arc<dyn Certificates>,
    roots: RootCertStore,
}

fn authority() -> Authority {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["coffee.localhost", "tea.localhost"].map(str::to_owned)).unwrap();
    let names = vec!["*.localhost".to_owned()];
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&chain).unwrap()).unwrap();
    let certificates = Arc::new(FileCertificates::read(&[CertificateFile { names, chain, key }]).unwrap());
    Authority { _folder: folder, certificates, roots }
}

fn client(roots: &RootCertStore, alpn: &[&[u8]]) -> TlsConnector {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|p| p.to_vec()).collect();
    TlsConnector::from(Arc::new(config))
}

async fn shake(
    address: SocketAddr,
    roots: &RootCertStore,
    name: &str,
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    client(roots, alpn).connect(name, connect(address).await).await
}

type Sender = hyper::client::conn::http2::SendRequest<Full<Bytes>>;

async fn h2(door: &Standing, roots: &RootCertStore) -> Sender {
    let stream = shake(door.address, roots, "coffee.localhost", &[b"h2"]).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn request(door: &Standing, method: &str, host: &str, path: &str) -> Request<Full<Bytes>> {
    let uri = format!("https://{host}:{}{path}", door.address.port());
    Request::builder().method(method).uri(uri).version(Version::HTTP_2).body(Full::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h2_is_served_and_bound_to_the_name_of_its_handshake() {
    let authority = authority();
    let door = open(Config::default(), Some(authority.certificates.clone()));
    let mut sender = h2(&door, &authority.roots).await;
    let mut echo = request(&door, "POST", "coffee.localhost", "/echo");
    *echo.body_mut() = Full::from("twice");
    let answer = sender.send_request(echo).await.unwrap();
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
    assert!(answer.headers().contains_key("strict-transport-security"));
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "twice");
    let refusals = [
        ("another deployed name", request(&door, "GET", "tea.localhost", "/"), 421),
        ("an unknown name", request(&door, "GET", "evil.example", "/"), 421),
        ("trace", request(&door, "TRACE", "coffee.localhost", "/"), 405),
        ("dots", request(&door, "GET", "coffee.localhost", "/a/%2e%2e/b"), 400),
        ("spoofed", with(request(&door, "GET", "coffee.localhost", "/"), "x-forwarded-user", "root"), 400),
        ("two hosts", with(request(&door, "GET", "coffee.localhost", "/"), "host", "tea.localhost"), 400),
    ];
    for (name, attack, status) in refusals {
        assert_eq!(sender.send_request(attack).await.unwrap().status().as_u16(), status, "{name}");
    }
    let mut many = request(&door, "GET", "coffee.localhost", "/");
    for i in 0..65 {
        many.headers_mut().insert(http::HeaderName::try_from(format!("a{i}")).unwrap(), "b".parse().unwrap());
    }
    let answer = sender.send_request(many).await.unwrap();
    assert_eq!(answer.status().as_u16(), 431);
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), 0, "a head alone");
    assert_eq!(door.calls(), 1);
}

fn with(mut request: Request<Full<Bytes>>, name: &'static str, value: &'static str) -> Request<Full<Bytes>> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http1_over_tls_by_alpn_or_without_it_and_nothing_for_unknown_names() {
    let authority = authority();
    let door = open(Config::default(), Some(authority.certificates.clone()));
    for alpn in [&[b"http/1.1".as_slice()] as &[&[u8]], &[]] {
        let stream = shake(door.address, &authority.roots, "coffee.localhost", alpn).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let host = format!("coffee.localhost:{}", door.address.port());
        let ask = Request::builder().uri("/").header("host", host).body(Empty::<Bytes>::new()).unwrap();
        assert_eq!(sender.send_request(ask).await.unwrap().status(), StatusCode::OK);
    }
    assert!(shake(door.address, &authority.roots, "evil.example", &[b"h2"]).await.is_err(), "no default certificate");
    assert!(shake(door.address, &authority.roots, "127.0.0.1", &[b"h2"]).await.is_err(), "nor for an address");
    assert!(shake(door.address, &authority.roots, "coffee.localhost", &[b"spdy/3"]).await.is_err());
    // Plain HTTP on a TLS port is no HTTP at all.
    let (answer, closed) =
        super::raw::exchange(door.address, b"GET / HTTP/1.1\r\nHost: coffee.localhost\r\n\r\n").await;
    assert!(closed && !answer.contains("HTTP/"), "{answer}");
    assert_eq!(door.calls(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_and_slow_h2_clients_are_closed() {
    let authority = authority();
    let config = Config { h2_ping_interval_ms: 300, h2_ping_timeout_ms: 300, ..hasty() };
    let door = open(config, Some(authority.certificates.clone()));
    let mut plain = connect(door.address).await;
    assert!(closed_after(&mut plain, b"", Duration::from_secs(3)).await.is_some(), "no handshake");
    assert_eq!(door.counter("handshakes_failed"), 1);
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    // HEADERS for stream 1 without END_HEADERS.
    const HEADERS: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82];
    let openings = [
        ("nothing", vec![]),
        ("part of the preface", PREFACE[..10].to_vec()),
        ("preface alone", [PREFACE, SETTINGS].concat()),
        ("headers without an end", [PREFACE, SETTINGS, HEADERS].concat()),
    ];
    for (name, opening) in openings {
        let mut stream = shake(door.address, &authority.roots, "coffee.localhost", &[b"h2"]).await.unwrap();
        stream.write_all(&opening).await.unwrap();
        stream.flush().await.unwrap();
        let mut all = Vec::new();
        let closed = timeout(Duration::from_secs(4), stream.read_to_end(&mut all)).await;
        assert!(closed.is_ok(), "{name} is still open");
    }
    assert_eq!(door.calls(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frame_floods_end_the_connection() {
    let authority = authority();
    let door = open(Config::default(), Some(authority.certificates.clone()));
    let frames: [(&str, Vec<u8>); 3] = [
        ("settings", vec![0, 0, 0, 4, 0, 0, 0, 0, 0]),
        ("ping", [vec![0, 0, 8, 6, 0, 0, 0, 0, 0], vec![7; 8]].concat()),
        ("priority", [vec![0, 0, 5, 2, 0, 0, 0, 0, 1], vec![0, 0, 0, 3, 1]].concat()),
    ];
    for (name, frame) in frames {
        let stream = shake(door.address, &authority.roots, "coffee.localhost", &[b"h2"]).await.unwrap();
        let (mut reader, mut writer) = tokio::io::split(stream);
        // Answers are read, so that nothing but the count of frames can end it.
        let reading = tokio::spawn(async move { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await });
        writer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        writer.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        let batch = frame.repeat(500);
        let ended = timeout(Duration::from_secs(5), async {
            while writer.write_all(&batch).await.is_ok() && writer.flush().await.is_ok() {}
        });
        assert!(ended.await.is_ok(), "{name}: still open");
        let _ = reading.await;
    }
    assert_eq!((door.counter("frame_floods"), door.calls()), (3, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_whose_client_opens_no_window_is_closed() {
    let authority = authority();
    let config = Config { idle_ms: 60_000, ..hasty() };
    let door = open(config, Some(authority.certificates.clone()));
    let mut sender = h2(&door, &authority.roots).await;
    let answer = sender.send_request(request(&door, "GET", "coffee.localhost", "/endless")).await.unwrap();
    // The body is never read, so the window is never opened again.
    for _ in 0..80 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if door.counter("slow_reader") == 1 {
            break;
        }
    }
    assert_eq!(door.counter("slow_reader"), 1);
    let made = door.notes.streamed.load(std::sync::atomic::Ordering::SeqCst);
    assert!(made < 16 << 20, "{made} bytes for nobody");
    drop(answer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_h2_drain_answers_what_began() {
    let authority = authority();
    let door = open(hasty(), Some(authority.certificates.clone()));
    let mut sender = h2(&door, &authority.roots).await;
    let answers: Vec<_> =
        (0..10).map(|_| sender.send_request(request(&door, "GET", "coffee.localhost", "/slow"))).collect();
    tokio::time::sleep(Duration::from_millis(150)).await;
    door.stop.send(true).unwrap();
    for answer in answers {
        let answer = answer.await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "slow");
    }
    drop(sender);
    let drained = timeout(Duration::from_secs(3), door.served).await.unwrap().unwrap();
    assert_eq!(drained.cut_off, 0);
}

#[test]
fn keys_that_do_not_fit_and_names_that_are_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let one = rcgen::generate_simple_self_signed(vec!["a.localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["b.localhost".to_owned()]).unwrap();
    std::fs::write(&chain, one.cert.pem()).unwrap();
    std::fs::write(&key, other.signing_key.serialize_pem()).unwrap();
    let file = |name: &str| CertificateFile { names: vec![name.into()], chain: chain.clone(), key: key.clone() };
    assert!(FileCertificates::read(&[file("a.localhost")]).err().unwrap().to_string().contains("key.pem"));
    std::fs::write(&key, one.signing_key.serialize_pem()).unwrap();
    assert!(FileCertificates::read(&[file("a.localhost")]).is_ok());
    assert!(FileCertificates::read(&[file("*.localhost")]).is_ok(), "at least one name of that kind is held");
    for wrong in ["b.localhost", "x.a.localhost", "localhost", "*.a.localhost", "*.example.org"] {
        let said = FileCertificates::read(&[file(wrong)]).err().unwrap().to_string();
        assert!(said.contains(wrong) && said.contains("holds a.localhost"), "{said}");
    }
    assert!(FileCertificates::read(&[file("A.Localhost")]).is_ok());
    assert!(FileCertificates::read(&[file("*")]).err().unwrap().to_string().contains("`*`"));
    let wild = rcgen::generate_simple_self_signed(vec!["*.apps.localhost".to_owned()]).unwrap();
    std::fs::write(&chain, wild.cert.pem()).unwrap();
    std::fs::write(&key, wild.signing_key.serialize_pem()).unwrap();
    for (name, fits) in
        [("*.apps.localhost", true), ("tea.apps.localhost", true), ("apps.localhost", false), ("*.localhost", false)]
    {
        assert_eq!(FileCertificates::read(&[file(name)]).is_ok(), fits, "{name}");
    }
    std::fs::write(&chain, "").unwrap();
    assert!(FileCertificates::read(&[file("a.localhost")]).is_err());
}
