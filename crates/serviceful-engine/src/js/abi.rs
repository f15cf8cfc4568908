//! The words between host and engine module; `js/engine/src/host.rs` and `prelude/serve.js` are the other side.

/// The module that the engine imports from.
pub(crate) const HOST: &str = "serviceful";
/// Where the split engine imports its memory from.
pub(crate) const MEMORY: (&str, &str) = ("serviceful", "memory");

/// What the engine exports. Everything else is dropped by the split.
pub(crate) const EXPORTS: [&str; 4] = ["input", "evaluate", "request", "event"];

/// `what` of the import `text`, while the snapshot is made: may this be used by the code with this stack?
pub(crate) const EARLY: u32 = 8;

/// Something that a function waits for has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The timer with this number.
    Timer(u32),
    /// A piece of the request's body, or its end.
    Body,
    /// The response's body has room again.
    Drained,
    /// The question to the key-value store with this number is answered.
    Answer(u32),
    /// Nothing will come any more: it tells where it waits ([`Kind::Stuck`]).
    Stuck,
}

impl Event {
    pub(crate) const fn words(self) -> (u32, u32) {
        match self {
            Self::Timer(id) => (0, id),
            Self::Body => (1, 0),
            Self::Drained => (2, 0),
            Self::Stuck => (3, 0),
            Self::Answer(number) => (4, number),
        }
    }
}

/// Why the engine gave up, as it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Thrown and caught by nobody.
    Uncaught,
    /// A promise was rejected, and nobody handled it.
    Unhandled,
    /// The CPU time is used up.
    Spent,
    /// The source cannot be compiled.
    Syntax,
    /// The module is not what is served.
    Shape,
    /// Used while the snapshot was made, but only a request has it.
    TooEarly,
    /// What `fetch` returned is no response.
    Answer,
    /// `ctx.require` asks for more than the caller has shown; the message is the assurance and, after a space, the age.
    StepUp,
    /// It waits for what never comes.
    Stuck,
}

impl Kind {
    pub(crate) const fn of(word: u32) -> Self {
        match word {
            1 => Self::Unhandled,
            2 => Self::Spent,
            3 => Self::Syntax,
            4 => Self::Shape,
            5 => Self::TooEarly,
            6 => Self::Answer,
            8 => Self::StepUp,
            9 => Self::Stuck,
            _ => Self::Uncaught,
        }
    }
}

/// What the engine told before it gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) stack: String,
}
