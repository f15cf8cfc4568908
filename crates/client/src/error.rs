//! What can go wrong with a call.
use types::Problem;

/// Why a call gave no answer, or a refusal.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{place} cannot be reached")]
    Unreachable {
        place: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{place} did not {what} within {seconds} seconds")]
    Slow { place: String, what: &'static str, seconds: u64 },
    #[error("no secure connection to {place}")]
    Tls {
        place: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the certificates of this machine cannot be used")]
    Certificates(#[source] rustls::Error),
    #[error("a credential would cross the network in clear on the way to {place}; use an `https://` address")]
    InClear { place: String },
    #[error("the connection to {place} broke")]
    Broken {
        place: String,
        #[source]
        source: hyper::Error,
    },
    /// The request could not be written down: a header or path that HTTP does not allow.
    #[error("this cannot be sent: {reason}")]
    Unsendable { reason: String },
    /// The platform said no, or failed.
    #[error("{}", shown(.0))]
    Refused(Box<Problem>),
    /// The sign-in pages said no to a program (RFC 6749 section 5.2).
    #[error("{place} refused to sign in (`{error}`): {description}")]
    Denied { place: String, error: String, description: String },
    /// The stored credential cannot be used any more.
    #[error("{reason}")]
    Over { reason: String },
    #[error("{place} answered with status {status} and no description; is a Serviceful platform there?")]
    Unexplained { place: String, status: u16 },
    #[error("the answer of {place} is larger than {max_bytes} bytes")]
    TooLarge { place: String, max_bytes: usize },
    #[error("the answer of {place} does not have the shape that this version of the client knows: {reason}")]
    Shape { place: String, reason: String },
}

fn shown(problem: &Problem) -> String {
    match &problem.detail {
        Some(detail) => format!("{}: {detail}", problem.title),
        None => problem.title.clone(),
    }
}

impl ClientError {
    /// The platform's refusal, if it was one.
    pub const fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}
