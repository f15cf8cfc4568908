//! A mail server that keeps what it is given: as much of SMTP (RFC 5321) as a client may use, on a free port of this machine.
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
};

/// How it behaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manners {
    /// What it answers to `MAIL`, in place of its consent.
    pub(crate) sender: Option<&'static str>,
    /// What it answers to `RCPT`, in place of its consent.
    pub(crate) recipient: Option<&'static str>,
    /// What it answers to the message, in place of its thanks.
    pub(crate) message: Option<&'static str>,
    /// Takes no command before this account signed in: user and password.
    pub(crate) account: Option<(&'static str, &'static str)>,
    /// Offers STARTTLS, and takes nothing before it.
    pub(crate) starttls: bool,
    /// Puts these words behind its consent to STARTTLS, in clear: what somebody in between would do.
    pub(crate) injected: Option<&'static str>,
    /// Speaks TLS, from the first byte or after STARTTLS.
    pub(crate) tls: Option<Tls>,
}

/// A certificate with its authority.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: tokio_rustls::TlsAcceptor,
    /// PEM.
    pub(crate) authority: String,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// A certificate for this name, of an authority of its own.
    pub(crate) fn of(name: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let key = rustls_pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        Self { acceptor: tokio_rustls::TlsAcceptor::from(Arc::new(config)), authority: made.cert.pem() }
    }
}

/// A mail as it came.
#[derive(Debug, Clone)]
pub(crate) struct Caught {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) text: String,
    /// Whether it came over TLS.
    pub(crate) protected: bool,
}

impl Caught {
    /// A field of its head.
    pub(crate) fn field(&self, name: &str) -> String {
        let head = self.text.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ");
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
    }

    /// The path and query of its link.
    pub(crate) fn link(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").unwrap().1;
        let at = body.find("http://id.localhost").unwrap_or_else(|| panic!("no link in {body}"));
        let link = body[at..].split_whitespace().next().unwrap();
        format!("/{}", link.splitn(4, '/').nth(3).unwrap())
    }

    /// The secret of its link.
    pub(crate) fn secret(&self) -> String {
        self.link().split_once("secret=").unwrap().1.to_owned()
    }
}

/// A message with its body decoded (RFC 2045 section 6.7), where it is encoded.
fn plain(text: &str) -> String {
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    if !head.to_ascii_lowercase().contains("content-transfer-encoding: quoted-printable") {
        return text.to_owned();
    }
    let (mut bytes, mut rest) = (Vec::new(), body.replace("=\r\n", ""));
    while let Some((before, after)) = rest.split_once('=').map(|(b, a)| (b.to_owned(), a.to_owned())) {
        bytes.extend(before.bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).unwrap());
        rest = after[2..].to_owned();
    }
    bytes.extend(rest.bytes());
    format!("{head}\r\n\r\n{}", String::from_utf8(bytes).unwrap())
}

#[derive(Default)]
struct Book {
    caught: Vec<Caught>,
    said: Vec<String>,
}

/// The server.
#[derive(Clone)]
pub(crate) struct Catcher {
    pub(crate) port: u16,
    book: Arc<Mutex<Book>>,
    manners: Arc<Mutex<Manners>>,
}

impl Catcher {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let catcher = Self { port, book: Arc::default(), manners: Arc::new(Mutex::new(manners)) };
        let server = catcher.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move {
                    let _ = server.serve(stream).await;
                });
            }
        });
        catcher
    }

    /// The section `[mail]` of a platform that sends to it.
    pub(crate) fn section(&self) -> String {
        format!("[mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"platform@example.org\"\n", self.port)
    }

    pub(crate) fn behave(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }

    pub(crate) fn caught(&self) -> Vec<Caught> {
        self.book.lock().unwrap().caught.clone()
    }

    /// Every line that clients sent, outside of messages.
    pub(crate) fn said(&self) -> Vec<String> {
        self.book.lock().unwrap().said.clone()
    }

    /// The `count`-th mail, once it is there.
    pub(crate) async fn mail(&self, count: usize) -> Caught {
        for _ in 0..400 {
            if let Some(mail) = self.caught().into_iter().nth(count - 1) {
                return mail;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("mail {count} did not come; there are {:?}, and clients said {:?}", self.caught(), self.said());
    }

    async fn serve(&self, stream: tokio::net::TcpStream) -> std::io::Result<()> {
        let manners = self.manners.lock().unwrap().clone();
        match manners.tls.clone() {
            Some(tls) if !manners.starttls => {
                let stream = tls.acceptor.accept(stream).await?;
                self.talk(&manners, BufReader::new(stream), true, true).await.map(drop)
            }
            Some(tls) => {
                let Some(stream) = self.talk(&manners, BufReader::new(stream), false, true).await? else {
                    return Ok(());
                };
                let stream = tls.acceptor.accept(stream.into_inner()).await?;
                self.talk(&manners, BufReader::new(stream), true, false).await.map(drop)
            }
            None => self.talk(&manners, BufReader::new(stream), false, true).await.map(drop),
        }
    }

    /// Until the client leaves. Gives the stream back when TLS begins on it.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        manners: &Manners,
        mut stream: BufReader<S>,
        protected: bool,
        greets: bool,
    ) -> std::io::Result<Option<BufReader<S>>> {
        if greets {
            stream.write_all(b"220 catcher.example ESMTP\r\n").await?;
        }
        let (mut known, mut from, mut to) = (manners.account.is_none(), String::new(), Vec::new());
        let mut line = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(None);
            }
            let words = line.trim_end().to_owned();
            self.book.lock().unwrap().said.push(words.clone());
            let verb = words.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let may = known && (protected || !manners.starttls);
            let answer = match verb.as_str() {
                "EHLO" => {
                    let mut offers = vec!["catcher.example", "8BITMIME"];
                    offers.extend((manners.starttls && !protected).then_some("STARTTLS"));
                    offers.extend(manners.account.map(|_| "AUTH PLAIN"));
                    let last = offers.pop().unwrap();
                    offers.iter().map(|offer| format!("250-{offer}\r\n")).collect::<String>()
                        + &format!("250 {last}\r\n")
                }
                "STARTTLS" if manners.starttls && !protected => {
                    let words = format!("220 go ahead\r\n{}", manners.injected.unwrap_or_default());
                    stream.write_all(words.as_bytes()).await?;
                    return Ok(Some(stream));
                }
                "AUTH" => {
                    let (user, password) = manners.account.unwrap_or_default();
                    let wanted = data_encoding::BASE64.encode(format!("\0{user}\0{password}").as_bytes());
                    known = words == format!("AUTH PLAIN {wanted}");
                    if known { "235 welcome\r\n".to_owned() } else { "535 5.7.8 not you\r\n".to_owned() }
                }
                "MAIL" if may => match manners.sender {
                    Some(refusal) => format!("{refusal}\r\n"),
                    None => {
                        from = words;
                        "250 ok\r\n".to_owned()
                    }
                },
                "RCPT" if may => match manners.recipient {
                    Some(refusal) => format!("{refusal}\r\n"),
                    None => {
                        to.push(words);
                        "250 ok\r\n".to_owned()
                    }
                },
                "DATA" if may && !to.is_empty() => {
                    stream.write_all(b"354 go ahead\r\n").await?;
                    let mut text = String::new();
                    while !text.ends_with("\r\n.\r\n") {
                        if stream.read_line(&mut text).await? == 0 {
                            return Ok(None);
                        }
                    }
                    let text = text.trim_end_matches(".\r\n").to_owned();
                    match manners.message {
                        Some(refusal) => format!("{refusal}\r\n"),
                        None => {
                            let text = plain(&text);
                            let mail = Caught { from: from.clone(), to: std::mem::take(&mut to), text, protected };
                            self.book.lock().unwrap().caught.push(mail);
                            "250 taken\r\n".to_owned()
                        }
                    }
                }
                "RSET" | "NOOP" => {
                    to.clear();
                    "250 ok\r\n".to_owned()
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(None);
                }
                _ => "530 5.7.0 not before you have shown who you are\r\n".to_owned(),
            };
            stream.write_all(answer.as_bytes()).await?;
        }
    }
}
