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

/// How long a server may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For one command. RFC 5321 section 4.5.3.2 has minutes; the mail is tried again anyway.
    command: Duration,
    /// For the reply to a message: a server may look into it first. With four commands it is less than the front waits.
    message: Duration,
}

pub(crate) const PATIENCE: Patience = Patience { command: Duration::from_secs(30), message: Duration::from_secs(150) };

/// A server that has heard who we are.
pub(crate) struct Server {
    connection: AsyncSmtpConnection,
    patience: Patience,
    /// Whether the next reply answers the next command.
    pub(crate) in_step: bool,
}

/// A stranger's words, to be shown: one line, no controls, not long.
pub(crate) fn plain(words: &str) -> String {
    let one_line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Why a command came to nothing.
#[derive(Debug)]
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

/// What a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Sender,
    Recipient,
    Mail,
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
    pub(crate) async fn greet(
        line: Line,
        hello: &str,
        account: Option<(&str, &str)>,
        patience: Patience,
    ) -> Result<Self, NoConnection> {
        let hello = ClientId::Domain(hello.to_owned());
        let said = |failed: Failed| match failed {
            Failed::Slow(seconds) => NoConnection::Slow(seconds),
            said => NoConnection::Said(said.reason()),
        };
        let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello);
        let mut connection = within(patience.command, connecting).await.map_err(said)?;
        if let Some((user, password)) = account {
            let credentials = Credentials::new(user.to_owned(), password.to_owned());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let signed_in = within(patience.command, connection.auth(&mechanisms, &credentials)).await;
            signed_in.map_err(|failed| NoConnection::Account(failed.reason()))?;
        }
        Ok(Self { connection, patience, in_step: true })
    }

    /// Gives one letter to the server.
    pub(crate) async fn give(&mut self, config: &Config, letter: &Letter) -> Outcome {
        let made = match message::make(config, letter) {
            Ok(made) => made,
            Err(reason) => return Outcome::Never { reason },
        };
        match self.transact(made).await {
            Ok(()) => Outcome::Taken,
            Err((failed, about)) => {
                // What was begun must not become part of the next one. SECURITY: and a reply that is still to come must not be
                // taken for that of a later command: a mail that was refused would count as delivered.
                self.in_step = matches!(failed, Failed::Said(_))
                    && within(self.patience.command, self.connection.command(Rset)).await.is_ok();
                let reason = failed.reason();
                // Only what the server says of this recipient is about this mail; everything else may be mended by the operator.
                if about == About::Recipient && failed.is_final() {
                    Outcome::Never { reason }
                } else {
                    Outcome::Later { reason, of_sender: about == About::Sender }
                }
            }
        }
    }

    async fn transact(&mut self, made: Made) -> Result<(), (Failed, About)> {
        let about = |about| move |failed| (failed, about);
        let Made { from, to, bytes } = made;
        let Patience { command, message } = self.patience;
        let server = &mut self.connection;
        within(command, server.command(Mail::new(Some(from), Vec::new()))).await.map_err(about(About::Sender))?;
        within(command, server.command(Rcpt::new(to, Vec::new()))).await.map_err(about(About::Recipient))?;
        let ready = within(command, server.command(Data)).await.map_err(about(About::Mail))?;
        expect(&ready, Severity::PositiveIntermediate).map_err(about(About::Mail))?;
        let taken = within(message, server.message(&bytes)).await.map_err(about(About::Mail))?;
        expect(&taken, Severity::PositiveCompletion).map_err(about(About::Mail))?;
        Ok(())
    }

    /// Says good-bye; whether the server answers matters to nobody.
    pub(crate) async fn leave(mut self) {
        let _ = within(Duration::from_secs(5), self.connection.command(Quit)).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    const SHORT: Patience = Patience { command: Duration::from_millis(300), message: Duration::from_millis(300) };
    const LATE: Duration = Duration::from_millis(700);

    fn config() -> Config {
        let config = r#"{"host": "127.0.0.1", "from": "platform@example.org", "tls": "none"}"#;
        serde_json::from_str(config).expect("a configuration")
    }

    fn letter() -> Letter {
        let [to, subject, text] = ["ada@example.org", "Hello", "Good morning"].map(str::to_owned);
        Letter { id: "1".to_owned(), to, subject, text, at_ms: 0 }
    }

    /// A server that answers each command by `manners`: after how long, and what. Gives the commands that it heard.
    async fn serve(listener: TcpListener, manners: fn(&str) -> (Duration, &'static str)) -> Vec<String> {
        let (stream, _) = listener.accept().await.expect("a client");
        let (mut stream, mut heard, mut line, mut in_message) =
            (BufReader::new(stream), Vec::new(), String::new(), false);
        stream.write_all(b"220 late.example\r\n").await.expect("greeted");
        while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
            let said = std::mem::take(&mut line).trim_end().to_owned();
            if in_message && said != "." {
                continue;
            }
            let verb = said.split(' ').next().unwrap_or_default();
            let (after, answer) = manners(verb);
            in_message = verb == "DATA" && answer.starts_with("354");
            heard.push(verb.to_owned());
            tokio::time::sleep(after).await;
            if stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
        heard
    }

    /// What becomes of one letter, whether the connection may be used for another, and what the server heard.
    #[expect(clippy::disallowed_methods, reason = "a server that is late, in the test's own process")]
    async fn tried(manners: fn(&str) -> (Duration, &'static str)) -> (Outcome, bool, Vec<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(serve(listener, manners));
        let line = Line::in_clear(TcpStream::connect(address).await.expect("connected"));
        let mut client = Server::greet(line, "id.localhost", None, SHORT).await.expect("greeted");
        let outcome = client.give(&config(), &letter()).await;
        let in_step = client.in_step;
        drop(client);
        (outcome, in_step, server.await.expect("it ended"))
    }

    const fn at_once(answer: &'static str) -> (Duration, &'static str) {
        (Duration::ZERO, answer)
    }

    fn friendly(verb: &str) -> (Duration, &'static str) {
        at_once(if verb == "DATA" { "354 go on" } else { "250 fine" })
    }

    #[tokio::test]
    async fn a_server_in_step_takes_it() {
        let (outcome, in_step, heard) = tried(friendly).await;
        assert_eq!((outcome, in_step), (Outcome::Taken, true));
        assert_eq!(heard, ["EHLO", "MAIL", "RCPT", "DATA", "."]);
    }

    #[tokio::test]
    async fn a_late_refusal_is_not_taken_for_the_answer_to_something_else() {
        for late in ["MAIL", "RCPT", "DATA", "."] {
            let manners: fn(&str) -> (Duration, &'static str) = match late {
                "MAIL" => |verb: &str| if verb == "MAIL" { (LATE, "550 not you") } else { friendly(verb) },
                "RCPT" => |verb: &str| if verb == "RCPT" { (LATE, "550 nobody") } else { friendly(verb) },
                "DATA" => |verb: &str| if verb == "DATA" { (LATE, "554 no") } else { friendly(verb) },
                _ => |verb: &str| if verb == "." { (LATE, "554 spam") } else { friendly(verb) },
            };
            let (outcome, in_step, heard) = tried(manners).await;
            let Outcome::Later { reason, of_sender } = outcome else { panic!("{late}: {outcome:?}") };
            assert!(reason.contains("longer than"), "{late}: {reason}");
            assert_eq!((of_sender, in_step), (late == "MAIL", false), "{late}: nothing more may be said to it");
            assert_eq!(heard.last().map(String::as_str), Some(late), "and nothing was");
        }
    }

    #[tokio::test]
    async fn a_yes_that_answers_another_question_is_no_yes() {
        let (outcome, in_step, heard) = tried(|_| at_once("250 fine")).await;
        assert!(matches!(&outcome, Outcome::Later { reason, of_sender: false } if reason.contains("something else")));
        assert!(!in_step, "{heard:?}");
        assert_eq!(heard.last().map(String::as_str), Some("DATA"), "no word of the mail was given to it");
    }

    #[tokio::test]
    async fn a_refusal_of_the_sender_is_about_every_mail_and_one_of_the_recipient_about_this() {
        let refuses = |verb: &str| if verb == "MAIL" { at_once("550 5.7.1 not you") } else { friendly(verb) };
        let (outcome, in_step, _) = tried(refuses).await;
        assert!(matches!(outcome, Outcome::Later { of_sender: true, .. }), "{outcome:?}");
        assert!(in_step);
        let refuses = |verb: &str| if verb == "RCPT" { at_once("550 5.1.1 nobody") } else { friendly(verb) };
        let (outcome, in_step, _) = tried(refuses).await;
        assert!(matches!(outcome, Outcome::Never { .. }), "{outcome:?}");
        assert!(in_step);
    }

    #[test]
    fn a_strangers_words_are_one_short_line() {
        assert_eq!(plain("550 no\r\n\u{1b}[2J\u{7} such  user\t!"), "550 no [2J such user !");
        assert_eq!(plain(&"x".repeat(9_999)).len(), 200);
    }
}
