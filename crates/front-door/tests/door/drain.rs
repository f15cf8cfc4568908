//! Ending: nothing that began is lost, and nothing goes on for ever.
use std::{os::unix::net::UnixListener, sync::atomic::Ordering::SeqCst, time::Duration};

use front_door::{Config, Service};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::watch,
    time::timeout,
};

use super::{
    house::{hasty, house, open},
    raw::{connect, listen, statuses},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_answers_what_began_and_closes_what_is_idle() {
    let door = open(hasty(), None);
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: coffee.localhost:{}\r\n\r\n", door.address.port());
    let mut busy = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(door.address).await;
        stream.write_all(request("/slow").as_bytes()).await.unwrap();
        busy.push(stream);
    }
    let mut idle = connect(door.address).await;
    idle.write_all(request("/").as_bytes()).await.unwrap();
    listen(&mut idle, Duration::from_millis(100)).await;
    door.stop.send(true).unwrap();
    let (_, closed) = listen(&mut idle, Duration::from_millis(400)).await;
    assert!(closed, "idle connections go first");
    for stream in &mut busy {
        let (answer, closed) = listen(stream, Duration::from_secs(2)).await;
        assert_eq!((statuses(&answer), closed), (vec![200], true), "{answer}");
        assert!(answer.ends_with("slow") && answer.contains("connection: close"), "{answer}");
    }
    let drained = timeout(Duration::from_secs(2), door.served).await.unwrap().unwrap();
    assert_eq!(drained.cut_off, 0);
    assert!(tokio::net::TcpStream::connect(door.address).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_has_an_end() {
    let door = open(Config { drain_ms: 300, ..Config::default() }, None);
    let mut stream = connect(door.address).await;
    let request = format!("GET /endless HTTP/1.1\r\nHost: coffee.localhost:{}\r\n\r\n", door.address.port());
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    door.stop.send(true).unwrap();
    let drained = timeout(Duration::from_secs(2), door.served).await.unwrap().unwrap();
    assert_eq!(drained.cut_off, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hangs_up_in_the_middle_is_recorded_all_the_same() {
    let door = open(Config::default(), None);
    let mut stream = connect(door.address).await;
    let request = format!("GET /slow HTTP/1.1\r\nHost: coffee.localhost:{}\r\n\r\n", door.address.port());
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    drop(stream);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((door.calls(), door.events().len(), door.counter("finished_alone")), (1, 0, 1));
    door.stop.send(true).unwrap();
    timeout(Duration::from_secs(2), door.served).await.unwrap().unwrap();
    let events = door.notes.events.lock().unwrap();
    assert!(matches!(events[0].outcome, audit::Outcome::Done { status: Some(200) }), "{events:?}");
}

#[tokio::test]
async fn the_host_socket_tells_the_user_of_the_peer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let (house, notes, _log) = house("http", 8080, &Config::default());
    let service = Service::new(Config::default(), house, None).unwrap();
    let (_stop, drain) = watch::channel(false);
    tokio::spawn(async move { service.serve_host(listener, drain).await.unwrap() });
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let request = "GET / HTTP/1.1\r\nHost: console.localhost:8080\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    // No control routes are known to this house, but the path was walked as the user that we are.
    assert_eq!(statuses(&answer).len(), 1, "{answer}");
    let own = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(&path).unwrap());
    assert_eq!(*notes.uids.lock().unwrap(), [own]);
    let events = notes.events.lock().unwrap();
    assert_eq!((events.len(), &*events[0].who.kind, notes.calls.load(SeqCst)), (1, "operator", 0));
}
