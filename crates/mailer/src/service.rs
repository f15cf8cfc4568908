//! The mailer's life: connect, close the doors, hand letters over, end.
use std::{net::TcpStream, os::fd::OwnedFd, time::Duration};

use rustls::ClientConfig;
use types::Secret;
use wire::{
    Channel, ChannelError, Frame, encode,
    mail::{Hello, Letter, kind},
};

use crate::{
    Config, MailerError, Tls,
    config::read_password,
    dial,
    error::NoConnection,
    secure::{self, Line},
    talk::{PATIENCE, Server},
};

/// From the connection to a server that is ready for a mail.
const GREETING: Duration = Duration::from_secs(60);

/// What the composition root gives.
#[derive(Debug, Clone)]
pub struct Setting {
    pub config: Config,
    /// The name that the platform greets with.
    pub hello: String,
    pub mode: jail::Mode,
}

/// What is made before the doors close.
struct Opened {
    stream: TcpStream,
    /// `None` without TLS.
    authorities: Option<ClientConfig>,
    password: Option<Secret>,
}

fn open(config: &Config) -> Result<Opened, NoConnection> {
    config.check()?;
    let authorities = match config.tls {
        Tls::None => None,
        Tls::Implicit | Tls::StartTls => Some(secure::authorities(config.ca.as_deref())?),
    };
    let password = config.password_file.as_deref().map(read_password).transpose()?;
    Ok(Opened { stream: dial::connect(config)?, authorities, password: password.map(Secret::new) })
}

/// Serves the front at the other end of `front` until it closes the channel. Call it before the process has a second thread.
///
/// # Errors
/// [`MailerError`] when it could not even say what is wrong; a server that does not answer is said to the front.
pub fn run(front: OwnedFd, setting: &Setting) -> Result<(), MailerError> {
    let opened = open(&setting.config);
    // SECURITY: the server has not been read from yet. From here on there is one channel, one connection, and nothing else.
    let plan = jail::Plan { role: jail::Role::Mailer, read: Vec::new(), write: Vec::new() };
    let report = jail::apply(&plan, setting.mode).map_err(MailerError::Jail)?;
    let posture = serde_json::to_string(&report).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(MailerError::Runtime)?;
    runtime.block_on(async {
        let mut channel = Channel::new(front).map_err(ChannelError::Io)?;
        let server = match opened {
            Ok(opened) => match tokio::time::timeout(GREETING, reach(opened, setting)).await {
                Ok(reached) => reached,
                Err(_) => Err(NoConnection::Slow(GREETING.as_secs())),
            },
            Err(error) => Err(error),
        };
        let failed = server.as_ref().err().map(ToString::to_string);
        send(&channel, kind::HELLO, 0, &Hello { posture, failed })?;
        match server {
            Ok(server) => serve(&mut channel, server, &setting.config).await,
            Err(_) => {
                // The front closes once it has read that.
                let _ = channel.receiver.next().await;
                Ok(())
            }
        }
    })
}

async fn reach(opened: Opened, setting: &Setting) -> Result<Server, NoConnection> {
    let Opened { stream, authorities, password } = opened;
    let host = setting.config.host.as_str();
    let lost = |e: std::io::Error| NoConnection::Said(e.to_string());
    stream.set_nonblocking(true).map_err(lost)?;
    let mut stream = tokio::net::TcpStream::from_std(stream).map_err(lost)?;
    let line = match (setting.config.tls, authorities) {
        (Tls::Implicit, Some(authorities)) => secure::handshake(authorities, host, stream).await?,
        (Tls::StartTls, Some(authorities)) => {
            secure::starttls(&mut stream, &setting.hello).await?;
            secure::handshake(authorities, host, stream).await?.greeted()
        }
        (Tls::None, _) => Line::in_clear(stream),
        (Tls::Implicit | Tls::StartTls, None) => return Err(NoConnection::Authorities("none was read".to_owned())),
    };
    let account = setting.config.user.as_deref().zip(password.as_ref().map(Secret::reveal));
    Server::greet(line, &setting.hello, account, PATIENCE).await
}

async fn serve(channel: &mut Channel, mut server: Server, config: &Config) -> Result<(), MailerError> {
    loop {
        let frame = match channel.receiver.next().await {
            Ok(frame) => frame,
            Err(ChannelError::Gone) => break,
            Err(error) => return Err(error.into()),
        };
        if frame.kind != kind::LETTER {
            return Err(ChannelError::Protocol(wire::FrameError::Unknown { kind: frame.kind }).into());
        }
        let letter = frame.message::<Letter>().map_err(ChannelError::Protocol)?;
        let outcome = server.give(config, &letter).await;
        send(channel, kind::OUTCOME, frame.stream, &outcome)?;
        if !server.in_step {
            return Ok(());
        }
    }
    server.leave().await;
    Ok(())
}

fn send<T: serde::Serialize>(channel: &Channel, kind: u8, stream: u32, message: &T) -> Result<(), ChannelError> {
    let payload = encode(message)?;
    channel.sender.send(vec![Frame::new(kind, stream, payload)])
}
