//! What goes wrong with a store: the kind on which callers decide, and a sentence for the user.

/// A name or value that the store cannot hold, found out without asking it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {advice}")]
pub struct Rejected {
    /// What is wrong, without the value.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
}

/// What kind of failure a store met. Decisions (retry, exit code, conflict) are taken on this and never on a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The address, file or URL is not one this store understands, or a setting is missing.
    Configuration,
    /// No answer: connection refused, reset, timed out, TLS failed.
    Unreachable,
    /// The server answered that it is busy, sealed or in standby; retries were used up.
    Unavailable,
    /// Authentication or authorisation failed.
    Denied,
    /// The address holds another value, or another version than expected.
    Conflict,
    /// The name or value is not legal in this store.
    Rejected,
    /// The store's answer could not be understood, or a file is damaged.
    Corrupt,
}

/// A store's failure: one sentence, advice, and the kind on which callers decide. It never holds a secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    /// On what callers decide.
    pub kind: ErrorKind,
    /// One sentence for the user.
    pub message: String,
    /// What to do about it, where there is something.
    pub advice: Option<String>,
}

impl StoreError {
    /// An error of a kind with its sentence.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), advice: None }
    }

    /// The same error once more, for another of several writes that failed together.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { kind: self.kind, message: self.message.clone(), advice: self.advice.clone() }
    }

    /// The same error with advice.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl From<Rejected> for StoreError {
    fn from(rejected: Rejected) -> Self {
        Self { kind: ErrorKind::Rejected, message: rejected.reason, advice: Some(rejected.advice) }
    }
}
