//! What can go wrong.
use crate::ConfigError;

/// Why the process ends without having been of use to anybody.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    #[error("the mailer's runtime cannot be made")]
    Runtime(#[source] std::io::Error),
    #[error("the mailer's jail cannot be closed")]
    Jail(#[source] jail::JailError),
    #[error("the channel to the front is of no use")]
    Channel(#[from] wire::ChannelError),
}

/// Why there is no connection to give a mail to. Said to the front, shown to the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoConnection {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("`{host}` has no address: {reason}")]
    Name { host: String, reason: String },
    #[error("`{host}` port {port} does not answer: {reason}")]
    Unreachable { host: String, port: u16, reason: String },
    #[error("`{host}` leads to another machine, and `mail.tls = \"none\"` is for this one alone")]
    Elsewhere { host: String },
    #[error("no certificate authority can be used: {0}")]
    Authorities(String),
    #[error("TLS with `{host}`: {reason}")]
    Tls { host: String, reason: String },
    #[error("the server offers no STARTTLS, so it gets nothing; try `mail.tls = \"implicit\"`")]
    NoStartTls,
    #[error("the server said {0}")]
    Said(String),
    #[error("the server took longer than {0} s")]
    Slow(u64),
    #[error("the server refuses the account of `mail.user`: {0}")]
    Account(String),
}
