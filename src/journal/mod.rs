//! What a run did and is about to do: an append-only log that is synced before each effect, and its replay after a crash.
//!
//! A journal never holds a value. It lives in the user's configuration folder, so that undoing a run leaves the project
//! as it was, and nothing of it can be committed.

mod entry;
mod log;
mod replay;
mod runs;

pub use entry::{Entry, JOURNAL_VERSION};
pub use log::{Entries, Journal};
pub use replay::Replay;
pub use runs::{RunLock, Runs};
