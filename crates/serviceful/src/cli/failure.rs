//! What went wrong, what to do next, and the exit code that says it to a script.
use std::{error::Error, process::ExitCode};

use client::ClientError;
use types::Problem;

use super::text;

/// Exit codes of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    /// Wrong usage; clap uses it too.
    Usage = 2,
    /// Refused by identity or policy.
    Refused = 3,
    NotFound = 4,
    Unreachable = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failure for people and scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// May have several lines.
    pub(crate) what: String,
    pub(crate) next: Option<String>,
    /// The error code, when the platform gave one.
    pub(crate) code: Option<String>,
    /// The request's id, to find it in logs and audit.
    pub(crate) request: Option<String>,
    /// The credential that was sent does not count.
    pub(crate) signed_out: bool,
    /// Nobody reads the output any more; say nothing.
    pub(crate) silent: bool,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            what: what.into(),
            next: None,
            code: None,
            request: None,
            signed_out: false,
            silent: false,
        }
    }

    pub(super) fn usage(what: impl Into<String>) -> Self {
        Self::new(what).exit(Exit::Usage)
    }

    /// A file that could not be read or written.
    pub(super) fn file(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(format!("cannot {doing} `{}`: {error}", path.display()))
    }

    /// Whoever read the output has gone away: `serviceful logs -f | head`.
    pub(super) fn silent() -> Self {
        Self { silent: true, exit: Exit::Done, ..Self::new("") }
    }

    #[must_use]
    pub(super) const fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    #[must_use]
    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

/// The exit code that goes with a status of the platform.
pub(super) const fn exit_of(status: u16) -> Exit {
    match status {
        401 | 403 | 429 => Exit::Refused,
        404 | 421 => Exit::NotFound,
        _ => Exit::Failed,
    }
}

fn of_problem(problem: &Problem, what: String) -> Failure {
    // What the platform advises is for whoever sent a token; here it was the stored credential, and the desk knows which.
    let advice = if problem.status == 401 { None } else { problem.next.clone() };
    let next = advice
        .or_else(|| (problem.status == 403).then(|| "ask an owner of the platform, or an admin of the app".to_owned()));
    Failure {
        exit: exit_of(problem.status),
        what,
        next,
        code: Some(problem.code.clone()),
        request: problem.request.clone(),
        signed_out: problem.status == 401,
        silent: false,
    }
}

/// The error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let what = chain(&error);
        match &error {
            ClientError::Refused(problem) => of_problem(problem, what),
            ClientError::Unreachable { .. } => Self::new(what)
                .exit(Exit::Unreachable)
                .next("start it with `serviceful up`, or name another with `--platform`"),
            ClientError::Tls { .. } => Self::new(what).exit(Exit::Unreachable).next(
                "if its certificate is from an authority of your own, set SSL_CERT_FILE to that authority's PEM file",
            ),
            ClientError::Slow { .. } | ClientError::Broken { .. } => Self::new(what).exit(Exit::Unreachable),
            ClientError::Unexplained { status, .. } => Self::new(what).exit(exit_of(*status)),
            ClientError::Denied { .. } | ClientError::Over { .. } => {
                // Part of it was said by whoever answers there.
                Self::new(text::plain(&what)).exit(Exit::Refused).next("run `serviceful login`")
            }
            ClientError::Certificates(_)
            | ClientError::InClear { .. }
            | ClientError::Unsendable { .. }
            | ClientError::TooLarge { .. }
            | ClientError::Shape { .. } => Self::new(what),
        }
    }
}
