//! Slow clients, crowds, and those who never read.
use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use front_door::Config;
use tokio::io::AsyncWriteExt;

use super::{
    house::{hasty, open},
    raw::{closed_after, connect, exchange, listen, statuses},
};

const LONG: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_closed_and_a_patient_one_is_served_meanwhile() {
    let door = open(hasty(), None);
    let host = format!("coffee.localhost:{}", door.address.port());
    let post = format!("POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 900000\r\n\r\n");
    let get = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let open_head = "GET / HTTP/1.1\r\n".to_owned();
    let attacks = [
        ("nothing", String::new(), "", "slow_first_byte"),
        ("slow head", open_head, "A: b\r\n", "slow_head"),
        ("head of one byte at a time", "G".into(), "E", "slow_head"),
        ("slow body", post, "x", "slow_body"),
        ("idle", get.clone(), "", "idle"),
        ("half a head, then silence", "GET / HT".into(), "", "slow_head"),
    ];
    for (name, opening, drip, counter) in attacks {
        let mut stream = connect(door.address).await;
        stream.write_all(opening.as_bytes()).await.unwrap();
        let closed = closed_after(&mut stream, drip.as_bytes(), LONG).await;
        assert!(closed.is_some_and(|after| after >= Duration::from_millis(250)), "{name}: {closed:?}");
        assert_eq!(door.counter(counter), door.counter(counter).max(1), "{name}");
        let (answer, _) = exchange(door.address, get.as_bytes()).await;
        assert_eq!(statuses(&answer), [200], "beside {name}");
    }
    let seen = door.seen();
    let bodies: Vec<_> = seen.iter().filter_map(|s| s.body.as_ref().err()).collect();
    assert_eq!(bodies, ["the body arrived too slowly"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_reads_is_closed_and_holds_little_memory() {
    let door = open(hasty(), None);
    let mut stream = connect(door.address).await;
    let request = format!("GET /endless HTTP/1.1\r\nHost: coffee.localhost:{}\r\n\r\n", door.address.port());
    stream.write_all(request.as_bytes()).await.unwrap();
    for _ in 0..80 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if door.counter("slow_reader") == 1 {
            break;
        }
    }
    assert_eq!(door.counter("slow_reader"), 1);
    // The function was held back: what was made is what the kernel's and our buffers took.
    let made = door.notes.streamed.load(SeqCst);
    assert!(made < 16 << 20, "{made} bytes for nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_takes_a_little_all_the_time_is_not_closed() {
    let door = open(hasty(), None);
    let mut stream = connect(door.address).await;
    let request = format!("GET /endless HTTP/1.1\r\nHost: coffee.localhost:{}\r\n\r\n", door.address.port());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 262_144];
    for _ in 0..30 {
        let n = tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await.unwrap();
        assert!(n > 0);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(door.counter("slow_reader"), 0);
}

#[tokio::test]
async fn one_address_holds_so_many_connections_until_somebody_is_known() {
    let door = open(Config { connections_per_prefix_max: 3, ..Config::default() }, None);
    let host = format!("coffee.localhost:{}", door.address.port());
    let ask = |token: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n");
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(door.address).await;
        stream.write_all(ask("bad").as_bytes()).await.unwrap();
        let (answer, closed) = listen(&mut stream, Duration::from_millis(150)).await;
        assert_eq!((statuses(&answer), closed), (vec![200], false));
        held.push(stream);
    }
    let (answer, closed) = exchange(door.address, ask("good").as_bytes()).await;
    assert_eq!((answer.as_str(), closed), ("", true), "closed without a byte");
    assert_eq!(door.counter("refused_prefix_full"), 1);
    held[0].write_all(ask("good").as_bytes()).await.unwrap();
    listen(&mut held[0], Duration::from_millis(150)).await;
    let (answer, _) = exchange(door.address, ask("bad").as_bytes()).await;
    assert_eq!(statuses(&answer), [200], "the known one made room");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_requests_are_shed_with_a_bare_answer_and_an_event() {
    let door = open(Config { requests_in_flight_max: 2, ..Config::default() }, None);
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: coffee.localhost:{}\r\n\r\n", door.address.port());
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(door.address).await;
        stream.write_all(request("/slow").as_bytes()).await.unwrap();
        busy.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (answer, _) = exchange(door.address, request("/").as_bytes()).await;
    assert_eq!(statuses(&answer), [503], "{answer}");
    assert!(answer.contains("retry-after: ") && answer.ends_with("\r\n\r\n"), "{answer}");
    let events = door.events();
    assert!(matches!(&events[0].outcome, audit::Outcome::Refused { status: 503, code, .. } if &**code == "DOOR-013"));
    for stream in &mut busy {
        let (answer, _) = listen(stream, Duration::from_millis(800)).await;
        assert_eq!(statuses(&answer), [200]);
    }
    assert_eq!(door.counter("shed"), 1);
}

#[tokio::test]
async fn a_connection_is_asked_to_reconnect_after_its_share() {
    let door = open(Config { requests_per_connection_max: 3, ..Config::default() }, None);
    let one = format!("GET / HTTP/1.1\r\nHost: coffee.localhost:{}\r\n\r\n", door.address.port());
    let (answer, closed) = exchange(door.address, one.repeat(5).as_bytes()).await;
    assert_eq!((statuses(&answer), closed, door.calls()), (vec![200; 3], true, 3), "{answer}");
}
