//! SMTP, command by command: which reply to which command decides whether a mail is tried again.
use std::time::Duration;

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::AsyncSmtpConnection,
    commands::{Data, Mail, Quit, Rcpt, Rset},
    extension::ClientId,
    response::{Response, Severity},
};
use wire::mail::{Letter, Outcome};

use crate::{
    Config,
    error::NoConnection,
    message::{self, Made},
    secure::Line,
};

/// For one command. RFC 5321 section 4.5.3.2 has minutes; the mail is tried again anyway.
const COMMAND: Duration = Duration::from_secs(30);
/// For the reply to a message: a server may look into it first. With four commands it is less than the front waits.
const MESSAGE: Duration = Duration::from_secs(150);

/// A server that has heard who we are.
pub(crate) struct Server {
    connection: AsyncSmtpConnection,
    /// Whether the next reply answers the next command.
    pub(crate) in_step: bool,
}

/// A stranger's words, to be shown: one line, no controls, not long.
pub(crate) fn plain(words: &str) -> String {
    let one_line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Why a command came to nothing.
enum Failed {
    Said(Error),
    Slow(u64),
    /// A reply that does not answer what was said.
    Odd(String),
}

impl Failed {
    fn reason(&self) -> String {
        match self {
            // What sort of failure it is, and what the server said.
            Self::Said(error) => plain(&error.to_string()),
            Self::Slow(seconds) => format!("the server took longer than {seconds} s"),
            Self::Odd(reply) => format!("the server answered something else than was asked: {reply}"),
        }
    }

    /// The server will never do it (a reply that begins with 5).
    fn is_final(&self) -> bool {
        matches!(self, Self::Said(error) if error.is_permanent())
    }
}

/// lettre takes every 2xx and 3xx for a yes; here it matters which.
fn expect(reply: &Response, severity: Severity) -> Result<(), Failed> {
    if reply.code().severity == severity {
        Ok(())
    } else {
        Err(Failed::Odd(plain(&reply.message().collect::<String>())))
    }
}

async fn within<T>(limit: Duration, doing: impl Future<Output = Result<T, Error>>) -> Result<T, Failed> {
    match tokio::time::timeout(limit, doing).await {
        Ok(done) => done.map_err(Failed::Said),
        Err(_) => Err(Failed::Slow(limit.as_secs())),
    }
}

impl Server {
    /// Says who we are; with an account, signs in to it.
    pub(crate) async fn greet(line: Line, hello: &str, account: Option<(&str, &str)>) -> Result<Self, NoConnection> {
        let hello = ClientId::Domain(hello.to_owned());
        let said = |failed: Failed| match failed {
            Failed::Slow(seconds) => NoConnection::Slow(seconds),
            said => NoConnection::Said(said.reason()),
        };
        let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello);
        let mut connection = within(COMMAND, connecting).await.map_err(said)?;
        if let Some((user, password)) = account {
            let credentials = Credentials::new(user.to_owned(), password.to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let signed_in = within(COMMAND, connection.auth(&mechanisms, &credentials)).await;
            signed_in.map_err(|failed| NoConnection::Account(failed.reason()))?;
        }
        Ok(Self { connection, in_step: true })
    }

    /// Gives one letter to the server.
    pub(crate) async fn give(&mut self, config: &Config, letter: &Letter) -> Outcome {
        let made = match message::make(config, letter) {
            Ok(made) => made,
            Err(reason) => return Outcome::Never { reason },
        };
        match self.transact(made).await {
            Ok(()) => Outcome::Taken,
            Err((failed, of_recipient)) => {
                // What was begun must not become part of the next one. SECURITY: and a reply that is still to come must not be
                // taken for that of a later command: a mail that was refused would count as delivered.
                self.in_step =
                    matches!(failed, Failed::Said(_)) && within(COMMAND, self.connection.command(Rset)).await.is_ok();
                let reason = failed.reason();
                // Only what the server says of this recipient is about this mail; everything else may be mended by the operator.
                if of_recipient && failed.is_final() { Outcome::Never { reason } } else { Outcome::Later { reason } }
            }
        }
    }

    async fn transact(&mut self, made: Made) -> Result<(), (Failed, bool)> {
        let other = |failed| (failed, false);
        let Made { from, to, bytes } = made;
        within(COMMAND, self.connection.command(Mail::new(Some(from), Vec::new()))).await.map_err(other)?;
        within(COMMAND, self.connection.command(Rcpt::new(to, Vec::new()))).await.map_err(|failed| (failed, true))?;
        let ready = within(COMMAND, self.connection.command(Data)).await.map_err(other)?;
        expect(&ready, Severity::PositiveIntermediate).map_err(other)?;
        let taken = within(MESSAGE, self.connection.message(&bytes)).await.map_err(other)?;
        expect(&taken, Severity::PositiveCompletion).map_err(other)?;
        Ok(())
    }

    /// Says good-bye; whether the server answers matters to nobody.
    pub(crate) async fn leave(mut self) {
        let _ = within(Duration::from_secs(5), self.connection.command(Quit)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_words_are_one_short_line() {
        assert_eq!(plain("550 no\r\n\u{1b}[2J\u{7} such  user\t!"), "550 no [2J such user !");
        assert_eq!(plain(&"x".repeat(9_999)).len(), 200);
    }
}
