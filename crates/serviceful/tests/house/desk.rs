//! A desk before the console: to clients that know one word of a credential, it gives the real one, with a proof for each request.
//! All else goes through byte by byte, so that the platform is met by what the client made.
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{key_holder::KeyHolder, oauth_client::CONSOLE};

/// What the client sends in `Authorization` where it means to be somebody.
pub(crate) const WORD: &str = "Bearer of-the-desk";

/// Who is behind the word.
pub(crate) enum Access {
    Nobody,
    Bearer(String),
    /// Logins of one person, in turn: of one key, only so many proofs count within a minute.
    Bound(Vec<(KeyHolder, String)>),
}

pub(crate) struct Desk {
    pub(crate) port: u16,
    passed: Arc<AtomicUsize>,
}

impl Desk {
    /// Opens one for the console at that port. It stays until the test ends.
    pub(crate) fn open(to: u16, access: Access) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (access, passed) = (Arc::new(access), Arc::new(AtomicUsize::new(0)));
        let count = passed.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (access, count) = (access.clone(), count.clone());
                std::thread::spawn(move || serve(stream, to, &access, &count));
            }
        });
        Self { port, passed }
    }

    /// Requests so far.
    pub(crate) fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }
}

/// One request, one connection: so nobody has to know where a body ends.
fn serve(mut client: TcpStream, to: u16, access: &Access, passed: &AtomicUsize) {
    client.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut head = Vec::new();
    let end = loop {
        let mut some = [0; 4_096];
        let Ok(count @ 1..) = client.read(&mut some) else { return };
        head.extend(&some[..count]);
        if let Some(at) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let begun = head.split_off(end);
    let number = passed.fetch_add(1, Ordering::Relaxed);
    let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
    if server.write_all(&rewritten(&head, to, access, number)).is_err() || server.write_all(&begun).is_err() {
        return;
    }
    let (mut from, mut into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut into);
    });
    let _ = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
}

/// The head with the console's name, the end of the connection, and the credential.
fn rewritten(head: &[u8], to: u16, access: &Access, number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut lines = head.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    out.extend(first);
    out.extend(format!("\r\nhost: {CONSOLE}:{to}\r\nconnection: close\r\n").bytes());
    for line in lines.filter(|line| !line.is_empty()) {
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
        let value = line.get(colon + 1..).unwrap_or_default().trim_ascii();
        match (name.as_str(), access) {
            ("host" | "connection", _) => continue,
            ("authorization", access) if value == WORD.as_bytes() => out.extend(credential(first, to, access, number)),
            _ => {
                out.extend(line);
                out.extend(b"\r\n");
            }
        }
    }
    out.extend(b"\r\n");
    out
}

fn credential(first: &[u8], to: u16, access: &Access, number: usize) -> Vec<u8> {
    match access {
        Access::Nobody => Vec::new(),
        Access::Bearer(token) => format!("authorization: Bearer {token}\r\n").into_bytes(),
        Access::Bound(logins) => {
            let (key, token) = &logins[number % logins.len()];
            let line = String::from_utf8_lossy(first);
            let mut words = line.split(' ');
            let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let path = target.split('?').next().unwrap_or_default();
            let proof = key.prove(method, &format!("http://{CONSOLE}:{to}{path}"), Some(token));
            format!("authorization: DPoP {token}\r\ndpop: {proof}\r\n").into_bytes()
        }
    }
}
