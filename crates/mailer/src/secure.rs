//! TLS: whom to believe, and how it begins.
use std::{
    io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{config::unreadable, error::NoConnection};

/// Whom to believe: the one authority of the operator's file, or those of this machine. Reads files, so before the jail.
pub(crate) fn authorities(ca: Option<&Path>) -> Result<ClientConfig, NoConnection> {
    let failed = |e: &dyn std::fmt::Display| NoConnection::Authorities(e.to_string());
    let Some(file) = ca else { return ClientConfig::with_platform_verifier().map_err(|e| failed(&e)) };
    let mut roots = RootCertStore::empty();
    let pem = std::fs::read(file).map_err(|e| unreadable("ca", file, &e))?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|e| failed(&e))?).map_err(|e| failed(&e))?;
    }
    if roots.is_empty() {
        return Err(failed(&format_args!("`{}` holds no certificate", file.display())));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(config.map_err(|e| failed(&e))?.with_root_certificates(roots).with_no_client_auth())
}

/// TLS from here on.
pub(crate) async fn handshake(config: ClientConfig, host: &str, stream: TcpStream) -> Result<Line, NoConnection> {
    let failed = |reason: String| NoConnection::Tls { host: host.to_owned(), reason };
    let name = ServerName::try_from(host.to_owned()).map_err(|e| failed(e.to_string()))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    Ok(Line { greeting: &[], stream: Stream::Tls(Box::new(stream.map_err(|e| failed(e.to_string()))?)) })
}

/// The words in clear before TLS (RFC 3207).
///
/// SECURITY: nothing that is said here is remembered, and not one byte beyond a reply is read: what somebody in between puts behind
/// the last one would otherwise be taken for the server's, after it was protected.
pub(crate) async fn starttls(stream: &mut TcpStream, hello: &str) -> Result<(), NoConnection> {
    reply(stream, "220").await?;
    say(stream, &format!("EHLO {hello}\r\n")).await?;
    let offers = reply(stream, "250").await?;
    let is_starttls = |line: &&str| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("starttls"));
    if offers.lines().find(is_starttls).is_none() {
        return Err(NoConnection::NoStartTls);
    }
    say(stream, "STARTTLS\r\n").await?;
    reply(stream, "220").await.map(drop)
}

async fn say(stream: &mut TcpStream, words: &str) -> Result<(), NoConnection> {
    stream.write_all(words.as_bytes()).await.map_err(|e| NoConnection::Said(e.to_string()))
}

/// One reply, of this code: lines until one without a dash behind its code (RFC 5321 section 4.2.1).
async fn reply(stream: &mut TcpStream, code: &str) -> Result<String, NoConnection> {
    const BYTES_MAX: usize = 8 << 10;
    let (mut text, mut line) = (Vec::new(), 0);
    while text.len() < BYTES_MAX {
        text.push(stream.read_u8().await.map_err(|e| NoConnection::Said(e.to_string()))?);
        if !text.ends_with(b"\n") {
            continue;
        }
        let last = String::from_utf8_lossy(text.get(line..).unwrap_or_default()).into_owned();
        if !last.starts_with(code) {
            return Err(NoConnection::Said(crate::talk::plain(&last)));
        }
        if last.as_bytes().get(3) != Some(&b'-') {
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
        line = text.len();
    }
    Err(NoConnection::Said("more than a reply may hold".to_owned()))
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection that SMTP is spoken on.
#[derive(Debug)]
pub(crate) struct Line {
    /// What is read first. After STARTTLS the server greets no more, and the library waits for a greeting: it gets this one.
    greeting: &'static [u8],
    stream: Stream,
}

impl Line {
    /// For a server on this machine.
    pub(crate) const fn in_clear(stream: TcpStream) -> Self {
        Self { greeting: &[], stream: Stream::Plain(stream) }
    }

    /// The server has greeted already, and that is forgotten.
    pub(crate) fn greeted(self) -> Self {
        Self { greeting: b"220 protected\r\n", ..self }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.greeting.is_empty() {
            let (now, later) = self.greeting.split_at(self.greeting.len().min(buffer.remaining()));
            buffer.put_slice(now);
            self.greeting = later;
            return Poll::Ready(Ok(()));
        }
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = match &mut self.stream {
            Stream::Plain(stream) => ready!(Pin::new(stream).poll_shutdown(cx)),
            Stream::Tls(stream) => ready!(Pin::new(stream).poll_shutdown(cx)),
        };
        Poll::Ready(ended)
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.stream {
            Stream::Plain(stream) => stream.peer_addr(),
            Stream::Tls(stream) => stream.get_ref().0.peer_addr(),
        }
    }
}
