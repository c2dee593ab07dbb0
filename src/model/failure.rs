//! How a verb ends: an exit code, and for a failure one clear message with advice.

use keylift_providers::{ErrorKind, StoreError};

/// Exit codes, the same for every verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Nothing is left to do.
    Done = 0,
    /// Findings, or work left.
    Left = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Partly done: resume.
    Partly = 3,
    /// A conflict in the store or on disk.
    Conflict = 4,
    /// The store is unreachable or denied access.
    Store = 5,
    /// Stopped by the user (128 and the number of the signal SIGINT); what was under way was finished.
    Interrupted = 130,
}

/// A failure as the user sees it. It never holds a secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code that follows.
    pub exit: Exit,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Failure {
    /// A failure with its exit code and sentence.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), advice: None }
    }

    /// A mistake in arguments or configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A file or folder that could not be read or written.
    pub fn file(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::usage(format!("{what} {}: {error}", path.display()))
    }

    /// The same failure with advice.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = match error.kind {
            ErrorKind::Configuration | ErrorKind::Rejected => Exit::Usage,
            ErrorKind::Conflict => Exit::Conflict,
            ErrorKind::Unreachable | ErrorKind::Unavailable | ErrorKind::Denied | ErrorKind::Corrupt => Exit::Store,
        };
        Self { exit, message: error.message, advice: error.advice }
    }
}
